package render

import (
	"bytes"
	"strconv"
)

// folder shortens JSON text for a cell that is too narrow for it.
type folder struct {
	members [][]byte // the first of an object or an array
	count   int      // of all
}

// fold appends text in at most limit columns: its first members, long ones as
// {…}, […] or "…", and how many more there are. It reports false, and appends
// nothing, where not one member fits, or text is no object or array to its end
// (it is cut like any other text then).
func (f *folder) fold(dst, text []byte, limit int) (out []byte, width int, ok bool) {
	text = bytes.TrimSpace(text)
	if !f.split(text, limit/2+1) {
		return dst, 0, false
	}
	start, shown := len(dst), 0
	dst, width = append(dst, text[0]), 1
	for _, m := range f.members {
		room := limit - width - 1 // for the bracket that closes
		if shown > 0 {
			room -= len(", ")
		}
		if rest := f.count - shown - 1; rest > 0 {
			room -= moreMembers(rest)
		}
		at := len(dst)
		if shown > 0 {
			dst = append(dst, ", "...)
		}
		buf, w := appendMember(dst, m, room)
		if w == 0 {
			dst = dst[:at]
			break
		}
		width += len(dst) - at + w
		dst = buf
		shown++
	}
	if shown == 0 {
		return dst[:start], 0, false
	}
	if rest := f.count - shown; rest > 0 {
		dst = append(strconv.AppendInt(append(dst, ", …"...), int64(rest), 10), " more"...)
		width += moreMembers(rest)
	}
	return append(dst, text[0]+2), width + 1, true
}

// moreMembers is how wide ", …3 more" is.
func moreMembers(n int) int { return len(",  more") + 1 + len(strconv.Itoa(n)) }

// appendMember appends a member, or what tells most of it in so many columns, and
// says how many it takes: none if nothing does.
func appendMember(dst, m []byte, room int) ([]byte, int) {
	if room <= 0 {
		return dst, 0
	}
	if out, w, cut := fit(dst, m, room); !cut {
		return out, w
	}
	name := 0 // where the value begins
	if m[0] == '"' {
		n := stringLength(m)
		if after := bytes.TrimLeft(m[n:], " \t\r\n"); len(after) > 0 && after[0] == ':' {
			name = len(m) - len(bytes.TrimLeft(after[1:], " \t\r\n"))
		}
	}
	out, w, cut := fit(dst, m[:name], room)
	if cut || name == len(m) {
		return dst, 0
	}
	switch value := m[name:]; {
	case value[0] == '{' && room-w >= 3:
		return append(out, "{…}"...), w + 3
	case value[0] == '[' && room-w >= 3:
		return append(out, "[…]"...), w + 3
	case value[0] == '"' && room-w >= 6:
		out, taken, _ := fit(out, value, room-w-1)
		return append(out, '"'), w + taken + 1
	}
	return dst, 0
}

// split finds the first members of text, at most so many, and counts all.
func (f *folder) split(text []byte, most int) bool {
	f.members, f.count = f.members[:0], 0
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return false
	}
	depth, start := 0, 1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			i += stringLength(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']', ',':
			if c != ',' {
				depth--
			}
			if depth > 1 || depth == 1 && c != ',' {
				continue
			}
			m := bytes.TrimSpace(text[start:i])
			if len(m) == 0 || depth == 0 && i < len(text)-1 {
				return false
			}
			if f.count++; len(f.members) < most {
				f.members = append(f.members, m)
			}
			start = i + 1
		}
	}
	return depth == 0
}
