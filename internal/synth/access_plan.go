package synth

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// An accessFile is one object of the access log before it is written.
type accessFile struct {
	acct       *account
	region     string
	bucket     string
	pooled     int // the bucket's place in the account's pool; -1 is the website
	website    bool
	versioned  bool
	begin, end int64 // of its requests
	delivered  int64
	seed       uint64

	n      int      // lines of everyday work
	from   []*file  // trail files whose events about the bucket are among them
	story  []draft  // the thief's, on top
	stolen []string // keys that the story's DeleteObjects deletes
	copied []copiedLine
	again  bool // the second delivery of a whole object

	traps        []int // for the last lines
	damages      []int // lines to put in, on top
	damagedFirst bool
	crlf         bool
	blank        bool // with empty lines between
	unended      bool // without a newline at the end
}

// A copiedLine is one of another object's, delivered again.
type copiedLine struct {
	from  *accessFile
	index int
}

func (f *accessFile) ending() string {
	if f.crlf {
		return "\r\n"
	}
	return "\n"
}

// How a bucket's log objects are called.
const (
	byPrefix    = iota // a folder for each bucket
	byDelivery         // folders for account, region, bucket and day of delivery
	withoutFold        // a prefix that does not end with a slash
	byDay              // as byDelivery, but the day of the requests, at 00-00-00
	layouts
)

func (f *accessFile) layout() int { return (f.acct.index + f.pooled + 1) % layouts }

func (f *accessFile) key() string {
	t := time.Unix(f.delivered, 0).UTC()
	unique := f.seed
	if f.again {
		unique++
	}
	name := "-" + string(bytes.ToUpper(appendHex(nil, finish(unique), 8)))
	folders := f.acct.id + "/" + f.region + "/" + f.bucket + "/"
	const second, day = "2006-01-02-15-04-05", "2006/01/02/"
	switch f.layout() {
	case byPrefix:
		return "logs/" + f.bucket + "/" + t.Format(second) + name
	case byDelivery:
		return "s3-access/" + folders + t.Format(day+second) + name
	case withoutFold:
		return f.bucket + "-" + t.Format(second) + name
	}
	return "s3-access-by-day/" + folders + time.Unix(f.end, 0).UTC().Format(day+"2006-01-02-00-00-00") + name
}

// An accessPlanner decides which objects there are.
type accessPlanner struct {
	planner
	files  []*accessFile
	joined []joined // not planned yet, those with most events last
}

// A run is a few trail files of one account and region, one after the other.
type run []*file

// joined is a bucket that a run's data events are about, and how many are.
type joined struct {
	trail          run
	bucket, events int
}

// storyLines is how many lines the thief's data events have: the listing, a line
// for each object read, and for the deletion one and again one for each object.
func (c AccessConfig) storyLines() int { return 2*c.steals() + 2 }

// planAccess returns the objects in the order of their delivery.
func planAccess(cfg AccessConfig, w *world) ([]*accessFile, error) {
	p := &accessPlanner{planner: planner{cfg: cfg.Config, w: w, r: rng{mix(cfg.Seed, 78)}, hours: workingHours(cfg.Config)}}
	if err := p.story(); err != nil {
		return nil, err
	}
	p.join(runsOf(plan(cfg.Config, w)))
	everyday := p.everyday(cfg.Lines-cfg.storyLines(), cfg.LinesPerFile)
	if cfg.Odd {
		p.traps(everyday)
	}
	p.repeat(everyday)
	p.sort()
	return p.files, nil
}

func (p *accessPlanner) sort() {
	slices.SortStableFunc(p.files, func(a, b *accessFile) int {
		return cmp.Or(cmp.Compare(a.delivered, b.delivered), cmp.Compare(a.seed, b.seed))
	})
}

// add plans one more object, for requests to a bucket of the pool, or to the
// website.
func (p *accessPlanner) add(acct *account, region string, bucket int, begin, end int64) *accessFile {
	f := &accessFile{acct: acct, region: region, pooled: bucket, website: bucket < 0, versioned: bucket%3 == 0,
		begin: max(begin, p.cfg.Start.Unix()), end: end, seed: mix(p.cfg.Seed, uint64(len(p.files))<<20|5)}
	f.bucket = "acme-" + acct.alias + "-www"
	if !f.website {
		f.bucket = acct.pools[poolBucket][bucket]
	}
	if f.layout() == byDay {
		f.begin = max(f.begin, end-end%86400)
	}
	f.deliver(&p.r)
	p.files = append(p.files, f)
	return f
}

