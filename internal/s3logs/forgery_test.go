package s3logs

import (
	"strings"
	"testing"
)

// What clients write into their three fields, to pose as fields of S3's.
var (
	forgedAnswer = ` 200 - 1 1 1 1 `
	forgedTail   = ` - c3RvbGVu= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader other.s3.amazonaws.com TLSv1.3 - - us-east-1`
	forgedEnds   = []string{
		`"`, `" `, `" -`, `" "`, `" - "`, `"  "`, `" " "`, `""`, `" "-" "-`,
		`"` + forgedTail, `"` + forgedTail + ` `, `"` + forgedTail + ` "`, `"` + forgedTail + ` "x" y`, `"` + forgedTail + `"`,
		`"` + forgedAnswer + `"-" "curl/8"` + forgedTail,
		`"` + forgedAnswer + `"-" "curl/8"` + forgedTail + ` "`,
		`"` + forgedAnswer + `- -` + forgedTail,
		` HTTP/1.1"` + forgedAnswer + `"`,
		`\"`, `\" - `, "\t", "\x1b[31m", "\x00", "\xff\xfe", `'; DROP TABLE s3logs; --`,
	}
)

// wantClients compares all fields of a line of which only the clients' and those
// behind them are told, these in words: an underscore is a space.
func wantClients(t *testing.T, line, uri, referrer, agent, tail string) {
	t.Helper()
	want := append(strings.Fields(strings.ReplaceAll(head, ":38 +", ":38_+")), uri)
	want[RequestDateTime] = "06/Feb/2026:00:00:38 +0000"
	want = append(want, strings.Fields(strings.ReplaceAll(answer, "-", "<null>"))...)
	want = append(want, referrer, agent)
	for _, value := range strings.Fields(tail) {
		want = append(want, strings.ReplaceAll(value, "_", " "))
	}
	wantFields(t, line, 0, want...)
}

// A user agent changes no field but itself.
func TestForgedUserAgent(t *testing.T) {
	for _, forged := range forgedEnds {
		for _, agent := range []string{"x" + forged, "x" + forged + "y", forged + "y"} {
			for _, tail := range []string{tail, tail[:strings.Index(tail, " arn:")], tail + " 28 29", strings.Replace(tail, "SigV4", "Other9", 1)} {
				line := head + uri + answer + `"ref" "` + agent + `"` + tail
				wantClients(t, line, strings.Trim(uri, `"`), "ref", agent, tail)
			}
		}
	}
}

// A referer changes no field but itself, and the user agent where it holds what
// parts the two.
func TestForgedReferrer(t *testing.T) {
	for _, forged := range forgedEnds {
		for _, referrer := range []string{"x" + forged, "x" + forged + "y", forged + "y"} {
			both := referrer + `" "curl/8`
			at := parts.FindStringIndex(both)
			line := head + uri + answer + `"` + both + `"` + tail
			wantClients(t, line, strings.Trim(uri, `"`), nulled(both[:at[0]]), nulled(both[at[1]:]), tail)
		}
	}
}

// nulled is how a test writes a value that a line may have for null.
func nulled(value string) string {
	if value == "-" {
		return "<null>"
	}
	return value
}

// A request-URI holds quotes, but no spaces. Then it changes no field but itself,
// whatever the headers say.
func TestForgedURI(t *testing.T) {
	for _, forged := range forgedEnds {
		target := strings.ReplaceAll(forged, " ", "%20")
		for _, agent := range []string{"curl/8", "x" + forged + "y"} {
			for _, uri := range []string{`GET /x"200 - 1 1 1 1 "`, "GET /x" + target + " HTTP/1.1", "GET /x" + target, `GET "` + target + `" HTTP/1.1`, "GET /x" + forged + "y HTTP/1.1"} {
				if strings.Contains(uri, `"`+forgedAnswer) {
					continue // with spaces this is an answer to any reader
				}
				line := head + `"` + uri + `"` + answer + `"ref" "` + agent + `"` + tail
				wantClients(t, line, uri, "ref", agent, tail)
			}
		}
	}
}

// Lines of the oldest format from before 2026 are not taken for longer ones.
func TestForgedOldLine(t *testing.T) {
	old := strings.Replace(head, "2026", "2018", 1)
	for _, forged := range forgedEnds {
		wantFields(t, old+uri+answer+`"r" "x`+forged+`y" -`, Referrer, "r", "x"+forged+"y", "<null>")
	}
}

// Where a quoted field stands behind the known ones, the last place that has the
// shape of these is theirs; and a short line of today is not taken for such a
// line but where it has all of that shape.
func TestForgedAppendedField(t *testing.T) {
	for _, forged := range forgedEnds {
		line := head + uri + answer + `"ref" "x` + forged + `y"` + tail + ` "appended field" 29`
		wantClients(t, line, strings.Trim(uri, `"`), "ref", "x"+forged+"y", tail+" appended_field 29")
	}
	for _, agent := range []string{
		`x" - h "y`, `x" - - - - - - - - - "y`, `x" - - - - - - - - - -y"`,
		`x" - h Other c AuthHeader e TLSv1.2 - - - "y`, `x" - h SigV4 c Auth-Header e TLSv1.2 - - - "y`,
		`x" - h SigV4 c AuthHeader e 1.2 - - - "y`, `x" - h SigV4 c AuthHeader e TLSv1.2 ap - - "y`, `x" - h SigV4 c AuthHeader e TLSv1.2 - - a/b "y`,
		`x" - h! SigV4 c AuthHeader e TLSv1.2 - - - "y`, `x" - h SigV4 c AuthHeader e TLSv1.2 - - - 28"y`,
	} {
		wantFields(t, head+uri+answer+`"ref" "`+agent+`" -`, Referrer, "ref", agent, "<null>")
	}
}
