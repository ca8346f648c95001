package cloudtrail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

const (
	// A stretch of digests is read at once: so many,
	stretchDigests = 256
	// or so many bytes of them as stored, which bounds memory.
	stretchBytes = 8 << 20
)

// chains walks all digests, a stretch after the other. The last of a stretch waits
// for the next one, since the digest after it tells of it.
func (w *walk) chains(ctx context.Context) error {
	var waiting []*walked
	var c chainWalk
	for len(w.digests) > 0 {
		fresh := w.stretch()
		err := w.each(ctx, len(fresh), func(h *hasher, i int) error { return w.fetch(ctx, h, fresh[i]) })
		if err != nil {
			return err
		}
		ready := append(waiting, fresh...)
		last := len(ready) - 1
		if len(w.digests) == 0 {
			last++
		}
		if err := w.judge(ctx, &c, ready, last); err != nil {
			return err
		}
		waiting = slices.Clone(ready[last:])
	}
	return w.end(&c)
}

// stretch takes the digests that are to be read next.
func (w *walk) stretch() []*walked {
	n, size := 0, int64(0)
	for n < len(w.digests) && n < stretchDigests && (n == 0 || size < stretchBytes) {
		size += max(0, w.digests[n].o.Size)
		n++
	}
	fresh := w.digests[:n]
	w.digests = w.digests[n:]
	return fresh
}

// A chainWalk is where in a chain one is.
type chainWalk struct {
	chain chainOf
	last  *walked // nil before the first of any chain
	sound *walked // the last that is not modified; nil before it
}

// judge tells of the first n digests and their logs. Those behind them are only
// looked at.
func (w *walk) judge(ctx context.Context, c *chainWalk, digests []*walked, n int) error {
	for i, d := range digests[:n] {
		if c.last == nil || c.chain != d.chain {
			if err := w.end(c); err != nil {
				return err
			}
			*c = chainWalk{chain: d.chain}
			w.sum.Chains++
		}
		var next *walked
		if i+1 < len(digests) && digests[i+1].chain == d.chain {
			next = digests[i+1]
		}
		w.verdict(ctx, d, next)
		if err := ctx.Err(); err != nil {
			return err // keys that were not waited for are no reason to tell
		}
		if err := w.link(ctx, c, d); err != nil {
			return err
		}
		c.last = d
		if d.status != Modified {
			c.sound = d
			w.cover(d.doc)
		}
		if at := d.chain.place(); d.at.After(w.sum.Places[at].Until) {
			w.sum.Places[at] = Reached{d.at, d.o.Name}
		}
		if err := w.report(d.finding()); err != nil {
			return err
		}
	}
	return w.checkLogs(ctx, digests[:n])
}

func (d *walked) finding() Finding {
	f := Finding{Object: d.o.Name, Status: d.status, Reason: d.reason, Size: d.o.Size, Modified: d.o.Modified}
	if d.status == Unread {
		f.Err = d.err
	}
	return f
}

func (w *walk) cover(d *Digest) {
	if d == nil {
		return
	}
	if w.sum.Begin.IsZero() || d.Begin.Before(w.sum.Begin) {
		w.sum.Begin = d.Begin
	}
	if d.Finish.After(w.sum.End) {
		w.sum.End = d.Finish
	}
}

// verdict judges a digest by itself, and by what the one after it says.
func (w *walk) verdict(ctx context.Context, d, next *walked) {
	follows := next != nil && next.doc != nil && !next.doc.Starting() && d.doc != nil && next.here(next.doc.Previous()) == d.o.Name
	if follows && d.signature == "" {
		// The next digest keeps the signature of this one: so a copy that lost
		// its metadata lacks that of the last digest only.
		d.signature = *next.doc.PreviousSignature
	}
	if w.check(ctx, d); !follows || d.status != Valid {
		return
	}
	if w.check(ctx, next); next.status != Valid {
		// One that lacks a signature so far may yet get it from the one after it.
		next.checked = next.signature != ""
		return
	}
	if !strings.EqualFold(*next.doc.PreviousHash, hex.EncodeToString(d.doc.SHA256[:])) || !strings.EqualFold(*next.doc.PreviousSignature, d.signature) {
		d.status, d.reason = Modified, "the digest after it names another hash or signature"
	}
}

// check judges a digest by itself, once.
func (w *walk) check(ctx context.Context, d *walked) {
	if d.checked {
		return
	}
	d.checked, d.reason = true, ""
	var bad unfit
	switch {
	case errors.As(d.err, &bad):
		d.status, d.reason = Modified, bad.Error()
	case errors.Is(d.err, fs.ErrNotExist):
		d.status, d.reason = Missing, "gone since it was listed"
	case d.err != nil:
		d.status, d.reason = Unread, why(d.err, d.o.Name)
	case d.here(d.doc.Name()) != d.o.Name:
		d.status, d.reason = Modified, "it says that it is "+d.doc.Name()
	case d.signature == "":
		d.status, d.reason = Unsigned, "no signature is kept with it"
	default:
		w.checkSignature(ctx, d)
	}
}

