package queries_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// A fixture is what stands beside a detection as NAME.json: cases that it has to
// find something in, and look-alikes in which it must not. The form is told in
// package documentation.
type fixture struct {
	Find, Ignore []scene
}

// A scene is one case: logs that are asked by themselves.
type scene struct {
	Note     string                       // for a person
	Records  []map[string]json.RawMessage // of CloudTrail
	Requests []string                     // lines of S3's access log
	Params   map[string]string            // instead of the defaults
	Expect   expectation
	Shows    map[string]string // what each finding has in a column, in part
}

// An expectation is how many findings there are, or the eventIDs that they have.
type expectation struct {
	n   int
	ids []string
}

func (e *expectation) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &e.n) == nil {
		return nil
	}
	err := json.Unmarshal(text, &e.ids)
	e.n = len(e.ids)
	return err
}

// UnmarshalJSON reads a record, a list of records, or an object of what a scene has.
func (s *scene) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, &s.Records)
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(text, &record); err != nil {
		return err
	}
	if record["records"] == nil && record["requests"] == nil {
		s.Records = append(s.Records, record)
		return nil
	}
	type plain scene
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode((*plain)(s))
}

// readFixture reads what stands beside the detection.
func readFixture(name string) (f fixture, err error) {
	text, err := os.ReadFile(name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return f, fmt.Errorf("%s.json is not there: a detection has records that it finds and records that it does not", name)
	}
	if err != nil {
		return f, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return f, fmt.Errorf("%s.json: %w", name, err)
	}
	if len(f.Find) == 0 || len(f.Ignore) == 0 {
		return f, fmt.Errorf("%s.json: %d cases to find and %d to ignore: want some of both", name, len(f.Find), len(f.Ignore))
	}
	for i := range f.Find {
		if f.Find[i].Expect.n == 0 && f.Find[i].Expect.ids == nil {
			f.Find[i].Expect.n = 1
		}
	}
	return f, nil
}

// firstTime is the eventTime of a scene's first record; each next one is a minute
// later.
var firstTime = time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC)

// defaults are the members that a record has that does not name them; null takes
// one away.
var defaults = map[string]string{
	"eventVersion": `"1.11"`, "awsRegion": `"eu-west-1"`, "recipientAccountId": `"111122223333"`,
	"eventType": `"AwsApiCall"`, "eventCategory": `"Management"`, "managementEvent": `true`, "readOnly": `false`,
	"sourceIPAddress": `"198.51.100.7"`, "userAgent": `"aws-cli/2.15.0"`,
	"userIdentity": `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice","accessKeyId":"AKIAEXAMPLE"}`,
}

// complete are the scene's records with what they do not name: IDs that begin with
// prefix, times, and defaults. times and every of a record repeat it.
func (s scene) complete(prefix string) (records []map[string]json.RawMessage, err error) {
	at := firstTime
	for i, short := range s.Records {
		times, every := 1, time.Minute
		if text, ok := short["times"]; ok {
			if err := json.Unmarshal(text, &times); err != nil {
				return nil, err
			}
		}
		if text, ok := short["every"]; ok {
			if every, err = time.ParseDuration(strings.Trim(string(text), `"`)); err != nil {
				return nil, err
			}
		}
		if text, ok := short["eventTime"]; ok {
			if at, err = time.Parse(time.RFC3339, strings.Trim(string(text), `"`)); err != nil {
				return nil, err
			}
		}
		for n := range times {
			r := maps.Clone(short)
			for name, value := range defaults {
				if _, ok := r[name]; !ok {
					r[name] = json.RawMessage(value)
				}
			}
			r["eventTime"] = json.RawMessage(at.Format(`"2006-01-02T15:04:05Z"`))
			if _, ok := r["eventID"]; !ok || times > 1 {
				r["eventID"] = fmt.Appendf(nil, "%q", fmt.Sprintf("%s-%d-%d", prefix, i+1, n+1))
			}
			maps.DeleteFunc(r, func(name string, value json.RawMessage) bool {
				return name == "times" || name == "every" || string(value) == "null" && name != "requestParameters" && name != "responseElements"
			})
			records = append(records, r)
			at = at.Add(every)
		}
	}
	return records, nil
}

// spoiled are the records again, each once without each of the members that AWS
// leaves out at times, or has of another kind: no statement may fail of them.
func spoiled(records []map[string]json.RawMessage) (more []map[string]json.RawMessage) {
	odd := []struct{ name, value string }{
		{"requestParameters", `null`}, {"requestParameters", `{}`}, {"requestParameters", `"HIDDEN_DUE_TO_SECURITY_REASONS"`}, {"requestParameters", `[{}]`},
		{"responseElements", `null`}, {"responseElements", `{"omitted":true}`}, {"additionalEventData", ``}, {"additionalEventData", `"\u001b[2J"`},
		{"serviceEventDetails", ``}, {"resources", ``}, {"resources", `[{}]`},
		{"userIdentity", `{"type":"Unknown"}`}, {"userIdentity", ``}, {"sourceIPAddress", ``}, {"sourceIPAddress", `"999.1.2.3/'; --"`},
		{"recipientAccountId", ``}, {"awsRegion", ``}, {"errorCode", `"AccessDenied"`}, {"eventSource", ``}, {"userAgent", ``},
		{"readOnly", ``}, {"eventType", ``}, {"eventCategory", ``}, {"tlsDetails", ``},
	}
	for i, r := range records {
		for j, o := range odd {
			one := maps.Clone(r)
			one["eventID"] = fmt.Appendf(nil, `"odd-%d-%d"`, i, j)
			if one[o.name] = json.RawMessage(o.value); o.value == "" {
				delete(one, o.name)
			}
			more = append(more, one)
		}
		one := maps.Clone(r) // each value inside is of another kind
		one["eventID"] = fmt.Appendf(nil, `"odd-%d"`, i)
		for _, name := range []string{"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"} {
			var members map[string]json.RawMessage
			if json.Unmarshal(one[name], &members) != nil {
				continue
			}
			for k, member := range slices.Sorted(maps.Keys(members)) {
				members[member] = json.RawMessage([]string{`"x"`, `-1.5`, `["x",null]`, `{"a":{}}`, `""`}[k%5])
			}
			text, err := json.Marshal(members)
			if err == nil {
				one[name] = text
			}
		}
		more = append(more, one)
	}
	return more
}
