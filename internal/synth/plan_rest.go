package synth

import (
	"cmp"
	"slices"
)

// pairsPerCouple is how many calls across accounts two files share.
const pairsPerCouple = 8

// story plans the thief's files and returns how many events they hold.
func (p *planner) story() int {
	drafts := p.w.storyDrafts(p.cfg)
	type place struct {
		acct   *account
		region string
		slot   int64
	}
	files := map[place]*file{}
	for _, d := range drafts {
		at := place{d.acct, d.region, d.t / 600}
		f := files[at]
		if f == nil {
			f = p.add(kindEvents, d.acct, d.region, d.t)
			f.begin = d.t
			files[at] = f
		}
		f.end, f.delivered = d.t, d.t+int64(200+f.seed%200)
		f.fixed = append(f.fixed, d)
	}
	return len(drafts)
}

// network plans one event in a hundred as VPC endpoints' own.
func (p *planner) network() int {
	n := max(8, p.cfg.Events/100)
	perFile := max(4, min(p.cfg.EventsPerFile, n/2))
	var f *file
	for i := range n {
		if i%perFile == 0 {
			f = p.add(kindNetwork, p.someAccount(), regions[p.r.below(3)], p.someTime())
		}
		call := "network.denied"
		if p.r.chance(600) {
			call = "network.allowed"
		}
		p.fix(f, p.w.special[call], nil)
	}
	return n
}

// insights plans unusual activity: one record where it began and one where it
// ended, each in a file of its own.
func (p *planner) insights() int {
	n := max(2, p.cfg.Events/40000)
	for range n {
		first := p.add(kindInsight, p.someAccount(), regions[p.r.below(3)], p.someTime())
		last := p.add(kindInsight, first.acct, first.region, first.end+720)
		p.fix(first, p.w.special["insight.start"], nil)
		p.fix(last, p.w.special["insight.end"], nil)
		last.fixed[0].t = first.fixed[0].t + 720
		shared := p.r.next() | 1
		first.fixed[0].shared, last.fixed[0].shared = shared, shared
	}
	return 2 * n
}

// aggregated plans 5-minute summaries, which are no events.
func (p *planner) aggregated(everyday int) {
	for range max(2, everyday/60) {
		f := p.add(kindAggregated, p.someAccount(), regions[p.r.below(3)], p.someTime())
		for range 1 + p.r.below(20) {
			p.fix(f, p.w.special["aggregated.window"], nil)
		}
	}
}

// fix puts a call into the file.
func (p *planner) fix(f *file, o *op, who *actor) *draft {
	f.fixed = append(f.fixed, draft{seed: p.r.next(), t: p.within(f), op: o, who: who, acct: f.acct, region: f.region})
	return &f.fixed[len(f.fixed)-1]
}

// pairs puts calls across accounts into the couples' files: a role of the
// first's account calls into the second's.
func (p *planner) pairs(couples []*file) {
	for i := 0; i+1 < len(couples); i += 2 {
		from, to := couples[i], couples[i+1]
		for k := range pairsPerCouple {
			o := p.w.special[pairCalls[k%len(pairCalls)].call]
			who := from.acct.roles[p.r.below(len(from.acct.roles))]
			d := p.fix(from, o, who)
			d.shared, d.other = p.r.next()|1, to.acct
			d.granted.id = d.shared
			there := *d
			there.seed, there.acct = p.r.next(), to.acct
			to.fixed = append(to.fixed, there)
		}
	}
}

// shapes puts each rare shape into some file once.
func (p *planner) shapes(files []*file) {
	var home []*file
	for _, f := range files {
		if f.region == regions[0] {
			home = append(home, f)
		}
	}
	for _, o := range p.w.rare {
		p.fix(home[p.r.below(len(home))], o, nil)
	}
}

// twin puts a record into some file that has another's eventID but is no copy
// of it: a forgery must not hide the event it imitates.
func (p *planner) twin(files []*file) {
	of := files[p.r.below(len(files))]
	for _, d := range p.w.drafts(of) {
		if !d.op.noID {
			f := files[p.r.below(len(files))]
			p.fix(f, p.w.ops["ssm.StartSession"], f.acct.roles[0]).twin = d.seed
			return
		}
	}
	panic("synth: a file without everyday events")
}

// repeat plans what is delivered twice: one file in eighty whole, and a few
// events of one file in thirty with the next, within a day, of its account and region.
// Records without eventID are left out: nothing would tell their copies apart
// from events.
func (p *planner) repeat(files []*file) {
	type place struct {
		acct   *account
		region string
	}
	before := map[place]*file{}
	whole, single := 0, 0
	files = slices.SortedStableFunc(slices.Values(files), func(a, b *file) int { return cmp.Compare(a.end, b.end) })
	for i, f := range files {
		at := place{f.acct, f.region}
		if from := before[at]; from != nil && f.end-from.end < 20*3600 && (p.r.below(30) == 0 || single == 0 && i > len(files)/3) {
			for range 1 + p.r.below(3) {
				if k := p.r.below(from.n); !p.w.drafts(from)[k].op.noID {
					f.copies = append(f.copies, copied{from, k})
					single++
				}
			}
		}
		before[at] = f
		if (i > 0 && p.r.below(80) == 0 || whole == 0 && i > len(files)/2) && p.known(f) {
			p.again(f)
			whole++
		}
	}
	if whole+single == 0 {
		p.again(p.files[0]) // of the story, whose records all have an eventID
	}
}

// again delivers the whole file a second time, some time later.
func (p *planner) again(f *file) {
	second := *f
	second.again = true
	second.delivered += int64(60 + p.r.below(4*3600))
	p.files = append(p.files, &second)
}

// known reports whether every record of the file has an eventID.
func (p *planner) known(f *file) bool {
	for _, d := range p.w.drafts(f) {
		if d.op.noID {
			return false
		}
	}
	return true
}
