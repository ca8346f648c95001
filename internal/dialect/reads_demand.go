package dialect

import (
	"slices"
	"strings"
)

// demand fills in what the SELECT demands of a table that it reads.
func (s *selects) demand(t selected) {
	read := &s.found[t.read]
	var all []string
	for _, c := range s.conditions {
		if !s.plain(c) {
			continue
		}
		if d := s.either(c[0], c[1], t, 0); d != "" {
			all = append(all, d)
		}
		if len(s.parts(c[0], c[1], "OR")) > 1 {
			continue
		}
		for _, part := range s.parts(c[0], c[1], "AND") {
			s.bound(part, t, read)
		}
	}
	if len(s.tables) == 1 {
		all = append(all, s.values...)
	}
	read.Demand = strings.Join(all, " AND ")
}

// plain reports whether AND and OR mean in a clause what they seem to: beside -> and
// ->> they bind more tightly than those, and between CASE and END they are of it.
func (s *selects) plain(c [2]int) bool {
	for i := c[0]; i < c[1]; i++ {
		if s.kind(i) == Operator && strings.Contains(s.tokens[i].Text(s.text), "->") {
			return false
		}
	}
	return true
}

// parts are the pieces between words, or between commas, that stand in no parenthesis,
// no CASE, and are not the AND of a BETWEEN.
func (s *selects) parts(i, end int, by string) (parts [][2]int) {
	begin, between, cases := i, 0, 0
	for ; i < end; i++ {
		if s.closes[i] > i {
			i = s.closes[i]
			continue
		}
		if s.is(i-1, ".") || s.is(i+1, ".") { // a member, or a table
			continue
		}
		word := s.word(i)
		switch {
		case word == "CASE":
			cases++
		case word == "END" && cases > 0:
			cases--
		case word == "BETWEEN" && cases == 0:
			between++
		case word == "AND" && cases == 0 && between > 0:
			between--
			continue
		}
		if cases == 0 && (word == by || by == "," && s.is(i, ",")) {
			parts = append(parts, [2]int{begin, i})
			begin = i + 1
		}
	}
	return append(parts, [2]int{begin, end})
}

// either is the demand of what OR joins: that of each, or none.
func (s *selects) either(i, end int, t selected, depth int) string {
	if depth > maxNested {
		return ""
	}
	parts := s.parts(i, end, "OR")
	var all []string
	for _, p := range parts {
		d := s.both(p[0], p[1], t, depth)
		if d == "" {
			return ""
		}
		all = append(all, d)
	}
	if len(all) == 1 {
		return all[0]
	}
	return "(" + strings.Join(all, " OR ") + ")"
}

// both is the demand of what AND joins: those that there are.
func (s *selects) both(i, end int, t selected, depth int) string {
	var all []string
	for _, p := range s.parts(i, end, "AND") {
		d := ""
		if s.is(p[0], "(") && s.closes[p[0]] == p[1]-1 {
			d = s.either(p[0]+1, p[1]-1, t, depth+1)
		} else {
			d = s.pure(p[0], p[1], t)
		}
		if d != "" {
			all = append(all, d)
		}
	}
	return strings.Join(all, " AND ")
}

// allowed are the functions and words that a demand may have: what they yield depends
// on their arguments alone, and none fails.
var allowed = words("not in like between and or is null coalesce lower upper starts_with strpos split_part true false")

// pure is the text of a condition in which there are only columns that were asked
// about, parameters and constants.
func (s *selects) pure(i, end int, t selected) string {
	var text strings.Builder
	columns := 0 // and parameters: of constants alone there is nothing to find out
	for ; i < end; i++ {
		token := s.tokens[i]
		switch token.Kind {
		case Ident, Quoted:
			name := s.fold(i)
			if s.is(i+1, ".") {
				if name != t.alias {
					return ""
				}
				i += 2
				if i >= end || !s.named(i) || s.is(i+1, ".") {
					return ""
				}
				name, token = s.fold(i), s.tokens[i]
			} else if token.Kind == Ident && allowed[name] {
				break
			} else if len(s.tables) > 1 {
				return "" // of which of them?
			}
			if !slices.Contains(s.columns, name) || s.is(i+1, "(") {
				return ""
			}
			columns++
		case Param:
			if token.Text(s.text) == "?" {
				return ""
			}
			columns++
		case String, Number:
		case Punct:
			if text := token.Text(s.text); text != "(" && text != ")" && text != "," {
				return ""
			}
		case Operator:
			switch token.Text(s.text) {
			case "=", "<>", "!=", "||":
			default:
				return ""
			}
		default:
			return ""
		}
		if text.Len() > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(token.Text(s.text))
	}
	if columns == 0 {
		return ""
	}
	return text.String()
}

// bound takes what a condition says of the time: time >= value, or time < value.
func (s *selects) bound(part [2]int, t selected, read *Read) {
	i, end := part[0], part[1]
	if i < end && s.is(i+1, ".") {
		if !s.named(i) || s.fold(i) != t.alias {
			return
		}
		i += 2
	} else if len(s.tables) > 1 {
		return
	}
	if i+2 >= end || !s.named(i) || s.fold(i) != s.time || !s.constant(i+2, end) {
		return
	}
	value := s.text[s.tokens[i+2].Start:s.tokens[end-1].End]
	switch {
	case (s.is(i+1, ">=") || s.is(i+1, ">")) && read.From == "":
		read.From = value
	case s.is(i+1, "<") && read.Until == "":
		read.Until = value
	}
}

// bounding are the words that a bound may have.
var bounding = words("cast as timestamp date varchar bigint interval day days hour hours minute minutes second seconds week month year")

// constant reports whether a value is made of constants and parameters by adding,
// subtracting and multiplying.
func (s *selects) constant(i, end int) bool {
	for ; i < end; i++ {
		switch s.kind(i) {
		case String, Number, Param:
		case Ident:
			if !bounding[s.fold(i)] {
				return false
			}
		case Punct:
			if !s.is(i, "(") && !s.is(i, ")") {
				return false
			}
		case Operator:
			if !s.is(i, "+") && !s.is(i, "-") && !s.is(i, "*") {
				return false
			}
		default:
			return false
		}
	}
	return true
}
