package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/queries"
)

// missing says what the detection needs and is not there, "" if all of it is. What a
// load was of is looked at once.
func (d *detecting) missing(ctx context.Context, q queries.Query) (string, error) {
	for _, need := range q.Needs {
		lack, known := d.lacks[need]
		if !known {
			var err error
			if lack, err = d.lack(ctx, need); err != nil {
				return "", err
			}
			d.lacks[need] = lack
		}
		if lack != "" {
			return lack, nil
		}
	}
	return "", nil
}

func (d *detecting) lack(ctx context.Context, need string) (string, error) {
	places := d.query.places.options(d.query.s3.S3Options)
	switch need {
	case "geoip":
		return absent(len(places.GeoIP) > 0, "is no database of places (--geoip FILE)"), nil
	case "tor":
		return absent(len(places.Tor) > 0, "is no list of Tor's exits (--tor FILE)"), nil
	case "ip-ranges":
		return absent(len(places.Ranges) > 0, "is no list of AWS's networks (--ip-ranges FILE)"), nil
	}
	look := map[string][2]string{
		"cloudtrail": {"cloudtrail", "are no events of CloudTrail"},
		"s3logs":     {"s3logs", "are no access logs of S3"},
		"aggregated": {"aggregated", "are no summaries of data events"},
		"data":       {"cloudtrail WHERE eventCategory = 'Data'", "are no data events"},
		"network":    {"cloudtrail WHERE eventCategory = 'NetworkActivity'", "are no events of network activity"},
		"insight":    {"cloudtrail WHERE eventCategory = 'Insight'", "are no Insights"},
	}[need]
	there, err := d.any(ctx, "SELECT 1 FROM "+cmp.Or(look[0], "cloudtrail")+" LIMIT 1")
	return absent(there, look[1]), err
}

// unplaced says which database of addresses a detection asked and does not have, "" if
// it failed of something else: there are those of places and those of networks, and the
// files are not looked into before.
func unplaced(err error) string {
	switch {
	case errors.Is(err, geoip.ErrNoASN):
		return "is no database of networks (--geoip GeoLite2-ASN.mmdb)"
	case errors.Is(err, geoip.ErrNoCity), errors.Is(err, geoip.ErrNoCountry):
		return "is no database of cities (--geoip GeoLite2-City.mmdb)"
	}
	return ""
}

func absent(there bool, say string) string {
	if there {
		return ""
	}
	return say
}
