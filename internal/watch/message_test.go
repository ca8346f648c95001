package watch

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/synth"
)

var update = flag.Bool("update", false, "write the golden files")

var wording = NewWording()

const (
	alice = "arn:aws:iam::111122223333:user/alice"
	admin = "arn:aws:iam::111122223333:role/OrganizationAdmin"
)

var day = time.Date(2025, 7, 15, 0, 0, 0, 0, time.UTC)

// sample is an event some seconds into the day.
func sample(second int, source, name string) profile.Sample {
	return profile.Sample{
		Time: day.Add(time.Duration(second) * time.Second).UnixMicro(), EventID: fmt.Sprintf("e%07d", second),
		Source: source + ".amazonaws.com", Name: name, Region: "eu-central-1", Account: "111122223333", Actor: alice,
		Credential: "AKIAEXAMPLE", Address: "203.0.113.7", Agent: "aws-cli/2.17", Object: "s3://logs/a.json.gz", Index: int64(second),
		City: "Zürich", Country: "Switzerland", ASN: 64500, ASOrg: "Example Net",
	}
}

func denied(s profile.Sample) profile.Sample { s.Error = "AccessDenied"; return s }

func past(days int, events uint64, values int) profile.Past {
	return profile.Past{Days: days, Events: events, Values: values, First: profile.DayOf(day.AddDate(0, 0, -300).UnixMicro())}
}

func story(severity profile.Severity, score float64, findings ...profile.Finding) *profile.Story {
	s := &profile.Story{
		ID: "5f1d7a9c20b34e68", Day: profile.DayOf(day.UnixMicro()), Root: alice, Account: "111122223333",
		Severity: severity, Score: score, Findings: findings, First: math.MaxInt64,
	}
	for _, f := range findings {
		s.Profiles = append(s.Profiles, f.Profile)
		s.First, s.Last = min(s.First, f.Sample.Time), max(s.Last, f.Sample.Time)
	}
	return s
}

func newCountry() *profile.Story {
	first := sample(8000, "sts", "GetCallerIdentity")
	return story(profile.High, 8.31,
		profile.Finding{Profile: "country", Of: profile.OfActor, Also: []profile.Of{profile.OfPeers, profile.OfAccount}, Subject: alice, Value: "CH", Score: 4.2, Counted: 4.2, Past: past(212, 18403, 2), Sample: first},
		profile.Finding{Profile: "user-agent", Of: profile.OfActor, Subject: alice, Value: "Kali", Score: 2, Counted: 2, Past: past(212, 18403, 3), Sample: first},
		profile.Finding{Profile: "region", Of: profile.OfActor, Subject: alice, Value: "sa-east-1", Score: 1, Counted: 1, Past: past(212, 18403, 1), Sample: denied(sample(8100, "ec2", "RunInstances"))},
	)
}

// A frequency has no record, but the hour.
func burst() *profile.Story {
	hour := profile.Sample{Time: day.Add(2 * time.Hour).UnixMicro(), Actor: alice, Account: "111122223333", Name: "iam:ListUsers"}
	return story(profile.Medium, 5.5,
		profile.Finding{Profile: "calls-by-name", Of: profile.OfActor, Subject: alice, Value: "iam:ListUsers", Score: 5.5, Counted: 5.5,
			Why: "412 in the hour from 02:00 UTC, where about 3.0 were to be expected", Sample: hour},
		profile.Finding{Profile: "dormant-actor", Of: profile.OfActor, Subject: alice, Score: 2, Counted: 2, Past: past(300, 99, 0),
			Why: "not seen for 120 days, since 2025-03-17", Sample: denied(sample(8000, "iam", "ListUsers"))})
}

func lineage() *profile.Story {
	made := sample(40000, "iam", "CreateUser")
	var findings []profile.Finding
	findings = append(findings,
		profile.Finding{Profile: "admin-user-made", Score: 7, Counted: 7, Why: "user backup was made and given AdministratorAccess within a minute.", Sample: made},
		profile.Finding{Profile: "access-key", Of: profile.OfActor, Subject: admin, Value: "AKIANEW", Score: 3, Counted: 3, Past: profile.Past{}, Sample: sample(40100, "iam", "CreateAccessKey")})
	for i := range 14 {
		s := sample(40200+i, "s3", "GetObject")
		s.Actor, s.Address = "arn:aws:iam::111122223333:user/backup", "198.51.100.9"
		findings = append(findings, profile.Finding{Profile: "bucket", Of: profile.OfActor, Subject: s.Actor, Value: fmt.Sprintf("bucket-%d", i),
			Score: 1, Counted: 0.2, Past: profile.Past{Days: 1, Events: 1, Probation: i == 0}, Sample: s})
	}
	st := story(profile.Critical, 14, findings...)
	st.Root, st.Others = admin+"/bob@example.com", []string{"arn:aws:iam::111122223333:user/backup", admin + " via cloudformation.amazonaws.com"}
	return st
}

