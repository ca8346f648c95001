package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
)

// A calendar shows a line for each account and region, and one for all access logs,
// with a cell for each day.
type calendar struct {
	lines []*calendarLine
	top   int64 // events of a day that is full: a power of ten
}

// A calendarLine is one of them.
type calendarLine struct {
	account, region string
	categories      map[string]bool
	cells           map[int]calendarCell // by day since 1970
	begun           int                  // the first week
}

// A calendarCell is a day, all categories together.
type calendarCell struct {
	events int64
	gap    cache.GapKind
}

// categoryLetters stand for the categories, in the order of the letters.
var categoryLetters = []struct{ letter, category string }{
	{"M", "Management"}, {"D", "Data"}, {"N", "NetworkActivity"}, {"I", "Insight"},
}

// Glyphs of cells. Without colours they alone must tell.
const (
	glyphQuiet   = '·'
	glyphUnknown = '?'
	glyphMissing = 'X'
	glyphPartly  = '!'
)

// levels are the glyphs of days with events, each of ten times as many.
var levels = []rune("░▒▓█")

func newCalendar(days []cache.CoveredDay) *calendar {
	c := &calendar{top: 1000}
	known := map[[2]string]*calendarLine{}
	buckets := map[string]bool{}
	for _, d := range days {
		at, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			continue // events without a time: of no day
		}
		key := [2]string{d.Account, d.Region}
		if d.Category == cache.AccessLogs {
			buckets[d.Bucket] = true
			key = [2]string{"access logs", ""}
		}
		l := known[key]
		if l == nil {
			l = &calendarLine{account: key[0], region: key[1], categories: map[string]bool{}, cells: map[int]calendarCell{}}
			known[key] = l
			c.lines = append(c.lines, l)
		}
		l.add(d, int(at.Unix()/(24*60*60)))
	}
	if l := known[[2]string{"access logs", ""}]; l != nil {
		l.region = "1 bucket"
		if n := len(buckets); n > 1 {
			l.region = count(n) + " buckets"
		}
	}
	for _, l := range c.lines {
		l.begun = slices.Min(slices.Collect(maps.Keys(l.weeks())))
		for _, cell := range l.cells {
			for cell.events >= c.top*10 {
				c.top *= 10
			}
		}
	}
	return c
}

func (l *calendarLine) add(d cache.CoveredDay, day int) {
	cell := l.cells[day]
	cell.events += d.Events
	cell.gap = d.Gap
	l.cells[day] = cell
	if d.Category != "" {
		l.categories[d.Category] = true
	}
}

// week is the number of the week that a day is in; weeks begin on Mondays.
func week(day int) int {
	n := day + 3 // 1970-01-01 was a Thursday
	if n < 0 {
		n -= 6
	}
	return n / 7
}

// monday is the first day of a week.
func monday(week int) time.Time { return time.Unix(int64(week*7-3)*24*60*60, 0).UTC() }

func (l *calendarLine) weeks() map[int]bool {
	weeks := map[int]bool{}
	for day := range l.cells {
		weeks[week(day)] = true
	}
	return weeks
}

// maxEmpty is how many weeks in a row are shown of which nothing is known.
const maxEmpty = 4

// blocks are the weeks to show, so many side by side.
func (c *calendar) blocks(wide int) (blocks [][]int) {
	all := map[int]bool{}
	for _, l := range c.lines {
		maps.Copy(all, l.weeks())
	}
	var block []int
	for _, w := range slices.Sorted(maps.Keys(all)) {
		if n := len(block); n > 0 && w-block[n-1] > maxEmpty+1 {
			blocks, block = append(blocks, block), nil
		}
		next := w
		if n := len(block); n > 0 {
			next = block[n-1] + 1
		}
		for ; next <= w; next++ {
			if len(block) == wide {
				blocks, block = append(blocks, block), nil
			}
			block = append(block, next)
		}
	}
	if len(block) > 0 {
		blocks = append(blocks, block)
	}
	return blocks
}

// widthElsewhere is the width of what is not a terminal.
const widthElsewhere = 100

