package synth

import (
	"strings"
	"testing"
)

// TestAccessTraps looks for everything that AccessConfig.Odd promises, in the
// smallest log there is.
func TestAccessTraps(t *testing.T) {
	objects, _ := accessLog(t, AccessConfig{Config: Config{Events: MinEvents}, Lines: 200, Odd: true})
	widths := map[int]int{}
	var all strings.Builder
	crlf, unended, blank, damagedFirst, spaces, invalid, long, empty, bare := 0, 0, 0, 0, 0, 0, 0, 0, 0
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	for _, o := range objects {
		count(&crlf, strings.Contains(o.body, "\r\n"))
		count(&unended, !strings.HasSuffix(o.body, "\n"))
		count(&blank, strings.Contains(o.body, "\n\n"))
		count(&damagedFirst, o.records[0].Damaged)
		all.WriteString(o.body)
		for i, line := range o.lines() {
			r := o.records[i]
			if r.Damaged {
				continue
			}
			count(&spaces, strings.HasSuffix(line, " "))
			count(&invalid, r.Invalid)
			count(&long, len(r.Fields[fieldAgent]) > 100_000)
			nulls := 0
			for _, null := range r.Null {
				count(&nulls, null)
			}
			count(&empty, nulls == 22 && strings.HasSuffix(line, `- "-" "-" - - - - - - - - - -`))
			count(&bare, nulls == 22 && strings.HasSuffix(line, strings.Repeat(" -", 20)))
			if strings.Count(line, `"`) <= 6 {
				widths[len(split(line))]++
			}
		}
	}
	for _, n := range []int{18, 24, 25, 26, 27, 28, 30} {
		if widths[n] == 0 {
			t.Errorf("no line has %d fields: %v", n, widths)
		}
	}
	for name, n := range map[string]int{"CRLF": crlf, "no newline at the end": unended, "empty lines": blank, "damaged first line": damagedFirst, "spaces": spaces,
		"not UTF-8": invalid, "100 KB": long, "nulls in quotes": empty, "bare nulls": bare} {
		if n == 0 {
			t.Errorf("nowhere: %s", name)
		}
	}
	for _, want := range []string{`"quoted"`, ` """" `, `forged.example TLSv1.3 - Yes us-east-1"`, `"z" - AAAA`, "\x1b[31m", "\x1b]0;", "tab\tsep", "\u202e", "=cmd|", "DROP TABLE",
		`"red shoes" size"`, `" 200 NoSuchKey 1 2 3 4"`, `"red shoes"&x= "y`, `" 404 NoSuchKey 5 - 7 9 and on`, "\x1b[2J", "[31/Foo/2025:25:61:61", "503 Slow Down<"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("nowhere: %q", want)
		}
	}
}

// TestAccessUsual looks for what occurs in life, and that nothing else does.
func TestAccessUsual(t *testing.T) {
	objects, _ := accessLog(t, AccessConfig{Config: small, Lines: 10_000})
	values := [accessFields]map[string]int{}
	for i := range values {
		values[i] = map[string]int{}
	}
	total, versions := 0, map[string]map[string]bool{}
	for _, o := range objects {
		for i, line := range o.lines() {
			r := o.records[i]
			if n := len(split(line)); n != accessFields || len(line) > 2000 || strings.ContainsAny(line, "\x1b\t\\") {
				t.Fatalf("%d fields: %q", n, line)
			}
			total++
			for i, v := range r.Fields {
				values[i][v]++
			}
			if r.Fields[fieldOperation] == "BATCH.DELETE.OBJECT" && !r.Again {
				if !strings.Contains(line, " - 204 - - ") {
					t.Errorf("quoted nulls: %s", line)
				}
				id := r.Fields[fieldRequestID] + " " + r.Fields[fieldKey]
				if versions[id] == nil {
					versions[id] = map[string]bool{}
				}
				versions[id][r.Fields[fieldVersion]] = true
			}
		}
	}
	several := 0
	for _, v := range versions {
		if len(v) > 1 {
			several++
		}
	}
	if several == 0 {
		t.Error("no request deletes several versions of a key")
	}
	for _, k := range accessKinds {
		if values[fieldOperation][k.operation] == 0 {
			t.Errorf("no %s", k.operation)
		}
	}
	for field, want := range map[int]string{fieldStatus: "200 204 206 304 307 403 404 503", fieldError: "AccessDenied NoSuchKey SlowDown NoSuchBucketPolicy",
		fieldTLS: "TLSv1.2 TLSv1.3 TLSV1.2", fieldSignature: "SigV4 SigV2", fieldAuth: "AuthHeader QueryString", fieldACL: "Yes", fieldRegion: "eu-west-1",
		fieldRequester: "AmazonS3 svc:lambda.amazonaws.com arn:aws:iam::111122223333:user/svc-legacy-mailer"} {
		for _, v := range strings.Fields(want) {
			if n := values[field][v]; n == 0 || n == total {
				t.Errorf("field %d is %s in %d of %d lines", field, v, n, total)
			}
		}
	}
	for _, field := range []int{fieldAddress, fieldRequester, fieldURI, fieldReferer, fieldAgent, fieldVersion, fieldCipher, fieldTLS, fieldAuth, fieldPoint, fieldSent, fieldRegion} {
		if n := values[field][""]; n == 0 || n == total {
			t.Errorf("field %d is null in %d of %d lines", field, n, total)
		}
	}
	for field, want := range map[int]string{fieldRequester: ":assumed-role/ arn:aws:iam::", fieldPoint: ":accesspoint/", fieldKey: "%20 + %2520 %E6%97%A5",
		fieldAgent: "[aws-sdk-java/ [S3Console/ Chrome/126", fieldURI: "X-Amz-Signature= AWSAccessKeyId= uploadId= versions partNumber=", fieldHost: ".s3-website- .s3-accesspoint."} {
		for _, part := range strings.Fields(want) {
			if !anyContains(values[field], part) {
				t.Errorf("field %d is nowhere like %s", field, part)
			}
		}
	}
	if n := values[fieldOperation]["REST.GET.OBJECT"]; n*10 < 3*total || n*10 > 7*total {
		t.Errorf("%d of %d lines read objects", n, total)
	}
}

func anyContains(values map[string]int, part string) bool {
	for v := range values {
		if strings.Contains(v, part) {
			return true
		}
	}
	return false
}
