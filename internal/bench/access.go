package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/s3logs"
)

// accessLine takes a line of an access log apart: the expression of Athena's table
// at https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html
// with a group for the field that is newer than it, with the referer in quotes as S3
// writes it, and with all quotes outside of the groups. Its .*$ is left out: it
// takes time and finds nothing.
const accessLine = `^([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ` +
	`(?:"([^"]*)"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (?:"([^"]*)"|-) (?:"([^"]*)"|-) ([^ ]*)` +
	`(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?`

// matched are the requests in the files, as DuckDB alone has them: whole lines,
// matched by the expression. The columns are ctsql's, with their types, but for
// the three that the log does not have (extra, sourceObject, recordIndex).
func matched(files []string) string {
	return "SELECT " + matchedColumns() + " FROM (" + matches(files) + ")"
}

// matches yields what the expression found in each line as column r, a STRUCT of
// texts.
func matches(files []string) string {
	return fmt.Sprintf("SELECT regexp_extract(line, %s, %s) AS r FROM %s", duck.Quote(accessLine), list(s3logs.Names[:]), lines(files))
}

// lines yields the lines of the files as column line. The delimiter is a byte that
// no log has.
func lines(files []string) string {
	return fmt.Sprintf("read_csv(%s, columns={line: 'VARCHAR'}, auto_detect=false, header=false, delim='\x01', quote='', escape='', strict_mode=false)",
		list(files))
}

// matchedColumns makes of r the columns of ctsql's table.
func matchedColumns() string {
	var columns []string
	for _, c := range cloudtrail.Requests.Columns {
		if !inLog(c) {
			continue
		}
		columns = append(columns, matchedColumn(c)+" AS "+duck.Ident(c.Name))
	}
	return strings.Join(columns, ", ")
}

func matchedColumn(c *cloudtrail.Column) string {
	x := "r." + duck.Ident(c.Name)
	switch {
	case c.Kind == cloudtrail.Time:
		return "strptime(r." + s3logs.Names[s3logs.RequestDateTime] + ", '%d/%b/%Y:%H:%M:%S +0000')"
	case c.Kind == cloudtrail.Integer:
		return "try_cast(" + x + " AS INTEGER)"
	case c.Kind == cloudtrail.BigInt:
		return "try_cast(" + x + " AS BIGINT)"
	case c.Name == s3logs.Names[s3logs.RequestURI], c.Name == s3logs.Names[s3logs.Referrer], c.Name == s3logs.Names[s3logs.UserAgent]:
		x = "nullif(" + x + ", '')" // a bare - is outside of the group
	}
	return "nullif(" + x + ", '-')"
}

// matchInto has DuckDB read the files by itself into a table of a new file. A line
// that does not match ends it, for it has no time.
func matchInto(ctx context.Context, files []string, out string) (f findings, err error) {
	err = withPeer(ctx, unordered, func(c *duck.Conn) error {
		f, err = filled(ctx, c, out, cloudtrail.Requests, 0, "CREATE TABLE out.s3logs AS "+matched(files))
		return err
	})
	return f, err
}

// accessQuestion needs all fields of all lines; its last column counts rows.
func accessQuestion(from string) string {
	return "SELECT count(" + strings.Join(s3logs.Names[:], "), count(") + "), count(*) FROM " + from
}

// matchAsk has DuckDB answer the question over the files.
func matchAsk(ctx context.Context, files []string) (f findings, err error) {
	err = withPeer(ctx, unordered, func(c *duck.Conn) error {
		counts := make([]any, len(s3logs.Names)+1)
		for i := range counts {
			counts[i] = new(int64)
		}
		counts[len(s3logs.Names)] = &f.Rows
		return c.One(ctx, accessQuestion("("+matched(files)+")"), counts...)
	})
	return f, err
}