// print prints it for a terminal that is so wide, 0 for none.
func (c *calendar) print(out *bytes.Buffer, width int, color bool) {
	if width <= 0 {
		width = widthElsewhere
	}
	const account, week = 12, 8
	region := len("region")
	for _, l := range c.lines {
		region = max(region, min(len([]rune(l.region)), 20))
	}
	label := account + 1 + region + 1 + len(categoryLetters) + 1
	for i, block := range c.blocks(max(1, (width-label+1)/week)) {
		if i > 0 {
			out.WriteByte('\n')
		}
		header := fmt.Sprintf("%-*s", label, years(block))
		for _, w := range block {
			header += fmt.Sprintf("%-*s", week, monday(w).Format("Jan 2"))
		}
		fmt.Fprintln(out, strings.TrimRight(header, " "))
		for _, l := range c.lines {
			if l.begun > block[len(block)-1] {
				continue
			}
			fmt.Fprintf(out, "%-*s %-*s %s", account, cut(l.account, account), region, cut(l.region, region), l.letters())
			c.cells(out, l, block, color)
			out.WriteByte('\n')
		}
	}
	c.legend(out)
}

// years are those of a block.
func years(block []int) string {
	first, last := monday(block[0]).Year(), monday(block[len(block)-1]).AddDate(0, 0, 6).Year()
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d, %d", first, last)
}

// cut is a text from a log, no longer than that.
func cut(s string, most int) string {
	r := []rune(render.Clean(s))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

func (l *calendarLine) letters() string {
	var sb strings.Builder
	for _, c := range categoryLetters {
		switch {
		case l.categories[c.category]:
			sb.WriteString(c.letter)
		case l.categories[cache.AccessLogs]:
			sb.WriteByte(' ')
		default:
			sb.WriteByte('-')
		}
	}
	return sb.String()
}

// cells writes a line's days.
func (c *calendar) cells(out *bytes.Buffer, l *calendarLine, block []int, color bool) {
	blank := 0 // not written yet: a line does not end in blanks
	last := ""
	for _, w := range block {
		blank++ // between weeks
		for i := range 7 {
			cell, ok := l.cells[w*7-3+i]
			if !ok {
				blank++
				continue
			}
			glyph := c.glyph(cell)
			if paint := paintOf(glyph); color && paint != last {
				out.WriteString("\x1b[" + paint + "m")
				last = paint
			}
			out.WriteString(strings.Repeat(" ", blank))
			out.WriteRune(glyph)
			blank = 0
		}
	}
	if last != "" {
		out.WriteString("\x1b[0m")
	}
}

func (c *calendar) glyph(cell calendarCell) rune {
	switch {
	case cell.gap == cache.GapMissing || cell.gap == cache.GapStopped && cell.events == 0:
		return glyphMissing
	case cell.gap == cache.GapUnknown:
		return glyphUnknown
	case cell.gap != "":
		return glyphPartly
	case cell.events == 0:
		return glyphQuiet
	}
	i := len(levels) - 1
	for least := c.top; i > 0 && cell.events < least; least /= 10 {
		i--
	}
	return levels[i]
}

// paintOf is a glyph's colour.
func paintOf(glyph rune) string {
	switch glyph {
	case glyphMissing, glyphPartly:
		return "0;1;31"
	case glyphUnknown:
		return "0;33"
	case glyphQuiet:
		return "0;2"
	}
	return "0;32"
}

// legend says what the glyphs mean that were used.
func (c *calendar) legend(out *bytes.Buffer) {
	used := map[rune]bool{}
	for _, l := range c.lines {
		for _, cell := range l.cells {
			used[c.glyph(cell)] = true
		}
	}
	out.WriteString("\n")
	var many []string
	least := c.top
	for i := len(levels) - 1; i >= 0; i-- {
		if i == 0 {
			least = 1
		}
		if used[levels[i]] {
			many = append(many, fmt.Sprintf("%c %s", levels[i], count(int(least))))
		}
		least /= 10
	}
	slices.Reverse(many)
	if len(many) > 0 {
		fmt.Fprintf(out, "%s events a day and more; weeks begin on Mondays, days in UTC\n", strings.Join(many, "  "))
	}
	for _, g := range []struct {
		glyph rune
		text  string
	}{
		{glyphQuiet, "no events, but digests or objects: nothing happened, or it was left out"},
		{glyphUnknown, "no objects, and no digest is known: nothing happened, or it is missing"},
		{glyphMissing, "no objects, and no digests where there should be, or logging was stopped"},
		{glyphPartly, "digests are missing of that day, or logging was stopped or started"},
	} {
		if used[g.glyph] {
			fmt.Fprintf(out, "%c %s\n", g.glyph, g.text)
		}
	}
	var letters []string
	for _, c := range categoryLetters {
		letters = append(letters, c.letter+" "+c.category)
	}
	fmt.Fprintf(out, "%s; - none\n", strings.Join(letters, ", "))
}
