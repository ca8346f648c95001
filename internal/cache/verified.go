package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Loaded returns what is known of each object that the ledger has as it is now, and
// zero for others.
func (w *Writer) Loaded(ctx context.Context, objects []cloudtrail.Object) ([]cloudtrail.LoadedLog, error) {
	logs := make([]cloudtrail.LoadedLog, len(objects))
	if len(objects) == 0 {
		return logs, nil
	}
	at, names := map[string]int{}, make([]string, len(objects))
	for i, o := range objects {
		names[i] = objectName(o)
		at[names[i]] = i
	}
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	err := w.main.Query(ctx, func(scan func(...any) error) error {
		var name string
		var e entry
		var stored, text, earlier *string
		if err := scan(&name, &e.size, &e.modified, &stored, &text, &earlier); err != nil {
			return err
		}
		i := at[name]
		if o := objects[i]; e.size != o.Size || e.modified != o.Modified.UnixMicro() {
			return nil
		}
		is := cloudtrail.LoadedLog{Rewritten: earlier != nil}
		if err := errors.Join(parseSum(name, is.Stored[:], stored), parseSum(name, is.Text[:], text)); err != nil {
			return err
		}
		logs[i] = logs[i].Or(is)
		return nil
	}, `SELECT sourceObject, size, epoch_us(lastModified), sha256, inflatedSHA256, earlier FROM `+alias+`.objects
		WHERE sourceObject BETWEEN $1 AND $2 AND sourceObject IN (SELECT unnest($3::VARCHAR[]))`,
		slices.Min(names), slices.Max(names), names)
	return logs, leaveWith(ctx, w, err)
}

// parseSum reads a hash of the ledger; nil is none.
func parseSum(name string, to []byte, text *string) error {
	if text == nil {
		return nil
	}
	if n, err := hex.Decode(to, []byte(*text)); err != nil || n != sha256.Size {
		return fmt.Errorf("hash of %s in the ledger: %q", name, *text)
	}
	return nil
}

// Judge enters what was found of objects into the ledger, of each that it has as it
// was listed; a log that is missing was not listed.
func (w *Writer) Judge(ctx context.Context, found []cloudtrail.Finding) error {
	var names, statuses []string
	var sizes, times []int64
	for _, f := range found {
		missing := f.Log && f.Status == cloudtrail.Missing
		if f.Status == cloudtrail.Unread || f.Size < 0 && !missing {
			continue
		}
		size := f.Size
		if missing {
			size = -1
		}
		names, statuses = append(names, objectName(cloudtrail.Object{Name: f.Object})), append(statuses, string(f.Status))
		sizes, times = append(sizes, size), append(times, f.Modified.UnixMicro())
	}
	if len(names) == 0 {
		return nil
	}
	if err := w.enter(ctx); err != nil {
		return err
	}
	err := w.main.Exec(ctx, fmt.Sprintf(`UPDATE %s.objects SET verified = v.status
		FROM (SELECT unnest($1::VARCHAR[]) AS name, unnest($2::BIGINT[]) AS size, unnest($3::BIGINT[]) AS modified, unnest($4::VARCHAR[]) AS status) v
		WHERE sourceObject BETWEEN $5 AND $6 AND sourceObject = v.name AND verified IS DISTINCT FROM v.status
			AND (v.size < 0 OR v.size = objects.size AND v.modified = epoch_us(lastModified))`, alias),
		names, sizes, times, statuses, slices.Min(names), slices.Max(names))
	return leaveWith(ctx, w, err)
}

// Verified is how far the logs in the cache were compared with digests.
type Verified struct {
	w       *Writer
	reached map[cloudtrail.Place]cloudtrail.Reached
	waiting map[cloudtrail.Place]time.Time // when the first was delivered that was not
	loaded  *time.Time                     // when the last object was loaded; nil for none
}

// dayFolder is a regular expression for the names of logs whose folders are
// days. Below one parent their order is that of delivery.
const dayFolder = "^(.*/CloudTrail[^/]*/[^/]+)/[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+$"

