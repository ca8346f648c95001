package inflate

import (
	"slices"
	"testing"
)

// FuzzGzip compares with compress/gzip. It takes data as a file, and as what a
// header and a fitting trailer are put around.
func FuzzGzip(f *testing.F) {
	for _, src := range small(f) {
		f.Add(src, 0)
		f.Add(src[10:len(src)-8], 400)
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte, more int) {
		more = max(more, -more, 0) % 2048
		for _, src := range [][]byte{data, append(header10(0), data...)} {
			want, err := standard(src)
			same(t, &d, src, want, err, more)
			if less := more % (len(want) + 1); less > 0 {
				same(t, &d, src, want, err, -less)
			}
			if err == ErrShort || err == ErrChecksum {
				check(t, &d, slices.Concat(src, member(nil, want)[10:]))
			}
		}
	})
}
