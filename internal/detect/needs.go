package detect

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// Places says which data of addresses the session was given.
type Places struct{ GeoIP, Tor, Ranges bool }

// lacking knows what is not there, by the word of a query's Needs. What a load was of is
// looked at once.
type lacking struct {
	s     *cache.Session
	has   Places
	known map[string]string
}

// of says what the detection needs and is not there, "" if all of it is.
func (l *lacking) of(ctx context.Context, q queries.Query) (string, error) {
	for _, need := range q.Needs {
		lack, known := l.known[need]
		if !known {
			var err error
			if lack, err = l.look(ctx, need); err != nil {
				return "", err
			}
			l.known[need] = lack
		}
		if lack != "" {
			return lack, nil
		}
	}
	return "", nil
}

func (l *lacking) look(ctx context.Context, need string) (string, error) {
	switch need {
	case "geoip":
		return absent(l.has.GeoIP, "is no database of places (--geoip FILE)"), nil
	case "tor":
		return absent(l.has.Tor, "is no list of Tor's exits (--tor FILE)"), nil
	case "ip-ranges":
		return absent(l.has.Ranges, "is no list of AWS's networks (--ip-ranges FILE)"), nil
	}
	look := map[string][2]string{
		"cloudtrail": {"cloudtrail", "are no events of CloudTrail"},
		"s3logs":     {"s3logs", "are no access logs of S3"},
		"aggregated": {"aggregated", "are no summaries of data events"},
		"data":       {"cloudtrail WHERE eventCategory = 'Data'", "are no data events"},
		"network":    {"cloudtrail WHERE eventCategory = 'NetworkActivity'", "are no events of network activity"},
		"insight":    {"cloudtrail WHERE eventCategory = 'Insight'", "are no Insights"},
	}[need]
	there, err := anyRow(ctx, l.s, "SELECT 1 FROM "+cmp.Or(look[0], "cloudtrail")+" LIMIT 1")
	return absent(there, look[1]), err
}

// anyRow says whether a statement yields a row.
func anyRow(ctx context.Context, s *cache.Session, statement string) (bool, error) {
	a, err := s.Run(ctx, statement, nil, render.CopyOptions)
	if err != nil {
		return false, err
	}
	n, err := io.Copy(io.Discard, a.Result)
	return n > 0, errors.Join(err, a.Close())
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
