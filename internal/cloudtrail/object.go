package cloudtrail

import (
	"errors"
	"strings"
	"time"
)

// An Object is one stored log object, as a listing tells of it.
type Object struct {
	// Name says where the object is: "s3://bucket/key" or an absolute file
	// path. Rows carry it as sourceObject.
	Name string
	// Size is the stored size in bytes; -1 when the listing does not tell.
	Size     int64
	Modified time.Time
	// ETag and Version are kept for the record. An ETag is never relied on.
	ETag    string
	Version string
	// Fault says why the listing already knows that the object cannot be
	// read, such as a GLACIER storage class or a dangling link; else nil.
	Fault error
}

// EndsSource reports whether err is one after which nothing more can be read from the
// source that it came from: a sign-in that is over, and not one object's own fault. Such
// an error has a method of this name that says so.
func EndsSource(err error) bool {
	var e interface{ EndsSource() bool }
	return errors.As(err, &e) && e.EndsSource()
}

// A Key is what the layout of CloudTrail's keys tells of an object:
//
//	[prefix/]AWSLogs/[o-ORGID/]ACCOUNT/KIND/REGION/YYYY/MM/DD/ACCOUNT_KIND_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
type Key struct {
	Account string
	Kind    string // CloudTrail, CloudTrail-NetworkActivity, CloudTrail-Insight, CloudTrail-Aggregated, CloudTrail-Digest
	Region  string
	// Delivered is when the file was delivered, to the minute (a digest's to
	// the second); events in it may be far older.
	Delivered time.Time
}

// Kinds of log files, as they stand in keys.
const (
	KindEvents          = "CloudTrail"
	KindNetworkActivity = "CloudTrail-NetworkActivity"
	KindInsight         = "CloudTrail-Insight"
	KindAggregated      = "CloudTrail-Aggregated"
	KindDigest          = "CloudTrail-Digest"
)

// ParseKey reads the layout from an object's name or key, from its end, since
// a prefix may itself hold slashes or "AWSLogs". It reports false for a name
// that does not follow the layout.
func ParseKey(name string) (Key, bool) {
	dir, file := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, file = name[:i], name[i+1:]
	}
	// The folders: ACCOUNT/KIND/REGION/YYYY/MM/DD.
	var part [6]string
	for i := len(part) - 1; i >= 0; i-- {
		j := strings.LastIndexByte(dir, '/')
		part[i] = dir[j+1:]
		if j < 0 {
			if i > 0 {
				return Key{}, false
			}
			break
		}
		dir = dir[:j]
	}
	k := Key{Account: part[0], Kind: part[1], Region: part[2]}
	if !IsKind(k.Kind) {
		return Key{}, false
	}
	// The file: its time is the last-but-one field, or a digest's last.
	day, err := time.Parse("2006/01/02", part[3]+"/"+part[4]+"/"+part[5])
	if err != nil {
		return Key{}, false
	}
	k.Delivered = day
	for f := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSuffix(file, ".gz"), ".json"), "_") {
		if len(f) < len("20060102T1504Z") || f[8] != 'T' {
			continue // most are none, and to have time.Parse say so takes three times as long as all else here
		}
		for _, layout := range [...]string{"20060102T1504Z", "20060102T150405Z"} {
			if t, err := time.Parse(layout, f); err == nil {
				k.Delivered = t
			}
		}
	}
	return k, true
}

// IsKind reports whether s is a folder name that CloudTrail gives to one of
// its kinds of log files.
func IsKind(s string) bool {
	switch s {
	case KindEvents, KindNetworkActivity, KindInsight, KindAggregated, KindDigest:
		return true
	}
	return false
}
