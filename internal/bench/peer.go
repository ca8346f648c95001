package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// withPeer calls do with a connection to DuckDB as it comes, but for the given
// settings, and lets go of it.
func withPeer(ctx context.Context, settings map[string]string, do func(c *duck.Conn) error) error {
	db, err := duck.Open(settings)
	if err != nil {
		return err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if err = c.Exec(ctx, "SET enable_progress_bar = false"); err == nil {
		err = do(c)
	}
	return errors.Join(err, c.Close(), db.Close())
}

// filled attaches a file to be written as out, has the statement fill its table
// that is called as t is, and counts the rows. rowGroup 0 is DuckDB's own; a file
// does not remember it.
func filled(ctx context.Context, c *duck.Conn, path string, t *cloudtrail.Table, rowGroup int, statement string) (f findings, err error) {
	options := "STORAGE_VERSION 'latest'"
	if rowGroup > 0 {
		options += fmt.Sprintf(", ROW_GROUP_SIZE %d", rowGroup)
	}
	for _, s := range []string{"ATTACH " + duck.Quote(path) + " AS out (" + options + ")", statement} {
		if err := c.Exec(ctx, s); err != nil {
			return f, err
		}
	}
	if err := c.One(ctx, "SELECT count(*) FROM out."+duck.Ident(t.Name), &f.Rows); err != nil {
		return f, err
	}
	return f, c.Exec(ctx, "DETACH out") // which writes all to its place
}

// makeCache makes a cache without events, as ctsql makes one: a load of a log
// that has no records. So its layout and options are those of a load.
func makeCache(ctx context.Context, path string) error {
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{Workers: 1, LoadedBy: "bench"})
	if err != nil {
		return err
	}
	b, err := cloudtrail.NewBatch()
	if err != nil {
		return errors.Join(err, w.Close(ctx))
	}
	var d cloudtrail.Decoder
	err = d.Decode(b, cloudtrail.Object{Name: "none"}, cloudtrail.Body{ReadSeeker: strings.NewReader(`{"Records":[]}`)})
	if err == nil {
		_, err = w.Put(ctx, b, nil)
	}
	return errors.Join(err, b.Close(), w.Close(ctx))
}

// unordered lets DuckDB write rows as they come. By default it keeps their order,
// and for that writes what comes of small files twice.
var unordered = map[string]string{"preserve_insertion_order": "false"}

// readJSON has DuckDB read the files by itself into a table of a new file, as a
// person would who knows the columns.
func readJSON(ctx context.Context, files []string, out string) (f findings, err error) {
	err = withPeer(ctx, nil, func(c *duck.Conn) error {
		f, err = filled(ctx, c, out, cloudtrail.Events, 0, "CREATE TABLE out.cloudtrail AS "+records(files))
		return err
	})
	return f, err
}

// readJSONTuned is the same with all that was found to make it faster, into a
// table with ctsql's own choice of compression.
func readJSONTuned(ctx context.Context, files []string, out string) (f findings, err error) {
	if err := makeCache(ctx, out); err != nil {
		return f, err
	}
	err = withPeer(ctx, unordered, func(c *duck.Conn) error {
		f, err = filled(ctx, c, out, cloudtrail.Events, 0, "INSERT INTO out.cloudtrail BY NAME "+records(files))
		return err
	})
	return f, err
}

// records are the records in the files with ctsql's columns and their types, but
// for the three that the log does not have (extra, sourceObject, recordIndex),
// and with all copies.
func records(files []string) string {
	return "SELECT " + selection() + " FROM (" + structs(files, structType(cloudtrail.Events.Columns)) + ")"
}

// question is asked over logs that nobody loaded; its last column counts rows.
const (
	question        = "SELECT eventSource, eventName, awsRegion, count(*) FROM %s GROUP BY ALL"
	questionColumns = "STRUCT(eventSource VARCHAR, eventName VARCHAR, awsRegion VARCHAR)"
)

// ask has DuckDB answer the question over all columns of the files, as where
// there is a view of them: it parses a struct whole.
func ask(ctx context.Context, files []string) (findings, error) {
	return askFrom(ctx, records(files))
}

// askTuned is the same where DuckDB is told of the three columns only, as in a
// statement written for this question.
func askTuned(ctx context.Context, files []string) (findings, error) {
	return askFrom(ctx, "SELECT r.* FROM ("+structs(files, questionColumns)+")")
}

func askFrom(ctx context.Context, records string) (f findings, err error) {
	err = withPeer(ctx, nil, func(c *duck.Conn) error {
		return c.Query(ctx, func(scan func(...any) error) error {
			var source, name, region *string
			var n int64
			err := scan(&source, &name, &region, &n)
			f.Rows += n
			return err
		}, fmt.Sprintf(question, "("+records+")"))
	})
	return f, err
}

