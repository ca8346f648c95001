package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"
)

// print writes the configuration that is in use, each key after what its flag says.
// What has no value stands there as a comment. The file can be used as it is.
func (c *watchCommand) print(w io.Writer, flags *pflag.FlagSet) error {
	var sb strings.Builder
	sb.WriteString("# What ctsql watch would run with. A flag or a CTSQL_ variable goes before a key.\n")
	for _, s := range settings {
		f := flags.Lookup(s.name)
		if f == nil {
			continue
		}
		_, about := pflag.UnquoteUsage(f)
		sb.WriteString("\n" + comment(about))
		if err := writeKey(&sb, s.name, valueOf(f)); err != nil {
			return err
		}
	}
	if err := c.printLists(&sb, flags); err != nil {
		return err
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

// A printedSource is one of the sources as the file has it.
type printedSource struct {
	Source string         `yaml:"source"`
	Reach  map[string]any `yaml:",inline"`
}

// A printedAllow is one of what is allowed, likewise.
type printedAllow struct {
	Actor   string `yaml:"actor,omitempty"`
	Address string `yaml:"address,omitempty"`
	Event   string `yaml:"event,omitempty"`
	Profile string `yaml:"profile,omitempty"`
	Value   string `yaml:"value,omitempty"`
	Until   string `yaml:"until,omitempty"`
	Reason  string `yaml:"reason"`
}

// printLists writes the lists that no flag stands for.
func (c *watchCommand) printLists(sb *strings.Builder, flags *pflag.FlagSet) error {
	var sources, allow any
	if len(c.file.sources) > 0 {
		var list []printedSource
		for _, s := range c.file.sources {
			one := printedSource{s.source, map[string]any{}}
			for key, g := range s.values {
				one.Reach[key] = plainValue(flags.Lookup(key).Value.Type(), g.texts[0])
			}
			list = append(list, one)
		}
		sources = list
	}
	if len(c.file.allow) > 0 {
		var list []printedAllow
		for _, a := range c.file.allow {
			one := printedAllow{Actor: a.Actor, Event: a.Event, Profile: a.Profile, Value: a.Value, Reason: a.Reason}
			if a.Address.IsValid() {
				one.Address = a.Address.String()
			}
			if !a.Until.IsZero() {
				one.Until = a.Until.Format(time.DateOnly)
			}
			list = append(list, one)
		}
		allow = list
	}
	sb.WriteString("\n" + comment("Sources that have keys of their own for how to reach them. load and verify take these without SOURCE."))
	if err := writeKey(sb, sourcesKey, sources); err != nil {
		return err
	}
	sb.WriteString("\n" + comment("What is no reason to tell: each with a reason, and with an actor, an address or a range, an event, a profile and its value, or several of these; until a date, or for ever."))
	return writeKey(sb, allowKey, allow)
}

// valueOf is a flag's value as YAML has it, nil for none.
func valueOf(f *pflag.Flag) any {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		if texts := list.GetSlice(); len(texts) > 0 || f.Changed {
			return texts
		}
		return nil
	}
	text := f.Value.String()
	if text == "" && f.Value.Type() == "string" {
		return nil
	}
	return plainValue(f.Value.Type(), text)
}

// plainValue is a value of a flag of that type as YAML has it.
func plainValue(kind, text string) any {
	var plain any
	if kind == "string" || yaml.Unmarshal([]byte(text), &plain) != nil {
		return text
	}
	return plain
}

func writeKey(sb *strings.Builder, name string, value any) error {
	if value == nil {
		fmt.Fprintf(sb, "# %s:\n", name)
		return nil
	}
	text, err := yaml.Marshal(map[string]any{name: value})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	sb.Write(text)
	return nil
}

// comment is a text as lines of a comment.
func comment(text string) string {
	var sb strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case n == 0:
			sb.WriteString("# ")
		case n+len(word) > 84:
			sb.WriteString("\n# ")
			n = 0
		default:
			sb.WriteString(" ")
		}
		sb.WriteString(word)
		n += len(word) + 1
	}
	return sb.String() + "\n"
}
