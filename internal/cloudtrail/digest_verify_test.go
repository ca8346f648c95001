package cloudtrail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
)

// A store is a bucket in memory, with signatures.
type store struct {
	root    string
	objects map[string]synth.DigestObject // by name
	refused map[string]bool
}

func newStore(t *synth.DigestTrail, root string) *store {
	s := &store{root: root, objects: map[string]synth.DigestObject{}, refused: map[string]bool{}}
	for _, o := range t.Objects {
		s.objects[root+o.Key] = o
	}
	return s
}

func (s *store) Root() string { return s.root }

func (s *store) List(context.Context) iter.Seq2[cloudtrail.Object, error] {
	return func(yield func(cloudtrail.Object, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.objects)) {
			if !yield(cloudtrail.Object{Name: name, Size: int64(len(s.objects[name].Body))}, nil) {
				return
			}
		}
	}
}

func (s *store) Open(_ context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	if s.refused[o.Name] {
		return nil, fmt.Errorf("%s: %w\nhint: ask", o.Name, fs.ErrPermission)
	}
	object, ok := s.objects[o.Name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", o.Name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(object.Body)), nil
}

func (s *store) OpenWithMetadata(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, map[string]string, error) {
	rc, err := s.Open(ctx, o)
	return rc, map[string]string{"signature": s.objects[o.Name].Signature}, err
}

var start = time.Date(2025, 6, 23, 0, 0, 0, 0, time.UTC)

func digestTrail(t *testing.T, c synth.DigestConfig) *synth.DigestTrail {
	t.Helper()
	trail, err := synth.NewDigestTrail(c)
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

// verify runs a verification and returns what is not valid, a line each: what,
// the end of its name, status.
func verify(t *testing.T, v *cloudtrail.Verification, s cloudtrail.DigestSource) ([]string, cloudtrail.VerifySummary) {
	t.Helper()
	v.Sources = append(v.Sources, s)
	if v.Keys == nil {
		v.Keys = keys(t)
	}
	if v.Now.IsZero() {
		v.Now = start.AddDate(1, 0, 0)
	}
	v.Concurrency, v.Progress = 4, new(cloudtrail.DigestProgress)
	bad := []string{}
	v.Report = func(f cloudtrail.Finding) error {
		if f.Status == cloudtrail.Valid {
			if f.Reason != "" {
				t.Errorf("%s is valid, but %s", f.Object, f.Reason)
			}
			return nil
		}
		what := "digest "
		if f.Log {
			what = "log "
		}
		if strings.Contains(f.Reason, f.Object) {
			t.Errorf("%s is told twice: %s", f.Object, f.Reason)
		}
		if f.Reason == "" {
			t.Errorf("%s is %s, and nobody knows why", f.Object, f.Status)
		}
		bad = append(bad, what+f.Object+" "+string(f.Status))
		return nil
	}
	sum, err := v.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Sound() != (len(bad) == 0 && sum.Digests[cloudtrail.Valid] > 0) {
		t.Errorf("%v: %+v", bad, sum)
	}
	return bad, sum
}

type keyList func(context.Context, string, time.Time, time.Time) ([]cloudtrail.PublicKey, error)

func keys(t *testing.T) keyList {
	text, err := synth.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ PublicKeyList []cloudtrail.PublicKey }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return func(context.Context, string, time.Time, time.Time) ([]cloudtrail.PublicKey, error) {
		return list.PublicKeyList, nil
	}
}

const bucket = "s3://acme-org-trail/"

// TestSoundTrail: what nobody touched is valid, wherever it lies.
func TestSoundTrail(t *testing.T) {
	for name, c := range map[string]struct {
		config synth.DigestConfig
		root   string
		v      cloudtrail.Verification
		chains int
	}{
		"bucket":        {root: bucket, chains: 2},
		"backfill":      {config: synth.DigestConfig{Backfill: true}, root: bucket, chains: 3},
		"folder":        {root: "/home/me/", chains: 2},
		"original":      {root: "/home/me/", v: cloudtrail.Verification{Original: bucket}, chains: 2},
		"copied bucket": {root: "s3://archive/of/2025/", v: cloudtrail.Verification{Original: bucket}, chains: 2},
		"window":        {root: bucket, v: cloudtrail.Verification{Since: start.Add(3 * time.Hour), Until: start.Add(7 * time.Hour)}, chains: 2},
		"overlap":       {root: bucket, v: cloudtrail.Verification{Sources: []cloudtrail.DigestSource{newStore(digestTrail(t, synth.DigestConfig{}), bucket)}}, chains: 2},
		"stretches":     {config: synth.DigestConfig{Hours: 400}, root: bucket, chains: 2},
	} {
		t.Run(name, func(t *testing.T) {
			trail := digestTrail(t, c.config)
			bad, sum := verify(t, &c.v, newStore(trail, c.root))
			if len(bad) > 0 || sum.Chains != c.chains || sum.Logs[cloudtrail.Valid] < 5 {
				t.Errorf("%v, %+v", bad, sum)
			}
			if n := sum.Digests[cloudtrail.Valid] + sum.Logs[cloudtrail.Valid]; c.v.Since.IsZero() && n != len(trail.Objects) {
				t.Errorf("%d of %d objects are valid", n, len(trail.Objects))
			}
		})
	}
}

// TestTamperings: each is found, and nothing else is blamed for it.
func TestTamperings(t *testing.T) {
	status := map[synth.Tampering]cloudtrail.Status{
		synth.ForgedDigest: cloudtrail.Modified, synth.KeptSignature: cloudtrail.Modified, synth.SwappedDigests: cloudtrail.Modified,
		synth.MissingDigest: cloudtrail.Missing, synth.ChangedLog: cloudtrail.Modified, synth.MissingLog: cloudtrail.Missing,
		synth.ExtraLog: cloudtrail.Unnamed, synth.AppendedLog: cloudtrail.Modified, synth.AppendedMember: cloudtrail.Modified,
	}
	for _, what := range synth.Tamperings() {
		for _, root := range []string{bucket, "/home/me/"} {
			t.Run(string(what)+" in "+root, func(t *testing.T) {
				plain, trail := digestTrail(t, synth.DigestConfig{}), digestTrail(t, synth.DigestConfig{})
				keys, err := trail.Tamper(what)
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for _, key := range keys {
					if !strings.Contains(key, "-Digest/") {
						want = append(want, "log "+root+key+" "+string(status[what]))
						continue
					}
					want = append(want, "digest "+root+key+" "+string(status[what]))
					for _, log := range logsOf(t, plain, key) {
						want = append(want, "log "+root+log+" unnamed")
					}
				}
				bad, _ := verify(t, &cloudtrail.Verification{AllKeys: true}, newStore(trail, root))
				slices.Sort(want)
				slices.Sort(bad)
				if !slices.Equal(bad, want) {
					t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(bad, "\n\t"), strings.Join(want, "\n\t"))
				}
			})
		}
	}
}

