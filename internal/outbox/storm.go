package outbox

import "time"

// storm returns the first of the entries that are left which are not sent at once, for
// there were enough of those; none if the first may be sent.
func (r *round) storm() []Entry {
	most := r.way.MaxPerHour
	if most <= 0 {
		return nil
	}
	now := HourOf(r.Now())
	full := r.hours[now].Messages >= most
	for i, e := range r.left {
		// What was held in an hour that is over is not sent one by one in the next.
		made := HourOf(e.Made)
		if full || made < now && r.hours[made].Messages >= most {
			continue
		}
		return r.left[:i]
	}
	return r.left
}

// due returns when what is held is to be sent, and whether that is now: at the end of
// the hour in which the first of them was made, for of hours that are over no more will
// come; or at once if there is worse in it than what was told in this hour.
func (r *round) due(held []Entry) (at time.Time, now bool) {
	hour, worst := HourOf(r.Now()), 0
	for _, e := range held {
		worst = max(worst, e.Class)
	}
	// The clock may have been set back since they were made.
	at = time.Unix((min(HourOf(held[0].Made), hour)+1)*3600, 0)
	return at, r.last || worst > r.hours[hour].Class || !at.After(r.Now())
}
