package synth

import (
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// The primes of the key that signs the digests. Everybody has it: what it signs
// proves nothing outside of these trails. It is fixed, since rsa.GenerateKey makes
// another one each time and the same Config must give the same bytes.
const (
	digestP = "fd16be01319f0061879fa06240acea2217a1970cd3bc3f74e144fc9b19574f2b" +
		"7a8de76371ad92d908d91b28c3ce54db4505592384317af56e77a00f0027d2d7" +
		"eb6a9e12a44778c8e736d4a32d2e2b533ee7d7dd753eefbd782b013c22103906" +
		"8a93bdccb5fa821b79c16c7be7a67abc4ef3592180fd56239b20cc7461f367bf"
	digestQ = "d9e22544d3ffa81ac75ef8a71bac510ef39b380c37d39683c44c4f7f70b2881b" +
		"b14742bf2d6aa8034eeaa9c1101b15a692cd5c682e214493681eb7f2db64f934" +
		"0259b041efb679ccc689f3f55ee6757ce449ae2e8dee5df1f6668850c4173852" +
		"fd754e965d48c3136e361146552ed31bd520ebc59366a24cbaff50a5a32ad001"
)

// A signer signs digests as CloudTrail does: RSASSA-PKCS1-v1_5 with SHA-256.
type signer struct {
	key         *rsa.PrivateKey
	fingerprint string
}

func newSigner() (signer, error) {
	p, ok1 := new(big.Int).SetString(digestP, 16)
	q, ok2 := new(big.Int).SetString(digestQ, 16)
	if !ok1 || !ok2 {
		return signer{}, errors.New("synth: the primes are not hex")
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: int(e.Int64())},
		D:         new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q},
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return signer{}, fmt.Errorf("synth: the digests' key: %w", err)
	}
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return signer{key, hex.EncodeToString(sum[:])}, nil
}

// sign returns a digest's signature in hex. text is the digest's, marshalled.
func (s signer) sign(d *digest, text []byte) (string, error) {
	previous := "null"
	if d.PrevSign != nil {
		previous = *d.PrevSign
	}
	hash := sha256.Sum256(text)
	sum := sha256.Sum256([]byte(d.End + "\n" + d.Bucket + "/" + d.Object + "\n" + hex.EncodeToString(hash[:]) + "\n" + previous))
	sign, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	return hex.EncodeToString(sign), err
}

// PublicKeys is the public key of the digests, in the form in which
// `aws cloudtrail list-public-keys` prints CloudTrail's: JSON.
func PublicKeys() ([]byte, error) {
	s, err := newSigner()
	if err != nil {
		return nil, err
	}
	type key struct{ Value, ValidityStartTime, ValidityEndTime, Fingerprint any }
	return json.MarshalIndent(map[string]any{"PublicKeyList": []key{{
		Value:             x509.MarshalPKCS1PublicKey(&s.key.PublicKey),
		ValidityStartTime: "2015-01-01T00:00:00+00:00", ValidityEndTime: "2035-01-01T00:00:00+00:00",
		Fingerprint: s.fingerprint,
	}}}, "", "    ")
}
