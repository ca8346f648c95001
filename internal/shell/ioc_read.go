package shell

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/triage"
)

// An indicator is what a list of them has in a line.
type indicator struct{ value, kind string }

// maxIndicators is how many a list may have, and maxIndicator how long a line may be.
const (
	maxIndicators = 1_000_000
	maxIndicator  = 64 << 10
)

// readIndicators reads a list, of which each is returned once.
func readIndicators(r io.Reader) (all []indicator, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxIndicator)
	seen := map[indicator]bool{}
	number := 0
	for lines.Scan() {
		number++
		i, ok := parseIndicator(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if !ok || seen[i] {
			continue
		}
		if len(all) == maxIndicators {
			return nil, fmt.Errorf("line %d: more than %d indicators", number, maxIndicators)
		}
		seen[i] = true
		all = append(all, i)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return all, nil
}

// refang takes back what keeps a person from following an indicator by accident.
var refang = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "[:]", ":", "[@]", "@", "[at]", "@", "[://]", "://")

// parseIndicator recognises one. A line without one is not ok.
func parseIndicator(line string) (i indicator, ok bool) {
	text := strings.TrimSpace(strings.ToValidUTF8(line, "\ufffd"))
	if strings.HasPrefix(text, "#") {
		return i, false
	}
	if at := strings.Index(text, " #"); at >= 0 {
		text = strings.TrimSpace(text[:at])
	}
	text = strings.TrimSpace(strings.Trim(strings.TrimSuffix(text, ","), "\"'`"))
	if text = refang.Replace(text); text == "" || strings.ContainsRune(text, 0) {
		return i, false
	}
	if rest, ok := cutFold(text, "hxxp"); ok {
		text = "http" + rest
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" {
		text = u.Hostname()
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return indicator{p.Masked().String(), "network"}, true
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return indicator{a.Unmap().String(), "address"}, true
	}
	switch {
	case triage.IsAccessKey(text):
		return indicator{text, "key"}, true
	case triage.IsID(text):
		return indicator{text, "id"}, true
	case triage.IsAccount(text):
		return indicator{text, "account"}, true
	case strings.HasPrefix(text, "arn:"):
		return indicator{text, "arn"}, true
	}
	return indicator{text, "text"}, true
}

// cutFold cuts a prefix in whatever case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// networks finds those that an address is in by one look-up for each length that
// one of them has.
type networks struct {
	bits   []int // the lengths; those of IPv6 as 1000 and more
	values map[netip.Prefix]string
}

const sixes = 1000

func newNetworks(all []indicator) networks {
	n := networks{values: map[netip.Prefix]string{}}
	for _, i := range all {
		var p netip.Prefix
		var err error
		switch i.kind {
		case "network":
			p, err = netip.ParsePrefix(i.value)
		case "address":
			p, err = prefixOf(i.value)
		default:
			continue
		}
		if err != nil || n.values[p] != "" && i.kind == "network" {
			continue // 192.0.2.1/32 beside 192.0.2.1
		}
		n.values[p] = i.value
		bits := p.Bits()
		if p.Addr().Is6() {
			bits += sixes
		}
		if !slices.Contains(n.bits, bits) {
			n.bits = append(n.bits, bits)
		}
	}
	return n
}

func prefixOf(text string) (netip.Prefix, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Unmap().Prefix(a.Unmap().BitLen())
}

// of returns the indicators that an address, as a log has it, is in.
func (n networks) of(text string) (values []string) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return nil
	}
	a = a.Unmap().WithZone("")
	for _, bits := range n.bits {
		if a.Is6() {
			bits -= sixes
		}
		if bits < 0 || bits > a.BitLen() {
			continue
		}
		p, err := a.Prefix(bits)
		if err == nil && n.values[p] != "" {
			values = append(values, n.values[p])
		}
	}
	return values
}
