package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"
)

// A setting is a flag that is also a key of the configuration file, and with
// CTSQL_ before it an environment variable.
type setting struct {
	name string
	file bool // its values name files, but for those that begin with a name and ://
}

// settings are all of them. The other flags say what one command is to do, and
// none would expect --force or --output to come from a file.
var settings = []setting{
	{"alert-format", false},
	{"alerts", true},
	{"allow-bucket", false},
	{"always", false},
	{"budget", false},
	{"cache", true},
	{"concurrency", false},
	{"endpoint-url", false},
	{"every", false},
	{"external-id", false},
	{"forget", false},
	{"geoip", true},
	{"geoip-language", false},
	{"ip-ranges", true},
	{"keep", false}, // not prune's: see settled
	{"late", false},
	{"learn", false},
	{"listen", false},
	{"log-format", false},
	{"max-alerts-per-hour", false},
	{"max-memory", false},
	{"no-cache", false},
	{"no-profile", false},
	{"no-sign-request", false},
	{"path-style", false},
	{"poll", true},
	{"queries", true},
	{"queue", false},
	{"replay", true},
	{"request-payer", false},
	{"role-arn", false},
	{"role-session-name", false},
	{"sandbox", false},
	{"send-from", false},
	{"state", true},
	{"table-alias", false},
	{"timeout", false},
	{"topic", false},
	{"tor", true},
}

// A given is what was given for a setting, and where, for errors.
type given struct {
	where string
	texts []string // one, but for lists
}

// A configuration is what the file says: values of settings, by name, sources, and
// what is allowed.
type configuration struct {
	values  map[string]given
	sources []configuredSource
	allow   []configuredAllow
}

// settle gives the command's flags that were not set what the environment says,
// else what the configuration file says. All of the file is checked, whichever
// command runs.
func settle(cmd *cobra.Command, _ []string) error {
	_, err := settled(cmd)
	return err
}

func settled(cmd *cobra.Command) (configuration, error) {
	file, err := readConfig(cmd)
	if err != nil {
		return file, err
	}
	for _, s := range settings {
		f := cmd.Flags().Lookup(s.name)
		if f == nil || f.Changed || s.name == "keep" && cmd.Name() == "prune" {
			continue // what is taken out by prune, somebody says
		}
		g, ok := fromEnvironment(f)
		if !ok {
			g, ok = file.values[s.name]
		}
		if !ok {
			continue
		}
		if err := g.put(f); err != nil {
			return file, err
		}
	}
	return file, nil
}

// put sets the flag.
func (g given) put(f *pflag.Flag) error {
	f.Changed = true
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(g.texts)
	}
	if err := f.Value.Set(g.texts[0]); err != nil {
		return fmt.Errorf("%s: %q is not %s", g.where, g.texts[0], wanted[f.Value.Type()].name)
	}
	return nil
}

// fromEnvironment is what a variable says. In a list commas stand between the
// values, for the colons of PATH are in every URL. An empty one is none.
func fromEnvironment(f *pflag.Flag) (given, bool) {
	name := "CTSQL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	text := os.Getenv(name)
	if text == "" {
		return given{}, false
	}
	g := given{where: name, texts: []string{text}}
	if _, list := f.Value.(pflag.SliceValue); list {
		g.texts = strings.Split(text, ",")
		for i, one := range g.texts {
			g.texts[i] = strings.TrimSpace(one)
		}
	}
	return g, true
}

// configPath is where the configuration file is, and whether somebody said so.
func configPath(cmd *cobra.Command) (path string, named bool, err error) {
	if path, err = cmd.Flags().GetString("config"); err != nil || path != "" {
		return path, true, err
	}
	if path = os.Getenv("CTSQL_CONFIG"); path != "" {
		return path, true, nil
	}
	dir, err := configDir()
	if err != nil {
		return "", false, nil // then there is none
	}
	return filepath.Join(dir, "config.yaml"), false, nil
}

