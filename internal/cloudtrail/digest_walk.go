package cloudtrail

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A walk is a verification under way.
type walk struct {
	*Verification
	sum     VerifySummary
	digests []*walked       // each chain's in the order of time
	names   map[string]bool // of the digests that are there
	told    map[string]bool // of digests that are missing
	ends    []*walked       // the last digest of each chain
	first   time.Time       // of the digests
	final   time.Time
	// logs are those that no digest has named so far. It is what takes memory:
	// about 270 bytes for a log.
	logs map[string]listedLog
	keys map[string]*keyRing
}

// A listedLog is what the listing tells of a log.
type listedLog struct {
	size     int64
	modified int64 // microseconds since 1970
	blamed   bool  // a digest named it that is modified
	before   bool  // it was delivered before the time that is looked at
}

// A walked digest is one of a listing, and what became of it.
type walked struct {
	src   DigestSource
	o     Object
	chain chainOf
	at    time.Time // in its name: the digest's end

	doc       *Digest // nil if it could not be read
	signature string
	from, to  string // what original names begin with, and what stands for it here
	err       error  // of reading, or what is wrong with it

	checked bool // the signature was
	status  Status
	reason  string
}

// A chainOf is a chain in one place: copies of it are walked apart.
type chainOf struct {
	folder string // what names begin with before the account
	DigestChain
}

func (c chainOf) place() Place { return Place{c.folder, c.Account, c.Region} }

func (c chainOf) compare(d chainOf) int {
	backfill := 0
	if c.Backfill != d.Backfill {
		backfill = -1
		if c.Backfill {
			backfill = 1
		}
	}
	return cmp.Or(strings.Compare(c.folder, d.folder), strings.Compare(c.Account, d.Account), strings.Compare(c.Region, d.Region),
		strings.Compare(c.Trail, d.Trail), strings.Compare(c.Home, d.Home), backfill)
}

// list finds what there is. All must be listed: what is not there cannot be told
// from what is hidden.
func (w *walk) list(ctx context.Context) error {
	for _, src := range w.Sources {
		for o, err := range src.List(ctx) {
			if err != nil {
				return err
			}
			w.Progress.Listed.Add(1)
			if err := w.take(src, o); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(w.digests, func(a, b *walked) int {
		return cmp.Or(a.chain.compare(b.chain), a.at.Compare(b.at), strings.Compare(a.o.Name, b.o.Name))
	})
	w.digests = slices.DeleteFunc(w.digests, w.late())
	for _, d := range w.digests {
		if w.first.IsZero() || d.at.Before(w.first) {
			w.first = d.at
		}
		if d.at.After(w.final) {
			w.final = d.at
		}
	}
	return nil
}

func (w *walk) take(src DigestSource, o Object) error {
	if o.Version != "" {
		return nil // what is there now is looked at
	}
	chain, k, isDigest := ParseDigestKey(o.Name)
	var since time.Time
	if k.Kind != "" {
		since = w.BeginOf(placeOf(o.Name, k))
	}
	switch {
	case k.Kind == "":
		w.sum.Others++
	case w.names[o.Name]: // sources may overlap
	case isDigest:
		// Logs of the first minutes may be named by the digest that ends then.
		if since.IsZero() || k.Delivered.After(since.Add(-Slack)) {
			w.names[o.Name] = true
			w.digests = append(w.digests, &walked{src: src, o: o, at: k.Delivered, chain: chainOf{layoutFolder(o.Name), chain}})
		}
	case k.Kind == KindDigest:
		// In a bucket nothing belongs beside a digest.
		beside := strings.HasSuffix(o.Name, ".sig") || strings.HasSuffix(o.Name, ".metadata.json")
		if strings.HasPrefix(o.Name, "s3://") || !beside {
			return w.report(Finding{Object: o.Name, Status: Unnamed, Reason: "not the name of a digest"})
		}
	case !w.Until.IsZero() && !k.Delivered.Before(w.Until):
	default:
		w.logs[o.Name] = listedLog{size: o.Size, modified: o.Modified.UnixMicro(), before: k.Delivered.Before(since)}
	}
	return nil
}

// layoutParts is how many parts of a name follow the layout: ACCOUNT/KIND/REGION/YYYY/MM/DD/FILE.
const layoutParts = 7

// layoutFolder is what is before the layout in a name.
func layoutFolder(name string) string {
	end := len(name)
	for range layoutParts {
		end = max(0, strings.LastIndexByte(name[:end], '/'))
	}
	return name[:end]
}

// late tells the digests that begin after the window from those in order before
// them: each begins where the one before it ends.
func (w *walk) late() func(*walked) bool {
	var before *walked
	return func(d *walked) bool {
		if w.Until.IsZero() {
			return false
		}
		begin := d.at.Add(-Reach)
		if before != nil && before.chain == d.chain {
			begin = before.at
		}
		before = d
		return !begin.Before(w.Until.Add(Slack))
	}
}

// fetch reads a digest. An error ends the verification.
func (w *walk) fetch(ctx context.Context, h *hasher, d *walked) error {
	var text []byte
	text, d.signature, d.err = h.digest(ctx, d.src, d.o)
	w.Progress.Digests.Add(1)
	w.Progress.Bytes.Add(h.read)
	if d.err != nil {
		return ending(d.err)
	}
	if d.doc, d.err = ParseDigest(text); d.err != nil {
		d.err = unfit{d.err}
		return nil
	}
	w.locate(d)
	return nil
}

// ending is err if nothing more can be read after it.
func ending(err error) error {
	if EndsSource(err) {
		return err
	}
	return nil
}

// locate finds out what stands for the places that the digest names.
func (w *walk) locate(d *walked) {
	switch {
	case w.Original != "":
		d.from, d.to = w.Original, d.src.Root()
	case strings.HasPrefix(d.o.Name, "s3://"):
		d.from, d.to = "s3://", "s3://"
	default:
		here, there := strings.Split(d.o.Name, "/"), strings.Split(d.doc.Name(), "/")
		n := 0
		for n < min(len(here), len(there)) && here[len(here)-1-n] == there[len(there)-1-n] {
			n++
		}
		if n >= layoutParts {
			d.from, d.to = joinSlash(there[:len(there)-n]), joinSlash(here[:len(here)-n])
		}
	}
}

func joinSlash(part []string) string {
	if len(part) == 0 {
		return ""
	}
	return strings.Join(part, "/") + "/"
}

// here is the name under which an object is stored here that has that name where
// CloudTrail put it, or "" if it is outside of what is looked at.
func (d *walked) here(original string) string {
	rest, ok := strings.CutPrefix(original, d.from)
	if !ok || d.from == "" {
		return ""
	}
	// Digests that are not signed must not lead anywhere.
	if !strings.HasPrefix(d.to, "s3://") && path.Clean("/"+rest) != "/"+rest {
		return ""
	}
	return d.to + rest
}

// each calls f for 0 to n-1, side by side, until one of them returns an error.
func (w *walk) each(ctx context.Context, n int, f func(h *hasher, i int) error) error {
	until, end := context.WithCancelCause(ctx)
	defer end(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, max(1, w.Concurrency)) {
		group.Go(func() {
			h := newHasher()
			for until.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(h, i); err != nil {
					end(err)
				}
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Cause(until)
}