// logsOf are the keys of the logs that a digest names.
func logsOf(t *testing.T, trail *synth.DigestTrail, key string) (logs []string) {
	t.Helper()
	for i, o := range trail.Objects {
		if o.Key == key {
			for i--; i >= 0 && trail.Objects[i].Signature == ""; i-- {
				logs = append(logs, trail.Objects[i].Key)
			}
		}
	}
	return logs
}

func only(bad []string, want ...string) bool {
	return len(bad) == len(want) && !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(bad, func(b string) bool { return strings.HasSuffix(b, w) })
	})
}

func TestRestarted(t *testing.T) {
	trail := digestTrail(t, synth.DigestConfig{Restart: 5})
	bad, _ := verify(t, &cloudtrail.Verification{}, newStore(trail, bucket))
	if !only(bad, "_20250623T060133Z.json.gz restarted") {
		t.Errorf("%v", bad)
	}
}

// TestLostMetadata: a copy without signatures lacks that of each chain's last
// digest only, and changes of all others are found.
func TestLostMetadata(t *testing.T) {
	lose := func(trail *synth.DigestTrail) *store {
		for i := range trail.Objects {
			trail.Objects[i].Signature = ""
		}
		return newStore(trail, "/home/me/")
	}
	bad, sum := verify(t, &cloudtrail.Verification{}, lose(digestTrail(t, synth.DigestConfig{Hours: 300})))
	if sum.Digests[cloudtrail.Unsigned] != 2 || len(bad) != 2+sum.Logs[cloudtrail.Unsigned] {
		t.Errorf("%+v", sum)
	}
	trail := digestTrail(t, synth.DigestConfig{})
	key, err := trail.Tamper(synth.KeptSignature)
	if err != nil {
		t.Fatal(err)
	}
	bad, _ = verify(t, &cloudtrail.Verification{}, lose(trail))
	if !slices.Contains(bad, "digest /home/me/"+key[0]+" modified") {
		t.Errorf("%v", bad)
	}
}