// configDir is where a person's files about ctsql are. It is not os.UserConfigDir:
// on macOS too people keep them where they do elsewhere.
func configDir() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "ctsql"), nil
}

// readConfig reads the configuration file. The default one may be missing.
func readConfig(cmd *cobra.Command) (configuration, error) {
	path, named, err := configPath(cmd)
	if err != nil || path == "" {
		return configuration{}, err
	}
	text, err := configText(cmd, path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return configuration{}, nil
	}
	if err != nil {
		return configuration{}, fmt.Errorf("the configuration file: %w", err)
	}
	return parseConfig(cmd.Root(), path, text)
}

// maxConfig is how long a configuration file may be, in bytes.
const maxConfig = 1 << 20

// configText is what is in the configuration file, which may be an object in S3. How
// to reach that is said by flags and variables, for the file is not known yet.
func configText(cmd *cobra.Command, path string) ([]byte, error) {
	if !strings.HasPrefix(path, "s3://") {
		return os.ReadFile(path)
	}
	var s3 s3Flags
	flags := pflag.NewFlagSet(path, pflag.ContinueOnError)
	s3.add(flags)
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		given, ok := fromEnvironment(f)
		if said := cmd.Flags().Lookup(f.Name); said != nil && said.Changed {
			given.texts, ok = []string{said.Value.String()}, true
		}
		if ok {
			errs = append(errs, given.put(f))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	body, err := opener{s3.S3Options, 30 * time.Second}.open(cmd.Context(), path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(body, maxConfig+1))
	if err = errors.Join(err, body.Close()); err == nil && len(text) > maxConfig {
		err = fmt.Errorf("more than %d bytes", maxConfig)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// parseConfig reads a mapping of settings to their values, of sources, and of what is
// allowed.
func parseConfig(root *cobra.Command, path string, text []byte) (configuration, error) {
	top, err := document(path, text)
	if err != nil || top == nil {
		return configuration{}, err
	}
	c := configuration{values: map[string]given{}}
	names := []string{sourcesKey, allowKey}
	for _, s := range settings {
		names = append(names, s.name)
	}
	slices.Sort(names)
	err = readPairs(path, top, names, func(key string, value *yaml.Node) (err error) {
		switch key {
		case sourcesKey:
			c.sources, err = readSources(root, path, value)
		case allowKey:
			c.allow, err = readAllow(path, value)
		default:
			c.values[key], err = readSetting(root, path, key, value)
		}
		return err
	})
	if err != nil {
		return configuration{}, err
	}
	return c, nil
}

// document is what the file holds, nil for nothing.
func document(path string, text []byte) (*yaml.Node, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, notYAML(path, err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, fmt.Errorf("%s:%d: a second document: one is read", path, second.Line)
	} else if err != io.EOF {
		return nil, notYAML(path, err)
	}
	top := doc.Content[0]
	if top.ShortTag() == "!!null" {
		return nil, nil
	}
	return top, nil
}

// readPairs takes each key of a mapping, which is one of names and there once, and
// its value; not those without one.
func readPairs(path string, mapping *yaml.Node, names []string, take func(key string, value *yaml.Node) error) error {
	if mapping.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: %s; lines of KEY: VALUE are wanted", path, mapping.Line, kind(mapping))
	}
	lines := map[string]int{}
	for pair := range slices.Chunk(mapping.Content, 2) {
		key, value := pair[0], pair[1]
		where := fmt.Sprintf("%s:%d", path, key.Line)
		if err := known(key, names); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if first := lines[key.Value]; first != 0 {
			return fmt.Errorf("%s: key %q again: it is in line %d too", where, key.Value, first)
		}
		lines[key.Value] = key.Line
		if value.ShortTag() == "!!null" {
			continue // KEY: and no more
		}
		if err := take(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// readSetting reads what the file gives for a flag.
func readSetting(root *cobra.Command, path, name string, value *yaml.Node) (given, error) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	texts, err := settings[i].read(flagOf(root, name), value, path)
	return given{fmt.Sprintf("%s:%d: %s", path, value.Line, name), texts}, err
}

// notYAML puts the place first in the library's error.
func notYAML(path string, err error) error {
	var at *yaml.LoadError
	switch {
	case !errors.As(err, &at):
		return fmt.Errorf("%s: %w", path, err)
	case at.Mark.Line == 0:
		return fmt.Errorf("%s: %s", path, at.Message)
	}
	return fmt.Errorf("%s:%d: %s", path, at.Mark.Line, at.Message)
}

// known refuses a key that is none of names.
func known(key *yaml.Node, names []string) error {
	if key.Kind != yaml.ScalarNode {
		return fmt.Errorf("%s is no key", kind(key))
	}
	return unknownName("key", key.Value, names)
}

// unknownName is nil for one of names, and else tells the nearest, or all of them.
func unknownName(what, name string, names []string) error {
	nearest, least := "", len(name)/2+1 // further away it is none
	for _, n := range names {
		if n == name {
			return nil
		}
		if d := queries.Distance(name, n); d < least {
			nearest, least = n, d
		}
	}
	if nearest == "" {
		return fmt.Errorf("unknown %s %.200q; %[1]ss are %[3]s", what, name, strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown %s %.200q; nearest: %s", what, name, nearest)
}

// wanted is what the types of flags are in YAML.
var wanted = map[string]struct{ tag, or, name string }{
	"string":      {"!!str", "", "a text"},
	"stringArray": {"!!str", "", "a text, or a list of texts"},
	"stringSlice": {"!!str", "", "a text, or a list of texts"},
	"bool":        {"!!bool", "", "true or false"},
	"int":         {"!!int", "", "a whole number"},
	"float64":     {"!!float", "!!int", "a number"},
	"duration":    {"!!str", "", "a time such as 60s"},
}

// read takes the setting's texts from a value. Files are named from where the
// configuration file is, or from ~.
func (s setting) read(f *pflag.Flag, value *yaml.Node, path string) (texts []string, err error) {
	all := []*yaml.Node{value}
	if _, list := f.Value.(pflag.SliceValue); list && value.Kind == yaml.SequenceNode {
		all = value.Content
	}
	texts = []string{}
	for _, n := range all {
		want := wanted[f.Value.Type()]
		if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || tag != want.tag && tag != want.or {
			return nil, fmt.Errorf("%s:%d: %s: %s; %s is wanted", path, n.Line, s.name, kind(n), want.name)
		}
		text := n.Value
		if s.file && text != toStdout && !asksCloudTrail(text) {
			if text, err = besides(path, text); err != nil {
				return nil, fmt.Errorf("%s:%d: %s: %w", path, n.Line, s.name, err)
			}
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// besides is the path of a file that the configuration file names.
func besides(config, name string) (string, error) {
	if name == "" || strings.Contains(name, "://") || filepath.IsAbs(name) {
		return name, nil
	}
	if below, ok := strings.CutPrefix(name, "~/"); ok {
		home, err := os.UserHomeDir()
		return filepath.Join(home, below), err
	}
	if strings.HasPrefix(config, "s3://") {
		return "", errors.New("beside an object in S3 there are no files: write the whole path")
	}
	return filepath.Join(filepath.Dir(config), name), nil
}

// kind says what a node is, and not what is in it, which may be secret.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!str":
		return "a text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	}
	return "a value of another type"
}

// flagOf is the flag of that name, whichever command's it is.
func flagOf(cmd *cobra.Command, name string) *pflag.Flag {
	if f := cmd.PersistentFlags().Lookup(name); f != nil {
		return f
	}
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	for _, c := range cmd.Commands() {
		if f := flagOf(c, name); f != nil {
			return f
		}
	}
	return nil
}
