package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/synth"
)

// A suite is what is measured in one run.
type suite struct {
	self, ctsql string // programs
	options     options
	tmp         string
	say         func(format string, args ...any)

	trail     trail
	cache     string // loaded with the trail, for those that ask
	cacheSize int64
	sizes     findings // of the trail

	access      accessLog
	accessCache string // loaded with the access log

	city string // a database of places

	signed     trail  // with digests of all logs
	publicKeys string // file

	states map[int]string // of a watch, by how many values they know

	placed placed                     // of the trail's addresses
	story  synth.Story                // of the trail
	asked  map[string][]time.Duration // by the names of the library's questions

	measurements []*measurement
}

// wants reports whether one of these parts is to be measured.
func (s *suite) wants(parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(s.options.only, p) })
}

// A measurement is one line of the table.
type measurement struct {
	name    string // as the table has it
	id      string // as ratios name it
	program string
	args    []string
	// writes says that the process makes the file at out.
	writes bool
	// times is how often it is run in each round.
	times int
	check check
	// once says that it is run in the first round only.
	once bool
	// run measures, instead of a process's whole life.
	run func(context.Context) (sample, error)

	samples []sample
}

// A check compares what a process wrote with the log.
type check func(ctx context.Context, stdout []byte) error

// round measures each once.
func (s *suite) round(ctx context.Context) error {
	for _, m := range s.measurements {
		for range m.times {
			if err := s.measure(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *suite) measure(ctx context.Context, m *measurement) (err error) {
	if m.once && len(m.samples) > 0 {
		return nil
	}
	if m.run != nil {
		got, err := m.run(ctx)
		m.samples = append(m.samples, got)
		return err
	}
	if m.writes {
		defer func() { err = errors.Join(err, s.removeOut()) }()
	}
	got, stdout, err := runProcess(ctx, m.program, m.args...)
	if err != nil {
		return err
	}
	m.samples = append(m.samples, got)
	if m.check == nil {
		return nil
	}
	if err := m.check(ctx, stdout); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// removeOut removes what a measurement wrote, with what is beside it.
func (s *suite) removeOut() error {
	files, err := filepath.Glob(filepath.Join(s.tmp, "out.*"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// A rowsError says that a measurement has worked on other rows than it should.
type rowsError struct{ got, want int64 }

func (e *rowsError) Error() string {
	return fmt.Sprintf("%d rows where there must be %d", e.got, e.want)
}

func same(got, want int64) error {
	if got != want {
		return &rowsError{got, want}
	}
	return nil
}

// found checks what this program's own processes tell.
func found(rows int64) check {
	return func(_ context.Context, stdout []byte) error {
		var f findings
		if err := json.Unmarshal(stdout, &f); err != nil {
			return err
		}
		return same(f.Rows, rows)
	}
}

// sized is found, of those that read all of the trail.
func (s *suite) sized(rows int64) check {
	return func(ctx context.Context, stdout []byte) error {
		var f findings
		if err := json.Unmarshal(stdout, &f); err != nil {
			return err
		}
		if s.sizes.Inflated > 0 && s.sizes.Inflated != f.Inflated {
			return fmt.Errorf("%d bytes of JSON where another found %d", f.Inflated, s.sizes.Inflated)
		}
		s.sizes = f
		return same(f.Rows, rows)
	}
}

// loaded checks the rows of a table in a cache.
func (s *suite) loaded(cache, table string, rows int64) check {
	return func(ctx context.Context, _ []byte) error {
		_, out, err := runProcess(ctx, s.ctsql, "query", "--format", "csv", "--cache", cache, "select count(*) from "+table)
		if err != nil {
			return err
		}
		return counted(rows)(ctx, out)
	}
}

// counted checks the sum of the last column of what ctsql wrote as CSV.
func counted(rows int64) check {
	return func(_ context.Context, stdout []byte) error {
		_, sum, err := counts(stdout)
		if err != nil {
			return err
		}
		return same(sum, rows)
	}
}

// located checks the same, and that nearly all rows have a place in the first
// column.
func located(rows int64) check {
	return func(_ context.Context, stdout []byte) error {
		nowhere, sum, err := counts(stdout)
		if err != nil {
			return err
		}
		if nowhere > rows/20 {
			return fmt.Errorf("%d of %d addresses are nowhere", nowhere, rows)
		}
		return same(sum, rows)
	}
}

// counts sums the last column of CSV, and that of the lines that begin with NULL.
func counts(csv []byte) (null, sum int64, err error) {
	lines := strings.Split(strings.TrimRight(string(csv), "\r\n"), "\n")
	for _, line := range lines[1:] {
		line = strings.TrimRight(line, "\r")
		n, err := strconv.ParseInt(line[strings.LastIndexByte(line, ',')+1:], 10, 64)
		if err != nil {
			return 0, 0, err
		}
		sum += n
		if strings.HasPrefix(line, ",") {
			null += n
		}
	}
	return null, sum, nil
}
