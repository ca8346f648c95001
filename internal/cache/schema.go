package cache

import (
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// layout is the version of the tables below. A cache of a newer one is refused, an
// older one is brought up to date by the next load.
const layout = 5

// rowGroup is how many rows of the cache's tables are compressed and skipped
// together. A batch should have at least as many: then its row groups go to the
// file as they are, else they are copied once more, which takes twice as long.
const rowGroup = 16_384

// alias is the cache file's name in SQL.
const alias = "cache"

// columns are the columns of a table, as DuckDB has them.
func columns(cs []*cloudtrail.Column) []duck.Column {
	var out []duck.Column
	for _, c := range cs {
		out = append(out, duck.Column{Name: c.Name, Type: columnType(c)})
	}
	return out
}

func columnType(c *cloudtrail.Column) duck.Type {
	switch c.Kind {
	case cloudtrail.Bool:
		return duck.Boolean
	case cloudtrail.Time:
		return duck.Timestamp
	case cloudtrail.Index, cloudtrail.BigInt:
		return duck.BigInt
	case cloudtrail.Integer:
		return duck.Integer
	case cloudtrail.Struct:
		return duck.Struct(columns(c.Members))
	case cloudtrail.List:
		return duck.List(duck.Struct(columns(c.Members)))
	case cloudtrail.Map:
		return duck.Map()
	}
	return duck.Varchar
}

// compression of the columns with long texts, no two alike: DuckDB's own choice
// leaves a row group as it is for one text of 16 KB in it. Of a request, what is
// random costs more to compress than it gives: DuckDB's choice takes half as long
// again for the table, to save 5 MB in 100.
var compression = func() map[string]string {
	const zstd, none = " USING COMPRESSION zstd", " USING COMPRESSION uncompressed"
	how := map[string]string{
		"hostid": none, "versionid": none,
		"requestid": zstd, "requestdatetime": zstd, "key": zstd, "request_uri": zstd,
	}
	for _, t := range cloudtrail.Tables {
		for _, c := range t.Columns {
			if c.Kind == cloudtrail.JSON {
				how[c.Name] = zstd
			}
		}
	}
	return how
}()

// definition is the part of a CREATE TABLE in parentheses.
func definition(cs []duck.Column) string {
	var parts []string
	for _, c := range cs {
		parts = append(parts, duck.Ident(c.Name)+" "+c.Type.String()+compression[c.Name])
	}
	return strings.Join(parts, ", ")
}

// damaged holds what is not a row. bytes is set where text is not what was
// there: it is not Unicode.
var damagedColumns = []duck.Column{
	{Name: "source", Type: duck.Varchar},
	{Name: "byte", Type: duck.BigInt},
	{Name: "text", Type: duck.Varchar},
	{Name: "reason", Type: duck.Varchar},
	{Name: "bytes", Type: duck.Blob},
}

// ledgerColumns are those of the ledger: an object as it was when it was taken,
// and what became of it. One object has a row for each filter under which it was
// loaded.
var ledgerColumns = []duck.Column{
	{Name: "sourceObject", Type: duck.Varchar},
	{Name: "version", Type: duck.Varchar},
	{Name: "etag", Type: duck.Varchar},
	{Name: "size", Type: duck.BigInt},
	{Name: "lastModified", Type: duck.Timestamp},
	{Name: "sha256", Type: duck.Varchar},
	{Name: "inflated", Type: duck.BigInt},
	{Name: "events", Type: duck.BigInt},
	{Name: "aggregated", Type: duck.BigInt},
	{Name: "duplicates", Type: duck.BigInt},
	{Name: "leftOut", Type: duck.BigInt},
	{Name: "damaged", Type: duck.BigInt},
	{Name: "misfits", Type: duck.BigInt},
	{Name: "replaced", Type: duck.BigInt},
	{Name: "skipped", Type: duck.Varchar},
	{Name: "filter", Type: duck.Varchar},
	{Name: "loadedBy", Type: duck.Varchar},
	{Name: "loadedAt", Type: duck.Timestamp},
	{Name: "requests", Type: duck.BigInt},
	{Name: "inflatedSHA256", Type: duck.Varchar},
	{Name: "verified", Type: duck.Varchar},
	// The sha256 of other bytes that were loaded under this name, and whose rows stay.
	{Name: "earlier", Type: duck.Varchar},
}

// objectsView is what a person sees of the ledger: with the kind of log that the
// name tells where it follows CloudTrail's layout.
var objectsView = fmt.Sprintf("SELECT sourceObject, nullif(regexp_extract(sourceObject, '/(%s)/[^/]+/[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+$', 1), '') AS kind, "+
	"* EXCLUDE (sourceObject) FROM %s.objects", strings.Join([]string{
	cloudtrail.KindEvents, cloudtrail.KindNetworkActivity, cloudtrail.KindInsight, cloudtrail.KindAggregated, cloudtrail.KindDigest}, "|"), alias)

// verifiedColumns are those of Verified.
const verifiedColumns = "folder VARCHAR, account VARCHAR, region VARCHAR, until TIMESTAMP, digest VARCHAR"

// listingColumns are those of Listings.
const listingColumns = "folder VARCHAR, listedAt TIMESTAMP, deepAt TIMESTAMP, filter VARCHAR"

func createTable(name, def string) string {
	return fmt.Sprintf("CREATE TABLE %s.%s (%s)", alias, name, def)
}

// createTables are the statements that make a new cache.
func createTables() []string {
	statements := []string{
		createTable("damaged", definition(damagedColumns)),
		createTable("objects", definition(ledgerColumns)),
		createTable("ctsql_listings", listingColumns),
		createTable("ctsql_verified", verifiedColumns),
		createTable("ctsql_cache", "layout BIGINT, made TIMESTAMP"),
		fmt.Sprintf("INSERT INTO %s.ctsql_cache VALUES (%d, now()::TIMESTAMP)", alias, layout),
	}
	for _, t := range cloudtrail.Tables {
		statements = append(statements, createTable(t.Name, definition(columns(t.Columns))))
	}
	return statements
}

// upgrade are the statements that bring a cache of an older layout up to date. Rows are
// changed last: DuckDB (1.5.6) commits no transaction that alters a table after that.
func upgrade(from int) (statements []string) {
	add := func(column string) {
		statements = append(statements, fmt.Sprintf("ALTER TABLE %s.objects ADD COLUMN %s", alias, column))
	}
	if from < 2 { // had no access logs
		statements = append(statements, createTable(cloudtrail.Requests.Name, definition(columns(cloudtrail.Requests.Columns))))
		add("requests BIGINT DEFAULT 0")
	}
	if from < 3 {
		statements = append(statements, createTable("ctsql_listings", listingColumns))
	}
	if from < 4 {
		add("inflatedSHA256 VARCHAR")
		add("verified VARCHAR")
		statements = append(statements, createTable("ctsql_verified", verifiedColumns))
	}
	if from < 5 {
		add("earlier VARCHAR")
	}
	if from < 2 {
		statements = append(statements,
			// What was no log then, in whole or in part, may be one now: no object
			// has this size, so that the next load reads these again.
			fmt.Sprintf("UPDATE %s.objects SET size = -2 WHERE damaged > 0 OR skipped IS NOT NULL", alias),
			fmt.Sprintf("DELETE FROM %s.damaged WHERE source IN (SELECT sourceObject FROM %[1]s.objects WHERE size = -2)", alias))
	}
	return append(statements, fmt.Sprintf("UPDATE %s.ctsql_cache SET layout = %d", alias, layout))
}
