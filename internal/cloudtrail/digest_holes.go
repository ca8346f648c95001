package cloudtrail

import (
	"cmp"
	"slices"
	"time"
)

// A DigestHole is an interval between two digests of a chain that is not as long
// as those are usually: an hour, as CloudTrail delivers them. Names alone tell it.
type DigestHole struct {
	DigestChain
	From, To time.Time // ends of the digest before it and of the one after it
	// Missing is how many digests are not there; 0 if the chain is only out of
	// step, as it is when validation begins again.
	Missing int
	Next    string // name of the digest after it
}

// outOfStep is by how much an interval differs from the usual one that is no
// longer as usual.
const outOfStep = time.Minute

// DigestHoles finds them in the names of digests, of any number of chains and in
// any order; by chain and time. Copies of a digest count once, chains that were
// filled in afterwards do not, and names of another layout are passed over.
func DigestHoles(names []string) (holes []DigestHole) {
	type digest struct {
		chain DigestChain
		at    time.Time
		name  string
	}
	var digests []digest
	for _, name := range names {
		if c, k, ok := ParseDigestKey(name); ok && !c.Backfill {
			digests = append(digests, digest{c, k.Delivered, name})
		}
	}
	slices.SortFunc(digests, func(a, b digest) int {
		return cmp.Or(chainOf{DigestChain: a.chain}.compare(chainOf{DigestChain: b.chain}), a.at.Compare(b.at), cmp.Compare(a.name, b.name))
	})
	digests = slices.CompactFunc(digests, func(a, b digest) bool { return a.chain == b.chain && a.at.Equal(b.at) })
	for len(digests) > 0 {
		n := 1
		for n < len(digests) && digests[n].chain == digests[0].chain {
			n++
		}
		var lengths []time.Duration
		for i := range n - 1 {
			lengths = append(lengths, digests[i+1].at.Sub(digests[i].at))
		}
		usual := usualLength(lengths)
		for i, length := range lengths {
			missing := int((length+usual/2)/usual) - 1
			if missing > 0 || (length-usual).Abs() > outOfStep {
				before, next := digests[i], digests[i+1]
				holes = append(holes, DigestHole{DigestChain: next.chain, From: before.at, To: next.at, Missing: max(missing, 0), Next: next.name})
			}
		}
		digests = digests[n:]
	}
	return holes
}

// usualLength is the length that most intervals do not fall below: the median, the
// shorter of two.
func usualLength(lengths []time.Duration) time.Duration {
	if len(lengths) == 0 {
		return time.Hour
	}
	sorted := slices.Sorted(slices.Values(lengths))
	return sorted[(len(sorted)-1)/2]
}
