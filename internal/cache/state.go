package cache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// A State is the file of what is watched, beside the cache, some tables of which a person
// can read. It is attached for a statement that names one of them.
type State struct {
	Path string
	// Views are the tables by name, each as a query over the database StateAlias.
	Views map[string]string
}

// StateAlias is the name of the state's database.
const StateAlias = "state"

// names reports whether a statement with these names reads the state.
func (s *Session) namesState(names map[string]bool) bool {
	if s.state.Path == "" {
		return false
	}
	for view := range s.stateViews {
		if names[view] {
			return true
		}
	}
	return names[StateAlias]
}

// enterState attaches the state, and makes the views of its tables.
func (s *Session) enterState(ctx context.Context) error {
	err := s.state.Attach(ctx, s.conn, false)
	if errors.Is(err, duck.ErrNoFile) {
		s.stateless = true
		return nil
	}
	if err != nil {
		return err
	}
	s.inside = append(s.inside, &s.state)
	for _, name := range slices.Sorted(maps.Keys(s.stateViews)) {
		if !s.stateMade {
			if err := s.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW main.%s AS %s", duck.Ident(name), s.stateViews[name])); err != nil {
				return fmt.Errorf("%s: %w", s.state.Path, err)
			}
		}
	}
	s.stateMade = true
	return nil
}

// stateHint says of a statement that a table of the state is not there.
func (s *Session) stateHint(err error) string {
	if !s.stateless || !duck.IsBinding(err) {
		return ""
	}
	return fmt.Sprintf("\nhint: there is no state of ctsql watch in %s, whose tables %s are", s.state.Path, list(slices.Sorted(maps.Keys(s.stateViews))))
}

// list is names as a person lists them.
func list(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " and "
		default:
			text += ", "
		}
		text += name
	}
	return text
}

// isOfState reports whether what a statement writes to is of the state.
func (s *Session) isOfState(target []string) bool {
	if s.state.Path == "" || len(target) == 0 {
		return false
	}
	_, view := s.stateViews[dialect.Fold(target[len(target)-1])]
	return view && (len(target) == 1 || target[0] == "main" || target[0] == "memory") || target[0] == StateAlias && len(target) > 1
}
