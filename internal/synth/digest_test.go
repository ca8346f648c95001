package synth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// publicKey is the generator's, read as a person's file of keys is.
func publicKey(t *testing.T) cloudtrail.PublicKey {
	t.Helper()
	text, err := PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ PublicKeyList []cloudtrail.PublicKey }
	if err := json.Unmarshal(text, &list); err != nil || len(list.PublicKeyList) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return list.PublicKeyList[0]
}

// TestDigests holds the digests of a whole trail: each is signed, as the one after
// it says, follows the one before it, and the logs of its region are all named once.
func TestDigests(t *testing.T) {
	files, _ := trail(t, small)
	key := publicKey(t)
	last := map[string]*cloudtrail.Digest{}
	logs := map[string]string{}
	signed, named := 0, 0
	for _, f := range files {
		if f.at.Kind != cloudtrail.KindDigest {
			if f.at.Region == "us-east-1" {
				sum := sha256.Sum256(f.text)
				logs[f.key] = hex.EncodeToString(sum[:])
			}
			continue
		}
		d, err := cloudtrail.ParseDigest(f.text)
		if err != nil || d.Object != f.key || d.Finish != f.at.Delivered {
			t.Fatalf("%s: %v", f.key, err)
		}
		for _, l := range d.Logs {
			if logs[l.Object] != l.Hash {
				t.Errorf("%s: %s has hash %s, not %s", f.key, l.Object, logs[l.Object], l.Hash)
			}
			delete(logs, l.Object)
			named++
		}
		before := last[d.Account]
		last[d.Account] = d
		if before == nil {
			if !d.Starting() {
				t.Errorf("%s does not start a chain", f.key)
			}
			continue
		}
		if d.Previous() != before.Name() || *d.PreviousHash != hex.EncodeToString(before.SHA256[:]) || !d.Begin.Equal(before.Finish) {
			t.Errorf("%s does not follow %s", f.key, before.Object)
		}
		if err := before.Check(*d.PreviousSignature, key); err != nil {
			t.Errorf("%s: %v", before.Object, err)
		}
		signed++
	}
	// What comes after the last digest waits for the next.
	for name := range logs {
		k, _ := cloudtrail.ParseKey(name)
		if k.Delivered.Before(last[k.Account].Finish) {
			t.Errorf("no digest names %s", name)
		}
	}
	if signed < 50 || named < 100 {
		t.Errorf("%d digests that are signed, %d logs", signed, named)
	}
}

// TestTamperings holds that each changes what it says that it changes, and no more.
func TestTamperings(t *testing.T) {
	for _, what := range Tamperings() {
		was, err := NewDigestTrail(DigestConfig{})
		if err != nil {
			t.Fatal(err)
		}
		now, err := NewDigestTrail(DigestConfig{})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := now.Tamper(what)
		if err != nil || len(keys) == 0 {
			t.Fatalf("%s: %v, %v", what, keys, err)
		}
		var changed []string
		all := append(slices.Clone(was.Objects), now.Objects...)
		for _, o := range all {
			if !same(find(was.Objects, o.Key), find(now.Objects, o.Key)) && !slices.Contains(changed, o.Key) {
				changed = append(changed, o.Key)
			}
		}
		if !slices.Equal(changed, keys) {
			t.Errorf("%s changes %v, and says %v", what, changed, keys)
		}
		if digest := strings.Contains(string(what), "digest") || what == KeptSignature; digest != strings.Contains(keys[0], "-Digest/") {
			t.Errorf("%s changes %v", what, changed)
		}
	}
	plain, err := NewDigestTrail(DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Tamper("nothing"); err == nil {
		t.Error("an unknown tampering is done")
	}
}

func find(objects []DigestObject, key string) *DigestObject {
	for i := range objects {
		if objects[i].Key == key {
			return &objects[i]
		}
	}
	return nil
}

func same(a, b *DigestObject) bool {
	return a != nil && b != nil && bytes.Equal(a.Body, b.Body) && a.Signature == b.Signature
}
