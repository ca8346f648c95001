package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

// A Commit is what goes into the state at once: all of it, or nothing.
type Commit struct {
	Change  *profile.Change // nil for none
	Objects []Taken
	Refused []Refused
	// Resolved are names of what is done that was refused before, beside Objects.
	Resolved []string
	// Answered are alerts whose values are normal now, by the Answers that were asked.
	Answered []string
}

// Taken is an object that was taken to its end.
type Taken struct {
	cloudtrail.Object
	Events int
}

// Commit stores what a batch changed. Of a file in which there is no room, nothing is
// stored. After an error the batch may be in or not in, and what was learned in memory
// is ahead of the file: Restore, and ask Seen, before the next one.
func (s *State) Commit(ctx context.Context, co *Commit) error {
	return s.use(ctx, func(c *duck.Conn) error {
		if err := s.settle(ctx, c); err != nil {
			return err
		}
		next := s.meta
		next.batch++
		w := writing{s: s, c: c, co: co, change: co.Change, batch: next.batch}
		if w.change == nil {
			w.change = new(profile.Change)
		}
		if w.change.Watermark != 0 {
			next.watermark = w.change.Watermark
		}
		if w.change.First != 0 {
			next.first = int64(w.change.First)
		}
		for _, cl := range w.change.Closed {
			next.closed = max(next.closed, int64(cl.Day))
			if cl.Spot != nil {
				text, err := json.Marshal(cl.Spot)
				if err != nil {
					return err
				}
				next.spot = string(text)
			}
		}
		err := transaction(ctx, c, func() error {
			if err := w.write(ctx); err != nil {
				return err
			}
			return writeMeta(ctx, c, next)
		})
		if err != nil {
			return err
		}
		s.meta = next
		for name, n := range w.added {
			s.counts[name] += n
		}
		if len(co.Answered) > 0 {
			s.asked = nil
		}
		if err := s.secure(); err != nil {
			return err
		}
		s.compact(ctx, c)
		return nil
	})
}

// writeMeta writes what changes.
func writeMeta(ctx context.Context, c *duck.Conn, m meta) error {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return c.Exec(ctx, `UPDATE state.meta SET value = CASE name
			WHEN 'batch' THEN $1 WHEN 'watermark' THEN $2 WHEN 'first' THEN $3 WHEN 'closed' THEN $4 WHEN 'tidied' THEN $5 ELSE $6 END
		WHERE name IN ('batch', 'watermark', 'first', 'closed', 'tidied', 'spot')`,
		number(m.batch), number(m.watermark), number(m.first), number(m.closed), number(m.tidied), m.spot)
}

// longLog is how many bytes the log may have before what is in it is brought to its
// place. To replay so much takes a second.
const longLog = 64 << 20

// settle shortens the log. It comes before the transaction: if there is no room for it,
// nothing was stored that is then told as an error.
func (s *State) settle(ctx context.Context, c *duck.Conn) error {
	info, err := os.Stat(s.o.Path + ".wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() < longLog {
		return nil
	}
	if err != nil {
		return err
	}
	return c.Exec(ctx, "CHECKPOINT "+stateAlias)
}

