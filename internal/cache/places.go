package cache

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/geoip"
)

// places is what a session's functions of addresses answer from. A statement sees
// one state of the databases, whichever of its threads asks.
type places struct {
	open  func(context.Context) (*geoip.DB, error)
	notes func([]string)
	none  geoip.Snapshot // holds nothing, and says so
	db    *geoip.DB      // once it was needed

	mu       sync.Mutex
	ctx      context.Context // of the statement that runs: the engine calls back without it
	snapshot *geoip.Snapshot // that the statement uses; nil until it needs one
	down     error           // why it cannot have one
	failed   []error         // what its functions returned
	noted    []string
}

// begin begins a statement.
func (p *places) begin(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.snapshot, p.down, p.failed = ctx, nil, nil, nil
}

// end ends it.
func (p *places) end() { p.begin(context.Background()) }

// take returns the statement's snapshot. The databases are opened when a statement
// first needs them, and later looked at again once a statement.
func (p *places) take() (*geoip.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil || p.snapshot != nil {
		return p.snapshot, p.down
	}
	if p.open == nil {
		return &p.none, nil
	}
	var notes []string
	if p.db == nil {
		if p.db, p.down = p.open(p.ctx); p.down != nil {
			p.db = nil
			return nil, p.down
		}
	} else if _, err := p.db.Reload(p.ctx); err != nil {
		// What was there stays in use.
		notes = strings.Split(err.Error(), "\n")
	}
	p.snapshot = p.db.Snapshot()
	notes = append(notes, p.db.Notes()...)
	if p.notes != nil && !slices.Equal(notes, p.noted) {
		p.notes(notes)
	}
	p.noted = notes
	return p.snapshot, nil
}

// fail remembers why a function ended the statement.
func (p *places) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failed) < maxFailed {
		p.failed = append(p.failed, err)
	}
}

// maxFailed is how many errors of functions are remembered: each thread may have
// one of its own, of which the engine tells the first, and TRY swallows some.
const maxFailed = 64

// explain returns the error of a function in its own words, and nil if err, which
// the engine told, is not one's.
func (p *places) explain(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, failed := range p.failed {
		if strings.HasSuffix(err.Error(), failed.Error()) {
			return failed
		}
	}
	return nil
}

// register makes the functions known. They need no data until they are called.
func (p *places) register(c *duck.Conn) error {
	functions := []duck.ScalarFunction{p.inCIDR(), p.distance(), actorFunction}
	for _, f := range geoip.Fields() {
		functions = append(functions, p.field(f))
	}
	for _, f := range functions {
		if err := c.RegisterScalar(f); err != nil {
			return err
		}
	}
	return nil
}

var placeTypes = [...]duck.Type{geoip.Text: duck.Varchar, geoip.Integer: duck.BigInt, geoip.Float: duck.Double, geoip.Boolean: duck.Boolean}

// field is the function of an address that tells f, such as city(ip).
func (p *places) field(f geoip.Field) duck.ScalarFunction {
	take := p.take
	if p.none.Has(f) == nil { // as it needs no data
		take = func() (*geoip.Snapshot, error) { return &p.none, nil }
	}
	return duck.ScalarFunction{
		Name: f.String(), Args: 1, Result: placeTypes[f.Kind()],
		Call: func(in [][][]byte, out *duck.Vector) error {
			s, err := take()
			if err == nil {
				err = s.Lookup(f, in[0], setter(f.Kind(), out))
			}
			if err != nil {
				p.fail(err)
			}
			return err
		},
	}
}

// setter writes values of a kind.
func setter(kind geoip.Kind, out *duck.Vector) func(row int, v geoip.Value) {
	switch kind {
	case geoip.Integer:
		return func(row int, v geoip.Value) { out.SetInt(row, int64(v.Number)) }
	case geoip.Float:
		return func(row int, v geoip.Value) { out.SetFloat(row, v.Number) }
	case geoip.Boolean:
		return func(row int, v geoip.Value) { out.SetBool(row, v.Number != 0) }
	}
	return func(row int, v geoip.Value) { out.CopyString(row, v.Text) }
}

// distance is distance_km(ip1, ip2).
func (p *places) distance() duck.ScalarFunction {
	return duck.ScalarFunction{
		Name: "distance_km", Args: 2, Result: duck.Double,
		Call: func(in [][][]byte, out *duck.Vector) error {
			s, err := p.take()
			if err == nil {
				err = s.Distances(in[0], in[1], out.SetFloat)
			}
			if err != nil {
				p.fail(err)
			}
			return err
		},
	}
}

// inCIDR is in_cidr(ip, network). It needs no data.
func (p *places) inCIDR() duck.ScalarFunction {
	return duck.ScalarFunction{
		Name: "in_cidr", Args: 2, Result: duck.Boolean,
		Call: func(in [][][]byte, out *duck.Vector) (err error) {
			var text []byte // of network: mostly all rows have one
			var network netip.Prefix
			for row, ip := range in[0] {
				cidr := in[1][row]
				if ip == nil || cidr == nil {
					continue
				}
				if text == nil || !bytes.Equal(cidr, text) {
					if network, err = geoip.ParseCIDR(cidr); err != nil {
						p.fail(err)
						return err
					}
					text = cidr
				}
				if addr, ok := geoip.ParseAddr(ip); ok {
					out.SetBool(row, network.Contains(addr))
				}
			}
			return nil
		},
	}
}
