package geoip_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/geoip"
)

func TestTor(t *testing.T) {
	db := open(t, geoip.Options{Tor: []string{
		write(t, "exit-addresses", exitAddresses),
		write(t, "bulk", "\ufeff# a comment\r\n1.1.1.1\r\n\r\n  2.2.2.0/24   # a network\n::ffff:3.3.3.3\n2001:db8:5::/48\nnot an address\n4.4.4.4 5.5.5.5\nExitAddress\n6.6.6\nfe80::1%eth0\n9.9.9.9"),
	}})
	s := db.Snapshot()
	for addr, want := range map[string]string{
		"198.51.100.200": "true", "198.51.100.201": "false", "2001:db8:bad::7": "true", "2001:db8:bad::8": "false",
		"1.1.1.1": "true", "::ffff:1.1.1.1": "true", "1.1.1.0": "false", "1.1.1.2": "false",
		"2.2.1.255": "false", "2.2.2.0": "true", "2.2.2.255": "true", "2.2.3.0": "false",
		"3.3.3.3": "true", "2001:db8:5:6::7": "true", "4.4.4.4": "false", "9.9.9.9": "true",
		"10.0.0.1": "false", "s3.amazonaws.com": "none", "": "none",
	} {
		if got := say(t, s, geoip.IsTor, addr); got != want {
			t.Errorf("is_tor(%s): %s, want %s", addr, got, want)
		}
	}
	if about := s.Sources()[1]; about.Entries != 5 || about.Skipped != 5 {
		t.Errorf("%+v", about)
	}
	if notes := db.Notes(); len(notes) != 1 || !strings.HasSuffix(notes[0], "/bulk: 5 lines are no addresses, the first of them line 7") {
		t.Errorf("notes %q", notes)
	}
}

