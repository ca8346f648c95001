package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// A Writer puts batches into a cache. It has a DuckDB instance of its own, so
// that its settings are nobody else's, and is safe for concurrent use. It stays
// attached from batch to batch until another process asks for the file.
type Writer struct {
	file duck.File
	db   *duck.DB
	main *duck.Conn
	free chan *duck.Conn
	// options of a load
	loadedBy string
	force    bool

	// mu guards what follows: who is in, and whether all must leave.
	mu         sync.Mutex
	change     sync.Cond
	attached   bool
	leaving    bool
	inside     int
	prepared   bool        // tables exist, and their layout is ours
	attachedTo os.FileInfo // last: to prune puts another file there
	replays    bool        // a log was replayed when the file was attached

	idle   sync.WaitGroup // a goroutine that lets others in between two batches
	closed chan struct{}

	// alone is held by who stores an object in parts, and shared by others.
	alone sync.RWMutex
	// dedupe is held while a batch looks for copies of its rows in the cache
	// and in the batches under way.
	dedupe  sync.Mutex
	pending []*putting
	recent  [len(cloudtrail.Tables)]recent // by table

	// long is set once texts were put that are so long that a checkpoint needs
	// more room for them than to put them did.
	long atomic.Bool

	puttings sync.Map // by number, for the table functions
	number   atomic.Int64
}

// WriterOptions say how to write.
type WriterOptions struct {
	Workers  int    // how many batches at a time; 0 is one a processor, up to 8
	LoadedBy string // for the ledger
	Force    bool   // read objects again that the ledger has
}

// OpenWriter opens the cache in the file at path to be written to. The file is
// made when the first batch is put.
func OpenWriter(ctx context.Context, path string, o WriterOptions) (_ *Writer, err error) {
	db, err := duck.Open(map[string]string{
		// Each batch is written by the thread that puts it.
		"threads":              "1",
		"checkpoint_threshold": "1GB",
	})
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = min(runtime.GOMAXPROCS(0), 8)
	}
	w := &Writer{
		file: duck.File{Path: path, Alias: alias, RowGroup: rowGroup}, db: db,
		free: make(chan *duck.Conn, o.Workers), loadedBy: o.LoadedBy, force: o.Force,
	}
	w.change.L = &w.mu
	w.closed = make(chan struct{})
	w.idle.Go(w.letIn)
	defer func() {
		if err != nil {
			err = errors.Join(err, w.shut())
		}
	}()
	if w.main, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	for _, s := range []string{
		"SET max_vacuum_tasks = 0",
		"PRAGMA disable_checkpoint_on_shutdown",
		w.usualMemory(),
		"SET temp_directory = " + duck.Quote(path+".tmp"),
	} {
		if err := w.main.Exec(ctx, s); err != nil {
			return nil, err
		}
	}
	for range o.Workers {
		c, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.free <- c
	}
	return w, w.register()
}

// Workers is how many batches can be put at a time.
func (w *Writer) Workers() int { return cap(w.free) }

// What is written need not stay in memory, where DuckDB would keep it up to its
// limit. To put batches takes less than twice their text: ordinary ones fit side
// by side, and one with more text than usualText is put alone, with more room.
//
// The limit must not be met: a COMMIT that fails for want of memory leaves DuckDB
// not seeing what is committed later, and with it copies that are none.
const usualText = 33 << 20

func (w *Writer) usualMemory() string {
	return fmt.Sprintf("SET memory_limit = '%dMB'", 100*max(2, w.Workers()))
}

// roomy lets DuckDB have more memory for what do does, alone.
func (w *Writer) roomy(ctx context.Context, do func() error) error {
	if err := w.main.Exec(ctx, "SET memory_limit = '2GB'"); err != nil {
		return err
	}
	err := do()
	// If there is no going back yet, it is kept.
	_ = w.main.Exec(context.WithoutCancel(ctx), w.usualMemory())
	return err
}

