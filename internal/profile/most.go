package profile

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// mostEvidence is how many values of one profile of an actor may deviate on one day, and
// mostDetected how often one detection may find one actor on it. Each counts half of
// what the one before it did: the hundredth adds nothing to a story. But whoever makes up
// a user agent with each call could have a million of them by the evening, each of which
// is a kilobyte here, and is judged anew with each batch. Those that come first are kept:
// see Sample.before. Of places where somebody was as many count as are compared. Of an
// account's values, each of which may be another actor's, there may be more: who makes a
// role for each job must not hide a stranger.
const (
	mostEvidence  = 100
	mostOfAccount = 2000
	mostDetected  = 100
)

func mostOf(n *Named) int {
	switch {
	case n.Profile == travelName:
		return travelMost
	case n.Of != OfActor:
		return mostOfAccount
	}
	return mostEvidence
}

// admit keeps an evidence unless there are enough that come before it, and reports
// whether it does.
func (d *day) admit(x *evidence) bool {
	list := d.byGroup[x.group]
	if len(list) >= mostOf(&x.named) {
		last := slices.MaxFunc(list, (*evidence).compare)
		if x.compare(last) >= 0 {
			return false
		}
		delete(d.evidence, last.Key)
		list = slices.DeleteFunc(list, func(o *evidence) bool { return o == last })
	}
	d.byGroup[x.group] = append(list, x)
	d.evidence[x.Key] = x
	return true
}

// mayAdmit is whether admit could keep an event. It spares making an evidence of each
// that comes where there are too many.
func (d *day) mayAdmit(group uint64, ev *Event) bool {
	return slices.ContainsFunc(d.byGroup[Key(group)], func(x *evidence) bool {
		return !ev.ReadOnly && x.ReadOnly || ev.ReadOnly == x.ReadOnly && ev.Time <= x.Time
	})
}

func (x *evidence) compare(o *evidence) int {
	return cmp.Or(x.Sample.before(&o.Sample), cmp.Compare(x.Key, o.Key))
}

// detections are what detections found on a day, the first of each actor by detection
// and actor.
type detections map[[2]string][]Detected

// add takes a finding that is not known, and reports whether it does.
func (d detections) add(f Detected) bool {
	of := [2]string{f.Detection, f.Actor}
	list := d[of]
	at, known := slices.BinarySearchFunc(list, f, func(a, b Detected) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.EventID, b.EventID), strings.Compare(a.Target, b.Target))
	})
	if known || at == mostDetected {
		return false
	}
	list = slices.Insert(list, at, f)
	d[of] = list[:min(len(list), mostDetected)]
	return true
}

// forgetWindows takes out what was found over spans of time.
func (d detections) forgetWindows() {
	for of, list := range d {
		if list = slices.DeleteFunc(list, func(f Detected) bool { return f.Window }); len(list) == 0 {
			delete(d, of)
		} else {
			d[of] = list
		}
	}
}

func (d detections) all() iter.Seq[*Detected] {
	return func(yield func(*Detected) bool) {
		for _, list := range d {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}
