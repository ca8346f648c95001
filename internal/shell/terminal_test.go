package shell

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// A dribble yields what was typed in pieces of any length.
type dribble struct {
	text string
	r    *rand.Rand
}

func (d *dribble) Read(p []byte) (int, error) {
	if d.text == "" {
		return 0, io.EOF
	}
	n := min(1+d.r.IntN(7), len(d.text), len(p))
	copy(p, d.text[:n])
	d.text = d.text[n:]
	return n, nil
}

// TestInputPastes: pastes are taken out of what is typed, wherever a read ends.
func TestInputPastes(t *testing.T) {
	const typed = "a\x1b[A\x1b" + pasteBegins + "one\x1b[2\ntwo" + pasteEnds + "b\x1b[200" + "c" + pasteBegins + pasteEnds + "é" + pasteBegins + "é\x1b[201" + pasteEnds
	want := "a\x1b[A\x1b" + string(pasted) + "b\x1b[200c" + string(pasted) + "é" + string(pasted)
	for seed := range uint64(200) {
		in := &input{from: &dribble{typed, rand.New(rand.NewPCG(seed, 0))}}
		var got bytes.Buffer
		if _, err := io.Copy(&got, onlyReader{in}); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Fatalf("seed %d: typed %q, not %q", seed, &got, want)
		}
		if all := strings.Join(in.pastes, "|"); all != "one\x1b[2\ntwo||é\x1b[201" {
			t.Fatalf("seed %d: pasted %q", seed, all)
		}
	}
}

type onlyReader struct{ io.Reader }

// TestCleanPaste: a paste keeps its lines and tabs, and loses what drives a terminal.
func TestCleanPaste(t *testing.T) {
	got, left := cleanPaste("a\r\nb\rc\td\x1b[31m\u202e\u009b\x00\xffé")
	if got != "a\nb\nc\td[31m\ufffdé" || left != 4 {
		t.Errorf("%q, %d left out", got, left)
	}
}

// TestStatements: statements end where DuckDB ends them, however the lines come, and
// each knows its line.
func TestStatements(t *testing.T) {
	const text = "select 1;\nselect ';\n' || $$;\n$$ -- ;\n;/* ; */ select 3; select 4;\n\n  select 5"
	s := &statements{}
	var got []string
	var lines []int
	for number, line := range strings.SplitAfter(text, "\n") {
		for _, st := range s.add(line, number+1) {
			got, lines = append(got, st.Text), append(lines, st.Line)
		}
	}
	for _, st := range s.end() {
		got, lines = append(got, st.Text), append(lines, st.Line)
	}
	want := []string{"select 1", "select ';\n' || $$;\n$$", "select 3", "select 4", "select 5"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
	if len(lines) != 5 || lines[0] != 1 || lines[1] != 2 || lines[2] != 5 || lines[3] != 5 || lines[4] != 7 {
		t.Errorf("in lines %v", lines)
	}
}

// TestPaintSQL: the colours change no character, also where text goes on from lines before.
func TestPaintSQL(t *testing.T) {
	plain := func(s string) string {
		for _, c := range []string{colorKeyword, colorString, colorFunction, colorNumber, colorComment, colorOpen, colorOff} {
			s = strings.ReplaceAll(s, c, "")
		}
		return s
	}
	for _, text := range []string{"", "select count(*) from t where a = 'x' -- c", "select 'open", `"q" /* c`, "count (1), $p, 1e5", "é'世'", "selec"} {
		for from := 0; from <= len(text); from++ {
			if got := plain(paintSQL(text, from)); got != text[from:] {
				t.Errorf("%q from %d: %q", text, from, got)
			}
		}
	}
	if got := paintSQL("select count(1)", 0); got != colorKeyword+"select"+colorOff+" "+colorFunction+"count"+colorOff+"("+colorNumber+"1"+colorOff+")" {
		t.Errorf("%q", got)
	}
	if got := paintSQL("select 'a b", 9); got != colorOpen+" b"+colorOff { // in the text that a line before has begun
		t.Errorf("%q", got)
	}
}
