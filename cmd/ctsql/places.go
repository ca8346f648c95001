package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/pflag"
)

// placesFlags are where the data is that tells what an address is.
type placesFlags struct {
	databases []string // nil: those that are found; empty: none
	tor       []string
	ranges    string
	language  string
}

func (f *placesFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.databases, "geoip", nil, "take places and networks from this database: a `FILE`, s3://… or https://… (repeatable; default those that geoipupdate keeps)")
	flags.StringVar(&f.language, "geoip-language", "", "name places in this `LANGUAGE`, such as de or pt-BR (default English)")
	flags.StringArrayVar(&f.tor, "tor", nil, "take the exits of Tor from this list: a `FILE`, s3://… or https://… (repeatable)")
	flags.StringVar(&f.ranges, "ip-ranges", "", "take AWS's networks from its ip-ranges.json: a `FILE`, s3://… or https://…")
}

// options are the flags as package geoip wants them. An empty name is none, and
// keeps it from looking for others.
func (f *placesFlags) options(s3 source.S3Options) geoip.Options {
	home, _ := os.UserHomeDir() // without one, only the system's folders are left
	o := geoip.Options{
		GeoIP: f.databases, Tor: named(f.tor), Ranges: named([]string{f.ranges}), Language: f.language,
		Open: opener{s3, 30 * time.Second}.open, Now: time.Now,
	}
	if o.GeoIP == nil {
		o.GeoIP = geoip.Find(geoip.Folders(home))
	}
	o.GeoIP = named(o.GeoIP)
	if dir, err := os.UserCacheDir(); err == nil {
		o.KeepDir = filepath.Join(dir, "ctsql", "places") // else what is fetched is not kept
	}
	return o
}

func named(specs []string) []string {
	return slices.DeleteFunc(slices.Clone(specs), func(s string) bool { return s == "" })
}

// use has a session answer from the data, which is opened when a statement needs it.
func (f *placesFlags) use(o *cache.SessionOptions, s3 source.S3Options) {
	o.Places = func(ctx context.Context) (*geoip.DB, error) {
		db, err := geoip.Open(ctx, f.options(s3))
		if err != nil && ctx.Err() == nil && !strings.Contains(err.Error(), "\nhint: ") {
			err = fmt.Errorf("%w\nhint: ctsql status tells what is configured; --geoip '', --tor '' and --ip-ranges '' take none", err)
		}
		return db, err
	}
	o.PlacesNotes = func(notes []string) {
		for _, note := range notes {
			fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.Clean(note))
		}
	}
}

// A placesFile is what `ctsql status` tells of a database or a list. One that
// cannot be used has an Error, which names it, and no more.
type placesFile struct {
	flag    string
	Source  string     `json:"source,omitempty"`  // path or address, without what may be secret
	Edition string     `json:"edition,omitempty"` // City, Country, ASN, City+ASN; Tor; AWS ranges
	Type    string     `json:"type,omitempty"`    // a database's own name
	Made    *time.Time `json:"made,omitempty"`    // as it says itself; of a file that does not, when it was written
	Fetched *time.Time `json:"fetched,omitempty"`
	AgeDays *int       `json:"ageDays,omitempty"`
	Entries int        `json:"entries,omitempty"` // of a list
	Skipped int        `json:"skipped,omitempty"`
	Notes   []string   `json:"notes,omitempty"`
	Error   string     `json:"error,omitempty"`
}

// look opens each database and list by itself, so that one that cannot be used
// does not hide the others.
func (f *placesFlags) look(ctx context.Context, s3 source.S3Options) []placesFile {
	all := f.options(s3)
	files := []placesFile{}
	try := func(flag, spec string, set func(*geoip.Options, []string)) {
		one := all
		one.GeoIP, one.Tor, one.Ranges = nil, nil, nil
		set(&one, []string{spec})
		files = append(files, lookAt(ctx, flag, spec, one))
	}
	for _, spec := range all.GeoIP {
		try("geoip", spec, func(o *geoip.Options, s []string) { o.GeoIP = s })
	}
	for _, spec := range all.Tor {
		try("tor", spec, func(o *geoip.Options, s []string) { o.Tor = s })
	}
	for _, spec := range all.Ranges {
		try("ip-ranges", spec, func(o *geoip.Options, s []string) { o.Ranges = s })
	}
	return files
}

func lookAt(ctx context.Context, flag, spec string, o geoip.Options) placesFile {
	p := placesFile{flag: flag}
	db, err := geoip.Open(ctx, o)
	if err != nil {
		p.Error = err.Error()
		return p
	}
	about := db.Snapshot().Sources()[0]
	p.Source, p.Edition, p.Type, p.Entries, p.Skipped, p.Notes = about.Name, about.Edition, about.Type, about.Entries, about.Skipped, db.Notes()
	if !about.Fetched.IsZero() {
		p.Fetched = &about.Fetched
	}
	p.Made = &about.Built
	if about.Built.IsZero() {
		p.Made = nil
		if info, err := os.Stat(spec); err == nil {
			at := info.ModTime()
			p.Made = &at
		}
	}
	if at := p.at(); at != nil {
		days := int(o.Now().Sub(*at).Hours() / 24)
		p.AgeDays = &days
	}
	return p
}

// at is the time that tells how old the data is.
func (p *placesFile) at() *time.Time {
	if p.Made != nil {
		return p.Made
	}
	return p.Fetched
}

// unusable reports whether one of the files cannot be used.
func unusable(files []placesFile) bool {
	return slices.ContainsFunc(files, func(p placesFile) bool { return p.Error != "" })
}

// String is what a person reads of it, but for its notes.
func (p *placesFile) String() string {
	if p.Error != "" {
		return p.Error
	}
	text := p.Source + ": " + p.Edition
	if p.Type != "" {
		text += " (" + p.Type + ")"
	}
	if p.Entries > 0 {
		text += ", " + count(p.Entries) + " entries"
	}
	if p.Made != nil {
		text += ", made " + p.Made.UTC().Format(time.DateOnly)
	}
	if p.Fetched != nil {
		text += ", fetched " + p.Fetched.UTC().Format(time.RFC3339)
	}
	switch {
	case p.AgeDays == nil:
	case *p.AgeDays == 1:
		text += ", 1 day old"
	default:
		text += fmt.Sprintf(", %d days old", *p.AgeDays)
	}
	return text
}
