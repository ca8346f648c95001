package cloudtrail

import "slices"

// An extra is a member that the schema does not know, or whose value does not
// fit its column: where its name and its value are.
type extra struct {
	in         *Column
	key, value [2]int
	// not Unicode
	oddName, oddValue bool
}

// unknown takes the value at i of a member that in does not know.
func (d *recorder) unknown(in *Column, i int) int {
	x := extra{in: in, key: d.member, oddName: d.oddName}
	end := d.value(i)
	if end >= 0 {
		x.value, x.oddValue = [2]int{i, end}, d.notUnicode
		d.extras = append(d.extras, x)
		d.notUnicode = false
	}
	return end
}

// misfit takes the value at i that does not fit column c, unless it is null.
func (d *recorder) misfit(c *Column, i int) int {
	if i < len(d.data) && d.data[i] == 'n' {
		return d.literal(i, "null")
	}
	d.misfits++
	return d.unknown(c.parent, i)
}

// putExtras writes the members that found no column as one JSON object, nested
// as they were.
func (d *recorder) putExtras() {
	if len(d.extras) == 0 {
		return
	}
	room := 2
	for _, x := range d.extras {
		room += 3*(x.key[1]-x.key[0]+x.value[1]-x.value[0]) + 64
	}
	if off, n := d.side(d.appendExtras(d.spare(room), &d.rows.Table.root)); !d.full {
		d.put(d.rows.Table.extra.ID, off, n)
	}
}

func (d *recorder) appendExtras(dst []byte, in *Column) []byte {
	open := byte('{')
	for _, x := range d.extras {
		if x.in != in {
			continue
		}
		dst = append(dst, open, '"')
		dst = d.appendExtra(dst, x.key, x.oddName)
		dst = append(dst, '"', ':')
		dst = d.appendExtra(dst, x.value, x.oddValue)
		open = ','
	}
	for _, c := range in.Members {
		if c.Kind == Struct && slices.ContainsFunc(d.extras, func(x extra) bool { return within(x.in, c) }) {
			dst = append(dst, open, '"')
			dst = append(append(dst, c.Name...), '"', ':')
			dst = d.appendExtras(dst, c)
			open = ','
		}
	}
	return append(dst, '}')
}

// appendExtra appends a name or a value; odd says that it is not Unicode.
func (d *recorder) appendExtra(dst []byte, at [2]int, odd bool) []byte {
	if odd {
		d.replace(at[0], at[1])
		return appendUnicode(dst, d.data[at[0]:at[1]])
	}
	return append(dst, d.data[at[0]:at[1]]...)
}

// within reports whether c is a or above it.
func within(a, c *Column) bool {
	for ; a != nil; a = a.parent {
		if a == c {
			return true
		}
	}
	return false
}