func TestEmptyLists(t *testing.T) {
	for _, text := range []string{"", "\n", "# all gone\n", "<html></html>", "ExitNode X\nPublished 2026-01-01 00:00:00\n"} {
		if _, err := geoip.Open(context.Background(), geoip.Options{Tor: []string{write(t, "tor", text)}, Now: clock}); err == nil {
			t.Errorf("%q was taken for a list", text)
		}
	}
	for _, text := range []string{"", "{}", "[]", "<html>", `{"prefixes":[{"ip_prefix":"x"}]}`, `{"prefixes":[{"ip_prefix":"3.5.0.0/16","service":"EC2"}`} {
		path := write(t, "ip-ranges.json", text)
		if _, err := geoip.Open(context.Background(), geoip.Options{Ranges: []string{path}, Now: clock}); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

const ipRanges = `{"syncToken":"1767225600","createDate":"2026-01-01-00-00-00",
"prefixes":[
 {"ip_prefix":"3.5.140.0/22","region":"ap-northeast-2","service":"AMAZON","network_border_group":"ap-northeast-2"},
 {"ip_prefix":"3.5.140.0/22","region":"ap-northeast-2","service":"EC2","network_border_group":"ap-northeast-2"},
 {"ip_prefix":"3.5.140.0/22","region":"ap-northeast-2","service":"S3","network_border_group":"ap-northeast-2"},
 {"ip_prefix":"52.94.0.0/16","region":"us-east-1","service":"AMAZON"},
 {"ip_prefix":"52.94.5.0/24","region":"eu-west-1","service":"DYNAMODB"},
 {"ip_prefix":"15.177.0.0/18","region":"GLOBAL","service":"ROUTE53_HEALTHCHECKS"},
 {"ip_prefix":"15.0.0.0/8","region":"us-west-2","service":"EC2"},
 {"ip_prefix":"15.1.2.0/24","region":"us-west-2","service":"AMAZON"},
 {"ip_prefix":"nonsense","region":"us-west-2","service":"EC2"}],
"ipv6_prefixes":[
 {"ipv6_prefix":"2600:1f14::/35","region":"us-west-2","service":"EC2"},
 {"ipv6_prefix":"2600:1f00::/24","region":"us-west-2","service":"AMAZON"}]}`

func TestAWSRanges(t *testing.T) {
	db := open(t, geoip.Options{Ranges: []string{write(t, "ip-ranges.json", ipRanges)}})
	s := db.Snapshot()
	for _, c := range []struct{ addr, service, region string }{
		{"3.5.140.1", "S3", "ap-northeast-2"},
		{"3.5.144.1", "none", "none"},
		{"52.94.1.1", "AMAZON", "us-east-1"},
		{"52.94.5.255", "DYNAMODB", "eu-west-1"},
		{"52.94.6.0", "AMAZON", "us-east-1"},
		{"15.177.63.1", "ROUTE53_HEALTHCHECKS", "GLOBAL"},
		{"15.177.64.1", "EC2", "us-west-2"},
		{"15.1.2.3", "EC2", "us-west-2"}, // a narrower network of which only AMAZON is said tells less
		{"2600:1f14::1", "EC2", "us-west-2"},
		{"2600:1f15::1", "AMAZON", "us-west-2"},
		{"::ffff:3.5.140.1", "S3", "ap-northeast-2"},
		{"10.0.0.1", "none", "none"},
		{"AWS Internal", "none", "none"},
	} {
		if got := say(t, s, geoip.AWSService, c.addr); got != c.service {
			t.Errorf("aws_service(%s): %s, want %s", c.addr, got, c.service)
		}
		if got := say(t, s, geoip.AWSRegion, c.addr); got != c.region {
			t.Errorf("aws_region(%s): %s, want %s", c.addr, got, c.region)
		}
	}
	if about := s.Sources()[0]; about.Entries != 10 || about.Skipped != 1 || about.Built.Format("2006-01-02") != "2026-01-01" {
		t.Errorf("%+v", about)
	}
}

// Nested networks at random, against looking at each of them.
func TestRangesAgainstAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	type prefix struct {
		Prefix  string `json:"ip_prefix"`
		Region  string `json:"region"`
		Service string `json:"service"`
	}
	var all []prefix
	seen := map[netip.Prefix]bool{}
	for len(all) < 600 {
		bits := []int{0, 1, 8, 12, 16, 20, 24, 30, 31, 32}[rng.IntN(10)]
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(rng.IntN(3) * 127), byte(rng.IntN(4) * 85), byte(rng.IntN(4)), byte(rng.IntN(256))}), bits).Masked()
		if len(all) == 0 {
			p = netip.MustParsePrefix("255.255.255.0/24")
		}
		if seen[p] {
			continue
		}
		seen[p] = true
		all = append(all, prefix{p.String(), fmt.Sprint("r", len(all)), "EC2"})
	}
	text, err := json.Marshal(map[string]any{"prefixes": all})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, geoip.Options{Ranges: []string{write(t, "r.json", string(text))}}).Snapshot()
	check := func(addr netip.Addr) {
		want, best := "none", -1
		for _, p := range all {
			if n := netip.MustParsePrefix(p.Prefix); n.Contains(addr) && n.Bits() > best {
				want, best = p.Region, n.Bits()
			}
		}
		if addr.IsPrivate() || addr.IsLoopback() || addr.IsUnspecified() {
			want = "none"
		}
		if got := say(t, s, geoip.AWSRegion, addr.String()); got != want {
			t.Fatalf("%s: %s, want %s", addr, got, want)
		}
	}
	for _, p := range all {
		n := netip.MustParsePrefix(p.Prefix)
		for _, addr := range []netip.Addr{n.Addr(), n.Addr().Prev(), lastAddr(n), lastAddr(n).Next()} {
			if addr.IsValid() {
				check(addr)
			}
		}
	}
	if got := say(t, s, geoip.AWSRegion, "2001:db8::1"); got != "none" {
		t.Errorf("IPv6 in IPv4's last range: %s", got)
	}
}
