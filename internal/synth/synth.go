package synth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A Config says which trail to make. What is zero has a default.
type Config struct {
	Seed uint64
	// Events is the number of distinct events: management, data, network
	// activity and Insight records together. Copies, aggregated records and
	// digests are on top. At least MinEvents; 0 is 100,000.
	Events int
	// Accounts is from 2 to 12; 0 is 4.
	Accounts int
	// Start is when the trail begins, taken to the day in UTC; zero is Monday
	// 2025-06-23, so that four weeks hold the change of Identity Center's
	// events on 2025-07-14.
	Start time.Time
	// Days is from 2 to 400; 0 is 28.
	Days int
	// EventsPerFile is the mean of everyday files; 0 is Events/2500, but from
	// 8 to 150: a small trail has small files, as it has in life.
	EventsPerFile int
	// Addresses, if not 0, is how many distinct public IPv4 addresses everyday
	// events come from, evenly, instead of the few of doc.go and of VPC
	// endpoints: for those who measure what many addresses cost. Services, rare
	// shapes and the story keep theirs. At most MaxAddresses.
	Addresses int
	// Signed has digests name the logs of all regions, and hands over the
	// signature of each as an object KEY.sig, as copies keep it.
	Signed bool
}

// MaxAddresses is the most that Config.Addresses can ask for.
const MaxAddresses = 1 << 30

// MinEvents is the least that holds the story and one of each shape.
const MinEvents = 500

// A Summary counts what was written.
type Summary struct {
	Files      map[string]int // by kind, as it stands in keys
	Events     int            // distinct events: Config.Events
	Duplicates int            // copies of them, on top
	Aggregated int            // records of 5-minute summaries
	Inflated   int64          // bytes of JSON, digests included
	Compressed int64          // bytes handed over
}

func (c Config) withDefaults() (Config, error) {
	if c.Events == 0 {
		c.Events = 100_000
	}
	if c.Accounts == 0 {
		c.Accounts = 4
	}
	if c.Days == 0 {
		c.Days = 28
	}
	if c.EventsPerFile == 0 {
		c.EventsPerFile = min(150, max(8, c.Events/2500))
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2025, 6, 23, 0, 0, 0, 0, time.UTC)
	}
	c.Start = c.Start.UTC().Truncate(24 * time.Hour)
	switch {
	case c.Events < MinEvents:
		return c, fmt.Errorf("synth: %d events: a trail has at least %d", c.Events, MinEvents)
	case c.Accounts < 2 || c.Accounts > len(accountIDs):
		return c, fmt.Errorf("synth: %d accounts: a trail has 2 to %d", c.Accounts, len(accountIDs))
	case c.Days < 2 || c.Days > 400:
		return c, fmt.Errorf("synth: %d days: a trail has 2 to 400", c.Days)
	case c.EventsPerFile < 1:
		return c, fmt.Errorf("synth: %d events a file", c.EventsPerFile)
	case c.Addresses < 0 || c.Addresses > MaxAddresses:
		return c, fmt.Errorf("synth: %d addresses: a trail has 0 to %d", c.Addresses, MaxAddresses)
	}
	return c, nil
}

// Write makes the trail and hands each object to put, one at a time, in the
// order of delivery. The body is gzip and put's to keep. An error of put ends
// the writing and comes back as it is.
func Write(ctx context.Context, cfg Config, put func(key string, body []byte) error) (Summary, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Summary{}, err
	}
	w := newWorld(cfg)
	sum := Summary{Files: map[string]int{}}
	digests, err := newDigester(cfg, w, put, &sum)
	if err != nil {
		return Summary{}, err
	}
	worker := func() func(*file) rendered {
		p := press{w: w}
		return p.file
	}
	err = render(ctx, plan(cfg, w), worker, func(f *file, r rendered) error {
		if err := digests.before(f.delivered); err != nil {
			return err
		}
		sum.add(f, r)
		key := f.key(1)
		digests.note(f, key, r)
		return put(key, r.body)
	})
	if err == nil {
		end := cfg.Start.Unix() + int64(cfg.Days)*86400 + 3600
		if cfg.Signed {
			end += 86400 // so that every log is named
		}
		err = digests.before(end)
	}
	return sum, err
}

