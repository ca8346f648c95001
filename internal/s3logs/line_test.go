package s3logs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Parts of lines.
const (
	head   = `79a5 bucket1 [06/Feb/2026:00:00:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/a 3E57427F3EXAMPLE REST.GET.OBJECT a/b%2520c.txt `
	uri    = `"GET /bucket1/a/b%20c.txt?versionId=x HTTP/1.1"`
	answer = ` 200 - 113 114 7 6 `
	agents = `"https://example.com/" "S3Console/0.4"`
	tail   = ` v1 s9lz/+==  SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader b.s3.us-west-1.amazonaws.com TLSV1.2 arn:aws:s3:us-west-1:123456789012:accesspoint/ap Yes us-east-1`
)

// parse takes a line apart that has no fault.
func parse(t testing.TB, line string) *Line {
	t.Helper()
	var l Line
	if err := l.Parse([]byte(line)); err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
	return &l
}

// text is a field as a test writes it: "<null>" for null.
func text(line string, f Field) string {
	if f.From < 0 {
		return "<null>"
	}
	return line[f.From:f.To]
}

// wantFields compares a line's fields from first on, and with no more behind them.
func wantFields(t testing.TB, line string, first int, want ...string) {
	t.Helper()
	l := parse(t, line)
	for i, w := range want {
		if n := first + i; n < NumFields {
			if got := text(line, l.Fields[n]); got != w {
				t.Errorf("%s: %q, want %q\n%s", Names[n], got, w, line)
			}
		} else if got := text(line, l.More[n-NumFields]); got != w {
			t.Errorf("field %d: %q, want %q\n%s", n+1, got, w, line)
		}
	}
	for n := first + len(want); n < NumFields; n++ {
		if l.Fields[n] != null {
			t.Errorf("%s: %q, want none\n%s", Names[n], text(line, l.Fields[n]), line)
		}
	}
	if l.Count != first+len(want) || len(l.More) != max(0, l.Count-NumFields) {
		t.Errorf("%d fields, and %d more, want %d\n%s", l.Count, len(l.More), first+len(want), line)
	}
}

