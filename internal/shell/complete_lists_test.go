package shell

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// slow answers nothing until it is told to stop, and says whether two asked at once.
type slow struct {
	running, most atomic.Int32
	asked         atomic.Int32
	err           error // answers so at once
}

func (s *slow) Run(ctx context.Context, _ string, _ map[string]string) (Answer, error) {
	s.asked.Add(1)
	s.most.Store(max(s.most.Load(), s.running.Add(1)))
	defer s.running.Add(-1)
	if s.err != nil {
		return Answer{}, s.err
	}
	<-ctx.Done()
	return Answer{}, ctx.Err()
}

const needsNames = "select * from cloudtrail where eventName = 'get|"

// An engine that does not answer keeps nobody: neither who presses Tab, nor who
// runs a statement, nor who leaves.
func TestCompleteWaitsForNobody(t *testing.T) {
	s := &slow{}
	c := NewCompleter(CompleterOptions{Asker: s, Cache: "no such file"})
	c.Start(context.Background())
	for _, text := range []string{needsNames, "select us| from cloudtrail", "select requestParameters->>'|"} {
		start := time.Now()
		completed(c, text)
		if took := time.Since(start); took > completeWithin+50*time.Millisecond {
			t.Errorf("%s took %v", text, took)
		}
	}
	start := time.Now()
	release := c.Hold("select 1")
	if n := s.running.Load(); n != 0 {
		t.Errorf("%d questions while a statement runs", n)
	}
	before := s.asked.Load()
	completed(c, needsNames)
	if s.asked.Load() != before || time.Since(start) > 100*time.Millisecond {
		t.Errorf("asked %d times in spite of being held, in %v", s.asked.Load()-before, time.Since(start))
	}
	release()
	for range 100 {
		if s.running.Load() > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s.running.Load() != 1 || s.most.Load() != 1 {
		t.Errorf("%d questions run, at most %d did", s.running.Load(), s.most.Load())
	}
	start = time.Now()
	c.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("to close took %v", took)
	}
	completed(c, needsNames) // asks nobody
}

// In a person's transaction nothing is asked.
func TestCompleteTransaction(t *testing.T) {
	s := &slow{err: errors.New("busy")}
	inside := false
	c := NewCompleter(CompleterOptions{Asker: s, Cache: "no such file", InTransaction: func() bool { return inside }})
	c.Start(context.Background())
	defer c.Close()
	waitForLists(t, c)
	inside = true
	c.Hold("begin")()
	before := s.asked.Load()
	for _, statement := range []string{"insert into mine.t values (1)", "select 1"} {
		c.Hold(statement)()
		completed(c, "select requestParameters->>'|")
	}
	if n := s.asked.Load(); n != before {
		t.Errorf("asked %d times in a transaction", n-before)
	}
	inside = false
	c.Hold("rollback")()
	for range 200 {
		if s.asked.Load() > before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("nothing is asked after the transaction")
}

// What changed is known soon: a table that was made, a cache that was loaded into.
func TestCompleteRefresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.duckdb")
	c, s := newTestCompleter(t, path)
	waitForLists(t, c)
	if texts, _, _ := completed(c, needsNames); len(texts) > 0 {
		t.Errorf("without a cache: %q", texts)
	}
	release := c.Hold("load")
	loadRecords(t, path, "one", callRecord("s3", "GetObject", "{}"))
	release()
	// As if the time between two looks had passed.
	c.lists.mu.Lock()
	for _, l := range c.lists.byName {
		l.at = time.Time{}
	}
	c.lists.mu.Unlock()
	completed(c, needsNames)
	waitForLists(t, c)
	if texts, _, _ := completed(c, needsNames); !slices.Equal(texts, []string{"GetObject'"}) {
		t.Errorf("after a load: %q", texts)
	}
	release = c.Hold("create table mine.newer as select 1 as x")
	s.do(t, "create table mine.newer as select 1 as x")
	release()
	waitForLists(t, c)
	if texts, _, _ := completed(c, "select * from newe|"); !slices.Equal(texts, []string{"mine.newer"}) {
		t.Errorf("after CREATE TABLE: %q", texts)
	}
}

