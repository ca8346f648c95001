package geoip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/geoip"
)

func TestParseAddr(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "::1": "::1", "::": "::", "2001:DB8::1": "2001:db8::1",
		"::ffff:1.2.3.4": "1.2.3.4", "::FFFF:102:304": "1.2.3.4", "fe80::1%eth0": "fe80::1", "fe80::1%en.0%": "fe80::1",
		"0000:0000:0000:0000:0000:ffff:255.255.255.255": "255.255.255.255",
		"": "", "1.2.3": "", "1.2.3.4.5": "", "01.2.3.4": "", "256.1.1.1": "", "1.2.3.4%eth0": "", "fe80::1%": "", "%": "",
		"s3.amazonaws.com": "", "AWS Internal": "", "cafe": "", "1.2.3.4 ": "", " 1.2.3.4": "", "1.2.3.4:443": "", "[::1]": "",
		"1.2.3.4, 5.6.7.8": "", "::ffff:1.2.3.4%x": "1.2.3.4", strings.Repeat(":", 100): "", "\x00": "", "１.２.３.４": "",
	} {
		got, ok := geoip.ParseAddr([]byte(text))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: %v, %v, want %q", text, got, ok, want)
		}
	}
	text := []byte("2001:db8::1%eth0")
	if n := testing.AllocsPerRun(100, func() { geoip.ParseAddr(text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, text := range []string{"1.2.3.4", "::ffff:1.2.3.4", "fe80::1%eth0", "AWS Internal", "::1%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := geoip.ParseAddr([]byte(text))
		want, err := netip.ParseAddr(text)
		if ok != (err == nil) || ok && got != want.WithZone("").Unmap() {
			t.Errorf("%q: %v, %v, want %v, %v", text, got, ok, want, err)
		}
	})
}

func TestIsPrivate(t *testing.T) {
	s := open(t, geoip.Options{}).Snapshot()
	for addr, want := range map[string]string{
		"10.1.2.3": "true", "172.16.0.1": "true", "172.32.0.1": "false", "192.168.1.1": "true", "127.0.0.1": "true",
		"169.254.169.254": "true", "100.64.0.1": "true", "100.127.255.255": "true", "100.128.0.1": "false", "100.63.0.1": "false",
		"0.0.0.0": "true", "::": "true", "::1": "true", "fe80::1%eth0": "true", "fc00::1": "true", "fd12::1": "true", "::ffff:10.0.0.1": "true",
		"8.8.8.8": "false", "2001:db8::1": "false", "192.0.2.1": "false", "198.51.100.1": "false", "203.0.113.1": "false",
		"224.0.0.1": "false", "255.255.255.255": "false",
		"s3.amazonaws.com": "none", "": "none", "AWS Internal": "none",
	} {
		if got := say(t, s, geoip.IsPrivate, addr); got != want {
			t.Errorf("is_private(%s): %s, want %s", addr, got, want)
		}
	}
}

func TestInCIDR(t *testing.T) {
	for _, c := range []struct {
		ip, cidr string
		in, ok   bool
	}{
		{"10.1.2.3", "10.0.0.0/8", true, true},
		{"10.1.2.3", "10.9.9.9/8", true, true},
		{"11.1.2.3", "10.0.0.0/8", false, true},
		{"::ffff:10.1.2.3", "10.0.0.0/8", true, true},
		{"10.1.2.3", "::ffff:10.0.0.0/104", true, true},
		{"10.1.2.3", "10.1.2.3", true, true},
		{"2001:db8::1%eth0", "2001:db8::/32", true, true},
		{"2001:db8::1", "10.0.0.0/8", false, true},
		{"1.2.3.4", "0.0.0.0/0", true, true},
		{"::1", "::/0", true, true},
		{"1.2.3.4", "::/0", false, true},
		{"AWS Internal", "10.0.0.0/8", false, false},
		{"", "10.0.0.0/8", false, false},
	} {
		in, ok, err := geoip.InCIDR([]byte(c.ip), []byte(c.cidr))
		if in != c.in || ok != c.ok || err != nil {
			t.Errorf("%s in %s: %v, %v, %v", c.ip, c.cidr, in, ok, err)
		}
	}
	for _, cidr := range []string{"", "10.0.0.0/33", "10.0.0.0/", "10/8", "x", "10.0.0.0/8 ", "fe80::%eth0/64", "\x1b[2J", strings.Repeat("1", 500)} {
		_, _, err := geoip.InCIDR([]byte("10.0.0.1"), []byte(cidr))
		if err == nil || !strings.Contains(err.Error(), "\nhint: ") || strings.Contains(err.Error(), "\x1b") || len(err.Error()) > 200 {
			t.Errorf("%q: error %v", cidr, err)
		}
	}
}
