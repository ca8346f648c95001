package queries

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Find returns the question of that name, of which the folder may be left out
// where only one has the rest.
func Find(all []Query, name string) (Query, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, ".sql"))
	var found []Query
	for _, q := range all {
		if q.Name == name {
			return q, true
		}
		if path.Base(q.Name) == name {
			found = append(found, q)
		}
	}
	if len(found) != 1 {
		return Query{}, false
	}
	return found[0], true
}

// Search returns the questions that hold all words, in any case, in what is said
// of them.
func Search(all []Query, words []string) (found []Query) {
	for _, q := range all {
		text := strings.ToLower(strings.Join(append([]string{q.Name, q.Title, q.Help, q.Severity},
			slices.Concat(q.Techniques, q.Needs)...), "\n"))
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) }) {
			found = append(found, q)
		}
	}
	return found
}

// maxNear is how many names Near returns.
const maxNear = 3

// Near returns the names that look most like name, the nearest first.
func Near(all []Query, name string) []string {
	type candidate struct {
		name       string
		far, whole int // without the folders, where that is nearer, and with them
	}
	var near []candidate
	name = strings.ToLower(name)
	if len(name) > maxName {
		return nil
	}
	for _, q := range all {
		whole := Distance(name, q.Name)
		far := min(whole, Distance(path.Base(name), path.Base(q.Name)))
		if far <= max(2, len(name)/2) {
			near = append(near, candidate{q.Name, far, whole})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Or(a.far-b.far, a.whole-b.whole) })
	var names []string
	for _, c := range near[:min(len(near), maxNear)] {
		names = append(names, c.name)
	}
	return names
}

// maxName is longer than any name in bytes: nothing is near to a longer one.
const maxName = 100

// Distance is how many bytes to insert, delete or replace to make a into b: small
// between names that are nearly the same.
func Distance(a, b string) int {
	row := make([]int, len(b)+1) // from the first i bytes of a to each prefix of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Set puts the values of the query's parameters into values, by name: those given as
// NAME=VALUE, and the defaults of the others. What is given must be a parameter, and
// what has no default must be given.
func (q Query) Set(values map[string]string, given []string) error {
	set := map[string]bool{}
	for _, g := range given {
		name, value, ok := strings.Cut(strings.TrimPrefix(g, "$"), "=")
		i := slices.IndexFunc(q.Parameters, func(p Parameter) bool { return strings.EqualFold(p.Name, name) })
		switch {
		case !ok:
			return fmt.Errorf("%.100q: write NAME=VALUE", g)
		case i < 0:
			return fmt.Errorf("%.40s: %s has no such parameter", name, q.Name)
		}
		p := q.Parameters[i]
		if err := p.Type.Check(value); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if set[p.Name] {
			return fmt.Errorf("%s: given twice", p.Name)
		}
		set[p.Name] = true
		values[strings.ToLower(p.Name)] = value
	}
	for _, p := range q.Parameters {
		switch {
		case set[p.Name]:
		case p.Required:
			return fmt.Errorf("%s=VALUE: %s must be given one", p.Name, q.Name)
		default:
			values[strings.ToLower(p.Name)] = p.Default
		}
	}
	return nil
}
