package geoip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAge is how old a database may grow before Notes says so. MaxMind makes new ones
// twice a week, and its licence asks that old ones go within 30 days.
const MaxAge = 60 * 24 * time.Hour

// Options say where the data is. All sources may be empty: what needs them then
// returns an error that says what to do.
type Options struct {
	GeoIP    []string // databases: .mmdb, .mmdb.gz, .tar.gz; a path, s3://… or https://…
	Tor      []string // lists of exits, likewise
	Ranges   []string // AWS's ip-ranges.json, likewise
	Language string   // of names, such as de or pt-BR; English where there are none in it

	KeepDir string // where fetched files are kept; empty: nowhere
	Always  bool   // ask the source also while the kept copy is fresh (an hour for Tor, a day else)

	Open func(ctx context.Context, spec string) (io.ReadCloser, error) // opens s3://… and https://…
	Now  func() time.Time
}

// A DB holds what was loaded. It is safe for concurrent use.
type DB struct {
	opts    Options
	sources []source

	mu     sync.Mutex // one Reload at a time; guards what follows
	loaded []*loaded  // as sources
	notes  []string

	snapshot atomic.Pointer[Snapshot]
}

// loaded is what a source gave.
type loaded struct {
	path     string      // that was read; empty where it was fetched to memory
	info     fs.FileInfo // of path
	fetched  time.Time   // zero for a file
	asked    time.Time   // when it was last tried to fetch it
	note     string
	database *database // or
	tor      *torList  // or
	ranges   *awsRanges
}

// Open loads all that opts names. A source that cannot be loaded is an error that
// names it; a fetched one may be replaced by its kept copy, which is a note.
func Open(ctx context.Context, opts Options) (*DB, error) {
	if opts.Now == nil {
		return nil, errors.New("geoip: no clock was given")
	}
	db := &DB{opts: opts}
	for _, group := range []struct {
		specs []string
		what  need
	}{{opts.GeoIP, needNothing}, {opts.Tor, needTor}, {opts.Ranges, needRanges}} {
		for _, spec := range group.specs {
			db.sources = append(db.sources, newSource(spec, group.what))
		}
	}
	db.loaded = make([]*loaded, len(db.sources))
	if _, err := db.Reload(ctx); err != nil {
		return nil, err
	}
	return db, nil
}

// Reload loads again what changed: files of another size or time, and what was
// fetched once its copy is no longer fresh. It tells whether anything did. Where a
// replacement is no good, the error names it and what was there stays in use.
func (db *DB) Reload(ctx context.Context) (changed bool, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	var errs []error
	for i, s := range db.sources {
		if db.loaded[i] != nil && !db.stale(s, db.loaded[i]) {
			continue
		}
		l, err := db.load(ctx, s, db.loaded[i])
		if err != nil {
			errs = append(errs, s.wrap(err))
			continue
		}
		changed = changed || !l.same(db.loaded[i])
		db.loaded[i] = l
	}
	if changed || db.snapshot.Load() == nil {
		db.snapshot.Store(newSnapshot(&db.opts, db.sources, db.loaded))
	}
	db.note()
	return changed, errors.Join(errs...)
}

// stale tells whether the source has, or may have, something newer.
func (db *DB) stale(s source, l *loaded) bool {
	if s.remote() && !db.isFresh(s, l.fetched) && db.opts.Now().Sub(l.asked) >= retryAfter {
		return true
	}
	if l.path == "" {
		return false
	}
	info, err := os.Stat(l.path)
	return err != nil || !unchanged(info, l.info)
}

func (db *DB) isFresh(s source, fetched time.Time) bool {
	age := db.opts.Now().Sub(fetched)
	return !db.opts.Always && age >= 0 && age < s.fresh()
}

// retryAfter is how long a source that is down is left alone.
const retryAfter = 5 * time.Minute

// load loads a source. A fetched one comes from its kept copy where that is fresh,
// or the source is down; old is what it gave before, nil at first.
func (db *DB) load(ctx context.Context, s source, old *loaded) (*loaded, error) {
	if !s.remote() {
		return db.parse(ctx, s, s.spec)
	}
	var l *loaded
	var err error
	if db.opts.KeepDir == "" {
		l, err = db.loadToMemory(ctx, s)
	} else {
		l, err = db.loadKept(ctx, s)
	}
	if err != nil && old != nil && ctx.Err() == nil {
		still := *old
		l = &still
	} else if l == nil {
		return nil, err
	}
	l.asked, l.note = db.opts.Now(), ""
	if err != nil {
		said, _, _ := strings.Cut(s.wrap(err).Error(), "\n")
		l.note = fmt.Sprintf("%s; the copy fetched %s is used", clean(said), since(db.opts.Now(), l.fetched))
	}
	return l, nil
}