// structs yields the records in the files as column r. CloudTrail writes a
// file as one line; so told, DuckDB is an eighth faster than with "unstructured".
func structs(files []string, record string) string {
	return fmt.Sprintf("SELECT unnest(Records) AS r FROM read_json(%s, columns={Records: %s}, format='newline_delimited', compression='gzip', maximum_object_size=%d)",
		list(files), duck.Quote(record+"[]"), maxObject)
}

// list is a list of texts in SQL.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = duck.Quote(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// maxObject is how long a file's text may be for read_json, whose buffers are
// twice as long.
const maxObject = 16 << 20

// insert copies the rows of a table of a loaded cache into a new one with one
// statement. To read them is part of it: scan tells how much.
func insert(ctx context.Context, t *cloudtrail.Table, loaded, out string) (f findings, err error) {
	if err := makeCache(ctx, out); err != nil {
		return f, err
	}
	err = withCache(ctx, loaded, func(c *duck.Conn) error {
		rowGroup, err := rowGroupOf(ctx, c, t)
		if err != nil {
			return err
		}
		f, err = filled(ctx, c, out, t, rowGroup, fmt.Sprintf("INSERT INTO out.%[1]s SELECT * FROM loaded.%[1]s", duck.Ident(t.Name)))
		return err
	})
	return f, err
}

// rowGroupOf is how many rows the loaded cache has in a full row group; of a small
// cache it is the whole vectors that its rows fill.
func rowGroupOf(ctx context.Context, c *duck.Conn, t *cloudtrail.Table) (n int, err error) {
	err = c.One(ctx, `SELECT max(n) FROM (SELECT sum(count)::BIGINT AS n FROM pragma_storage_info(`+duck.Quote("loaded."+t.Name)+`)
		WHERE column_name = 'recordIndex' AND segment_type = 'BIGINT' GROUP BY row_group_id)`, &n)
	return (n + duck.ChunkRows - 1) / duck.ChunkRows * duck.ChunkRows, err
}

// scan reads all columns of the loaded cache and throws them away.
func scan(ctx context.Context, loaded string) (f findings, err error) {
	err = withCache(ctx, loaded, func(c *duck.Conn) error {
		// Else what is nowhere NULL is counted without being read.
		if err := c.Exec(ctx, "SET disabled_optimizers = 'statistics_propagation'"); err != nil {
			return err
		}
		var counts []string
		for _, column := range cloudtrail.Events.Columns {
			counts = append(counts, "count("+duck.Ident(column.Name)+")")
		}
		return c.One(ctx, "SELECT greatest("+strings.Join(counts, ", ")+") FROM loaded.cloudtrail", &f.Rows)
	})
	return f, err
}

// withCache is withPeer with a cache attached as loaded.
func withCache(ctx context.Context, path string, do func(c *duck.Conn) error) error {
	return withPeer(ctx, unordered, func(c *duck.Conn) error {
		file := duck.File{Path: path, Alias: "loaded"}
		if err := file.Attach(ctx, c, false); err != nil {
			return err
		}
		return do(c)
	})
}

// inLog reports whether the column holds what the log has.
func inLog(c *cloudtrail.Column) bool {
	return c.Kind != cloudtrail.Origin && c.Kind != cloudtrail.Index && c.Name != "extra"
}

// structType is the STRUCT that read_json is to make of an object.
func structType(cs []*cloudtrail.Column) string {
	var members []string
	for _, c := range cs {
		if inLog(c) {
			members = append(members, duck.Ident(c.Name)+" "+columnType(c))
		}
	}
	return "STRUCT(" + strings.Join(members, ", ") + ")"
}

func columnType(c *cloudtrail.Column) string {
	switch c.Kind {
	case cloudtrail.Bool:
		return "BOOLEAN"
	case cloudtrail.Time:
		return "TIMESTAMP"
	case cloudtrail.JSON:
		return "JSON"
	case cloudtrail.Struct:
		return structType(c.Members)
	case cloudtrail.List:
		return structType(c.Members) + "[]"
	case cloudtrail.Map:
		return "MAP(VARCHAR, VARCHAR)"
	}
	return "VARCHAR"
}

// selection makes of r the columns of ctsql's table, where JSON is text.
func selection() string {
	var columns []string
	for _, c := range cloudtrail.Events.Columns {
		if !inLog(c) {
			continue
		}
		x := "r." + duck.Ident(c.Name)
		if c.Kind == cloudtrail.JSON {
			x += "::VARCHAR"
		}
		columns = append(columns, x+" AS "+duck.Ident(c.Name))
	}
	return strings.Join(columns, ", ")
}