// register makes the functions known that yield the rows of a batch.
func (w *Writer) register() error {
	functions := map[string]func(*putting) duck.Table{
		"ctsql_damaged": func(p *putting) duck.Table { return &damagedTable{p: p} },
		"ctsql_objects": func(p *putting) duck.Table { return &ledgerTable{p: p, now: time.Now()} },
	}
	for i, t := range cloudtrail.Tables {
		functions["ctsql_rows_"+t.Name] = func(p *putting) duck.Table { return &batchTable{batch: p.batch, rows: p.batch.Tables()[i]} }
		functions["ctsql_keys_"+t.Name] = func(p *putting) duck.Table { return newKeyTable(p.tables[i]) }
	}
	for name, table := range functions {
		err := w.main.Register(duck.TableFunction{
			Name: name, Args: []duck.Type{duck.BigInt},
			Bind: func(_ context.Context, args []any) (duck.Table, error) {
				p, ok := w.puttings.Load(args[0])
				if !ok {
					return nil, fmt.Errorf("%s: no batch %v", name, args[0])
				}
				return table(p.(*putting)), nil
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// enter attaches the file, if it is not, and keeps it so until leave.
func (w *Writer) enter(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.leaving {
		w.change.Wait()
	}
	if !w.attached {
		_, err := os.Stat(w.file.Path + ".wal")
		w.replays = err == nil
		if err := w.file.Attach(ctx, w.main, true); err != nil {
			return explain(err)
		}
		w.attached = true
		err = w.recognise()
		if err == nil {
			err = w.prepare(ctx)
		}
		if err == nil {
			err = w.checkRecent(ctx)
		}
		if err != nil {
			w.attached = false
			return errors.Join(err, w.file.Detach(context.WithoutCancel(ctx), w.main))
		}
	}
	w.inside++
	return nil
}

// recognise forgets what it knows of the file if that is another than before.
func (w *Writer) recognise() error {
	info, err := os.Stat(w.file.Path)
	if err != nil {
		return err
	}
	if w.attachedTo != nil && !os.SameFile(w.attachedTo, info) {
		for i := range w.recent {
			w.recent[i] = recent{count: -1}
		}
	}
	w.attachedTo = info
	return nil
}

// leave lets others have the file if they ask for it: the last one out detaches.
func (w *Writer) leave(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inside--
	w.leaving = w.leaving || w.file.Wanted()
	if !w.leaving || w.inside > 0 {
		return nil
	}
	w.leaving = false
	w.change.Broadcast()
	return w.detach(context.WithoutCancel(ctx))
}

// detach leaves a file to others that has no log beside it, which each of them
// would have to replay; so a log that is found tells of a process that was killed.
func (w *Writer) detach(ctx context.Context) error {
	checkpoint := func() error { return w.main.Exec(ctx, "CHECKPOINT "+alias) }
	var err error
	if w.long.Load() {
		err = w.roomy(ctx, checkpoint)
	} else {
		err = checkpoint()
	}
	if err != nil {
		return err
	}
	w.attached = false
	return w.file.Detach(ctx, w.main)
}

// letIn detaches for others while nothing is put, which may last: the next batch
// may wait for a slow source.
func (w *Writer) letIn() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.closed:
			return
		case <-tick.C:
		}
		w.mu.Lock()
		if w.attached && w.inside == 0 && w.file.Wanted() {
			// What keeps the file attached is told when it is used next.
			_ = w.detach(context.Background())
		}
		w.mu.Unlock()
	}
}

// prepare makes the tables of a new cache, and refuses a file that is none of ours.
func (w *Writer) prepare(ctx context.Context) error {
	if w.prepared && !w.replays {
		return nil
	}
	err := checkLayout(ctx, w.main, w.file.Path)
	if errors.Is(err, errNew) {
		err = inTransaction(ctx, w.main, createTables()...)
	} else if old := (*oldError)(nil); errors.As(err, &old) {
		err = inTransaction(ctx, w.main, upgrade(old.layout)...)
	}
	if err == nil && w.replays {
		err = inTransaction(ctx, w.main, undoTorn()...)
	}
	if err == nil {
		err = w.main.Exec(ctx, "CHECKPOINT "+alias)
	}
	w.prepared = err == nil
	return err
}

// undoTorn are the statements that take back what a writer left that was killed
// while its commit went to the log: DuckDB (1.5.6) replays whole row groups from
// a log that ends behind them, though their transaction does not. Rows whose
// object is not in the ledger are from such a batch, for there is no other way
// to them.
func undoTorn() (statements []string) {
	objects := map[string]string{"damaged": "source"}
	for _, t := range cloudtrail.Tables {
		objects[t.Name] = "sourceObject"
	}
	for table, object := range objects {
		statements = append(statements, fmt.Sprintf("DELETE FROM %s.%s WHERE %s NOT IN (SELECT sourceObject FROM %[1]s.objects WHERE sourceObject IS NOT NULL)", alias, table, object))
	}
	return statements
}

// inTransaction runs the statements so that all have happened, or none.
func inTransaction(ctx context.Context, c *duck.Conn, statements ...string) error {
	return transaction(ctx, c, func() error {
		for _, s := range statements {
			if err := c.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// transaction has all that do does happen, or nothing of it.
func transaction(ctx context.Context, c *duck.Conn, do func() error) error {
	if err := c.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		err = c.Exec(ctx, "COMMIT")
	}
	if err != nil {
		rollback(ctx, c)
	}
	return err
}

// errNew says that there is nothing in the cache yet.
var errNew = errors.New("a new cache")

// An oldError says that the cache is of an older layout.
type oldError struct {
	path   string
	layout int
}

func (e *oldError) Error() string {
	return fmt.Sprintf("%s: made by an older version of ctsql (layout %d, this one has %d)\nhint: the next ctsql load brings it up to date", e.path, e.layout, layout)
}

// checkLayout says whether the attached cache is one that this version can use.
func checkLayout(ctx context.Context, c *duck.Conn, path string) error {
	tables, found := 0, -1
	err := c.Query(ctx, func(scan func(...any) error) error {
		var name string
		tables++
		if err := scan(&name); err != nil {
			return err
		}
		if name == "ctsql_cache" {
			found = 0
		}
		return nil
	}, "SELECT table_name FROM duckdb_tables() WHERE database_name = '"+alias+"'")
	if err != nil {
		return err
	}
	if tables == 0 {
		return errNew
	}
	if found == 0 {
		if err := c.One(ctx, "SELECT layout FROM "+alias+".ctsql_cache", &found); err != nil {
			return err
		}
	}
	switch {
	case found < 0:
		return fmt.Errorf("%s: a database, but not a cache of ctsql\nhint: name another file with --cache", path)
	case found > layout:
		return fmt.Errorf("%s: made by a newer version of ctsql (layout %d, this one knows %d)\nhint: use that version, or name another file with --cache; a cache can be deleted and loaded again", path, found, layout)
	case found < layout:
		return &oldError{path, found}
	}
	return nil
}

// explain adds to an error of attaching what a person can do.
func explain(err error) error {
	var bad *duck.NotDatabaseError
	if errors.As(err, &bad) {
		return fmt.Errorf("%w\nhint: a cache holds only what can be loaded again: delete it and load, or name another file with --cache", err)
	}
	return err
}

// Close writes what is committed to its place in the file, and lets go of it.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	var err error
	if w.attached {
		err = w.detach(ctx)
	}
	w.mu.Unlock()
	return errors.Join(err, w.shut())
}

func (w *Writer) shut() error {
	close(w.closed)
	w.idle.Wait()
	close(w.free)
	var errs []error
	for c := range w.free {
		errs = append(errs, c.Close())
	}
	if w.main != nil {
		errs = append(errs, w.main.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}
