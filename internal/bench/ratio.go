package main

import (
	"fmt"
	"slices"
)

// A ratio is one figure that is asked for, and what it should be.
type ratio struct {
	name, target string
	text         func(float64) string
	values       []float64 // run by run; none if it was not measured
}

func wall(s sample) float64 { return s.wall.Seconds() }
func cpu(s sample) float64  { return s.cpu.Seconds() }
func peak(s sample) float64 { return float64(s.peak) }

func times(x float64) string { return fmt.Sprintf("%.2f", x) }
func whole(x float64) string { return fmt.Sprintf("%.0f", x) }

// ratios are those that were measured, in the order of the parts.
func (s *suite) ratios() []ratio {
	all := slices.Concat(s.trailRatios(), s.triageRatios(), s.accessRatios(), s.placesRatios(), s.verifyRatios(), s.shellRatios(), s.queriesRatios(), s.watchRatios())
	return slices.DeleteFunc(all, func(r ratio) bool { return r.values == nil })
}

func (s *suite) trailRatios() []ratio {
	return []ratio{
		{"split alone, CPU s: what it adds to gunzip", "", seconds, s.differences(cpu, "decode", "gunzip")},
		{"read_json to load, wall", "≥ 2.8", times, s.quotients(wall, "read_json", "load")},
		{"read_json to load, CPU", "≥ 2.8", times, s.quotients(cpu, "read_json", "load")},
		{"read_json tuned to load, wall", "", times, s.quotients(wall, "read_json-tuned", "load")},
		{"read_json tuned to load, CPU", "", times, s.quotients(cpu, "read_json-tuned", "load")},
		{"load, peak MB", "≤ 600", megabytes, s.values(peak, "load")},
		{"load to gunzip + split + insert, CPU", "", times, s.quotients(cpu, "load", "decode", "insert")},
		{"read_json to --from, wall", "", times, s.quotients(wall, "ask", "from")},
		{"read_json to --from, CPU", "", times, s.quotients(cpu, "ask", "from")},
		{"read_json told of 3 columns to --from, wall", "", times, s.quotients(wall, "ask-tuned", "from")},
		{"read_json told of 3 columns to --from, CPU", "", times, s.quotients(cpu, "ask-tuned", "from")},
		{"--from to gunzip + split, CPU", "", times, s.quotients(cpu, "from", "decode")},
		{"select 1, wall s", "≤ 0.100", seconds, s.values(wall, "select1")},
	}
}

func (s *suite) accessRatios() []ratio {
	linesPerSecond := func(x sample) float64 { return float64(s.lines()) / wall(x) }
	return []ratio{
		{"access log: regexp to load, wall", "≥ 5", times, s.quotients(wall, "regexp", "access-load")},
		{"access log: regexp to load, CPU", "", times, s.quotients(cpu, "regexp", "access-load")},
		{"access log: regexp to --from, wall", "", times, s.quotients(wall, "regexp-ask", "access-from")},
		{"access log: regexp to --from, CPU", "", times, s.quotients(cpu, "regexp-ask", "access-from")},
		{"access log: load, lines per second", "≥ 400000", whole, s.values(linesPerSecond, "access-load")},
		{"access log: load to split + insert, CPU", "", times, s.quotients(cpu, "access-load", "access-decode", "access-insert")},
		{"access log: load, peak MB", "", megabytes, s.values(peak, "access-load")},
	}
}

func (s *suite) placesRatios() []ratio {
	return []ratio{
		{"city() of 400 addresses, wall s: what it adds", "≤ 0.060", seconds, s.differences(wall, "few-city", "few-address")},
		{"city() of as many addresses as rows, wall s", "≤ 2.50", seconds, s.values(wall, "many-city")},
		{"city() of as many addresses as rows, wall s: what it adds", "", seconds, s.differences(wall, "many-city", "many-address")},
		{"actor(userIdentity), wall s: what it adds to userIdentity.arn", "", seconds, s.differences(wall, "actor", "arn")},
	}
}

// values are what is picked of one measurement; nil if it was not made.
func (s *suite) values(pick func(sample) float64, id string) (values []float64) {
	i := slices.IndexFunc(s.measurements, func(m *measurement) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	for _, x := range s.measurements[i].samples {
		values = append(values, pick(x))
	}
	return values
}

// quotients divides one measurement by the sum of others, run by run, so that what
// all of them suffer drops out; nil if one of them was not made.
func (s *suite) quotients(pick func(sample) float64, over string, under ...string) []float64 {
	values := s.values(pick, over)
	sums := make([]float64, len(values))
	for _, id := range under {
		more := s.values(pick, id)
		if more == nil {
			return nil
		}
		for i := range sums {
			sums[i] += more[i]
		}
	}
	for i := range values {
		values[i] /= max(sums[i], 1e-9)
	}
	return values
}

// differences subtracts one measurement from another, in the same way.
func (s *suite) differences(pick func(sample) float64, from, less string) []float64 {
	values, subtracted := s.values(pick, from), s.values(pick, less)
	if subtracted == nil {
		return nil
	}
	for i := range values {
		values[i] -= subtracted[i]
	}
	return values
}
