package s3test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An event of a region's event history: its record, as a trail's logs have it.
type event struct {
	at     time.Time
	record string
}

// Record adds records to a region's event history.
func (c *CloudTrail) Record(region string, records ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range records {
		var r struct{ EventTime time.Time }
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			panic(err)
		}
		c.events[region] = append(c.events[region], event{r.EventTime, text})
	}
	slices.SortStableFunc(c.events[region], func(a, b event) int { return b.at.Compare(a.at) })
}

// Throttle refuses the next n requests for events of a region.
func (c *CloudTrail) Throttle(region string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.throttled[region] = n
}

// Lookups are when events of a region were asked for.
func (c *CloudTrail) Lookups(region string) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lookups[region])
}

// lookup answers LookupEvents: newest first, in pages.
func (c *CloudTrail) lookup(w http.ResponseWriter, r *http.Request) {
	var in struct {
		StartTime, EndTime float64
		MaxResults         int
		NextToken          string
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(body, &in); err != nil {
		panic(err)
	}
	region := signedFor(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookups[region] = append(c.lookups[region], time.Now())
	if c.throttled[region] > 0 {
		c.throttled[region]--
		reply(w, http.StatusBadRequest, map[string]string{"__type": "ThrottlingException", "message": "Rate exceeded"})
		return
	}
	if in.MaxResults > 50 || in.StartTime < float64(time.Now().Add(-90*24*time.Hour).Unix()) || in.EndTime < in.StartTime {
		reply(w, http.StatusBadRequest, map[string]string{"__type": "InvalidTimeRangeException", "message": string(body)})
		return
	}
	var found []map[string]any
	for _, e := range c.events[region] {
		if at := float64(e.at.Unix()); at >= in.StartTime && at <= in.EndTime {
			found = append(found, map[string]any{"EventTime": at, "CloudTrailEvent": e.record})
		}
	}
	from := 0
	if in.NextToken != "" {
		if from, err = strconv.Atoi(strings.TrimPrefix(in.NextToken, "from ")); err != nil {
			panic(err)
		}
	}
	to := min(from+in.MaxResults, len(found))
	out := map[string]any{"Events": found[from:to]}
	if to < len(found) {
		out["NextToken"] = "from " + strconv.Itoa(to)
	}
	reply(w, http.StatusOK, out)
}
