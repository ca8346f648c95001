package cache

import (
	"context"
	"errors"
	"testing"

	"github.com/ctsql/ctsql/internal/duck"
)

// What statements yield is gathered in a table; of one that fails nothing is.
func TestCollect(t *testing.T) {
	ctx := context.Background()
	s := session(t, SessionOptions{})
	columns := []duck.Column{{Name: "time", Type: duck.Timestamp}, {Name: "what is \"it\"", Type: duck.Varchar}}
	if err := s.Collect(ctx, "found", columns); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		sql  string
		fine bool
	}{
		{"SELECT CAST($at AS TIMESTAMP) + INTERVAL 1 DAY, 'a' -- the end", true},
		{"SELECT TIMESTAMP '2025-07-01 00:00:00', $text", true},
		{"SELECT TIMESTAMP '2025-07-02 00:00:00', CASE WHEN x = 999 THEN CAST('x' AS INTEGER) END FROM range(1000) AS t(x)", false},
		{"SELECT TIMESTAMP '2025-07-02 00:00:00'", false},
		{"SELECT nothing FROM nowhere", false},
	} {
		params := []duck.Param{{Name: "at", Value: "2025-07-01"}, {Name: "text", Value: "'); --"}}
		if err := s.Add(ctx, "found", test.sql, params); (err == nil) != test.fine {
			t.Errorf("%s: %v", test.sql, err)
		}
	}
	if err := s.Add(ctx, "found", "DROP TABLE found", nil); !errors.Is(err, ErrNoRows) {
		t.Errorf("DROP: %v", err)
	}
	if got, want := told(t, s, "SELECT * FROM temp.found ORDER BY time"), "2025-07-01 00:00:00|'); --\n2025-07-02 00:00:00|a"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := s.Collect(ctx, "found", columns); err != nil || told(t, s, "SELECT count(*) FROM temp.found") != "0" {
		t.Errorf("made anew: %v", err)
	}
}
