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
		fmt.Fprintf(out, "%s\t%s\t%s\n", r.name, r.value, r.target)
	}
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

// A ratio is one figure that is asked for, and what it should be.
type ratio struct{ name, value, target string }

func wall(s sample) float64 { return s.wall.Seconds() }
func cpu(s sample) float64  { return s.cpu.Seconds() }
func peak(s sample) float64 { return float64(s.peak) }

// ratios compares measurements run by run, so that what both suffer drops out.
func (s *suite) ratios() (rs []ratio) {
	times := func(name, target string, pick func(sample) float64, over string, under ...string) {
		if values := s.quotients(pick, over, under...); values != nil {
			rs = append(rs, ratio{name, spreadOf(values, func(x float64) string { return fmt.Sprintf("%.2f", x) }), target})
		}
	}
	if values := s.splitting(); values != nil {
		rs = append(rs, ratio{"split alone, CPU s: what it adds to gunzip", spreadOf(values, seconds), ""})
	}
	one := func(name, target, id string, pick func(sample) float64, text func(float64) string) {
		if m := s.find(id); m != nil {
			rs = append(rs, ratio{name, spread(m.samples, pick, text), target})
		}
	}
	times("read_json to load, wall", "≥ 2.8", wall, "read_json", "load")
	times("read_json to load, CPU", "≥ 2.8", cpu, "read_json", "load")
	times("read_json tuned to load, wall", "", wall, "read_json-tuned", "load")
	times("read_json tuned to load, CPU", "", cpu, "read_json-tuned", "load")
	one("load, peak MB", "≤ 600", "load", peak, megabytes)
	times("load to gunzip + split + insert, CPU", "", cpu, "load", "decode", "insert")
	times("read_json to --from, wall", "", wall, "ask", "from")
	times("read_json to --from, CPU", "", cpu, "ask", "from")
	times("read_json told of 3 columns to --from, wall", "", wall, "ask-tuned", "from")
	times("read_json told of 3 columns to --from, CPU", "", cpu, "ask-tuned", "from")
	times("--from to gunzip + split, CPU", "", cpu, "from", "decode")
	one("select 1, wall s", "≤ 0.100", "select1", wall, seconds)
	return append(rs, s.sizeRatios()...)
}

// quotients divides, run by run, one measurement by the sum of others; nil if
// one of them was not made.
func (s *suite) quotients(pick func(sample) float64, over string, under ...string) (values []float64) {
	m := s.find(over)
	if m == nil {
		return nil
	}
	for i := range m.samples {
		var sum float64
		for _, id := range under {
			u := s.find(id)
			if u == nil {
				return nil
			}
			sum += pick(u.samples[i])
		}
		values = append(values, pick(m.samples[i])/max(sum, 1e-9))
	}
	return values
}

// splitting is what the decoder needs beside gunzip, run by run.
func (s *suite) splitting() (values []float64) {
	both, gunzip := s.find("decode"), s.find("gunzip")
	if both == nil || gunzip == nil {
		return nil
	}
	for i := range both.samples {
		values = append(values, cpu(both.samples[i])-cpu(gunzip.samples[i]))
	}
	return values
}

func (s *suite) find(id string) *measurement {
	for _, m := range s.measurements {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (s *suite) sizeRatios() []ratio {
	if s.sizes.Inflated == 0 {
		return nil
	}
	of := func(a, b int64) string {
		return fmt.Sprintf("%.2f (%s to %s MB)", float64(a)/float64(b), megabytes(float64(a)), megabytes(float64(b)))
	}
	return []ratio{
		{"cache to gzip, size", of(s.cacheSize, s.sizes.Stored), ""},
		{"cache to JSON, size", of(s.cacheSize, s.sizes.Inflated), ""},
		{"gzip to JSON, size", of(s.sizes.Stored, s.sizes.Inflated), ""},
	}
}

// footnotes say what the names in the table stand for.
func (s *suite) footnotes() []string {
	t := s.trail.Sum
	return []string{
		fmt.Sprintf("Trail: %d events, and %d copies of them, which ctsql drops and read_json keeps: all rows were counted.", t.Events, t.Duplicates),
		"read_json: explicit columns with the types of ctsql's table, without extra, sourceObject and recordIndex; only files that hold events.",
		"tuned: preserve_insertion_order=false, and into a table with the compression that ctsql chose.",
		"insert: the loaded rows from one file into another of a load's layout, in one statement, unordered; the scan is part of it.",
		"--from: the first read_json is over a view of all columns, the second is written for the three that are asked for.",
		"Ratios are taken run by run. Processes start cold, files are in the system's memory.",
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