// loadKept loads the kept copy, fetched anew unless it is fresh. Where that failed,
// it returns the old copy and why.
func (db *DB) loadKept(ctx context.Context, s source) (*loaded, error) {
	kept := filepath.Join(db.opts.KeepDir, s.keptAs())
	open := func() (*loaded, error) {
		l, err := db.parse(ctx, s, kept)
		if err == nil {
			l.fetched = l.info.ModTime()
		}
		return l, err
	}
	if info, err := os.Stat(kept); err == nil && db.isFresh(s, info.ModTime()) {
		if l, err := open(); err == nil {
			return l, nil
		} // a damaged copy is fetched again
	}
	err := db.opts.keep(ctx, s, s.limit(), func(name string) error {
		_, err := db.parse(ctx, s, name)
		return err
	})
	if ctx.Err() != nil {
		return nil, err
	}
	l, openErr := open()
	if openErr != nil {
		if err == nil {
			err = openErr
		}
		return nil, err
	}
	return l, err
}

// same tells whether l holds what old did.
func (l *loaded) same(old *loaded) bool {
	return old != nil && l.database == old.database && l.tor == old.tor && l.ranges == old.ranges
}

func (s source) limit() int64 {
	if s.what == needNothing {
		return maxDatabase
	}
	return maxList
}

func (db *DB) loadToMemory(ctx context.Context, s source) (*loaded, error) {
	var text bytes.Buffer
	if err := db.opts.fetch(ctx, s, &text, s.limit()); err != nil {
		return nil, err
	}
	l := &loaded{fetched: db.opts.Now()}
	var err error
	if s.what == needNothing {
		l.database, err = memoryDatabase(s, text.Bytes())
	} else {
		err = l.list(s, text.Bytes())
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// parse loads the file name.
func (db *DB) parse(ctx context.Context, s source, name string) (*loaded, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	l := &loaded{path: name, info: info}
	if !info.Mode().IsRegular() {
		l.path = "" // a pipe cannot be read twice
	}
	if s.what == needNothing {
		if l.database, err = openDatabase(ctx, s, name); err != nil {
			return nil, err
		}
		l.info = l.database.info
		return l, nil
	}
	text, err := readFile(ctx, name, s.limit())
	if err != nil {
		return nil, err
	}
	if err := l.list(s, text); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *loaded) list(s source, text []byte) (err error) {
	if s.what == needTor {
		l.tor, err = parseTor(text)
	} else {
		l.ranges, err = parseRanges(text)
	}
	return err
}

// note says what a person should know of what is loaded.
func (db *DB) note() {
	db.notes = nil
	for i, l := range db.loaded {
		if l == nil {
			continue
		}
		name := db.sources[i].name
		if l.note != "" {
			db.notes = append(db.notes, l.note)
		}
		if l.tor != nil && l.tor.bad > 0 {
			db.notes = append(db.notes, fmt.Sprintf("%s: %d lines are no addresses, the first of them line %d", name, l.tor.bad, l.tor.firstAt))
		}
		if l.ranges != nil && l.ranges.bad > 0 {
			db.notes = append(db.notes, fmt.Sprintf("%s: %d entries have no network or service", name, l.ranges.bad))
		}
		if l.database != nil {
			if built := l.database.reader.Metadata.BuildTime(); db.opts.Now().Sub(built) > MaxAge {
				db.notes = append(db.notes, fmt.Sprintf("%s: made %s; addresses move: get a newer one", name, since(db.opts.Now(), built)))
			}
		}
	}
}

// since says when then was: the day, and how long ago.
func since(now, then time.Time) string {
	day := then.UTC().Format(time.DateOnly)
	switch age := now.Sub(then); {
	case age < 0:
		return day
	case age < 2*time.Hour:
		return fmt.Sprintf("%s, %d minutes ago", day, int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%s, %d hours ago", day, int(age.Hours()))
	default:
		return fmt.Sprintf("%s, %d days ago", day, int(age.Hours()/24))
	}
}

// Notes returns what a person should know of what is loaded: copies used because
// the source was down, lines skipped, databases older than MaxAge.
func (db *DB) Notes() []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	return append([]string(nil), db.notes...)
}

// Snapshot returns what is loaded now. It never changes; nothing has to be closed.
func (db *DB) Snapshot() *Snapshot { return db.snapshot.Load() }
