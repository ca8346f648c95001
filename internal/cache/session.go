package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/geoip"
)

// A Session answers SQL, one statement at a time. Its database is in memory, with
// views on the cache's tables; the files are attached for each statement only.
type Session struct {
	db    *duck.DB
	conn  *duck.Conn
	meter *duck.Meter
	cache duck.File
	mine  duck.File
	state duck.File // no Path for none
	open  Opener
	read  func() int64

	places places

	mu      sync.Mutex // held while a statement runs
	views   bool
	stale   bool         // the views are of another scope
	inside  []*duck.File // attached
	holding bool         // between BEGIN and COMMIT nothing is detached

	stateViews map[string]string
	stateMade  bool // the views are there
	stateless  bool // the statement that runs names one of them, and there is no such file

	scans []Unloaded // of the statement that runs

	from  []string // what the log tables are read from, instead of the cache
	scope scope

	limits   Limits
	sandbox  bool
	confined bool     // the statement that runs is in the sandbox
	own      []string // tables that Collect and Hold made

	schema    dialect.Schema
	reading   reading   // of the statement that runs
	wideViews bool      // they are there
	before    *settings // nil where nothing is widened
	unread    bool      // a source of the statement cannot be opened
}

// An Opener opens sources that nobody loaded, for one statement, of which it
// decodes the logs of one kind.
type Opener func(ctx context.Context, sources []string, only cloudtrail.Log) (Unloaded, error)

// Unloaded is the records of such sources. Scans side by side share them.
type Unloaded interface {
	Scan() (UnloadedScan, error)
	Close() error
}

// UnloadedScan yields batches, each valid until the next, and nil at the end.
type UnloadedScan interface {
	Next(context.Context) (*cloudtrail.Batch, error)
}

// SessionOptions say what to answer from.
type SessionOptions struct {
	Path string   // of the cache
	From []string // sources that the log tables are to be read from, instead of the cache
	Open Opener
	// Aliases are more names of the log tables, each with the table's.
	Aliases map[string]string

	// State is what ctsql watch keeps, beside the cache; nil for none.
	State *State

	// Places opens the databases of addresses, when a statement first needs
	// them; nil where there are none. PlacesNotes is told what a person should
	// know of them, whenever that changes.
	Places      func(context.Context) (*geoip.DB, error)
	PlacesNotes func([]string)

	// Limits of every statement, and whether those that Run, Keep, Add and Hold are
	// given are not the person's own, so that they may query the log tables and no more.
	Limits  Limits
	Sandbox bool

	// ReadSoFar is how many bytes the process has read; nil where that is not known.
	ReadSoFar func() int64
}

// Mine is the path of the file for a person's own tables, beside the cache.
func Mine(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if name == "cache" {
		return filepath.Join(filepath.Dir(path), "mine.duckdb")
	}
	return filepath.Join(filepath.Dir(path), name+".mine.duckdb")
}

// OpenSession starts a session. Nothing is read yet.
func OpenSession(ctx context.Context, o SessionOptions) (_ *Session, err error) {
	db, err := duck.Open(map[string]string{
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
	})
	if err != nil {
		return nil, err
	}
	s := &Session{
		db: db, open: o.Open, read: o.ReadSoFar, from: o.From,
		cache: duck.File{Path: o.Path, Alias: alias},
		mine:  duck.File{Path: Mine(o.Path), Alias: "mine"}, schema: newSchema(o.Aliases),
		limits: o.Limits, sandbox: o.Sandbox,
	}
	if o.State != nil {
		s.state, s.stateViews = duck.File{Path: o.State.Path, Alias: StateAlias}, o.State.Views
	}
	s.places.open, s.places.notes = o.Places, o.PlacesNotes
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.conn, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	if s.meter, err = s.conn.Meter(); err != nil {
		return nil, err
	}
	if err := s.registerRead(); err != nil {
		return nil, err
	}
	if err := s.places.register(s.conn); err != nil {
		return nil, err
	}
	setup := []string{
		"SET TimeZone = 'UTC'",
		"SET enable_progress_bar = false",
		// Else it is .tmp in the folder that the person is in.
		"SET temp_directory = " + duck.Quote(filepath.Join(os.TempDir(), fmt.Sprintf("ctsql-%d", os.Getpid()))),
	}
	setup = append(setup, readMacros()...)
	setup = append(setup, actorMacro)
	if len(o.From) > 0 {
		s.views = true
		// In words of its own, not of the view.
		u, err := o.Open(ctx, o.From, cloudtrail.AnyLog)
		if err == nil {
			err = u.Close()
		}
		if err != nil {
			return nil, err
		}
		views, err := readViews(o.From, scope{})
		if err != nil {
			return nil, err
		}
		setup = append(setup, views...)
	}
	for _, statement := range setup {
		if err := s.conn.Exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	return s, s.limit(ctx)
}

// Close ends the session.
func (s *Session) Close() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// A ReadOnlyError says that a statement would write to a log table.
type ReadOnlyError struct{ Table string }

func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("%s is a log table: it cannot be written to\nhint: make a table of your own: create table mine.x as select … from %[1]s", e.Table)
}

