package cloudtrail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func decodeText(t *testing.T, text string) (*Batch, error) {
	t.Helper()
	b, err := NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	var d Decoder
	return b, d.Decode(b, Object{Name: "o"}, Body{ReadSeeker: bytes.NewReader([]byte(text))})
}

// dump writes a row as its values by name.
func dump(r *Rows, i int) string {
	var names func(cs []*Column)
	byID := map[int]string{}
	kinds := map[int]Kind{}
	names = func(cs []*Column) {
		for _, c := range cs {
			byID[c.ID], kinds[c.ID] = c.Name, c.Kind
			if c.Kind == Map {
				byID[c.ID+1] = c.Name + "="
			}
			names(c.Members)
		}
	}
	names(r.Table.Columns)
	var sb strings.Builder
	for _, e := range r.Entries(i) {
		switch kinds[e.ID()] {
		case Struct, List, Bool:
			fmt.Fprintf(&sb, "%s:%d ", byID[e.ID()], e.Len())
		default:
			fmt.Fprintf(&sb, "%s:%q ", byID[e.ID()], r.Text(e))
		}
	}
	return sb.String()
}

func TestQuick(t *testing.T) {
	for _, s := range []string{
		`{"Records":[{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:00Z","eventID":"e1","new":{"a":1.10},"userIdentity":{"type":"Root","x":5,"sessionContext":{"attributes":{"mfaAuthenticated":"true"},"y":"z"}},"requestParameters":{"n":12345678901234567890}, "resources":[{"ARN":"a","accountId":"1"},null],"readOnly":true}, 5, {}], "x":1}`,
		"{\"eventID\":\"1\",\"eventName\":\"a\"}\n{\"eventID\":\"2\", bad}\n{\"eventID\":\"3\"}\n",
		`{"Events":[{"EventId":"x","CloudTrailEvent":"{\"eventID\":\"7\",\"eventName\":\"\\u00e9\"}"}]}`,
		`{"version":"0","detail-type":"x","resources":[],"detail":{"eventID":"8","eventName":"n"}}`,
		"2023-01-01T00:00:00.000Z {\"eventID\":\"9\"}\n2023-01-01T00:00:00.000Z {\"eventID\":\"10\"}",
		"\"eventID\",\"eventJson\"\n\"1\",\"{\"\"eventID\"\":\"\"1\"\"}\"\r\n",
		`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":"{\"eventID\":\"m\"}"}]}{"logEvents":[{"id":"1","message":"hello"}]}`,
		`{"digestS3Object":"k","logFiles":[]}`,
		`{"Records":[{"eventID":"e`,
		`PNG....`,
		`[{"eventID":"a"},{"eventID":"b"}]`,
		"",
		`{"Records":[{"eventVersion":"1.0","accountId":"1","eventId":"x","timeWindow":{"a":1},"summary":{}}]}`,
		"{\"Records\":[{\"eventID\":\"\\ud800x\",\"requestParameters\":{\"a\":\"\xff\"},\"u\":\"\xfe\"},{\"a\":" + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "},{\"eventID\":\"after\"}]}",
	} {
		b, err := decodeText(t, s)
		t.Logf("---- %.60s\n err=%v", s, err)
		for _, o := range b.Objects {
			t.Logf("%+v", o)
		}
		for i := range b.Events.Rows {
			t.Logf("  row %+v %s", b.Events.Rows[i], dump(&b.Events, i))
		}
		for i := range b.Aggregated.Rows {
			t.Logf("  agg %s", dump(&b.Aggregated, i))
		}
		for _, d := range b.Damaged {
			t.Logf("  dmg %d %d %.50q %s %v", d.Object, d.Byte, d.Text, d.Reason, d.Replaced)
		}
	}
}
