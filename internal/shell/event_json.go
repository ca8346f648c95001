package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// eventJSON is an event as the log has it, in one line: what is NULL is left out,
// JSON text is nested, and the members that have no column are where they were, or
// at the end of that object.
func eventJSON(e *event) ([]byte, error) {
	var all []member
	var extra []byte
	for i, c := range e.columns {
		cell := e.cells[i]
		if cell.Null || c.Name == "sourceObject" || c.Name == "recordIndex" {
			continue
		}
		if c.Name == "extra" {
			extra = cell.Text
			continue
		}
		value, err := columnJSON(c.Type, c.Nested(), c.JSON, cell.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if value != nil {
			all = append(all, member{c.Name, value})
		}
	}
	if len(extra) > 0 {
		more, err := members(extra)
		if err != nil {
			return nil, fmt.Errorf("extra: %w", err)
		}
		if all, err = merged(all, more); err != nil {
			return nil, err
		}
	}
	return object(all), nil
}

// columnJSON is a column's value as JSON; nil is none.
func columnJSON(kind string, nested, isJSON bool, text []byte) ([]byte, error) {
	switch {
	case nested:
		return withoutNulls(text)
	case isJSON && json.Valid(text):
		return text, nil
	case kind == "BOOLEAN":
		return text, nil
	case strings.HasPrefix(kind, "TIMESTAMP"):
		return quoteJSON(strings.Replace(string(text), " ", "T", 1) + "Z"), nil
	}
	return quoteJSON(string(text)), nil
}

// A member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members are those of an object, in their order.
func members(text []byte) (all []member, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no JSON object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("no name of a member")
		}
		var m = member{name: name}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	_, err = d.Token()
	return all, err
}

func object(all []member) []byte {
	out := []byte{'{'}
	for i, m := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, quoteJSON(m.name)...), ':'), m.value...)
	}
	return append(out, '}')
}

// withoutNulls leaves out the members of a STRUCT that are NULL, and those that
// have no members then; its depth is the table's. nil is nothing.
func withoutNulls(text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	switch {
	case string(text) == "null" || len(text) == 0:
		return nil, nil
	case text[0] == '[':
		var elements, kept []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil {
			return nil, err
		}
		for _, e := range elements {
			e, err := withoutNulls(e)
			if err != nil {
				return nil, err
			}
			if e == nil {
				e = []byte("null")
			}
			kept = append(kept, e)
		}
		if kept == nil {
			return []byte("[]"), nil
		}
		return append(append([]byte{'['}, bytes.Join(raws(kept), []byte{','})...), ']'), nil
	case text[0] != '{':
		return text, nil
	}
	all, err := members(text)
	if err != nil {
		return nil, err
	}
	var kept []member
	for _, m := range all {
		if m.value, err = withoutNulls(m.value); err != nil {
			return nil, err
		}
		if m.value != nil {
			kept = append(kept, m)
		}
	}
	return object(kept), nil
}

func raws(messages []json.RawMessage) (all [][]byte) {
	for _, m := range messages {
		all = append(all, m)
	}
	return all
}

// merged adds members; objects that both have become one.
func merged(all, more []member) ([]member, error) {
next:
	for _, m := range more {
		for i := range all {
			if all[i].name != m.name {
				continue
			}
			mine, err := members(all[i].value)
			theirs, err2 := members(m.value)
			if err != nil || err2 != nil {
				break // one name twice, as the record had it
			}
			if mine, err = merged(mine, theirs); err != nil {
				return nil, err
			}
			all[i].value = object(mine)
			continue next
		}
		all = append(all, m)
	}
	return all, nil
}

// quoteJSON is a string of JSON. What is special in HTML is nothing special here.
func quoteJSON(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(`""`) // a string always can be
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// unquoteJSON is the text of a value: of a string what it says.
func unquoteJSON(value []byte) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}