// secure makes the log its owner's only, as the file is: DuckDB leaves that to the umask.
func (s *State) secure() error {
	name := s.o.Path + ".wal"
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().Perm() == 0o600 {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(name, 0o600)
}

// writing is one transaction of Commit.
type writing struct {
	s      *State
	c      *duck.Conn
	co     *Commit
	change *profile.Change
	batch  int64
	added  map[string]int64 // rows, by table
}

func (w *writing) write(ctx context.Context) error {
	w.added = map[string]int64{}
	steps := []func(context.Context) error{w.learned, w.open, w.judged, w.closeDays, w.stories, w.objects, w.refused, w.answered}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// insert puts n rows into a table; those of tables with a batch have it written already.
func (w *writing) insert(ctx context.Context, name string, columns []duck.Column, n int, put func(i int, to row)) error {
	if n == 0 {
		return nil
	}
	w.added[name] += int64(n)
	return w.s.file.insert(ctx, "state."+name, name, rows{columns: columns, n: n, put: func(i int, to row) {
		if columns[0].Name == batchColumn.Name {
			to.int(0, w.batch)
		}
		put(i, to)
	}})
}

// insert puts rows into a table.
func (f *stateFile) insert(ctx context.Context, into, name string, r rows) error {
	return f.with(ctx, name, r, "INSERT INTO "+into+" SELECT * FROM ctsql_rows("+duck.Quote(name)+")")
}

// with runs a statement in which ctsql_rows(name) yields the rows.
func (f *stateFile) with(ctx context.Context, name string, r rows, statement string, params ...any) error {
	f.puts[name] = &r
	defer delete(f.puts, name)
	return f.c.Exec(ctx, statement, params...)
}

// learned writes what keys stand for, what open days hold, and who acts for whom.
func (w *writing) learned(ctx context.Context) error {
	ch := w.change
	err := w.insert(ctx, "named", namedColumns, len(ch.Named), func(i int, to row) {
		n := &ch.Named[i]
		to.int(1, int64(n.Key))
		to.int(2, int64(n.Group))
		to.text(3, n.Profile)
		to.text(4, string(n.Of))
		to.text(5, n.Subject)
		to.text(6, n.Value)
	})
	if err != nil {
		return err
	}
	err = w.insert(ctx, "seen", seenColumns, len(ch.Seen), func(i int, to row) {
		v := &ch.Seen[i]
		to.int32(1, int32(v.Day))
		to.int(2, int64(v.Key))
		to.int(3, int64(v.Group))
		to.int(4, v.First)
		to.int(5, v.Last)
		to.int(6, int64(v.Count))
	})
	if err != nil {
		return err
	}
	return w.insert(ctx, "counts", countColumns, len(ch.Counts), func(i int, to row) {
		v := &ch.Counts[i]
		to.int32(1, int32(v.Day))
		to.int32(2, int32(v.Hour))
		to.int(3, int64(v.Key))
		to.int(4, int64(v.Count))
	})
}

// open writes what is known of single records, of days that are open.
func (w *writing) open(ctx context.Context) error {
	ch := w.change
	err := w.insert(ctx, "recent", recentColumns, len(ch.Recent), func(i int, to row) {
		to.int32(1, int32(ch.Recent[i].Day))
		to.bytes(2, hashBytes(ch.Recent[i].Events))
	})
	if err != nil {
		return err
	}
	err = w.insert(ctx, "evidence", evidenceColumns, len(ch.Evidence), func(i int, to row) {
		v := &ch.Evidence[i]
		to.int32(1, int32(v.Day))
		to.int(2, int64(v.Key))
		to.int(3, v.Time)
		to.json(4, v)
	})
	if err != nil {
		return err
	}
	if len(ch.Again) > 0 {
		if err := w.c.Exec(ctx, fmt.Sprintf("DELETE FROM state.detected WHERE overTime AND day IN (%s)", dates(ch.Again))); err != nil {
			return err
		}
	}
	err = w.insert(ctx, "detected", detectedColumns, len(ch.Detected), func(i int, to row) {
		v := &ch.Detected[i]
		to.int32(1, int32(v.Day))
		to.bool(2, v.Window)
		to.int(3, v.Time)
		to.json(4, v)
	})
	if err != nil {
		return err
	}
	return w.insert(ctx, "lineage", lineageColumns, len(ch.Lineage), func(i int, to row) {
		to.int(1, ch.Lineage[i].Until)
		to.json(2, &ch.Lineage[i])
	})
}

// judged writes which values are not normal though they are known.
func (w *writing) judged(ctx context.Context) error {
	ch := w.change
	return w.insert(ctx, "probation", probationColumns, len(ch.Probation), func(i int, to row) {
		p := &ch.Probation[i]
		to.int(1, int64(p.Key))
		to.int32(2, int32(p.Since))
		to.int32(3, int32(p.Days))
		to.bool(4, p.Ended)
	})
}

// closeDays adds up what days taught, and clears what was kept of them till then.
func (w *writing) closeDays(ctx context.Context) error {
	var days []profile.Day
	for _, cl := range w.change.Closed {
		days = append(days, cl.Day)
		if err := w.closeDay(ctx, &cl); err != nil {
			return err
		}
	}
	if len(days) == 0 {
		return nil
	}
	for _, name := range []string{"seen", "counts", "recent", "evidence", "detected"} {
		if err := w.c.Exec(ctx, fmt.Sprintf("DELETE FROM state.%s WHERE day IN (%s)", name, dates(days))); err != nil {
			return err
		}
	}
	// Not all that is over by the watermark: of the days that are open it tells who did it.
	if err := w.c.Exec(ctx, "DELETE FROM state.lineage WHERE until < make_timestamp($1::BIGINT)", w.change.Over); err != nil {
		return err
	}
	return w.clearOutbox(ctx)
}

// dates are days as SQL has them in a list.
func dates(days []profile.Day) string {
	var list []string
	for _, d := range days {
		list = append(list, "DATE "+duck.Quote(d.Start().Format(time.DateOnly)))
	}
	return strings.Join(list, ", ")
}

func (w *writing) closeDay(ctx context.Context, cl *profile.Closed) error {
	err := w.insert(ctx, "learned", learnedColumns, len(cl.Learned), func(i int, to row) {
		v := &cl.Learned[i]
		to.int(1, int64(v.Key))
		to.int(2, int64(v.Group))
		to.int(3, v.First)
		to.int(4, v.Last)
		to.int(5, int64(v.Count))
		to.int32(6, int32(v.Days))
	})
	if err != nil {
		return err
	}
	err = w.insert(ctx, "rates", rateColumns, len(cl.Rates), func(i int, to row) {
		v := &cl.Rates[i]
		to.int(1, int64(v.Key))
		to.int32(2, int32(v.Day))
		to.float(3, float64(v.Alpha))
		to.float(4, float64(v.Beta))
		to.float(5, float64(v.Excess))
	})
	if err != nil {
		return err
	}
	return w.insert(ctx, "hours", hoursColumns, len(cl.Hours), func(i int, to row) {
		v := &cl.Hours[i]
		to.int(1, int64(v.Group))
		to.int32(2, int32(v.Day))
		to.binary(3, v.Hours)
	})
}

// objects enters what was taken in the ledger, and clears it of the quarantine.
func (w *writing) objects(ctx context.Context) error {
	taken := w.co.Objects
	if len(taken) == 0 {
		return nil
	}
	names := make([]string, len(taken))
	for i := range taken {
		names[i] = nameText(taken[i].Name)
	}
	now := w.s.o.Now().UnixMicro()
	r := rows{columns: objectColumns, n: len(taken), put: func(i int, to row) {
		to.text(0, names[i])
		to.int(1, taken[i].Size)
		to.int(2, taken[i].Modified.UnixMicro())
		to.int(3, int64(taken[i].Events))
		to.int(4, now)
	}}
	// An object that was written anew takes the place of what it was.
	err := w.s.file.with(ctx, "objects", r, `DELETE FROM state.objects WHERE sourceObject BETWEEN $1 AND $2
		AND sourceObject IN (SELECT sourceObject FROM ctsql_rows('objects'))`, slices.Min(names), slices.Max(names))
	if err != nil {
		return err
	}
	if err := w.insert(ctx, "objects", objectColumns, r.n, r.put); err != nil {
		return err
	}
	return w.resolve(ctx, names)
}

// Seen reports of each object whether it was taken as it is now.
func (s *State) Seen(ctx context.Context, objects []cloudtrail.Object) ([]bool, error) {
	seen := make([]bool, len(objects))
	if len(objects) == 0 {
		return seen, nil
	}
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = nameText(o.Name)
	}
	type version struct{ size, modified int64 }
	known := map[string]version{}
	err := s.use(ctx, func(c *duck.Conn) error {
		return c.Query(ctx, func(scan func(...any) error) error {
			var name string
			var v version
			err := scan(&name, &v.size, &v.modified)
			known[name] = v
			return err
		}, `SELECT sourceObject, size, epoch_us(lastModified) FROM state.objects
			WHERE sourceObject BETWEEN $1 AND $2 AND sourceObject IN (SELECT unnest($3::VARCHAR[]))`, slices.Min(names), slices.Max(names), names)
	})
	for i, o := range objects {
		v, ok := known[names[i]]
		seen[i] = ok && v.size == o.Size && v.modified == o.Modified.UnixMicro()
	}
	return seen, err
}
