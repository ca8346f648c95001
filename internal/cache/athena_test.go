package cache

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

const dataStore = "0e12b3c4-1111-2222-3333-e44455556666"

// athenaObjects are the logs that statements for Athena are asked of.
var athenaObjects = map[string]string{
	"trail.json":  "s3://logs/AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1205Z_a.json.gz",
	"member.json": "s3://logs/AWSLogs/444455556666/CloudTrail/eu-west-1/2023/08/01/444455556666_CloudTrail_eu-west-1_20230801T0005Z_b.json.gz",
	"loose.json":  "/home/ana/loose.json",
	"access.log":  "s3://access/2019-02-07-10-00-00-0123456789ABCDEF",
}

var athenaAliases = map[string]string{"Cloudtrail_Logs": "cloudtrail", "mybucket_logs": "s3logs"}

func athenaBatch(t *testing.T, files ...string) *cloudtrail.Batch {
	t.Helper()
	b := batch(t, "none")
	b.Reset()
	var d cloudtrail.Decoder
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("testdata", "athena", file))
		if err != nil {
			t.Fatal(err)
		}
		o := cloudtrail.Object{Name: athenaObjects[file], Size: int64(len(text)), Modified: time.Unix(1, 0)}
		if err := d.Decode(b, o, cloudtrail.Body{ReadSeeker: bytes.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// athenaCache is a cache of those logs.
func athenaCache(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	if _, err := w.Put(context.Background(), athenaBatch(t, "trail.json", "member.json", "loose.json", "access.log"), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return path
}

// An athenaStatement is one of testdata/athena/statements.txt.
type athenaStatement struct{ sql, want string }

func athenaStatements(t *testing.T) (all []athenaStatement) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "athena", "statements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.ReplaceAll(string(text), "{store}", dataStore), "\n\n") {
		var sql, want []string
		for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
			if row, ok := strings.CutPrefix(line, "=> "); ok {
				want = append(want, row)
			} else if !strings.HasPrefix(line, "#") {
				sql = append(sql, line)
			}
		}
		if len(sql) > 0 {
			all = append(all, athenaStatement{strings.Join(sql, "\n"), strings.Join(want, "\n")})
		}
	}
	if len(all) < 60 {
		t.Fatalf("%d statements only", len(all))
	}
	return all
}

// Statements for Athena and CloudTrail Lake run as they are, and mean here what they
// mean there.
func TestAthena(t *testing.T) {
	for _, sandbox := range []bool{false, true} {
		s := session(t, SessionOptions{Path: athenaCache(t), Aliases: athenaAliases, Sandbox: sandbox})
		for _, c := range athenaStatements(t) {
			got, err := tell(context.Background(), s, c.sql)
			if err != nil || got != c.want {
				t.Errorf("sandbox %v: %s\n got %s\nwant %s\n%v", sandbox, c.sql, got, c.want, err)
			}
		}
		var path string
		var casting bool
		if err := s.conn.One(context.Background(), "SELECT current_setting('search_path'), current_setting('old_implicit_casting')", &path, &casting); err != nil || path != "" || casting {
			t.Errorf("settings stay changed: %q, %v, %v", path, casting, err)
		}
	}
}
