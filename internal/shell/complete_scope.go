package shell

import (
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A statement is one as far as completion reads it: which blocks it has, and what
// each reads from. It may be half written.
type statement struct {
	place
	known    *Completer
	patience *time.Timer
	tables   []relation // once they were needed

	match  []int // of each opening bracket, its closing one; the end if there is none
	blocks []*block
	opened map[int]*block // by the ( before it
	here   *block         // that the cursor is in
	ctes   []cte
}

// A block is a SELECT, without those in it.
type block struct {
	start, end int // of its tokens
	outer      *block
	sources    []*origin
	columns    []column // of its result
	reading    bool     // columns are being found, or were
}

// An origin is one thing that FROM names.
type origin struct {
	path  []string // of a table
	block *block   // of a subquery
	from  []string // the path that is unnested
	alias string
	names []string // of its columns, if given behind the alias

	read    bool // columns are being found, or were
	columns []column
}

// A cte is a name that WITH gives to a block.
type cte struct {
	name  string
	names []string // of its columns, if given
	block *block
}

// parse finds blocks, what they read from, and where the cursor is.
func (s *statement) parse() {
	s.match = matching(s.tokens)
	s.opened = map[int]*block{}
	s.here = s.newBlock(0, nil)
	current, open := s.here, []*block{} // the block around each open bracket
	for i, t := range s.tokens {
		if i == s.at {
			s.here = current
		}
		switch {
		case t.is("("):
			open = append(open, current)
			if i+1 < len(s.tokens) && i+1 != s.at && startsBlock[s.tokens[i+1].up] {
				current = s.newBlock(i+1, current)
				s.opened[i] = current
				s.nameCTE(i, current)
			}
		case t.is(")") && len(open) > 0:
			if last := open[len(open)-1]; last != current {
				current.end = i
				current = last
			}
			open = open[:len(open)-1]
		case setOperation[t.up]:
			outer := current.outer
			current.end = i
			current = s.newBlock(i+1, outer)
		}
	}
	if s.at == len(s.tokens) {
		s.here = current
	}
	for _, b := range s.blocks {
		s.readSources(b)
	}
}

var (
	startsBlock  = map[string]bool{"SELECT": true, "FROM": true, "WITH": true, "VALUES": true, "PIVOT": true, "UNPIVOT": true, "DESCRIBE": true, "SUMMARIZE": true}
	setOperation = map[string]bool{"UNION": true, "EXCEPT": true, "INTERSECT": true}
)

func (s *statement) newBlock(start int, outer *block) *block {
	b := &block{start: start, end: len(s.tokens), outer: outer}
	s.blocks = append(s.blocks, b)
	return b
}

// matching finds for each opening bracket where it closes.
func matching(tokens []token) []int {
	all := make([]int, len(tokens))
	var open []int
	for i, t := range tokens {
		if t.kind != dialect.Punct {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			all[i] = len(tokens)
			open = append(open, i)
		case ")", "]", "}":
			if len(open) > 0 {
				all[open[len(open)-1]] = i
				all[i] = open[len(open)-1]
				open = open[:len(open)-1]
			}
		}
	}
	return all
}

// nameCTE finds the name before AS ( … and the names of columns behind that.
func (s *statement) nameCTE(open int, b *block) {
	i := open - 1
	for i >= 0 && (s.tokens[i].up == "MATERIALIZED" || s.tokens[i].up == "NOT") {
		i--
	}
	if i < 1 || s.tokens[i].up != "AS" {
		return
	}
	i--
	var names []string
	if s.tokens[i].is(")") && s.match[i] > 0 {
		names = s.list(s.match[i])
		i = s.match[i] - 1
	}
	if i < 0 {
		return
	}
	if name, ok := s.tokens[i].name(); ok {
		s.ctes = append(s.ctes, cte{name: name, names: names, block: b})
	}
}

// list is the names in brackets.
func (s *statement) list(open int) (names []string) {
	for _, t := range s.tokens[open+1 : s.match[open]] {
		if name, ok := t.name(); ok {
			names = append(names, name)
		}
	}
	return names
}

// skip returns where what i opens has its end, if it does, so that what is written
// behind a bracket that is still open counts as well.
func (s *statement) skip(i int) (behind int, ok bool) {
	if t := s.tokens[i]; t.is("(") || t.is("[") || t.is("{") {
		if m := s.match[i]; m < len(s.tokens) {
			return m + 1, true
		}
	}
	return i, false
}

// readSources finds what a block reads from.
func (s *statement) readSources(b *block) {
	inFrom, next := false, false // next is a source
	for i := b.start; i < b.end; {
		t := s.tokens[i]
		if next && i != s.at {
			if behind, ok := s.readSource(b, i); ok {
				i, next = behind, false
				continue
			}
		}
		switch {
		case t.up == "FROM" && i > 0 && s.tokens[i-1].up == "DISTINCT": // IS DISTINCT FROM
		case t.up == "FROM":
			inFrom, next = true, true
		case beforeTable[t.up]:
			next = true
		case t.is(",") && inFrom:
			next = true
		case endsFrom[t.up]:
			inFrom, next = false, false
		case t.is("(") && s.opened[i] != nil && s.match[i] >= len(s.tokens):
			return // it goes on to the end
		}
		if behind, ok := s.skip(i); ok && !(next && s.opened[i] == nil) {
			i = behind
		} else {
			i++
		}
	}
}

var (
	beforeTable = map[string]bool{"FROM": true, "JOIN": true, "INTO": true, "UPDATE": true, "DESCRIBE": true, "SUMMARIZE": true}
	endsFrom    = map[string]bool{"SELECT": true, "WHERE": true, "GROUP": true, "HAVING": true, "ORDER": true, "LIMIT": true,
		"QUALIFY": true, "WINDOW": true, "SET": true, "RETURNING": true}
	// notAlias are the words that do not name what stands before them.
	notAlias = map[string]bool{"ON": true, "USING": true, "JOIN": true, "LEFT": true, "RIGHT": true, "FULL": true, "INNER": true,
		"CROSS": true, "NATURAL": true, "ASOF": true, "SEMI": true, "ANTI": true, "POSITIONAL": true, "LATERAL": true, "UNION": true,
		"EXCEPT": true, "INTERSECT": true, "OFFSET": true, "TABLESAMPLE": true, "FETCH": true, "VALUES": true, "PIVOT": true, "UNPIVOT": true,
		"FROM": true, "AS": true}
)

// readSource reads one source with its alias.
func (s *statement) readSource(b *block, i int) (behind int, ok bool) {
	src := &origin{}
	t := s.tokens[i]
	switch {
	case t.up == "LATERAL":
		return i, false
	case t.is("(") && s.opened[i] != nil:
		src.block = s.opened[i]
		i = min(s.match[i]+1, b.end)
	case endsFrom[t.up] || notAlias[t.up]:
		return i, false
	default:
		if src.path, i = s.pathFrom(i, b.end); len(src.path) == 0 {
			return i, false
		}
		if i < b.end && s.tokens[i].is("(") {
			if strings.EqualFold(src.path[0], "unnest") {
				src.from, _ = s.pathFrom(i+1, b.end)
			}
			src.path = nil
			if i, ok = s.skip(i); !ok {
				return i + 1, true
			}
		}
	}
	if i < b.end && s.tokens[i].up == "AS" {
		i++
	}
	if i < b.end && i != s.at && !endsFrom[s.tokens[i].up] && !notAlias[s.tokens[i].up] {
		if src.alias, ok = s.tokens[i].name(); ok {
			if i++; i < b.end && s.tokens[i].is("(") && s.match[i] < len(s.tokens) {
				src.names = s.list(i)
				i = s.match[i] + 1
			}
		}
	}
	b.sources = append(b.sources, src)
	return i, true
}

// pathFrom reads a name and those behind dots. The cursor ends it: what is typed
// there is not behind it yet.
func (s *statement) pathFrom(i, end int) (path []string, behind int) {
	for i < end {
		name, ok := s.tokens[i].name()
		if !ok {
			return path, i
		}
		path = append(path, name)
		if i++; i+1 >= end || i == s.at || i+1 == s.at || !s.tokens[i].is(".") {
			return path, i
		}
		i++
	}
	return path, i
}

// pathBack reads a path that ends before i, and where it begins: c.userIdentity.arn,
// resources[1].ARN.
func (s *statement) pathBack(i int) (path []step, start int) {
	for {
		i--
		indexed := 0
		for i >= 0 && s.tokens[i].is("]") && s.match[i] > 0 {
			i = s.match[i] - 1
			indexed++
		}
		if i < 0 {
			return nil, 0
		}
		name, ok := s.tokens[i].name()
		if !ok {
			return nil, 0
		}
		path = append(path, step{name, indexed})
		if i < 2 || !s.tokens[i-1].is(".") {
			slices.Reverse(path)
			return path, i
		}
		i--
	}
}

// A step is one name of a path, with how many indexes behind it.
type step struct {
	name    string
	indexed int
}

func steps(path []string) (all []step) {
	for _, name := range path {
		all = append(all, step{name: name})
	}
	return all
}
