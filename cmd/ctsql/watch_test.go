package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

const alertsTopic = "arn:aws:sns:us-east-1:" + s3test.Account + ":alerts"

// A watched is a trail in S3 whose notices are in a queue, and what watches it.
type watched struct {
	*bucket
	queue, state, cache string
}

func newWatched(t *testing.T, c synth.Config) *watched {
	t.Helper()
	dir := t.TempDir()
	w := &watched{bucket: newBucket(t, c), state: filepath.Join(dir, "state.db"), cache: filepath.Join(dir, "cache.duckdb")}
	w.queue = w.SQS.Queue("us-east-1", "notices", time.Minute)
	w.SNS.Topic(alertsTopic)
	return w
}

// A watcher is ctsql watch in a process of its own, which tells what it does in a file.
type watcher struct {
	*program
	log string
}

// start starts ctsql watch.
func (w *watched) start(t *testing.T, args ...string) *watcher {
	t.Helper()
	return startWatch(t, w.cache, w.env, append([]string{"--queue", w.queue, "--topic", alertsTopic, "--state", w.state,
		"--learn", "2d", "--max-alerts-per-hour", "0"}, args...)...)
}

func startWatch(t *testing.T, cache string, env []string, args ...string) *watcher {
	t.Helper()
	p := prepare(t, cache, env, append([]string{"watch"}, args...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.Stderr = log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return &watcher{p, log.Name()}
}

// told is what it has told so far.
func (p *watcher) told() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// notify puts a notice of each of the keys into the queue.
func (w *watched) notify(keys ...string) {
	for some := range slices.Chunk(keys, 5) {
		text, err := json.Marshal(map[string]any{"s3Bucket": "logs", "s3ObjectKey": some})
		if err != nil {
			panic(err)
		}
		w.SQS.Send(w.queue, string(text))
	}
}

// await waits until something is so.
func await(t *testing.T, what string, p *watcher, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			_ = p.Process.Signal(syscall.SIGQUIT)
			_ = p.Wait()
			t.Fatalf("it never came to be that %s\n%s", what, p.told())
		}
	}
}

// end asks a watch to end, and sees that it does so soon.
func end(t *testing.T, p *watcher) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code := p.code(t); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.told())
	}
	if took := time.Since(began); took > slow*10*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

func (w *watched) empty() bool { return len(w.SQS.Messages(w.queue)) == 0 }

// alerts are day, ID, severity and profiles of the alerts in the state, or of those alone
// whose days are over.
func (w *watched) alerts(t *testing.T, final bool) (all []string) {
	t.Helper()
	out, _ := ctsql(t, w.cache, "alerts", "list", "--state", w.state, "--severity", "low", "--limit", "0", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if !final || row[10] == "true" {
			all = append(all, row[1]+" "+row[0]+" "+row[2]+" "+row[7])
		}
	}
	slices.Sort(all)
	return all
}

// A trail is watched through its notices: what does not fit is published, and what was
// watched can be asked.
func TestWatchQueue(t *testing.T) {
	t.Parallel()
	w := newWatched(t, synth.Config{Events: 2000, Days: 5})
	p := w.start(t)
	w.notify(w.keys...)
	await(t, "all messages are done", p, w.empty)
	await(t, "an alert is published", p, func() bool { return len(w.SNS.Published(alertsTopic)) > 0 })
	end(t, p)

	alerts := w.alerts(t, false)
	for _, m := range w.SNS.Published(alertsTopic) {
		id := m.Attributes["alertID"]
		if !slices.ContainsFunc(alerts, func(a string) bool { return strings.Contains(a, " "+id+" ") }) {
			t.Errorf("alert %q was published, and is not listed", id)
		}
		if !strings.HasPrefix(m.Subject, "[ctsql ") || !strings.Contains(m.Message, "ctsql alerts --state "+w.state) && !strings.Contains(m.Message, id) {
			t.Errorf("%s\n%s", m.Subject, m.Message)
		}
	}
	out, _ := ctsql(t, w.cache, "query", "--format", "csv", "select count(*) as n from cloudtrail where eventID is not null")
	if want := count(w.distinct()); strings.TrimSpace(strings.TrimPrefix(out, "n\n")) == "0" {
		t.Errorf("%s events in the cache, want about %s", out, want)
	}
	out, _ = ctsql(t, w.cache, "state", "check", w.state)
	if !strings.Contains(out, "values learned") {
		t.Error(out)
	}
	w.readable(t)
}