// logTables are the tables that a person reads.
var logTables = []string{"cloudtrail", "s3logs", "aggregated", "damaged", "objects"}

// LogTables are the names of the tables that a person reads.
func LogTables() []string { return slices.Clone(logTables) }

// An Answer is what a statement yields: a Result that holds rows, or nothing.
type Answer struct {
	*duck.Result
	// Explained is the text of an EXPLAIN.
	Explained string
}

// Run runs one statement, with the text of its parameters' values. A Result must
// be read to its end, or closed, before the next statement; but as soon as the
// engine has yielded all rows the files are let go, whether they were read or not.
func (s *Session) Run(ctx context.Context, statement string, params []duck.Param, copyOptions string) (a Answer, err error) {
	return s.run(ctx, statement, params, copyOptions, s.sandbox)
}

// RunOwn is Run for a statement of the program's own, which a sandbox leaves alone. Text
// of others must be no part of it but as values of parameters.
func (s *Session) RunOwn(ctx context.Context, statement string, params []duck.Param, copyOptions string) (a Answer, err error) {
	return s.run(ctx, statement, params, copyOptions, false)
}

func (s *Session) run(ctx context.Context, statement string, params []duck.Param, copyOptions string, confined bool) (a Answer, err error) {
	s.mu.Lock()
	class := dialect.Classify(statement)
	ctx, stop, err := s.begin(ctx, statement, class, confined)
	if err != nil {
		s.mu.Unlock()
		return a, err
	}
	finish := func(err error) error {
		defer s.mu.Unlock()
		defer stop()
		return s.after(ctx, err)
	}
	if class.Kind == dialect.Query || class.Kind == dialect.Describe {
		a.Result, err = s.rows(ctx, statement, class, params, copyOptions, finish)
		if err == nil {
			return a, nil // finish is called when all rows are there
		}
		if class.Kind == dialect.Describe && !confined { // SHOW of a setting
			refused := err
			if a.Result, err = s.conn.Small(ctx, statement, params); err != nil && class.Verb != "SHOW" {
				err = refused
			}
		}
		return a, finish(err)
	}
	if holdsQuery(class) {
		if statement, err = s.readText(ctx, statement, class); err != nil {
			return a, finish(err)
		}
	}
	switch {
	case class.Kind == dialect.Explain:
		a.Explained, err = s.conn.Explain(ctx, statement, params)
	case class.Returning || class.Verb == "PRAGMA" || class.Verb == "CALL" || class.Verb == "EXECUTE":
		a.Result, err = s.conn.Small(ctx, statement, params)
		if err == nil && len(a.Result.Columns) == 0 {
			a.Result = nil
		}
	case class.Kind == dialect.Transaction:
		err = s.transact(ctx, statement, class, params)
	default:
		err = s.conn.ExecNamed(ctx, statement, params)
	}
	return a, finish(err)
}

// readText is what is run of a statement whose columns do not matter.
func (s *Session) readText(ctx context.Context, statement string, class dialect.Class) (string, error) {
	err := s.understand(ctx, statement, class, func(text string) error {
		_, err := s.conn.Prepare(ctx, text)
		return err
	})
	if err != nil {
		return "", err
	}
	return s.reading.Text, s.refuseWrite(dialect.Classify(s.reading.Text))
}

