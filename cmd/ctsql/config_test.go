package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestSettings holds the table of settings to the flags that there are: each is
// one, of a type that the file knows, and of the same type wherever it is.
func TestSettings(t *testing.T) {
	root := newRoot()
	for _, s := range settings {
		f := flagOf(root, s.name)
		if f == nil {
			t.Errorf("no command has a flag --%s", s.name)
			continue
		}
		if wanted[f.Value.Type()].tag == "" {
			t.Errorf("--%s is a %s", s.name, f.Value.Type())
		}
		for _, cmd := range root.Commands() {
			if g := cmd.Flags().Lookup(s.name); g != nil && g.Value.Type() != f.Value.Type() {
				t.Errorf("--%s is a %s, and for %s a %s", s.name, f.Value.Type(), cmd.Name(), g.Value.Type())
			}
		}
	}
}

func TestParseConfig(t *testing.T) {
	root := newRoot()
	t.Setenv("HOME", "/home/ana")
	for _, c := range []struct{ text, key, want string }{
		{"cache: x", "cache", "/etc/x"},
		{"cache: /x", "cache", "/x"},
		{"cache: ~/x", "cache", "/home/ana/x"},
		{"cache: ../x y", "cache", "/x y"},
		{"cache:", "cache", "unset"},
		{"cache: ~", "cache", "unset"}, // as YAML has it, nothing
		{"", "cache", "unset"},
		{"---\n...\n", "cache", "unset"},
		{"geoip: x", "geoip", "/etc/x"},
		{"geoip: [x, 's3://b/k', https://h:1/p]", "geoip", "/etc/x|s3://b/k|https://h:1/p"},
		{"geoip: []", "geoip", ""},
		{"geoip-language: pt-BR", "geoip-language", "pt-BR"},
		{"path-style: true", "path-style", "true"},
		{"concurrency: 7", "concurrency", "7"},
		{"queries: [x, ~/y]", "queries", "/etc/x|/home/ana/y"},
		{"late: 72h", "late", "72h"},
		{"budget: 2", "budget", "2"},
		{"budget: 0.5", "budget", "0.5"},
		{"always: [country, tor-exit]", "always", "country|tor-exit"},
		{"alerts: [stdout, alerts.txt]", "alerts", "stdout|/etc/alerts.txt"},
		{"poll: ['trails:', logs, s3://b/p]", "poll", "trails:|/etc/logs|s3://b/p"},
		{"endpoint-url: http://h:1", "endpoint-url", "http://h:1"},
	} {
		all, err := parseConfig(root, "/etc/c.yaml", []byte(c.text))
		got := "unset"
		if g, ok := all.values[c.key]; ok {
			got = strings.Join(g.texts, "|")
		}
		if err != nil || got != c.want {
			t.Errorf("%q: %q, %v", c.text, got, err)
		}
	}
}

