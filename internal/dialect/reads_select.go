package dialect

import (
	"slices"
	"strings"
)

// selects is one SELECT that is looked at.
type selects struct {
	*reads
	seen  *with
	depth int

	list, from, where, group, rest [2]int // tokens of its clauses
	having                         bool   // the rest begins so
	inner                          bool   // all joins are inner ones
	tables                         []selected
	conditions                     [][2]int // all of which a row must fulfil
	values                         []string // conditions that a list of values makes
}

// selected is a place where a table of reads is read.
type selected struct {
	read  int // of found
	alias string
}

// split finds the clauses.
func (s *selects) split(i, end int) {
	clause, begin := &s.list, i+1
	for k := i + 1; k <= end; k++ {
		if k < end && s.closes[k] > k {
			k = s.closes[k]
			continue
		}
		next := s.clause(k, clause)
		if next == nil && k < end {
			continue
		}
		*clause = [2]int{begin, k}
		clause, begin = next, k+1
	}
}

// clause is the one that begins at a token of another; nil if none does.
func (s *selects) clause(k int, of *[2]int) *[2]int {
	if s.word(k-1) == "AS" || s.is(k-1, ".") { // a name
		return nil
	}
	switch s.word(k) {
	case "FROM":
		if of == &s.list && s.word(k-1) != "DISTINCT" { // IS DISTINCT FROM
			return &s.from
		}
	case "WHERE":
		return &s.where
	case "GROUP":
		return &s.group
	case "USING":
		if of != &s.from && of != &s.rest {
			return &s.rest
		}
	case "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH":
		if of != &s.rest {
			s.having = s.word(k) == "HAVING"
			return &s.rest
		}
	}
	return nil
}

// look looks at the clauses, and tells of what rows there are.
func (s *selects) look() (y yield) {
	s.inner = s.word(s.rest[0]) != "SAMPLE"
	if s.from[0] > 0 {
		y.any = s.items()
	}
	if s.where[0] > 0 {
		s.conditions = append(s.conditions, s.where)
	}
	for _, clause := range [][2]int{s.list, s.where, s.group, s.rest} {
		s.reads.inner(clause[0], clause[1], s.seen, s.depth)
	}
	if !s.inner {
		return yield{}
	}
	for _, t := range s.tables {
		s.demand(t)
		y.any = append(y.any, yield{read: t.read + 1})
	}
	if !s.noneOfNone() {
		return yield{}
	}
	return y
}

// noneOfNone reports whether the SELECT yields no rows if there are none: one that
// counts them all would yield a row.
func (s *selects) noneOfNone() bool {
	if s.group[0] > 0 {
		// GROUP BY columns, not of all rows together as ALL, () and CUBE may be.
		for i := s.group[0]; i < s.group[1]; i++ {
			switch s.word(i) {
			case "ALL", "CUBE", "ROLLUP", "SETS", "GROUPING":
				return false
			}
			if s.is(i, "(") && s.is(i+1, ")") {
				return false
			}
		}
		return s.group[1] > s.group[0]+1
	}
	return !s.having && s.rowwise(s.list) && s.rowwise(s.rest)
}

// rowwise reports whether all functions that are called are known to yield a value for
// each row.
func (s *selects) rowwise(clause [2]int) bool {
	for i := clause[0]; i < clause[1]; i++ {
		if !s.is(i, "(") || !s.named(i-1) || s.closes[i] < 0 {
			continue
		}
		if name := s.fold(i - 1); !scalars[name] && s.word(s.closes[i]+1) != "OVER" {
			return false
		}
	}
	return true
}

// scalars are functions, and words before a parenthesis, that do not take several rows
// together.
var scalars = words("coalesce nullif if greatest least cast try_cast try " +
	"upper lower trim replace split_part strpos starts_with substr length reverse " +
	"url_decode url_extract_host url_extract_path levenshtein_distance regexp_like regexp_extract regexp_replace regexp_matches " +
	"json_extract_scalar json_extract json_parse json_format json_array_get json_array_contains json_array_length json_size " +
	"date_trunc date_diff from_iso8601_timestamp abs round floor ceil mod power sqrt ln element_at cardinality array_join contains split " +
	"actor city subdivision country country_code continent asn as_org distance_km is_tor aws_service aws_region is_private in_cidr " +
	"in over as and or not on exists when then else select by like varchar decimal")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// items looks at what the SELECT reads from.
func (s *selects) items() (all []yield) {
	i, end := s.from[0], s.from[1]
	for i < end {
		y, next, ok := s.item(i, end)
		if !ok {
			s.inner = false
			s.reads.inner(i, end, s.seen, s.depth)
			return nil
		}
		all = append(all, y)
		i = next
		if s.is(i, ",") {
			i++
			continue
		}
		if word := s.word(i); word == "INNER" || word == "CROSS" {
			i++
		}
		if i < end && s.word(i) != "JOIN" {
			s.inner = false // LEFT and others, TABLESAMPLE, and what else there may be
			s.reads.inner(i, end, s.seen, s.depth)
			return nil
		}
		i++
	}
	return all
}

