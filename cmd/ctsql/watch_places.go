package main

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/source"
)

// A placesSnapshot is what addresses tell at the moment.
type placesSnapshot = func() *geoip.Snapshot

// watchedPlaces are the databases and lists of places while one watches: those that can
// be used. One that cannot is told of, and tried again; what it would tell is not known
// meanwhile, and nothing that was learned from it is lost.
type watchedPlaces struct {
	all geoip.Options
	log *slog.Logger
	db  atomic.Pointer[geoip.DB]
	// lacking is set while one of all is not in db.
	lacking bool
}

func openPlaces(ctx context.Context, f *placesFlags, s3 source.S3Options, log *slog.Logger) *watchedPlaces {
	p := &watchedPlaces{all: f.options(s3), log: log, lacking: true}
	p.reload(ctx)
	return p
}

func (p *watchedPlaces) snapshot() *geoip.Snapshot {
	if db := p.db.Load(); db != nil {
		return db.Snapshot()
	}
	return nil
}

// reload loads again what changed, and what could not be used before.
func (p *watchedPlaces) reload(ctx context.Context) {
	if p.lacking {
		db, err := geoip.Open(ctx, p.all)
		if err != nil && p.db.Load() == nil && ctx.Err() == nil {
			db = p.some(ctx)
		}
		p.lacking = err != nil
		if db != nil {
			p.db.Store(db)
			p.tell()
			return
		}
	}
	db := p.db.Load()
	if db == nil || ctx.Err() != nil {
		return
	}
	changed, err := db.Reload(ctx)
	if err != nil && ctx.Err() == nil {
		p.log.Error("places: what was there stays in use", "error", err)
	}
	if changed {
		p.tell()
	}
}

// some opens those that can be used.
func (p *watchedPlaces) some(ctx context.Context) *geoip.DB {
	good := p.all
	good.GeoIP, good.Tor, good.Ranges = nil, nil, nil
	for _, of := range []struct {
		specs []string
		list  func(*geoip.Options) *[]string
	}{
		{p.all.GeoIP, func(o *geoip.Options) *[]string { return &o.GeoIP }},
		{p.all.Tor, func(o *geoip.Options) *[]string { return &o.Tor }},
		{p.all.Ranges, func(o *geoip.Options) *[]string { return &o.Ranges }},
	} {
		for _, spec := range of.specs {
			one := p.all
			one.GeoIP, one.Tor, one.Ranges = nil, nil, nil
			*of.list(&one) = []string{spec}
			if _, err := geoip.Open(ctx, one); err != nil {
				p.log.Error("places: it is tried again, and not known till then", "error", err)
				continue
			}
			to := of.list(&good)
			*to = append(*to, spec)
		}
	}
	db, err := geoip.Open(ctx, good)
	if err != nil {
		p.log.Error("places: none can be used", "error", err)
		return nil
	}
	return db
}

// tell says what is in use.
func (p *watchedPlaces) tell() {
	db := p.db.Load()
	for _, s := range db.Snapshot().Sources() {
		p.log.Info("places", "from", s.Name, "edition", s.Edition)
	}
	for _, note := range db.Notes() {
		p.log.Warn("places", "note", note)
	}
}
