package cloudtrail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const requestLine = `0123abcd bucket [06/Feb/2025:00:00:01 +0000] 192.0.2.3 - R1 REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 113 4096 7 - "-" "x" - h= SigV4 ECDHE AuthHeader h TLSv1.2 - - us-east-1` + "\n"

// TestOnly: records of another log than is asked for are left out, whatever their
// form, and an object that bears the name of an access log is one even if no line
// of it is whole.
func TestOnly(t *testing.T) {
	event := `{"Records":[{"eventID":"1","eventName":"N"}]}`
	inCloudWatch := `{"logEvents":[{"message":"{\"schema_version_id\":\"V_1_0\",\"request_id\":\"R\"}"}]}`
	for _, c := range []struct {
		only       Log
		name, text string
		want       string // events, requests, left out, damaged, skipped
	}{
		{AnyLog, "o", event, "1 0 0 0 "},
		{AnyLog, "o", requestLine, "0 1 0 0 "},
		{AnyLog, "o", inCloudWatch, "0 1 0 0 "},
		{TrailLog, "o", event, "1 0 0 0 "},
		{TrailLog, "o", requestLine, "0 0 1 0 "},
		{TrailLog, "o", inCloudWatch, "0 0 1 0 "},
		{AccessLog, "o", event, "0 0 1 0 "},
		{AccessLog, "o", requestLine, "0 1 0 0 "},
		{AccessLog, "o", inCloudWatch, "0 1 0 0 "},
		{AccessLog, "o", "nothing of it\n", "0 0 0 0 " + skippedForeign},
		// What a client wrote into a record does not make it another log.
		{AnyLog, "o", `[{"eventID":"1","userAgent":"a b [06/Feb/2019:00:00:38 +0000]"},{"eventID":"2"}]`, "2 0 0 0 "},
		{AnyLog, "o", "2025-01-01T00:00:00.000Z " + `{"eventID":"1"}` + "\n" + requestLine + "2025-01-01T00:00:00.000Z " + `{"eventID":"2"}` + "\n", "2 0 0 1 "},
		{AnyLog, "o", "eventID,eventJson\n1," + `"{""eventID"":""1"",""userAgent"":""x y [06/Feb/2019:00:00:38 +0000]""}"` + "\n", "1 0 0 0 "},
		{AnyLog, "o", strings.Replace(requestLine, `"x"`, `"a,eventJson,b"`, 1), "0 1 0 0 "},
		{AnyLog, "o", "nothing of it\n", "0 0 0 0 " + skippedForeign},
		{AnyLog, "logs/2025-02-06-00-30-00-0123456789ABCDEF", "nothing of it\n", "0 0 0 1 "},
		{AnyLog, "o", strings.Repeat("nothing of it\n", 50) + requestLine, "0 1 0 50 "},
	} {
		b := newBatch(t)
		if err := (&Decoder{Filter: &Filter{Only: c.only}}).Decode(b, Object{Name: c.name}, body(c.text)); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		o := b.Objects[0]
		if got := fmt.Sprintf("%d %d %d %d %s", o.Rows[InEvents], o.Rows[InRequests], o.LeftOut, o.Damaged, o.Skipped); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestRequestFilter: a line is left out by its own time, and by nothing else.
func TestRequestFilter(t *testing.T) {
	at := int64(1738800001) * 1e6
	for _, c := range []struct {
		filter Filter
		want   int
	}{
		{Filter{Since: at}, 1}, {Filter{Since: at + 1}, 0}, {Filter{Until: at}, 0}, {Filter{Until: at + 1}, 1},
		{Filter{Accounts: []string{"1"}, Regions: []string{"r"}}, 1},
	} {
		b := newBatch(t)
		if err := (&Decoder{Filter: &c.filter}).Decode(b, Object{Name: "o"}, body(requestLine)); err != nil {
			t.Fatal(err)
		}
		if o := b.Objects[0]; o.Rows[InRequests] != c.want || o.LeftOut != 1-c.want {
			t.Errorf("%+v: %d rows, %d left out", c.filter, o.Rows[InRequests], o.LeftOut)
		}
	}
}

// FuzzLines: each line that is not empty is a row or damaged, whatever it holds.
func FuzzLines(f *testing.F) {
	seeds(f)
	var d Decoder
	b := newBatch(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b.Reset()
		lines := 0
		text := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		for line := range bytes.Lines(text) {
			if len(bytes.Trim(line, " \t\r\n")) > 0 {
				lines++
			}
		}
		first := bytes.TrimLeft(text, " \t\r\n")
		if lines == 0 || first[0] == '[' || new(reader).begun(first) || isGzip(data) {
			return
		}
		if err := d.Decode(b, Object{Name: "2025-02-06-00-30-00-0123456789ABCDEF"}, body(string(data))); err != nil {
			t.Fatal(err)
		}
		o := b.Objects[0]
		if o.Rows[InRequests]+o.Damaged != lines || len(b.Requests.Rows) != o.Rows[InRequests] {
			t.Errorf("of %d lines %d are rows and %d damaged", lines, o.Rows[InRequests], o.Damaged)
		}
	})
}
