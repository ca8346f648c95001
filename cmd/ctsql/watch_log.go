package main

import (
	"io"
	"log/slog"
)

// newLog is where a watch tells of what happens. Texts from logs stand in it as values,
// whose control characters both forms write as escapes.
func newLog(w io.Writer, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}
