package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ctsql/ctsql/internal/synth"
)

// prepareSigned makes the trail with digests of all logs, which also brings it into
// memory, and the keys.
func (s *suite) prepareSigned(ctx context.Context) (err error) {
	if s.signed, err = askFor[synth.Config, synth.Summary](ctx, s.self, "signed", s.options); err != nil {
		return err
	}
	s.say("%d events with digests in %s", s.signed.Sum.Events, s.signed.Dir)
	if _, _, err := runProcess(ctx, s.self, measured, "gunzip", "-dir", s.signed.Dir); err != nil {
		return err
	}
	keys, err := synth.PublicKeys()
	if err != nil {
		return err
	}
	s.publicKeys = filepath.Join(s.tmp, "keys.json")
	return os.WriteFile(s.publicKeys, keys, 0o600)
}

func (s *suite) verifyPlan() []*measurement {
	dir, out, events := s.signed.Dir, s.out(), int64(s.signed.Sum.Events)
	keys := []string{"--public-keys", s.publicKeys}
	verified := append([]string{"load", "--quiet", "--cache", out, "--verify"}, append(keys, dir)...)
	alone := append([]string{"verify", "--quiet", "--json"}, append(keys, dir)...)
	return []*measurement{
		s.byCtsql("signed-load", "trail with digests: ctsql load", s.loaded(out, "cloudtrail", events), "load", "--quiet", "--cache", out, dir),
		s.byCtsql("verified-load", "trail with digests: ctsql load --verify", s.proven(out, events), verified...),
		s.byCtsql("verify", "trail with digests: ctsql verify", s.allValid, alone...),
		s.byOwn("signed-gunzip", "trail with digests: gunzip alone", nil, "gunzip", "-dir", dir),
	}
}

// proven checks that all events in a cache are of logs that are valid.
func (s *suite) proven(cache string, events int64) check {
	return func(ctx context.Context, _ []byte) error {
		_, out, err := runProcess(ctx, s.ctsql, "query", "--format", "csv", "--cache", cache,
			"select count(*) from cloudtrail join objects using (sourceObject) where verified = 'valid'")
		if err != nil {
			return err
		}
		return counted(events)(ctx, out)
	}
}

// allValid checks that a verification has judged all there is.
func (s *suite) allValid(_ context.Context, stdout []byte) error {
	var told struct {
		Summary struct {
			Valid         bool
			Digests, Logs map[string]int
		}
	}
	if err := json.Unmarshal(bytes.TrimSpace(stdout), &told); err != nil {
		return err
	}
	all := 0
	for _, n := range s.signed.Sum.Files {
		all += n
	}
	if n := told.Summary.Digests["valid"] + told.Summary.Logs["valid"]; !told.Summary.Valid || n != all {
		return fmt.Errorf("%d of %d files are valid", n, all)
	}
	return nil
}

func (s *suite) verifyRatios() []ratio {
	return []ratio{
		{"load --verify to load, wall", "≤ 1.25", times, s.quotients(wall, "verified-load", "signed-load")},
		{"load --verify to load, CPU", "≤ 1.25", times, s.quotients(cpu, "verified-load", "signed-load")},
		{"load --verify, peak MB: what it adds", "", megabytes, s.differences(peak, "verified-load", "signed-load")},
		{"verify to gunzip alone, wall", "", times, s.quotients(wall, "verify", "signed-gunzip")},
		{"verify to gunzip alone, CPU", "", times, s.quotients(cpu, "verify", "signed-gunzip")},
	}
}
