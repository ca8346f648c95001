package s3logs

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// values makes random values of fields.
type values struct{ *rand.Rand }

func (v values) of(alphabet string, most int) string {
	b := make([]byte, 1+v.IntN(most))
	for i := range b {
		b[i] = alphabet[v.IntN(len(alphabet))]
	}
	return string(b)
}

// header is a header's text, or null.
func (v values) header() string {
	if v.IntN(5) == 0 {
		return "-"
	}
	return v.of(`ab/1.-"" ()`+"\t\xff", 40)
}

// parts is what parts two headers: a referer that holds it loses its rest.
var parts = regexp.MustCompile(`" +"`)

// word is an unquoted field, or null.
func (v values) word() string {
	if v.IntN(3) == 0 {
		return "-"
	}
	return v.of("abcXYZ0189.:/+=_%-", 70)
}

// line writes a line of count fields, and says what is in it.
func (v values) line(count int) (line []byte, want []string) {
	for n := range count {
		value := v.word()
		switch n {
		case RequestDateTime:
			value = "06/Feb/2019:00:00:38 +0000"
			line = append(line, "["+value+"]"...)
		case RequestURI:
			value = "GET /" + v.of(`ab%20" /?=&`, 60) + " HTTP/1.1"
			line = append(line, `"`+value+`"`...)
		case Referrer, UserAgent:
			value = v.header()
			for n == Referrer && parts.MatchString(value+`"`) {
				value = v.header()
			}
			line = append(line, `"`+value+`"`...)
		case HTTPStatus:
			value = []string{"-", "200", "404", "503"}[v.IntN(4)]
			line = append(line, value...)
		default:
			line = append(line, value...)
		}
		line = append(line, ' ')
		want = append(want, nulled(value))
	}
	return line, want
}

func TestRoundTrip(t *testing.T) {
	v := values{rand.New(rand.NewPCG(1, 2))}
	var l Line
	for range 30_000 {
		line, want := v.line(minFields + v.IntN(13))
		if err := l.Parse(line); err != nil {
			t.Fatalf("%v\n%s", err, line)
		}
		if l.Count != len(want) {
			t.Fatalf("%d fields, want %d\n%s", l.Count, len(want), line)
		}
		for n, f := range append(l.Fields[:min(l.Count, NumFields):min(l.Count, NumFields)], l.More...) {
			if got := text(string(line), f); got != want[n] {
				t.Fatalf("field %d: %q, want %q\n%s", n+1, got, want[n], line)
			}
		}
	}
}

// FuzzParse: whatever the bytes, there is no panic, and fields lie in the line, in
// order, apart from each other.
func FuzzParse(f *testing.F) {
	f.Add([]byte(head + uri + answer + agents + tail))
	f.Add([]byte(head + "-" + answer + "- -" + tail + ` "x" y`))
	f.Add([]byte(head + uri + answer + `"r" -` + " v\r"))
	for _, forged := range forgedEnds {
		f.Add([]byte(head + `"GET /` + forged + `"` + answer + `"` + forged + `" "` + forged + `"` + tail))
		f.Add([]byte(head + uri + answer + `- "` + forged + `"` + tail + ` "28" 29`))
	}
	var used Line
	f.Fuzz(func(t *testing.T, line []byte) {
		kept := bytes.Clone(line)
		var l Line
		err := l.Parse(line)
		again := used.Parse(line)
		if (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
			t.Errorf("%v, then %v", err, again)
		}
		if used.Fields != l.Fields || used.Count != l.Count || used.Time != l.Time || len(used.More) != len(l.More) {
			t.Errorf("%+v, then %+v", l, used)
		}
		if !bytes.Equal(line, kept) {
			t.Error("the line has changed")
		}
		if fault, ok := err.(*Fault); ok && (fault.At < 0 || fault.At > len(line)) || err != nil && !ok {
			t.Errorf("%T %v", err, err)
		}
		if err == nil && (l.Count < minFields || !Looks(bytes.TrimLeft(line, " "))) || len(l.More) != max(0, l.Count-NumFields) {
			t.Errorf("%d fields, %d more", l.Count, len(l.More))
		}
		end := int32(0)
		for n, f := range append(l.Fields[:], l.More...) {
			if f == null {
				continue
			}
			if f.From < end || f.To < f.From || int(f.To) > len(line) || n >= l.Count {
				t.Fatalf("field %d of %d: %+v, behind byte %d", n+1, l.Count, f, end)
			}
			end = f.To
		}
	})
}

// FuzzParseKey: what is told of an object is in its name.
func FuzzParseKey(f *testing.F) {
	f.Add("s3://b/a111122223333/us-west-2/bucket/2024/03/05/2024-03-05-21-32-16-E568B2907131C0C0.gz")
	f.Fuzz(func(t *testing.T, name string) {
		k, ok := ParseKey(name)
		if !ok && k != (Key{}) || ok && !strings.Contains(name, k.Delivered.Format("2006-01-02-15-04-05-")) {
			t.Errorf("%+v, %v", k, ok)
		}
		if k.Account != "" && !strings.Contains(name, k.Account+"/"+k.Region+"/"+k.Bucket+k.Delivered.Format("/2006/01/02/")) {
			t.Errorf("%+v", k)
		}
	})
}
