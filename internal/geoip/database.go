package geoip

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A database is an open MaxMind database.
type database struct {
	source  source
	reader  *maxminddb.Reader
	file    *os.File    // what is mapped; nil where it was read into memory
	info    fs.FileInfo // of file, as it was mapped
	edition edition
	onlyIP4 bool
}

// An edition is what a database's records hold.
type edition struct{ city, country, asn bool }

func (e edition) String() string {
	var all []string
	if e.city {
		all = append(all, "City")
	} else if e.country {
		all = append(all, "Country")
	}
	if e.asn {
		all = append(all, "ASN")
	}
	return strings.Join(all, "+")
}

func (e edition) serves(n need) bool {
	return n == needCity && e.city || n == needCountry && e.country || n == needASN && e.asn
}

// openDatabase opens the file name. One that is packed, or a pipe, is read to memory.
func openDatabase(ctx context.Context, s source, name string) (*database, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, s.wrap(err)
	}
	if info.IsDir() {
		return nil, s.wrap(errors.New("is a folder\nhint: name the databases in it, one by one"))
	}
	d := &database{source: s, info: info}
	if inMemory, err := isPacked(info, name); err != nil {
		return nil, s.wrap(err)
	} else if inMemory {
		text, err := readFile(ctx, name, maxDatabase)
		if err != nil {
			return nil, s.wrap(err)
		}
		return d.read(text)
	}
	if err := d.mapFile(name); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// mapFile maps the file, and holds it open so that overwriting it shows.
func (d *database) mapFile(name string) (err error) {
	if d.file, err = os.Open(name); err != nil {
		return d.source.wrap(err)
	}
	return d.guard(func() error {
		if d.reader, err = maxminddb.Open(name); err != nil {
			return err
		}
		if info, err := os.Stat(name); err != nil || !unchanged(d.info, info) {
			return errors.New("was replaced while it was opened: try again")
		}
		return d.probe()
	})
}

// close is for databases that turned out to be of no use; the others are left to
// the garbage collector, for nobody else knows who still reads them.
func (d *database) close() {
	if d.reader != nil {
		_ = d.reader.Close()
	}
	if d.file != nil {
		_ = d.file.Close()
	}
}

// isPacked tells whether the file has to be read rather than mapped.
func isPacked(info fs.FileInfo, name string) (bool, error) {
	if !info.Mode().IsRegular() {
		return true, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 262)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return packed(head[:n]), err
}

func packed(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) || len(head) == 262 && string(head[257:]) == "ustar"
}

// memoryDatabase is a database in memory.
func memoryDatabase(s source, text []byte) (*database, error) {
	return (&database{source: s}).read(text)
}

func (d *database) read(text []byte) (*database, error) {
	err := d.guard(func() (err error) {
		if len(text) == 0 {
			return errors.New("is empty")
		}
		if d.reader, err = maxminddb.OpenBytes(text); err != nil {
			return err
		}
		return d.probe()
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// unchanged tells whether two looks at a path saw the same file in the same state.
func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// guard names the database in what do returns, and makes errors of its panics: the
// reader's, were there any, and the fault that a mapped file gives where it was cut.
func (d *database) guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = broke(r)
		}
		if e := d.overwritten(); e != nil {
			err = e // it explains the other
		}
		err = d.source.wrap(err)
	}()
	return do()
}

func broke(panicked any) error {
	return fmt.Errorf("corrupt database: %s", clean(fmt.Sprint(panicked)))
}

// overwritten tells when the mapped file is no longer what it was: a file renamed
// over it does no harm, for the old one stays mapped.
func (d *database) overwritten() error {
	if d.file == nil {
		return nil
	}
	info, err := d.file.Stat()
	if err == nil && !unchanged(d.info, info) {
		err = errors.New("was overwritten while it was in use\nhint: write the new one beside it and rename it, as geoipupdate does")
	}
	return err
}

// How much of a database is looked at before it is used: about 2 ms. To verify all
// of it takes 0.2 s a megabyte, so what is corrupt elsewhere is found when it is read.
const (
	probeNetworks  = 200
	probeSteps     = 4000
	probeAddresses = 800
)