// TestWindow: what is missing at its ends shows, unless it is outside.
func TestWindow(t *testing.T) {
	trail := digestTrail(t, synth.DigestConfig{})
	s := newStore(trail, bucket)
	var eu []string
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.Contains(name, "-Digest/eu-west-1/") {
			eu = append(eu, name)
		}
	}
	for _, name := range append(slices.Clone(eu[:2]), eu[10:]...) {
		delete(s.objects, name)
	}
	hour := func(h int) time.Time { return start.Add(time.Duration(h)*time.Hour + 93*time.Second) }
	for _, c := range []struct {
		since, until, now time.Time
		want              []string
	}{
		{want: []string{"T020133Z.json.gz missing"}},
		{since: hour(2), until: hour(10)},
		{since: hour(1), until: hour(10), want: []string{"T020133Z.json.gz missing"}},
		{since: hour(2), until: hour(12), want: []string{"T100133Z.json.gz missing"}},
		{since: hour(2), until: hour(12), now: hour(11)}, // not due yet
	} {
		bad, sum := verify(t, &cloudtrail.Verification{Since: c.since, Until: c.until, Now: c.now}, s)
		bad = slices.DeleteFunc(bad, func(b string) bool { return strings.HasPrefix(b, "log ") }) // their digests are gone
		if !only(bad, c.want...) {
			t.Errorf("%v to %v: %v, %+v", c.since, c.until, bad, sum)
		}
	}
}

// TestShorter: who removes the end of a chain, with the logs, is not unnoticed.
func TestShorter(t *testing.T) {
	s := newStore(digestTrail(t, synth.DigestConfig{Backfill: true}), bucket)
	var last string
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		_, k, ok := cloudtrail.PlaceOf(name)
		switch {
		case !ok || k.Region != "eu-west-1" || strings.Contains(name, "_backfill"):
		case k.Delivered.After(start.Add(7*time.Hour + 2*time.Minute)):
			delete(s.objects, name)
		case k.Kind == cloudtrail.KindDigest:
			last = name
		}
	}
	bad, sum := verify(t, &cloudtrail.Verification{}, s)
	if len(bad) > 0 || !slices.Equal(sum.Shorter, []string{last}) {
		t.Errorf("%v, %q", bad, sum.Shorter)
	}
	bad, sum = verify(t, &cloudtrail.Verification{Until: start.Add(12 * time.Hour)}, s)
	if !only(bad, last+" missing") || sum.Shorter != nil {
		t.Errorf("%v, %q", bad, sum.Shorter)
	}
}

// TestVanished: digests that were there once are missed, each once, though others of
// their places are there.
func TestVanished(t *testing.T) {
	s := newStore(digestTrail(t, synth.DigestConfig{Restart: 5}), bucket)
	var eu, us []string
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.Contains(name, "-Digest/eu-west-1/") {
			eu = append(eu, name)
		} else if strings.Contains(name, "-Digest/") {
			us = append(us, name)
		}
	}
	last, before, named := eu[len(eu)-1], eu[4], us[3]
	for _, gone := range []string{last, before, named} {
		delete(s.objects, gone)
	}
	bad, _ := verify(t, &cloudtrail.Verification{Expect: []string{last, before, named, us[6]}}, s)
	bad = slices.DeleteFunc(bad, func(b string) bool { return !strings.HasSuffix(b, " missing") })
	if !only(bad, last+" missing", before+" missing", named+" missing") {
		t.Errorf("%v", bad)
	}
}

