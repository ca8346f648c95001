package s3test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An SQS has the queues that a test made, or a client. It delivers at least once, in
// the order of sending, and remembers how often. A request shows to faults as
// Request{Op: "sqs.ReceiveMessage", Key: the queue's name}.
type SQS struct {
	clock *clock
	stop  chan struct{}

	waiting atomic.Int32

	mu     sync.Mutex
	queues map[string]*queue // by ACCOUNT/NAME
	next   int
	doubly int // messages that are delivered again at once
}

type queue struct {
	region, name string
	visibility   time.Duration
	messages     []*message
	changed      chan struct{} // closed when something may have come
}

type message struct {
	id, body, receipt string
	sent, first       time.Time // first: when it was received first
	received          time.Time // last
	visible           time.Time // not before
	receives          int
}

// A Queued is a message that a queue still has.
type Queued struct {
	ID, Body string
	Receives int
	Hidden   time.Duration // how long nobody receives it; 0 and less is visible
}

// mostVisibility is for how long a message can be hidden, counted from its receipt.
const mostVisibility = 12 * time.Hour

// Queue makes a queue of Account whose messages are hidden for so long when they are
// received, and returns its URL, as AWS has it: a client needs AWS_ENDPOINT_URL.
func (s *SQS) Queue(region, name string, visibility time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[Account+"/"+name] = &queue{region: region, name: name, visibility: visibility, changed: make(chan struct{})}
	return "https://sqs." + region + ".amazonaws.com/" + Account + "/" + name
}

// Delete removes a queue.
func (s *SQS) Delete(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.queues, queueOf(url))
}

// Send puts a message into a queue, and returns its ID.
func (s *SQS) Send(url, body string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(s.queues[queueOf(url)], body, 0)
}

// Messages are those that a queue has, hidden ones among them.
func (s *SQS) Messages(url string) (all []Queued) {
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.queues[queueOf(url)].messages {
		all = append(all, Queued{m.id, m.body, m.receives, m.visible.Sub(now)})
	}
	return all
}

// Waiting is how many requests wait for a message to come.
func (s *SQS) Waiting() int { return int(s.waiting.Load()) }

// Twice has the next n messages delivered again, although they were received.
func (s *SQS) Twice(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubly = n
}

// queueOf is a queue's ACCOUNT/NAME, from the end of its URL.
func queueOf(url string) string {
	part := strings.Split(url, "/")
	return strings.Join(part[max(len(part)-2, 0):], "/")
}

func (s *SQS) send(q *queue, body string, delay time.Duration) string {
	s.next++
	now := s.clock.now()
	m := &message{id: fmt.Sprintf("%08d-2222-4222-8222-222222222222", s.next), body: body, sent: now, visible: now.Add(delay)}
	q.messages = append(q.messages, m)
	q.wake()
	return m.id
}

func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// take receives up to most messages, and says when there may be more.
func (s *SQS) take(q *queue, most int, visibility time.Duration) (taken []message, next time.Time, changed <-chan struct{}) {
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range q.messages {
		if m.visible.After(now) {
			if next.IsZero() || m.visible.Before(next) {
				next = m.visible
			}
			continue
		}
		if len(taken) == most {
			break
		}
		m.receives++
		if m.received = now; m.receives == 1 {
			m.first = now
		}
		m.receipt = fmt.Sprintf("%s#%d", m.id, m.receives)
		m.visible = now.Add(visibility)
		if s.doubly > 0 {
			s.doubly--
			m.visible = now
		}
		taken = append(taken, *m)
	}
	return taken, next, q.changed
}

// await is take that waits until there is something.
func (s *SQS) await(r *http.Request, q *queue, most int, visibility, wait time.Duration) []message {
	end := s.clock.now().Add(wait)
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	for {
		if r.Context().Err() != nil {
			return nil
		}
		moved := s.clock.moves()
		taken, next, changed := s.take(q, most, visibility)
		now := s.clock.now()
		if len(taken) > 0 || !now.Before(end) {
			return taken
		}
		if next.IsZero() || next.After(end) {
			next = end
		}
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-timer.C:
		case <-changed:
		case <-moved:
		case <-s.stop:
			timer.Stop()
			return nil
		case <-r.Context().Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}

// find is the message that a receipt was given out for, nil if it is deleted; ok is
// false for what is no receipt.
func (q *queue) find(receipt string) (m *message, ok bool) {
	id, _, ok := strings.Cut(receipt, "#")
	if i := slices.IndexFunc(q.messages, func(m *message) bool { return m.id == id }); i >= 0 {
		return q.messages[i], ok
	}
	return nil, ok
}

// delete does nothing, and says nothing, if the message was received again since.
func (s *SQS) delete(q *queue, receipt string) (code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := q.find(receipt)
	if !ok {
		return "ReceiptHandleIsInvalid"
	}
	if m != nil && m.receipt == receipt {
		q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
	}
	return ""
}

// hide changes for how long a message is hidden from now on.
func (s *SQS) hide(q *queue, receipt string, d time.Duration) (code string) {
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := q.find(receipt)
	switch {
	case !ok:
		return "ReceiptHandleIsInvalid"
	case m == nil, m.receipt != receipt, !m.visible.After(now):
		return "MessageNotInflight"
	case d < 0, now.Add(d).Sub(m.received) > mostVisibility:
		return "InvalidParameterValue"
	}
	m.visible = now.Add(d)
	q.wake()
	return ""
}
