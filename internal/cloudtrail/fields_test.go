package cloudtrail

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestFields holds what becomes of single members.
func TestFields(t *testing.T) {
	identity := func(s string) string { return `{"userIdentity":` + s + `}` }
	session := func(s string) string { return identity(`{"sessionContext":` + s + `}`) }
	attributes := func(s string) string { return session(`{"webIdFederationData":{"attributes":` + s + `}}`) }
	for _, x := range []struct {
		in, want string
		misfits  int
		replaced int
	}{
		// Values that fit.
		{in: `{}`, want: `{}`},
		{in: `{"eventID":null,"readOnly":null,"eventTime":null,"userIdentity":null,"resources":null,"requestParameters":null}`, want: `{}`},
		{in: `{"eventID":"","eventName":"a\u0000\"\\\/\b\f\n\r\tb\u00e9\ud83d\ude00é😀"}`, want: `{"eventID":"","eventName":"a\u0000\"\\/\b\f\n\r\tbé😀é😀"}`},
		{in: `{"readOnly":true,"managementEvent":"false","sessionCredentialFromConsole":"true"}`, want: `{"managementEvent":false,"readOnly":true,"sessionCredentialFromConsole":true}`},
		{in: `{"requestParameters":{"b":12345678901234567890,"a":1.10,"e":-0.0E+05,"b":[]}}`, want: `{"requestParameters":{"b":12345678901234567890,"a":1.10,"e":-0.0E+05,"b":[]}}`},
		{in: `{"requestParameters":"x","responseElements":5,"additionalEventData":[true],"serviceEventDetails":false,"eventContext":""}`,
			want: `{"additionalEventData":[true],"eventContext":"","requestParameters":"x","responseElements":5,"serviceEventDetails":false}`},
		{in: `{"requestParameters":{"a":"\u0000\u00e9\ud83d\ude00"}}`, want: `{"requestParameters":{"a":"\u0000\u00e9\ud83d\ude00"}}`},
		{in: `{"resources":[],"userIdentity":{},"tlsDetails":{}}`, want: `{"resources":[],"tlsDetails":{},"userIdentity":{}}`},
		{in: `{"resources":[{"ARN":"a"},{},null,{"accountId":"1","ARN":"b","type":null,"ARNPrefix":"c"}]}`, want: `{"resources":[{"ARN":"a"},{},null,{"ARN":"b","ARNPrefix":"c","accountId":"1"}]}`},
		{in: attributes(`{"a":"\u00e9","b":null,"":""}`), want: attributes(`{"":"","a":"é","b":null}`)},
		{in: attributes(`{}`), want: attributes(`{}`)},
		{in: `{"event\u004eame":"N","\u0065ventID":"1"}`, want: `{"eventID":"1","eventName":"N"}`},
		{in: session(`{"sessionIssuer":{"userName":"u","type":"Role"},"attributes":{"creationDate":"20131102T010628Z"},"assumedRoot":"true","ec2RoleDelivery":"2.0"}`),
			want: session(`{"assumedRoot":true,"attributes":{"creationDate":"20131102T010628Z"},"ec2RoleDelivery":"2.0","sessionIssuer":{"type":"Role","userName":"u"}}`)},
		// eventTime.
		{in: `{"eventTime":"2023-07-10T12:00:00Z"}`, want: `{"eventTime":"2023-07-10T12:00:00Z"}`},
		{in: `{"eventTime":"2023-07-10T12:00:00.123456+02:00"}`, want: `{"eventTime":"2023-07-10T10:00:00.123456Z"}`},
		{in: `{"eventTime":"2023-07-10T12:00:00\u005a"}`, want: `{"eventTime":"2023-07-10T12:00:00Z"}`},
		{in: `{"eventTime":"2023-02-29T12:00:00Z"}`, want: `{"extra":{"eventTime":"2023-02-29T12:00:00Z"}}`, misfits: 1},
		{in: `{"eventTime":"2023-07-10T12:00:00.1234567Z"}`, want: `{"extra":{"eventTime":"2023-07-10T12:00:00.1234567Z"}}`, misfits: 1},
		{in: `{"eventTime":1689000000}`, want: `{"extra":{"eventTime":1689000000}}`, misfits: 1},
		{in: `{"eventTime":""}`, want: `{"extra":{"eventTime":""}}`, misfits: 1},
		// Values that do not fit.
		{in: `{"eventID":5,"eventName":["x"],"awsRegion":{"a":1},"userAgent":false}`, want: `{"extra":{"eventID":5,"eventName":["x"],"awsRegion":{"a":1},"userAgent":false}}`, misfits: 4},
		{in: `{"readOnly":1,"managementEvent":"True","sessionCredentialFromConsole":{}}`, want: `{"extra":{"readOnly":1,"managementEvent":"True","sessionCredentialFromConsole":{}}}`, misfits: 3},
		{in: `{"userIdentity":"u","tlsDetails":[],"addendum":0}`, want: `{"extra":{"userIdentity":"u","tlsDetails":[],"addendum":0}}`, misfits: 3},
		{in: identity(`{"type":5,"sessionContext":"s","onBehalfOf":{"userId":[]}}`), want: `{"extra":{"userIdentity":{"type":5,"sessionContext":"s","onBehalfOf":{"userId":[]}}},"userIdentity":{"onBehalfOf":{}}}`, misfits: 3},
		{in: session(`{"attributes":{"mfaAuthenticated":true},"webIdFederationData":{"attributes":[]}}`),
			want: `{"extra":{"userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":[]},"attributes":{"mfaAuthenticated":true}}}},"userIdentity":{"sessionContext":{"attributes":{},"webIdFederationData":{}}}}`, misfits: 2},
		{in: `{"tlsDetails":{"tlsVersion":1.2}}`, want: `{"extra":{"tlsDetails":{"tlsVersion":1.2}},"tlsDetails":{}}`, misfits: 1},
		{in: `{"resources":{"ARN":"a"}}`, want: `{"extra":{"resources":{"ARN":"a"}}}`, misfits: 1},
		{in: `{"resources":[5,{"ARN":7,"type":false}]}`, want: `{"extra":{"resources":[5,{"ARN":7,"type":false}]},"resources":[null,{}]}`, misfits: 1},
		{in: `{"resources":[{"ARN":"a","new":1}]}`, want: `{"extra":{"resources":[{"ARN":"a","new":1}]},"resources":[{"ARN":"a"}]}`},
		{in: attributes(`{"a":"b","c":5}`), want: `{"extra":` + attributes(`{"a":"b","c":5}`) + `,` + session(`{"webIdFederationData":{}}`)[1:], misfits: 1},
		{in: attributes(`{"a":"b","a":"c"}`), want: `{"extra":` + attributes(`{"a":"b","a":"c"}`) + `,` + session(`{"webIdFederationData":{}}`)[1:], misfits: 1},
		// Members that are new, or come twice.
		{in: `{"new":{"b":1,"a":12345678901234567890},"extra":1,"sourceObject":"s","recordIndex":7}`, want: `{"extra":{"new":{"b":1,"a":12345678901234567890},"extra":1,"sourceObject":"s","recordIndex":7}}`},
		{in: identity(`{"new":1.0,"sessionContext":{"new":[2],"sessionIssuer":{"new":null}}}`), want: `{"extra":{"userIdentity":{"new":1.0,"sessionContext":{"new":[2],"sessionIssuer":{"new":null}}}},"userIdentity":{"sessionContext":{"sessionIssuer":{}}}}`},
		{in: `{"eventName":"a","eventName":"b","EventName":"c","event\u004eame":"d"}`, want: `{"eventName":"a","extra":{"eventName":"b","EventName":"c","event\u004eame":"d"}}`},
		{in: `{"eventName":null,"eventName":"b"}`, want: `{"extra":{"eventName":"b"}}`},
		{in: `{"resources":[{"ARN":"a","ARN":"b"}]}`, want: `{"extra":{"resources":[{"ARN":"a","ARN":"b"}]},"resources":[{"ARN":"a"}]}`},
		// Text that is not Unicode.
		{in: "{\"eventID\":\"a\xffb\\udc00\\ud800\"}", want: `{"eventID":"a�b��"}`, replaced: 1},
		{in: "{\"requestParameters\":{\"a\xff\":[\"\xc3\",\"\\ud800\\ud83d\\ude00\"]}}", want: `{"requestParameters":{"a�":["�","�\ud83d\ude00"]}}`, replaced: 1},
		{in: "{\"requestParameters\":{\"a\":\"\xff\\ufffd\"}}", want: `{"requestParameters":{"a":"�\ufffd"}}`, replaced: 1},
		{in: "{\"n\xffw\":\"\xff\",\"n\xff\":\"b\",\"m\":\"\xff\"}", want: `{"extra":{"n�w":"�","n�":"b","m":"�"}}`, replaced: 4},
		{in: "{\"n\xffw\":1,\"eventName\":\"b\"}", want: `{"eventName":"b","extra":{"n�w":1}}`, replaced: 1},
		{in: attributes("{\"a\xff\":\"b\",\"c\":\"\xff\"}"), want: attributes(`{"a�":"b","c":"�"}`), replaced: 2},
		{in: attributes("{\"a\xff\":\"b\",\"a\xfe\":\"c\"}"), want: `{"extra":` + attributes(`{"a�":"b","a�":"c"}`) + `,` + session(`{"webIdFederationData":{}}`)[1:], misfits: 1, replaced: 1},
		{in: "{\"resources\":[{\"ARN\":\"\xff\"}]}", want: `{"resources":[{"ARN":"�"}]}`, replaced: 1},
		{in: "{\"resources\":[{\"ARN\":\"\xff\",\"new\":1}]}", want: `{"extra":{"resources":[{"ARN":"�","new":1}]},"resources":[{"ARN":"�"}]}`, replaced: 1},
		{in: "{\"eventTime\":\"\xff\"}", want: `{"extra":{"eventTime":"�"}}`, misfits: 1, replaced: 1},
		{in: "{\"eventName\":{\"a\":\"\xff\"}}", want: `{"extra":{"eventName":{"a":"�"}}}`, misfits: 1, replaced: 1},
	} {
		const before = `{"Records":[`
		b, err := decode(t, nil, before+x.in+`]}`)
		if err != nil {
			t.Errorf("%q: %v", x.in, err)
			continue
		}
		if got := record(t, &b.Events, 0); got != x.want {
			t.Errorf("%q\ngave %s\nwant %s", x.in, got, x.want)
		}
		if o := b.Objects[0]; o.Misfits != x.misfits || o.Replaced != x.replaced || o.Damaged != 0 || len(b.Damaged) != x.replaced {
			t.Errorf("%q: %d misfits, %d replaced, %d in Damaged", x.in, o.Misfits, o.Replaced, len(b.Damaged))
		}
		for _, d := range b.Damaged {
			if at := int(d.Byte) - len(before); !strings.HasPrefix(x.in[at:], string(d.Text)) || !d.Replaced || len(d.Text) == 0 {
				t.Errorf("%q: byte %d is not %q", x.in, d.Byte, d.Text)
			}
		}
	}
}

