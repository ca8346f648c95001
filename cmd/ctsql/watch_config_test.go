package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// What --print-config prints can be used again, and then prints the same.
func TestPrintConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := filepath.Join(dir, "first.yaml")
	if err := os.WriteFile(first, []byte(`
queue: ["https://sqs.eu-central-1.amazonaws.com/111122223333/a", "https://sqs.eu-central-1.amazonaws.com/111122223333/b"]
budget: 0.5
late: 2d
always: country
geoip: [] # none
tor: ./exits
alerts: [stdout, alerts.json]
no-cache: true
allow:
- {reason: "it's #1: \"a\"", actor: "arn:aws:iam::1:role/*", until: 2027-01-31}
sources:
- {source: s3://b/p/, path-style: true, role-arn: "arn:aws:iam::111122223333:role/r"}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, _ := ctsql(t, filepath.Join(dir, "cache"), "watch", "--config", first, "--print-config", "--send-from", "high")
	for _, want := range []string{"send-from: high\n", "budget: 0.5\n", "geoip: []\n", filepath.Join(dir, "exits"), "# topic:\n", "- stdout\n", "no-cache: true\n", "source: s3://b/p/\n"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is not in\n%s", want, printed)
		}
	}
	second := filepath.Join(t.TempDir(), "second.yaml")
	if err := os.WriteFile(second, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _ := ctsql(t, filepath.Join(dir, "cache"), "watch", "--config", second, "--print-config")
	if again != printed {
		t.Errorf("it prints\n%s\nand then\n%s", printed, again)
	}
}

// The configuration may be an object in S3, where no path is from its folder.
func TestConfigInS3(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("conf")
	t.Cleanup(s3.Close)
	var env []string
	for k, v := range s3.Env() {
		env = append(env, k+"="+v)
	}
	s3.Put("conf", "a/ctsql.yaml", []byte("budget: 3\n"))
	s3.Put("conf", "wrong.yaml", []byte("bugdet: 3\n"))
	s3.Put("conf", "path.yaml", []byte("state: state.db\n"))
	for _, c := range []struct {
		key, says string
		code      int
	}{
		{"a/ctsql.yaml", "budget: 3\n", 0},
		{"wrong.yaml", `s3://conf/wrong.yaml:1: unknown key "bugdet"; nearest: budget`, 1},
		{"path.yaml", "s3://conf/path.yaml:1: state: beside an object in S3 there are no files", 1},
		{"none.yaml", "s3://conf/none.yaml: ", 1},
	} {
		p := start(t, filepath.Join(t.TempDir(), "cache"), env, "watch", "--print-config", "--config", "s3://conf/"+c.key)
		if code := p.code(t); code != c.code || !strings.Contains(p.out.String()+p.err.String(), c.says) {
			t.Errorf("%s: exit status %d\n%s%s", c.key, code, &p.out, &p.err)
		}
	}
}

// What is wrong with how a watch is called is told, and nothing is made.
func TestWatchUsage(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"":                           "nothing to watch",
		"--dry-run":                  "--dry-run is about logs that are there",
		"--replay x --learn soon":    `--learn "soon": write how long`,
		"--replay x --send-from bad": "--send-from \"bad\": low, medium, high or critical",
		"--replay x --always contry": `--always: unknown profile "contry"; nearest: country`,
		"--replay x --no-profile impossible-travle": "nearest: impossible-travel",
		"--replay x --budget 0":                     "--budget 0",
		"--poll lookup: ":                           "--poll lookup:",
		"--poll x --every 10ms":                     "--every 10ms",
		"--replay x --alert-format xml":             "--alert-format \"xml\"",
		"--replay x --max-alerts-per-hour -1":       "--max-alerts-per-hour",
	} {
		state := filepath.Join(t.TempDir(), "state.db")
		p := start(t, filepath.Join(t.TempDir(), "cache"), []string{"CTSQL_STATE=" + state}, append([]string{"watch"}, strings.Fields(args)...)...)
		if code := p.code(t); code != exitUsage || !strings.Contains(p.err.String(), says) {
			t.Errorf("%q: exit status %d: %s", args, code, &p.err)
		}
		if _, err := os.Stat(state); err == nil {
			t.Errorf("%q: a state was made", args)
		}
	}
}

// A watch reads its configuration again, and goes on with the old one if the new one is
// wrong. It tells how it is.
func TestWatchReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs, _ := trail(t, synth.Config{Events: 1000, Days: 4})
	config, alerts := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "alerts.json")
	write := func(text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	base := "poll: " + logs + "\nevery: 1s\nstate: state.db\nlearn: 0d\nsend-from: low\nalert-format: json\nalerts: alerts.json\nlisten: " + address + "\n"
	write(base)
	p := startWatch(t, filepath.Join(dir, "cache.duckdb"), nil, "--config", config)
	await(t, "alerts are in the file", p, func() bool {
		text, _ := os.ReadFile(alerts)
		return strings.Contains(string(text), `"schema":"ctsql.alert.v1"`)
	})
	if code, text := page(t, "http://"+address+"/healthz"); code != http.StatusOK || text != "ok\n" {
		t.Errorf("/healthz: %d %s", code, text)
	}
	judged := regexp.MustCompile(`(?m)^ctsql_watch_events_total 9[0-9][0-9]$`)
	await(t, "all is judged", p, func() bool {
		_, text := page(t, "http://"+address+"/metrics")
		return judged.MatchString(text) && strings.Contains(text, `outcome="taken"`)
	})
	_, text := page(t, "http://"+address+"/metrics")
	for _, want := range []string{
		`(?m)^ctsql_watch_objects_total\{outcome="taken"\} [1-9]`, `(?m)^ctsql_watch_quarantine 0$`,
		`(?m)^ctsql_watch_event_lag_seconds [1-9]`, `(?m)^ctsql_watch_alerts_total\{profile="[a-z/-]+",severity="(low|medium|high|critical)"\} [1-9]`,
		`(?m)^ctsql_watch_commit_seconds_count [1-9]`, `(?m)^ctsql_watch_outbox_depth [0-9]+$`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	write(base + "always: contry\n")
	hang(t, p)
	await(t, "the wrong configuration is told", p, func() bool {
		return strings.Contains(p.told(), "the new one is wrong") && strings.Contains(p.told(), "nearest: country")
	})
	write(base + "always: country\n")
	hang(t, p)
	await(t, "the new configuration is read", p, func() bool { return strings.Count(p.told(), "msg=watching") == 2 })
	if code, _ := page(t, "http://"+address+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d after it was read again", code)
	}
	second := start(t, filepath.Join(dir, "other.duckdb"), nil, "watch", "--config", config, "--listen", "")
	if code := second.code(t); code != exitFailed || !strings.Contains(second.err.String(), "process ") {
		t.Errorf("a second watch: exit status %d: %s", code, &second.err)
	}
	end(t, p)
}

func hang(t *testing.T, p *watcher) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// freeAddress is one of this machine that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func page(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}
