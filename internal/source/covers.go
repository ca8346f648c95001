package source

import (
	"iter"
	"slices"
	"strings"
	"time"
)

func (s *Source) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed, s.failed, s.ended, s.alone = nil, nil, false, false
}

func (s *Source) fails(folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = append(s.failed, folder)
}

func (s *Source) ends(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = err == nil
}

func (s *Source) isAlone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alone = true
}

// A partial store leaves out some of what there is under its root.
type partial interface{ leavesOut(name string) bool }

// Covers reports whether the last List has yielded the object of this name, if there
// is one that Select takes. It is false where that is not certain.
func (s *Source) Covers(name string) bool {
	if !strings.HasPrefix(name, s.Root()) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.ended || s.alone && name != s.Root():
		return false
	case slices.ContainsFunc(s.failed, func(folder string) bool { return strings.HasPrefix(name, folder) }):
		return false
	}
	key := name[len(s.store.base()):]
	if s.resume != nil && s.skipped(key) {
		return false
	}
	part, ok := s.store.(partial)
	return !ok || !part.leavesOut(name)
}

// skipped reports whether a key is before where its region's folder is resumed.
func (s *Source) skipped(key string) bool {
	for folder := range folders(key) {
		if p, _, regionKey := locate(folder); p == region {
			from := s.resume(s.object(regionKey).Name)
			return !from.IsZero() && strings.HasPrefix(regionKey, s.root) && key <= after(regionKey, from)
		}
	}
	return false
}

// after is what the keys of a region's folder are listed after, for what was
// delivered from a time on.
func after(regionKey string, from time.Time) string {
	return regionKey + from.UTC().Format("2006/01/02/")
}

// folders are those that a key lies in, from the innermost on.
func folders(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := len(key) - 1; i >= 0; i-- {
			if key[i] == '/' && !yield(key[:i+1]) {
				return
			}
		}
	}
}
