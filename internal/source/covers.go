package source

import (
	"slices"
	"strings"
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
type partial interface{ leavesOut(root string) bool }

// Covers reports whether the last List has yielded all that one of a source with
// this Root and the same Options would. It is false where that is not certain.
func (s *Source) Covers(root string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.ended:
		return false
	case root == s.Root():
		return len(s.failed) == 0
	case s.alone || !strings.HasPrefix(root, s.Root()):
		return false
	case slices.ContainsFunc(s.failed, func(f string) bool { return strings.HasPrefix(f, root) || strings.HasPrefix(root, f) }):
		return false
	}
	// A part of a region's folder is listed whole, the folder from where it is
	// resumed.
	folder := root[len(s.store.base()) : strings.LastIndexByte(root, '/')+1]
	if p, _, regionKey := locate(folder); s.resume != nil && p == region && (folder != regionKey || !strings.HasSuffix(root, "/")) {
		return false
	}
	part, ok := s.store.(partial)
	return !ok || !part.leavesOut(root)
}
