package profile

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMember(t *testing.T) {
	for _, c := range []struct{ object, path, want string }{
		{`{"a":"x"}`, "a", "x"},
		{" {\n\"b\" : [1, {\"a\":\"no\"}],\t\"a\" : \"x\" } ", "a", "x"},
		{`{"a":{"b":{"c":"x"}}}`, "a b c", "x"},
		{`{"a":{"b":1},"b":"x"}`, "b", "x"},
		{`{"n":-1.5e3,"t":true,"z":null,"a":"x"}`, "a", "x"},
		{`{"n":-1.5e3}`, "n", "-1.5e3"},
		{`{"a":"}\"a\":\"no","b":"x\\"}`, "b", `x\`},
		{`{"a":"\u0041\n"}`, "a", "A\n"},
		{`{"a":"x","a":"y"}`, "a", "x"},
		{`{"a":""}`, "a", ""},
		{`{"a":null}`, "a", ""},
		{`{"a":{}}`, "a", ""},
		{`{"a":["x"]}`, "a", ""},
		{`{"a":"x"}`, "b", ""},
		{`{"a":"x"}`, "a b", ""},
		{`["a","x"]`, "a", ""},
		{`"a"`, "a", ""},
		{``, "a", ""},
		{`{`, "a", ""},
		{`{"a`, "a", ""},
		{`{"a":`, "a", ""},
		{`{"a":"x`, "a", ""},
		{`{"a":{"b":[`, "a", ""},
		{`{"a":}`, "a", ""},
		{`{"a" "b"}`, "a", ""},
	} {
		if got := string(textOf([]byte(c.object), strings.Fields(c.path)...)); got != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.path, c.object, got, c.want)
		}
	}
}

// FuzzMember compares with the standard library, but for objects that name a member
// twice, of which that takes the last.
func FuzzMember(f *testing.F) {
	f.Add(`{"b":[{"a":"\\\""}],"a":"x"}`)
	f.Add(`{"a":{"a":1},"b":-1}`)
	f.Fuzz(func(t *testing.T, object string) {
		got := textOf([]byte(object), "a")
		var all map[string]any
		if json.Unmarshal([]byte(object), &all) != nil || strings.Count(object, `"a"`) != 1 || strings.Contains(object, `\u`) {
			return
		}
		if want, ok := all["a"].(string); ok && string(got) != want && strings.ToValidUTF8(object, "") == object {
			t.Errorf("%s: got %q, want %q", object, got, want)
		}
	})
}
