package cloudtrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func gz(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wantFault(t testing.TB, err error, at int64, what string) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || !strings.Contains(f.What, what) || at >= 0 && f.Byte != at {
		t.Errorf("%v; want a fault at byte %d: %s", err, at, what)
	}
}

const document = `{"a":0.50,"Records":[{"eventID":"e1","eventTime":"2023-07-10T12:00:00Z","readOnly":true,"userIdentity":{"type":"Root","x":null,` +
	`"sessionContext":{"webIdFederationData":{"attributes":{"a":"\u00e9","b":null}}}},"requestParameters":{"n":[-1.5e+10,false,"\ud83d\ude00",{}]},` +
	`"resources":[{"ARN":"a\n"},null]},{"eventID":"e2","tlsDetails":5},7],"z":[]}`

func TestGzip(t *testing.T) {
	packed := gz(t, document)
	for name, data := range map[string]string{
		"one member":   packed,
		"two members":  gz(t, document[:100]) + gz(t, document[100:]),
		"many members": gz(t, "") + gz(t, document[:1]) + gz(t, document[1:200]) + gz(t, document[200:]) + gz(t, ""),
	} {
		for _, in := range []io.ReadSeeker{strings.NewReader(data), bytes.NewReader([]byte(data))} {
			b := newBatch(t)
			if err := new(Decoder).Decode(b, Object{}, Body{ReadSeeker: in}); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if len(b.Events.Rows) != 2 || b.Objects[0].Inflated != int64(len(document)) {
				t.Errorf("%s: %+v", name, b.Objects[0])
			}
		}
	}

	var d Decoder // one, to see that no fault stays with it
	for n := 2; n < len(packed); n++ {
		_, err := decode(t, &d, packed[:n])
		wantFault(t, err, int64(n), "truncated gzip")
	}
	for _, tail := range []string{"x", "\x00", "trailing bytes that are no gzip"} {
		_, err := decode(t, &d, packed+tail)
		wantFault(t, err, -1, "gzip")
	}
	for i := range len(packed) {
		for _, bit := range []byte{1, 16, 128} {
			data := []byte(packed)
			data[i] ^= bit
			if b, err := decode(t, &d, string(data)); err == nil && i > 1 && b.Objects[0].Inflated != int64(len(document)) {
				t.Errorf("byte %d changed: %+v", i, b.Objects[0])
			}
		}
	}
	crc := []byte(packed)
	crc[len(crc)-8] ^= 1
	_, err := decode(t, &d, string(crc))
	wantFault(t, err, int64(len(crc)-8), "checksum") // where that is
	if _, err := decode(t, &d, packed); err != nil {
		t.Error(err)
	}
}

// TestCut: a document that is cut gives no row, at whatever byte.
func TestCut(t *testing.T) {
	for n := range len(document) {
		_, err := decode(t, nil, document[:n])
		at := int64(n)
		wantFault(t, err, at, "")
	}
	all := samples()
	for _, name := range []string{"records in white space", "array", "lookup-events", "Lake", "pretty", "lines"} {
		text := all[name]
		for n := range len(text) {
			b, err := decode(t, nil, text[:n])
			if err != nil {
				wantFault(t, err, -1, "")
				continue
			}
			header := name == "Lake" && n <= strings.IndexByte(text, '\n')+1
			if o := b.Objects[0]; o.Rows[InEvents] == 0 && o.Skipped == "" && o.Damaged == 0 && !header {
				t.Errorf("%s, cut at %d: nothing is told", name, n)
			}
			if name == "records in white space" && strings.TrimSpace(text[n:]) != "" || name == "array" && n < len(text)-1 ||
				name == "lookup-events" {
				t.Errorf("%s, cut at %d: %+v", name, n, b.Objects[0])
			}
		}
	}
}

// TestSwapped: a document with one byte changed gives an error or values that
// encoding/json gives too, and is never accepted where that refuses it.
func TestSwapped(t *testing.T) {
	for i := range len(document) {
		for _, c := range []byte("\"\\{}[],:0e-.tnu \x00\x1f\x7f\xff") {
			data := []byte(document)
			data[i] = c
			b, err := decode(t, nil, string(data))
			if err == nil && !json.Valid(data) && b.Objects[0].Skipped == "" {
				t.Errorf("byte %d as %q: %q was accepted", i, c, data)
			}
			if err == nil {
				records(t, &b.Events)
			} else if wantFault(t, err, -1, ""); json.Valid(data) {
				t.Errorf("byte %d as %q: %v", i, c, err)
			}
		}
	}
}

