package synth

// drafts draws up all events of the file: the everyday ones first, which others
// may repeat by their index, then what the plan put there, then copies.
func (w *world) drafts(f *file) []draft {
	drafts := w.everyday(f)
	drafts = append(drafts, f.fixed...)
	for _, c := range f.copies {
		d := w.everyday(c.from)[c.index]
		d.enriched = d.seed%2 == 0 && d.op.tail == "" // by another trail that adds the tags
		drafts = append(drafts, d)
	}
	return drafts
}

// everyday draws up the work that the file's account does in it: runs of calls
// by one actor each, within a few seconds, often the same call again.
func (w *world) everyday(f *file) []draft {
	r := rng{mix(f.seed, 1)}
	a := f.acct
	shift := a.night
	if isWorking(f.end) {
		shift = a.day
	}
	starts := f.sessionStarts()
	drafts := make([]draft, 0, f.n+len(f.fixed)+4)
	for len(drafts) < f.n {
		who := a.actors[shift.at(r.next())]
		if f.region == regions[0] && r.chance(12) {
			drafts = append(drafts, draft{seed: r.next(), t: f.moment(&r), op: w.rare[w.rarely.at(r.next())], acct: a, region: f.region})
			continue
		}
		t, length := f.moment(&r), 1+min(r.below(16), r.below(30))
		var o *op
		for range min(length, f.n-len(drafts)) {
			if o == nil || !r.chance(350) {
				o = w.call(who, f.region, &r)
			}
			d := draft{seed: r.next(), t: min(t+int64(r.below(20)), f.end), op: o, who: who, acct: a, region: f.region}
			if o.call == "sts.AssumeRole" {
				starts = d.grant(a, starts, &r)
			}
			drafts = append(drafts, d)
		}
	}
	return drafts
}

// moment is a time within the file.
func (f *file) moment(r *rng) int64 { return f.begin + int64(r.below(int(f.end-f.begin)+1)) }

// call picks one of the actor's calls that this region records.
func (w *world) call(who *actor, region string, r *rng) *op {
	for range 8 {
		if o := who.ops[who.pick.at(r.next())]; !o.global || region == regions[0] {
			return o
		}
	}
	return w.ops["sts.GetCallerIdentity"]
}

// A sessionStart is a session that begins while the file's events happen.
type sessionStart struct {
	who *actor
	of  session
}

// sessionStarts lists them, so that an AssumeRole of the file can grant each of
// them: its key is then the key of the session's later records.
func (f *file) sessionStarts() []sessionStart {
	var starts []sessionStart
	for _, a := range f.acct.roles {
		if s := a.session(f.end, 0); a.fanout <= 1 && s.start >= f.begin {
			starts = append(starts, sessionStart{a, s})
		}
	}
	return starts
}

// grant decides which session an AssumeRole begins: the next of starts, else
// one in which nothing will be done.
func (d *draft) grant(a *account, starts []sessionStart, r *rng) []sessionStart {
	if len(starts) > 0 {
		d.target, d.granted, d.t = starts[0].who, starts[0].of, starts[0].of.start
		return starts[1:]
	}
	d.target = a.roles[r.below(len(a.roles))]
	d.granted = session{start: d.t, id: r.next()}
	return nil
}