// item looks at one table, up to the next, with what joins it.
func (s *selects) item(i, end int) (y yield, next int, ok bool) {
	at, values := i, [2]int{}
	read := -1
	switch {
	case s.is(i, "(") && s.closes[i] > 0 && s.closes[i] < end:
		switch s.word(i + 1) {
		case "SELECT", "WITH":
			y = s.query(i+1, s.closes[i], s.seen, s.depth+1)
		case "VALUES":
			values = [2]int{i + 2, s.closes[i]}
		default:
			return y, i, false
		}
		i = s.closes[i] + 1
	case s.named(i) && s.word(i) != "LATERAL":
		name := s.fold(i)
		i++
		if s.is(i, ".") || s.is(i, "(") { // of another schema; a function
			for ; s.is(i, ".") || s.is(i, "(") || s.named(i) && s.is(i-1, "."); i++ {
				if s.closes[i] > i {
					i = s.closes[i]
				}
			}
		} else if found, seen := s.seen.find(name); seen {
			y = found
		} else if name == s.table {
			read = len(s.found)
			s.found = append(s.found, Read{Start: s.tokens[at].Start, End: s.tokens[at].End})
		}
	default:
		return y, i, false
	}
	alias, columns, i := s.alias(i, end)
	if read >= 0 {
		if columns != nil {
			return y, i, false // they have other names now
		}
		s.found[read].Named = alias != ""
		if alias == "" {
			alias = s.table
		}
		s.tables = append(s.tables, selected{read, alias})
	}
	i, ok = s.on(i, end, values, columns)
	return y, i, ok
}

// alias reads [AS] name [(columns)].
func (s *selects) alias(i, end int) (alias string, columns []string, next int) {
	if s.word(i) == "AS" {
		i++
	} else {
		switch s.word(i) {
		case "ON", "USING", "JOIN", "INNER", "CROSS", "LEFT", "RIGHT", "FULL", "OUTER", "SEMI", "ANTI", "ASOF", "POSITIONAL", "NATURAL", "TABLESAMPLE", "PIVOT", "UNPIVOT", "AT", "WITH":
			return "", nil, i
		}
	}
	if i >= end || !s.named(i) {
		return "", nil, i
	}
	alias = s.fold(i)
	if i++; i < end && s.is(i, "(") && s.closes[i] > 0 {
		for k := i + 1; k < s.closes[i]; k++ {
			if s.named(k) {
				columns = append(columns, s.fold(k))
			}
		}
		i = s.closes[i] + 1
	}
	return alias, columns, i
}

// on reads ON condition, or USING (columns).
func (s *selects) on(i, end int, values [2]int, columns []string) (next int, ok bool) {
	switch s.word(i) {
	case "USING":
		if !s.is(i+1, "(") || s.closes[i+1] < 0 {
			return i, false
		}
		return s.closes[i+1] + 1, true
	case "ON":
		from := i + 1
		i = s.joined(from, end)
		s.conditions = append(s.conditions, [2]int{from, i})
		s.reads.inner(from, i, s.seen, s.depth)
		if s.plain([2]int{from, i}) {
			s.listed(from, i, values, columns)
		}
		return i, true
	}
	return i, true
}

// joined is where the condition ends that begins at i.
func (s *selects) joined(i, end int) int {
	for ; i < end; i++ {
		if s.closes[i] > i {
			i = s.closes[i]
			continue
		}
		switch s.word(i) {
		case "JOIN", "INNER", "CROSS", "LEFT", "RIGHT", "FULL", "ASOF", "POSITIONAL", "NATURAL", "SEMI", "ANTI":
			return i
		}
		if s.is(i, ",") {
			return i
		}
	}
	return end
}

// listed makes of a list of values that is joined, (VALUES ('A', 1), ('B', 2)) AS
// t(name, n) ON eventName = name, the condition that is in it.
func (s *selects) listed(i, end int, values [2]int, columns []string) {
	if values[1] == 0 || len(s.parts(i, end, "OR")) > 1 {
		return
	}
	for _, part := range s.parts(i, end, "AND") {
		if part[1]-part[0] != 3 || !s.is(part[0]+1, "=") || !s.named(part[0]) || !s.named(part[0]+2) {
			continue
		}
		column, name := s.fold(part[0]), s.fold(part[0]+2)
		if slices.Contains(columns, column) {
			column, name = name, column
		}
		at := slices.Index(columns, name)
		if at < 0 || !slices.Contains(s.columns, column) || slices.Contains(columns, column) {
			continue
		}
		if texts := s.column(values, at); len(texts) > 0 {
			s.values = append(s.values, column+" IN ("+strings.Join(texts, ", ")+")")
		}
	}
}

// column are the texts in one column of a list of values; nil if there is something
// else in it.
func (s *selects) column(values [2]int, at int) (texts []string) {
	for i := values[0]; i < values[1]; i++ {
		if !s.is(i, "(") || s.closes[i] < 0 {
			return nil
		}
		row := s.parts(i+1, s.closes[i], ",")
		if at >= len(row) || row[at][1]-row[at][0] != 1 || s.kind(row[at][0]) != String {
			return nil
		}
		texts = append(texts, s.tokens[row[at][0]].Text(s.text))
		if i = s.closes[i] + 1; i < values[1] && !s.is(i, ",") {
			return nil
		}
	}
	return texts
}
