package s3logs

import (
	"strings"
	"time"
)

// A Key is what the layouts of an access log's keys tell of an object:
//
//	PREFIXyyyy-mm-dd-HH-MM-SS-UNIQUE
//	PREFIXACCOUNT/REGION/BUCKET/yyyy/mm/dd/yyyy-mm-dd-HH-MM-SS-UNIQUE
type Key struct {
	// Account, Region and Bucket are those of the bucket that is logged; empty
	// in the first layout, which does not tell.
	Account, Region, Bucket string
	// Delivered is when the object was delivered, in UTC. Where the log is parted
	// by the time of events, it is the start of the day in which these fall.
	Delivered time.Time
}

// ParseKey reads the layout from an object's name or key, from its end, since a
// prefix may hold anything and needs no slash at its own end. UNIQUE may be any
// letters and digits, and .gz, .log and .txt may have been added behind it. It
// reports false for a name that follows neither layout.
func ParseKey(name string) (Key, bool) {
	for cut := true; cut; {
		cut = false
		for _, added := range [...]string{".gz", ".log", ".txt"} {
			if rest, ok := strings.CutSuffix(name, added); ok {
				name, cut = rest, true
			}
		}
	}
	const layout = "2006-01-02-15-04-05"
	dash := strings.LastIndexByte(name, '-')
	if dash < len(layout) || dash+1 == len(name) || !of(name[dash+1:], "") {
		return Key{}, false
	}
	prefix, stamp := name[:dash-len(layout)], name[dash-len(layout):dash]
	at, err := time.Parse(layout, stamp)
	if err != nil {
		return Key{}, false
	}
	k := Key{Delivered: at}
	if dir, ok := strings.CutSuffix(prefix, "/"+strings.ReplaceAll(stamp[:10], "-", "/")+"/"); ok {
		k.Account, k.Region, k.Bucket = folders(dir)
	}
	return k, true
}

// folders reads PREFIXACCOUNT/REGION/BUCKET. All are empty if it is not that:
// then the day's folders were the prefix's own.
func folders(dir string) (account, region, bucket string) {
	i := strings.LastIndexByte(dir, '/')
	if i < 0 {
		return "", "", ""
	}
	dir, bucket = dir[:i], dir[i+1:]
	i = strings.LastIndexByte(dir, '/')
	if i < 12 || len(bucket) < 3 || !of(bucket, ".-_") {
		return "", "", ""
	}
	account, region = dir[i-12:i], dir[i+1:]
	for _, c := range account {
		if c < '0' || c > '9' {
			return "", "", ""
		}
	}
	if strings.Count(region, "-") < 2 || !of(region, "-") {
		return "", "", ""
	}
	return account, region, bucket
}

// of reports whether all of s is ASCII letters, digits, or one of others.
func of[T string | []byte](s T, others string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
