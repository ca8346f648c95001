package cloudtrail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// A logCheck is a log that a digest names.
type logCheck struct {
	d *walked
	DigestLog
	name   string // here
	listed listedLog
	known  LoadedLog
	status Status
	reason string
	err    error // of reading

	version *Object // an older one that is valid
}

// otherLoaded is why a log is not valid that is, where it lies, what was signed.
const otherLoaded = "other bytes were loaded under its name: ctsql prune --source NAME takes them out, and a load reads it again"

// checkLogs tells of the logs that the digests name.
func (w *walk) checkLogs(ctx context.Context, digests []*walked) error {
	var checks []*logCheck
	for _, d := range digests {
		if d.doc == nil {
			continue
		}
		for _, l := range d.doc.Logs {
			name := d.here(l.Name())
			listed, ok := w.logs[name]
			if !ok {
				listed.size = -1
			}
			switch {
			case d.status != Modified:
				delete(w.logs, name)
				checks = append(checks, &logCheck{d: d, DigestLog: l, name: name, listed: listed})
			case ok:
				listed.blamed = true
				w.logs[name] = listed
			}
		}
		d.doc.Logs = nil // not needed again
	}
	if err := w.recall(ctx, checks); err != nil {
		return err
	}
	if err := w.each(ctx, len(checks), func(h *hasher, i int) error { return w.checkLog(ctx, h, checks[i]) }); err != nil {
		return err
	}
	for _, l := range checks {
		f := l.listed.finding(cmp.Or(l.name, l.Name()))
		f.Status, f.Reason, f.Err = l.status, l.reason, l.err
		if err := w.report(f); err != nil {
			return err
		}
		if v := l.version; v != nil {
			if err := w.Report(Finding{Log: true, Object: v.Name, Status: Valid, Size: v.Size, Modified: v.Modified}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l listedLog) finding(name string) Finding {
	return Finding{Log: true, Object: name, Size: l.size, Modified: time.UnixMicro(l.modified)}
}

// recall asks for what is known of logs that were loaded.
func (w *walk) recall(ctx context.Context, checks []*logCheck) error {
	if w.Loaded == nil {
		return nil
	}
	var listed []*logCheck
	var objects []Object
	for _, l := range checks {
		if l.listed.size >= 0 {
			listed = append(listed, l)
			objects = append(objects, Object{Name: l.name, Size: l.listed.size, Modified: time.UnixMicro(l.listed.modified)})
		}
	}
	logs, err := w.Loaded(ctx, objects)
	for i, known := range logs {
		listed[i].known = known
	}
	return err
}

// checkLog judges a log. An error ends the verification.
func (w *walk) checkLog(ctx context.Context, h *hasher, l *logCheck) error {
	if l.name == "" {
		l.status, l.reason = Missing, "outside of what is looked at"
		return nil
	}
	none, sum, err := [sha256.Size]byte{}, l.known.Text, error(nil)
	other := l.known.Rewritten
	if sum == none {
		var stored [sha256.Size]byte
		sum, stored, err = h.log(ctx, l.d.src, Object{Name: l.name, Size: -1})
		other = other || l.known.Stored != none && l.known.Stored != stored
		w.Progress.Logs.Add(1)
		w.Progress.Bytes.Add(h.read)
	}
	want, notHex := hex.DecodeString(l.Hash)
	var bad unfit
	switch {
	case errors.As(err, &bad):
		l.status, l.reason = Modified, bad.Error()
	case errors.Is(err, fs.ErrNotExist):
		l.status, l.reason = Missing, "named by a digest"
	case err != nil:
		l.status, l.reason, l.err = Unread, why(err, l.name), err
	case l.Algorithm != "SHA-256" || notHex != nil:
		l.status, l.reason = Unread, fmt.Sprintf("what the digest has of it is not SHA-256 but %q", l.Algorithm)
	case !bytes.Equal(want, sum[:]):
		l.status, l.reason = Modified, fmt.Sprintf("its SHA-256 is %x…, the digest says %.12s…", sum[:6], l.Hash)
	case other:
		l.status, l.reason = Modified, otherLoaded
	case l.d.status == Unsigned:
		l.status, l.reason = Unsigned, "as its digest says, which is unsigned"
	default:
		l.status = Valid
	}
	if l.status == Missing || l.status == Modified && l.reason != otherLoaded {
		var note string
		l.version, note = w.older(ctx, l.d.src, l.name, func(v Object) (bool, error) {
			sum, _, err := h.log(ctx, l.d.src, v)
			return bytes.Equal(want, sum[:]), err
		})
		l.reason += note
	}
	return ending(err)
}

// vanished tells of digests that were there and are not, if no other has named them.
func (w *walk) vanished() error {
	for _, name := range w.Expect {
		if w.names[name] || w.told[name] {
			continue
		}
		if err := w.report(Finding{Object: name, Status: Missing, Reason: "it was there when its place was last verified"}); err != nil {
			return err
		}
	}
	return nil
}

// unnamed tells of the logs that are left.
func (w *walk) unnamed() error {
	names := make([]string, 0, len(w.logs))
	for name, l := range w.logs {
		if !l.before {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		place, k, _ := PlaceOf(name)
		reached := w.sum.Places[place]
		end, any := reached.Until, reached.Digest != ""
		reason := "no digest names it"
		switch {
		case w.logs[name].blamed:
			reason = "only a digest that is modified names it"
		case !any && w.Now.Before(k.Delivered.Add(firstDue)):
			w.sum.Early++
			continue
		case !any:
			reason = "there is no digest of its account and region"
		case k.Delivered.After(end.Add(-Slack)) && w.Now.Before(end.Add(Due)):
			w.sum.Early++
			continue
		case k.Delivered.After(end):
			reason = "no digest names it: the last is of " + when(end)
		}
		if !any && k.Delivered.After(end) {
			w.sum.Places[place] = Reached{Until: k.Delivered}
		}
		f := w.logs[name].finding(name)
		f.Status, f.Reason = Unnamed, reason
		if err := w.report(f); err != nil {
			return err
		}
	}
	return nil
}