// The lines of AWS's documentation of the format, and what each of them says.
func TestDocumented(t *testing.T) {
	const owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	for _, x := range []struct {
		line string
		time string
		want string // fields from the request ID on, parted by |
	}{
		{
			owner + ` amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ` + owner + ` 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP Yes us-east-1`,
			"2019-02-06T00:00:38Z",
			`3E57427F3EXAMPLE|REST.GET.VERSIONING|<null>|GET /amzn-s3-demo-bucket1?versioning HTTP/1.1|200|<null>|113|<null>|7|<null>|<null>|S3Console/0.4|<null>|s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=|SigV4|ECDHE-RSA-AES128-GCM-SHA256|AuthHeader|amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com|TLSV1.2|arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP|Yes|us-east-1`,
		},
		{
			owner + ` amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ` + owner + ` 891CE47D2EXAMPLE REST.GET.LOGGING_STATUS - "GET /amzn-s3-demo-bucket1?logging HTTP/1.1" 200 - 242 - 11 - "-" "S3Console/0.4" - 9vKBE6vMhrNiWHZmb2L0mXOcqPGzQOI5XLnCtZNPxev+Hf+7tpT6sxDwDty4LHBUOZJG96N1234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - - us-east-1`,
			"2019-02-06T00:00:38Z",
			`891CE47D2EXAMPLE|REST.GET.LOGGING_STATUS|<null>|GET /amzn-s3-demo-bucket1?logging HTTP/1.1|200|<null>|242|<null>|11|<null>|<null>|S3Console/0.4|<null>|9vKBE6vMhrNiWHZmb2L0mXOcqPGzQOI5XLnCtZNPxev+Hf+7tpT6sxDwDty4LHBUOZJG96N1234=|SigV4|ECDHE-RSA-AES128-GCM-SHA256|AuthHeader|amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com|TLSV1.2|<null>|<null>|us-east-1`,
		},
		{
			owner + ` amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ` + owner + ` A1206F460EXAMPLE REST.GET.BUCKETPOLICY - "GET /amzn-s3-demo-bucket1?policy HTTP/1.1" 404 NoSuchBucketPolicy 297 - 38 - "-" "S3Console/0.4" - BNaBsXZQQDbssi6xMBdBU2sLt+Yf5kZDmeBUP35sFoKa3sLLeMC78iwEIWxs99CRUrbS4n11234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - Yes us-east-1`,
			"2019-02-06T00:00:38Z",
			`A1206F460EXAMPLE|REST.GET.BUCKETPOLICY|<null>|GET /amzn-s3-demo-bucket1?policy HTTP/1.1|404|NoSuchBucketPolicy|297|<null>|38|<null>|<null>|S3Console/0.4|<null>|BNaBsXZQQDbssi6xMBdBU2sLt+Yf5kZDmeBUP35sFoKa3sLLeMC78iwEIWxs99CRUrbS4n11234=|SigV4|ECDHE-RSA-AES128-GCM-SHA256|AuthHeader|amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com|TLSV1.2|<null>|Yes|us-east-1`,
		},
		{
			owner + ` amzn-s3-demo-bucket1 [06/Feb/2019:00:01:00 +0000] 192.0.2.3 ` + owner + ` 7B4A0FABBEXAMPLE REST.GET.VERSIONING - "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 33 - "-" "S3Console/0.4" - Ke1bUcazaN1jWuUlPJaxF64cQVpUEhoZKEG/hmy/gijN/I1DeWqDfFvnpybfEseEME/u7ME1234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - - us-east-1`,
			"2019-02-06T00:01:00Z",
			`7B4A0FABBEXAMPLE|REST.GET.VERSIONING|<null>|GET /amzn-s3-demo-bucket1?versioning HTTP/1.1|200|<null>|113|<null>|33|<null>|<null>|S3Console/0.4|<null>|Ke1bUcazaN1jWuUlPJaxF64cQVpUEhoZKEG/hmy/gijN/I1DeWqDfFvnpybfEseEME/u7ME1234=|SigV4|ECDHE-RSA-AES128-GCM-SHA256|AuthHeader|amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com|TLSV1.2|<null>|<null>|us-east-1`,
		},
		{
			owner + ` amzn-s3-demo-bucket1 [06/Feb/2019:00:01:57 +0000] 192.0.2.3 ` + owner + ` DD6CC733AEXAMPLE REST.PUT.OBJECT s3-dg.pdf "PUT /amzn-s3-demo-bucket1/s3-dg.pdf HTTP/1.1" 200 - - 4406583 41754 28 "-" "S3Console/0.4" - 10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234= SigV4 ECDHE-RSA-AES128-SHA AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - Yes us-east-1`,
			"2019-02-06T00:01:57Z",
			`DD6CC733AEXAMPLE|REST.PUT.OBJECT|s3-dg.pdf|PUT /amzn-s3-demo-bucket1/s3-dg.pdf HTTP/1.1|200|<null>|<null>|4406583|41754|28|<null>|S3Console/0.4|<null>|10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234=|SigV4|ECDHE-RSA-AES128-SHA|AuthHeader|amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com|TLSV1.2|<null>|Yes|us-east-1`,
		},
	} {
		stamp, err := time.Parse(time.RFC3339, x.time)
		if err != nil {
			t.Fatal(err)
		}
		written := stamp.Format("02/Jan/2006:15:04:05 -0700")
		want := append([]string{owner, "amzn-s3-demo-bucket1", written, "192.0.2.3", owner}, strings.Split(x.want, "|")...)
		if len(want) != NumFields {
			t.Fatalf("%d fields are wanted", len(want))
		}
		wantFields(t, x.line, 0, want...)
		if l := parse(t, x.line); l.Time != stamp.UnixMicro() {
			t.Errorf("time %d, want %d", l.Time, stamp.UnixMicro())
		}
	}
}

