package s3test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// KeepVersions has a bucket keep what is overwritten and deleted from now on.
func (s *Server) KeepVersions(bucket string) {
	if err := s.backend.SetVersioningConfiguration(bucket, gofakes3.VersioningConfiguration{Status: gofakes3.VersioningEnabled}); err != nil {
		panic(err)
	}
}

type listedVersion struct {
	Key, VersionId, LastModified, ETag string
	IsLatest                           bool
	Size                               int64

	marker bool // of a deletion
}

type versionsListed struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	EncodingType        string
	IsTruncated         bool
	NextKeyMarker       string          `xml:",omitempty"`
	NextVersionIdMarker string          `xml:",omitempty"`
	Version             []listedVersion `xml:"Version"`
	DeleteMarker        []listedVersion `xml:"DeleteMarker"`
	CommonPrefixes      []namedFolder   `xml:"CommonPrefixes"`
}

// listVersions is ListObjectVersions, whose pages gofakes3 does not make: by key,
// of each the current one first.
func (s *Server) listVersions(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	all, err := s.versions(parse(r).Bucket)
	if err != nil {
		Refuse(404, "NoSuchBucket", err.Error())(w, r, nil)
		return
	}
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		most = 1000
	}
	out := versionsListed{EncodingType: "url"}
	from := 0
	if after, version := q.Get("key-marker"), q.Get("version-id-marker"); after != "" {
		for from < len(all) && (all[from].Key < after || all[from].Key == after && version == "") {
			from++
		}
		if version != "" {
			from += 1 + slices.IndexFunc(all[from:], func(v listedVersion) bool { return v.Key == after && v.VersionId == version })
		}
	}
	for i, v := range all[from:] {
		rest, ok := strings.CutPrefix(v.Key, q.Get("prefix"))
		if !ok {
			continue
		}
		if folder, _, ok := strings.Cut(rest, "/"); ok && q.Get("delimiter") == "/" {
			if p := (namedFolder{url.QueryEscape(q.Get("prefix") + folder + "/")}); !slices.Contains(out.CommonPrefixes, p) {
				out.CommonPrefixes = append(out.CommonPrefixes, p)
			}
			continue
		}
		if len(out.Version)+len(out.DeleteMarker) == most {
			out.IsTruncated = true
			out.NextKeyMarker, out.NextVersionIdMarker = url.QueryEscape(all[from+i-1].Key), all[from+i-1].VersionId
			break
		}
		v.Key = url.QueryEscape(v.Key)
		if v.marker {
			out.DeleteMarker = append(out.DeleteMarker, v)
		} else {
			out.Version = append(out.Version, v)
		}
	}
	text, err := xml.Marshal(out)
	if err != nil {
		panic(err)
	}
	write(w, http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, text)
}

func (s *Server) versions(bucket string) (all []listedVersion, err error) {
	listed, err := s.backend.ListBucketVersions(bucket, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, item := range listed.Versions {
		v := listedVersion{VersionId: string(item.GetVersionID())}
		var at time.Time
		switch item := item.(type) {
		case *gofakes3.Version:
			v.Key, v.IsLatest, v.Size, v.ETag, at = item.Key, item.IsLatest, item.Size, item.ETag, item.LastModified.Time
		case *gofakes3.DeleteMarker:
			v.Key, v.IsLatest, v.marker, at = item.Key, item.IsLatest, true, item.LastModified.Time
		default:
			return nil, fmt.Errorf("%T in a listing", item)
		}
		v.LastModified = at.UTC().Format("2006-01-02T15:04:05.000Z")
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b listedVersion) int {
		if a.Key != b.Key {
			return strings.Compare(a.Key, b.Key)
		}
		switch {
		case a.IsLatest:
			return -1
		case b.IsLatest:
			return 1
		}
		return strings.Compare(b.VersionId, a.VersionId)
	})
	return all, nil
}