func detection() *profile.Story {
	s := denied(sample(3600, "cloudtrail", "StopLogging"))
	s.City, s.Country, s.ASN, s.ASOrg, s.Tor = "", "", 0, "", true
	st := story(profile.High, 7, profile.Finding{Profile: "trail-stopped", Score: 7, Counted: 7, Why: "the trail main was tried to be stopped", Sample: s})
	st.Root = "111122223333:root"
	return st
}

func hostile() *profile.Story {
	evil := "\x1b]0;owned\x07\r\n.\nFrom: root\u202e'; drop table alerts; -- $(reboot) `id` $$ \x00\xff 😀"
	s := sample(100, "iam", "GetUser")
	s.Name, s.Region, s.Address, s.Error, s.City, s.Actor = evil, evil, evil, evil, evil, evil
	s.Agent = strings.Repeat("A\u0301\x1b", 70_000)
	st := story(profile.Critical, 20,
		profile.Finding{Profile: "user-agent", Of: profile.OfActor, Subject: evil, Value: s.Agent, Score: 1, Counted: 1, Past: past(1, 1, 1), Sample: s},
		profile.Finding{Profile: evil, Of: profile.OfPeers, Subject: evil, Value: evil, Score: 1, Counted: math.NaN(), Past: past(1, 1, 1), Sample: s},
		profile.Finding{Profile: "mine/" + evil, Score: math.Inf(1), Counted: 1, Why: evil, Sample: s})
	st.Root, st.Account, st.Others = "arn:aws:iam::111122223333:user/"+evil, evil, []string{evil, s.Agent}
	return st
}

