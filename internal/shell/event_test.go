package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/synth"
)

// cacheSession is a session over a cache.
type cacheSession struct{ *cache.Session }

func (s cacheSession) Run(ctx context.Context, statement string, params map[string]string) (Answer, error) {
	var ps []duck.Param
	for name, value := range params {
		ps = append(ps, duck.Param{Name: name, Value: value})
	}
	a, err := s.Session.Run(ctx, statement, ps, render.CopyOptions)
	if err != nil || a.Result == nil {
		return Answer{Text: a.Explained}, err
	}
	answer := Answer{Rows: a.Result}
	for _, c := range a.Columns {
		isJSON := slices.ContainsFunc(cloudtrail.Events.Columns, func(e *cloudtrail.Column) bool {
			return e.Kind == cloudtrail.JSON && e.Name == c.Name
		})
		answer.Columns = append(answer.Columns, render.Column{Name: c.Name, Type: c.Type, JSON: isJSON})
	}
	return answer, nil
}

func (s cacheSession) Keep(context.Context, string, map[string]string, int64) (Kept, error) {
	return Kept{}, errors.New("nothing is kept here")
}

// trail is what the tests' events are of: its story is known.
var trail = synth.Config{Events: 2000}

// storySession is a session over a storyCache.
func storySession(t *testing.T, more map[string]string) cacheSession {
	t.Helper()
	return openSession(t, cache.SessionOptions{Path: storyCache(t, more)})
}

// storyCache makes a cache of that trail, and of more objects, by their names.
func storyCache(t *testing.T, more map[string]string) (path string) {
	t.Helper()
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	if _, err := synth.WriteDir(t.Context(), trail, logs); err != nil {
		t.Fatal(err)
	}
	for name, text := range more {
		if err := os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(dir, "c.duckdb")
	if err := loadInto(t.Context(), path, logs); err != nil {
		t.Fatal(err)
	}
	return path
}

func openSession(t *testing.T, o cache.SessionOptions) cacheSession {
	t.Helper()
	s, err := cache.OpenSession(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return cacheSession{s}
}

func loadInto(ctx context.Context, path, logs string) (err error) {
	src, err := source.Dir(logs, source.Options{})
	if err != nil {
		return err
	}
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(ctx)) }()
	_, err = load.Load(ctx, []load.Source{src}, w, load.Options{})
	return err
}

func newShell(s Session) *Shell {
	return New(Options{Session: s, Width: func() int { return 0 }})
}

func story(t *testing.T) synth.Story {
	t.Helper()
	s, err := trail.Story()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// said is what commands write to Out, which is a file.
func said(t *testing.T, sh *Shell, run func(context.Context, *Shell, string) error, args string) (string, error) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sh.Out = out
	ran := run(t.Context(), sh, args)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), ran
}

// twins are two records with one ID, of which one is forged, and hold what would
// drive a terminal.
const twins = `{"Records":[
{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"eve\u001b[2J","odd":{"a":[1,2.50]}},"eventTime":"2025-07-01T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","requestParameters":{"key":"a\u202eb\u001b]0;x\u0007","big":12345678901234567890,"null":null},"responseElements":null,"eventID":"aaaabbbb-0000-4000-8000-000000000001","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"}],"newMember":{"x":"<y>"}},
{"eventTime":"2025-07-01T10:00:01Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","eventID":"aaaabbbb-0000-4000-8000-000000000001"},
{"eventTime":"2025-07-01T10:00:02Z","eventSource":"s3.amazonaws.com","eventName":"HeadObject","eventID":"aaaabbbb-0000-4000-8000-000000000002"}]}`

