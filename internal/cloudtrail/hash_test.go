package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
)

// TestTextSHA256: whichever way an object is read, its hash is what digests name,
// and there is none of what no digest can name.
func TestTextSHA256(t *testing.T) {
	text := `{"Records":[{"eventID":"a","userAgent":"\u0041\n\"x\""},{"eventID":"b"}]}` + "\n \n"
	sum := sha256.Sum256([]byte(text))
	for name, c := range map[string]struct {
		stored string
		want   [32]byte
	}{
		"gzip":        {gz(t, text), sum},
		"two members": {gz(t, text[:9]) + gz(t, text[9:]), [32]byte{}},
		"empty last":  {gz(t, text) + gz(t, ""), [32]byte{}},
		"plain":       {text, [32]byte{}},
		"no log":      {gz(t, `{"a":1}`), sha256.Sum256([]byte(`{"a":1}`))},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "o")
			if err := os.WriteFile(path, []byte(c.stored), 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			d := &Decoder{Hash: true}
			for how, body := range map[string]Body{
				"in memory": {ReadSeeker: bytes.NewReader([]byte(c.stored)), Bytes: []byte(c.stored)},
				"streamed":  {ReadSeeker: bytes.NewReader([]byte(c.stored))},
				"from disk": {ReadSeeker: file},
			} {
				b := newBatch(t)
				if err := d.Decode(b, Object{Name: "o"}, body); err != nil {
					t.Fatal(err)
				}
				if got := b.Objects[0].TextSHA256; got != c.want {
					t.Errorf("%s: %x, not %x", how, got, c.want)
				}
				large := Decoder{Hash: true, limits: limits{text: 1 << 20, window: 8, record: 1000, rows: 1}}
				var last Decoded
				for part, err := range large.Large(b, Object{Name: "o"}, body) {
					if err != nil {
						t.Fatal(err)
					}
					last = part.Objects[0]
				}
				if last.TextSHA256 != c.want {
					t.Errorf("%s, in parts: %x, not %x", how, last.TextSHA256, c.want)
				}
			}
			b := newBatch(t)
			if err := new(Decoder).Decode(b, Object{Name: "o"}, body(c.stored)); err != nil || b.Objects[0].TextSHA256 != [32]byte{} {
				t.Errorf("not asked for: %x, %v", b.Objects[0].TextSHA256, err)
			}
		})
	}
}
