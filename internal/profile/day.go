package profile

import "math/bits"

// A day is what an open day holds.
type day struct {
	number Day
	// reopened is the watermark at which events came for a day that had been
	// closed; 0 is none. What comes so late makes stories of its own.
	reopened int64

	facts   facts
	touched []uint32 // facts of the batch at hand
	counts  map[hourKey]*counted
	names   map[uint64]Named // of what is counted
	changed []*counted
	recent  map[uint64]struct{}
	fresh   []uint64 // of recent, in the batch at hand

	// evidence is of facts that may deviate: what is judged.
	evidence map[Key]*evidence
	byGroup  map[Key][]*evidence
	detected detections

	told  map[string]uint64 // stories by ID, and a hash of what was told of each
	dirty bool              // something came since the day was judged
}

// A fact is a value that was seen on the day, and what of that is of the batch at hand.
type fact struct {
	key, group            uint64
	first, last           int64
	batchFirst, batchLast int64
	count, batchCount     uint32
	deviates              bool // it was not normal when it was met first
	sighting              bool // of travels, and forgotten after the day
}

// evidence is the first record of a fact.
type evidence struct {
	Evidence
	named Named
	group Key
}

// hourKey is of a frequency and an hour.
type hourKey struct {
	key  uint64
	hour uint8
}

// counted is how much there was in an hour.
type counted struct {
	hourKey
	count, batch uint32
}

func newDay(d Day) *day {
	return &day{number: d, counts: map[hourKey]*counted{}, names: map[uint64]Named{}, recent: map[uint64]struct{}{},
		evidence: map[Key]*evidence{}, byGroup: map[Key][]*evidence{}, detected: detections{}, told: map[string]uint64{}}
}

// facts are a hash table from keys to places in a list.
type facts struct {
	index []uint32 // place in list + 1; 0 is free
	list  []fact
}

// find returns the place of key in the list, and whether it was made.
func (f *facts) find(key uint64) (at uint32, made bool) {
	if len(f.list)*4 >= len(f.index)*3 {
		f.grow()
	}
	mask := uint64(len(f.index) - 1)
	i := bits.RotateLeft64(key, 32) & mask
	for ; f.index[i] != 0; i = (i + 1) & mask {
		if at := f.index[i] - 1; f.list[at].key == key {
			return at, false
		}
	}
	f.list = append(f.list, fact{key: key})
	f.index[i] = uint32(len(f.list))
	return uint32(len(f.list) - 1), true
}

// has returns the fact of key, nil if there is none.
func (f *facts) has(key uint64) *fact {
	if len(f.index) == 0 {
		return nil
	}
	mask := uint64(len(f.index) - 1)
	for i := bits.RotateLeft64(key, 32) & mask; f.index[i] != 0; i = (i + 1) & mask {
		if at := &f.list[f.index[i]-1]; at.key == key {
			return at
		}
	}
	return nil
}

func (f *facts) grow() {
	f.index = make([]uint32, max(1024, len(f.index)*2))
	mask := uint64(len(f.index) - 1)
	for at := range f.list {
		i := bits.RotateLeft64(f.list[at].key, 32) & mask
		for f.index[i] != 0 {
			i = (i + 1) & mask
		}
		f.index[i] = uint32(at + 1)
	}
}
