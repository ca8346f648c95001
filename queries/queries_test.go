package queries_test

import (
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/queries"
)

func TestDemo(t *testing.T) {
	all := queries.Demo()
	if len(all) < 6 {
		t.Errorf("%d questions: the demo promises six at least", len(all))
	}
	seen := map[string]bool{}
	for _, q := range all {
		if q.Name == "" || seen[q.Name] {
			t.Errorf("name %q: empty or there twice", q.Name)
		}
		seen[q.Name] = true
		if !strings.Contains(q.Title, "?") {
			t.Errorf("%s: the leading comment asks nothing: %q", q.Name, q.Title)
		}
		statements := dialect.Split(q.SQL)
		if len(statements) != 1 {
			t.Errorf("%s: %d statements, want 1", q.Name, len(statements))
			continue
		}
		if names := dialect.Parameters(statements[0].Text); len(names) > 0 {
			t.Errorf("%s: the demo gives no value for %v", q.Name, names)
		}
		if text := statements[0].Text; strings.Contains(text, "--") {
			t.Errorf("%s: a comment is left in the statement: %s", q.Name, text)
		}
	}
}
