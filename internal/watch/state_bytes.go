package watch

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// hashBytes are hashes as they are stored, the low bytes first.
func hashBytes(hashes []uint64) []byte {
	b := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return b
}

func hashesOf(b []byte) ([]uint64, error) {
	if len(b)%8 != 0 {
		return nil, fmt.Errorf("%d bytes are no hashes", len(b))
	}
	hashes := make([]uint64, len(b)/8)
	for i := range hashes {
		hashes[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return hashes, nil
}

// nameText is an object's name as text. Bytes that are not, which a file's name may
// hold, are written as \xNN, so that two names stay two.
func nameText(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var sb strings.Builder
	for i, r := range name {
		if r == utf8.RuneError && !strings.HasPrefix(name[i:], string(utf8.RuneError)) {
			fmt.Fprintf(&sb, `\x%02x`, name[i])
		} else {
			sb.WriteRune(r)
		}
	}
	return sb.String()
}
