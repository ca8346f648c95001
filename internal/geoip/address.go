package geoip

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"unsafe"
)

// longestAddress is that of an IPv4-mapped IPv6 address written in full.
const longestAddress = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")

// ParseAddr returns the address that text is, without its zone; IPv4-mapped ones
// become IPv4.
func ParseAddr(text []byte) (netip.Addr, bool) {
	if i := bytes.IndexByte(text, '%'); i >= 0 {
		// netip would keep the zone's text for good, and this one comes from a log.
		if i == len(text)-1 || bytes.IndexByte(text[:i], ':') < 0 {
			return netip.Addr{}, false
		}
		text = text[:i]
	}
	if len(text) < 2 || len(text) > longestAddress || !looksLike(text) {
		return netip.Addr{}, false
	}
	// The string does not outlive the call: there is no zone, and the error is dropped.
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(text), len(text)))
	return addr.Unmap(), err == nil
}

// looksLike spares names of services the cost of an error value.
func looksLike(text []byte) bool {
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9', c == '.', c == ':', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// private tells whether addr means another machine in every network.
func private(addr netip.Addr) bool {
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() ||
		addr.Is4() && carrierNAT.Contains(addr)
}

// InCIDR tells whether ip lies in the network cidr, such as 10.0.0.0/8 or
// fd00::/8. An address stands for itself, and bits beyond the length are ignored.
// It is not ok where ip is not an address; a cidr that is no network is an error.
func InCIDR(ip, cidr []byte) (in, ok bool, err error) {
	prefix, err := ParseCIDR(cidr)
	if err != nil {
		return false, false, err
	}
	addr, ok := ParseAddr(ip)
	return ok && prefix.Contains(addr), ok, nil
}

// ParseCIDR returns the network that text is.
func ParseCIDR(text []byte) (netip.Prefix, error) {
	if addr, ok := ParseAddr(text); ok && bytes.IndexByte(text, '%') < 0 {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(string(text))
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no network\nhint: write it as 10.0.0.0/8 or 2001:db8::/32", quote(string(text)))
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}

// earthRadius is the mean one, in kilometres.
const earthRadius = 6371.0088

// GreatCircleKM returns the kilometres between two points given in degrees, along
// the surface of a sphere: up to 0.5% off on the Earth, far less than what
// databases are.
func GreatCircleKM(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	a := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(a, 1)))
}
