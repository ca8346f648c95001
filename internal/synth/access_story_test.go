package synth

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A dataEvent is what is compared of one of S3's data events.
type dataEvent struct {
	trailRecord
	Time   time.Time `json:"eventTime"`
	Params struct {
		BucketName string `json:"bucketName"`
	} `json:"requestParameters"`
	raw string
}

// dataEvents are the trail's calls of S3, by request ID.
func dataEvents(t *testing.T, cfg Config) map[string]dataEvent {
	files, _ := trail(t, cfg)
	events := map[string]dataEvent{}
	for _, f := range files {
		if f.at.Kind != kindEvents {
			continue
		}
		for _, r := range records(t, f) {
			if r.EventSource != "s3.amazonaws.com" || r.EventCategory != "Data" {
				continue
			}
			e := dataEvent{raw: r.raw}
			for _, into := range []any{&e.trailRecord, &e} {
				if err := json.Unmarshal([]byte(r.raw), into); err != nil {
					t.Fatal(err)
				}
			}
			events[e.RequestID] = e
		}
	}
	return events
}

// agrees compares a line with its CloudTrail record.
func agrees(t *testing.T, e dataEvent, r AccessRecord) {
	t.Helper()
	if after := e.Time.Sub(r.Time); after < 0 || after > 2*time.Second {
		t.Errorf("%s is %s after %v", e.raw, after, r.Fields)
	}
	for field, want := range map[int]string{fieldBucket: e.Params.BucketName, fieldHostID: e.Additional.HostID, fieldHost: e.RequestParameters.Host} {
		if r.Fields[field] != want {
			t.Errorf("%s: field %d is %q", e.raw, field, r.Fields[field])
		}
	}
	if r.Fields[fieldOperation] == "BATCH.DELETE.OBJECT" {
		return
	}
	key, err := url.PathUnescape(r.Fields[fieldKey])
	if err != nil || key != e.RequestParameters.Key {
		t.Errorf("%s: key %q (%v)", e.raw, key, err)
	}
	if r.Fields[fieldAgent] != e.UserAgent || r.Fields[fieldAddress] != e.SourceIPAddress && e.UserIdentity.InvokedBy == "" {
		t.Errorf("%s: %q from %s", e.raw, r.Fields[fieldAgent], r.Fields[fieldAddress])
	}
	if arn := e.UserIdentity.ARN; arn != "" && r.Fields[fieldRequester] != arn {
		t.Errorf("%s: requester %s", e.raw, r.Fields[fieldRequester])
	}
	if code := r.Fields[fieldError]; code != e.ErrorCode {
		t.Errorf("%s: error %q", e.raw, code)
	}
}

func TestAccessTrail(t *testing.T) {
	events := dataEvents(t, small)
	for _, cfg := range []AccessConfig{usual, odd} {
		objects, _ := accessLog(t, cfg)
		lines, found := 0, map[string]int{}
		operations := map[string]bool{}
		for _, o := range objects {
			for _, r := range o.records {
				if r.Damaged || r.Again {
					continue
				}
				lines++
				if e, ok := events[r.Fields[fieldRequestID]]; ok {
					agrees(t, e, r)
					found[e.RequestID]++
					operations[r.Fields[fieldOperation]+r.Fields[fieldError]] = true
				}
			}
		}
		if len(found) < 100 || len(found) > len(events)*9/10 || lines < 2*len(found) {
			t.Errorf("%d of %d events have some of %d lines", len(found), len(events), lines)
		}
		for _, want := range []string{"REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.HEAD.OBJECT", "REST.GET.BUCKET", "REST.GET.OBJECTNoSuchKey"} {
			if !operations[want] {
				t.Errorf("no event has a line of %s", want)
			}
		}
	}
}

func TestAccessStory(t *testing.T) {
	for _, cfg := range []AccessConfig{{Config: Config{Events: MinEvents, Days: 2, Accounts: 2}, Lines: 300, Odd: true}, usual} {
		s, err := cfg.Story()
		if err != nil {
			t.Fatal(err)
		}
		events := dataEvents(t, cfg.Config)
		objects, _ := accessLog(t, cfg)
		got := map[string][]string{}
		for _, o := range objects {
			for _, r := range o.records {
				if r.Fields[fieldAddress] != s.Address || r.Again {
					continue
				}
				e, ok := events[r.Fields[fieldRequestID]]
				if !ok {
					t.Fatalf("the trail does not know %v", r.Fields)
				}
				agrees(t, e, r)
				op := r.Fields[fieldOperation]
				got[op] = append(got[op], r.Fields[fieldKey])
				if r.Fields[fieldRequester] != s.UserARN || r.Fields[fieldBucket] != s.Bucket || op != "BATCH.DELETE.OBJECT" && r.Fields[fieldAgent] != StoryAgent {
					t.Errorf("%v is not the thief's", r.Fields)
				}
				if strings.Contains(op, "DELETE") && e.RequestID != s.DeleteRequestID {
					t.Errorf("%s under %s", op, e.RequestID)
				}
				if op == "BATCH.DELETE.OBJECT" && strings.Contains(e.raw, r.Fields[fieldKey]) {
					t.Errorf("CloudTrail names %s", r.Fields[fieldKey])
				}
			}
		}
		// Objects are not delivered in the order of their requests.
		slices.Sort(got["REST.GET.OBJECT"])
		if keys := slices.Sorted(slices.Values(s.AccessKeys)); len(keys) < 24 || !slices.Equal(got["REST.GET.OBJECT"], keys) {
			t.Errorf("read %q, story says %q", got["REST.GET.OBJECT"], s.AccessKeys)
		}
		if !slices.Equal(got["BATCH.DELETE.OBJECT"], s.DeletedKeys) || !slices.Equal(s.DeletedKeys, s.AccessKeys) {
			t.Errorf("deleted %q, story says %q", got["BATCH.DELETE.OBJECT"], s.DeletedKeys)
		}
		if len(got["REST.GET.BUCKET"]) != 1 || len(got["REST.POST.MULTI_OBJECT_DELETE"]) != 1 || len(got) != 4 {
			t.Errorf("operations: %v", got)
		}
	}
}
