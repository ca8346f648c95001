package source

import (
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A place is what a folder's key tells of where in the layout it lies.
type place int

const (
	outside place = iota // nothing known: ask, within limits
	above                // AWSLogs/, an organisation, an account: ask
	aside                // beside the layout: list flat, as key order has it
	atKind               // …/ACCOUNT/KIND/
	region               // …/ACCOUNT/KIND/REGION/, or a folder of dates in it
)

// locate reads a folder's key, which ends in a slash. regionKey is the key of
// the region's folder when the place is region.
func locate(folder string) (p place, k cloudtrail.Key, regionKey string) {
	part := strings.Split(strings.TrimSuffix(folder, "/"), "/")
	aws, kind := -1, -1
	for i, s := range part {
		switch {
		case s == "AWSLogs":
			aws, kind = i, -1
		case i > 0 && cloudtrail.IsKind(s):
			kind = i
		}
	}
	if kind >= 0 {
		k = cloudtrail.Key{Account: part[kind-1], Kind: part[kind]}
		below := part[kind+1:]
		switch {
		case len(below) == 0:
			if aws < 0 && !isAccount(k.Account) {
				k.Kind = "" // maybe a prefix that happens to be called so
			}
			return atKind, k, ""
		case isRegion(below[0]) && areDates(below[1:]):
			k.Region = below[0]
			return region, k, strings.Join(part[:kind+2], "/") + "/"
		case aws >= 0:
			return aside, k, ""
		}
		return outside, cloudtrail.Key{}, ""
	}
	if aws < 0 {
		return outside, cloudtrail.Key{}, ""
	}
	below := part[aws+1:]
	if len(below) > 0 && strings.HasPrefix(below[0], "o-") {
		below = below[1:]
	}
	switch len(below) {
	case 0:
		return above, k, ""
	case 1:
		return above, cloudtrail.Key{Account: below[0]}, ""
	}
	return aside, cloudtrail.Key{Account: below[0]}, ""
}

// areDates reports whether part is some first part of YYYY/MM/DD.
func areDates(part []string) bool {
	if len(part) > 3 {
		return false
	}
	for i, s := range part {
		if want := 2; len(s) != want && !(i == 0 && len(s) == 4) || strings.Trim(s, "0123456789") != "" {
			return false
		}
	}
	return len(part) == 0 || len(part[0]) == 4
}
