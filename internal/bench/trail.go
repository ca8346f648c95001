package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
)

// A trail is what is loaded, as the marker tells of it.
type trail struct {
	Dir    string // of the log files, and of nothing else
	Config synth.Config
	Sum    synth.Summary
}

// records are the events with their copies.
func (t *trail) records() int64 { return int64(t.Sum.Events + t.Sum.Duplicates) }

// marker is the file beside the logs that is written when all of them are there.
const marker = "complete.json"

// askForTrail has a process of its own make the trail, unless it is there.
func askForTrail(ctx context.Context, self string, o options) (t trail, err error) {
	dir := o.dir
	if dir == "" {
		if dir, err = os.UserCacheDir(); err != nil {
			return t, fmt.Errorf("no place for the trail: %w\nhint: name a folder with -dir", err)
		}
		dir = filepath.Join(dir, "ctsql-bench")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return t, err
	}
	_, out, err := runProcess(ctx, self, measured, "trail", "-dir", dir, "-events", strconv.Itoa(o.events))
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(out, &t)
}

// makeTrail makes the trail below dir, unless it is there.
func makeTrail(ctx context.Context, dir string, events int) (t trail, err error) {
	t.Config = synth.Config{Seed: 1, Events: events}
	print, err := fingerprint(ctx, t.Config)
	if err != nil {
		return t, err
	}
	dir = filepath.Join(dir, fmt.Sprintf("%d-events-seed-%d-%s", events, t.Config.Seed, print))
	t.Dir = filepath.Join(dir, "trail")
	text, err := os.ReadFile(filepath.Join(dir, marker))
	if err == nil {
		known := trail{}
		if err := json.Unmarshal(text, &known); err == nil && known.Config == t.Config {
			t.Sum = known.Sum
			return t, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	// Whatever was begun there is not whole.
	if err := os.RemoveAll(dir); err != nil {
		return t, err
	}
	if t.Sum, err = synth.WriteDir(ctx, t.Config, t.Dir); err != nil {
		return t, err
	}
	if text, err = json.MarshalIndent(t, "", "\t"); err != nil {
		return t, err
	}
	return t, os.WriteFile(filepath.Join(dir, marker), text, 0o644)
}

// fingerprint tells generators apart: what the configuration makes of the
// smallest trail that there is.
func fingerprint(ctx context.Context, c synth.Config) (string, error) {
	c.Events = synth.MinEvents
	hash := sha256.New()
	_, err := synth.Write(ctx, c, func(key string, body []byte) error {
		fmt.Fprintln(hash, key, len(body))
		hash.Write(body)
		return nil
	})
	return fmt.Sprintf("%x", hash.Sum(nil)[:4]), err
}

// eventFiles are the files below dir that hold events, by their keys: no digests
// and no 5-minute summaries.
func eventFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		k, ok := cloudtrail.ParseKey(filepath.ToSlash(path))
		if ok && k.Kind != cloudtrail.KindDigest && k.Kind != cloudtrail.KindAggregated {
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no log files", dir)
	}
	return files, err
}
