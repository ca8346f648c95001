package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/ctsql/ctsql/internal/outbox"
)

const (
	mostSubject   = 99  // characters
	mostValue     = 512 // bytes of one attribute
	mostProfiles  = 20
	mostToken     = 128 // characters of a group's ID, and of one against repeats
	tokenHash     = 32  // of them, where the text was other than its token
	subjectSearch = 20  // characters from the end in which a word's end is looked for
)

// attributes are what subscriptions can be filtered by.
func attributes(m outbox.Message) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{}
	add := func(name, kind, value string) {
		if value != "" {
			all[name] = types.MessageAttributeValue{DataType: &kind, StringValue: &value}
		}
	}
	add("alertID", "String", value(m.ID))
	add("severity", "String", value(m.Severity))
	add("score", "Number", strconv.FormatFloat(m.Score, 'f', 2, 64))
	add("account", "String", value(m.Account))
	add("actor", "String", value(m.Actor))
	var names []string
	for _, p := range m.Profiles[:min(len(m.Profiles), mostProfiles)] {
		if p = value(p); p != "" {
			names = append(names, p)
		}
	}
	if len(names) > 0 {
		// An array of texts can always be written.
		b, _ := json.Marshal(names)
		add("profiles", "String.Array", string(b))
	}
	return all
}

func size(all map[string]types.MessageAttributeValue) (n int) {
	for name, v := range all {
		n += len(name) + len(aws.ToString(v.DataType)) + len(aws.ToString(v.StringValue))
	}
	return n
}

// value is a text without control characters, and not too long.
func value(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF { // XML has no place for the last two
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(cut(s, mostValue))
}

// cut returns the beginning of s, at most so many bytes and whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// cutText cuts a text after a line, or after a character where there is none near, and
// says so.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	mark := fmt.Sprintf("\n[Cut here: these were %d bytes, more than SNS takes.]\n", len(s))
	s = cut(s, most-len(mark))
	if i := strings.LastIndexByte(s, '\n'); i > len(s)*3/4 {
		s = s[:i]
	}
	return s + mark
}

// What letters become in ASCII, a letter for a letter.
const (
	accented   = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŘřŚśŞşŠšŤťŮůŰűŹźŻżŽž–—‘’“”·•"
	unaccented = "AAAAAACEEEEIIIINOOOOOOUUUUYaaaaaaceeeeiiiinoooooouuuuyyAaCcCcDdDdEeEeGgIiLlNnNnOoRrSsSsSsTtUuUuZzZzZz--''\"\"**"
)

// subject is a text in printable ASCII on one line, cut after a word. What has no like
// in ASCII is a question mark.
func subject(s string) string {
	var b strings.Builder
	for _, r := range cut(s, 10*mostSubject) {
		switch i := strings.IndexRune(accented, r); {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			b.WriteByte(' ')
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case i >= 0 && r != utf8.RuneError:
			b.WriteByte(unaccented[utf8.RuneCountInString(accented[:i])])
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r): // belongs to the one before
		default:
			b.WriteByte('?')
		}
	}
	s = strings.Join(strings.Fields(b.String()), " ")
	if len(s) <= mostSubject {
		return s
	}
	s = s[:mostSubject-len("...")]
	if i := strings.LastIndexByte(s, ' '); i >= len(s)-subjectSearch {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,:;") + "..."
}

func notToken(r rune) bool { return r <= ' ' || r > '~' }

// token is a text as an ID for a FIFO topic: the same if that can be, and else one that
// no other text has.
func token(s string) string {
	if len(s) <= mostToken && !strings.ContainsFunc(s, notToken) {
		return s
	}
	hash := sha256.Sum256([]byte(s))
	clean := strings.Map(func(r rune) rune {
		if notToken(r) {
			return '_'
		}
		return r
	}, s)
	return cut(clean, mostToken-tokenHash-1) + "-" + hex.EncodeToString(hash[:tokenHash/2])
}
