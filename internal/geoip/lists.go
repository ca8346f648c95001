package geoip

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// A torList holds the exits of the Tor network.
type torList struct {
	exits   *table
	entries int
	bad     int // lines that are neither addresses nor networks
	firstAt int // the first of them, from 1
}

// parseTor reads exit-addresses as check.torproject.org gives it, or addresses
// and networks one a line. What follows # is a comment. A list without an exit is
// an error: what vanished must not look like "no Tor".
func parseTor(text []byte) (*torList, error) {
	list := &torList{}
	var entries []entry
	line := 0
	for raw := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		line++
		raw, _, _ = bytes.Cut(raw, []byte("#"))
		words := bytes.Fields(raw)
		if len(words) == 0 {
			continue
		}
		switch string(words[0]) {
		case "ExitNode", "Published", "LastStatus":
			continue
		case "ExitAddress":
			words = words[1:min(2, len(words))] // what follows is when it was tested
		}
		if len(words) != 1 || bytes.IndexByte(words[0], '%') >= 0 {
			list.fault(line)
			continue
		}
		net, err := ParseCIDR(words[0])
		if err != nil {
			list.fault(line)
			continue
		}
		entries = append(entries, entry{net: net})
	}
	list.entries = len(entries)
	if len(entries) == 0 {
		return nil, errors.New("no Tor exit in it: neither lines ExitAddress … nor addresses one a line")
	}
	list.exits = newTable(entries)
	return list, nil
}

func (l *torList) fault(line int) {
	if l.bad++; l.bad == 1 {
		l.firstAt = line
	}
}

func (l *torList) has(addr netip.Addr) bool { return l.exits.find(addr) >= 0 }

// awsRanges holds ip-ranges.json.
type awsRanges struct {
	own     []awsRange
	service *table // networks of a service
	amazon  *table // those of which only AMAZON is said: the wider ones, of all services
	created time.Time
	entries int
	bad     int // entries whose network is not one
}

type awsRange struct{ service, region string }

// parseRanges reads AWS's ip-ranges.json.
func parseRanges(text []byte) (*awsRanges, error) {
	var file struct {
		CreateDate string
		Prefixes   []struct {
			Prefix          string `json:"ip_prefix"`
			Region, Service string
		}
		IPv6Prefixes []struct {
			Prefix          string `json:"ipv6_prefix"`
			Region, Service string
		} `json:"ipv6_prefixes"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("not AWS's ip-ranges.json: %w", err)
	}
	r := &awsRanges{}
	r.created, _ = time.Parse("2006-01-02-15-04-05", file.CreateDate)
	known := map[awsRange]int32{}
	var service, amazon []entry
	add := func(text, region, name string) {
		net, err := netip.ParsePrefix(text)
		if err != nil || name == "" {
			r.bad++
			return
		}
		own := awsRange{name, region}
		id, ok := known[own]
		if !ok {
			id = int32(len(r.own))
			known[own] = id
			r.own = append(r.own, own)
		}
		if name == "AMAZON" {
			amazon = append(amazon, entry{net.Masked(), id})
		} else {
			service = append(service, entry{net.Masked(), id})
		}
	}
	// Some networks are listed for EC2 and for a service that runs on it: that one
	// tells more, and newTable takes the first of equals.
	for _, ec2 := range []bool{false, true} {
		for _, p := range file.Prefixes {
			if (p.Service == "EC2") == ec2 {
				add(p.Prefix, p.Region, p.Service)
			}
		}
		for _, p := range file.IPv6Prefixes {
			if (p.Service == "EC2") == ec2 {
				add(p.Prefix, p.Region, p.Service)
			}
		}
	}
	if len(service)+len(amazon) == 0 {
		return nil, errors.New("not AWS's ip-ranges.json: no network in it")
	}
	r.entries = len(service) + len(amazon)
	r.service, r.amazon = newTable(service), newTable(amazon)
	return r, nil
}

// find returns the most specific network of a service around addr, else of AMAZON.
func (r *awsRanges) find(addr netip.Addr) (awsRange, bool) {
	id := r.service.find(addr)
	if id < 0 {
		id = r.amazon.find(addr)
	}
	if id < 0 {
		return awsRange{}, false
	}
	return r.own[id], true
}