func (w *walk) checkSignature(ctx context.Context, d *walked) {
	key, ok, err := w.key(ctx, d)
	switch {
	case err != nil:
		d.status, d.reason = Unsigned, "its signature could not be checked: "+why(err, "")
	case !ok && w.AllKeys:
		d.status, d.reason = Modified, fmt.Sprintf("CloudTrail has no public key %s", d.doc.Fingerprint)
	case !ok:
		d.status, d.reason = Unsigned, fmt.Sprintf("no public key %s is at hand to check its signature", d.doc.Fingerprint)
	default:
		d.status = Valid
		if err := d.doc.Check(d.signature, key); err != nil {
			d.status, d.reason = Modified, err.Error()
		}
	}
}

// A keyRing is a region's keys by fingerprint, or why there are none.
type keyRing struct {
	keys map[string]PublicKey
	err  error
}

// key finds the key that the digest says it is signed with: one of its region, or
// of the trail's home.
func (w *walk) key(ctx context.Context, d *walked) (key PublicKey, ok bool, err error) {
	for _, region := range []string{d.chain.Region, d.chain.Home} {
		ring := w.keys[region]
		if ring == nil {
			ring = &keyRing{keys: map[string]PublicKey{}}
			var list []PublicKey
			list, ring.err = w.Keys(ctx, region, w.first.Add(-Reach), w.final)
			for _, k := range list {
				ring.keys[strings.ToLower(k.Fingerprint)] = k
			}
			w.keys[region] = ring
		}
		if key, ok = ring.keys[strings.ToLower(d.doc.Fingerprint)]; ok {
			return key, true, nil
		}
		err = cmp.Or(err, ring.err)
	}
	return key, false, err
}

// link judges how a digest follows the one before it, and tells of what is missing
// between them.
func (w *walk) link(ctx context.Context, c *chainWalk, d *walked) error {
	if d.doc == nil || d.status == Modified {
		return nil
	}
	if d.doc.Starting() {
		if c.sound != nil && d.status == Valid {
			d.status, d.reason = Restarted, "it names no digest before it: validation or logging began again"
			if c.sound.at.Before(d.doc.Begin) {
				d.reason += fmt.Sprintf("; no digest covers %s to %s", when(c.sound.at), when(d.doc.Begin))
			}
		}
		return nil
	}
	previous := d.doc.Previous()
	name := d.here(previous)
	for _, before := range []*walked{c.last, c.sound} {
		if before != nil && before.o.Name == name {
			if before.at.Before(d.doc.Begin) {
				return w.gap(d.o.Name, before.at, d.doc.Begin, "before this digest")
			}
			return nil
		}
	}
	name = cmp.Or(name, previous)
	switch before := cmp.Or(c.sound, c.last); {
	case w.names[name]:
		d.status, d.reason = Modified, "out of order: it follows "+previous
	case before != nil:
		return w.gap(name, before.at, d.doc.Begin, "named by the digest after it"+w.olderDigest(ctx, d, name))
	case w.BeginOf(d.chain.place()).Before(d.doc.Begin):
		return w.report(Finding{Object: name, Status: Missing, Reason: "named by the digest after it, which begins at " + when(d.doc.Begin) + w.olderDigest(ctx, d, name)})
	}
	return nil
}

// olderDigest looks for a version of the digest before d, which is missing.
func (w *walk) olderDigest(ctx context.Context, d *walked, name string) string {
	h := newHasher()
	_, note := w.older(ctx, d.src, name, func(v Object) (bool, error) {
		text, _, err := h.digest(ctx, d.src, v)
		sum := sha256.Sum256(text)
		return strings.EqualFold(*d.doc.PreviousHash, hex.EncodeToString(sum[:])), err
	})
	return note
}

// gap tells of a time without a digest.
func (w *walk) gap(name string, from, to time.Time, why string) error {
	return w.report(Finding{Object: name, Status: Missing, Reason: fmt.Sprintf("%s: no digest covers %s to %s", why, when(from), when(to))})
}

// end tells of what is missing after the last digest of a chain.
func (w *walk) end(c *chainWalk) error {
	if c.last != nil && !c.chain.Backfill {
		w.ends = append(w.ends, c.last)
	}
	if c.last == nil || w.Until.IsZero() || w.Short {
		return nil
	}
	to := w.Until
	if latest := w.Now.Add(-Due); latest.Before(to) {
		to = latest
	}
	if !c.last.at.Before(to) || c.chain.Backfill {
		return nil
	}
	return w.gap(c.last.o.Name, c.last.at, to, "after this digest")
}

// shorter notes the chains that end before the others.
func (w *walk) shorter() {
	for _, d := range w.ends {
		if w.Until.IsZero() && d.at.Before(w.final.Add(-Due)) {
			w.sum.Shorter = append(w.sum.Shorter, d.o.Name)
		}
	}
}

func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// why is an error without its hint, and without the name that begins it.
func why(err error, name string) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), name+": "), "\n")
	return line
}
