package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/watch"
	"go.yaml.in/yaml/v4"
)

// allowKey is the list of the configuration file that says what is no reason to tell.
const allowKey = "allow"

// allowKeys are the members of one of the list.
var allowKeys = []string{"actor", "address", "event", "profile", "reason", "until", "value"}

// A configuredAllow is one of that list, and the line that it is in.
type configuredAllow struct {
	line int
	watch.Allowed
}

// readAllow reads the list.
func readAllow(path string, list *yaml.Node) (all []configuredAllow, err error) {
	if list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%s:%d: %s: %s; a list is wanted, each with - reason: TEXT", path, list.Line, allowKey, kind(list))
	}
	for _, n := range list.Content {
		one := configuredAllow{line: n.Line, Allowed: watch.Allowed{Wild: true}}
		err := readPairs(path, n, allowKeys, func(key string, value *yaml.Node) error {
			if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" && (key != "until" || value.ShortTag() != "!!timestamp") {
				return fmt.Errorf("%s:%d: %s: %s; a text is wanted", path, value.Line, key, kind(value))
			}
			if err := setAllow(&one.Allowed, key, value.Value); err != nil {
				return fmt.Errorf("%s:%d: %s: %w", path, value.Line, key, err)
			}
			return nil
		})
		if err == nil {
			if wrong := one.Check(); wrong != nil {
				err = fmt.Errorf("%s:%d: %s: %w", path, n.Line, allowKey, wrong)
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// setAllow sets a member to what a person wrote.
func setAllow(a *watch.Allowed, key, text string) (err error) {
	if strings.TrimSpace(text) == "" {
		return errors.New("it is empty; leave it out where any will do")
	}
	switch key {
	case "actor":
		a.Actor = text
	case "event":
		a.Event = text
	case "profile":
		a.Profile = text
		if !strings.Contains(text, "/") { // else a detection's, and one may have some of one's own
			err = unknownName("profile", text, profile.Names())
		}
	case "value":
		a.Value = text
	case "reason":
		a.Reason = text
	case "address":
		a.Address, err = parseRange(text)
	case "until":
		if a.Until, err = time.Parse(time.DateOnly, text); err != nil {
			err = fmt.Errorf("%.40q is no date: write such as 2027-01-31", text)
		}
	}
	return err
}

// parseRange reads an address, or a range of them.
func parseRange(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%.60q is no address and no range: write such as 203.0.113.7 or 203.0.113.0/24", text)
	}
	if p != p.Masked() {
		return p, fmt.Errorf("%s has bits behind its length: %s is meant, or %s", text, p.Masked(), p.Addr())
	}
	return p, nil
}
