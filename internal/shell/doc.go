// Package shell is the prompt: it edits lines, completes them, keeps their history,
// runs statements and the commands that begin with a dot, and shows what comes out.
//
// It never holds the cache at the prompt: an answer is kept as the table _ before
// any of it is shown. It refuses to know DuckDB, the cache and AWS: what it needs of
// them it is given (Session, Outside). It writes to the terminal, to its history and
// to files that a person names.
//
// What logs hold never drives the terminal: everything that is shown comes through
// package render. What is pasted runs only when Enter is pressed.
package shell
