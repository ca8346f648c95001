package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A DigestConfig says which digests to make. What is zero has a default.
type DigestConfig struct {
	Seed  uint64
	Start time.Time // zero is 2025-06-23
	// Hours is how many digests a chain has, one an hour; at least 6, 0 is 12.
	Hours int
	// Logs is how many logs an hour has; 0 is one to three, and in every fourth
	// hour none.
	Logs int
	// Restart, if not 0, is the hour in which validation begins again in the
	// first chain: its digest is a starting one.
	Restart int
	// Backfill adds a chain of digests that were made afterwards.
	Backfill bool
}

// A DigestTrail is a small trail of one account and two regions with the digests
// of every hour, also of those in which nothing was logged, unlike Write's.
type DigestTrail struct {
	Bucket  string
	Objects []DigestObject // each chain's in the order of delivery
}

// A DigestObject is a digest or a log.
type DigestObject struct {
	Key  string
	Body []byte
	// Signature is a digest's, in hex: x-amz-meta-signature. "" is a log's.
	Signature string
}

// trailMaker makes a DigestTrail.
type trailMaker struct {
	DigestTrail
	logs   int // an hour, 0 for some
	r      rng
	press  press
	signer signer
}

// digestAccount is whose trail it is.
const digestAccount = "111122223333"

// NewDigestTrail makes the trail. The same config gives the same bytes.
func NewDigestTrail(c DigestConfig) (*DigestTrail, error) {
	if c.Start.IsZero() {
		c.Start = time.Date(2025, 6, 23, 0, 0, 0, 0, time.UTC)
	}
	if c.Hours == 0 {
		c.Hours = 12
	}
	if c.Hours < 6 {
		return nil, fmt.Errorf("synth: %d hours: digests are made for at least 6", c.Hours)
	}
	s, err := newSigner()
	if err != nil {
		return nil, err
	}
	m := &trailMaker{DigestTrail: DigestTrail{Bucket: trailBucket}, logs: c.Logs, r: rng{mix(c.Seed, 5)}, signer: s}
	for i, region := range []string{"us-east-1", "eu-west-1"} {
		last := &chain{logs: []digestLog{}}
		for h := range c.Hours {
			if i == 0 && h > 0 && h == c.Restart {
				last = &chain{logs: []digestLog{}}
			}
			if err := m.hour(last, region, c.Start.Add(time.Duration(h)*time.Hour), ""); err != nil {
				return nil, err
			}
		}
	}
	if c.Backfill {
		last := &chain{logs: []digestLog{}}
		for h := range 3 {
			if err := m.hour(last, "us-east-1", c.Start.Add(time.Duration(h-3)*time.Hour), "_backfill"); err != nil {
				return nil, err
			}
		}
	}
	return &m.DigestTrail, nil
}

// hour makes the logs of an hour and their digest.
func (m *trailMaker) hour(c *chain, region string, start time.Time, suffix string) error {
	logs := m.logs
	if logs == 0 && start.Hour()%4 != 0 {
		logs = 1 + m.r.below(3)
	}
	for range logs {
		at := start.Add(time.Duration(1+m.r.below(59)) * time.Minute)
		key, text := m.log(region, at)
		hash, event := sha256.Sum256(text), iso(at.Unix()-240)
		c.logs = append(c.logs, digestLog{m.Bucket, key, hex.EncodeToString(hash[:]), "SHA-256", event, event})
		m.Objects = append(m.Objects, DigestObject{Key: key, Body: m.press.compress(text)})
	}
	// Digests begin and end at some second of the hour.
	start, end := start.Add(93*time.Second), start.Add(time.Hour+93*time.Second)
	key := fmt.Sprintf("logs/AWSLogs/%s/%s/%s/%s/%s_%s_%s_org_trail_us-east-1_%s%s.json.gz", digestAccount, kindDigest, region,
		end.Format("2006/01/02"), digestAccount, kindDigest, region, end.Format("20060102T150405Z"), suffix)
	text, sign, err := c.seal(m.signer, &digest{Account: digestAccount, Start: iso(start.Unix()), End: iso(end.Unix()), Bucket: m.Bucket, Object: key})
	m.Objects = append(m.Objects, DigestObject{Key: key, Body: m.press.compress(text), Signature: sign})
	return err
}

// log makes a log of a few plain events.
func (m *trailMaker) log(region string, at time.Time) (key string, text []byte) {
	var records []string
	for range 1 + m.r.below(5) {
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":%q,`+
			`"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":%q,"sourceIPAddress":"ec2.amazonaws.com","readOnly":true,`+
			`"eventID":"%016x","eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":%q,"eventCategory":"Management"}`,
			iso(at.Unix()-240), region, m.r.next(), digestAccount))
	}
	return logKey(region, at, m.r.next()), []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

func logKey(region string, at time.Time, unique uint64) string {
	return fmt.Sprintf("logs/AWSLogs/%s/%s/%s/%s/%s_%s_%s_%s_%016x.json.gz", digestAccount, kindEvents, region,
		at.Format("2006/01/02"), digestAccount, kindEvents, region, at.Format("20060102T1504Z"), unique)
}

// WriteDir writes the objects below dir, and beside each digest its signature if
// signed is true.
func (t *DigestTrail) WriteDir(dir string, signed bool) error {
	put := intoDir(dir)
	for _, o := range t.Objects {
		if err := put(o.Key, o.Body); err != nil {
			return err
		}
		if o.Signature != "" && signed {
			name := filepath.Join(dir, filepath.FromSlash(o.Key)) + ".sig"
			if err := os.WriteFile(name, []byte(o.Signature+"\n"), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// digests are the indexes of the first chain's.
func (t *DigestTrail) digests() (at []int) {
	for i, o := range t.Objects {
		if o.Signature != "" && strings.Contains(o.Key, "/us-east-1/") && !strings.HasSuffix(o.Key, "_backfill.json.gz") {
			at = append(at, i)
		}
	}
	return at
}

// logOf is the index of the first log of one of the first chain's later hours.
func (t *DigestTrail) logOf() int {
	after := t.digests()[len(t.digests())/2]
	return after + slices.IndexFunc(t.Objects[after:], func(o DigestObject) bool { return o.Signature == "" })
}
