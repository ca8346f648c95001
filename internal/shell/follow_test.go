package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
)

func TestParseFollow(t *testing.T) {
	for args, want := range map[string]struct {
		statement string
		wait      time.Duration
	}{
		"select 1":                    {"select 1", followEvery},
		"select 1;":                   {"select 1", followEvery},
		"select 1 every 5 s":          {"select 1", 5 * time.Second},
		"select 1\nEVERY 2m;":         {"select 1", 2 * time.Minute},
		"from t where x = ' every 5'": {"from t where x = ' every 5'", followEvery},
		"select 1 every 3":            {"select 1", 3 * time.Second},
		"":                            {}, "select 1; select 2": {}, "drop table x": {}, "select 1 every 0 s": {}, "insert into x values (1) returning *": {},
	} {
		statement, wait, err := parseFollow(args)
		if statement != want.statement || wait != want.wait || (err != nil) != (want.statement == "") {
			t.Errorf("%q is %q, %v, %v", args, statement, wait, err)
		}
	}
}

// What was shown is not shown again; of rows that are alike as many are shown as
// there come to be; NULL is no empty text.
func TestFollower(t *testing.T) {
	s := openSession(t, cache.SessionOptions{Path: filepath.Join(t.TempDir(), "c.duckdb")})
	f := newFollower()
	look := func(values, want string) {
		t.Helper()
		var got strings.Builder
		err := f.look(t.Context(), s, "SELECT * FROM (VALUES "+values+") AS t(a, b)", nil, func(columns []render.Column, rows io.Reader) error {
			_, err := render.Write(&got, render.CSV, columns, rows, render.Options{NoHeader: true})
			return err
		})
		if err != nil || got.String() != want {
			t.Errorf("%s: %v: %q, want %q", values, err, got.String(), want)
		}
	}
	look("(1, 'x'), (2, 'say \"y\", z')", "1,x\n2,\"say \"\"y\"\", z\"\n")
	look("(2, 'say \"y\", z'), (1, 'x')", "")
	look("(1, 'x'), (1, 'x'), (3, NULL)", "1,x\n3,\n")
	look("(1, 'x'), (3, NULL)", "")
	look("(1, 'x'), (1, 'x'), (3, '')", "3,\"\"\n")
}

// Follow shows what is loaded while it runs, until it is interrupted.
func TestFollow(t *testing.T) {
	path := storyCache(t, nil)
	sh := newShell(openSession(t, cache.SessionOptions{Path: path}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sh.Out = out
	ended := make(chan error, 1)
	go func() {
		ended <- runFollow(ctx, sh, "SELECT eventName, eventID FROM cloudtrail WHERE sourceIPAddress = '203.0.113.66' AND eventName <> 'GetObject' OR eventID LIKE 'aaaabbbb%' ORDER BY ALL every 1 s")
	}()
	wait := func(want string) string {
		t.Helper()
		for range 400 {
			text, err := os.ReadFile(out.Name())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), want) {
				return string(text)
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s never came", want)
		return ""
	}
	before := wait("StopLogging")
	if strings.Contains(before, "aaaabbbb") {
		t.Error(before)
	}
	logs := t.TempDir()
	if err := os.WriteFile(filepath.Join(logs, "twins.json"), []byte(twins), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := loadInto(t.Context(), path, logs); err != nil {
		t.Fatal(err)
	}
	after := wait("HeadObject,aaaabbbb")
	if more, ok := strings.CutPrefix(after, before); !ok || strings.Count(more, "\n") != 3 {
		t.Errorf("more came than what is new: %q", more)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
