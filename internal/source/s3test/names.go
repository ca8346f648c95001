package s3test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
)

// Names is a bucket that exists in name only, so that it can be large. It lists
// and reads; it knows neither ranges nor versions.
type Names struct {
	// Folder is what lies in a folder, "" for the topmost, in the order of
	// names: folders end in a slash.
	Folder func(folder string) []string
	Body   func(key string) []byte
}

// NewNames starts a server with one such bucket, whatever it is called. Close ends it.
func NewNames(n Names) *Server {
	s := &Server{stop: make(chan struct{}), counts: map[string]int{}, archived: map[string]bool{}, next: n}
	s.services()
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

const namesModified = "2024-01-01T00:00:00.000Z"

func (n Names) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := parse(r)
	if q.Op == "LIST" {
		n.list(w, q.Key, r.URL.Query())
		return
	}
	body := n.Body(q.Key)
	h := http.Header{"Etag": {`"e"`}, "Last-Modified": {"Mon, 01 Jan 2024 00:00:00 GMT"}, "Content-Length": {strconv.Itoa(len(body))}}
	write(w, http.StatusOK, h, body)
}

type namedObject struct {
	Key, LastModified, ETag, StorageClass string
	Size                                  int
}

type namedFolder struct{ Prefix string }

type namesListed struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	EncodingType          string
	IsTruncated           bool
	KeyCount              int
	NextContinuationToken string        `xml:",omitempty"`
	Contents              []namedObject `xml:"Contents"`
	CommonPrefixes        []namedFolder `xml:"CommonPrefixes"`
}

func (n Names) list(w http.ResponseWriter, prefix string, q url.Values) {
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		panic(err)
	}
	out := namesListed{EncodingType: "url"}
	walk := namesWalk{n: n, prefix: prefix, after: max(q.Get("start-after"), q.Get("continuation-token")), level: q.Get("delimiter") == "/"}
	last := ""
	walk.each = func(name string) bool {
		if out.KeyCount == min(most, 1000) {
			out.IsTruncated, out.NextContinuationToken = true, last
			return false
		}
		out.KeyCount++
		last = name
		if strings.HasSuffix(name, "/") {
			out.CommonPrefixes = append(out.CommonPrefixes, namedFolder{url.QueryEscape(name)})
		} else {
			out.Contents = append(out.Contents, namedObject{url.QueryEscape(name), namesModified, `"e"`, "STANDARD", len(n.Body(name))})
		}
		return true
	}
	walk.folder("")
	text, err := xml.Marshal(out)
	if err != nil {
		panic(fmt.Sprintf("list %s: %v", prefix, err))
	}
	write(w, http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, text)
}

// A namesWalk goes through the folders that can hold what is asked for.
type namesWalk struct {
	n             Names
	prefix, after string
	level         bool // no deeper than the folders below prefix
	each          func(name string) bool
}

// folder reports false when each has had enough.
func (w *namesWalk) folder(folder string) bool {
	for _, name := range w.n.Folder(folder) {
		name = folder + name
		below, goesOn := strings.HasPrefix(name, w.prefix), true
		switch {
		case name <= w.after && !strings.HasPrefix(w.after, name):
		case !strings.HasSuffix(name, "/") || w.level && below && name != w.prefix:
			if below && name > w.after {
				goesOn = w.each(name)
			}
		case below || strings.HasPrefix(w.prefix, name):
			goesOn = w.folder(name)
		}
		if !goesOn {
			return false
		}
	}
	return true
}

// Pages answers a LIST with at most n keys, as if each stood for many.
func Pages(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r = r.Clone(r.Context())
		q := r.URL.Query()
		q.Set("max-keys", strconv.Itoa(n))
		r.URL.RawQuery = q.Encode()
		next.ServeHTTP(w, r)
	}
}
