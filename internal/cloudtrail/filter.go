package cloudtrail

import (
	"cmp"
	"slices"
)

// A Filter says which records to keep; its zero value keeps all. Accounts and
// Regions are asked of events alone: a line of an access log does not have them.
type Filter struct {
	Since, Until int64 // microseconds since 1970, Since inclusive, Until exclusive; 0 or NoTime for none
	Accounts     []string
	Regions      []string
	Only         Log `json:",omitempty"` // records of this kind of log
}

// only is the one kind of log that the filter keeps.
func (f *Filter) only() Log {
	if f == nil {
		return AnyLog
	}
	return f.Only
}

// keeps reports whether the filter keeps the record that d has decoded. It keeps
// all summaries.
func (f *Filter) keeps(d *recorder) bool {
	switch {
	case f == nil:
		return true
	case f.Only != AnyLog && (f.Only == AccessLog) != (d.rows.Table == Requests):
		return false
	case d.rows.Table == Aggregated:
		return true
	}
	t, since, until := d.row.Time, f.Since != 0 && f.Since != NoTime, f.Until != 0 && f.Until != NoTime
	if since && t < f.Since || until && t >= f.Until || (since || until) && t == NoTime {
		return false
	}
	if d.rows.Table != Events || len(f.Accounts) == 0 && len(f.Regions) == 0 {
		return true
	}
	var recipient, identity, issuer, region []byte
	for _, e := range d.rows.entries[d.row.first:] {
		switch e.ID() {
		case recipientAccount.ID:
			recipient = d.rows.Text(e)
		case identityAccount.ID:
			identity = d.rows.Text(e)
		case issuerAccount.ID:
			issuer = d.rows.Text(e)
		case awsRegion.ID:
			region = d.rows.Text(e)
		}
	}
	account := cmp.Or(string(recipient), string(identity), string(issuer))
	return (len(f.Accounts) == 0 || slices.Contains(f.Accounts, account)) &&
		(len(f.Regions) == 0 || slices.Contains(f.Regions, string(region)))
}
