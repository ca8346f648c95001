package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
)

// An opener opens what the flags about places name: s3://BUCKET/KEY, as the other
// flags say how to reach S3, and https://….
type opener struct {
	s3      source.S3Options
	silence time.Duration // of a web server that is given up
}

func (o opener) open(ctx context.Context, spec string) (io.ReadCloser, error) {
	scheme, rest, _ := strings.Cut(spec, "://")
	switch scheme {
	case "s3":
		return o.object(ctx, spec, rest)
	case "https", "http":
		return o.page(ctx, spec)
	}
	return nil, errors.New("an address begins with s3:// or https://")
}

// object opens one object.
func (o opener) object(ctx context.Context, spec, path string) (io.ReadCloser, error) {
	bucket, key, _ := strings.Cut(path, "/")
	if bucket == "" || key == "" {
		return nil, errors.New("an object is named s3://BUCKET/KEY")
	}
	o.s3.Attempts = objectAttempts
	o.s3.Role = source.Role{} // which reads logs
	s, err := source.S3(ctx, bucket, key, source.Options{S3: o.s3})
	if err != nil {
		return nil, unnamed{"s3://" + bucket + ": ", err}
	}
	body, err := s.Open(ctx, cloudtrail.Object{Name: spec, Size: -1})
	if err != nil {
		return nil, unnamed{spec + ": ", err}
	}
	return unnamedBody{body, spec + ": "}, nil
}

// objectAttempts are fewer than for logs: a person waits, and mostly there is a
// copy that is kept.
const objectAttempts = 4

// An unnamedBody's errors are unnamed.
type unnamedBody struct {
	io.ReadCloser
	name string
}

func (b unnamedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = unnamed{b.name, err}
	}
	return n, err
}

// An unnamed error does not begin with the name: whoever asked puts it there.
type unnamed struct {
	name string
	err  error
}

func (e unnamed) Error() string { return strings.TrimPrefix(e.err.Error(), e.name) }
func (e unnamed) Unwrap() error { return e.err }

// maxRedirects is how often a web server may send elsewhere.
const maxRedirects = 5

// page gets a file from a web server.
func (o opener) page(ctx context.Context, address string) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("not an address of the web") // the error would show keys in it
	}
	if err := mayFetch(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	b := &webBody{ended: func() error { return context.Cause(ctx) }, cancel: cancel, after: o.silence}
	b.silence = time.AfterFunc(o.silence, func() { cancel(errSilent) })
	if err := b.get(ctx, u); err != nil {
		return nil, errors.Join(b.why(err), b.Close())
	}
	return b, nil
}

// mayFetch refuses what anybody on the way could change: these lists and databases
// decide what an address is called.
func mayFetch(u *url.URL) error {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	here := host == "localhost" || err == nil && addr.IsLoopback()
	if u.Scheme == "https" && host != "" || u.Scheme == "http" && here {
		return nil
	}
	return errors.New("only https:// is fetched, and http:// from this machine itself")
}

// A webBody is an answer, which ends when nothing comes for some time.
type webBody struct {
	io.ReadCloser
	ended   func() error // why its request ended, nil if it did not
	cancel  context.CancelCauseFunc
	after   time.Duration
	silence *time.Timer // runs while something is awaited
}

var errSilent = errors.New("the server is silent")

func (b *webBody) get(ctx context.Context, u *url.URL) error {
	// A connection of its own, for there is one request; the proxy is the one
	// that HTTPS_PROXY names, as for the AWS SDK.
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second,
	}
	client := http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		r.Header.Del("Referer") // it would tell the keys in the first address
		if len(via) > maxRedirects {
			return errors.New("it sends elsewhere again and again")
		}
		return mayFetch(r.URL)
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "ctsql")
	resp, err := client.Do(req)
	if err != nil {
		var said *url.Error
		if errors.As(err, &said) {
			err = said.Err // without the address, which may be another by now
		}
		return err
	}
	b.ReadCloser = resp.Body
	b.silence.Stop()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server says %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return nil
}

func (b *webBody) Read(p []byte) (int, error) {
	b.silence.Reset(b.after)
	n, err := b.ReadCloser.Read(p)
	b.silence.Stop()
	return n, b.why(err)
}

// why tells silence from a cancellation, which looks the same below.
func (b *webBody) why(err error) error {
	if err != nil && b.ended() == errSilent {
		return fmt.Errorf("nothing came for %v", b.after)
	}
	return err
}

func (b *webBody) Close() error {
	b.silence.Stop()
	b.cancel(nil)
	if b.ReadCloser == nil {
		return nil
	}
	return b.ReadCloser.Close()
}
