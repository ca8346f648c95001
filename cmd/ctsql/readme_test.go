package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/spf13/pflag"
)

var updateReadme = flag.Bool("update-readme", false, "write the tour's output into README.md")

const readme = "../../README.md"

// A tourStep is a command of the tour and the lines that it prints.
type tourStep struct {
	command string
	lines   []string
	at, end int // where the lines are in the file's
}

// TestTour runs the tour in README.md and compares what is printed. A line "…"
// stands for any lines.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: the tour loads 100,000 events")
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(plain(t), filepath.Join(bin, "ctsql")); err != nil { // see TestMain
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, ".cache"), "XDG_CONFIG_HOME=")
	steps := tour(lines)
	if len(steps) < 6 {
		t.Fatalf("the tour has %d commands only", len(steps))
	}
	printed := make([][]string, len(steps))
	for i, s := range steps {
		if v, ok := strings.CutPrefix(s.command, "export "); ok {
			env = append(env, v)
			continue
		}
		var out string
		if typed := s.typed(); len(typed) > 0 {
			out = runPrompt(t, s.command, typed, home, env)
		} else {
			out = runStep(t, s.command, home, env)
		}
		printed[i] = strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if !*updateReadme && !matches(steady(s.lines), steady(printed[i])) {
			t.Errorf("$ %s\nprints:\n%s\nREADME.md has:\n%s\n(go test ./cmd/ctsql -run Tour -update-readme writes it)",
				s.command, out, strings.Join(s.lines, "\n"))
		}
	}
	if *updateReadme {
		for i, s := range slices.Backward(steps) {
			if !slices.Contains(s.lines, "…") {
				lines = slices.Replace(lines, s.at, s.end, printed[i]...)
			}
		}
		if err := os.WriteFile(readme, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tour takes the commands out of the console blocks. A command goes on as long as
// a quotation mark is open.
func tour(lines []string) (steps []tourStep) {
	inside := false
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && strings.HasPrefix(line, "$ "):
			command := line[2:]
			for strings.Count(command, `"`)%2 == 1 {
				i++
				command += "\n" + lines[i]
			}
			steps = append(steps, tourStep{command: command, at: i + 1, end: i + 1})
		case inside && len(steps) > 0:
			s := &steps[len(steps)-1]
			s.lines, s.end = append(s.lines, line), i+1
		}
	}
	return steps
}

var prompts = regexp.MustCompile(`^(ctsql( \[[^\]]*\])?|    -)> `)

// typed are the lines that a person types at prompts in the step's output.
func (s *tourStep) typed() (lines []string) {
	for _, line := range s.lines {
		if at := prompts.FindStringIndex(line); at != nil {
			lines = append(lines, line[at[1]:])
		}
	}
	return lines
}

// runPrompt runs a command of the tour that shows prompts, at a terminal.
func runPrompt(t *testing.T, command string, typed []string, home string, env []string) string {
	t.Helper()
	s := &prompt{t: t, p: &program{Cmd: exec.Command("sh", "-c", "exec "+command)}}
	s.p.Dir, s.p.Env = home, append(env, "TERM=xterm", "NO_COLOR=1", "XDG_STATE_HOME="+home)
	s.open(120)
	out := ""
	for _, line := range typed {
		out += s.sees("> ")
		s.types(line + "\r")
		out += s.sees("\r\n")
	}
	if code := s.p.code(t); code != 0 {
		t.Errorf("$ %s\nexit status %d", command, code)
	}
	return strings.ReplaceAll(strings.ReplaceAll(out, "\r\n", "\n"), home, "/home/ana")
}

// runStep runs a command of the tour as a person's shell would, but for one thing:
// here is no terminal, so the format that a terminal gets is asked for.
func runStep(t *testing.T, command, home string, env []string) string {
	t.Helper()
	if strings.HasPrefix(command, "ctsql query ") && !strings.Contains(command, "--format ") {
		command = strings.Replace(command, "query ", "query --format table ", 1)
	}
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = home, env, &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("$ %s\n%v", command, err)
	}
	return loader.ReplaceAllString(strings.ReplaceAll(out.String(), home, "/home/ana"), "by ana@laptop ctsql load")
}

// unsteady is what differs from run to run: how long things take, how large the
// cache became, when and by whom it was loaded, when databases were made.
var unsteady = regexp.MustCompile(`[0-9.,]+ (events/)?s\b|\((read )?[0-9.]+ [kMG]?B\)|^last load .*|made \S+, \d+ days old`)

var loader = regexp.MustCompile(`by \S+ ctsql load`)

func steady(lines []string) (out []string) {
	for _, line := range lines {
		out = append(out, unsteady.ReplaceAllString(line, "#"))
	}
	return out
}

// matches reports whether got are the lines wanted.
func matches(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == "…":
		for n := range len(got) + 1 {
			if matches(want[1:], got[n:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && got[0] == want[0] && matches(want[1:], got[1:])
}

// TestReadmeNames finds every flag and every column in README.md.
func TestReadmeNames(t *testing.T) {
	b, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, cmd := range newRoot().Commands() {
		if !strings.Contains(text, "\n### "+cmd.CommandPath()) {
			t.Errorf("no section on %s", cmd.CommandPath())
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !regexp.MustCompile("`--" + f.Name + "\\b").MatchString(text) {
				t.Errorf("%s --%s is not described", cmd.CommandPath(), f.Name)
			}
		})
	}
	var columns func([]*cloudtrail.Column)
	columns = func(cs []*cloudtrail.Column) {
		for _, c := range cs {
			if !strings.Contains(text, "`"+c.Name+"`") {
				t.Errorf("column %s is not described", c.Name)
			}
			columns(c.Members)
		}
	}
	columns(cloudtrail.Events.Columns)
	columns(cloudtrail.Aggregated.Columns)
	for _, name := range profile.Names() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("profile %s is not described", name)
		}
	}
}
