package cloudtrail

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/samples.golden")

// TestSamples holds what becomes of an object of every form.
func TestSamples(t *testing.T) {
	const golden = "testdata/samples.golden"
	all := samples()
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x := tellDecode(t, &Decoder{limits: limits{text: 1 << 20, record: 1000, rows: 1 << 20}}, all[name])
		fmt.Fprintf(&out, "== %s\n%.300q\n", name, all[name])
		if x.err != "" {
			fmt.Fprintf(&out, "refused: %s\n\n", x.err)
			continue
		}
		o := x.object
		if o.Skipped != "" {
			fmt.Fprintf(&out, "skipped: %s\n", o.Skipped)
		}
		if o.Inflated != int64(len(all[name])) {
			t.Errorf("%s: %d bytes inflated, not %d", name, o.Inflated, len(all[name]))
		}
		fmt.Fprintf(&out, "events %d, others %d, ", o.Rows[InEvents], o.Rows[InAggregated])
		if o.Rows[InRequests] > 0 {
			fmt.Fprintf(&out, "requests %d, ", o.Rows[InRequests])
		}
		fmt.Fprintf(&out, "damaged %d, misfits %d, replaced %d\n", o.Damaged, o.Misfits, o.Replaced)
		for _, l := range x.events {
			_, l, _ = strings.Cut(l, "/") // the object
			f := strings.SplitN(l, " ", 4)
			fmt.Fprintf(&out, "event %s %s\n", f[0], f[3])
		}
		for _, l := range x.requests {
			_, l, _ = strings.Cut(l, "/")
			f := strings.SplitN(l, " ", 4)
			fmt.Fprintf(&out, "request %s %s\n", f[0], f[3])
		}
		for _, l := range x.others {
			fmt.Fprintf(&out, "aggregated %s\n", l[2:])
		}
		for _, l := range x.damaged {
			fmt.Fprintf(&out, "damaged at %.300s\n", l[2:])
		}
		out.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(out.String(), "\n\n")
	for i, w := range strings.Split(string(want), "\n\n") {
		if i >= len(got) || got[i] != w {
			t.Errorf("got %s\n\nwant %s\n(-update writes the file anew)", got[min(i, len(got)-1)], w)
		}
	}
}
