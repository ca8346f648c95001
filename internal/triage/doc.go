// Package triage answers the first questions of an incident: who a key, an
// identity, an address or an event belongs to, which credentials were got with
// which, what was changed and read, what would let them in again, and what the logs
// cannot tell. It makes a Page of that, and writes it for a terminal, for a ticket
// (Markdown) or for a program (JSON).
//
// It asks SQL of the tables that package cache answers from, through an Asker, and
// refuses to know DuckDB, AWS and the clock. For as long as it works it keeps what
// it found in temporary tables of the asker, triage_calls, triage_grants and triage_deeds.
//
// What was typed and what logs hold reaches SQL as parameters only, a terminal and
// Markdown cleaned, and commands quoted for a POSIX shell. Commands are printed,
// never run.
package triage
