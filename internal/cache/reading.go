package cache

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// A reading is what a statement is taken for: what was typed, or that in other words.
type reading struct {
	dialect.Rewritten
	// wrapped is what is run of it, with the types of its parameters.
	wrapped dialect.Rewritten
	// wide: the log tables have the columns that other engines' tables have, and a
	// text that is compared with a time is one.
	wide bool
}

// tell makes an error about what is run one about what was typed.
func (r reading) tell(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	if text := r.Tell(r.wrapped.Tell(said)); text != said {
		return &toldError{text, err}
	}
	return err
}

// A toldError is another, in other words.
type toldError struct {
	text string
	err  error
}

func (e *toldError) Error() string { return e.text }
func (e *toldError) Unwrap() error { return e.err }

// understand finds the reading of a statement that bind does not refuse, and makes it the
// session's. bind binds a text, and does not run it. The readings are, in this order:
//
//   - as it was typed, but for what the engine would take for something else than was
//     meant: dialect.Rewrite tells what that is;
//   - with all of it in the engine's own words;
//   - those, with the tables as other engines have them.
//
// So what the engine understands keeps its meaning. If none will do, the first one's
// error is told, which has the tables' own columns as candidates; but the last one's if
// it is about something else, for then the first was no mistake.
func (s *Session) understand(ctx context.Context, statement string, class dialect.Class, bind func(text string) error) error {
	s.reading = reading{Rewritten: dialect.Rewrite(statement, s.schema, false)}
	err := s.bind(ctx, statement, class, bind)
	if err == nil || !s.again(ctx, err) {
		return err
	}
	first, firstErr := s.reading, err
	schema := s.schema
	if schema.Databases, err = s.databases(ctx); err != nil {
		return firstErr
	}
	s.reading = reading{Rewritten: dialect.Rewrite(statement, schema, true)}
	err = firstErr
	if s.reading.Text != first.Text {
		err = s.bind(ctx, statement, class, bind)
	}
	if err != nil && s.again(ctx, err) && widens(class) && s.widen(ctx) == nil {
		s.reading.wide = true
		if err = s.bind(ctx, statement, class, bind); err != nil {
			if again := s.narrow(ctx); again != nil {
				return errors.Join(err, again)
			}
		}
	}
	if err != nil && subject(err) == subject(firstErr) {
		s.reading, err = first, firstErr
	}
	return err
}

// bind binds the session's reading of a statement, with the macros that it names.
func (s *Session) bind(ctx context.Context, statement string, class dialect.Class, bind func(text string) error) error {
	if s.reading.Text != statement && !s.holding {
		if err := s.makeMacros(ctx, dialect.Names(s.reading.Text), class); err != nil {
			return err
		}
	}
	if err := s.inspect(ctx, s.reading.Text, class); err != nil {
		return err
	}
	return bind(s.reading.Text)
}

// again reports whether another reading may do, after this error: not where there are
// no tables, or a source cannot be read.
func (s *Session) again(ctx context.Context, err error) bool {
	return ctx.Err() == nil && s.views && !s.unread && isAboutText(err)
}

// isAboutText reports whether err is about a statement's text.
func isAboutText(err error) bool {
	var refused *RefusedError
	var grammar *grammarError
	return duck.IsBinding(err) || errors.As(err, &refused) || errors.As(err, &grammar)
}

// subject is what an error of the engine's is about.
func subject(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// widens reports whether a statement can be read with the wider tables: not what is to
// be bound again later, nor what makes a table in the first schema of the search path.
func widens(class dialect.Class) bool {
	switch class.Kind {
	case dialect.Query, dialect.Describe, dialect.Explain:
		return true
	}
	return class.Verb != "CREATE VIEW" && class.Verb != "CREATE MACRO" && class.Verb != "CREATE FUNCTION" &&
		(class.Verb != "CREATE TABLE" || len(class.Target) > 1)
}

// holdsQuery reports whether a statement that yields no rows holds a query, so that
// there is a reading of it to find.
func holdsQuery(class dialect.Class) bool {
	if class.Kind == dialect.Explain {
		return true
	}
	switch class.Verb {
	case "CREATE TABLE", "CREATE VIEW", "CREATE MACRO", "CREATE FUNCTION", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "COPY TO":
		return true
	}
	return false
}

// databases are the databases and schemas that there are.
func (s *Session) databases(ctx context.Context) (map[string]bool, error) {
	names := map[string]bool{}
	err := s.conn.Query(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names[dialect.Fold(dialect.Quote(name))] = true
		return err
	}, "SELECT database_name FROM duckdb_databases() UNION SELECT schema_name FROM duckdb_schemas()")
	return names, err
}

// newSchema is what dialect knows of the tables, with aliases for them.
func newSchema(aliases map[string]string) dialect.Schema {
	s := dialect.Schema{
		Tables: map[string]string{}, Events: cloudtrail.Events.Name, Logged: cloudtrail.Requests.Name,
		JSON: map[string]bool{}, Times: map[string]bool{dialect.Fold(cloudtrail.Events.Time): true}, Dashes: map[string]bool{},
	}
	for _, name := range logTables {
		s.Tables[name] = name
	}
	for name, table := range aliases {
		s.Tables[dialect.Fold(name)] = table
	}
	for _, t := range cloudtrail.Tables {
		for _, c := range t.Columns {
			if c.Kind == cloudtrail.JSON {
				s.JSON[dialect.Fold(c.Name)] = true
			}
		}
	}
	for _, c := range cloudtrail.Requests.Columns {
		switch c.Kind {
		case cloudtrail.Text, cloudtrail.Integer, cloudtrail.BigInt:
			s.Dashes[dialect.Fold(c.Name)] = true
		}
	}
	return s
}

// hints says of a statement that was refused what does instead.
func (s *Session) hints(err error) string {
	if hint := s.stateHint(err); hint != "" {
		return hint
	}
	if !s.views || !isAboutText(err) {
		return ""
	}
	names := map[string]bool{}
	for _, t := range cloudtrail.Tables {
		for _, c := range t.Columns {
			names[c.Name] = true
		}
	}
	text := ""
	for _, hint := range dialect.Hints(s.reading.Typed, err.Error(), slices.Sorted(maps.Keys(names))) {
		text += "\nhint: " + hint
	}
	return text
}
