package cloudtrail

// list decodes an array of objects. If any element is not all in the columns,
// the whole array is kept in extra as well.
func (d *recorder) list(c *Column, i int) int {
	key, oddName, start, extras, mark := d.member, d.oddName, i, len(d.extras), d.checkpoint()
	d.put(c.ID, 0, 0)
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == ']' {
		return i + 1
	}
	objects := true
	for {
		if i >= len(d.data) {
			return d.failShort()
		}
		objects = objects && (d.data[i] == '{' || d.data[i] == 'n')
		if i = d.after(d.listElement(c, i)); i < 0 {
			return -1
		}
		if d.data[i] == ']' {
			break
		}
		if d.data[i] != ',' {
			return d.fail(i, "no comma or ] after an element")
		}
		i = d.space(i + 1)
	}
	if objects && len(d.extras) == extras {
		return i + 1
	}
	// What is not Unicode in it is told of the array, what does not fit
	// counts once.
	misfit := !objects || d.misfits > mark.misfits
	d.b.Damaged, d.replaced, d.misfits = d.b.Damaged[:mark.damaged], mark.replaced, mark.misfits
	if misfit {
		d.misfits++
	}
	d.extras, d.member, d.oddName = d.extras[:extras], key, oddName
	return d.unknown(c.parent, start)
}

func (d *recorder) listElement(c *Column, i int) int {
	if d.data[i] != '{' {
		d.put(c.ID, 0, 2)
		i = d.value(i)
		d.notUnicode = false
		return i
	}
	d.put(c.ID, 0, 1)
	for _, m := range c.Members {
		d.seen[m.ID/64] &^= 1 << (m.ID % 64)
	}
	return d.members(c, i)
}

// mapping decodes an object of strings. If any value is something else, or a
// name comes twice, the object is kept in extra instead.
func (d *recorder) mapping(c *Column, i int) int {
	start, mark := i, d.checkpoint()
	d.put(c.ID, 0, 0)
	names := len(d.rows.entries)
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == '}' {
		return i + 1
	}
	fits := true
	for fits {
		if i, fits = d.mapMember(c, i); !fits {
			break
		}
		if i = d.after(i); i < 0 {
			return -1
		}
		if d.data[i] == '}' {
			if fits = !d.repeats(names, c.ID); fits {
				return i + 1
			}
			break
		}
		if d.data[i] != ',' {
			return d.fail(i, "no comma or } after a member")
		}
		i = d.space(i + 1)
	}
	d.rollback(mark)
	return d.misfit(c, start)
}

// mapMember decodes the member at i of a Map. It reports false if its value is
// none for a Map.
func (d *recorder) mapMember(c *Column, i int) (end int, fits bool) {
	if i >= len(d.data) || d.data[i] != '"' {
		return d.key(i), true // which fails
	}
	if i = d.text(c.ID, i+1, 1); i < 0 {
		return -1, true
	}
	if i = d.colon(i); i < 0 {
		return -1, true
	}
	if i >= len(d.data) {
		return d.failShort(), true
	}
	switch d.data[i] {
	case '"':
		return d.text(c.ID+1, i+1, 0), true
	case 'n':
		return d.literal(i, "null"), true
	}
	return i, false
}

// repeats reports whether a name with this ID comes twice from entry i on: the
// engine's maps must not have that.
func (d *recorder) repeats(i, id int) bool {
	seen := map[string]bool{}
	for _, e := range d.rows.entries[i:] {
		if e.ID() != id {
			continue
		}
		name := d.rows.Text(e)[:e.Len()-1]
		if seen[string(name)] {
			return true
		}
		seen[string(name)] = true
	}
	return false
}