func TestBomb(t *testing.T) {
	for _, text := range []string{" ", "["} {
		// 70 MB, more than is decoded in one piece. More of it makes no
		// difference: it is not read.
		data := gz(t, text) + strings.Repeat(gz(t, strings.Repeat(text[len(text)-1:], 1<<20)), 70)
		start, b := time.Now(), newBatch(t)
		var d Decoder
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := d.Decode(b, Object{}, body(data))
		if err != ErrLarge {
			t.Errorf("%s: %v", text, err)
		}
		for _, err = range d.Large(b, Object{}, body(data)) {
			if err == nil {
				t.Errorf("%s: gave a part", text)
			}
		}
		wantFault(t, err, -1, "200 times its size")
		runtime.ReadMemStats(&after)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", text, took)
		}
		if heap := after.TotalAlloc - before.TotalAlloc; heap > 100<<20 {
			t.Errorf("%s: %d MB of heap", text, heap>>20)
		}
	}
}

// TestHostile: records that are hostile hide none beside them, and take no more
// time than their length asks for.
func TestHostile(t *testing.T) {
	wrap := func(text string) string { return `{"Records":[{"eventID":"1"},` + text + `,{"eventID":"2"}]}` }
	members := make([]string, 100_000)
	for i := range members {
		members[i] = fmt.Sprintf(`"m%d":{"a":%d}`, i, i)
	}
	many := strings.Join(members, ",")
	attributes := func(text string) string {
		return wrap(`{"userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{` + text + `}}}}}`)
	}
	for _, x := range []struct {
		name, text    string
		rows, damaged int
		reason        string
	}{
		{"deep", wrap(strings.Repeat("[", 10000) + strings.Repeat("]", 10000)), 2, 1, "512 deep"},
		{"deep objects", wrap(strings.Repeat(`{"a":`, 10000) + "0" + strings.Repeat("}", 10000)), 2, 1, "512 deep"},
		{"not so deep", wrap(`{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}"), 3, 0, ""},
		{"as long as may be", wrap(`{"eventID":"` + strings.Repeat("x", 16<<20-14) + `"}`), 3, 0, ""},
		{"too long", wrap(`{"eventID":"` + strings.Repeat("x", 16<<20-13) + `"}`), 2, 1, "16777217 bytes: the limit is 16777216"},
		{"far too long", wrap(`{"eventID":"` + strings.Repeat("x", 33<<20) + `"}`), 2, 1, "the limit is 16777216"},
		{"long and not Unicode", wrap(`{"eventID":"` + strings.Repeat("\xff", 12<<20) + `"}`), 2, 1, "a text of more than"},
		{"long and not Unicode, new", wrap(`{"new":"` + strings.Repeat("\xff", 12<<20) + `"}`), 2, 1, "a text of more than"},
		{"long in text", wrap(`{"message":"{\"eventID\":\"` + strings.Repeat("x", 17<<20) + `\"}"}`), 2, 1, "the limit is 16777216"},
		{"many members", wrap("{" + many + "}"), 3, 0, ""},
		{"many members nested", wrap(`{"userIdentity":{"sessionContext":{"sessionIssuer":{` + many + `}}}}`), 3, 0, ""},
		{"many in a list", wrap(`{"resources":[{` + many + `}]}`), 3, 0, ""},
		{"many elements", wrap(`{"resources":[` + strings.Repeat("{},", 200_000) + `5]}`), 3, 0, ""},
		{"many names in a map", attributes(strings.ReplaceAll(strings.ReplaceAll(many, "{\"a\":", `"`), "}", `"`)), 3, 0, ""},
		{"a name often in a map", attributes(strings.Repeat(`"a":"b",`, 100_000) + `"a":"c"`), 3, 0, ""},
		{"many that are none", wrap(strings.Repeat("1,", 100_000) + "1"), 2, 100_001, "not an object"},
		{"many escapes", wrap(`{"eventName":"` + strings.Repeat(`\u0000\ud800`, 100_000) + `"}`), 3, 0, ""},
		{"bad lines", "{\"eventID\":\"1\"}\n" + strings.Repeat("{\"a\":[\n", 100_000) + "{\"eventID\":\"2\"}\n", 2, 100_000, ""},
		{"bad lines, strings", "{\"eventID\":\"1\"}\n" + strings.Repeat("{\"a\":\"\n", 100_000) + "{\"eventID\":\"2\"}\n", 2, 100_000, ""},
		{"bad lines first", strings.Repeat("{\"a\":1 x\n", 100_000) + "{\"eventID\":\"2\"}\n", 1, 100_000, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			start := time.Now()
			b, err := decode(t, nil, x.text)
			if err != nil {
				t.Fatal(err)
			}
			o := b.Objects[0]
			if len(b.Events.Rows) != x.rows || o.Damaged != x.damaged {
				t.Errorf("%d rows, %+v", len(b.Events.Rows), o)
			}
			for _, d := range b.Damaged {
				if !d.Replaced && !strings.Contains(d.Reason, x.reason) || len(d.Text) > 4096 {
					t.Errorf("%d bytes: %s", len(d.Text), d.Reason)
				}
			}
			if len(x.text) < 10<<20 {
				records(t, &b.Events)
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestCrowded: an object of nothing but empty records comes in parts.
func TestCrowded(t *testing.T) {
	d := Decoder{limits: usual}
	d.limits.rows = 1 << 14
	text := `{"Records":[` + strings.Repeat("{},", 3<<14) + `{}]}`
	if _, err := decode(t, &d, text); err != ErrLarge {
		t.Fatal(err)
	}
	rows, b := 0, newBatch(t)
	for part, err := range d.Large(b, Object{}, body(text)) {
		if err != nil {
			t.Fatal(err)
		}
		if len(part.Events.Rows) > d.limits.rows {
			t.Errorf("%d rows in a part", len(part.Events.Rows))
		}
		if rows += len(part.Events.Rows); part.Objects[0].Rows[InEvents] != rows {
			t.Errorf("%d rows, %+v", rows, part.Objects[0])
		}
	}
	if rows != 3<<14+1 {
		t.Errorf("%d rows", rows)
	}
}

// TestFull: a batch without room refuses the object and stays as it was.
func TestFull(t *testing.T) {
	b := newBatch(t)
	var d Decoder
	text := `{"Records":[{"eventID":"1","new":"` + strings.Repeat("x", readSize*3/2) + `"}]}`
	// With the last of these there is room for the text, but not for extra.
	for _, left := range []int{0, 1, readSize - 1, readSize, 2 * readSize, 3 * readSize} {
		b.text.n = len(b.text.mem) - left
		if err := d.Decode(b, Object{}, body(text)); err != ErrFull {
			t.Errorf("%d bytes left: %v", left, err)
		}
		if len(b.Objects)+len(b.Events.Rows)+len(b.Events.entries) > 0 || b.text.n != len(b.text.mem)-left {
			t.Errorf("%d bytes left: %+v", left, b)
		}
	}
	b.text.n = len(b.text.mem) - 4*readSize
	if err := d.Decode(b, Object{}, body(text)); err != nil {
		t.Error(err)
	}
}

// TestFullWindow: of a large object, a value that memory cannot hold is a fault.
func TestFullWindow(t *testing.T) {
	b := newBatch(t)
	b.text.mem = b.text.mem[:1<<20]
	d := Decoder{limits: usual}
	d.limits.window = 1000
	for _, x := range []struct {
		text string
		at   int64
	}{
		{`{"Records":[{"eventID":"1"},{"eventID":"` + strings.Repeat("x", 1<<20), 1<<20 + 26},
		{`{"Records":[{"eventID":"1"},{"new":"` + strings.Repeat("x", 600_000) + `"}]}`, 27},
		{`{"Records":[{"eventID":"1"},{"eventID":"\n` + strings.Repeat("x", 600_000) + `"}]}`, 27},
	} {
		var last error
		for _, err := range d.Large(b, Object{}, body(x.text)) {
			if last = err; err == nil {
				t.Error("gave a part")
			}
		}
		wantFault(t, last, x.at, "too long to be held in memory")
	}
}

type failing struct{ io.ReadSeeker }

var errDisk = errors.New("the disk is gone")

func (f failing) Read(p []byte) (int, error) {
	if at, _ := f.Seek(0, io.SeekCurrent); at > 50 {
		return 0, errDisk
	}
	return f.ReadSeeker.Read(p[:min(len(p), 60)])
}

// TestUnreadable: an error of reading is passed on as it is.
func TestUnreadable(t *testing.T) {
	for _, text := range []string{document, gz(t, document)} {
		b := newBatch(t)
		body := Body{ReadSeeker: failing{strings.NewReader(text)}}
		if err := new(Decoder).Decode(b, Object{}, body); err != errDisk || len(b.Objects) > 0 {
			t.Error(err)
		}
		for _, err := range new(Decoder).Large(b, Object{}, body) {
			if err != errDisk {
				t.Error(err)
			}
		}
	}
}
