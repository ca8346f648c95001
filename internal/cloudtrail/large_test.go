package cloudtrail

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is all that a decoder said of an object, to be compared.
type told struct {
	object   Decoded
	events   []string
	others   []string
	requests []string
	damaged  []string
	err      string
}

func (x *told) add(t testing.TB, b *Batch) {
	t.Helper()
	x.object = b.Objects[0]
	for i, r := range b.Events.Rows {
		x.events = append(x.events, fmt.Sprintf("%d/%d %d %x-%x %s", r.Object, r.Index, r.Time, r.Key[0], r.Key[1], record(t, &b.Events, i)))
	}
	for i, r := range b.Aggregated.Rows {
		x.others = append(x.others, fmt.Sprintf("%d/%d %s", r.Object, r.Index, record(t, &b.Aggregated, i)))
	}
	for i, r := range b.Requests.Rows {
		x.requests = append(x.requests, fmt.Sprintf("%d/%d %d %x-%x %s", r.Object, r.Index, r.Time, r.Key[0], r.Key[1], record(t, &b.Requests, i)))
	}
	for _, d := range b.Damaged {
		x.damaged = append(x.damaged, fmt.Sprintf("%d %d %v %s %q", d.Object, d.Byte, d.Replaced, d.Reason, d.Text))
	}
}

func tellDecode(t testing.TB, d *Decoder, data string) (x told) {
	t.Helper()
	b, err := decode(t, d, data)
	if err != nil {
		return told{err: err.Error()}
	}
	x.add(t, b)
	return x
}

func tellLarge(t testing.TB, d *Decoder, b *Batch, data string) (x told) {
	t.Helper()
	for part, err := range d.Large(b, Object{Name: "o"}, body(data)) {
		if err != nil {
			return told{err: err.Error()}
		}
		x.add(t, part)
	}
	return x
}

func (x told) differs(y told) string {
	switch {
	case x.err != y.err:
		return fmt.Sprintf("error %q, not %q", x.err, y.err)
	case x.object != y.object:
		return fmt.Sprintf("%+v\nnot %+v", x.object, y.object)
	}
	for _, l := range [...][2][]string{{x.events, y.events}, {x.others, y.others}, {x.requests, y.requests}, {x.damaged, y.damaged}} {
		if !slices.Equal(l[0], l[1]) {
			return fmt.Sprintf("%s\nnot\n%s", strings.Join(l[0], "\n"), strings.Join(l[1], "\n"))
		}
	}
	return ""
}

// TestLargeIsDecode: whatever the window, Large tells what Decode does.
func TestLargeIsDecode(t *testing.T) {
	b := newBatch(t)
	for name, text := range samples() {
		t.Run(name, func(t *testing.T) {
			small := limits{text: 1 << 20, record: 1000, rows: 1 << 20}
			want := tellDecode(t, &Decoder{limits: small}, text)
			for window := 1; window < len(text)+10; window += 1 + window/8 {
				small.window = window
				for _, rows := range []int{1, 2, 1 << 20} {
					small.rows = rows
					if s := tellLarge(t, &Decoder{limits: small}, b, text).differs(want); s != "" {
						t.Fatalf("window %d, %d rows: %s", window, rows, s)
					}
				}
			}
		})
	}
}
