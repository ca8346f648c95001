// Package queries holds the questions that come with ctsql, as SQL text. The
// leading comment of each file says what the query finds; it is the query's help
// text. The package runs nothing and imports nothing of ctsql's.
package queries
