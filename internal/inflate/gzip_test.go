package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// standard inflates src with compress/gzip: what this package must answer too.
func standard(src []byte) ([]byte, error) {
	var out []byte
	r, err := gzip.NewReader(bytes.NewReader(src))
	if err == nil {
		out, err = io.ReadAll(r)
	}
	var corrupt flate.CorruptInputError
	switch {
	case err == nil:
		return out, nil
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return out, ErrShort
	case err == gzip.ErrHeader:
		return out, ErrHeader
	case err == gzip.ErrChecksum:
		return out, ErrChecksum
	case errors.As(err, &corrupt):
		return out, ErrCorrupt
	}
	return out, err
}

// same compares with what compress/gzip made of src, with so much more room than
// that needs. Less than none is less than that needs.
func same(t *testing.T, d *Decoder, src, want []byte, wantErr error, more int) {
	t.Helper()
	size := len(want) + more
	if more < 0 {
		wantErr = ErrFull
		want = want[:size]
	}
	const guard = 64
	mem := bytes.Repeat([]byte{0xa5}, size+guard)
	n, read, err := d.Gzip(mem[:size], src)
	switch {
	case err != wantErr:
		t.Fatalf("%d bytes, room for %+d: error %v, want %v", len(src), more, err, wantErr)
	case !bytes.Equal(mem[:n], want):
		t.Fatalf("%d bytes, room for %+d: %d bytes of output differ from %d", len(src), more, n, len(want))
	case read < 0 || read > len(src) || (err == nil || err == ErrShort) && read != len(src):
		t.Fatalf("%d bytes, room for %+d, error %v: read %d", len(src), more, err, read)
	case bytes.Count(mem[size:], []byte{0xa5}) != guard:
		t.Fatalf("%d bytes, room for %+d: wrote behind the end", len(src), more)
	}
}

// check compares with compress/gzip, with room enough for fast and without.
func check(t *testing.T, d *Decoder, src []byte) {
	t.Helper()
	want, err := standard(src)
	for _, more := range []int{0, 1, fastOut, 5000} {
		same(t, d, src, want, err, more)
	}
	for _, size := range []int{0, len(want) / 2, len(want) - 300, len(want) - 1} {
		if size >= 0 && size < len(want) {
			same(t, d, src, want, err, size-len(want))
		}
	}
}

// samples are texts of all kinds.
func samples() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	few := make([]byte, 40_000)
	for i := range few {
		few[i] = "abcdefgh"[bitsOf(rng.Uint32())%8]
	}
	var words strings.Builder
	for range 4_000 {
		fmt.Fprintf(&words, `{"event":"%x","at":%.5f},`, rng.Uint32()%4096, rng.ExpFloat64())
	}
	all := map[string][]byte{
		"nothing": {}, "one byte": {7}, "text": []byte("a text, a short text"),
		"noise": noise, "few": few, "words": []byte(words.String()), "zeros": make([]byte, 100_000),
		"mixed": slices.Concat(noise, few, noise, make([]byte, 70_000)),
	}
	for dist := 1; dist <= 40; dist++ {
		all[fmt.Sprintf("period %d", dist)] = bytes.Repeat(noise[:dist], 3000/dist)
	}
	return all
}

// bitsOf makes some letters far more frequent than others.
func bitsOf(v uint32) (n int) {
	for ; v&1 != 0; v >>= 1 {
		n++
	}
	return n
}

func TestCompressors(t *testing.T) {
	var d Decoder
	for name, text := range samples() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			if strings.HasPrefix(name, "period") && level%3 != 0 {
				continue
			}
			for _, src := range [][]byte{zipped(t, text, level), klauspost(t, text, level)} {
				if got, err := standard(src); err != nil || !bytes.Equal(got, text) {
					t.Fatalf("%s, level %d: compress/gzip: %v", name, level, err)
				}
				check(t, &d, src)
			}
		}
		src := klauspost(t, text, kgzip.StatelessCompression)
		check(t, &d, src)
	}
}

func zipped(t testing.TB, text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	return written(t, &b, w, err, text)
}

func klauspost(t testing.TB, text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := kgzip.NewWriterLevel(&b, level)
	return written(t, &b, w, err, text)
}

