package s3test

import (
	"net/http"
	"sync"
	"time"
)

// A modifiedTime is when objects are stored: whole seconds, as S3 has them, and the
// same in a listing and in the answer to a HEAD.
type modifiedTime struct {
	putting sync.Mutex

	mu sync.Mutex
	at time.Time // of the object that is being stored
}

// put stores an object with metadata, to which it adds the time.
func (m *modifiedTime) put(metadata map[string]string, store func() error) error {
	m.putting.Lock()
	defer m.putting.Unlock()
	at := time.Now().UTC().Truncate(time.Second)
	metadata["Last-Modified"] = at.Format(http.TimeFormat)
	m.set(at)
	defer m.set(time.Time{})
	return store()
}

func (m *modifiedTime) set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
}

// Now is the time for gofakes3.
func (m *modifiedTime) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return m.at
}

// Since is not asked for by gofakes3, but wanted.
func (m *modifiedTime) Since(t time.Time) time.Duration { return m.Now().Sub(t) }