// after ends a statement that has run, and makes its error clear.
func (s *Session) after(ctx context.Context, err error) error {
	if err != nil && !s.holding {
		// DuckDB makes some statements into several, and may leave the
		// transaction of those open. Mostly there is none to end.
		_ = s.conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	if over := timeout(ctx, err); over != err {
		err = over
	} else {
		err = s.explain(s.reading.tell(err))
	}
	return errors.Join(err, s.leave(ctx))
}

// begin begins a statement: the files are attached, and ctx ends with its time. Where
// there is no error stop must be called once it has run.
func (s *Session) begin(ctx context.Context, statement string, class dialect.Class, confined bool) (_ context.Context, stop context.CancelFunc, err error) {
	s.confined = confined
	if err := s.admit(statement, class); err != nil {
		return ctx, nil, err
	}
	if err := s.refuseWrite(class); err != nil {
		return ctx, nil, err
	}
	ctx, stop = s.timed(ctx)
	if err := s.enter(ctx, statement, class); err != nil {
		defer stop()
		return ctx, nil, timeout(ctx, err)
	}
	s.places.begin(ctx)
	return ctx, stop, nil
}

// refuseWrite keeps statements from writing to the log tables, and to the state's.
func (s *Session) refuseWrite(class dialect.Class) error {
	t := class.Target
	if class.Kind != dialect.Write || len(t) == 0 {
		return nil
	}
	if s.isOfState(t) {
		return &ReadOnlyError{t[len(t)-1]}
	}
	last := t[len(t)-1]
	own := len(t) == 1 || t[0] == "main" || t[0] == "memory" || t[0] == alias
	if slices.Contains(logTables, last) && own || t[0] == alias && len(t) > 1 {
		return &ReadOnlyError{last}
	}
	return nil
}

// rows starts a statement that yields rows.
func (s *Session) rows(ctx context.Context, statement string, class dialect.Class, params []duck.Param, copyOptions string, finish func(error) error) (*duck.Result, error) {
	p, err := s.prepare(ctx, statement, class, params)
	if err != nil {
		return nil, err
	}
	return s.conn.Copy(ctx, p.statement, p.Columns, copyOptions, params, finish)
}

// enter attaches the files that the statement may need.
func (s *Session) enter(ctx context.Context, statement string, class dialect.Class) error {
	s.reading, s.unread = reading{Rewritten: dialect.Replace(statement, nil)}, false
	if s.holding {
		return nil
	}
	names := dialect.Names(statement)
	if err := s.makeMacros(ctx, names, class); err != nil {
		return err
	}
	// What comes before COMMIT cannot be foreseen, and nothing can be attached then.
	if names["mine"] || begins(class) {
		write := class.Kind != dialect.Query && class.Kind != dialect.Describe
		if err := s.attach(ctx, &s.mine, write); err != nil {
			return err
		}
	}
	if s.stateless = false; s.namesState(names) {
		if err := s.enterState(ctx); err != nil {
			return errors.Join(err, s.detach(ctx))
		}
	}
	if err := s.attach(ctx, &s.cache, false); err != nil {
		return errors.Join(explain(err), s.detach(ctx))
	}
	if err := s.makeLogViews(ctx); err != nil {
		return errors.Join(err, s.detach(ctx))
	}
	if begins(class) && s.views && len(s.from) == 0 { // a transaction may write to one database only
		if err := s.makeWide(ctx); err != nil {
			return errors.Join(err, s.detach(ctx))
		}
	}
	return nil
}

// makeLogViews makes the views of the cache, if it is attached and they are to be made.
func (s *Session) makeLogViews(ctx context.Context) error {
	if s.views && !s.stale || !slices.Contains(s.inside, &s.cache) {
		return nil
	}
	err := checkLayout(ctx, s.conn, s.cache.Path)
	if err == nil {
		err = s.makeViews(ctx)
	}
	if err != nil && !errors.Is(err, errNew) {
		return err
	}
	s.views = err == nil
	s.stale = s.stale && err != nil
	return nil
}

// attach attaches a file, if it is there or to be made.
func (s *Session) attach(ctx context.Context, f *duck.File, write bool) error {
	err := f.Attach(ctx, s.conn, write)
	if errors.Is(err, duck.ErrNoFile) {
		return nil
	}
	if err == nil {
		s.inside = append(s.inside, f)
	}
	return err
}

// leave ends a statement.
func (s *Session) leave(ctx context.Context) error {
	var errs []error
	for _, u := range s.scans {
		errs = append(errs, u.Close())
	}
	s.scans = nil
	s.places.end()
	errs = append(errs, s.narrow(ctx))
	if !s.holding {
		errs = append(errs, s.detach(ctx))
	}
	return errors.Join(errs...)
}

func (s *Session) detach(ctx context.Context) error {
	var errs []error
	ctx = context.WithoutCancel(ctx)
	for _, f := range s.inside {
		err := f.Detach(ctx, s.conn)
		if err != nil && s.conn.Exec(ctx, "USE memory") == nil && f.Detach(ctx, s.conn) == nil {
			// USE made it the default, which cannot be detached, nor attached again.
			err = fmt.Errorf("%[1]s is there for a statement at a time: it cannot be the default\nhint: write %[1]s.TABLE", f.Alias)
		}
		errs = append(errs, err)
	}
	s.inside = nil
	return errors.Join(errs...)
}

// explain adds to DuckDB's error what it cannot know.
func (s *Session) explain(err error) error {
	if err == nil {
		return nil
	}
	if said := s.places.explain(err); said != nil {
		return said
	}
	text := err.Error()
	for _, t := range logTables {
		if !s.views && strings.Contains(text, "Table with name "+t+" does not exist") {
			return fmt.Errorf("nothing is loaded yet: there is no cache at %s\nhint: ctsql load SOURCE, or ask without a cache: ctsql query --from SOURCE", s.cache.Path)
		}
	}
	if line, _, _ := strings.Cut(text, "\n"); s.limits.Memory != "" && strings.HasPrefix(text, "Out of Memory Error") {
		return fmt.Errorf("%s\nhint: the statement may take %s: ask for less, or give it more with --max-memory", line, s.limits.Memory)
	}
	if arrowTrap.MatchString(text) {
		return fmt.Errorf("%w\nhint: AND, OR and NOT bind more tightly than ->>: write (requestParameters ->> 'member') in parentheses", err)
	}
	if hints := s.hints(err); hints != "" {
		return fmt.Errorf("%w%s", err, hints)
	}
	return err
}

// arrowTrap is what DuckDB says of x AND y ->> 'm' = 'v', which it takes for
// (x AND y) ->> ('m' = 'v').
var arrowTrap = regexp.MustCompile(`(?s)^Conversion Error: Could not convert string .* to BOOL.*->`)