func written(t testing.TB, b *bytes.Buffer, w io.WriteCloser, err error, text []byte) []byte {
	t.Helper()
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTrail(t *testing.T) {
	bodies, err := trail()
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	for i := 0; i < len(bodies); i += 4 {
		check(t, &d, bodies[i])
	}
}

func TestMembers(t *testing.T) {
	var d Decoder
	a, b := zipped(t, []byte("the first"), 9), zipped(t, bytes.Repeat([]byte("second "), 500), 1)
	none := zipped(t, nil, 6)
	check(t, &d, slices.Concat(a, b, none, b, a, none))
	check(t, &d, bytes.Repeat(none, 500))
	for _, junk := range []string{"\x00", "\x1f", "\x1f\x8b", "no header", "no header at all", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		check(t, &d, append(slices.Clone(a), junk...))
	}
	// A match must not reach into the member before.
	check(t, &d, slices.Concat(a, member([]byte{0x63, 0x00, 0x02, 0x00}, nil)))
}

// member is deflate data with a header and a trailer that fits text.
func member(data, text []byte) []byte {
	src := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, data...)
	src = binary.LittleEndian.AppendUint32(src, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(src, uint32(len(text)))
}

func TestHeaders(t *testing.T) {
	var d Decoder
	long := strings.Repeat("x", 510)
	for _, flags := range headerFlags() {
		for _, text := range []string{"", "name", long, long + "y", long + "yz", strings.Repeat(long, 3)} {
			src := header10(byte(flags))
			if flags&flagExtra != 0 {
				src = append(binary.LittleEndian.AppendUint16(src, uint16(len(text))), text...)
			}
			if flags&flagName != 0 {
				src = append(append(src, text...), 0)
			}
			if flags&flagComment != 0 {
				src = append(append(src, text...), 0)
			}
			if flags&flagHeaderCRC != 0 {
				src = binary.LittleEndian.AppendUint16(src, uint16(crc32.ChecksumIEEE(src)))
			}
			n := len(src)
			src = append(src, zipped(t, []byte("hello"), 6)[10:]...)
			check(t, &d, src)
			if len(text) < 10 {
				flip(t, &d, src, n)
			}
			for end := range src {
				if len(text) < 10 || flags&flagHeaderCRC != 0 && end > n-8 {
					check(t, &d, src[:end])
				}
			}
		}
	}
}

// headerFlags are all that mean something, and some with bits that do not.
func headerFlags() []int {
	flags := []int{0x20, 0x40, 0x80, 0xff}
	for i := range 32 {
		flags = append(flags, i)
	}
	return flags
}

func header10(flags byte) []byte { return []byte{0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255} }

// flip inverts each bit of the first n bytes.
func flip(t *testing.T, d *Decoder, src []byte, n int) {
	t.Helper()
	src = slices.Clone(src)
	for bit := range 8 * n {
		src[bit/8] ^= 1 << (bit % 8)
		want, err := standard(src)
		same(t, d, src, want, err, 0)
		same(t, d, src, want, err, 1000)
		src[bit/8] ^= 1 << (bit % 8)
	}
}

// small are files of each kind of block, small enough to damage everywhere.
func small(t testing.TB) [][]byte {
	words := samples()["words"]
	return [][]byte{
		zipped(t, words[:300], 0), zipped(t, words[:20], 6), zipped(t, words[:1500], 6),
		klauspost(t, words[:1500], 9), zipped(t, words[:900], gzip.HuffmanOnly),
		zipped(t, slices.Concat(words[:300], make([]byte, 3000), words[:500]), 9),
	}
}

func TestTruncated(t *testing.T) {
	var d Decoder
	for _, src := range append(small(t), zipped(t, samples()["mixed"][:60_000], 6)[:1500]) {
		for n := range src {
			check(t, &d, src[:n])
		}
	}
}

func TestFlipped(t *testing.T) {
	var d Decoder
	for _, src := range small(t) {
		flip(t, &d, src, len(src))
	}
}

func TestRoom(t *testing.T) {
	var d Decoder
	for _, src := range small(t) {
		want, err := standard(src)
		for size := range want {
			same(t, &d, src, want, err, size-len(want))
		}
		for more := range 2 * fastOut {
			same(t, &d, src, want, err, more)
		}
	}
}

func TestAllocates(t *testing.T) {
	var d Decoder
	src := small(t)[3]
	dst := make([]byte, 4096)
	if n := testing.AllocsPerRun(10, func() { d.Gzip(dst, src) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
