package watch

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

var hostileNames = []string{
	alice, "", "'", "''; drop table x; --", "$$", "$", "a$$b$tag$", "$(reboot)", "`id`", `\`, `\'`, `"`, "!!", "a b", "-- x", "/* x", "?1 $1 $name",
	"\x1b[2J\x1b]0;x\x07", "line\nline\r\tend", "\x00", "a\x00b", "\u202eevil", "Zürich", "😀", "e\u0301", "\u00a0", "\u2028", "\uFFFD", "\u0085", "\u200b",
}

// A literal is the text, and nothing that a terminal obeys is in it.
func TestLiteral(t *testing.T) {
	db, err := duck.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range hostileNames {
		sql := literal(name)
		for _, r := range sql {
			if !printing(r) {
				t.Errorf("%q: %U in %s", name, r, sql)
			}
		}
		var got string
		err := c.Query(t.Context(), func(scan func(...any) error) error { return scan(&got) }, "select "+sql)
		if err != nil || got != name {
			t.Errorf("%s is %q, want %q: %v", sql, got, name, err)
		}
	}
}

// A shell takes the command apart into the words that were meant, whoever the actor is.
func TestCommandInShell(t *testing.T) {
	for _, name := range hostileNames {
		st := newCountry()
		st.Root, st.ID = "arn:aws:iam::111122223333:user/"+name, name+"id"
		w := *wording
		w.Query = []string{"ctsql", "query", "--cache", "/tmp/a b'c"}
		tell := w.telling(st, profile.None, day)
		for command, want := range map[string]int{tell.query(): 5, tell.command("ack"): 4} {
			if strings.Contains(command, "\n") {
				t.Errorf("%q: several lines: %s", name, command)
			}
			out, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\0' `+command).Output()
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
			if len(got) != want {
				t.Errorf("%q: %d words, want %d: %q", name, len(got), want, got)
			}
			if want == 5 && (got[3] != "/tmp/a b'c" || !strings.Contains(got[4], isActor(st.Root))) {
				t.Errorf("%q: %q", name, got)
			}
		}
	}
}

// A long query does not fit into a terminal's line; the root is always in it.
func TestQueryIsShort(t *testing.T) {
	st := newCountry()
	for i := range 100 {
		st.Others = append(st.Others, alice+strings.Repeat("x", i))
	}
	st.Others = append(st.Others, st.Root+" via cloudformation.amazonaws.com")
	q := wording.telling(st, profile.None, day).query()
	if len(q) > 4000 || !strings.Contains(q, "= "+literal(alice)+" or") || strings.Count(q, "actor(") < 10 {
		t.Errorf("%d bytes: %s", len(q), q)
	}
	st.Root, st.Others = strings.Repeat("\x1b", 100_000), nil
	if q = wording.telling(st, profile.None, day).query(); len(q) > 4000 || !strings.Contains(q, "starts_with(") {
		t.Errorf("%d bytes: %.500s", len(q), q)
	}
}
