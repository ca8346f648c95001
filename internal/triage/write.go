package triage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

// Colours, as a terminal takes them.
const (
	colorTitle = "\x1b[1m"
	colorBad   = "\x1b[31m"
	colorOff   = "\x1b[0m"
)

// Terminal is how to write for one.
type Terminal struct {
	Width int // in columns, at least 80 and at most 120; 0 is unknown
	Color bool
}

// narrow and wide are how wide a page is, usual where that is not known.
const narrow, usual, wide = 80, 100, 120

// Write writes the page for a person at a terminal. Commands are not cut.
func (t Terminal) Write(w io.Writer, p *Page) error {
	if t.Width <= 0 {
		t.Width = usual
	}
	t.Width = max(narrow, min(t.Width, wide))
	out := bufio.NewWriter(w)
	for i, b := range p.blocks() {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(t.paint(colorTitle, render.Cut(b.title, t.Width)) + "\n")
		t.items(out, b.items)
		if b.more > 0 {
			fmt.Fprintf(out, "  … and %s more\n", count(b.more))
		}
		for _, n := range b.notes {
			t.wrapped(out, "", n)
		}
		for _, line := range b.drawn { // whole: what matters may be at its end
			out.WriteString(strings.TrimRight("  "+render.Clean(line), " ") + "\n")
		}
		t.commands(out, b.code)
	}
	return out.Flush()
}

func (t Terminal) paint(color, clean string) string {
	if !t.Color || color == "" || strings.TrimSpace(clean) == "" {
		return clean
	}
	return color + clean + colorOff
}

// behind is how often and when.
func (it item) behind() string {
	if it.n == 0 {
		return it.when
	}
	return strings.TrimRight(fmt.Sprintf("%7s  %s", count(it.n), it.when), " ")
}

func (it item) text() string {
	var texts []string
	for _, s := range it.texts {
		if s != "" {
			texts = append(texts, s)
		}
	}
	return render.Clean(strings.Join(texts, "  "))
}

// items writes their texts in a column as wide as they need, and behind it how often
// and when; a text that has no room there has a line of its own.
func (t Terminal) items(out *bufio.Writer, items []item) {
	text, behind := 0, 0
	for _, it := range items {
		text, behind = max(text, render.Width(it.text())), max(behind, render.Width(it.behind()))
	}
	room := min(text, t.Width-2-2-behind)
	for _, it := range items {
		color := ""
		if it.bad {
			color = colorBad
		}
		line := it.text()
		if behind > 0 && render.Width(line) > room {
			out.WriteString("  " + t.paint(color, render.Cut(line, t.Width-2)) + "\n")
			line = ""
		}
		if behind > 0 {
			line = render.Fill(line, room)
		}
		out.WriteString(strings.TrimRight("  "+t.paint(color, line)+"  "+it.behind(), " ") + "\n")
		if len(it.notes) > 0 {
			t.wrapped(out, "  ", strings.Join(it.notes, "; "))
		}
	}
}

// wrapped writes a sentence in lines.
func (t Terminal) wrapped(out *bufio.Writer, indent, text string) {
	line := indent + " "
	for word := range strings.FieldsSeq(render.Clean(text)) {
		word = render.Cut(word, t.Width-len(indent)-4)
		if render.Width(line)+1+render.Width(word) > t.Width {
			out.WriteString(line + "\n")
			line = indent + "   "
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
}

// commands writes them as lines that can be copied, with who they are for as comments.
func (t Terminal) commands(out *bufio.Writer, all []Command) {
	for _, line := range commandLines(all) {
		out.WriteString("  " + line + "\n")
	}
}

// commandLines are commands for a shell, and comments.
func commandLines(all []Command) (lines []string) {
	account := "\x00"
	for _, c := range all {
		if c.Account != account {
			account = c.Account
			lines = append(lines, "# account "+render.Clean(account))
		}
		if c.Command == "" {
			lines = append(lines, "# "+render.Clean(c.Why))
			continue
		}
		lines = append(lines, c.Command)
	}
	return lines
}

// WriteMarkdown writes the page for a ticket: nothing that the logs hold acts there.
func WriteMarkdown(w io.Writer, p *Page) error {
	out := bufio.NewWriter(w)
	for i, b := range p.blocks() {
		head := "##"
		if i == 0 {
			head = "#"
		} else {
			out.WriteString("\n")
		}
		fmt.Fprintf(out, "%s %s\n\n", head, inline(b.title))
		markdownItems(out, b)
		for _, n := range b.notes {
			fmt.Fprintf(out, "- %s\n", inline(n))
		}
		fenced(out, "", b.drawn)
		fenced(out, "sh", commandLines(b.code))
	}
	return out.Flush()
}

// inline is a text of the logs in a line of Markdown. What would begin a block there
// is never at the start of one.
func inline(text string) string { return render.MarkdownText(strings.ReplaceAll(text, "\n", " ")) }

func markdownItems(out *bufio.Writer, b block) {
	if len(b.items) == 0 {
		return
	}
	fmt.Fprintf(out, "| %s | n | when | |\n|%s ---: | --- | --- |\n", strings.Join(b.heads, " | "), strings.Repeat(" --- |", len(b.heads)))
	for _, it := range b.items {
		out.WriteString("|")
		for _, t := range it.texts {
			out.WriteString(" " + inline(t) + " |")
		}
		n := ""
		if it.n > 0 {
			n = count(it.n)
		}
		fmt.Fprintf(out, " %s | %s | %s |\n", n, it.when, inline(strings.Join(it.notes, "; ")))
	}
	if b.more > 0 {
		fmt.Fprintf(out, "\n… and %s more\n", count(b.more))
	}
	if len(b.notes) > 0 {
		out.WriteString("\n")
	}
}

// fenced writes lines as they are, between fences longer than any that they hold.
func fenced(out *bufio.Writer, language string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fence := "```"
	for _, line := range lines {
		for strings.Contains(line, fence) {
			fence += "`"
		}
	}
	fmt.Fprintf(out, "\n%s%s\n%s\n%s\n", fence, language, render.CleanLines(strings.Join(lines, "\n")), fence)
}

// WriteJSON writes all that is known, as the type Page has it.
func WriteJSON(w io.Writer, p *Page) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(p)
}
