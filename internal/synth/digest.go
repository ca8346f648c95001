package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// trailBucket is where the digests say that the trail is.
const trailBucket = "acme-org-trail"

// A digester writes digest files: for each account's us-east-1 one a day, where
// CloudTrail writes one an hour, since nobody asks for their number. They name
// all logs of that region. The key that signs them is this package's own
// (PublicKeys); as in a copy that lost its metadata, a digest's signature is kept
// by the next one alone, unless Config.Signed asks for more.
type digester struct {
	w        *world
	put      func(string, []byte) error
	sum      *Summary
	next     int64 // when the next digests are due
	press    press
	signer   signer
	chains   map[digestPlace]*chain
	interval int64
}

type digestPlace struct {
	acct   *account
	region string
}

type chain struct {
	logs            []digestLog
	key, hash, sign *string
}

type digestLog struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"`
	Algorithm string `json:"hashAlgorithm"`
	Newest    string `json:"newestEventTime"`
	Oldest    string `json:"oldestEventTime"`
}

type digest struct {
	Account     string      `json:"awsAccountId"`
	Start       string      `json:"digestStartTime"`
	End         string      `json:"digestEndTime"`
	Bucket      string      `json:"digestS3Bucket"`
	Object      string      `json:"digestS3Object"`
	Fingerprint string      `json:"digestPublicKeyFingerprint"`
	Signing     string      `json:"digestSignatureAlgorithm"`
	Newest      *string     `json:"newestEventTime"`
	Oldest      *string     `json:"oldestEventTime"`
	PrevBucket  *string     `json:"previousDigestS3Bucket"`
	PrevObject  *string     `json:"previousDigestS3Object"`
	PrevHash    *string     `json:"previousDigestHashValue"`
	PrevHashing *string     `json:"previousDigestHashAlgorithm"`
	PrevSign    *string     `json:"previousDigestSignature"`
	Logs        []digestLog `json:"logFiles"`
}

func newDigester(cfg Config, w *world, put func(string, []byte) error, sum *Summary) (*digester, error) {
	s, err := newSigner()
	d := &digester{w: w, put: put, sum: sum, signer: s, interval: 86400, chains: map[digestPlace]*chain{}}
	d.next = cfg.Start.Unix() + d.interval
	for _, a := range w.accounts {
		for _, region := range w.digestRegions() {
			d.chains[digestPlace{a, region}] = &chain{logs: []digestLog{}}
		}
	}
	return d, err
}

func (w *world) digestRegions() []string {
	if w.signed {
		return regions
	}
	return regions[:1]
}

// digested reports whether digests tell of the file.
func (w *world) digested(f *file) bool { return w.signed || f.region == regions[0] }

func (d *digester) note(f *file, key string, r rendered) {
	if d.w.digested(f) {
		c := d.chains[digestPlace{f.acct, f.region}]
		c.logs = append(c.logs, digestLog{trailBucket, key, hex.EncodeToString(r.hash[:]), "SHA-256", iso(r.newest), iso(r.oldest)})
	}
}

func iso(t int64) string { return string(appendISO(nil, t)) }

// before writes the digests that are due before something is delivered at t.
func (d *digester) before(t int64) error {
	for ; d.next <= t; d.next += d.interval {
		for _, a := range d.w.accounts {
			for _, region := range d.w.digestRegions() {
				if err := d.write(a, region); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *digester) write(a *account, region string) error {
	c, end := d.chains[digestPlace{a, region}], time.Unix(d.next, 0).UTC()
	key := fmt.Sprintf("AWSLogs/%s/%s/%s/%s/%s/%s_%s_%s_org-trail_us-east-1_%s.json.gz", OrganizationID, a.id, kindDigest, region,
		end.Format("2006/01/02"), a.id, kindDigest, region, end.Format("20060102T150405Z"))
	doc := digest{Account: a.id, Start: iso(d.next - d.interval), End: iso(d.next), Bucket: trailBucket, Object: key}
	text, sign, err := c.seal(d.signer, &doc)
	if err != nil {
		return err
	}
	body := d.press.compress(text)
	d.sum.Files[kindDigest]++
	d.sum.Inflated += int64(len(text))
	d.sum.Compressed += int64(len(body))
	if err := d.put(key, body); err != nil || !d.w.signed {
		return err
	}
	return d.put(key+".sig", []byte(sign))
}

// seal completes a digest with the chain's logs and its last digest, signs it, and
// makes it the chain's last. It returns the digest's text and signature.
func (c *chain) seal(s signer, doc *digest) (text []byte, sign string, err error) {
	doc.Fingerprint, doc.Signing, doc.Logs = s.fingerprint, "SHA256withRSA", c.logs
	for i := range c.logs {
		doc.Oldest = earlier(doc.Oldest, &c.logs[i].Oldest, 1)
		doc.Newest = earlier(doc.Newest, &c.logs[i].Newest, -1)
	}
	if c.key != nil {
		bucket, hashing := doc.Bucket, "SHA-256"
		doc.PrevBucket, doc.PrevHashing = &bucket, &hashing
		doc.PrevObject, doc.PrevHash, doc.PrevSign = c.key, c.hash, c.sign
	}
	if text, err = json.Marshal(doc); err != nil {
		return nil, "", err
	}
	if sign, err = s.sign(doc, text); err != nil {
		return nil, "", err
	}
	hash := sha256.Sum256(text)
	value := hex.EncodeToString(hash[:])
	*c = chain{logs: []digestLog{}, key: &doc.Object, hash: &value, sign: &sign}
	return text, sign, nil
}

// earlier returns the earlier of two times, or the later if sign is -1.
func earlier(a, b *string, sign int) *string {
	if a == nil || (sign > 0) == (*b < *a) {
		return b
	}
	return a
}
