package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// maxSources is how many sources read_cloudtrail and read_s3logs take.
const maxSources = 8

// readable are the tables that can be read from logs that nobody loaded.
var readable = map[cloudtrail.Log]int{
	cloudtrail.TrailLog:  cloudtrail.InEvents,
	cloudtrail.AccessLog: cloudtrail.InRequests,
}

// readMacros define read_cloudtrail(SOURCE [, …]) and read_s3logs: the engine's own
// functions have a fixed number of arguments.
func readMacros() (statements []string) {
	for log := range readable {
		var forms []string
		for n := range maxSources {
			var args []string
			for i := range n + 1 {
				args = append(args, fmt.Sprintf("source%d", i+1))
			}
			forms = append(forms, fmt.Sprintf("(%s) AS TABLE (SELECT * FROM ctsql_read_%s(CAST(to_json([%[1]s]) AS VARCHAR)))",
				strings.Join(args, ", "), log))
		}
		statements = append(statements, fmt.Sprintf("CREATE MACRO read_%s %s", log, strings.Join(forms, ", ")))
	}
	return statements
}

// readViews define the log tables as what is read from the sources, in the scope.
func readViews(sources []string, sc scope) (statements []string, err error) {
	list, err := json.Marshal(sources)
	if err != nil {
		return nil, err
	}
	for log, table := range readable {
		statements = append(statements, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT * FROM ctsql_read_%s(%s)%s",
			cloudtrail.Tables[table].Name, log, duck.Quote(string(list)), sc.where(cloudtrail.Tables[table].Name)))
	}
	return statements, nil
}

// registerRead makes the functions known that read logs that nobody loaded.
func (s *Session) registerRead() error {
	for log, table := range readable {
		err := s.conn.Register(duck.TableFunction{
			Name: "ctsql_read_" + string(log), Args: []duck.Type{duck.Varchar}, // a JSON array of sources: the driver takes no lists
			Bind: func(ctx context.Context, args []any) (duck.Table, error) {
				text, _ := args[0].(string)
				var sources []string
				if err := json.Unmarshal([]byte(text), &sources); err != nil {
					return nil, fmt.Errorf("read_%s: %w", log, err)
				}
				if len(sources) == 0 || s.open == nil {
					return nil, fmt.Errorf("read_%s: no source", log)
				}
				u, err := s.open(ctx, sources, log)
				if err != nil {
					s.unread = true
					return nil, err
				}
				s.scans = append(s.scans, u)
				return &unloadedTable{u: u, table: table}, nil
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unloadedTable hands records to a statement as they are decoded.
type unloadedTable struct {
	u     Unloaded
	table int // in cloudtrail.Tables
}

func (t *unloadedTable) Columns() []duck.Column { return columns(cloudtrail.Tables[t.table].Columns) }
func (t *unloadedTable) Threads() int           { return runtime.GOMAXPROCS(0) }

func (t *unloadedTable) Scan() duck.Scan {
	scan, err := t.u.Scan()
	return &unloadedScan{scan: scan, err: err, table: t.table}
}

// unloadedScan is one thread's part of it.
type unloadedScan struct {
	scan   UnloadedScan
	table  int
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
		s.filler = newFiller(cloudtrail.Tables[s.table], vectors)
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
		s.batch = &batchTable{batch: b, rows: b.Tables()[s.table]}
		s.filler.name = nil // of an object of the last batch
	}
}
