package shell

import (
	"slices"
	"testing"
)

// A sandbox's commands are some, and not those that reach outside.
func TestSandboxCommands(t *testing.T) {
	all := map[string]bool{}
	for _, c := range commands() {
		all[c.name] = true
	}
	for _, name := range sandboxCommands {
		if !all[name] {
			t.Errorf("there is no .%s", name)
		}
	}
	sh := New(Options{Sandbox: true})
	sh.scripts = 1
	for _, name := range []string{"read", "shell", "output", "once", "edit", "load", "trails", "coverage", "pager", "ioc", "note", "notes"} {
		c, err := find("." + name)
		if err != nil {
			t.Fatal(err)
		}
		if sh.allow(c, "x") == nil || slices.Contains(sandboxCommands, name) {
			t.Errorf("a sandbox has .%s", name)
		}
	}
	status, err := find(".status")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"--cache x", "'--cache=x'", `"--cache" x`, "x -v", `'-'"-cache=x"`} {
		if sh.allow(status, args) == nil {
			t.Errorf(".status %s is allowed", args)
		}
	}
	if err := sh.allow(status, ""); err != nil {
		t.Error(err)
	}
}