// TestAsJSON: each member of a random record has in its row the value that
// encoding/json reads.
func TestAsJSON(t *testing.T) {
	b := newBatch(t)
	var d Decoder
	for seed := range uint64(1000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		text := g.object(&Events.root, 0)
		b.Reset()
		if err := d.Decode(b, Object{}, body(`{"Records":[`+text+`]}`)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		got, want := parse(t, record(t, &b.Events, 0)), parse(t, text)
		if extra, ok := got["extra"]; ok {
			delete(got, "extra")
			merge(got, extra.(map[string]any))
		}
		prune(&Events.root, want)
		prune(&Events.root, got)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d\n%s\ngave %s\n%v\nwant\n%v", seed, text, record(t, &b.Events, 0), got, want)
		}
	}
}

func parse(t *testing.T, text string) (m map[string]any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

// merge puts what extra holds back where it was.
func merge(m, extra map[string]any) {
	for k, v := range extra {
		inside, a := m[k].(map[string]any)
		more, b := v.(map[string]any)
		if a && b {
			merge(inside, more)
		} else {
			m[k] = v
		}
	}
}

// prune takes away what a row does not tell: null, and how a Bool was written.
func prune(in *Column, m map[string]any) {
	for k, v := range m {
		c := in.byName[k]
		switch v := v.(type) {
		case nil:
			if c != nil {
				delete(m, k)
			}
		case string:
			if c != nil && c.Kind == Bool && (v == "true" || v == "false") {
				m[k] = v == "true"
			}
		case map[string]any:
			if c != nil && c.Kind == Struct {
				prune(c, v)
			}
		case []any:
			for _, e := range v {
				if e, ok := e.(map[string]any); ok && c != nil && c.Kind == List {
					prune(c, e)
				}
			}
		}
	}
}

// A generator makes random records as JSON text, without names that come twice.
type generator struct{ *rand.Rand }

func (g generator) pick(all ...string) string { return all[g.IntN(len(all))] }

func (g generator) space() string {
	if g.IntN(10) > 0 {
		return ""
	}
	return g.pick(" ", "\n", "\t\r\n ", "    ")
}

func (g generator) object(in *Column, depth int) string {
	members := slices.Clone(in.Members)
	if g.IntN(2) == 0 {
		g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	}
	var out []string
	for _, c := range members {
		if c.member() && g.IntN(3) > 0 {
			out = append(out, g.name(c.Name)+g.space()+":"+g.space()+g.column(c, depth))
		}
		if g.IntN(12) == 0 {
			out = append(out, g.name(fmt.Sprint("new", len(out)))+":"+g.any(0))
		}
	}
	return "{" + g.space() + strings.Join(out, g.space()+","+g.space()) + g.space() + "}"
}

func (g generator) name(s string) string {
	if g.IntN(8) > 0 {
		return `"` + s + `"`
	}
	i := g.IntN(len(s))
	return fmt.Sprintf(`"%s\u%04x%s"`, s[:i], s[i], s[i+1:])
}

func (g generator) column(c *Column, depth int) string {
	if g.IntN(15) == 0 {
		return g.any(1)
	}
	switch c.Kind {
	case Bool:
		return g.pick("true", "false", `"true"`, `"false"`, "null")
	case Time:
		return `"` + time.Unix(g.Int64N(4e9), 0).UTC().Format(time.RFC3339) + `"`
	case JSON:
		return g.any(0)
	case Struct:
		return g.object(c, depth+1)
	case List:
		var out []string
		for range g.IntN(4) {
			out = append(out, g.space()+g.object(c, depth+1))
		}
		return "[" + strings.Join(out, g.space()+",") + g.space() + "]"
	case Map:
		return fmt.Sprintf(`{"a":%s,%s"b":%s}`, g.string(), g.space(), g.string())
	}
	return g.string()
}

func (g generator) string() string {
	var out strings.Builder
	for range g.IntN(20) {
		out.WriteString(g.pick("a", "z", "0", " ", "é", "😀", "\u2028", "\x7f", `\n`, `\"`, `\\`, `\/`, `\u0000`, `\u00e9`, `\uFFFF`, `\ud83d\ude00`, "abcdefgh", "{", "]", ","))
	}
	return `"` + out.String() + `"`
}

func (g generator) any(depth int) string {
	kind := g.IntN(9)
	if depth > 5 {
		kind = g.IntN(6)
	}
	switch kind {
	case 0:
		return g.pick("true", "false", "null")
	case 1, 2:
		return g.pick("0", "-0", "7", "-12", "1.10", "12345678901234567890", "0.1e-7", "1E+400", "-0.0", "9223372036854775807", "3.14159265358979323846")
	case 3, 4, 5:
		return g.string()
	case 6:
		var out []string
		for range g.IntN(4) {
			out = append(out, g.space()+g.any(depth+1))
		}
		return "[" + strings.Join(out, ",") + g.space() + "]"
	default:
		var out []string
		for i := range g.IntN(5) {
			out = append(out, fmt.Sprintf(`%s"%d":%s`, g.space(), i, g.any(depth+1)))
		}
		return "{" + strings.Join(out, ",") + g.space() + "}"
	}
}

// TestParseTime: RFC 3339 as time.Parse reads it, without nanoseconds.
func TestParseTime(t *testing.T) {
	// time.Parse takes a comma before the fraction, too, and zones of 24 hours and 60 minutes.
	lax := regexp.MustCompile(`,|[+-]24:|[+-]..:60$`)
	check := func(s string) {
		t.Helper()
		want, err := time.Parse(time.RFC3339, s)
		_, fraction, _ := strings.Cut(s, ".")
		digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
		fits := err == nil && digits <= 6 && !lax.MatchString(s[min(len(s), 19):])
		got, ok := parseTime([]byte(s))
		if ok != fits || ok && got != want.UnixMicro() {
			t.Errorf("%q: %d %v, want %v %v", s, got, ok, want, err)
		}
	}
	for _, s := range []string{"", "2023-07-10", "2023-07-10T12:00:00", "2023-07-10 12:00:00Z", "2023-07-10t12:00:00z", "20230710T120000Z",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
		"2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z",
		"2023-01-01T00:00:00.Z", "2023-01-01T00:00:00.1", "2023-01-01T00:00:00.123456Z", "2023-01-01T00:00:00.1234567Z", "2023-01-01T00:00:00,5Z",
		"2023-01-01T00:00:00+00:00", "2023-01-01T00:00:00-23:59", "2023-01-01T00:00:00+5:00", "2023-01-01T00:00:00+05:60", "2023-01-01T00:00:00ZZ", "+023-01-01T00:00:00Z"} {
		check(s)
	}
	g := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		s := time.Unix(g.Int64N(300e9)-60e9, g.Int64N(1e9)).In(time.FixedZone("", g.IntN(170000)-85000)).Format(
			[...]string{time.RFC3339, time.RFC3339Nano, "2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04:05.000000Z07:00"}[g.IntN(4)])
		check(s)
		if i := g.IntN(len(s)); i < 20 || g.IntN(2) == 0 { // one character changed
			check(s[:i] + string("0123456789-:TZ.+ x"[g.IntN(18)]) + s[i+1:])
		}
	}
}