func TestEvent(t *testing.T) {
	st := story(t)
	sh := newShell(storySession(t, map[string]string{"twins.json": twins}))
	var assumed, inPeer synth.StoryEvent
	for _, e := range st.Events {
		switch {
		case e.EventName == "AssumeRole" && e.SharedEventID != "" && e.Account == st.Account:
			assumed = e
		case e.SharedEventID != "":
			inPeer = e
		}
	}
	out, err := said(t, sh, runEvent, strings.ToUpper(assumed.EventID[:13]))
	if err != nil {
		t.Fatal(err)
	}
	text, rest, ok := strings.Cut(out, "\n\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil || !ok {
		t.Fatalf("no JSON: %v\n%s", err, out)
	}
	identity, _ := got["userIdentity"].(map[string]any)
	if got["eventID"] != assumed.EventID || got["eventTime"] != assumed.Time.Format(time.RFC3339) || identity["accessKeyId"] != st.AccessKeyID {
		t.Errorf("the event is %s", text)
	}
	if _, ok := got["requestParameters"].(map[string]any); !ok {
		t.Errorf("requestParameters are no object: %s", text)
	}
	if strings.Contains(text, "null") || strings.Index(text, `"eventVersion"`) > strings.Index(text, `"eventID"`) {
		t.Errorf("nulls, or in another order: %s", text)
	}
	for _, want := range []string{"\nSame deed, sharedEventID " + assumed.SharedEventID, " " + inPeer.EventID[:8],
		"\nSame session " + st.AccessKeyID + ", before:", ", after:", "record ", ".json.gz"} {
		if !strings.Contains(rest, want) {
			t.Errorf("%q is not in:\n%s", want, rest)
		}
	}
	if n := strings.Count(rest, "\n  "); n > 11+10 {
		t.Errorf("%d neighbours:\n%s", n, rest)
	}
	for line := range strings.Lines(rest) {
		if n := len([]rune(line)); n > 81 && !strings.HasPrefix(line, "record ") {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
}

func TestEventTwins(t *testing.T) {
	sh := newShell(storySession(t, map[string]string{"twins.json": twins}))
	out, err := said(t, sh, runEvent, "aaaabbbb-0000-4000-8000-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out, "2 records have this ID") || !strings.Contains(out, `"GetObject"`) || !strings.Contains(out, `"PutObject"`) {
		t.Errorf("not both:\n%s", out)
	}
	for _, want := range []string{`"userName": "eve\u001B[2J"`, `"odd": {`, `2.50`, `12345678901234567890`, `"null": null`,
		`"key": "a\u202eb\u001b]0;x\u0007"`, `"x": "<y>"`, "\"eventTime\": \"2025-07-01T10:00:00Z\"", `"readOnly": true`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in:\n%s", want, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\u202e\x07") {
		t.Errorf("drives the terminal: %q", out)
	}
	out, err = said(t, sh, runEvent, "aaaabbbb")
	if err != nil || !strings.HasPrefix(out, "3 events begin with aaaabbbb:") || strings.Contains(out, "{") {
		t.Errorf("of several: %v\n%s", err, out)
	}
	for _, args := range []string{"", "aaa", "zzzzzzzz", "a b c", "%", "' OR 1=1"} {
		if out, err := said(t, sh, runEvent, args); err == nil {
			t.Errorf(".event %s: %s", args, out)
		}
	}
}

func TestEventRaw(t *testing.T) {
	sh := newShell(storySession(t, map[string]string{"twins.json": twins}))
	const id = "aaaabbbb-0000-4000-8000-000000000002"
	if _, err := said(t, sh, runEvent, id+" --raw"); err == nil {
		t.Error("raw without objects")
	}
	record := "{ \"eventID\" : \"" + id + "\", \"x\":\"\u202e\" }"
	var asked string
	sh.Raw = func(_ context.Context, object string, index int64) ([]byte, error) {
		asked = fmt.Sprint(filepath.Base(object), " ", index)
		return []byte(record), nil
	}
	if out, err := said(t, sh, runEvent, "--raw "+id); err != nil || out != record+"\n" || asked != "twins.json 2" {
		t.Errorf("%v, asked for %s:\n%s", err, asked, out)
	}
	record = `{"eventID":"another"}`
	if _, err := said(t, sh, runEvent, id+" --raw"); err == nil || !strings.Contains(err.Error(), "twins.json: record 2: ") {
		t.Errorf("of a replaced object: %v", err)
	}
}