// Statements that run meanwhile take turns with questions.
func TestCompleteTurns(t *testing.T) {
	c, s := testCompleter(t)
	var typing sync.WaitGroup
	typing.Go(func() {
		for range 50 {
			completed(c, needsNames)
			completed(c, "select requestParameters->>'| from cloudtrail")
		}
	})
	for range 20 {
		release := c.Hold("create or replace temp table x as select 1")
		s.do(t, "select count(*) from cloudtrail")
		release()
	}
	typing.Wait()
}

// Texts of any length take no longer than a person notices, whatever is open in them.
func TestCompleteFast(t *testing.T) {
	c, _ := testCompleter(t)
	item := "coalesce(c.userIdentity.arn, 'x') as a1, "
	for name, text := range map[string]string{
		"items":      "select " + strings.Repeat(item, 16<<10/len(item)) + "c.us| from cloudtrail c where a1 = 2",
		"brackets":   strings.Repeat("(", 16<<10) + "|",
		"subqueries": "select * from " + strings.Repeat("(select * from ", 16<<10/15) + "|",
		"joins":      "select us| from cloudtrail " + strings.Repeat("join objects o on true ", 700),
		"ctes":       "with " + strings.Repeat("t as (select * from t, t), ", 600) + " u as (select * from t) select u.| from u",
		"doubled":    "with t0 as (select * from cloudtrail)" + doubled(40) + " select u| from t40",
		"unnested":   "select x.| from unnest(a) as t(a), unnest(b) as u(a), unnest(t.a) as x(y)",
		"members":    "select " + strings.Repeat("userIdentity.", 1200) + "|",
		"unions":     "select eventN| from cloudtrail" + strings.Repeat(" union select 1", 1000),
	} {
		best := time.Hour
		for range 10 {
			start := time.Now()
			completed(c, text)
			best = min(best, time.Since(start))
		}
		t.Logf("%s: %v", name, best)
		if best > 30*time.Millisecond*slower { // measured: 0.5 to 2, brackets 7, doubled 13
			t.Errorf("%s: %v", name, best)
		}
	}
}

// doubled are names that WITH gives to each other's columns, twice.
func doubled(n int) string {
	var sb strings.Builder
	for i := range n {
		fmt.Fprintf(&sb, ", t%d as (select * from t%d a, t%[2]d b)", i+1, i)
	}
	return sb.String()
}

// The words that need quotes are those of the engine.
func TestNeedsQuotes(t *testing.T) {
	ctx := context.Background()
	db, err := duck.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	words := 0
	err = conn.Query(ctx, func(scan func(...any) error) error {
		var word, kind string
		if err := scan(&word, &kind); err != nil {
			return err
		}
		if want := kind == "reserved" || kind == "type_function"; needsQuotes[word] != want {
			t.Errorf("%s needs quotes: %v", word, want)
		}
		words++
		return nil
	}, "SELECT keyword_name, keyword_category FROM duckdb_keywords()")
	if err != nil || words < 400 {
		t.Errorf("%d words, %v", words, err)
	}
}

// Whatever is typed, the word ends at the cursor, and a value stays in its literal.
func FuzzComplete(f *testing.F) {
	c, _ := testCompleter(f)
	for _, text := range []string{
		"select * from cloudtrail where eventName = 'x|", "select c.| from cloudtrail c", "with a as (select 1) select | from a",
		"select E'x|", "select requestParameters->'a'->>'|", "from t, unnest(a[1].b) as x(y) where |", ".read 'a|", `select "|`, "|)",
	} {
		before, after, _ := strings.Cut(text, "|")
		f.Add(before, after)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 4<<10 {
			return
		}
		from, all := c.Complete(before+after, len(before))
		if from < 0 || from > len(before) {
			t.Fatalf("the word begins at %d", from)
		}
		for _, k := range all {
			if k.Text == "" || !printable(k.Text) || !printable(k.Show) {
				t.Errorf("%q, shown as %q, is offered", k.Text, k.Show)
			}
			if p, ok := findPlace(before, len(before)); ok && p.kind == literal && after == "" && before[0] != '.' {
				open := 0
				for token := range dialect.Scan(before[:from] + k.Text) {
					if token.Open {
						open++
					}
				}
				if open > 0 {
					t.Errorf("%q does not end the literal in %q", k.Text, before)
				}
			}
		}
	})
}
