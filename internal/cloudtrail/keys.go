package cloudtrail

// Keys is a set of what Rows.Key tells: hashes, so that a key is where its first
// bits say, or in the next free place after that. A set takes 32 to 64 bytes a key.
// It is not safe for concurrent use.
type Keys struct {
	places [][2]uint64 // zero where there is none
	n      int
}

// NewKeys makes a set with room for n keys. It grows beyond that.
func NewKeys(n int) *Keys { return &Keys{places: make([][2]uint64, 2*max(n, 8))} }

// Len is how many keys are in the set.
func (s *Keys) Len() int { return s.n }

// find returns where the key is, or belongs.
func (s *Keys) find(key [2]uint64) int {
	for i := int(key[0] % uint64(len(s.places))); ; {
		if s.places[i] == key || s.places[i] == [2]uint64{} {
			return i
		}
		if i++; i == len(s.places) {
			i = 0
		}
	}
}

// Has reports whether the key is in the set. The zero key, of rows that are known
// by object and Index, never is.
func (s *Keys) Has(key [2]uint64) bool {
	return key != [2]uint64{} && s.places[s.find(key)] == key
}

// Add puts the key into the set, and reports whether it was not there. The zero
// key is not put.
func (s *Keys) Add(key [2]uint64) bool {
	if key == [2]uint64{} {
		return true
	}
	i := s.find(key)
	if s.places[i] == key {
		return false
	}
	s.places[i] = key
	if s.n++; 2*s.n > len(s.places) {
		grown := Keys{places: make([][2]uint64, 2*len(s.places))}
		for _, k := range s.places {
			if k != [2]uint64{} {
				grown.places[grown.find(k)] = k
			}
		}
		s.places = grown.places
	}
	return true
}

// Clear empties the set, which keeps its memory.
func (s *Keys) Clear() {
	clear(s.places)
	s.n = 0
}
