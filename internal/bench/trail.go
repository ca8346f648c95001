package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/s3logs"
	"github.com/ctsql/ctsql/internal/synth"
)

// A made log is one that is loaded, as the marker tells of it.
type made[C comparable, S any] struct {
	Dir    string // of the log files, and of nothing else
	Config C
	Sum    S
}

type (
	trail     = made[synth.Config, synth.Summary]
	accessLog = made[synth.AccessConfig, synth.AccessSummary]
)

// marker is the file beside the logs that is written when all of them are there.
const marker = "complete.json"

// askFor has a process of its own make a log, unless it is there.
func askFor[C comparable, S any](ctx context.Context, self, what string, o options) (m made[C, S], err error) {
	dir := o.dir
	if dir == "" {
		if dir, err = os.UserCacheDir(); err != nil {
			return m, fmt.Errorf("no place for logs: %w\nhint: name a folder with -dir", err)
		}
		dir = filepath.Join(dir, "ctsql-bench")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return m, err
	}
	_, out, err := runProcess(ctx, self, measured, what, "-dir", dir, "-events", strconv.Itoa(o.events))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// makeTrail makes the trail below dir, unless it is there.
func makeTrail(ctx context.Context, dir string, events int, signed bool) (t trail, err error) {
	t.Config = synth.Config{Seed: 1, Events: events, Signed: signed}
	hash := sha256.New()
	// The smallest trail that there is tells generators apart.
	_, err = synth.Write(ctx, synth.Config{Seed: t.Config.Seed, Events: synth.MinEvents, Signed: signed}, func(key string, body []byte) error {
		return add(hash, key, body)
	})
	if err != nil {
		return t, err
	}
	dir = filepath.Join(dir, fmt.Sprintf("%d-events-seed-%d-%s", events, t.Config.Seed, stamp(hash)))
	name := "trail"
	if signed {
		name = "signed"
	}
	err = t.in(dir, name, func() (synth.Summary, error) { return synth.WriteDir(ctx, t.Config, t.Dir) })
	return t, err
}

// linesPerFile is how many lines an object of the access log has: of a busy bucket.
const linesPerFile = 200

// makeAccessLog makes the access log below dir, unless it is there. Its buckets are
// those of a trail of as many events.
func makeAccessLog(ctx context.Context, dir string, lines int) (l accessLog, err error) {
	l.Config = synth.AccessConfig{Config: synth.Config{Seed: 1, Events: lines}, Lines: lines, LinesPerFile: linesPerFile}
	small := l.Config
	small.Events, small.Lines = synth.MinEvents, 1000
	hash := sha256.New()
	_, err = synth.WriteAccess(ctx, small, func(key string, body []byte, _ []synth.AccessRecord) error {
		return add(hash, key, body)
	})
	if err != nil {
		return l, err
	}
	dir = filepath.Join(dir, fmt.Sprintf("%d-lines-seed-%d-%s", lines, l.Config.Seed, stamp(hash)))
	err = l.in(dir, "access", func() (synth.AccessSummary, error) { return synth.WriteAccessDir(ctx, l.Config, l.Dir) })
	return l, err
}

// add adds an object to the hash of a log.
func add(to hash.Hash, key string, body []byte) error {
	_, err := fmt.Fprintf(to, "%s %d\n%s", key, len(body), body)
	return err
}

// stamp is the name of a generator.
func stamp(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)[:4]) }

// in has write fill the folder of this name in dir, unless the marker says that it
// did.
func (m *made[C, S]) in(dir, name string, write func() (S, error)) error {
	m.Dir = filepath.Join(dir, name)
	text, err := os.ReadFile(filepath.Join(dir, marker))
	if err == nil {
		known := made[C, S]{}
		if err := json.Unmarshal(text, &known); err == nil && known.Config == m.Config {
			m.Sum = known.Sum
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Whatever was begun there is not whole.
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if m.Sum, err = write(); err != nil {
		return err
	}
	if text, err = json.MarshalIndent(m, "", "\t"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, marker), text, 0o644)
}

// logFiles are the files below dir that hold what the table has, by their keys: of
// a trail no digests and no 5-minute summaries.
func logFiles(dir string, t *cloudtrail.Table) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		var ok bool
		if t == cloudtrail.Requests {
			_, ok = s3logs.ParseKey(filepath.ToSlash(path))
		} else {
			var k cloudtrail.Key
			k, ok = cloudtrail.ParseKey(filepath.ToSlash(path))
			ok = ok && k.Kind != cloudtrail.KindDigest && k.Kind != cloudtrail.KindAggregated
		}
		if ok {
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no log files", dir)
	}
	return files, err
}
