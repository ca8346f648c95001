package synth

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// accessFields is how many fields S3 writes today.
const accessFields = 27

// The fields of an S3 server access log, in their order.
const (
	fieldOwner = iota
	fieldBucket
	fieldTime
	fieldAddress
	fieldRequester
	fieldRequestID
	fieldOperation
	fieldKey
	fieldURI
	fieldStatus
	fieldError
	fieldSent
	fieldSize
	fieldTotal
	fieldTurnAround
	fieldReferer
	fieldAgent
	fieldVersion
	fieldHostID
	fieldSignature
	fieldCipher
	fieldAuth
	fieldHost
	fieldTLS
	fieldPoint
	fieldACL
	fieldRegion
)

// accessTime is how the log writes a time, between brackets.
const accessTime = "02/Jan/2006:15:04:05 +0000"

// An AccessRecord is what one line of an S3 server access log says.
type AccessRecord struct {
	// Fields are as they are logged, by position, without the quotes or brackets
	// around them: keys are URL-encoded. A field is "" and Null where the log has
	// - or "-", or where the line ends before it.
	Fields [accessFields]string
	Null   [accessFields]bool
	More   []string  // fields after the 27th
	Time   time.Time // in UTC; whole seconds
	// Damaged lines are broken on purpose: they are no rows, and nothing else is
	// told of them.
	Damaged bool
	Again   bool // a copy of a record that an earlier object has
	Invalid bool // a field holds bytes that are not UTF-8
}

// An AccessConfig says which access log to make. What is zero has a default.
type AccessConfig struct {
	// Config is the trail's. The log is of the same accounts, days and story;
	// Config.Events counts the trail's events, not lines.
	Config
	// Lines is how many distinct good lines there are; copies and damaged lines
	// are on top. 0 is 20,000.
	Lines int
	// LinesPerFile is the mean; 0 is 40. S3 delivers many small objects.
	LinesPerFile int
	// Odd asks for every trap: the widths of all years, damaged lines, objects
	// with CRLF, quotes and control characters that clients sent, and more. Without
	// it the log is as a bucket of 2025 has it.
	Odd bool
}

// An AccessSummary counts what was written.
type AccessSummary struct {
	Files      int
	Lines      int // distinct good lines: AccessConfig.Lines
	Duplicates int // copies of them, on top
	Damaged    int // lines that are no rows; copies count again
	Bytes      int64
}

// everydayLines is the least number of lines beside the story's: it holds one
// of each trap.
const everydayLines = 150

func (c AccessConfig) withDefaults() (AccessConfig, error) {
	var err error
	if c.Config, err = c.Config.withDefaults(); err != nil {
		return c, err
	}
	if c.Lines == 0 {
		c.Lines = 20_000
	}
	if c.LinesPerFile == 0 {
		c.LinesPerFile = 40
	}
	if least := c.storyLines() + everydayLines; c.Lines < least {
		return c, fmt.Errorf("synth: %d lines: the access log of this trail has at least %d", c.Lines, least)
	}
	if c.LinesPerFile < 1 {
		return c, fmt.Errorf("synth: %d lines a file", c.LinesPerFile)
	}
	return c, nil
}

// WriteAccess makes the S3 server access log that belongs to the trail of the
// same Config and hands each object to put, one at a time, in the order of
// delivery. The body is text, not gzip; records are its lines in their order,
// without those that are empty. Both are put's to keep. An error of put ends the
// writing and comes back as it is.
func WriteAccess(ctx context.Context, cfg AccessConfig, put func(key string, body []byte, records []AccessRecord) error) (AccessSummary, error) {
	var sum AccessSummary
	cfg, err := cfg.withDefaults()
	if err != nil {
		return sum, err
	}
	w := newWorld(cfg.Config)
	files, err := planAccess(cfg, w)
	if err != nil {
		return sum, err
	}
	worker := func() func(*accessFile) accessBody {
		p := accessPress{w: w, kinds: newAccessWheel(false), visits: newAccessWheel(true)}
		return p.file
	}
	err = render(ctx, files, worker, func(f *accessFile, b accessBody) error {
		if b.err != nil {
			return b.err
		}
		sum.add(b)
		return put(f.key(), b.text, b.records)
	})
	return sum, err
}

// WriteAccessDir is WriteAccess into files below dir.
func WriteAccessDir(ctx context.Context, cfg AccessConfig, dir string) (AccessSummary, error) {
	put := intoDir(dir)
	return WriteAccess(ctx, cfg, func(key string, body []byte, _ []AccessRecord) error { return put(key, body) })
}

func (s *AccessSummary) add(b accessBody) {
	s.Files++
	s.Bytes += int64(len(b.text))
	for i := range b.records {
		switch r := &b.records[i]; {
		case r.Damaged:
			s.Damaged++
		case r.Again:
			s.Duplicates++
		default:
			s.Lines++
		}
	}
}

// An accessBody is an object ready to be handed over.
type accessBody struct {
	text    []byte
	records []AccessRecord
	err     error
}

// An accessPress writes one object after the other and keeps its buffers.
type accessPress struct {
	w      *world
	kinds  wheel // over accessKinds
	visits wheel // the same, for a website
	text   []byte
	name   []byte // a name in the making
	lines  []accessLine
	other  []accessLine // of the object that something is copied from
}

func (p *accessPress) file(f *accessFile) accessBody {
	var err error
	if p.lines, err = p.distinct(p.lines[:0], f); err == nil {
		err = p.copies(f)
	}
	if err != nil {
		return accessBody{err: err}
	}
	p.damage(f)
	p.text = p.text[:0]
	records := make([]AccessRecord, len(p.lines))
	for i := range p.lines {
		l := &p.lines[i]
		l.Again = l.Again || f.again
		if f.blank && i%3 == 1 {
			p.text = append(p.text, f.ending()...)
		}
		if l.Damaged {
			p.text = append(p.text, l.broken...)
			records[i].Damaged = true
		} else {
			p.text = l.append(p.text)
			records[i] = l.AccessRecord
		}
		p.text = append(p.text, f.ending()...)
	}
	if f.unended {
		p.text = bytes.TrimSuffix(p.text, []byte(f.ending()))
	}
	return accessBody{text: bytes.Clone(p.text), records: records}
}

// distinct appends the object's own lines: those of the trail's events, then
// those that only the access log has.
func (p *accessPress) distinct(lines []accessLine, f *accessFile) ([]accessLine, error) {
	lines, err := p.story(lines, f)
	if err != nil {
		return nil, err
	}
	last := len(lines) + f.n
	if lines, err = p.trail(lines, f, len(lines)+(f.n+1)/2); err != nil {
		return nil, err
	}
	lines = p.everyday(lines, f, last)
	for i, trap := range f.traps {
		r := rng{mix(f.seed, uint64(100+i))}
		lines[last-1-i] = p.plainLine(f, &r)
		traps[trap].set(&lines[last-1-i], &r)
	}
	return lines, nil
}

// copies appends lines of other objects.
func (p *accessPress) copies(f *accessFile) error {
	for _, c := range f.copied {
		other, err := p.distinct(p.other[:0], c.from)
		if err != nil {
			return err
		}
		p.other = other
		p.lines = append(p.lines, other[c.index])
		p.lines[len(p.lines)-1].Again = true
	}
	return nil
}
