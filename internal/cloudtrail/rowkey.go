package cloudtrail

import (
	"hash/maphash"
	"math/bits"
)

// A RowKey is 128 bits of hashes over what a record is known by, which nobody outside
// this process can aim at. Those of one process compare.
type RowKey [2]uint64

var keySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// newRowKey is the key of a record of the given time and texts; a text that is not
// there is nil.
func newRowKey(time int64, texts [][]byte) (k RowKey) {
	for j, seed := range keySeeds {
		h := uint64(time)
		for _, text := range texts {
			one := ^uint64(0)
			if text != nil {
				one = maphash.Bytes(seed, text)
			}
			h = (bits.RotateLeft64(h, 31) ^ one) * 0x9e3779b97f4a7c15
		}
		k[j] = h
	}
	k[0] |= 1 // none is zero
	return k
}

// RowKeys is a set of keys: each is where its first bits say, or in the next free
// place after that. A set takes 32 to 64 bytes a key. It is not safe for concurrent
// use.
type RowKeys struct {
	places []RowKey // zero where there is none
	n      int
}

// NewRowKeys makes a set with room for n keys. It grows beyond that.
func NewRowKeys(n int) *RowKeys { return &RowKeys{places: make([]RowKey, 2*max(n, 8))} }

// Len is how many keys are in the set.
func (s *RowKeys) Len() int { return s.n }

// find returns where the key is, or belongs.
func (s *RowKeys) find(key RowKey) int {
	for i := int((key[0] >> 1) % uint64(len(s.places))); ; {
		if s.places[i] == key || s.places[i] == (RowKey{}) {
			return i
		}
		if i++; i == len(s.places) {
			i = 0
		}
	}
}

// Has reports whether the key is in the set. The zero key, of rows that are known
// by object and Index, never is.
func (s *RowKeys) Has(key RowKey) bool {
	return key != (RowKey{}) && s.places[s.find(key)] == key
}

// Add puts the key into the set, and reports whether it was not there. The zero
// key is not put.
func (s *RowKeys) Add(key RowKey) bool {
	if key == (RowKey{}) {
		return true
	}
	i := s.find(key)
	if s.places[i] == key {
		return false
	}
	s.places[i] = key
	if s.n++; 2*s.n > len(s.places) {
		grown := RowKeys{places: make([]RowKey, 2*len(s.places))}
		for _, k := range s.places {
			if k != (RowKey{}) {
				grown.places[grown.find(k)] = k
			}
		}
		s.places = grown.places
	}
	return true
}

// Clear empties the set, which keeps its memory.
func (s *RowKeys) Clear() {
	clear(s.places)
	s.n = 0
}
