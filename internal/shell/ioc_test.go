package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/synth"
)

func TestParseIndicator(t *testing.T) {
	for line, want := range map[string]indicator{
		"203.0.113[.]66": {"203.0.113.66", "address"}, `"203.0.113.66",`: {"203.0.113.66", "address"}, " 198.51.100.7 # seen in May": {"198.51.100.7", "address"},
		"203.0.113.9/24": {"203.0.113.0/24", "network"}, "2001:DB8::/32": {"2001:db8::/32", "network"}, "2001:0DB8:0::1": {"2001:db8::1", "address"},
		"::ffff:192.0.2.1": {"192.0.2.1", "address"}, "hxxps://203[.]0.113.66/x?y": {"203.0.113.66", "address"}, "hXXp://[2001:db8::1]:80/": {"2001:db8::1", "address"},
		"AKIAIOSFODNN7EXAMPLE": {"AKIAIOSFODNN7EXAMPLE", "key"}, "AROAEXAMPLEOPSREAD000": {"AROAEXAMPLEOPSREAD000", "id"}, "111122223333": {"111122223333", "account"},
		"arn:aws:iam::111122223333:user/x": {"arn:aws:iam::111122223333:user/x", "arn"}, "eve[@]example[.]com": {"eve@example.com", "text"},
		"'aws-cli/1.0 #1'": {"aws-cli/1.0", "text"}, "\ufeff": {}, "# no": {}, "": {}, " ,": {}, "evil[.]example": {"evil.example", "text"}, "\xff": {"\ufffd", "text"},
	} {
		if got, ok := parseIndicator(strings.TrimPrefix(line, "\ufeff")); got != want || ok != (want != indicator{}) {
			t.Errorf("%q is %v, want %v", line, got, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	all, err := readIndicators(strings.NewReader("0.0.0.0/0\n192.0.2.0/24\n192.0.2.1\n192.0.2.1/32\n2001:db8::/32\n2001:db8::1\nx\n192.0.2.1\n"))
	if err != nil || len(all) != 7 {
		t.Fatal(all, err)
	}
	n := newNetworks(all)
	for address, want := range map[string]string{
		"192.0.2.1": "0.0.0.0/0 192.0.2.0/24 192.0.2.1", "192.0.3.1": "0.0.0.0/0", "2001:db8:0:0::1": "2001:db8::/32 2001:db8::1", "2001:db9::1": "",
		"AWS Internal": "", "": "", "::ffff:192.0.3.9": "0.0.0.0/0",
	} {
		got := n.of(address)
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s is in %v, want %s", address, got, want)
		}
	}
}

func TestIOC(t *testing.T) {
	st := story(t)
	s := storySession(t, map[string]string{"twins.json": twins})
	sh := newShell(s)
	list := filepath.Join(t.TempDir(), "a list.txt")
	lines := []string{"# a comment", "203.0.113[.]0/24", st.Address, st.AccessKeyID, st.RoleAccount, st.UserARN, "arn:aws:s3:::" + st.Bucket, st.NewUser, "  192.0.2.250", "'; DROP TABLE ioc; --",
		`"` + "eve\x1b[2J" + `"`, "AKIANEVERSEENATALL", "nobody@example.com", synth.StoryAgent}
	if err := os.WriteFile(list, []byte(strings.Join(lines, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := said(t, sh, runIOC, "'"+list+"'")
	if err != nil {
		t.Fatal(err)
	}
	count := func(where string) string {
		return grouped(one(t, s, "SELECT count(*) FROM cloudtrail WHERE "+where))
	}
	rows := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(out, "\n        ", "")) { // a long value has a line of its own
		if f := strings.Fields(line); len(f) > 2 && !strings.HasPrefix(line, " ") {
			rows[f[0]] = f
		}
	}
	for line := range strings.Lines(out) {
		if utf8.RuneCountInString(line) > pageWidth+1 {
			t.Errorf("too wide: %s", line)
		}
	}
	for value, where := range map[string]string{
		"203.0.113.0/24": "sourceIPAddress LIKE '203.0.113.%'", st.Address: "sourceIPAddress = '" + st.Address + "'",
		st.AccessKeyID: "userIdentity.accessKeyId = '" + st.AccessKeyID + "'", st.RoleAccount: "userIdentity.accountId = '" + st.RoleAccount + "'",
		"arn:aws:s3:::" + st.Bucket: "list_contains(list_transform(resources, lambda r: r.ARN), 'arn:aws:s3:::" + st.Bucket + "')",
		st.NewUser:                  "userIdentity.userName = '" + st.NewUser + "'", `eve\x1b[2J`: "userIdentity.userName LIKE 'eve%'",
	} {
		if r := rows[value]; len(r) < 3 || r[1] != count(where) {
			t.Errorf("%s: %v, want %s events\n%s", value, r, count(where), out)
		}
	}
	if !strings.Contains(out, "\n  cloudtrail: user/"+st.User) || !strings.HasSuffix(out, "\n9 of 13 indicators in the logs\n") || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
	if got := one(t, s, "SELECT count(*) FROM ioc"); got != "13" {
		t.Errorf("ioc has %s rows", got)
	}
	if got := one(t, s, "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'ctsql%' AND database_name = 'temp'"); got != "0" {
		t.Errorf("%s tables are left behind", got)
	}
	for _, args := range []string{"", "/nowhere", "a b", t.TempDir()} {
		if out, err := said(t, sh, runIOC, args); err == nil {
			t.Errorf(".ioc %s: %s", args, out)
		}
	}
}
