package cloudtrail

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnquoted appends what the string with the given text between its quotes
// says. Escapes were checked by the scanner; what is not Unicode becomes U+FFFD.
func appendUnquoted(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		if c != '\\' {
			from := i
			for i++; i < len(s) && s[i] < utf8.RuneSelf && s[i] != '\\'; i++ {
			}
			dst = append(dst, s[from:i]...)
			continue
		}
		switch c = s[i+1]; c {
		case 'u':
			r, n := escapedRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}

// escapedRune reads the \u escape that s begins with, or a pair of them.
func escapedRune(s []byte) (r rune, n int) {
	r, _ = hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if low, ok := hex4(s[8:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return utf8.RuneError, 6
}

// appendUnicode appends JSON text with what is not Unicode in it, in bytes or in
// escapes, replaced by U+FFFD; all else stays as it is.
func appendUnicode(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		n := 1
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = utf8.AppendRune(dst, r)
				i++
				continue
			}
		case c == '\\' && s[i+1] == 'u':
			var r rune
			if r, n = escapedRune(s[i:]); r == utf8.RuneError && n == 6 && !isFFFD(s[i:]) {
				dst = utf8.AppendRune(dst, r)
				i += n
				continue
			}
		case c == '\\':
			n = 2
		}
		dst = append(dst, s[i:i+n]...)
		i += n
	}
	return dst
}

func isFFFD(s []byte) bool {
	r, _ := hex4(s[2:])
	return r == utf8.RuneError
}

// parseTime reads an RFC 3339 time into microseconds since 1970, and reports
// false for what is none, or has digits below a microsecond.
func parseTime(s []byte) (int64, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") {
		return 0, false
	}
	num := func(i, n int) int {
		v := 0
		for _, c := range s[i : i+n] {
			if c-'0' > 9 {
				return -1 << 20
			}
			v = v*10 + int(c-'0')
		}
		return v
	}
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, month, day := num(0, 4), num(5, 2), num(8, 2)
	hour, minute, second := num(11, 2), num(14, 2), num(17, 2)
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	t := int64(daysSince1970(year, month, day)*86400+hour*3600+minute*60+second) * 1e6
	rest := s[19:]
	if rest[0] == '.' {
		n := 1
		for unit := int64(100_000); n < len(rest) && rest[n]-'0' < 10; n++ {
			t += int64(rest[n]-'0') * unit
			unit /= 10
		}
		if n == 1 || n > 7 {
			return 0, false
		}
		rest = rest[n:]
	}
	return offset(t, rest)
}

// offset takes the zone, "Z" or "+02:00", from t.
func offset(t int64, zone []byte) (int64, bool) {
	if len(zone) == 1 && zone[0] == 'Z' {
		return t, true
	}
	if len(zone) != 6 || zone[3] != ':' || zone[0] != '+' && zone[0] != '-' {
		return 0, false
	}
	for _, i := range [...]int{1, 2, 4, 5} {
		if zone[i]-'0' > 9 {
			return 0, false
		}
	}
	h, m := int64(zone[1]-'0')*10+int64(zone[2]-'0'), int64(zone[4]-'0')*10+int64(zone[5]-'0')
	if h > 23 || m > 59 {
		return 0, false
	}
	d := (h*3600 + m*60) * 1e6
	if zone[0] == '+' {
		d = -d
	}
	return t + d, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts in years that begin in March, so that leap days come last,
// and from 400 years earlier, so that the year 0 has one before it.
func daysSince1970(year, month, day int) int {
	year += 400
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468 - 146097
}