func TestParseConfigFaults(t *testing.T) {
	root := newRoot()
	for text, want := range map[string]string{
		"\n\ncahce: x":                      `c.yaml:3: unknown key "cahce"; nearest: cache`,
		"Cache: x":                          `c.yaml:1: unknown key "Cache"; nearest: cache`,
		"ip_ranges: x":                      `c.yaml:1: unknown key "ip_ranges"; nearest: ip-ranges`,
		"relist: true":                      `c.yaml:1: unknown key "relist"; keys are alert-format, alerts, allow, `, // a flag, but for one command
		"config: x":                         `c.yaml:1: unknown key "config"; keys are `,
		"budget: much":                      `c.yaml:1: budget: a text; a number is wanted`,
		"max-alerts-per-hour: 1.5":          `c.yaml:1: max-alerts-per-hour: a number; a whole number is wanted`,
		"allow: x":                          `c.yaml:1: allow: a text; a list is wanted, `,
		"allow:\n- actor: a":                `c.yaml:2: allow: without a reason`,
		"allow:\n- reason: r":               `c.yaml:2: allow: about anything: `,
		"allow:\n- {reason: r, actor: '*'}": `c.yaml:2: allow: about anything: `,
		"allow:\n- {reason: r, value: CH}":  `c.yaml:2: allow: a value without the profile`,
		"allow:\n- reason: r\n  actor: a\n  until: May": `c.yaml:4: until: "May" is no date`,
		"allow:\n- reason: r\n  address: 10.0.0.1/8":    `c.yaml:3: address: 10.0.0.1/8 has bits behind its length: 10.0.0.0/8 is meant, or 10.0.0.1`,
		"allow:\n- reason: r\n  address: here":          `c.yaml:3: address: "here" is no address and no range`,
		"allow:\n- reason: r\n  actr: a":                `c.yaml:3: unknown key "actr"; nearest: actor`,
		"allow:\n- reason: r\n  profile: contry":        `c.yaml:3: profile: unknown profile "contry"; nearest: country`,
		"allow:\n- reason: ' '":                         `c.yaml:2: reason: it is empty`,
		"? [a]\n: b":                                    `c.yaml:1: a list is no key`,
		"<<: {cache: x}":                                `c.yaml:1: unknown key "<<"`,
		"cache: {a: b}":                                 `c.yaml:1: cache: a mapping; a text is wanted`,
		"cache: [x]":                                    `c.yaml:1: cache: a list; a text is wanted`,
		"cache: 2026-01-01":                             `c.yaml:1: cache: a value of another type; a text is wanted`,
		"cache: true":                                   `c.yaml:1: cache: true or false; a text is wanted`,
		"cache: &a x\ntor: *a":                          `c.yaml:2: tor: an alias; a text, or a list of texts is wanted`,
		"tor: &a [*a]":                                  `c.yaml:1: tor: an alias; `,
		"tor:\n - a\n - [b]":                            `c.yaml:3: tor: a list; `,
		"concurrency: 1.5":                              `c.yaml:1: concurrency: a number; a whole number is wanted`,
		"concurrency: '1'":                              `c.yaml:1: concurrency: a text; a whole number is wanted`,
		"path-style: 1":                                 `c.yaml:1: path-style: a number; true or false is wanted`,
		"cache":                                         `c.yaml:1: a text; lines of KEY: VALUE are wanted`,
		"cache: \x1b[2J":                                `c.yaml: control characters are not allowed`,
		"cache: \xff":                                   `c.yaml: `,
		"\tcache: x":                                    `c.yaml:1: `,
		"cache: a: b":                                   `c.yaml:1: `,
		strings.Repeat("[", 20_000):                     `c.yaml:1: `,
		"a: " + strings.Repeat("{a: ", 9):               `c.yaml:`,
		"sources: s3://b":                               `c.yaml:1: sources: a text; a list is wanted, `,
		"sources:\n- s3://b":                            `c.yaml:2: a text; lines of KEY: VALUE are wanted`,
		"sources:\n- role-arn: x":                       `c.yaml:2: a source without a name`,
		"sources:\n- source: 5":                         `c.yaml:2: source: a number; a text is wanted`,
		"sources:\n- source: s3://b\n  role-arm: x":     `c.yaml:3: unknown key "role-arm"; nearest: role-arn`,
		"sources:\n- source: s3://b\n  cache: x":        `c.yaml:3: unknown key "cache"; keys are source, `,
		"sources:\n- source: s3://b\n  source: s3://c":  `c.yaml:3: key "source" again: it is in line 2 too`,
		"sources:\n- source: s3://b\n  role-arn: b":     `c.yaml:3: role-arn: "b" is not the ARN of a role, `,
		"sources:\n- source: s3://b\n  path-style: x":   `c.yaml:3: path-style: a text; true or false is wanted`,
		"sources:\n- source: s3://b\n- source: s3://b":  `c.yaml:3: s3://b again: it is in line 2 too`,
		"sources: []\nsources: []":                      `c.yaml:2: key "sources" again: `,
	} {
		all, err := parseConfig(root, "c.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, error %v, not %s", text, all.values, err, want)
		}
	}
}

