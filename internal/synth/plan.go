package synth

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A file is one log file before it is written: where and when, and how to draw
// up its events.
type file struct {
	kind   string
	acct   *account
	region string
	// Events happen from begin to end. The file is delivered some minutes
	// after the end, at times hours.
	begin, end, delivered int64

	seed   uint64
	n      int     // events of everyday work
	fixed  []draft // events that the plan put here
	copies []copied
	again  bool // the second delivery of a whole file
}

// A copied event is one of another file's everyday events, delivered again.
type copied struct {
	from  *file
	index int
}

const (
	kindEvents     = "CloudTrail"
	kindNetwork    = "CloudTrail-NetworkActivity"
	kindInsight    = "CloudTrail-Insight"
	kindAggregated = "CloudTrail-Aggregated"
	kindDigest     = "CloudTrail-Digest"
)

func (f *file) key(seed uint64) string {
	if f.again {
		seed++
	}
	t := time.Unix(f.delivered, 0).UTC()
	r := rng{mix(f.seed, seed)}
	unique := make([]byte, 16)
	for i := range unique {
		unique[i] = base64Digits[r.below(62)]
	}
	return fmt.Sprintf("AWSLogs/%s/%s/%s/%s/%s/%s_%s_%s_%s_%s.json.gz", OrganizationID, f.acct.id, f.kind, f.region,
		t.Format("2006/01/02"), f.acct.id, f.kind, f.region, t.Format("20060102T1504Z"), unique)
}

// A planner decides which files there are and what goes into each, in one
// thread and without writing anything: the workers that write need no order.
type planner struct {
	cfg   Config
	w     *world
	r     rng
	hours wheel
	files []*file
}

// plan returns the files in the order of their delivery.
func plan(cfg Config, w *world) []*file {
	p := &planner{cfg: cfg, w: w, r: rng{mix(cfg.Seed, 77)}, hours: workingHours(cfg)}
	couples := max(1, cfg.Events/4000)
	rest := cfg.Events - p.story() - p.network() - p.insights()
	rest -= len(w.rare) + 1 + couples*pairsPerCouple*2 // shapes, the twin, and pairs are put into everyday files
	everyday := p.everyday(rest, couples)
	p.pairs(everyday[:2*couples])
	p.shapes(everyday)
	p.twin(everyday)
	p.repeat(everyday)
	p.aggregated(len(everyday))
	slices.SortStableFunc(p.files, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.delivered, b.delivered), cmp.Compare(a.seed, b.seed))
	})
	return p.files
}

// workingHours weighs the hours of the trail: most happens in working hours,
// but machines never sleep.
func workingHours(cfg Config) wheel {
	weights := make([]int, cfg.Days*24)
	for i := range weights {
		weights[i] = 3
		if isWorking(cfg.Start.Unix() + int64(i)*3600) {
			weights[i] = 10
		}
	}
	return newWheel(weights)
}

// isWorking reports whether people work at t: Monday to Friday, 07 to 18 UTC.
func isWorking(t int64) bool {
	u := time.Unix(t, 0).UTC()
	return u.Weekday() != time.Sunday && u.Weekday() != time.Saturday && u.Hour() >= 7 && u.Hour() < 18
}

// add plans one more file, whose events end at end.
func (p *planner) add(kind string, acct *account, region string, end int64) *file {
	f := &file{kind: kind, acct: acct, region: region, end: end, begin: end - int64(240+p.r.below(600)), seed: mix(p.cfg.Seed, uint64(len(p.files))<<20|3)}
	f.begin = max(f.begin, p.cfg.Start.Unix())
	f.deliver(&p.r)
	p.files = append(p.files, f)
	return f
}

// deliver decides when the file arrives: after five minutes or so, and one in
// eighty hours late.
func (f *file) deliver(r *rng) {
	f.delivered = f.end + int64(120+r.below(360))
	if r.below(80) == 0 {
		f.delivered += int64(3600 + r.below(20*3600))
	}
}

// someTime is a moment in the trail, more likely in working hours.
func (p *planner) someTime() int64 {
	return p.cfg.Start.Unix() + int64(p.hours.at(p.r.next()))*3600 + 900 + int64(p.r.below(2700))
}

func (p *planner) someAccount() *account {
	// The first accounts have more to do than the last.
	n := len(p.w.accounts)
	return p.w.accounts[min(p.r.below(n), p.r.below(n))]
}

// within is a moment of the file's.
func (p *planner) within(f *file) int64 { return f.begin + int64(p.r.below(int(f.end-f.begin)+1)) }

// everyday plans the files of everyday work and shares n events out among them:
// bursts make one in twelve far larger. The files of couples have the same time
// and region, in two accounts.
func (p *planner) everyday(n, couples int) []*file {
	count := max(n/p.cfg.EventsPerFile, 2*couples, 4)
	where := newWheel(regionWeights)
	files := make([]*file, count)
	weights, sum := make([]int, count), 0
	for i := range files {
		region := regions[where.at(p.r.next())]
		if i == 0 {
			region = regions[0] // so that there is one for the rare shapes
		}
		f := p.add(kindEvents, p.someAccount(), region, p.someTime())
		if i%2 == 1 && i < 2*couples {
			first := files[i-1]
			f.region, f.begin, f.end = first.region, first.begin, first.end
			f.acct = p.w.accounts[(first.acct.index+1+p.r.below(len(p.w.accounts)-1))%len(p.w.accounts)]
			f.deliver(&p.r)
		}
		weights[i] = 20 + p.r.below(60)
		if p.r.below(12) == 0 {
			weights[i] *= 4 + p.r.below(4)
		}
		files[i], sum = f, sum+weights[i]
	}
	left := n - count
	for i, f := range files {
		f.n = 1 + int(int64(n-count)*int64(weights[i])/int64(sum))
		left -= f.n - 1
	}
	for i := 0; left > 0; i, left = i+1, left-1 {
		files[i%count].n++
	}
	return files
}