// What S3 does by itself has no request, and its quoted fields are a bare -.
func TestBareFields(t *testing.T) {
	wantFields(t, `7cd47ef2be b1 [06/Feb/2019:00:00:38 +0000] - 79a5 e5042925-b524-4b3b-a869-f3881e78ff3a S3.COMPUTE.OBJECT.CHECKSUM key - - - - 1048576 - - - - - bPf7qjG4XwYdPg== - - - - - - - -`,
		RemoteIP, `<null>`, `79a5`, `e5042925-b524-4b3b-a869-f3881e78ff3a`, `S3.COMPUTE.OBJECT.CHECKSUM`, `key`, `<null>`, `<null>`, `<null>`, `<null>`, `1048576`,
		`<null>`, `<null>`, `<null>`, `<null>`, `<null>`, `bPf7qjG4XwYdPg==`, `<null>`, `<null>`, `<null>`, `<null>`, `<null>`, `<null>`, `<null>`, `<null>`)
	for _, operation := range []string{"BATCH.DELETE.OBJECT", "S3.EXPIRE.OBJECT", "S3.TRANSITION_SIA.OBJECT", "S3.DELETE.UPLOAD", "S3.CREATE.DELETEMARKER"} {
		wantFields(t, `o b1 [06/Feb/2019:00:00:38 +0000] - AmazonS3 R1 `+operation+` a/1.txt - 204 - - 5 - - - - v1 h= - - - - -`,
			Operation, operation, `a/1.txt`, `<null>`, `204`, `<null>`, `<null>`, `5`, `<null>`, `<null>`, `<null>`, `<null>`, `v1`, `h=`, `<null>`, `<null>`, `<null>`, `<null>`, `<null>`)
	}
	for _, x := range []struct{ agents, referrer, agent string }{
		{`"-" "-"`, `<null>`, `<null>`},
		{`- "curl/8"`, `<null>`, `curl/8`},
		{`- "a "b" c"`, `<null>`, `a "b" c`},
		{`- ""`, `<null>`, ``},
		{`"" ""`, ``, ``},
		{`" " " "`, ` `, ` `},
		{`"http://a/" -`, `http://a/`, `<null>`},
		{`"-"   "x"`, `<null>`, `x`},
		{`"--" "- "`, `--`, `- `},
	} {
		wantFields(t, head+uri+answer+x.agents+` v h`, Referrer, x.referrer, x.agent, "v", "h")
		wantFields(t, head+`-`+answer+x.agents+tail, Referrer, x.referrer, x.agent, "v1", "s9lz/+==", "SigV4", "ECDHE-RSA-AES128-GCM-SHA256",
			"AuthHeader", "b.s3.us-west-1.amazonaws.com", "TLSV1.2", "arn:aws:s3:us-west-1:123456789012:accesspoint/ap", "Yes", "us-east-1")
	}
}

// The format has grown and will grow, also by quoted fields.
func TestFieldCounts(t *testing.T) {
	known := strings.Fields(tail)
	for n := 1; n <= len(known); n++ {
		wantFields(t, head+uri+answer+agents+" "+strings.Join(known[:n], " "), UserAgent, append([]string{"S3Console/0.4"}, known[:n]...)...)
	}
	for _, x := range []struct {
		more string
		want []string
	}{
		{`28th`, []string{"28th"}},
		{`-`, []string{"<null>"}},
		{`28 29 "-"`, []string{"28", "29", "<null>"}},
		{`"a quoted one"`, []string{"a quoted one"}},
		{`"a "quoted" one"`, []string{`a "quoted`, `one"`}}, // where such a field would end nobody can know
		{`"a quoted one" 29`, []string{"a quoted one", "29"}},
		{`"" - "x y"`, []string{"", "<null>", "x y"}},
		{`28 "a quoted one" 30`, []string{"28", "a quoted one", "30"}},
	} {
		for _, agents := range []string{agents, `"r" "q"`, `- -`, `- "a" b"`} {
			line := head + uri + answer + agents + tail + " " + x.more
			wantFields(t, line, VersionID, append(append([]string{}, known...), x.want...)...)
		}
	}
	old := strings.Replace(head, "2026", "2025", 1)
	wantFields(t, old+uri+answer+agents+tail+` "x" y`, UserAgent, `S3Console/0.4"`+tail+` "x`, "y")
}

func TestLineEnds(t *testing.T) {
	want := parse(t, head+uri+answer+agents+tail)
	for _, end := range []string{" ", "   ", "\r", " \r", "\r\r ", " \r "} {
		if l := parse(t, head+uri+answer+agents+tail+end); l.Fields != want.Fields || l.Count != want.Count {
			t.Errorf("%q: %+v", end, l)
		}
	}
}

func TestSpacesBetweenFields(t *testing.T) {
	line := "  " + strings.ReplaceAll(head, " 192", "   192") + uri + strings.ReplaceAll(answer, " ", "  ") + strings.ReplaceAll(agents, " ", "   ") + strings.ReplaceAll(tail, " ", "  ")
	narrow := head + uri + answer + agents + tail
	l, n := parse(t, line), parse(t, narrow)
	for i := range l.Fields {
		if got, want := text(line, l.Fields[i]), text(narrow, n.Fields[i]); got != want {
			t.Errorf("%s: %q, want %q", Names[i], got, want)
		}
	}
}

func TestLongUserAgent(t *testing.T) {
	for _, x := range []string{"x", `"`, `" `, ` "`, `" "`, `" - `, " ", `" 200 - 1 1 1 1 "`, `" - h SigV4 c AuthHeader e TLSv1.2 - - - "`} {
		agent := "a" + strings.Repeat(x, 100<<10/len(x)) + "b"
		line := head + uri + answer + `"r" "` + agent + `"` + tail
		l := parse(t, line)
		if text(line, l.Fields[UserAgent]) != agent || text(line, l.Fields[Referrer]) != "r" || l.Count != NumFields {
			t.Errorf("%q: %d fields, user agent %+v", x, l.Count, l.Fields[UserAgent])
		}
	}
}

