package render

import "bytes"

// Cut is a text, cleaned, cut to a width in columns.
func Cut(text string, width int) string {
	return widths.Truncate(Clean(text), width, "…")
}

// Fill is a text, cleaned, cut or padded to a width in columns.
func Fill(text string, width int) string {
	return widths.FillRight(Cut(text, width), width)
}

// MarkdownText is a text as Markdown shows it, on one line; nothing in it acts.
func MarkdownText(text string) string {
	var out bytes.Buffer
	l := markdownLayout{out: &output{w: &out}}
	l.text([]byte(text))
	l.out.flush()
	return out.String()
}
