package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// maxSources is how many sources read_cloudtrail takes.
const maxSources = 8

// readMacros define read_cloudtrail(SOURCE [, …]): the engine's own functions
// have a fixed number of arguments.
func readMacros() []string {
	var forms []string
	for n := range maxSources {
		var args []string
		for i := range n + 1 {
			args = append(args, fmt.Sprintf("source%d", i+1))
		}
		list := strings.Join(args, ", ")
		forms = append(forms, fmt.Sprintf("(%s) AS TABLE (SELECT * FROM ctsql_read(CAST(to_json([%[1]s]) AS VARCHAR)))", list))
	}
	return []string{"CREATE MACRO read_cloudtrail" + strings.Join(forms, ", ")}
}

// registerRead makes the function known that reads logs that nobody loaded.
func (s *Session) registerRead() error {
	return s.conn.Register(duck.TableFunction{
		Name: "ctsql_read", Args: []duck.Type{duck.Varchar}, // a JSON array of sources: the driver takes no lists
		Bind: func(ctx context.Context, args []any) (duck.Table, error) {
			text, _ := args[0].(string)
			var sources []string
			if err := json.Unmarshal([]byte(text), &sources); err != nil {
				return nil, fmt.Errorf("read_cloudtrail: %w", err)
			}
			if len(sources) == 0 || s.open == nil {
				return nil, errors.New("read_cloudtrail: no source")
			}
			u, err := s.open(ctx, sources)
			if err != nil {
				return nil, err
			}
			s.scans = append(s.scans, u)
			return &unloadedTable{u: u}, nil
		},
	})
}

// unloadedTable hands records to a statement as they are decoded.
type unloadedTable struct {
	u Unloaded
}

func (t *unloadedTable) Columns() []duck.Column { return columns(cloudtrail.Events.Columns) }
func (t *unloadedTable) Threads() int           { return runtime.GOMAXPROCS(0) }

func (t *unloadedTable) Scan() duck.Scan {
	scan, err := t.u.Scan()
	return &unloadedScan{scan: scan, err: err}
}

// unloadedScan is one thread's part of it.
type unloadedScan struct {
	scan   UnloadedScan
	err    error
	filler *filler
	batch  *batchTable
	todo   []int
}

func (s *unloadedScan) Fill(ctx context.Context, vectors []*duck.Vector) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.filler == nil {
		s.filler = newFiller(cloudtrail.Events, vectors)
	}
	for {
		if s.batch != nil {
			s.todo = s.batch.take(s.todo[:0])
			for to, i := range s.todo {
				s.filler.put(s.batch.batch, s.batch.rows, i, to)
			}
			if len(s.todo) > 0 {
				return len(s.todo), nil
			}
		}
		b, err := s.scan.Next(ctx)
		if b == nil || err != nil {
			return 0, err
		}
		s.batch = &batchTable{batch: b, rows: &b.Events}
		s.filler.name = nil // of an object of the last batch
	}
}