func TestFaults(t *testing.T) {
	var l Line
	for _, x := range []struct{ line, marked, what string }{
		// The fault is where the mark is, which is no part of the line.
		{"", "", "0 fields, and 18 is the least"},
		{"a", "", "1 fields, and 18"},
		{`a b [06/Feb/2026:00:00:38 +0000]`, "", "3 fields, and 18"},
		{`a b ~06/Feb/2026:00:00:38 +0000 c d e`, "~", badTime},
		{`a b ~[31/Feb/2026:00:00:38 +0000] c d e`, "~", badTime},
		{`a b ~[06/Feb/2026`, "~", badTime},
		{`a b ~-`, "~", badTime},
		{head + `~GET / HTTP/1.1` + answer + agents + tail, "~", badURI},
		{head + `~-x` + answer + agents + tail, "~", badURI},
		{head + `~"GET / HTTP/1.1` + strings.ReplaceAll(answer+agents+tail, `"`, ""), "~", openURI},
		{head + uri + ` ~OK - 1 2 3 4 ` + agents + tail, "~", badStatus},
		{head + uri + ` ~20 - 1 2 3 4 ` + agents + tail, "~", badStatus},
		{head + `- ~2000 - 1 2 3 4 ` + agents + tail, "~", badStatus},
		{head + uri + ` 200 - 1 ~"2 3 4 ` + agents + tail, "~", quoteInside},
		{head + uri + answer + `~ref "agent"` + tail, "~", badReferrer},
		{head + uri + answer + `- ~agent` + tail, "~", badAgent},
		{head + uri + answer + `"ref" ~agent` + tail, "~", badAgent},
		{head + uri + answer + `~"ref agent` + tail, "~", openReferrer},
		{head + uri + answer + `"ref" ~"agent` + tail, "~", openAgent},
		{head + uri + answer + `- ~"agent` + tail, "~", openAgent},
		{head + uri + answer + agents + tail + ` ~"open`, "~", openMore},
		{head + uri + answer + agents + strings.Repeat(" x", 1000-VersionID) + " ~x", "~", tooMany},
		{head + uri + answer + agents, "", "17 fields, and 18"},
		{head + uri + answer + `"ref"`, "", "16 fields, and 18"},
		{head + uri + answer + `-`, "", "16 fields, and 18"},
		{head + uri + answer, "", "15 fields, and 18"},
		{head + uri + ` 200 -`, "", "11 fields, and 18"},
		{head + uri, "", "9 fields, and 18"},
		{head, "", "8 fields, and 18"},
	} {
		at := len(strings.TrimRight(x.line, " "))
		if x.marked != "" {
			at = strings.Index(x.line, x.marked)
		}
		line := strings.Replace(x.line, "~", "", 1)
		err := l.Parse([]byte(line))
		var f *Fault
		if !errors.As(err, &f) || f.At != at || !strings.Contains(f.What, x.what) {
			t.Errorf("%v, want byte %d: %s\n%s", err, at, x.what, line)
			continue
		}
		if want := fmt.Sprintf("byte %d: ", at); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v", err)
		}
		for n := min(l.Count, NumFields); n < NumFields; n++ {
			if l.Fields[n] != null {
				t.Errorf("%s is left of another line", Names[n])
			}
		}
	}
}

// Numbers that are none are the caller's to keep; the line is good.
func TestNotNumbers(t *testing.T) {
	wantFields(t, head+uri+` 404 NoSuchKey 1.5 x -1 99999999999999999999 `+agents+` -`,
		HTTPStatus, "404", "NoSuchKey", "1.5", "x", "-1", "99999999999999999999", "https://example.com/", "S3Console/0.4", "<null>")
	for text, want := range map[string]int64{"0": 0, "200": 200, "007": 7, "72057594037927936": 1 << 56} {
		if n, ok := Number([]byte(text)); !ok || n != want {
			t.Errorf("%s: %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"", "-", "-1", "+1", "1.5", " 1", "1e3", "72057594037927937", "18446744073709551617", "٣"} {
		if n, ok := Number([]byte(text)); ok {
			t.Errorf("%q: %d", text, n)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	line := []byte(head + uri + answer + agents + tail + " 28 29")
	var l Line
	if n := testing.AllocsPerRun(100, func() {
		if err := l.Parse(line); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
