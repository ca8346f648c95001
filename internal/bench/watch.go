package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/watch"
)

// few and many are how many values a state knows before the trail is replayed onto it: of
// a million events 100,000 and 10,000,000.
func (o *options) few() int  { return o.events / 10 }
func (o *options) many() int { return o.events * 10 }

// prepareWatch makes the states.
func (s *suite) prepareWatch(ctx context.Context) error {
	s.states = map[int]string{}
	for _, n := range []int{s.options.few(), s.options.many()} {
		s.states[n] = filepath.Join(s.tmp, fmt.Sprintf("values-%d.db", n))
		if _, _, err := runProcess(ctx, s.self, measured, "values", "-out", s.states[n], "-events", strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return nil
}

// makeValues makes a state that has learned so many values, none of which the trail has.
func makeValues(ctx context.Context, path string, n int) (err error) {
	state, err := watch.OpenState(ctx, watch.StateOptions{
		Path: path, Holder: "bench", Random: rand.Reader, Now: time.Now, Tell: func(error) {},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close(context.WithoutCancel(ctx))) }()
	const each = 500_000
	day := profile.DayOf(time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
	for from := 0; from < n; from += each {
		c := &profile.Change{Closed: []profile.Closed{{Day: day}}}
		for i := from; i < min(n, from+each); i++ {
			key, group := profile.Key(hashed(uint64(i))), profile.Key(hashed(uint64(i/20)+1<<40))
			c.Named = append(c.Named, profile.Named{Key: key, Group: group, Profile: "source-ip", Of: profile.OfActor,
				Subject: "arn:aws:iam::111122223333:user/u" + strconv.Itoa(i/20), Value: "192.0.2." + strconv.Itoa(i%20)})
			at := day.Start().UnixMicro()
			c.Closed[0].Learned = append(c.Closed[0].Learned, profile.Learned{Key: key, Group: group, First: at, Last: at, Count: 3, Days: 1})
		}
		if err := state.Commit(ctx, &watch.Commit{Change: c}); err != nil {
			return err
		}
	}
	return nil
}

// hashed makes keys of numbers that are spread as hashes are.
func hashed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return max(x^x>>31, 1)
}

// watchPlan measures how fast a trail is judged: by profiles alone, with detections of
// single events, with the cache besides, and with much that was learned before. Last is
// how long a deed takes from its notice to the topic.
func (s *suite) watchPlan() []*measurement {
	all := []*measurement{
		s.replay("watch", "ctsql watch, replay by all profiles", 0, "--no-cache", "--no-profile", "detect/*"),
		s.replay("watch-detect", "ctsql watch, replay with detections of events", 0, "--no-cache"),
		s.replay("watch-cache", "ctsql watch, replay by profiles, and into the cache", 0, "--cache", s.out()+".cache", "--no-profile", "detect/*"),
		s.replay("watch-few", "ctsql watch, replay onto a tenth as many values as events", s.options.few(), "--no-cache", "--no-profile", "detect/*"),
		s.replay("watch-many", "ctsql watch, replay onto ten times as many values as events", s.options.many(), "--no-cache", "--no-profile", "detect/*"),
		{id: "watch-live", name: "ctsql watch, 500 events/s: notice to topic, p99", run: s.liveShort, once: true},
	}
	if !s.wants("load", "from") {
		all = append(s.limits(), all...)
	}
	return all
}

// replay measures a replay of the trail into a new state, or a copy of a state.
func (s *suite) replay(id, name string, values int, args ...string) *measurement {
	args = append([]string{"watch", "--replay", s.trail.Dir, "--state", s.out(), "--config", os.DevNull}, args...)
	return &measurement{id: id, name: name, run: func(ctx context.Context) (got sample, err error) {
		defer func() { err = errors.Join(err, s.removeOut()) }()
		if values > 0 {
			if err := copyFile(s.states[values], s.out()); err != nil {
				return got, err
			}
		}
		got, _, err = runProcess(ctx, s.ctsql, args...)
		if err != nil {
			return got, err
		}
		return got, s.judged(ctx)
	}}
}

// judged checks that a state has the trail's values: one more address and user agent
// come with nearly each actor.
func (s *suite) judged(ctx context.Context) error {
	_, out, err := runProcess(ctx, s.ctsql, "query", "--format", "csv", "--state", s.out(),
		"select sum(count) from profiles where profile = 'event-name' and \"of\" = 'actor'")
	if err != nil {
		return err
	}
	_, sum, err := counts(out)
	if err == nil && (sum < s.events()/3 || sum > s.events()) {
		err = &rowsError{sum, s.events()} // what services do by themselves has no values
	}
	return err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func (s *suite) watchRatios() []ratio {
	perSecond := func(x sample) float64 { return float64(s.events()) / wall(x) }
	return []ratio{
		{"watch: replay by all profiles, events per second", "≥ 50000", whole, s.values(perSecond, "watch")},
		{"watch: replay to gunzip + split, CPU", "", times, s.quotients(cpu, "watch", "decode")},
		{"watch: replay with detections of events, events per second", "", whole, s.values(perSecond, "watch-detect")},
		{"watch: replay and load into the cache, events per second", "", whole, s.values(perSecond, "watch-cache")},
		{"watch: onto ten times as many values as events to onto a tenth, wall", "", times, s.quotients(wall, "watch-many", "watch-few")},
		{"watch: onto ten times as many values as events, peak MB", "≤ 1000", megabytes, s.values(peak, "watch-many")},
		{"watch: notice to topic at 500 events/s, p99 wall s", "≤ 2.00", seconds, s.values(wall, "watch-live")},
	}
}