// probe reads some records, here and there, and finds out what they hold.
func (d *database) probe() error {
	meta := d.reader.Metadata
	if meta.NodeCount == 0 || meta.IPVersion != 4 && meta.IPVersion != 6 {
		return errors.New("corrupt database: impossible metadata")
	}
	d.onlyIP4 = meta.IPVersion == 4
	seen := map[uintptr]bool{} // records, which many networks share
	look := func(r maxminddb.Result) error {
		if err := r.Err(); err != nil {
			return corrupt(err)
		}
		if !r.Found() || seen[r.Offset()] {
			return nil
		}
		seen[r.Offset()] = true
		var record any
		if err := r.Decode(&record); err != nil {
			return corrupt(err)
		}
		d.learn(record)
		return nil
	}
	steps, found := 0, 0
	for r := range d.reader.Networks(maxminddb.IncludeNetworksWithoutData()) {
		if err := look(r); err != nil {
			return err
		}
		if r.Found() {
			found++
		}
		if steps++; steps == probeSteps || found == probeNetworks {
			break
		}
	}
	for i := range uint64(probeAddresses) {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], 0x2000_0000_0000_0000+i*0x9e3779b97f4a7c15>>4) // 2000::/4
		addr := netip.AddrFrom16(b)
		if i%2 == 0 || d.onlyIP4 {
			binary.BigEndian.PutUint32(b[:], uint32(i*0x9e3779b9))
			addr = netip.AddrFrom4([4]byte(b[:4]))
		}
		if err := look(d.reader.Lookup(addr)); err != nil {
			return err
		}
	}
	return d.judge(len(seen))
}

func corrupt(err error) error { return fmt.Errorf("corrupt database: %s", clean(err.Error())) }

// learn notes what a record holds.
func (d *database) learn(record any) {
	m, _ := record.(map[string]any)
	is := func(key string) bool { _, ok := m[key].(map[string]any); return ok }
	_, subdivisions := m["subdivisions"].([]any)
	_, asn := m["autonomous_system_number"].(uint64)
	d.edition.city = d.edition.city || is("city") || is("location") || subdivisions
	d.edition.country = d.edition.country || d.edition.city || is("country") || is("continent") || is("registered_country")
	d.edition.asn = d.edition.asn || asn
}

// judge says which edition it is, after seen records were looked at. Names alone do
// not tell: others than MaxMind call theirs what they like, and the few records of
// a City database that were looked at may lack cities.
func (d *database) judge(seen int) error {
	name := d.reader.Metadata.DatabaseType
	if seen == 0 {
		return fmt.Errorf("%s holds no record", quote(name))
	}
	if d.edition == (edition{}) {
		return fmt.Errorf("%s is no City, Country or ASN database\nhint: --geoip takes GeoLite2-City.mmdb, GeoLite2-Country.mmdb, GeoLite2-ASN.mmdb and databases like them", quote(name))
	}
	if d.edition.country {
		for _, word := range []string{"City", "Enterprise", "Location", "Insights"} {
			d.edition.city = d.edition.city || strings.Contains(name, word)
		}
	}
	return nil
}

// A want is a field as a decoder fetches it. It belongs to one goroutine.
type want struct {
	field  Field
	at     *database // that is being read
	paths  [][]any
	text   string
	number float64
	whole  uint64
}

// get decodes the field of addr's record; found tells whether there is a record.
func (w *want) get(d *database, addr netip.Addr) (v Value, found bool, err error) {
	if d.onlyIP4 && !addr.Is4() {
		return Value{}, false, nil
	}
	r := d.reader.Lookup(addr)
	if err := r.Err(); err != nil {
		return Value{}, false, corrupt(err)
	}
	if !r.Found() {
		return Value{}, false, nil
	}
	for _, path := range w.paths {
		v, err := w.decode(r, path)
		if err != nil || v.OK {
			return v, true, err
		}
	}
	return Value{}, true, nil
}

func (w *want) decode(r maxminddb.Result, path []any) (Value, error) {
	var err error
	switch w.field.Kind() {
	case Text:
		w.text = ""
		if err = r.DecodePath(&w.text, path...); err == nil {
			if !utf8.ValidString(w.text) {
				w.text = strings.ToValidUTF8(w.text, "\ufffd")
			}
			return textValue(w.text), nil
		}
	case Integer:
		w.whole = math.MaxUint64
		if err = r.DecodePath(&w.whole, path...); err == nil {
			if w.whole > math.MaxUint32 {
				return Value{}, nil // none
			}
			return numberValue(float64(w.whole)), nil
		}
	default:
		w.number = math.NaN()
		if err = r.DecodePath(&w.number, path...); err == nil {
			if !(math.Abs(w.number) <= 180) { // none, or not in degrees
				return Value{}, nil
			}
			return numberValue(w.number), nil
		}
	}
	return Value{}, corrupt(err)
}

// serving returns those of all that answer n, in the order in which they are asked.
func serving(all []*database, n need) []*database {
	var some []*database
	for _, d := range all {
		if d.edition.serves(n) {
			some = append(some, d)
		}
	}
	slices.SortStableFunc(some, func(a, b *database) int {
		switch {
		case a.edition.city == b.edition.city:
			return 0
		case a.edition.city:
			return -1
		}
		return 1
	})
	return some
}
