package synth

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// A Tampering is what somebody did to a trail who wants to hide something, but has
// not CloudTrail's key.
type Tampering string

const (
	// ForgedDigest: a digest no longer names a log, and has a made-up signature.
	ForgedDigest Tampering = "forged digest"
	// KeptSignature: a digest says something else, under the signature that it had.
	KeptSignature Tampering = "kept signature"
	// SwappedDigests: two digests, with their signatures, in each other's place.
	SwappedDigests Tampering = "swapped digests"
	// MissingDigest: a digest in the middle is gone.
	MissingDigest Tampering = "missing digest"
	// ChangedLog: a log holds another event.
	ChangedLog Tampering = "changed log"
	// MissingLog: a log is gone.
	MissingLog Tampering = "missing log"
	// ExtraLog: a log that CloudTrail never delivered.
	ExtraLog Tampering = "extra log"
	// AppendedLog: bytes stand behind the end of a log's gzip stream.
	AppendedLog Tampering = "appended log"
	// AppendedMember: they are a second gzip stream, empty, which many readers do
	// not even notice.
	AppendedMember Tampering = "appended member"
)

// Tamperings returns all of them.
func Tamperings() []Tampering {
	return []Tampering{ForgedDigest, KeptSignature, SwappedDigests, MissingDigest, ChangedLog, MissingLog, ExtraLog, AppendedLog, AppendedMember}
}

// Tamper does it, somewhere in the middle of the first chain, and returns the keys
// of the objects that it did it to.
func (t *DigestTrail) Tamper(what Tampering) (keys []string, err error) {
	digests, log := t.digests(), t.logOf()
	middle := digests[slices.IndexFunc(digests, func(i int) bool { return i > log })]
	d, l := &t.Objects[middle], &t.Objects[log]
	switch what {
	case ForgedDigest, KeptSignature:
		err = edit(d, `"hashAlgorithm":"SHA-256"`, `"hashAlgorithm":"SHA-256","left":"out"`)
		if what == ForgedDigest {
			made := rng{uint64(len(d.Body))}
			sign := make([]byte, 256)
			for i := range sign {
				sign[i] = byte(made.next())
			}
			d.Signature = hex.EncodeToString(sign)
		}
		return []string{d.Key}, err
	case SwappedDigests:
		other := &t.Objects[digests[slices.Index(digests, middle)-1]]
		d.Body, other.Body = other.Body, d.Body
		d.Signature, other.Signature = other.Signature, d.Signature
		return []string{other.Key, d.Key}, nil
	case MissingDigest:
		return t.remove(middle), nil
	case ChangedLog:
		return []string{l.Key}, edit(l, "AssumeRole", "GetCallerIdentity")
	case MissingLog:
		return t.remove(log), nil
	case ExtraLog:
		extra := DigestObject{Key: strings.Replace(l.Key, ".json.gz", "0.json.gz", 1), Body: slices.Clone(l.Body)}
		t.Objects = append(t.Objects, extra)
		return []string{extra.Key}, edit(&t.Objects[len(t.Objects)-1], `"eventID":"`, `"eventID":"f`)
	case AppendedLog:
		l.Body = append(slices.Clone(l.Body), "more"...)
		return []string{l.Key}, nil
	case AppendedMember:
		l.Body = append(slices.Clone(l.Body), new(press).compress(nil)...)
		return []string{l.Key}, nil
	}
	return nil, fmt.Errorf("synth: no tampering is called %q", what)
}

func (t *DigestTrail) remove(i int) []string {
	key := t.Objects[i].Key
	t.Objects = slices.Delete(t.Objects, i, i+1)
	return []string{key}
}

// edit replaces the first old in an object's text.
func edit(o *DigestObject, old, with string) error {
	z, err := gzip.NewReader(bytes.NewReader(o.Body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(old)) {
		return fmt.Errorf("synth: %s does not hold %q", o.Key, old)
	}
	o.Body = new(press).compress(bytes.Replace(text, []byte(old), []byte(with), 1))
	return nil
}
