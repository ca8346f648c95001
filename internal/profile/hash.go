package profile

import (
	"encoding/binary"
	"math/bits"

	"github.com/dchest/siphash"
)

// A hasher makes keys under a secret.
type hasher struct{ k0, k1 uint64 }

func newHasher(secret [16]byte) hasher {
	return hasher{binary.LittleEndian.Uint64(secret[:8]), binary.LittleEndian.Uint64(secret[8:])}
}

func (h hasher) text(b []byte) uint64 { return siphash.Hash(h.k0, h.k1, b) }

// joined is a key of two others, and never 0. They are hashes under the secret themselves, so that
// nobody knows what would have to be joined for a certain one.
func joined(a, b uint64) uint64 {
	high, low := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	x := high ^ low ^ bits.RotateLeft64(a, 23) ^ bits.RotateLeft64(b, 47)
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 29
	return max(x, 1)
}

// subjects are an event's, hashed.
type subjects [3]uint64

// Indexes of subjects.
const (
	actorSubject = iota
	peersSubject
	accountSubject
)

var subjectNames = [...]Of{OfActor, OfPeers, OfAccount}

func subjectIndex(of Of) int {
	for i, name := range subjectNames {
		if name == of {
			return i
		}
	}
	return -1
}

// groupKey is the key of a profile and a subject; the salt tells apart whose it is.
func groupKey(salt, subject uint64) uint64 { return joined(salt, subject) }

// valueKey is the key of a value in a group.
func valueKey(group, value uint64) uint64 { return joined(group, value) }
