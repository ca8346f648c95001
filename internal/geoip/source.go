package geoip

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// How large a database and a list may be, inflated. The largest that are sold are
// about 1 GB; ip-ranges.json has 2 MB.
const (
	maxDatabase = 4 << 30
	maxList     = 256 << 20
)

// A source is one place where data comes from.
type source struct {
	spec string // as it was given
	name string // as it is shown: without what may be secret
	what need   // needTor, needRanges; needNothing for databases
}

func newSource(spec string, what need) source {
	return source{spec: spec, name: shown(spec), what: what}
}

func (s source) remote() bool { return strings.Contains(s.spec, "://") }

// fresh is how long a kept copy is used without asking the source.
func (s source) fresh() time.Duration {
	if s.what == needTor {
		return time.Hour // as often as Tor's list is made
	}
	return 24 * time.Hour
}

// keptAs returns the name of the copy kept of the source.
func (s source) keptAs() string {
	sum := sha256.Sum256([]byte(s.spec))
	kind := "database.mmdb"
	switch s.what {
	case needTor:
		kind = "tor"
	case needRanges:
		kind = "ip-ranges.json"
	}
	return "geoip-" + hex.EncodeToString(sum[:8]) + "-" + kind
}

// shown returns spec for people: a URL loses user, query and fragment, where keys
// are given, and nothing in it drives a terminal.
func shown(spec string) string {
	if scheme, _, ok := strings.Cut(spec, "://"); ok && scheme != "s3" {
		u, err := url.Parse(spec)
		if err != nil {
			return clean(scheme) + "://…"
		}
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		spec = u.String()
	}
	return clean(spec)
}

// clean shows what is not a printing character as an escape.
func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// quote shows text that a person wrote, or a log holds, within a sentence.
func quote(s string) string {
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return "'" + clean(s) + "'"
}

// A sourceError is what went wrong with a source, and does not tell its secrets.
type sourceError struct {
	source source
	err    error
}

func (e *sourceError) Unwrap() error { return e.err }

func (e *sourceError) Error() string {
	err := e.err
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) && pathErr.Path == e.source.spec {
		err = pathErr.Err // its path is the name
	}
	text := err.Error()
	if e.source.remote() {
		text = e.source.scrub(text)
	}
	return e.source.name + ": " + text
}

// scrub takes out of a client's error what of the address may be secret.
func (s source) scrub(text string) string {
	text = strings.ReplaceAll(text, s.spec, s.name)
	u, err := url.Parse(s.spec)
	if err != nil {
		return text
	}
	if u.RawQuery != "" {
		text = strings.ReplaceAll(text, u.RawQuery, "…")
	}
	secrets := []string{}
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, secret := range secrets {
		if len(secret) > 3 { // shorter ones are none, and would spoil the sentence
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

func (s source) wrap(err error) error {
	if err == nil {
		return nil
	}
	if already := (*sourceError)(nil); errors.As(err, &already) {
		return err
	}
	return &sourceError{s, err}
}

// unpack copies what in is to out: gunzipped, and of a tar its first .mmdb.
func unpack(ctx context.Context, out io.Writer, in io.Reader, limit int64) error {
	r := bufio.NewReaderSize(watched{ctx, in}, 1<<16)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		r = bufio.NewReaderSize(gz, 1<<16)
	}
	if head, _ := r.Peek(262); len(head) == 262 && string(head[257:]) == "ustar" {
		return untar(out, r, limit)
	}
	return copyAtMost(out, r, limit)
}

func untar(out io.Writer, r io.Reader, limit int64) error {
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return errors.New("no .mmdb in the archive")
		}
		if err != nil {
			return fmt.Errorf("tar: %w", err)
		}
		if header.Typeflag != tar.TypeReg || path.Ext(header.Name) != ".mmdb" {
			continue
		}
		if err := copyAtMost(out, archive, limit); err != nil {
			return err
		}
		// gzip's checksum is known only at its end.
		return copyAtMost(io.Discard, r, limit)
	}
}

func copyAtMost(out io.Writer, in io.Reader, limit int64) error {
	n, err := io.Copy(out, io.LimitReader(in, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("larger than %d MB", limit>>20)
	}
	return err
}

// watched ends with its context.
type watched struct {
	ctx context.Context
	r   io.Reader
}

func (w watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// fetch copies the source to out by the opener.
func (o *Options) fetch(ctx context.Context, s source, out io.Writer, limit int64) error {
	if o.Open == nil {
		return errors.New("nothing opens such addresses here")
	}
	in, err := o.Open(ctx, s.spec)
	if err != nil {
		return err
	}
	err = unpack(ctx, out, in, limit)
	return errors.Join(err, in.Close())
}

// keep fetches the source into KeepDir, where it takes the place of the copy there
// once check has found it good.
func (o *Options) keep(ctx context.Context, s source, limit int64, check func(path string) error) (err error) {
	if err := os.MkdirAll(o.KeepDir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(o.KeepDir, ".geoip-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = o.fetch(ctx, s, f, limit)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := check(f.Name()); err != nil {
		return err
	}
	now := o.Now() // the file's time is the only record of when it was fetched
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(o.KeepDir, s.keptAs()))
}

// readFile returns what is in a file, gunzipped.
func readFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var text bytes.Buffer
	if err := unpack(ctx, &text, f, limit); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}
