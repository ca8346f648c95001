package main

import (
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
)

// complete has shells complete what commands and flags take: cobra knows only their
// names.
func complete(root *cobra.Command) {
	byFlag := map[string]cobra.CompletionFunc{
		"type":    fixed("cloudtrail", "s3logs"),
		"name":    questionNames,
		"fail-on": fixed(queries.Severities()...),
	}
	for _, cmd := range root.Commands() {
		byFlag["format"] = fixed(formatNames()...)
		delete(byFlag, "all") // verify's takes no value
		if cmd.Name() == "query" {
			byFlag["all"] = detectionNames
		}
		if cmd.Name() == "coverage" {
			byFlag["format"] = fixed("calendar", "table", "csv", "json")
		}
		if cmd.Name() == "triage" {
			byFlag["format"] = fixed(triageFormats...)
		}
		for flag, f := range byFlag {
			if cmd.Flags().Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, f) // it is there, and has none
			}
		}
		switch cmd.Name() {
		case "queries":
			cmd.ValidArgsFunction = questionNames
		case "query", "shell", "status", "triage", "prune", "version", "trails", "demo":
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

func fixed(all ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
}

func formatNames() (names []string) {
	for _, f := range render.Formats() {
		names = append(names, string(f))
	}
	return names
}

// detectionNames are the names of detections, and a pattern that is of all.
func detectionNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all := []cobra.Completion{cobra.CompletionWithDesc("detect/*", "all of those that come with ctsql")}
	for _, q := range queries.All() {
		if q.Detects() {
			all = append(all, cobra.CompletionWithDesc(q.Name, q.Title))
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// questionNames are the names of questions, with what they ask.
func questionNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, q := range queries.All() {
		all = append(all, cobra.CompletionWithDesc(q.Name, q.Title))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
