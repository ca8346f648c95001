package main

import (
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"
)

// sourcesKey is the list of the configuration file that says where logs are.
const sourcesKey = "sources"

// sourceSettings are the settings that a source of that list can have of its own.
var sourceSettings = []string{"endpoint-url", "external-id", "no-sign-request", "path-style", "request-payer", "role-arn", "role-session-name"}

// A configuredSource is one of that list.
type configuredSource struct {
	source string
	values map[string]given
}

// readSources reads the list.
func readSources(root *cobra.Command, path string, list *yaml.Node) (sources []configuredSource, err error) {
	if list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%s:%d: %s: %s; a list is wanted, each with - source: SOURCE", path, list.Line, sourcesKey, kind(list))
	}
	lines := map[string]int{}
	for _, n := range list.Content {
		one, err := readSource(root, path, n)
		if err != nil {
			return nil, err
		}
		if first := lines[one.source]; first != 0 {
			return nil, fmt.Errorf("%s:%d: %s again: it is in line %d too", path, n.Line, one.source, first)
		}
		lines[one.source] = n.Line
		sources = append(sources, one)
	}
	return sources, nil
}

func readSource(root *cobra.Command, path string, n *yaml.Node) (configuredSource, error) {
	one := configuredSource{values: map[string]given{}}
	err := readPairs(path, n, append([]string{"source"}, sourceSettings...), func(key string, value *yaml.Node) (err error) {
		if key != "source" {
			one.values[key], err = readSetting(root, path, key, value)
			return err
		}
		if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" {
			return fmt.Errorf("%s:%d: source: %s; a text is wanted", path, value.Line, kind(value))
		}
		if one.source = value.Value; !asksCloudTrail(one.source) {
			one.source, err = besides(path, value.Value)
		}
		return err
	})
	switch {
	case err != nil:
		return one, err
	case one.source == "":
		return one, fmt.Errorf("%s:%d: a source without a name: source: s3://BUCKET/PREFIX is wanted", path, n.Line)
	}
	if arn, ok := one.values["role-arn"]; ok {
		if err := (source.Role{ARN: arn.texts[0]}).Check(); err != nil {
			return one, fmt.Errorf("%s: %w", arn.where, err)
		}
	}
	return one, nil
}

// configuredFor is the source of the list whose name spec begins with, the longest;
// nil for none. A bucket's whole name must be the same, for one that begins like it
// may be anybody's.
func configuredFor(list []configuredSource, spec string) (found *configuredSource) {
	for i, c := range list {
		if strings.HasPrefix(spec, c.source) && bucketOf(spec) == bucketOf(c.source) && (found == nil || len(c.source) > len(found.source)) {
			found = &list[i]
		}
	}
	return found
}

func bucketOf(spec string) string {
	rest, ok := strings.CutPrefix(spec, "s3://")
	if !ok {
		return ""
	}
	bucket, _, _ := strings.Cut(rest, "/")
	return bucket
}

// reach is how to reach the source: as o says where a flag was said, else as is
// configured. Where the role was said, what belongs to another does not go with it.
func (c *configuredSource) reach(o s3Flags, said map[string]bool) (s3Flags, error) {
	flags := pflag.NewFlagSet(c.source, pflag.ContinueOnError)
	is := o
	o.add(flags)
	o.addRole(flags)
	o = is // add has put the defaults in
	for key, g := range c.values {
		if said[key] || said["role-arn"] && (key == "external-id" || key == "role-session-name") {
			continue
		}
		if err := g.put(flags.Lookup(key)); err != nil {
			return o, err
		}
	}
	return o, nil
}