// Verified reads what is known.
func (w *Writer) Verified(ctx context.Context) (*Verified, error) {
	v := &Verified{w: w, reached: map[cloudtrail.Place]cloudtrail.Reached{}, waiting: map[cloudtrail.Place]time.Time{}}
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	err := w.main.Query(ctx, func(scan func(...any) error) error {
		var p cloudtrail.Place
		var r cloudtrail.Reached
		var digest *string
		err := scan(&p.Folder, &p.Account, &p.Region, &r.Until, &digest)
		if digest != nil {
			r.Digest = *digest
		}
		v.reached[p] = r
		return err
	}, "SELECT folder, account, region, until, digest FROM "+alias+".ctsql_verified")
	if err == nil {
		err = w.main.One(ctx, "SELECT max(loadedAt) FROM "+alias+".objects", &v.loaded)
	}
	if err == nil {
		err = w.unjudged(ctx, "min(sourceObject)", "GROUP BY regexp_extract(sourceObject, '"+dayFolder+"', 1)", func(_ string, p cloudtrail.Place, k cloudtrail.Key) {
			if t, ok := v.waiting[p]; !ok || k.Delivered.Before(t) {
				v.waiting[p] = k.Delivered
			}
		})
	}
	return v, leaveWith(ctx, w, err)
}

// unjudged calls f for logs of which nothing was found so far. Versions of which one
// was deleted or overwritten are not looked for.
func (w *Writer) unjudged(ctx context.Context, name, rest string, f func(name string, p cloudtrail.Place, k cloudtrail.Key)) error {
	return w.main.Query(ctx, func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		if p, k, ok := cloudtrail.PlaceOf(name); ok && k.Kind != cloudtrail.KindDigest {
			f(name, p, k)
		}
		return nil
	}, fmt.Sprintf("SELECT %s FROM %s.objects WHERE verified IS NULL AND skipped IS NULL AND version IS NULL AND regexp_matches(sourceObject, '%s') %s", name, alias, dayFolder, rest))
}

// From is from which delivery on a place is to be looked at: digests may have come
// late, and logs be waiting for theirs. Zero is all of it.
func (v *Verified) From(p cloudtrail.Place) time.Time {
	r, ok := v.reached[p]
	if !ok {
		return time.Time{}
	}
	from := r.Until.Add(-cloudtrail.Due)
	if first, ok := v.waiting[p]; ok && first.Before(from) {
		from = first
	}
	return from
}

// Digests are the last ones that were judged, one of a place.
func (v *Verified) Digests() map[cloudtrail.Place]cloudtrail.Reached { return v.reached }

// Done notes how far places were judged, from the delivery that since tells of each on,
// and up to until if it is not zero. Of what was to be judged and nothing was found, what
// was loaded is there no more; how many logs that are it returns.
func (v *Verified) Done(ctx context.Context, places map[cloudtrail.Place]cloudtrail.Reached, since func(cloudtrail.Place) time.Time, until time.Time) (gone int, err error) {
	var lost []cloudtrail.Finding
	if err := v.w.enter(ctx); err != nil {
		return 0, err
	}
	before := "" // what another process loaded since may have come since
	if v.loaded != nil {
		before = fmt.Sprintf("AND loadedAt <= make_timestamp(%d::BIGINT)", v.loaded.UnixMicro())
	}
	err = v.w.unjudged(ctx, "sourceObject", before, func(name string, p cloudtrail.Place, k cloudtrail.Key) {
		if r, ok := places[p]; ok && (until.IsZero() || k.Delivered.Before(until)) && !k.Delivered.Before(since(p)) && k.Delivered.Before(r.Until.Add(-cloudtrail.Slack)) {
			lost = append(lost, cloudtrail.Finding{Log: true, Object: name, Status: cloudtrail.Missing, Size: -1})
		}
	})
	if err == nil {
		err = v.write(ctx, places)
	}
	if err := leaveWith(ctx, v.w, err); err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(lost, 10_000) {
		if err := v.w.Judge(ctx, chunk); err != nil {
			return 0, err
		}
	}
	return len(lost), nil
}

func (v *Verified) write(ctx context.Context, places map[cloudtrail.Place]cloudtrail.Reached) error {
	c := v.w.main
	return transaction(ctx, c, func() error {
		for p, r := range places {
			if r.Until.Before(v.reached[p].Until) {
				continue
			}
			if err := c.Exec(ctx, "DELETE FROM "+alias+".ctsql_verified WHERE folder = $1 AND account = $2 AND region = $3", p.Folder, p.Account, p.Region); err != nil {
				return err
			}
			if err := c.Exec(ctx, "INSERT INTO "+alias+".ctsql_verified VALUES ($1, $2, $3, make_timestamp($4::BIGINT), nullif($5, ''))",
				p.Folder, p.Account, p.Region, r.Until.UnixMicro(), r.Digest); err != nil {
				return err
			}
		}
		return nil
	})
}