// TestFilter: to the second, and what is left out is counted.
func TestFilter(t *testing.T) {
	at := func(s string) int64 { us, _ := parseTime([]byte(s)); return us }
	text := `{"Records":[
		{"eventID":"a","eventTime":"2023-07-10T11:59:59Z","awsRegion":"us-east-1","recipientAccountId":"1","userIdentity":{"accountId":"2"}},
		{"eventID":"b","eventTime":"2023-07-10T12:00:00Z","awsRegion":"us-east-1","userIdentity":{"accountId":"2"}},
		{"eventID":"c","eventTime":"2023-07-10T12:00:01Z","awsRegion":"eu-west-1","userIdentity":{"sessionContext":{"sessionIssuer":{"accountId":"3"}}},"new":"` + "\xff" + `"},
		{"eventID":"d","awsRegion":5},
		{"eventId":"agg","summary":{}}, 5]}`
	for _, x := range []struct {
		name string
		f    func(f *Filter)
		want string
	}{
		{"nothing", func(*Filter) {}, "abcd"},
		{"no times", func(f *Filter) { f.Since, f.Until = NoTime, NoTime }, "abcd"},
		{"since", func(f *Filter) { f.Since = at("2023-07-10T12:00:00Z") }, "bc"},
		{"until", func(f *Filter) { f.Until = at("2023-07-10T12:00:00Z") }, "a"},
		{"both", func(f *Filter) { f.Since, f.Until = at("2023-07-10T12:00:00Z"), at("2023-07-10T12:00:01Z") }, "b"},
		{"recipient", func(f *Filter) { f.Accounts = []string{"1"} }, "a"},
		{"identity", func(f *Filter) { f.Accounts = []string{"2"} }, "b"},
		{"issuer", func(f *Filter) { f.Accounts = []string{"9", "3"} }, "c"},
		{"region", func(f *Filter) { f.Regions = []string{"eu-west-1", "us-west-1"} }, "c"},
		{"all", func(f *Filter) { f.Accounts, f.Regions = []string{"1"}, []string{"eu-west-1"} }, ""},
	} {
		var f Filter
		x.f(&f)
		b, err := decode(t, &Decoder{Filter: &f}, text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i := range b.Events.Rows {
			got += string(b.Events.identity(i)[0])
		}
		o := b.Objects[0]
		replaced := strings.Count(x.want, "c")
		if got != x.want || o.Rows[InEvents] != len(x.want) || o.LeftOut != 4-len(x.want) || o.Rows[InAggregated] != 1 || o.Damaged != 1 || o.Replaced != replaced {
			t.Errorf("%s: kept %q, %+v", x.name, got, o)
		}
	}
}

// TestIdentity: what is a copy of what.
func TestIdentity(t *testing.T) {
	b, err := decode(t, nil, `{"Records":[
		{"eventID":"1","eventTime":"2023-07-10T12:00:00Z","eventSource":"s","eventName":"n"},
		{"eventName":"n","eventID":"1","eventTime":"2023-07-10T12:00:00+00:00","eventSource":"s","new":1},
		{"eventID":"1","eventTime":"2023-07-10T12:00:01Z","eventSource":"s","eventName":"n"},
		{"eventID":"1","eventTime":"2023-07-10T12:00:00Z","eventSource":"s"},
		{"eventID":"1","eventTime":"2023-07-10T12:00:00Z","eventSource":"s","eventName":""},
		{"eventVersion":"1.00","eventTime":"2023-07-10T12:00:00Z","eventSource":"s","eventName":"n"},
		{"eventVersion":"1.00","eventTime":"2023-07-10T12:00:00Z","eventSource":"s","eventName":"n"},
		{"eventID":"","eventName":"n"},{"eventID":"","eventName":"n"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	r := &b.Events
	for i := range r.Rows {
		for j := range r.Rows {
			want := i == j && i < 5 || i+j == 1
			if got := r.Same(i, r, j); got != want {
				t.Errorf("%d and %d: %v", i, j, got)
			}
		}
		if (r.Rows[i].Key == RowKey{}) != (i >= 5) {
			t.Errorf("%d: key %x", i, r.Rows[i].Key)
		}
	}
	if !utf8.Valid(r.identity(0)[0]) {
		t.Error("identity")
	}
}