// What is allowed is read as it is written, and printed so that it can be read again.
func TestParseConfigAllow(t *testing.T) {
	text := `allow:
- reason: moves to another network
  actor: arn:aws:iam::111122223333:role/build-*
  address: 2001:db8::/32
  until: 2027-01-31
- {reason: "the auditor's", profile: country, value: "NO", until: '2027-02-01', address: 203.0.113.7}
- {reason: backups, event: "s3:GetObject"}
- {reason: known, profile: detect/root-use}
`
	for range 2 {
		c, err := parseConfig(newRoot(), "c.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range c.allow {
			got = append(got, fmt.Sprintf("%s|%v|%s|%s|%s|%s|%v", a.Actor, a.Address, a.Event, a.Profile, a.Value, a.Until.Format(time.DateOnly), a.Wild))
		}
		want := []string{
			"arn:aws:iam::111122223333:role/build-*|2001:db8::/32||||2027-01-31|true",
			"|203.0.113.7/32||country|NO|2027-02-01|true",
			"|invalid Prefix|s3:GetObject|||0001-01-01|true",
			"|invalid Prefix||detect/root-use||0001-01-01|true",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		var sb strings.Builder
		if err := (&watchCommand{file: c}).print(&sb, pflag.NewFlagSet("", pflag.ContinueOnError)); err != nil {
			t.Fatal(err)
		}
		text = sb.String()
	}
}

func TestParseConfigSources(t *testing.T) {
	t.Setenv("HOME", "/home/ana")
	text := "sources:\n- source: s3://b/p/\n  path-style: true\n  role-arn:\n- source: logs\n- source: ~/logs\n- source: 'trails:'\n"
	c, err := parseConfig(newRoot(), "/etc/c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range c.sources {
		names = append(names, s.source)
	}
	if !slices.Equal(names, []string{"s3://b/p/", "/etc/logs", "/home/ana/logs", "trails:"}) {
		t.Errorf("%q", names)
	}
	f := sourceFlags{configured: c.sources}
	for spec, want := range map[string]bool{"s3://b/p/q": true, "s3://b/p/": true, "s3://b/p": false, "s3://bb/p/": false, "trails:": false} {
		if got, err := f.of(spec); err != nil || got.PathStyle != want {
			t.Errorf("%s: %+v, %v", spec, got, err)
		}
	}
	f.said = map[string]bool{"path-style": true}
	if got, _ := f.of("s3://b/p/"); got.PathStyle {
		t.Error("what is configured goes before a flag")
	}
}

// FuzzConfig: a file that is read says only what a flag takes.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"cache: x", "tor: [a, ~/b]", "? a\n: b", "geoip: &a [*a]", "path-style: no", "concurrency: 0x10", "a: |\n b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root := newRoot()
		all, err := parseConfig(root, "c.yaml", text)
		if err != nil && !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("%v", err)
		}
		for name, g := range all.values {
			if f := flagOf(root, name); g.put(f) == nil && !f.Changed {
				t.Errorf("%s: not set", name)
			}
		}
	})
}

func TestFromEnvironment(t *testing.T) {
	cmd := &cobra.Command{Use: "x"}
	list := cmd.Flags().StringArray("geoip", nil, "")
	one := cmd.Flags().String("geoip-language", "", "")
	t.Setenv("CTSQL_GEOIP", " /a b.mmdb,s3://b/k , https://h:8443/p")
	t.Setenv("CTSQL_GEOIP_LANGUAGE", "pt-BR")
	for _, name := range []string{"geoip", "geoip-language"} {
		f := cmd.Flags().Lookup(name)
		g, ok := fromEnvironment(f)
		if !ok || g.put(f) != nil || !f.Changed {
			t.Errorf("%s: %v", name, g)
		}
	}
	if !slices.Equal(*list, []string{"/a b.mmdb", "s3://b/k", "https://h:8443/p"}) || *one != "pt-BR" {
		t.Errorf("%q %q", *list, *one)
	}
	t.Setenv("CTSQL_GEOIP", "")
	if g, ok := fromEnvironment(cmd.Flags().Lookup("geoip")); ok {
		t.Errorf("an empty variable says %v", g)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"tor", "tor", 0}, {"", "tor", 3}, {"tor", "", 3}, {"geo-ip", "geoip", 1}, {"tro", "tor", 2}, {"cache", "cash", 2}} {
		if got := queries.Distance(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: %d, not %d", c.a, c.b, got, c.want)
		}
	}
}