// What a person reads, as golden files.
func TestMessage(t *testing.T) {
	for name, c := range map[string]struct {
		story *profile.Story
		told  profile.Severity
		after time.Duration // the end of the story
	}{
		"country":   {newCountry(), profile.None, 9 * time.Minute},
		"burst":     {burst(), profile.None, 9 * time.Minute},
		"lineage":   {lineage(), profile.Medium, 9 * time.Minute},
		"detection": {detection(), profile.None, 9 * time.Minute},
		"late":      {newCountry(), profile.None, 75 * time.Hour},
		"hostile":   {hostile(), profile.None, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			m := wording.Message(c.story, c.told, at(c.story.Last).Add(c.after))
			golden(t, name+".txt", m.Subject+"\n\n"+m.Text)
			check(t, m)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", "message", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// check holds a message against what every message keeps.
func check(t *testing.T, m outbox.Message) {
	t.Helper()
	for what, text := range map[string]string{"subject": m.Subject, "text": m.Text, "actor": m.Actor, "account": m.Account, "JSON": string(m.JSON), "profiles": strings.Join(m.Profiles, "")} {
		for _, r := range text {
			if r == '\n' && what == "text" {
				continue
			}
			if !unicode.IsPrint(r) || r == utf8.RuneError {
				t.Errorf("the %s holds %U: %.200q", what, r, text)
				break
			}
		}
	}
	if n := len(m.Text); n > 100_000 {
		t.Errorf("%d bytes of text", n)
	}
	if n := len(m.JSON); n > mostJSON {
		t.Errorf("%d bytes of JSON", n)
	}
	if !json.Valid(m.JSON) {
		t.Errorf("no JSON: %.300s", m.JSON)
	}
	for _, line := range strings.Split(m.Text, "\n") {
		if len(line) > 4096 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
}

func TestMessageAttributes(t *testing.T) {
	m := wording.Message(newCountry(), profile.None, day)
	if m.ID != "5f1d7a9c20b34e68" || m.Severity != "high" || m.Class != 3 || m.Score != 8.31 || m.Account != "111122223333" || m.Actor != alice {
		t.Errorf("%+v", m)
	}
	if want := "[ctsql HIGH] alice in 111122223333: first call from the country Switzerland, 2 more"; m.Subject != want {
		t.Errorf("subject %s, want %s", m.Subject, want)
	}
}

func TestMessageJSON(t *testing.T) {
	m := wording.Message(newCountry(), profile.Low, at(newCountry().Last).Add(9*time.Minute))
	var pretty strings.Builder
	e := json.NewEncoder(&pretty)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(json.RawMessage(m.JSON)); err != nil {
		t.Fatal(err)
	}
	golden(t, "country.json", pretty.String())
}

// Texts are in JSON as the log has them.
func TestMessageJSONIsExact(t *testing.T) {
	st := hostile()
	st.Root = strings.ToValidUTF8(st.Root, "\uFFFD")
	var got struct{ Actor string }
	if err := json.Unmarshal(wording.Message(st, profile.None, day).JSON, &got); err != nil {
		t.Fatal(err)
	}
	if got.Actor != st.Root {
		t.Errorf("actor %q, want %q", got.Actor, st.Root)
	}
}

// 400 KB of findings: whole ones are left out, and it is told how many.
func TestMessageTooLarge(t *testing.T) {
	var findings []profile.Finding
	for i := range 1000 {
		findings = append(findings, profile.Finding{Profile: "event-name", Of: profile.OfActor, Subject: alice, Value: fmt.Sprintf("call-%d-%s", i, strings.Repeat("x", 300)),
			Counted: 1 + float64(i), Past: past(1, 1, 1), Sample: sample(i, "ec2", "DescribeInstances")})
	}
	m := wording.Message(story(profile.High, 9, findings...), profile.None, day)
	check(t, m)
	var got struct {
		Findings []struct{ Counted float64 }
		Omitted  int `json:"omittedFindings"`
	}
	if err := json.Unmarshal(m.JSON, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Findings) < 200 || len(got.Findings)+got.Omitted != 1000 || got.Findings[0].Counted != 1000 {
		t.Errorf("%d findings and %d omitted, the first counted %v", len(got.Findings), got.Omitted, got.Findings[0].Counted)
	}
	if !strings.Contains(m.Text, "- … and 975 more\n") || !strings.Contains(m.Text, "(10 of the 1000 events that this is about)") {
		t.Errorf("the text does not tell how many there are:\n%s", m.Text)
	}
}

// Whatever profile it is, the value is in a phrase that begins in the same way.
func TestMessageOfEachProfile(t *testing.T) {
	for _, p := range profile.Profiles() {
		for _, value := range []string{"100%s", p.Absent} {
			m := wording.Message(story(profile.High, 7, profile.Finding{Profile: p.Name, Of: p.Of[0], Subject: alice, Value: value, Counted: 7,
				Sample: sample(1, "ec2", "RunInstances")}), profile.None, day)
			_, what, _ := strings.Cut(m.Subject, ": ")
			if !strings.HasPrefix(what, "first ") || value != "" && !strings.Contains(what, value) || value == "" && strings.Contains(what, "%") {
				t.Errorf("%s: %q", p.Name, what)
			}
			if value != "" && value == p.Absent && what != "first call whose "+p.Name+" is "+value {
				t.Errorf("%s, where there is nothing: %q", p.Name, what)
			}
		}
	}
}

// A place is told by its name, and not by what it is known under.
func TestMessageOfPlaces(t *testing.T) {
	for _, c := range [][3]string{
		{"country", "CH", "first call from the country Switzerland"},
		{"country", "private network", "first call from a private network"},
		{"country", "unknown", "first call from an address whose country is not known"},
		{"city", "CH Zürich", "first call from Zürich, Switzerland"},
		{"asn", "AS64500", "first call from the provider AS64500 (Example Net)"},
		{"gone", "x", "first gone x"},
		{"dormant-key", "AKIAOLD", "the access key AKIAOLD is in use again"},
	} {
		m := wording.Message(story(profile.High, 7, profile.Finding{Profile: c[0], Of: profile.OfActor, Subject: alice, Value: c[1], Counted: 7,
			Sample: sample(1, "ec2", "RunInstances")}), profile.None, day)
		if _, what, _ := strings.Cut(m.Subject, ": "); what != c[2] {
			t.Errorf("%s %s: %q, want %q", c[0], c[1], what, c[2])
		}
	}
}

func TestShortActor(t *testing.T) {
	for _, c := range [][3]string{
		{alice, "user/alice", "alice"},
		{"111122223333:root", "root", "root"},
		{admin + "/bob@example.com", "role/OrganizationAdmin/bob@example.com", "OrganizationAdmin/bob@example.com"},
		{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Power_User_63f8b4319e2cb769/ana@example.com", "ana@example.com (Power_User)", "ana@example.com"},
		{"arn:aws:iam::1:role/AWSReservedSSO_x_63f8b4319e2cb769/evil", "role/AWSReservedSSO_x_63f8b4319e2cb769/evil", "AWSReservedSSO_x_63f8b4319e2cb769/evil"},
		{"444455556666/AIDA", "444455556666/AIDA", "444455556666/AIDA"},
		{"", "", ""},
	} {
		if short, name := shortActor(c[0]), shortName(c[0]); short != c[1] || name != c[2] {
			t.Errorf("%s: %q and %q", c[0], short, name)
		}
	}
}

// README.md describes every member of the JSON.
func TestReadmeNamesJSON(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{alertJSON{}, commandsJSON{}, findingJSON{}, pastJSON{}, eventJSON{}, stormJSON{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(string(b), "`"+name+"`") {
				t.Errorf("%T: %s is not described", v, name)
			}
		}
	}
}

// What is told of a generated trail's stories: try it with -v.
func TestMessagesOfATrail(t *testing.T) {
	paths, err := geotest.WriteDemo(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	places, err := geoip.Open(t.Context(), geoip.Options{GeoIP: paths, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := profile.New(profile.Options{Places: places.Snapshot, Late: 24 * time.Hour, Learn: 14 * 24 * time.Hour, Budget: 5, Probation: profile.Medium}, profile.Stored{})
	if err != nil {
		t.Fatal(err)
	}
	stories := map[string]profile.Story{}
	take := func(c *profile.Change) {
		for _, s := range c.Stories {
			stories[s.ID] = s
		}
		for _, id := range c.Withdrawn {
			delete(stories, id)
		}
	}
	var dec cloudtrail.Decoder
	_, err = synth.Write(t.Context(), synth.Config{Events: 20_000}, func(key string, body []byte) error {
		if k, ok := cloudtrail.ParseKey(key); ok && k.Kind == cloudtrail.KindDigest {
			return nil
		}
		b, err := cloudtrail.NewBatch()
		if err != nil {
			return err
		}
		defer b.Close()
		if err := dec.Decode(b, cloudtrail.Object{Name: key, Size: int64(len(body))}, cloudtrail.Body{ReadSeeker: bytes.NewReader(body), Bytes: body}); err != nil {
			return err
		}
		take(engine.Take(b, func(int) bool { return true }, nil))
		for _, d := range engine.Due() {
			take(engine.Close(d))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, s := range stories {
		if s.Severity >= profile.Medium {
			m := wording.Message(&s, profile.None, at(s.Last).Add(time.Minute))
			check(t, m)
			t.Logf("%s\n\n%s", m.Subject, m.Text)
			told++
		}
	}
	if told == 0 {
		t.Error("nothing is told of a trail that has an intruder")
	}
}

// A story in which nothing is left is told without harm.
func TestMessageOfNothing(t *testing.T) {
	check(t, wording.Message(&profile.Story{}, profile.None, day))
}

func TestSum(t *testing.T) {
	var held []outbox.Entry
	for i := range 1000 {
		e := outbox.Entry{Sequence: int64(i), ID: fmt.Sprintf("a%d", i), Severity: "medium", Class: 2, Account: "111122223333",
			Actor: alice, Subject: fmt.Sprintf("[ctsql MEDIUM] %d", i), Made: day.Add(time.Duration(i) * time.Second)}
		if i%100 == 50 {
			e.Severity, e.Class, e.Actor, e.Subject = "critical", 4, fmt.Sprintf("%s-%d\x1b[2J\n", admin, i), "[ctsql CRITICAL] \u202e"+e.Subject
		}
		held = append(held, e)
	}
	m, err := wording.Sum(held, day.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	check(t, m)
	golden(t, "storm.txt", m.Subject+"\n\n"+m.Text)
	again, err := wording.Sum(held, day.Add(2*time.Hour))
	if err != nil || again.ID != m.ID {
		t.Errorf("the same alerts have the IDs %s and %s, %v", m.ID, again.ID, err)
	}
	other, err := wording.Sum(held[1:], day.Add(time.Hour))
	if err != nil || other.ID == m.ID {
		t.Errorf("other alerts have the same ID, %v", err)
	}
	var got struct {
		Alerts     []struct{ ID, Severity string }
		BySeverity map[string]int
	}
	if err := json.Unmarshal(m.JSON, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Alerts) != 1000 || got.Alerts[0].ID != "a50" || got.BySeverity["critical"] != 10 {
		t.Errorf("%d alerts, %v", len(got.Alerts), got.BySeverity)
	}
	if _, err := wording.Sum(nil, day); err == nil {
		t.Error("the sum of nothing is no error")
	}
}
