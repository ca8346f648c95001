package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestPrettyJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"b":1.10,"a":12345678901234567890,"b":[true,null,-1e+300]}`, "{\n  \"b\": 1.10,\n  \"a\": 12345678901234567890,\n  \"b\": [\n    true,\n    null,\n    -1e+300\n  ]\n}\n"},
		{" {\n\t\"none\" : { } , \"no\":[\r\n] }\n", "{\n  \"none\": {},\n  \"no\": []\n}\n"},
		{`"a \" {[,:]} \\"`, `"a \" {[,:]} \\"` + "\n"}, {"7", "7\n"}, {"null", "null\n"},
		{`"` + "\x7f\u009b\u202e\u2028\U000e0041名é\xff/" + `\u001b\/"`, `"\u007f\u009b\u202e\u2028\udb40\udc41名é` + "\ufffd/" + `\u001b\/"` + "\n"},
		{`"e` + strings.Repeat("\u0301", 6) + `"`, `"e` + strings.Repeat("\u0301", 4) + `\u0301\u0301"` + "\n"},
		{"{\"cut\": \"by\x1b[2J\r\n AWS", "{\"cut\": \"by\\x1b[2J\\r\n AWS\n"}, {"", ""}, {"one\n\ntwo\n", "one\n\ntwo\n"},
	} {
		var b strings.Builder
		if err := PrettyJSON(&b, []byte(c.in), false); err != nil || b.String() != c.want {
			t.Errorf("%q, %v\n got %q\nwant %q", c.in, err, b.String(), c.want)
		}
	}
	var b strings.Builder
	if err := PrettyJSON(&b, []byte(`{"k":["s",1,null]}`), true); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \x1b[36m\"k\"\x1b[39m: [\n    \x1b[32m\"s\"\x1b[39m,\n    \x1b[33m1\x1b[39m,\n    \x1b[2mnull\x1b[22m\n  ]\n}\n"
	if b.String() != want {
		t.Errorf("coloured: %q", b.String())
	}
	if err := PrettyJSON(failing{}, []byte("1"), false); err != errFull {
		t.Errorf("a full disk gives %v", err)
	}
}

// Neither depth nor size lets the output grow beyond measure.
func TestPrettyJSONHostile(t *testing.T) {
	size := 1 << 20
	if raceEnabled {
		size = 64 << 10
	}
	for name, text := range map[string]string{
		"deep":       strings.Repeat("[", 9999) + strings.Repeat("]", 9999),
		"too deep":   strings.Repeat("[", size),
		"deep list":  strings.Repeat("[", 9000) + "1" + strings.Repeat(",1", size/2) + strings.Repeat("]", 9000),
		"deep names": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"a string":   `"` + strings.Repeat("\u202e", size) + `"`,
		"blanks":     "[" + strings.Repeat(" ", size) + "]" + strings.Repeat("\n", size),
		"no JSON":    strings.Repeat("\x1b", size),
	} {
		var b bytes.Buffer
		began := time.Now()
		if err := PrettyJSON(&b, []byte(text), false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 2*time.Second || b.Len() > 1<<20+4*len(text) {
			t.Errorf("%s: %d bytes from %d in %v", name, b.Len(), len(text), took)
		}
		harmless(t, b.Bytes()[:min(b.Len(), 1<<20)])
	}
}

// FuzzPrettyJSON: of JSON the same JSON comes, and nothing drives a terminal.
func FuzzPrettyJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"\u001b":"\x7f"}`)
	f.Add("{\"a\"\x1b")
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		if err := PrettyJSON(&b, []byte(text), false); err != nil {
			t.Fatal(err)
		}
		harmless(t, b.Bytes())
		was, ok := decoded([]byte(text))
		if !ok {
			return
		}
		if is, ok := decoded(b.Bytes()); !ok || is != was {
			t.Errorf("%q is %q", text, b.Bytes())
		}
	})
}

// decoded is what a JSON text says, however it is spelled.
func decoded(text []byte) (string, bool) {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if !json.Valid(text) || d.Decode(&v) != nil {
		return "", false
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}
