// Package dialect owns SQL as text: it is the only place in ctsql that knows
// where a token, a string, a comment or a statement begins and ends. It follows
// the lexical grammar of DuckDB 1.5, which is PostgreSQL's with a few additions,
// and a test holds its splitter against DuckDB's own.
//
// It refuses to parse: what it says about a statement comes from its tokens and
// first keywords, and where those do not decide it says Other. It never changes
// text behind a caller's back, opens nothing and writes nothing.
//
// Text may be hostile: every function here is linear in its length, keeps no
// more than a few words per open bracket and does not recurse; but for Conditions and Reads,
// which go so deep into parentheses, and into texts that are so long, and no more.
package dialect
