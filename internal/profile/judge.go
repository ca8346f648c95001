package profile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
)

// Scores that a story must reach.
const (
	lowScore      = 2
	mediumScore   = 4
	highScore     = 7
	criticalScore = 12
)

// scoreOf is what a detection adds to a story: alone it makes one of its own class.
var scoreOf = [...]float64{None: 0, Low: lowScore, Medium: mediumScore, High: highScore, Critical: criticalScore}

// judgeOpen judges the open days that something came for, and those after them, and puts
// stories that are other than they were into the change.
func (e *Engine) judgeOpen(c *Change) {
	e.judge(c, func(*day) bool { return true })
}

// judge is judgeOpen for some of the days: the first ones, or all.
func (e *Engine) judge(c *Change, some func(d *day) bool) {
	dirty := false
	for _, d := range e.openDays() {
		if !some(d) {
			return
		}
		if dirty = dirty || d.dirty; dirty {
			e.tell(c, d, e.stories(d), false)
			d.dirty = false
		}
	}
}

// tell puts what changed of a day's stories into the change.
func (e *Engine) tell(c *Change, d *day, stories []*Story, final bool) {
	told := make(map[string]uint64, len(stories))
	for _, s := range stories {
		if s.Severity == None {
			continue
		}
		s.Final = final
		sum := s.sum()
		told[s.ID] = sum
		if old, ok := d.told[s.ID]; !ok || old != sum {
			c.Stories = append(c.Stories, *s)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.told)) {
		if _, ok := told[id]; !ok {
			c.Withdrawn = append(c.Withdrawn, id)
		}
	}
	d.told = told
}

// sum is a hash of all that a story tells.
func (s *Story) sum() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, s.Severity, s.Final, s.Profiles, s.Others, math.Float64bits(s.Score))
	for i := range s.Findings {
		f := &s.Findings[i]
		fmt.Fprint(h, f.Profile, f.Subject, f.Value, math.Float64bits(f.Score), f.Why, f.Sample.Time, f.Sample.EventID)
	}
	return h.Sum64()
}

// stories are those of a day, judged against what was learned and what the open days
// before it hold, by root.
func (e *Engine) stories(d *day) []*Story {
	if d.number < e.teachUntil() {
		return nil
	}
	byRoot := map[string]*Story{}
	add := func(root string, f Finding) {
		if e.o.Allowed != nil && e.o.Allowed(&f) {
			return
		}
		s := byRoot[root]
		if s == nil {
			s = &Story{Day: d.number, Root: root, ID: storyID(root, d)}
			byRoot[root] = s
		}
		s.Findings = append(s.Findings, f)
	}
	for _, x := range d.evidence {
		if f, ok := e.finding(d, x); ok {
			add(e.lineage.root(x.Actor, x.Credential, x.Time), f)
		}
	}
	e.tooOften(d, add)
	e.travels(d, add)
	known := d.samples()
	for f := range d.detected.all() {
		if of, ok := known[f.EventID]; ok && f.Credential == "" && of.Time == f.Time && of.Name == f.Name {
			f.Sample = *of // a detection tells less
		}
		root := ""
		if f.Credential != "" {
			root = e.lineage.root(f.Actor, f.Credential, f.Time)
		} else {
			root = e.rootOfDay(f.Actor, d.number)
		}
		add(root, Finding{Profile: f.Detection, Value: f.Target, Score: scoreOf[f.Severity], Why: f.Why, Sample: f.Sample})
	}
	stories := slices.Collect(maps.Values(byRoot))
	slices.SortFunc(stories, func(a, b *Story) int { return strings.Compare(a.Root, b.Root) })
	least := e.mediumScore()
	suspects := map[Key]struct{}{}
	for _, s := range stories {
		if e.weigh(s, least); s.Severity < e.o.Probation {
			continue
		}
		for i := range s.Findings {
			for _, key := range s.Findings[i].Keys {
				suspects[key] = struct{}{}
			}
		}
	}
	e.suspects[d.number] = suspects
	return stories
}

// samples are the events that a day's evidence is, by their IDs.
func (d *day) samples() map[string]*Sample {
	all := make(map[string]*Sample, len(d.evidence))
	for _, x := range d.evidence {
		if x.EventID != "" {
			all[x.EventID] = &x.Sample
		}
	}
	return all
}

