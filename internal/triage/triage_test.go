package triage

import (
	"bytes"
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
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/synth"
)

// cacheAsker asks a session of a cache.
type cacheAsker struct{ *cache.Session }

func (a cacheAsker) Ask(ctx context.Context, statement string, given params, row func([]render.Cell) error) (err error) {
	var ps []duck.Param
	for name, value := range given {
		ps = append(ps, duck.Param{Name: name, Value: value})
	}
	answer, err := a.Run(ctx, statement, ps, render.CopyOptions)
	if err != nil || answer.Result == nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	for cells, err := range render.Rows(answer.Result, len(answer.Columns)) {
		if err != nil {
			return err
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return nil
}

// trail is what the tests' events are of: its story is known.
var trail = synth.Config{Events: 2000}

func story(t *testing.T) synth.Story {
	t.Helper()
	s, err := trail.Story()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asking is over a cache of these objects, by name, and of the story if it is told.
func asking(t *testing.T, told bool, objects map[string]string) cacheAsker {
	t.Helper()
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	if told {
		if _, err := synth.WriteDir(t.Context(), trail, logs); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range objects {
		if err := os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "c.duckdb")
	if err := loadInto(t.Context(), path, logs); err != nil {
		t.Fatal(err)
	}
	s, err := cache.OpenSession(t.Context(), cache.SessionOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return cacheAsker{s}
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

func find(t *testing.T, a Asker, text string, o Options) *Page {
	t.Helper()
	p, err := Find(t.Context(), a, text, o)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (p *Page) credentialOf(id string) (c Credential) {
	for _, c := range p.Credentials {
		if c.ID == id {
			return c
		}
	}
	return c
}

// The page of the leaked key, half an hour after the thief's last call.
func TestStory(t *testing.T) {
	st := story(t)
	a := asking(t, true, nil)
	now := st.Last.Add(30 * time.Minute)
	p := find(t, a, st.AccessKeyID, Options{Now: now, Since: st.First.Truncate(time.Hour)})

	var made []string
	for _, m := range p.Persistence {
		if slices.Contains(m.Names, st.NewUser) || slices.Contains(m.Names, st.NewAccessKeyID) {
			made = append(made, fmt.Sprint(m.Kind, " ", m.Removed != nil))
		}
	}
	want := []string{"user false", "access key false", "policy attached to a user false", "console password true"}
	if !slices.Equal(made, want) {
		t.Errorf("it made %q, want %q", made, want)
	}
	for id, state := range map[string]State{st.AccessKeyID: Alive, st.NewAccessKeyID: Alive, st.RoleAccessKeyID: Expired, st.NewUser: Ended} {
		if c := p.credentialOf(id); c.State != state {
			t.Errorf("%s is %+v, want %s", id, c, state)
		}
	}
	session := p.credentialOf(st.RoleAccessKeyID)
	if session.From == nil || session.Until == nil || session.Until.Sub(*session.From) != time.Hour || session.AtMost {
		t.Errorf("the session is %+v", session)
	}
	if len(p.Read.Groups) == 0 || p.Read.Groups[0].Object != st.Bucket || p.Read.Groups[0].Items != int64(len(st.AccessKeys)) || p.Read.Groups[0].Bytes == 0 {
		t.Errorf("it read %+v", p.Read)
	}
	if !slices.ContainsFunc(p.Refused.Groups, func(d Deed) bool { return d.Event == "StopLogging" && d.Error == "AccessDenied" }) {
		t.Errorf("refused are %+v", p.Refused)
	}
	if p.Events-p.Own != 3 || p.Identities[0].ARN != st.UserARN || p.Identities[0].Account != st.Account || len(p.Identities) != 2 {
		t.Errorf("%d events, %d its own, of %+v", p.Events, p.Own, p.Identities)
	}
	nodes := flat(p.Lineage)
	if len(nodes) != 3 || nodes[0].Key != st.AccessKeyID || !nodes[0].Asked || nodes[1].Key != st.NewAccessKeyID || nodes[2].Key != st.RoleAccessKeyID {
		t.Errorf("the lineage is %+v", nodes)
	}
	commands := strings.Join(commandLines(p.Containment), "\n")
	for _, want := range []string{
		"aws iam update-access-key --user-name " + st.User + " --access-key-id " + st.AccessKeyID + " --status Inactive\n",
		"aws iam update-access-key --user-name " + st.NewUser + " --access-key-id " + st.NewAccessKeyID + " --status Inactive\n",
		"aws iam detach-user-policy --user-name " + st.NewUser + " --policy-arn arn:aws:iam::aws:policy/AdministratorAccess\n",
		"aws iam delete-user --user-name " + st.NewUser,
	} {
		if !strings.Contains(commands, want) {
			t.Errorf("%q is not in:\n%s", want, commands)
		}
	}
	if strings.Contains(commands, "login-profile") || strings.Contains(commands, "role-policy") {
		t.Errorf("commands for what is over:\n%s", commands)
	}
	out := written(t, func(b *bytes.Buffer) error { return Terminal{Width: 80}.Write(b, p) })
	for _, want := range []string{"\nWays back in that it made\n", "nobody removed it", st.RoleAccessKeyID, st.Address, "the logs end at ", "hours 0 to 23"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}

// While the role's session lasts its sessions are to be revoked.
func TestStoryAlive(t *testing.T) {
	st := story(t)
	a := asking(t, true, nil)
	p := find(t, a, st.Address, Options{Now: st.First.Add(20 * time.Minute), Profile: "it's"})
	if c := p.credentialOf(st.RoleAccessKeyID); c.State != Alive {
		t.Fatalf("the session is %+v", c)
	}
	commands := strings.Join(commandLines(p.Containment), "\n")
	want := "# account " + st.RoleAccount + "\naws iam put-role-policy --role-name ops-readonly --policy-name ctsql-revoke-older-sessions --policy-document " + revoke + ` --profile 'it'\''s'`
	if !strings.Contains(commands, want) {
		t.Errorf("%s is not in:\n%s", want, commands)
	}
	if c := p.credentialOf("user/" + st.NewUser); c.Kind != "console session" || c.State != Alive || !c.AtMost {
		t.Errorf("the sign-in is %+v", c)
	}
}

// All that a subject can be is found, each with its events alone.
func TestSubjects(t *testing.T) {
	st := story(t)
	a := asking(t, true, nil)
	number := func(where string) int64 {
		rows, err := askAll(t.Context(), a, "SELECT count(*) FROM cloudtrail WHERE "+where, nil)
		if err != nil {
			t.Fatal(err)
		}
		return rows[0].n(0)
	}
	var called synth.StoryEvent
	for _, e := range st.Events {
		if e.EventName == "CreateUser" {
			called = e
		}
	}
	session := "arn:aws:sts::" + st.RoleAccount + ":assumed-role/ops-readonly/s1"
	for text, c := range map[string]struct{ what, where string }{
		st.Address:                          {"an address", "sourceIPAddress = '" + st.Address + "'"},
		"203.0.113.0/24":                    {"a network", "sourceIPAddress LIKE '203.0.113.%'"},
		st.AccessKeyID:                      {"an access key", "userIdentity.accessKeyId = '" + st.AccessKeyID + "'"},
		st.User:                             {"a name", "userIdentity.userName = '" + st.User + "'"},
		st.UserARN:                          {"an ARN", "userIdentity.arn = '" + st.UserARN + "'"},
		session:                             {"an ARN", "userIdentity.arn = '" + session + "'"},
		st.RoleAccount:                      {"an account, whose identities acted", "userIdentity.accountId = '" + st.RoleAccount + "'"},
		strings.ToUpper(called.EventID[:8]): {"who called CreateUser, event " + called.EventID, "userIdentity.accessKeyId = '" + st.AccessKeyID + "'"},
		called.EventID:                      {"who called CreateUser, event " + called.EventID, "userIdentity.accessKeyId = '" + st.AccessKeyID + "'"},
		st.NewAccessKeyID:                   {"an access key", "false"}, // made, and never used
	} {
		p := find(t, a, text, Options{Now: st.Last})
		if want := number(c.where); p.TakenFor != c.what || p.Own != want {
			t.Errorf("%s is taken for %s with %d events, want %s with %d", text, p.TakenFor, p.Own, c.what, want)
		}
	}
	p := find(t, a, st.NewAccessKeyID, Options{Now: st.Last})
	if c := p.credentialOf(st.NewAccessKeyID); c.State != Alive || c.Note != "never used" || len(flat(p.Lineage)) == 0 {
		t.Errorf("a key that was never used: %+v, %+v", c, p.Lineage)
	}
	for text, hint := range map[string]string{"deploy-wob": "deploy-web", "203.0.113.67": "203.0.113.66", "203.0.112.0/24": "", "AKIANOBODYATALL00000": "", "ffffffff-ffff": "",
		"' OR 1=1 --": "", "arn:aws:iam::1:user/\x1b[2J": ""} {
		_, err := Find(t.Context(), a, text, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "nobody: no event is of ") || !strings.Contains(err.Error(), hint) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", text, err)
		}
	}
	rows, err := askAll(t.Context(), a, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'triage%'", nil)
	if err != nil || len(rows) > 0 {
		t.Errorf("left behind: %v, %v", rows, err)
	}
}

// --since and --until limit the deeds, and not what made or ended things.
func TestWindow(t *testing.T) {
	st := story(t)
	a := asking(t, true, nil)
	var attached time.Time
	for _, e := range st.Events {
		if e.EventName == "CreateLoginProfile" {
			attached = e.Time
		}
	}
	p := find(t, a, st.AccessKeyID, Options{Now: st.Last, Since: st.First, Until: attached.Add(time.Second)})
	if p.First.Before(st.First) || p.Last.After(attached) || p.Events >= int64(len(st.Events)) {
		t.Errorf("%d events from %s to %s", p.Events, p.First, p.Last)
	}
	if c := p.credentialOf(st.NewUser); c.State != Ended {
		t.Errorf("the password, which was deleted later, is %+v", c)
	}
	if _, err := Find(t.Context(), a, st.AccessKeyID, Options{Until: time.Unix(0, 0)}); err == nil || !strings.Contains(err.Error(), "in the time that was asked for") {
		t.Errorf("before there is anything: %v", err)
	}
}

func TestNothingLoaded(t *testing.T) {
	a := asking(t, false, map[string]string{"none.json": `{"Records":[]}`})
	for _, text := range []string{"alice", "203.0.113.1", "AKIAIOSFODNN7EXAMPLE", "deadbeef"} {
		if _, err := Find(t.Context(), a, text, Options{}); err == nil || !strings.HasPrefix(err.Error(), "nobody: ") {
			t.Errorf("%s in an empty cache: %v", text, err)
		}
	}
}

// The keys of JSON are what others build on.
func TestJSON(t *testing.T) {
	st := story(t)
	a := asking(t, true, nil)
	out := written(t, func(b *bytes.Buffer) error { return WriteJSON(b, find(t, a, st.Address, Options{Now: st.Last})) })
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`accounts addresses asked calls changed containment credentials days denied errors events failed findings first gaps hours identities keys
		last lineage logsEnd now own persistence placesNote read refused regions services takenFor unseen userAgents who`)
	if keys := sortedKeys(got); !slices.Equal(keys, want) {
		t.Errorf("keys are %q, want %q", keys, want)
	}
	for list, want := range map[string]string{
		"persistence": "account at by event eventID kind names region removed times used with", "credentials": "account eventID from holder id kind state until",
		"containment": "account command why", "identities": "account arn events human type", "lineage": "asked denied events first got key last who", "days": "day events",
	} {
		all, _ := got[list].([]any)
		if len(all) == 0 {
			t.Errorf("%s: none", list)
			continue
		}
		members, _ := all[0].(map[string]any)
		for _, key := range strings.Fields(want) {
			if _, ok := members[key]; !ok && !(list == "credentials" && (key == "eventID")) {
				t.Errorf("%s: no %s in %v", list, key, members)
			}
		}
	}
	if got["first"] != st.First.Format(time.RFC3339) || got["events"] != float64(len(st.Events)) {
		t.Errorf("%v events since %v, want %d since %s", got["events"], got["first"], len(st.Events), st.First)
	}
}

// Times that nobody can have acted at do not hurt.
func TestOddTimes(t *testing.T) {
	const event = `{"eventID":"o%d",%s"eventSource":"iam.amazonaws.com","eventName":"CreateUser","requestParameters":{"userName":"u%[1]d"},"userIdentity":{"type":"IAMUser","userName":"%[3]s"}}`
	var all []string
	for i, c := range [][2]string{{"0000-12-31T00:00:00Z", "odd"}, {"0001-01-01T00:00:00Z", "odd"}, {"", "odd"}, {"9999-12-31T00:00:00Z", "odd9"}, {"0002-01-01T00:00:00Z", "odd9"}, {"", "timeless"}} {
		when := ""
		if c[0] != "" {
			when = `"eventTime":"` + c[0] + `",`
		}
		all = append(all, fmt.Sprintf(event, i, when, c[1]))
	}
	a := asking(t, false, records(all...))
	for name, events := range map[string]int64{"odd": 3, "odd9": 2, "timeless": 1} {
		p := find(t, a, name, Options{})
		if p.Events != events {
			t.Errorf("%s: %d events, want %d", name, p.Events, events)
		}
		written(t, func(b *bytes.Buffer) error {
			return errors.Join(Terminal{}.Write(b, p), WriteMarkdown(b, p), WriteJSON(b, p))
		})
	}
}

func TestTakenFor(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.66": "an address", "2001:DB8::1": "an address", "AKIAIOSFODNN7EXAMPLE": "an access key", "ASIAIOSFODNN7EXAMPLE": "an access key",
		"AROAEXAMPLEOPSREAD000:s1": "an ID of AWS's", "111122223333": "an account, whose identities acted",
		"arn:aws:iam::111122223333:user/a": "an ARN", "alice": "a name", "1111": "a name", "203.0.113.0/24": "a network", "' OR 1=1": "a name", "fe80::1%x'": "a name",
	} {
		if got := takenFor(text).what; got != want {
			t.Errorf("%s is taken for %s, want %s", text, got, want)
		}
	}
}

// Two users of one name are two stories.
func TestNameOfTwo(t *testing.T) {
	const event = `{"eventTime":"2025-07-01T10:00:00Z","eventID":"n%d","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","userIdentity":{"type":"IAMUser","userName":"deploy","arn":"arn:aws:iam::%d:user/deploy"}}`
	a := asking(t, false, records(fmt.Sprintf(event, 1, 111122223333), fmt.Sprintf(event, 2, 444455556666)))
	_, err := Find(t.Context(), a, "deploy", Options{})
	if err == nil || err.Error() != "2 identities are called deploy\nhint: ask for one of arn:aws:iam::111122223333:user/deploy, arn:aws:iam::444455556666:user/deploy" {
		t.Error(err)
	}
	if p := find(t, a, "arn:aws:iam::444455556666:user/deploy", Options{}); p.Own != 1 {
		t.Errorf("%+v", p)
	}
}
