package shell

import (
	"cmp"
	"slices"
	"strings"
)

// maxColumns is how many columns of one result are looked at: a * of what is itself
// joined again and again doubles them each time.
const maxColumns = 500

// columnsOf are the columns of a source, by the name that qualifies them.
func (s *statement) columnsOf(b *block, src *origin) (name string, columns []column) {
	if len(src.path) > 0 {
		name = src.path[len(src.path)-1]
	}
	name = cmp.Or(src.alias, name)
	if !src.read {
		src.read = true // of itself, it has no columns yet
		src.columns = rename(s.findColumns(b, src), src.names)
	}
	return name, src.columns
}

func (s *statement) findColumns(b *block, src *origin) []column {
	switch {
	case src.block != nil:
		return s.resultOf(src.block)
	case src.from != nil:
		k := column{name: "unnest"}
		if of, ok := s.resolve(b, steps(src.from)); ok && of.typ != nil {
			k.typ, k.of, k.path = of.typ.element, of.of, of.path
		}
		return []column{k}
	case len(src.path) > 0:
		return s.tableColumns(src.path)
	}
	return nil
}

// rename gives columns other names, as far as there are any.
func rename(columns []column, names []string) []column {
	if len(names) == 0 {
		return columns
	}
	columns = slices.Clone(columns)
	for i, name := range names {
		if i < len(columns) {
			columns[i].name = name
		} else {
			columns = append(columns, column{name: name})
		}
	}
	return columns
}

// tableColumns are those of a table, or of what WITH calls so.
func (s *statement) tableColumns(path []string) []column {
	if len(path) == 1 {
		for _, c := range s.ctes {
			if strings.EqualFold(c.name, path[0]) {
				return rename(s.resultOf(c.block), c.names)
			}
		}
	}
	last := path[len(path)-1]
	for _, r := range s.relations() {
		if strings.EqualFold(r.name, last) && (len(path) == 1 || r.within(path[:len(path)-1])) {
			return r.columns
		}
	}
	return nil
}

// relations are all that the engine knows of.
func (s *statement) relations() []relation {
	if s.tables == nil {
		s.tables = s.known.relations(s.patience)
	}
	return s.tables
}

// within says that qualifiers, the outermost first, may stand before the relation.
func (r relation) within(qualifiers []string) bool {
	if r.qualifier == "" { // main.cloudtrail, cache.cloudtrail
		return slices.Contains([]string{"main", "memory", "temp", "cache"}, strings.ToLower(qualifiers[0]))
	}
	return strings.EqualFold(r.qualifier, qualifiers[0])
}

// resultOf are the columns of what a block yields.
func (s *statement) resultOf(b *block) []column {
	if b.reading {
		return b.columns
	}
	b.reading = true // of itself, a recursive one has no columns yet
	start := b.start
	for start < b.end && s.tokens[start].up != "SELECT" {
		if behind, ok := s.skip(start); ok {
			start = behind
		} else {
			start++
		}
	}
	if start == b.end { // FROM table
		b.columns = s.starOf(b, "")
		return b.columns
	}
	var all []column
	for i := start + 1; i < b.end; {
		end := s.itemEnd(i, b.end)
		all = append(all, s.item(b, i, end)...)
		if end >= b.end || !s.tokens[end].is(",") {
			break
		}
		i = end + 1
	}
	b.columns = all
	return all
}

// itemEnd is where an item of a SELECT ends.
func (s *statement) itemEnd(i, end int) int {
	for i < end && !s.tokens[i].is(",") && s.tokens[i].up != "FROM" && !endsFrom[s.tokens[i].up] {
		if behind, ok := s.skip(i); ok {
			i = behind
		} else {
			i++
		}
	}
	return min(i, end)
}

// item are the columns that an item of a SELECT yields: one, mostly.
func (s *statement) item(b *block, i, end int) []column {
	for i < end && (s.tokens[i].up == "DISTINCT" || s.tokens[i].up == "ALL") {
		i++
	}
	if i >= end {
		return nil
	}
	path, behind := s.pathFrom(i, end)
	k := column{}
	switch {
	case len(path) == 0 && s.tokens[i].is("*"):
		return s.starOf(b, "")
	case len(path) == 1 && behind < end && s.tokens[behind].is("*") && s.tokens[behind-1].is("."):
		return s.starOf(b, path[0])
	case len(path) > 0 && (behind == end || s.tokens[behind].up == "AS" || behind == end-1):
		k, _ = s.resolve(b, steps(path))
		k.name = path[len(path)-1]
	case len(path) == 1 && strings.EqualFold(path[0], "unnest") && s.tokens[behind].is("("):
		inner, _ := s.pathFrom(behind+1, end)
		if of, ok := s.resolve(b, steps(inner)); ok && of.typ != nil {
			k = column{name: "unnest", typ: of.typ.element, of: of.of, path: of.path}
		}
	}
	if name, ok := s.tokens[end-1].name(); ok && end-i > 1 && s.endsOperand(end-2) {
		k.name = name
	}
	if k.name == "" {
		return nil
	}
	return []column{k}
}

// endsOperand says that at i something ends that an alias may follow.
func (s *statement) endsOperand(i int) bool {
	t := s.tokens[i]
	return t.up == "AS" || !expectsOperand(t) && !t.is(".")
}

// starOf are all columns that a block sees, or those of one source.
func (s *statement) starOf(b *block, of string) (all []column) {
	for _, src := range b.sources {
		if name, columns := s.columnsOf(b, src); of == "" || strings.EqualFold(name, of) {
			all = append(all, columns...)
		}
		if len(all) > maxColumns {
			return all[:maxColumns]
		}
	}
	return all
}

// resolve finds the column that a path means in a block.
func (s *statement) resolve(b *block, path []step) (column, bool) {
	if len(path) == 0 {
		return column{}, false
	}
	for at := b; at != nil; at = at.outer {
		for _, src := range at.sources {
			name, columns := s.columnsOf(at, src)
			if strings.EqualFold(name, path[0].name) && len(path) > 1 {
				if k, ok := descend(columns, path[1:]); ok {
					return k, true
				}
			}
			if k, ok := descend(columns, path); ok {
				return k, true
			}
		}
	}
	if !s.reads(b) {
		for _, columns := range s.anyLog() {
			if k, ok := descend(columns, path); ok {
				return k, true
			}
		}
	}
	return column{}, false
}

// descend follows a path through columns and their members.
func descend(columns []column, path []step) (column, bool) {
	for _, k := range columns {
		if !strings.EqualFold(k.name, path[0].name) {
			continue
		}
		for range path[0].indexed {
			if k.typ == nil || k.typ.element == nil {
				return column{}, false
			}
			k.typ = k.typ.element
		}
		if len(path) == 1 {
			return k, true
		}
		if k.typ == nil {
			return column{}, false
		}
		var members []column
		for _, m := range k.typ.members {
			members = append(members, k.member(m))
		}
		return descend(members, path[1:])
	}
	return column{}, false
}

// reads says that a block, or one around it, names what it reads from.
func (s *statement) reads(b *block) bool {
	for ; b != nil; b = b.outer {
		if len(b.sources) > 0 {
			return true
		}
	}
	return false
}

// anyLog are the columns of each log table, for where FROM is not written yet.
func (s *statement) anyLog() (all [][]column) {
	for _, name := range logTables {
		all = append(all, s.tableColumns([]string{name}))
	}
	return all
}
