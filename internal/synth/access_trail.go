package synth

import (
	"encoding/json"
	"strconv"
)

// A trailRecord is what the access log repeats of a CloudTrail record.
type trailRecord struct {
	EventName       string `json:"eventName"`
	SourceIPAddress string `json:"sourceIPAddress"`
	UserAgent       string `json:"userAgent"`
	ErrorCode       string `json:"errorCode"`
	RequestID       string `json:"requestID"`
	UserIdentity    struct {
		Type        string `json:"type"`
		ARN         string `json:"arn"`
		PrincipalID string `json:"principalId"`
		InvokedBy   string `json:"invokedBy"`
	} `json:"userIdentity"`
	RequestParameters struct {
		Host string `json:"Host"`
		Key  string `json:"key"`
	} `json:"requestParameters"`
	Additional struct {
		HostID string `json:"x-amz-id-2"`
		In     int64  `json:"bytesTransferredIn"`
		Out    int64  `json:"bytesTransferredOut"`
	} `json:"additionalEventData"`
}

// trailRecord writes the draft's record and reads it again: so its lines in the
// access log say what the trail says, however records come to be written.
func (w *world) trailRecord(d draft) (trailRecord, error) {
	var r trailRecord
	err := json.Unmarshal(w.record(make([]byte, 0, 4096), d), &r)
	return r, err
}

// trailCalls are S3's data events with how the access log calls them.
var trailCalls = map[string]accessKind{
	"GetObject":     {operation: "REST.GET.OBJECT", is: "ks"},
	"HeadObject":    {operation: "REST.HEAD.OBJECT", is: "k"},
	"PutObject":     {operation: "REST.PUT.OBJECT", is: "k"},
	"DeleteObject":  {operation: "REST.DELETE.OBJECT", is: "k", status: "204"},
	"ListObjects":   {operation: "REST.GET.BUCKET", is: "x", query: "list-type=2"},
	"DeleteObjects": {operation: "REST.POST.MULTI_OBJECT_DELETE", is: "x", query: "delete"},
}

// isLogged reports whether an everyday event can have lines in the access log.
func (d *draft) isLogged() bool {
	_, ok := trailCalls[d.op.name]
	return ok && d.op.short == "s3" && d.op.who == ""
}

// bucketOf is the place in the account's pool of the bucket that an everyday
// event is about.
func (w *world) bucketOf(d draft) int { return w.names.at(mix(mix(d.seed, 6), poolBucket)) }

// trail appends the lines of those everyday data events of the object's trail
// files that are about its bucket and happened in its time, up to last lines.
func (p *accessPress) trail(lines []accessLine, f *accessFile, last int) ([]accessLine, error) {
	for _, from := range f.from {
		for _, d := range p.w.everyday(from) {
			if len(lines) >= last || d.t < f.begin || d.t > f.end || !d.isLogged() || p.w.bucketOf(d) != f.pooled {
				continue
			}
			var err error
			r := rng{mix(d.seed, 31)}
			if lines, err = p.event(lines, f, d, p.doomed(f, min(r.below(5), last-1-len(lines)), &r)); err != nil {
				return nil, err
			}
		}
	}
	return lines, nil
}

// story appends the lines of the thief's data events.
func (p *accessPress) story(lines []accessLine, f *accessFile) ([]accessLine, error) {
	var err error
	for _, d := range f.story {
		if lines, err = p.event(lines, f, d, f.stolen); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// event appends the line of one data event, and one more for each key, as the
// log writes them, if it deletes many.
func (p *accessPress) event(lines []accessLine, f *accessFile, d draft, deleted []string) ([]accessLine, error) {
	t, err := p.w.trailRecord(d)
	if err != nil {
		return nil, err
	}
	kind, r := trailCalls[t.EventName], rng{mix(d.seed, 32)}
	l := f.newLine(d.t - int64(r.below(2))) // CloudTrail has when it ended
	l.set(fieldRequestID, t.RequestID)
	l.set(fieldHostID, t.Additional.HostID)
	l.set(fieldRequester, t.requester())
	l.set(fieldAgent, t.UserAgent)
	if t.UserIdentity.InvokedBy == "" {
		l.set(fieldAddress, t.SourceIPAddress)
	}
	l.set(fieldHost, t.RequestParameters.Host)
	l.secure("TLSv1.3", "SigV4", "AuthHeader")
	if d.addr == "" {
		l.set(fieldRegion, f.region)
	}
	l.ask(&kind, encodeKey(t.RequestParameters.Key), kind.query)
	switch t.ErrorCode {
	case "":
		l.answer(&kind, max(t.Additional.In, t.Additional.Out), &r)
	case "NoSuchKey":
		l.refuse("404", t.ErrorCode, &r)
	default:
		l.refuse("403", t.ErrorCode, &r)
	}
	lines = append(lines, l)
	if t.EventName != "DeleteObjects" || t.ErrorCode != "" {
		return lines, nil
	}
	return p.batch(lines, f, deleted, &r), nil
}

// requester is who asked, as the access log writes it.
func (t *trailRecord) requester() string {
	switch u := &t.UserIdentity; {
	case u.Type == "AWSService":
		return "svc:" + u.InvokedBy
	case u.ARN != "":
		return u.ARN
	default:
		return u.PrincipalID
	}
}

// batch appends a line for each key that the last line's request deletes. They
// share its request ID.
func (p *accessPress) batch(lines []accessLine, f *accessFile, keys []string, r *rng) []accessLine {
	request := lines[len(lines)-1]
	for _, key := range keys {
		l := request
		l.bare = true
		for _, field := range []int{fieldURI, fieldSent, fieldTotal, fieldTurnAround, fieldReferer, fieldAgent, fieldVersion} {
			l.set(field, "")
		}
		l.set(fieldOperation, "BATCH.DELETE.OBJECT")
		l.set(fieldKey, key)
		l.set(fieldStatus, "204")
		l.set(fieldSize, strconv.Itoa(1+r.below(1<<22)))
		if f.versioned {
			l.set(fieldVersion, versionID(r))
		}
		lines = append(lines, l)
	}
	return lines
}

// doomed are n keys that one request deletes: different ones or, where there
// are versions, at times one key again.
func (p *accessPress) doomed(f *accessFile, n int, r *rng) []string {
	keys := make([]string, max(n, 0))
	job := r.next()
	for i := range keys {
		p.name = append(appendHex(append(p.name[:0], "tmp/job%3D"...), job, 4), "/part-"...)
		keys[i] = string(strconv.AppendInt(p.name, int64(i), 10))
		if f.versioned && i > 0 && r.below(2) == 0 {
			keys[i] = keys[i-1]
		}
	}
	return keys
}
