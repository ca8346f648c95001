package cloudtrail

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ParsePublicKeys reads what `aws cloudtrail list-public-keys` prints, once or
// several times, one after the other: each region has keys of its own.
func ParsePublicKeys(text []byte) (keys []PublicKey, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var list struct{ PublicKeyList []PublicKey }
		err := dec.Decode(&list)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("byte %d: not what aws cloudtrail list-public-keys prints: %w", dec.InputOffset(), err)
		}
		for _, k := range list.PublicKeyList {
			if _, err := x509.ParsePKCS1PublicKey(k.Value); err != nil || k.Fingerprint == "" {
				return nil, fmt.Errorf("byte %d: key %q: not a fingerprint and a PKCS #1 public key", dec.InputOffset(), k.Fingerprint)
			}
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no public keys: not what aws cloudtrail list-public-keys prints")
	}
	return keys, nil
}
