package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// get fetches all of an address.
func get(ctx context.Context, address string, silence time.Duration) (string, error) {
	in, err := opener{silence: silence}.open(ctx, address)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(in)
	return string(text), errors.Join(err, in.Close())
}

func TestFetch(t *testing.T) {
	var seen atomic.Pointer[http.Request]
	mux := http.NewServeMux()
	mux.HandleFunc("/list", func(w http.ResponseWriter, r *http.Request) { seen.Store(r); fmt.Fprint(w, "192.0.2.1\n") })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/list", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/secret", http.StatusFound)
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "192.0")
	})
	mux.HandleFunc("/denied", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "\x1b[2J", http.StatusForbidden) })
	server := httptest.NewServer(mux)
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/list": "", "/moved": "",
		"/round": "it sends elsewhere again and again", "/away": "only https:// is fetched, and http:// from this machine itself",
		"/short": "unexpected EOF", "/denied": "the server says 403 Forbidden", "/nosuch": "the server says 404 Not Found",
	} {
		text, err := get(t.Context(), server.URL+path, time.Minute)
		switch {
		case want == "" && (err != nil || text != "192.0.2.1\n"):
			t.Errorf("%s: %q, %v", path, text, err)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s: error %v, not %s", path, err, want)
		}
	}
	// A name and a password in the address are sent; elsewhere nothing is told of them.
	u.User, u.Path, u.RawQuery = url.UserPassword("123", "key"), "/moved", "key=abc"
	if _, err := get(t.Context(), u.String(), time.Minute); err != nil {
		t.Fatal(err)
	}
	r := seen.Load()
	if r.UserAgent() != "ctsql" || r.Referer() != "" {
		t.Errorf("sent %v", r.Header)
	}
	u.Path = "/list"
	if _, err := get(t.Context(), u.String(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if name, password, _ := seen.Load().BasicAuth(); name != "123" || password != "key" {
		t.Errorf("signed in as %s, %s", name, password)
	}
}

// TestFetchSilence: a server that says nothing is given up, before its answer and
// in the middle of it; one that is slow is not.
func TestFetchSilence(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flush := http.NewResponseController(w).Flush
		switch r.URL.Path {
		case "/slow":
			for i := range 8 {
				fmt.Fprintln(w, i)
				_ = flush()
				time.Sleep(100 * time.Millisecond)
			}
			return
		case "/middle":
			fmt.Fprint(w, "192.0")
			_ = flush()
		}
		<-over
	}))
	defer server.Close()
	defer close(over)
	for _, path := range []string{"/before", "/middle"} {
		if text, err := get(t.Context(), server.URL+path, 300*time.Millisecond); err == nil || err.Error() != "nothing came for 300ms" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if text, err := get(t.Context(), server.URL+"/slow", 500*time.Millisecond); err != nil || strings.Count(text, "\n") != 8 {
		t.Errorf("/slow: %q, %v", text, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := get(ctx, server.URL+"/middle", time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestMayFetch(t *testing.T) {
	for address, want := range map[string]bool{
		"https://example.com/x": true, "https://192.0.2.1/x": true, "https:///x": false,
		"http://localhost:1/x": true, "http://127.0.0.1/x": true, "http://127.9.9.9/x": true, "http://[::1]/x": true,
		"http://example.com/x": false, "http://192.0.2.1/x": false, "http://localhost.example.com/x": false,
		"http://127.0.0.1.example.com/x": false, "http://127.0.0.1@example.com/x": false, "http:///x": false, "ftp://localhost/x": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := mayFetch(u) == nil; got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	for _, spec := range []string{"ftp://x/y", "file:///etc/passwd", "s3://", "s3://b", "s3://b/", "s3:///k", "https://\x7f", "https://a b/", "http://[::1", "://"} {
		if in, err := (opener{}).open(t.Context(), spec); err == nil {
			in.Close()
			t.Errorf("%q was opened", spec)
		}
	}
}