// WriteDir is Write into files below dir.
func WriteDir(ctx context.Context, cfg Config, dir string) (Summary, error) {
	return Write(ctx, cfg, intoDir(dir))
}

// intoDir returns a put that writes files below dir.
func intoDir(dir string) func(key string, body []byte) error {
	made := map[string]bool{}
	return func(key string, body []byte) error {
		name := filepath.Join(dir, filepath.FromSlash(key))
		if d := filepath.Dir(name); !made[d] {
			if err := os.MkdirAll(d, 0o755); err != nil {
				return err
			}
			made[d] = true
		}
		return os.WriteFile(name, body, 0o644)
	}
}

func (s *Summary) add(f *file, r rendered) {
	s.Files[f.kind]++
	s.Inflated += int64(r.inflated)
	s.Compressed += int64(len(r.body))
	switch {
	case f.kind == kindAggregated:
		s.Aggregated += r.records
	case f.again:
		s.Duplicates += r.records
	default:
		s.Duplicates += len(f.copies)
		s.Events += r.records - len(f.copies)
	}
}

// A rendered file is ready to be handed over. hash is of the inflated bytes.
type rendered struct {
	body           []byte
	inflated       int
	records        int
	hash           [sha256.Size]byte
	oldest, newest int64
}

// render writes the files on all cores, with one writer from worker for each,
// and gives them to each in their order.
func render[F, R any](ctx context.Context, files []F, worker func() func(F) R, each func(F, R) error) error {
	ctx, stop := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	// done has a place for every file under way: a worker never waits in it,
	// and no worker is further ahead than the places allow.
	done := make([]chan R, min(len(files), 4*workers))
	for i := range done {
		done[i] = make(chan R, 1)
	}
	jobs := make(chan int, len(done))
	for range workers {
		group.Go(func() {
			write := worker()
			for i := range jobs {
				if ctx.Err() != nil {
					continue
				}
				done[i%len(done)] <- write(files[i])
			}
		})
	}
	defer close(jobs)
	for i := range done {
		jobs <- i
	}
	for i, f := range files {
		select {
		case r := <-done[i%len(done)]:
			if err := each(f, r); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		if next := i + len(done); next < len(files) {
			jobs <- next
		}
	}
	return nil
}

// A press writes one file after the other and keeps its buffers.
type press struct {
	w    *world
	text []byte
	zip  *gzip.Writer
}

// gzipLevel is where the ratio comes near that of AWS's own files.
const gzipLevel = 4

func (p *press) file(f *file) rendered {
	drafts := p.w.drafts(f)
	r := rendered{records: len(drafts), oldest: drafts[0].t, newest: drafts[0].t}
	p.text = append(p.text[:0], `{"Records":[`...)
	for i, d := range drafts {
		if i > 0 {
			p.text = append(p.text, ',')
		}
		p.text = p.w.record(p.text, d)
		r.oldest, r.newest = min(r.oldest, d.t), max(r.newest, d.t)
	}
	p.text = append(p.text, `]}`...)
	r.inflated, r.body = len(p.text), p.compress(p.text)
	if p.w.digested(f) {
		r.hash = sha256.Sum256(p.text)
	}
	return r
}

func (p *press) compress(text []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(text)/5+64))
	if p.zip == nil {
		p.zip, _ = gzip.NewWriterLevel(out, gzipLevel) // the level is a constant that it knows
	} else {
		p.zip.Reset(out)
	}
	p.zip.Write(text) // a Buffer never fails
	p.zip.Close()
	return out.Bytes()
}