// deliver decides when the object arrives: after some minutes or a few hours,
// and one in sixty a day late.
func (f *accessFile) deliver(r *rng) {
	f.delivered = f.end + int64(240+r.below(2400))
	switch {
	case r.below(60) == 0:
		f.delivered += int64(86400 + r.below(6*3600))
	case r.below(10) == 0:
		f.delivered += int64(3600 + r.below(5*3600))
	}
}

// story plans the objects with the thief's requests, one for twenty minutes.
func (p *accessPlanner) story() error {
	var f *accessFile
	var stolen []string
	for _, d := range p.w.storyDrafts(p.cfg) {
		if d.op.short != "s3" || !d.op.data {
			continue
		}
		if f == nil || d.t > f.begin+1200 {
			bucket := p.w.names.at(mix(d.bucketFrom, poolBucket))
			f = p.add(d.acct, d.region, bucket, d.t, d.t)
		}
		f.story, f.delivered, f.end = append(f.story, d), f.delivered+d.t-f.end, d.t
		t, err := p.w.trailRecord(d)
		if err != nil {
			return err
		}
		switch t.EventName {
		case "GetObject":
			stolen = append(stolen, encodeKey(t.RequestParameters.Key))
		case "DeleteObjects":
			f.stolen = stolen
		}
	}
	return nil
}

// runsOf groups the trail's files of everyday work.
func runsOf(files []*file) []run {
	type place struct {
		acct   *account
		region string
	}
	var runs []run
	open := map[place]int{} // index of the run that goes on
	files = slices.SortedStableFunc(slices.Values(files), func(a, b *file) int { return cmp.Compare(a.end, b.end) })
	for _, f := range files {
		if f.kind != kindEvents || f.again || f.n == 0 {
			continue
		}
		at := place{f.acct, f.region}
		if i, ok := open[at]; ok && len(runs[i]) < 3 && f.end-runs[i][0].begin < 3*3600 {
			runs[i] = append(runs[i], f)
			continue
		}
		open[at] = len(runs)
		runs = append(runs, run{f})
	}
	return runs
}

// join finds what the runs' data events are about.
func (p *accessPlanner) join(runs []run) {
	for _, trail := range runs {
		var events [poolSize]int
		for _, f := range trail {
			for _, d := range p.w.everyday(f) {
				if d.isLogged() {
					events[p.w.bucketOf(d)]++
				}
			}
		}
		for bucket, n := range events {
			if n > 0 {
				p.joined = append(p.joined, joined{trail, bucket, n})
			}
		}
	}
	slices.SortStableFunc(p.joined, func(a, b joined) int { return cmp.Compare(a.events, b.events) })
}

// everyday plans objects for n lines. Three of four are of a run's time and
// about its bucket, so that events of the trail have their lines in them.
func (p *accessPlanner) everyday(n, perFile int) []*accessFile {
	count := min(max(n/perFile, 8), n)
	where := newWheel(regionWeights)
	files := make([]*accessFile, count)
	weights, sum := make([]int, count), 0
	for i := range files {
		if last := len(p.joined) - 1; i%4 > 0 && last >= 0 {
			j := p.joined[last]
			p.joined = p.joined[:last]
			files[i] = p.add(j.trail[0].acct, j.trail[0].region, j.bucket, j.trail[0].begin, j.trail[len(j.trail)-1].end)
			files[i].from = j.trail
		} else {
			bucket := p.w.names.at(p.r.next())
			if p.r.below(8) == 0 {
				bucket = -1
			}
			end := p.someTime()
			files[i] = p.add(p.someAccount(), regions[where.at(p.r.next())], bucket, end-int64(600+p.r.below(3000)), end)
		}
		weights[i] = 20 + p.r.below(60)
		if p.r.below(12) == 0 {
			weights[i] *= 4 + p.r.below(4)
		}
		sum += weights[i]
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

// repeat plans what is delivered twice: one object in eighty whole, and a few
// lines of one in thirty with a later object of the same bucket.
func (p *accessPlanner) repeat(files []*accessFile) {
	type place struct{ bucket, region string }
	before := map[place]*accessFile{}
	whole := 0
	files = slices.SortedStableFunc(slices.Values(files), func(a, b *accessFile) int { return cmp.Compare(a.delivered, b.delivered) })
	for i, f := range files {
		at := place{f.bucket, f.region}
		if from := before[at]; from != nil && p.r.below(30) == 0 {
			for k := range min(1+p.r.below(3), from.n) {
				f.copied = append(f.copied, copiedLine{from, k * from.n / 3 % from.n})
			}
		}
		before[at] = f
		if i > 0 && p.r.below(80) == 0 || whole == 0 && i >= len(files)/2 {
			second := *f
			second.again = true
			second.delivered += int64(600 + p.r.below(12*3600))
			p.files = append(p.files, &second)
			whole++
		}
	}
}
