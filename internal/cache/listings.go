package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// An object can come late: mostly minutes after its time, seldom hours, and up to
// settled, for so long deliveries are retried. So a folder that was listed is listed
// again for overlap, and for ten times as long as it has not been listed. Once in
// deepEvery it is listed as far back as a day is that has become settled since that
// was last done: each day is listed when it is settled, and then no more.
const (
	overlap   = 25 * time.Hour
	settled   = 31 * 24 * time.Hour
	deepEvery = 7 * 24 * time.Hour
)

// maxListings is how many listings of a folder are kept, the latest: each load
// --since 7d is under a filter of its own.
const maxListings = 8

// Listings are what the cache knows of folders that were listed to their end, and of
// which all was loaded that a filter keeps; for one load.
type Listings struct {
	w     *Writer
	scope *listingScope
	now   time.Time
	known map[string]listing
}

// A listingScope is what was loaded of the folders that were listed; nil is all. A
// filter that ends with a time ends the listing as well, Late after it.
type listingScope struct {
	cloudtrail.Filter
	Late time.Duration `json:",omitempty"`
}

func newListingScope(f *cloudtrail.Filter, late time.Duration) *listingScope {
	if f == nil {
		return nil
	}
	s := &listingScope{Filter: *f}
	if !s.open() {
		s.Late = late
	}
	return s
}

func (s *listingScope) open() bool { return s.Until == 0 || s.Until == cloudtrail.NoTime }

// end is the last delivery that a scope takes which is not open.
func (s *listingScope) end() int64 { return s.Until + s.Late.Microseconds() }

// covers reports whether all that b takes, a takes.
func (a *listingScope) covers(b *listingScope) bool {
	switch {
	case a == nil:
		return true
	case b == nil:
		return false
	}
	return covers(&a.Filter, &b.Filter) && (a.open() || b.end() <= a.end())
}

// A listing says when a folder was last listed, and when as far back as settled.
type listing struct{ at, deep time.Time }

// from is from which delivery on the folder is to be listed now.
func (l listing) from(now time.Time) time.Time {
	if deep := now.Sub(l.deep); deep >= deepEvery {
		return now.Add(-settled - deep)
	}
	return now.Add(-max(overlap, min(10*now.Sub(l.at), settled)))
}

// next is the listing that is done now.
func (l listing) next(now time.Time) listing {
	if now.Sub(l.deep) >= deepEvery {
		return listing{now, now}
	}
	return listing{now, l.deep}
}

// A ListingOptions is for which load listings are known.
type ListingOptions struct {
	Filter *cloudtrail.Filter
	// Late is how long after the end of Filter the listings go on.
	Late time.Duration
	Now  time.Time // when the load begins
	All  bool      // nothing is known: all is listed
}

// Listings reads what is known for a load.
func (w *Writer) Listings(ctx context.Context, o ListingOptions) (*Listings, error) {
	now := o.Now
	l := &Listings{w: w, scope: newListingScope(o.Filter, o.Late), now: now, known: map[string]listing{}}
	if o.All {
		return l, nil
	}
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	err := w.main.Query(ctx, func(scan func(...any) error) error {
		var folder string
		var one listing
		var text *string
		if err := scan(&folder, &one.at, &one.deep, &text); err != nil {
			return err
		}
		scope, err := parseScope(text)
		if err != nil {
			return fmt.Errorf("filter of %s among the listings: %w", folder, err)
		}
		if known, ok := l.known[folder]; scope.covers(l.scope) && (!ok || one.from(now).After(known.from(now))) {
			l.known[folder] = one
		}
		return nil
	}, "SELECT folder, listedAt, deepAt, filter FROM "+alias+".ctsql_listings")
	return l, leaveWith(ctx, w, err)
}

// From tells from which delivery on a folder need be listed: what is before is
// loaded. Zero is all of it.
func (l *Listings) From(folder string) time.Time {
	known, ok := l.known[folder]
	if !ok {
		return time.Time{}
	}
	return known.from(l.now)
}

// Done notes that the folders were listed from there to their end, and that all is
// loaded that the filter keeps of them.
func (l *Listings) Done(ctx context.Context, folders []string) error {
	if len(folders) == 0 {
		return nil
	}
	if err := l.w.enter(ctx); err != nil {
		return err
	}
	return leaveWith(ctx, l.w, l.write(ctx, folders))
}

func (l *Listings) write(ctx context.Context, folders []string) error {
	const layout = "2006-01-02 15:04:05.999999"
	var deep []string
	for _, folder := range folders {
		deep = append(deep, l.known[folder].next(l.now).deep.UTC().Format(layout))
	}
	scope, err := l.scope.text()
	if err != nil {
		return err
	}
	c := l.w.main
	if gone, err := l.gone(ctx); err != nil || gone {
		return err
	}
	return transaction(ctx, c, func() error {
		err := c.Exec(ctx, "DELETE FROM "+alias+".ctsql_listings WHERE filter IS NOT DISTINCT FROM $2 AND folder IN (SELECT unnest($1::VARCHAR[]))", folders, scope)
		if err != nil {
			return err
		}
		err = c.Exec(ctx, "INSERT INTO "+alias+`.ctsql_listings SELECT folder, $3::TIMESTAMP, deep::TIMESTAMP, $4
			FROM (SELECT unnest($1::VARCHAR[]) AS folder, unnest($2::VARCHAR[]) AS deep)`, folders, deep, l.now.UTC().Format(layout), scope)
		if err != nil {
			return err
		}
		return c.Exec(ctx, fmt.Sprintf(`DELETE FROM %s.ctsql_listings WHERE rowid IN (SELECT rowid FROM
			(SELECT rowid, row_number() OVER (PARTITION BY folder ORDER BY listedAt DESC) AS n FROM %[1]s.ctsql_listings) WHERE n > %d)`, alias, maxListings))
	})
}

// gone reports whether what was known at the begin is no more: then the cache was
// pruned, and what was not listed again may be missing.
func (l *Listings) gone(ctx context.Context) (bool, error) {
	if len(l.known) == 0 {
		return false, nil
	}
	var n int
	err := l.w.main.One(ctx, "SELECT count(*) FROM "+alias+".ctsql_listings", &n)
	return n == 0, err
}

// text is a scope as the table has it.
func (s *listingScope) text() (*string, error) {
	if s == nil {
		return nil, nil
	}
	text, err := json.Marshal(s)
	return new(string(text)), err
}

func parseScope(text *string) (*listingScope, error) {
	if text == nil {
		return nil, nil
	}
	s := new(listingScope)
	return s, json.Unmarshal([]byte(*text), s)
}