// TestTooNew: a log of the hour that is not over waits for its digest.
func TestTooNew(t *testing.T) {
	trail := digestTrail(t, synth.DigestConfig{})
	s := newStore(trail, bucket)
	name := bucket + "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2025/06/23/111122223333_CloudTrail_us-east-1_20250623T1230Z_x.json.gz"
	s.objects[name] = synth.DigestObject{}
	bad, sum := verify(t, &cloudtrail.Verification{Now: start.Add(13 * time.Hour)}, s)
	if len(bad) > 0 || sum.Early != 1 {
		t.Errorf("%v, %+v", bad, sum)
	}
	bad, _ = verify(t, &cloudtrail.Verification{Now: start.Add(15 * time.Hour)}, s)
	if !only(bad, "_x.json.gz unnamed") {
		t.Errorf("%v", bad)
	}
	// So does the first one of a region.
	delete(s.objects, name)
	name = strings.ReplaceAll(name, "us-east-1", "sa-east-1")
	s.objects[name] = synth.DigestObject{}
	bad, sum = verify(t, &cloudtrail.Verification{Now: start.Add(15 * time.Hour)}, s)
	if len(bad) > 0 || sum.Early != 1 {
		t.Errorf("%v, %+v", bad, sum)
	}
	bad, _ = verify(t, &cloudtrail.Verification{Now: start.Add(16 * time.Hour)}, s)
	if !only(bad, "_x.json.gz unnamed") {
		t.Errorf("%v", bad)
	}
}

// TestKeys: a signature that cannot be checked is not a valid one.
func TestKeys(t *testing.T) {
	none := func(context.Context, string, time.Time, time.Time) ([]cloudtrail.PublicKey, error) { return nil, nil }
	for want, v := range map[cloudtrail.Status]*cloudtrail.Verification{
		cloudtrail.Unsigned: {Keys: none},
		cloudtrail.Modified: {Keys: none, AllKeys: true},
	} {
		_, sum := verify(t, v, newStore(digestTrail(t, synth.DigestConfig{}), bucket))
		if len(sum.Digests) != 1 || sum.Digests[want] != 24 || sum.Logs[cloudtrail.Valid] > 0 {
			t.Errorf("%s: %+v", want, sum)
		}
	}
	var asked []string
	ask := func(_ context.Context, region string, from, to time.Time) ([]cloudtrail.PublicKey, error) {
		asked = append(asked, region)
		if from.After(start) || to.Before(start.Add(12*time.Hour)) {
			t.Errorf("keys are asked for from %v to %v", from, to)
		}
		return nil, errors.New("not today")
	}
	_, sum := verify(t, &cloudtrail.Verification{Keys: ask, AllKeys: true}, newStore(digestTrail(t, synth.DigestConfig{}), bucket))
	if sum.Digests[cloudtrail.Unsigned] != 24 || !slices.Equal(asked, []string{"eu-west-1", "us-east-1"}) {
		t.Errorf("%+v, %v", sum, asked)
	}
}

func TestUnread(t *testing.T) {
	s := newStore(digestTrail(t, synth.DigestConfig{}), bucket)
	names := slices.Sorted(maps.Keys(s.objects))
	digest, log := names[0], names[len(names)-1]
	s.refused[log], s.refused[digest] = true, true
	bad, sum := verify(t, &cloudtrail.Verification{AllKeys: true}, s)
	if !slices.Contains(bad, "log "+log+" unread") || !slices.Contains(bad, "digest "+digest+" unread") || sum.Digests[cloudtrail.Unread] != 1 {
		t.Errorf("%v", bad)
	}
}
