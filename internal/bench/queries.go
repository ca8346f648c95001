package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/ctsql/ctsql/queries"
)

// The folders of queries that are measured. Those of s3 read another log.
var queryFolders = []string{"detect", "investigate", "inventory", "cost-and-errors"}

// A placed is what says where addresses are, as flags of ctsql.
type placed []string

// writePlaced writes databases and lists for the addresses of a generated trail into a
// folder of its own in dir.
func writePlaced(dir string) (placed, error) {
	dir = filepath.Join(dir, "placed")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	tor, ranges := filepath.Join(dir, "tor"), filepath.Join(dir, "ip-ranges.json")
	databases, err := geotest.WriteDemo(dir, time.Now())
	err = errors.Join(err,
		os.WriteFile(tor, []byte("203.0.113.9\n"), 0o600),
		os.WriteFile(ranges, []byte(`{"createDate":"2025-07-01-00-00-00","prefixes":[{"ip_prefix":"192.0.2.128/25","region":"eu-central-1","service":"EC2"}],"ipv6_prefixes":[]}`), 0o600),
	)
	where := placed{"--tor", tor, "--ip-ranges", ranges}
	for _, d := range databases {
		where = append(where, "--geoip", d)
	}
	return where, err
}

// prepareQueries finds out what to ask about: the trail's theft.
func (s *suite) prepareQueries() (err error) {
	if s.placed, err = writePlaced(s.tmp); err != nil {
		return err
	}
	s.asked = map[string][]time.Duration{}
	s.story, err = s.trail.Config.Story()
	return err
}

// about are values for parameters that have no default.
func about(s synth.Story) map[string]string {
	var landed string // the call that took a role
	for _, e := range s.Events {
		if e.SharedEventID != "" {
			landed = e.EventID
		}
	}
	return map[string]string{
		"actor": s.User, "who": s.Address + "," + s.NewUser, "key": s.AccessKeyID, "session": "s1", "role": "ops-readonly", "agent": "%kali%",
		"account": s.Account, "resource": s.NewUser, "day": s.First.Format("2006-01-02"), "name": s.NewUser, "policy": "AdministratorAccess",
		"group": "sg-1458adc005dec5700", "instance": "i-0db0970f13ba4f483", "bucket": s.Bucket, "event": landed, "address": s.Address,
	}
}

// queriesPlan measures each question by itself, and all detections at once.
func (s *suite) queriesPlan() (all []*measurement) {
	for _, folder := range queryFolders {
		all = append(all, &measurement{id: "queries-" + folder, name: "queries: " + folder + "/, one after the other", once: true,
			run: func(ctx context.Context) (sample, error) { return s.askFolder(ctx, folder) }})
	}
	return append(all, s.query("detections", " --all 'detect/*'", nil, append([]string{"--all", "detect/*"}, s.placed...)...))
}

// askFolder asks each question of a folder in a process of its own: the sample has the
// sum of their times and the largest of their peaks.
func (s *suite) askFolder(ctx context.Context, folder string) (total sample, err error) {
	n := 0
	for _, q := range queries.All() {
		if !strings.HasPrefix(q.Name, folder+"/") {
			continue
		}
		if n++; s.options.each > 0 && n > s.options.each {
			break
		}
		args := append([]string{"query", "--format", "csv", "--cache", s.cache}, s.placed...)
		if q.Detects() {
			args = append(args, "--all", q.Name)
		} else {
			args = append(args, "--name", q.Name)
		}
		for _, p := range q.Parameters {
			if !p.Required {
				continue
			}
			value, ok := about(s.story)[p.Name]
			if !ok {
				return total, fmt.Errorf("%s: no value for $%s", q.Name, p.Name)
			}
			args = append(args, "--param", p.Name+"="+value)
		}
		one, _, err := runProcess(ctx, s.ctsql, args...)
		if err != nil {
			return total, fmt.Errorf("%s: %w", q.Name, err)
		}
		s.asked[q.Name] = append(s.asked[q.Name], one.wall)
		total.wall += one.wall
		total.cpu += one.cpu
		total.peak = max(total.peak, one.peak)
	}
	return total, nil
}

// slowest are the names of the questions that took longest, the slowest first.
func (s *suite) slowest() []string {
	var names []string
	for name := range s.asked {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if s.asked[a][0] != s.asked[b][0] {
			return int(s.asked[b][0] - s.asked[a][0])
		}
		return strings.Compare(a, b)
	})
	return names[:min(10, len(names))]
}

func (s *suite) writeSlowest(w io.Writer) {
	if len(s.asked) == 0 {
		return
	}
	fmt.Fprintf(w, "\nslowest queries\twall s\n")
	for _, name := range s.slowest() {
		fmt.Fprintf(w, "%s\t%s\n", name, seconds(s.asked[name][0].Seconds()))
	}
}

func (s *suite) queriesRatios() []ratio {
	ratios := []ratio{{"all detections at once, wall s", "≤ 30", seconds, s.values(wall, "detections")}}
	if names := s.slowest(); len(names) > 0 {
		ratios = append(ratios, ratio{"the slowest query, wall s", "≤ 2.00", seconds, []float64{s.asked[names[0]][0].Seconds()}})
	}
	return ratios
}
