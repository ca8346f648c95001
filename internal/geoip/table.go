package geoip

import (
	"net/netip"
	"slices"
	"sort"
)

// An entry is a network and what is said of it.
type entry struct {
	net   netip.Prefix
	value int32
}

// A table finds the most specific network around an address. Nested networks are
// cut into stretches that do not overlap, so that a look-up is one binary search.
type table struct {
	from  []netip.Addr // where a stretch begins, in order; IPv4 before IPv6
	value []int32      // of the stretch, -1 for none
}

// newTable makes the table of entries, which it sorts. Of equal networks the
// first given counts.
func newTable(entries []entry) *table {
	slices.SortStableFunc(entries, func(a, b entry) int {
		if c := a.net.Addr().Compare(b.net.Addr()); c != 0 {
			return c
		}
		return a.net.Bits() - b.net.Bits()
	})
	t := &table{}
	var open []entry // networks around the one at hand, widest first
	closeOne := func() {
		after := lastOf(open[len(open)-1].net).Next()
		open = open[:len(open)-1]
		if !after.IsValid() {
			return // it was the last address of its family
		}
		outer := int32(-1)
		if len(open) > 0 {
			outer = open[len(open)-1].value
		}
		t.begin(after, outer)
	}
	for i, e := range entries {
		if i > 0 && entries[i-1].net == e.net {
			continue
		}
		for len(open) > 0 && !open[len(open)-1].net.Contains(e.net.Addr()) {
			closeOne()
		}
		t.begin(e.net.Addr(), e.value)
		open = append(open, e)
	}
	for len(open) > 0 {
		closeOne()
	}
	return t
}

// begin ends the stretch before at, and begins one.
func (t *table) begin(at netip.Addr, value int32) {
	if n := len(t.from); n > 0 && t.from[n-1] == at {
		t.value[n-1] = value
		return
	}
	t.from = append(t.from, at)
	t.value = append(t.value, value)
}

// find returns what is said of addr, or -1.
func (t *table) find(addr netip.Addr) int32 {
	i := sort.Search(len(t.from), func(i int) bool { return addr.Less(t.from[i]) }) - 1
	if i < 0 || t.from[i].Is4() != addr.Is4() {
		return -1
	}
	return t.value[i]
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := range b {
		if host := p.Bits() - i*8; host <= 0 {
			b[i] = 0xff
		} else if host < 8 {
			b[i] |= 0xff >> host
		}
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}
