package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// report writes the table, the ratios, and what they were measured on.
func (s *suite) report(ctx context.Context, w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "median (least–most)\twall s\tCPU s\tpeak MB\truns\n")
	for _, m := range s.measurements {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\n", m.name,
			spread(m.samples, wall, seconds), spread(m.samples, cpu, seconds), spread(m.samples, peak, megabytes), len(m.samples))
	}
	fmt.Fprintf(out, "\nratio\tmeasured\ttarget\n")
	for _, r := range s.ratios() {
		fmt.Fprintf(out, "%s\t%s\t%s\n", r.name, spreadOf(r.values, r.text), r.target)
	}
	s.writeSizes(out)
	s.writeSlowest(out)
	fmt.Fprintln(out)
	for _, line := range s.footnotes() {
		fmt.Fprintln(out, line)
	}
	_, version, err := runProcess(ctx, s.ctsql, "version")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", machine())
	fmt.Fprintf(out, "%s, built with %s, %s\n", bytes.TrimSpace(version), runtime.Version(), time.Now().UTC().Format("2006-01-02 15:04 MST"))
	return out.Flush()
}

// writeSizes compares the sizes of the trail's forms, as ratios.
func (s *suite) writeSizes(w io.Writer) {
	if s.sizes.Inflated == 0 {
		return
	}
	line := func(name string, a, b int64) {
		fmt.Fprintf(w, "%s, size\t%.2f (%s to %s MB)\t\n", name, float64(a)/float64(b), megabytes(float64(a)), megabytes(float64(b)))
	}
	line("cache to gzip", s.cacheSize, s.sizes.Stored)
	line("cache to JSON", s.cacheSize, s.sizes.Inflated)
	line("gzip to JSON", s.sizes.Stored, s.sizes.Inflated)
}

// spread is the median of what is picked of the samples, with its range.
func spread(samples []sample, pick func(sample) float64, text func(float64) string) string {
	var values []float64
	for _, s := range samples {
		values = append(values, pick(s))
	}
	return spreadOf(values, text)
}

func spreadOf(values []float64, text func(float64) string) string {
	values = slices.Sorted(slices.Values(values))
	least, most := text(values[0]), text(values[len(values)-1])
	if least == most {
		return text(median(values))
	}
	return fmt.Sprintf("%s (%s–%s)", text(median(values)), least, most)
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func seconds(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.3f", s)
	}
	return fmt.Sprintf("%.2f", s)
}

func megabytes(n float64) string {
	if n < 10e6 {
		return fmt.Sprintf("%.1f", n/1e6)
	}
	return fmt.Sprintf("%.0f", n/1e6)
}

// footnotes say what the names in the table stand for.
func (s *suite) footnotes() (notes []string) {
	if s.wants("load", "from") {
		notes = append(notes,
			fmt.Sprintf("Trail: %d events, and %d copies of them, which ctsql drops and read_json keeps: all rows were counted.", s.trail.Sum.Events, s.trail.Sum.Duplicates),
			"read_json: explicit columns with the types of ctsql's table, without extra, sourceObject and recordIndex; only files that hold events.",
			"tuned: preserve_insertion_order=false, and into a table with the compression that ctsql chose.",
			"insert: the loaded rows from one file into another of a load's layout, in one statement, unordered; the scan is part of it.",
			"--from: the first read_json is over a view of all columns, the second is written for the three that are asked for.",
		)
	}
	if s.wants("s3logs") {
		notes = append(notes, s.accessNotes()...)
	}
	if s.wants("places") {
		notes = append(notes,
			fmt.Sprintf("city(): over %d rows of addresses, and a City database of %d networks with %d cities; of other groups than cities only the sum of their counts is written.", s.options.events, networks, cities),
		)
	}
	if s.wants("verify") {
		notes = append(notes, fmt.Sprintf("verify: the trail with %d digests, one a day of each account and region; all logs and digests are valid.", s.signed.Sum.Files[cloudtrail.KindDigest]))
	}
	return append(notes, "Ratios are taken run by run. Processes start cold, files are in the system's memory.")
}

func (s *suite) accessNotes() []string {
	t := s.access.Sum
	return []string{
		fmt.Sprintf("Access log: %d lines in %d files of text, %s MB, and %d copies of them, which ctsql drops and DuckDB keeps: all rows were counted.",
			t.Lines, t.Files, megabytes(float64(t.Bytes)), t.Duplicates),
		"regexp: read_csv of whole lines, and the expression of Athena's documentation with 27 groups; the columns and types of ctsql's table,",
		"  without extra, sourceObject and recordIndex; unordered. It does not match a line in which a client sent a quote: there are none here.",
		"--from: counts the values of each of the 27 fields.",
	}
}

// machine says what this runs on, as far as the system tells.
func machine() string {
	parts := []string{fmt.Sprintf("%s/%s, %d cores", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	if model := procField("/proc/cpuinfo", "model name"); model != "" {
		parts = append(parts, model)
	}
	if memory := procField("/proc/meminfo", "MemTotal"); memory != "" {
		parts = append(parts, "memory "+memory)
	}
	return strings.Join(parts, ", ")
}

// procField is a field's first value in a file of lines "name: value", or "".
func procField(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
