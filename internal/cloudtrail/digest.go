package cloudtrail

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Digest names the log files that were delivered in some time, mostly an hour,
// and the digest before it. Times and names are texts, for the signature is over
// them as they are written.
type Digest struct {
	Account     string `json:"awsAccountId"`
	Start       string `json:"digestStartTime"`
	End         string `json:"digestEndTime"`
	Bucket      string `json:"digestS3Bucket"`
	Object      string `json:"digestS3Object"`
	Fingerprint string `json:"digestPublicKeyFingerprint"`
	Algorithm   string `json:"digestSignatureAlgorithm"`

	// Of the digest before it; nil in a starting digest.
	PreviousBucket    *string `json:"previousDigestS3Bucket"`
	PreviousObject    *string `json:"previousDigestS3Object"`
	PreviousHash      *string `json:"previousDigestHashValue"`
	PreviousSignature *string `json:"previousDigestSignature"`

	Logs []DigestLog `json:"logFiles"`

	// SHA256 is of the digest's inflated bytes.
	SHA256 [sha256.Size]byte `json:"-"`
	// Begin and Finish are Start and End.
	Begin, Finish time.Time `json:"-"`
}

// A DigestLog is a log file as a digest tells of it.
type DigestLog struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"` // of the inflated bytes, hex
	Algorithm string `json:"hashAlgorithm"`
}

// ParseDigest reads a digest from its inflated bytes.
func ParseDigest(text []byte) (*Digest, error) {
	d := &Digest{SHA256: sha256.Sum256(text)}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("not a digest: %w", err)
	}
	var err1, err2 error
	d.Begin, err1 = time.Parse(time.RFC3339, d.Start)
	d.Finish, err2 = time.Parse(time.RFC3339, d.End)
	switch {
	case err1 != nil || err2 != nil || d.Finish.Before(d.Begin):
		return nil, errors.New("not a digest: no digestStartTime and digestEndTime")
	case d.Bucket == "" || d.Object == "":
		return nil, errors.New("not a digest: no digestS3Bucket and digestS3Object")
	case !d.Starting() && (d.PreviousBucket == nil || d.PreviousObject == nil || d.PreviousHash == nil):
		return nil, errors.New("not a digest: half of a digest before it")
	}
	return d, nil
}

// Starting says that no digest is before it: validation or logging began.
func (d *Digest) Starting() bool { return d.PreviousSignature == nil }

// Name is "s3://bucket/key", where CloudTrail put the digest.
func (d *Digest) Name() string { return "s3://" + d.Bucket + "/" + d.Object }

// Name is "s3://bucket/key", where CloudTrail put the log.
func (l *DigestLog) Name() string { return "s3://" + l.Bucket + "/" + l.Object }

// Previous is the name of the digest before it, "" in a starting digest.
func (d *Digest) Previous() string {
	if d.Starting() {
		return ""
	}
	return "s3://" + *d.PreviousBucket + "/" + *d.PreviousObject
}

// signed is the text that is signed.
func (d *Digest) signed() string {
	previous := "null"
	if d.PreviousSignature != nil {
		previous = *d.PreviousSignature
	}
	return d.End + "\n" + d.Bucket + "/" + d.Object + "\n" + hex.EncodeToString(d.SHA256[:]) + "\n" + previous
}

// A PublicKey is one of those that digests of a region are signed with.
type PublicKey struct {
	Fingerprint string // hex, as digests name it
	Value       []byte // DER of a PKCS #1 public key
}

// Check returns an error unless signature, in hex, is the key's under the digest.
func (d *Digest) Check(signature string, key PublicKey) error {
	if d.Algorithm != "SHA256withRSA" {
		return fmt.Errorf("the signature's algorithm is %q, not SHA256withRSA", d.Algorithm)
	}
	public, err := x509.ParsePKCS1PublicKey(key.Value)
	if err != nil {
		return fmt.Errorf("public key %s: %w", key.Fingerprint, err)
	}
	sign, err := hex.DecodeString(signature)
	if err != nil {
		return errors.New("the signature is not hex")
	}
	sum := sha256.Sum256([]byte(d.signed()))
	if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sign) != nil {
		return errors.New("the signature does not fit: changed, or not signed by CloudTrail")
	}
	return nil
}

// A DigestChain tells whose digests follow each other. Each is a trail's in one
// account and region; digests that were made afterwards are a chain of their own.
type DigestChain struct {
	Account  string
	Region   string
	Trail    string
	Home     string // region of the trail
	Backfill bool
}

// ParseDigestKey reads from an object's name which chain the digest is of:
//
//	ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//
// below the folders that ParseKey knows.
func ParseDigestKey(name string) (DigestChain, Key, bool) {
	k, ok := ParseKey(name)
	if !ok || k.Kind != KindDigest {
		return DigestChain{}, k, false
	}
	c := DigestChain{Account: k.Account, Region: k.Region}
	file, ok := strings.CutSuffix(name[strings.LastIndexByte(name, '/')+1:], ".json.gz")
	if !ok {
		return c, k, false
	}
	file, c.Backfill = strings.CutSuffix(file, "_backfill")
	file, ok = strings.CutPrefix(file, k.Account+"_"+KindDigest+"_"+k.Region+"_")
	if !ok {
		return c, k, false
	}
	// A trail's name may hold underscores; what is behind it does not.
	part := strings.Split(file, "_")
	if len(part) < 3 || part[len(part)-1] != k.Delivered.Format("20060102T150405Z") {
		return c, k, false
	}
	c.Home = part[len(part)-2]
	c.Trail = strings.Join(part[:len(part)-2], "_")
	return c, k, true
}
