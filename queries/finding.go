package queries

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Column is one of what every detection yields.
type Column struct{ Name, Type string }

// Columns are all of them, in their order. eventID is that of the event, or of one of
// the events, that the finding is about.
func Columns() []Column {
	columns := []Column{{"time", "TIMESTAMP"}}
	for _, name := range []string{"severity", "technique", "actor", "address", "account", "region", "event", "object", "why", "eventID"} {
		columns = append(columns, Column{name, "VARCHAR"})
	}
	return columns
}

// Severities are the words for how bad a finding is, the least first.
func Severities() []string { return slices.Clone(severities) }

// Detects says that the query is a detection: its rows are findings.
func (q Query) Detects() bool { return q.Scope != "" }

// Window is how far before the time of a finding a detection looks; 0 for one that
// judges each event by itself.
func (q Query) Window() time.Duration {
	found := window.FindStringSubmatch(q.Scope)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // four digits at most
	if found[2] == "d" {
		n *= 24
	}
	return time.Duration(n) * time.Hour
}

// Match returns the detections whose names are like the pattern, as path.Match has it.
// A pattern without a slash is of names without their folders.
func Match(all []Query, pattern string) (found []Query, err error) {
	pattern = strings.ToLower(strings.TrimSuffix(pattern, ".sql"))
	for _, q := range all {
		name := q.Name
		if !strings.Contains(pattern, "/") {
			name = path.Base(name)
		}
		ok, err := path.Match(pattern, strings.ToLower(name))
		if err != nil {
			return nil, fmt.Errorf("%.100q is no pattern: write such as detect/* or *-key", pattern)
		}
		if ok && q.Detects() {
			found = append(found, q)
		}
	}
	return found, nil
}