// storyID is the same for the same root and day in every run.
func storyID(root string, d *day) string {
	text := fmt.Sprintf("ctsql story\x00%s\x00%s", d.number.Start().Format("2006-01-02"), root)
	if d.reopened > 0 {
		text += "\x00late"
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func (e *Engine) rootOfDay(actor string, n Day) string {
	return e.lineage.rootOf(actor, n.Start().UnixMicro(), (n + 1).Start().UnixMicro())
}

// finding judges a fact, and reports whether it deviates.
func (e *Engine) finding(d *day, x *evidence) (Finding, bool) {
	key := uint64(x.Key)
	known := e.values.get(key)
	p := e.byName[x.named.Profile]
	if p == nil {
		return Finding{}, false // it is asked no more
	}
	f := Finding{Profile: p.Name, Of: x.named.Of, Subject: x.named.Subject, Value: x.named.Value, Key: x.Key, Sample: x.Sample}
	if p.returns {
		return f, e.back(&f, d, p, known)
	}
	if e.isNormal(known, key, d.number) || e.wasNormal(d, key) {
		return f, false
	}
	g := e.groups.of(uint64(x.group))
	f.Past = Past{Events: g.events, Values: int(g.values), First: g.first, Probation: known != nil}
	if g.seen > 0 {
		f.Past.Days = int(d.number - g.first)
	}
	f.Keys = append(f.Keys, x.Key)
	f.Score = g.novelty() + e.others(&f, d, p, x)
	f.Score *= p.Weight
	if x.ReadOnly {
		f.Score /= 2
	}
	if p.always && (p.Absent == "" || f.Value != p.Absent) {
		f.Score = max(f.Score, mediumScore)
	}
	return f, f.Score > 0
}

// others is how new the value is for the other subjects of the profile: the most that
// one of them says.
func (e *Engine) others(f *Finding, d *day, p *asked, x *evidence) (most float64) {
	texts := [...]string{x.Actor, x.Peers, x.Account}
	hash := e.hash.text([]byte(x.named.Value))
	for _, of := range p.subjects[1:] {
		group := groupKey(p.salts[of], e.hash.text([]byte(texts[of])))
		key := valueKey(group, hash)
		if e.isNormal(e.values.get(key), key, d.number) || e.wasNormal(d, key) {
			continue
		}
		f.Keys = append(f.Keys, Key(key))
		g := e.groups.of(group)
		most = max(most, g.novelty())
		if g.events > 0 {
			f.Also = append(f.Also, subjectNames[of])
		}
	}
	return most
}

// isNormal reports whether a value is known from before a day, and neither on probation
// nor forgotten.
func (e *Engine) isNormal(v *value, key uint64, n Day) bool {
	if v == nil || DayOf(int64(v.first)*1_000_000) >= n {
		return false
	}
	if e.o.Forget > 0 && n.Start().Unix()-int64(v.last) > int64(e.o.Forget.Seconds()) {
		return false
	}
	_, probation := e.probation[Key(key)]
	return !probation
}

// wasNormal reports whether a day before d that is still open has the value, and will
// learn it as normal.
func (e *Engine) wasNormal(d *day, key uint64) bool {
	if _, probation := e.probation[Key(key)]; probation {
		return false
	}
	for n, o := range e.open {
		if n >= d.number || o.facts.has(key) == nil {
			continue
		}
		if _, suspect := e.suspects[n][Key(key)]; !suspect {
			return true
		}
	}
	return false
}

// weigh adds a story up and finds its class. least is what medium severity takes.
func (e *Engine) weigh(s *Story, least float64) {
	slices.SortFunc(s.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Profile, b.Profile),
			strings.Compare(a.Subject, b.Subject), strings.Compare(a.Value, b.Value),
			cmp.Compare(a.Sample.Time, b.Sample.Time), strings.Compare(a.Sample.EventID, b.Sample.EventID))
	})
	e.climb(s)
	times := map[string]int{} // how often a profile has counted
	others := map[string]bool{}
	for i := range s.Findings {
		f := &s.Findings[i]
		f.Counted = math.Ldexp(f.Score, -times[f.Profile])
		times[f.Profile]++
		s.Score += f.Counted
		if times[f.Profile] == 1 {
			s.Profiles = append(s.Profiles, f.Profile)
		}
		if s.First == 0 || f.Sample.Time < s.First {
			s.First = f.Sample.Time
		}
		s.Last = max(s.Last, f.Sample.Time)
		if actor, _, _ := strings.Cut(f.Sample.Actor, viaService); actor != s.Root {
			others[actor] = true
		}
	}
	s.Others = slices.Sorted(maps.Keys(others))
	if len(s.Findings) > 0 {
		s.Account = s.Findings[0].Sample.Account
	}
	s.Severity = class(s.Score, least)
}

func class(score, least float64) Severity {
	switch {
	case score >= max(criticalScore, least):
		return Critical
	case score >= max(highScore, least):
		return High
	case score >= least:
		return Medium
	case score >= lowScore:
		return Low
	}
	return None
}

// covers reports whether what a profile of a ladder is about in one record is the same
// in another.
func covers(profile string, wide, narrow *Sample) bool {
	switch profile {
	case "country":
		return wide.Country == narrow.Country
	case "city":
		return wide.Country == narrow.Country && wide.City == narrow.City
	case "asn":
		return wide.ASN == narrow.ASN
	case "network":
		return networkOf(wide.Address) == networkOf(narrow.Address)
	case "service":
		return wide.Source == narrow.Source
	}
	return false
}

// climb takes out findings that follow from a wider one: an address in a country that is
// new too, a call of a service that is.
func (e *Engine) climb(s *Story) {
	s.Findings = slices.DeleteFunc(s.Findings, func(f Finding) bool {
		p := e.byName[f.Profile]
		if p == nil || p.Ladder == "" || p.always {
			return false
		}
		return slices.ContainsFunc(s.Findings, func(w Finding) bool {
			wide := e.byName[w.Profile]
			return wide != nil && wide.Ladder == p.Ladder && wide.Step > p.Step && covers(wide.Name, &w.Sample, &f.Sample)
		})
	})
}