// readable checks that the state's tables are those of a statement.
func (w *watched) readable(t *testing.T) {
	t.Helper()
	ask := func(args ...string) string {
		out, _ := ctsql(t, w.cache, append([]string{"query", "--format", "csv", "--state", w.state}, args...)...)
		_, rows, _ := strings.Cut(strings.TrimSpace(out), "\n")
		return rows
	}
	if got, want := ask("select count(*) from alerts"), len(w.alerts(t, false)); got != strconv.Itoa(want) {
		t.Errorf("%s alerts in the table, and %d are listed", got, want)
	}
	for _, statement := range []string{
		"select count(*) > 50 from profiles where days > 0 and not probation and first <= last",
		"select count(*) = 0 from quarantine join allowed on false",
		"select count(*) > 0 from profiles p join cloudtrail c on p.profile = 'event-name' and p.of = 'account' or p.subject = actor(c.userIdentity)",
	} {
		if got := ask(statement); got != "true" {
			t.Errorf("%s: %s", statement, got)
		}
		if got := ask("--sandbox", statement); got != "true" {
			t.Errorf("in a sandbox: %s: %s", statement, got)
		}
	}
	for args, says := range map[string]string{
		"delete from alerts":                             "cannot be written to",
		"select * from alerts|--state|/nowhere/state.db": "there is no state of ctsql watch in /nowhere/state.db",
	} {
		statement := strings.Split(args, "|")
		p := start(t, w.cache, nil, append([]string{"query", "--state", w.state}, statement...)...)
		if code := p.code(t); code != exitFailed || !strings.Contains(p.err.String(), says) {
			t.Errorf("%q: exit status %d: %s", statement, code, &p.err)
		}
	}
}

// The commands in README.md that wire queues up are words of a shell, and each JSON in
// them is some.
func TestWiring(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("set -eu\n")
	for _, block := range strings.Split(string(text), "```sh\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		script.WriteString(block)
	}
	dir := t.TempDir()
	// It answers as the AWS CLI would, and keeps what it is asked.
	fake := `#!/bin/sh
for a in "$@"; do printf '%s\n' "$a" | tr '\n' ' '; printf '\037'; done >>"$CALLS"
printf '\n' >>"$CALLS"
case "$1 $2" in
"sqs create-queue") echo https://sqs.eu-central-1.amazonaws.com/111122223333/q ;;
"sqs get-queue-attributes") echo arn:aws:sqs:eu-central-1:111122223333:q ;;
"sts get-caller-identity") echo 111122223333 ;;
"sns create-topic") echo arn:aws:sns:eu-central-1:111122223333:t ;;
"events put-rule") echo arn:aws:events:eu-central-1:111122223333:rule/r ;;
"ec2 describe-regions") printf 'eu-central-1\tus-east-1\n' ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	calls := filepath.Join(dir, "calls")
	cmd := exec.Command("sh", "-c", script.String())
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+calls)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "https://sqs."); n != 4 {
		t.Errorf("%d queues are told\n%s", n, out)
	}
	asked, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	policies := 0
	for line := range strings.Lines(string(asked)) {
		for _, arg := range strings.Split(line, "\037") {
			if arg = strings.TrimSpace(arg); !strings.HasPrefix(arg, "{") {
				continue
			}
			var doc map[string]any
			if err := json.Unmarshal([]byte(arg), &doc); err != nil {
				t.Errorf("%v in %s", err, arg)
			}
			if policy, ok := doc["Policy"].(string); ok {
				policies++
				if err := json.Unmarshal([]byte(policy), &doc); err != nil {
					t.Errorf("%v in %s", err, policy)
				}
			}
		}
	}
	if policies != 4 {
		t.Errorf("%d policies of queues\n%s", policies, asked)
	}
}

// published are the IDs of alerts in the topic, each once.
func (w *watched) published() (ids []string) {
	for _, m := range w.SNS.Published(alertsTopic) {
		ids = append(ids, m.Attributes["alertID"])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// TestWatchKeep: what is too old goes out of the cache, and what was learned of it stays.
func TestWatchKeep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs, _ := trail(t, synth.Config{Events: 1000, Days: 3})
	cache, state := filepath.Join(dir, "cache.duckdb"), filepath.Join(dir, "state.db")
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte("keep: 36h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(statement string) string {
		out, _ := ctsql(t, cache, "query", "--format", "csv", "--state", state, statement)
		return strings.TrimSpace(out)
	}
	ctsql(t, cache, "watch", "--replay", logs, "--state", state)
	if out := ask("select count(*) > 500 as n from cloudtrail"); out != "n\ntrue" {
		t.Fatal(out)
	}
	ctsql(t, cache, "watch", "--replay", logs, "--state", state, "--config", config)
	if out := ask("select (select count(*) from cloudtrail) as events, count(*) > 50 as known from profiles"); out != "events,known\n0,true" {
		t.Error(out)
	}
	// What prune takes out is not a matter of the configuration.
	p := start(t, cache, nil, "prune", "--config", config)
	if code := p.code(t); code != exitUsage || !strings.Contains(p.err.String(), "what is to go?") {
		t.Errorf("exit status %d: %s", code, &p.err)
	}
}
