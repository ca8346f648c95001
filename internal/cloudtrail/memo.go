package cloudtrail

import (
	"bytes"
	"hash/maphash"
)

// memoSlots is how many objects a memo holds; memoKey is how much of a text
// finds it again: in userIdentity that reaches into the session's name.
const (
	memoSlots = 128
	memoKey   = 96
)

// A memo knows the structs of an object's records that it has seen. Four of five
// records have a userIdentity that another record in their object has, to the
// byte, for calls come in bursts; it is a third of the text, and to compare it is
// ten times as fast as to scan it. The entries of the first serve for all.
type memo struct {
	slots   [memoSlots]memoSlot
	entries []Entry
}

type memoSlot struct {
	column     *Column
	start, end int // of the text, in the arena
	first, n   int // in entries
	seen       [MaxIDs / 64]uint64
}

// structure decodes the object at i into column c, of the top level.
func (d *recorder) structure(c *Column, i int) int {
	if len(d.data)-i < memoKey {
		return d.newStructure(c, i)
	}
	slot := &d.memo.slots[maphash.Bytes(seed, d.data[i:i+memoKey])%memoSlots]
	if slot.column == c && bytes.HasPrefix(d.data[i:], d.data[slot.start:slot.end]) {
		d.rows.entries = append(d.rows.entries, d.memo.entries[slot.first:slot.first+slot.n]...)
		for w := range d.seen {
			d.seen[w] |= slot.seen[w]
		}
		return i + slot.end - slot.start
	}
	seen, entries, text := d.seen, len(d.rows.entries), d.b.text.n
	extras, misfits, damaged := len(d.extras), d.misfits, len(d.b.Damaged)
	end := d.newStructure(c, i)
	plain := d.b.text.n == text && len(d.extras) == extras && d.misfits == misfits && len(d.b.Damaged) == damaged
	if end < 0 || !plain || d.tooLong || d.standsAt > 0 {
		return end // what it says is not all in the text that stays
	}
	*slot = memoSlot{column: c, start: i, end: end, first: len(d.memo.entries), n: len(d.rows.entries) - entries}
	d.memo.entries = append(d.memo.entries, d.rows.entries[entries:]...)
	for w := range seen {
		slot.seen[w] = d.seen[w] &^ seen[w]
	}
	return end
}

func (d *recorder) newStructure(c *Column, i int) int {
	d.put(c.ID, 0, 0)
	return d.members(c, i)
}

// forget is for a text that moves.
func (m *memo) forget() {
	m.slots = [memoSlots]memoSlot{}
	m.entries = m.entries[:0]
}
