package profile

import (
	"bytes"
	"encoding/json"
)

// member is the value of the member that path leads to in a JSON object: the text of
// a string, as the log has it but for escapes, or the JSON of what is none; nil if it
// is not there. Nothing that it does not need to look at is looked at: it does not
// say whether the JSON is any good.
func member(object []byte, path ...string) []byte {
	for _, name := range path {
		if object = valueOf(object, name); object == nil {
			return nil
		}
	}
	if object[0] != '"' {
		return object
	}
	if bytes.IndexByte(object, '\\') < 0 {
		return object[1 : len(object)-1]
	}
	var text string
	if json.Unmarshal(object, &text) != nil {
		return nil
	}
	return []byte(text)
}

// textOf is the text of a member, or of a number; nil of others.
func textOf(object []byte, path ...string) []byte {
	v := member(object, path...)
	if len(v) > 0 && (v[0] == '{' || v[0] == '[') || string(v) == "null" {
		return nil
	}
	return v
}

// valueOf is the JSON of the member called name, nil if it is not there. Of several
// it is the first.
func valueOf(object []byte, name string) []byte {
	at := space(object, 0)
	if at >= len(object) || object[at] != '{' {
		return nil
	}
	for at = space(object, at+1); at < len(object) && object[at] == '"'; {
		end := skipString(object, at)
		if end < 0 {
			return nil
		}
		found := string(object[at+1:end-1]) == name
		if at = space(object, end); at >= len(object) || object[at] != ':' {
			return nil
		}
		at = space(object, at+1)
		if end = skipValue(object, at); end <= at {
			return nil
		}
		if found {
			return object[at:end]
		}
		if at = space(object, end); at < len(object) && object[at] == ',' {
			at = space(object, at+1)
		}
	}
	return nil
}

func space(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// skipString returns the offset after the string at at, -1 if it does not end.
func skipString(data []byte, at int) int {
	for at++; at < len(data); at++ {
		n := bytes.IndexByte(data[at:], '"')
		if n < 0 {
			return -1
		}
		at += n
		escapes := 0
		for data[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at + 1
		}
	}
	return -1
}

// skipValue returns the offset after the value at at, -1 if it does not end.
func skipValue(data []byte, at int) int {
	for depth := 0; at < len(data); {
		switch data[at] {
		case '"':
			if at = skipString(data, at); at < 0 {
				return -1
			}
		case '{', '[':
			depth++
			at++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return -1
			}
			at++
		case ',', ':', ' ', '\n', '\t', '\r':
			at++
			continue
		default:
			for at++; at < len(data) && !ends(data[at]); at++ {
			}
		}
		if depth <= 0 {
			return at
		}
	}
	return -1
}

// ends reports whether a number or a name ends before c.
func ends(c byte) bool {
	switch c {
	case ',', ':', '{', '}', '[', ']', '"', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}
