// Package cache is the sink for people who ask: it keeps events in one DuckDB
// file, and answers SQL over it. The file holds only what can be loaded again,
// so it is safe to delete. Its tables are cloudtrail, s3logs, aggregated, damaged,
// the ledger of objects, and what was listed to its end; each batch of whole
// objects is one transaction, rows and ledger together.
package cache
