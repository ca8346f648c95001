package queries

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The headings, in their order.
const (
	falsePositives = iota
	parameters
	scope
	severity
	techniques
	needs
	references
)

var headings = []string{"False positives", "Parameters", "Scope", "Severity", "ATT&CK", "Needs", "References"}

// The words that some headings allow.
var (
	severities = []string{"info", "low", "medium", "high", "critical"}
	allNeeds   = []string{"cloudtrail", "s3logs", "aggregated", "data", "network", "insight", "geoip", "tor", "ip-ranges"}
	types      = []Type{Text, Timestamp, Integer, Number, Boolean}
)

var (
	heading       = regexp.MustCompile(`^([A-Z][A-Za-z&]*(?: [a-z]+)?):(?: |$)`)
	window        = regexp.MustCompile(`^window ([1-9]\d{0,3})([hd])$`)
	technique     = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	parameterLine = regexp.MustCompile(`^\$([a-z][a-z0-9_]*)\s+([a-z]+)(?:\s+=\s*('(?:[^']|'')*'|[^'\s]\S*))?(?:\s+([^=\s].*))?$`)
)

// A parser reads the leading comment of a file.
type parser struct {
	file  string
	query Query
	line  int      // from 1
	title []string // lines of the first paragraph
	help  []string // those after it
	under int      // the heading that the line is under, -1 before the first
}

// Parse reads a query file. An error names it and the line.
func Parse(file, text string) (Query, error) {
	p := &parser{file: file, under: -1}
	p.query.Name = strings.TrimSuffix(file, ".sql")
	blank := true
	for strings.HasPrefix(text, "--") {
		comment, rest, _ := strings.Cut(text, "\n")
		p.line++
		comment = strings.TrimRight(strings.TrimPrefix(comment, "--"), " \t\r")
		comment = strings.TrimPrefix(comment, " ")
		if err := p.comment(comment, blank); err != nil {
			return Query{}, p.wrong(err)
		}
		blank, text = comment == "", rest
	}
	p.query.Title = strings.Join(p.title, " ")
	p.query.Help = strings.Trim(strings.Join(p.help, "\n"), "\n")
	p.query.SQL = strings.TrimSpace(text)
	switch {
	case p.query.Title == "":
		return Query{}, p.wrong(fmt.Errorf("no title: the file does not begin with a comment of -- lines"))
	case p.query.SQL == "":
		return Query{}, p.wrong(fmt.Errorf("no statement after the comment"))
	}
	if err := p.query.detection(); err != nil {
		return Query{}, p.wrong(err)
	}
	return p.query, nil
}

// detection says what a detection lacks.
func (q Query) detection() error {
	switch {
	case q.Scope == "" && strings.HasPrefix(q.Name, "detect/"):
		return fmt.Errorf("a detection has a Scope: event, or such as window 7d")
	case q.Scope == "":
		return nil
	case q.Severity == "":
		return fmt.Errorf("a detection has a Severity")
	case len(q.Techniques) == 0:
		return fmt.Errorf("a detection has a technique: ATT&CK")
	}
	return nil
}

func (p *parser) wrong(err error) error {
	return fmt.Errorf("%s:%d: %w", p.file, max(p.line, 1), err)
}

// comment takes one line; blank says that the one before it was empty.
func (p *parser) comment(line string, blank bool) error {
	if found := heading.FindStringSubmatch(line); found != nil {
		i := slices.Index(headings, found[1])
		switch {
		case i < 0 && (blank || p.under >= 0):
			return fmt.Errorf("no heading is called %q: there are %s", found[1], strings.Join(headings, ", "))
		case i >= 0 && i <= p.under:
			return fmt.Errorf("%s cannot come after %s", found[1], headings[p.under])
		case i >= 0:
			p.under = i
			return p.put(strings.TrimSpace(line[len(found[0]):]))
		}
	}
	switch text := strings.TrimSpace(line); {
	case p.under >= 0 && text == "":
		return nil
	case p.under >= 0 && line == text:
		return fmt.Errorf("%q is not indented, so that it belongs to no heading", text)
	case p.under >= 0:
		return p.put(text)
	case len(p.help) == 0 && text != "":
		p.title = append(p.title, text)
		return nil
	}
	if len(p.title) > 0 {
		p.help = append(p.help, line)
	}
	return nil
}

// put takes text that stands under the heading.
func (p *parser) put(text string) error {
	q := &p.query
	switch {
	case text == "":
		return nil
	case p.under == falsePositives:
		q.FalsePositives = strings.TrimSpace(q.FalsePositives + " " + text)
		return nil
	case p.under == parameters:
		return p.parameter(text)
	case p.under == scope:
		if q.Scope != "" || text != "event" && !window.MatchString(text) {
			return fmt.Errorf("scope %q is neither event nor such as window 36h or window 7d", text)
		}
		q.Scope = text
		return nil
	case p.under == severity:
		if q.Severity != "" || !slices.Contains(severities, text) {
			return fmt.Errorf("severity %q is not one of %s", text, strings.Join(severities, ", "))
		}
		q.Severity = text
		return nil
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch {
		case p.under == techniques && technique.MatchString(word):
			q.Techniques = append(q.Techniques, word)
		case p.under == needs && slices.Contains(allNeeds, word):
			q.Needs = append(q.Needs, word)
		case p.under == references && strings.HasPrefix(word, "https://"):
			q.References = append(q.References, word)
		default:
			return fmt.Errorf("%s: %q is none", headings[p.under], word)
		}
	}
	return nil
}

// parameter takes a line that declares one, or goes on with the help of the last.
func (p *parser) parameter(text string) error {
	all := &p.query.Parameters
	if !strings.HasPrefix(text, "$") {
		if len(*all) == 0 {
			return fmt.Errorf("%q is no parameter: write $name type = default  help", text)
		}
		last := &(*all)[len(*all)-1]
		last.Help = strings.TrimSpace(last.Help + " " + text)
		return nil
	}
	found := parameterLine.FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("%q is no parameter: write $name type = default  help", text)
	}
	one := Parameter{Name: found[1], Type: Type(found[2]), Help: found[4], Required: found[3] == ""}
	if !slices.Contains(types, one.Type) {
		return fmt.Errorf("$%s: there is no type %s", one.Name, one.Type)
	}
	if slices.ContainsFunc(*all, func(other Parameter) bool { return other.Name == one.Name }) {
		return fmt.Errorf("$%s is there twice", one.Name)
	}
	if !one.Required {
		quoted := strings.HasPrefix(found[3], "'")
		if quoted != (one.Type == Text || one.Type == Timestamp) {
			return fmt.Errorf("$%s: quotes are around a text or a timestamp, and only there", one.Name)
		}
		if one.Default = found[3]; quoted {
			one.Default = strings.ReplaceAll(found[3][1:len(found[3])-1], "''", "'")
		}
		if err := one.Type.Check(one.Default); err != nil {
			return fmt.Errorf("$%s: %w", one.Name, err)
		}
	}
	*all = append(*all, one)
	return nil
}
