package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// memory is a store as a database would be one: it outlasts an Outbox.
type memory struct {
	mu       sync.Mutex
	messages []Message
	past     map[string]map[int64]bool // by sender: what others had delivered when it was registered
	marks    map[mark]Outcome
	broken   error // what Mark returns
}

type mark struct {
	sender   string
	sequence int64
}

func newMemory() *memory {
	return &memory{past: map[string]map[int64]bool{}, marks: map[mark]Outcome{}}
}

// add puts a message of a class into the store.
func (s *memory) add(class int, made time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(len(s.messages) + 1)
	s.messages = append(s.messages, Message{
		ID: "a" + strconv.FormatInt(n, 10), Sequence: n, Class: class, Severity: []string{"", "low", "medium", "high", "critical"}[class],
		Subject: "subject", Text: "text\n", JSON: []byte(`{"n": 1}`), Made: made,
	})
}

func (s *memory) Register(_ context.Context, senders []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sender := range senders {
		if s.past[sender] == nil {
			s.past[sender] = map[int64]bool{}
			for k, o := range s.marks {
				if o.Delivered {
					s.past[sender][k.sequence] = true
				}
			}
		}
	}
	return nil
}

func (s *memory) Pending(_ context.Context, sender string) (Pending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Pending{Hours: map[int64]Hour{}}
	for _, m := range s.messages {
		o, marked := s.marks[mark{sender, m.Sequence}]
		if marked && (o.Delivered || o.Next.IsZero()) || s.past[sender][m.Sequence] {
			continue
		}
		p.Entries = append(p.Entries, Entry{
			Sequence: m.Sequence, ID: m.ID, Severity: m.Severity, Class: m.Class, Made: m.Made, Attempts: o.Attempts, Next: o.Next,
		})
	}
	for k, o := range s.marks {
		if k.sender == sender && o.Delivered {
			h := p.Hours[HourOf(o.At)]
			if o.In == "" {
				h.Messages++
			}
			h.Class = max(h.Class, s.messages[k.sequence-1].Class)
			p.Hours[HourOf(o.At)] = h
		}
	}
	return p, nil
}

func (s *memory) Message(_ context.Context, sequence int64) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messages[sequence-1], nil
}

func (s *memory) Mark(_ context.Context, sender string, sequences []int64, o Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	for _, n := range sequences {
		s.marks[mark{sender, n}] = o
	}
	return nil
}

// outcomes are what became of all messages at a sender: "sent", "in ID", "refused",
// "failed N" or "".
func (s *memory) outcomes(sender string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, m := range s.messages {
		o, ok := s.marks[mark{sender, m.Sequence}]
		switch {
		case !ok:
			all = append(all, "")
		case o.Delivered && o.In != "":
			all = append(all, "in "+o.In)
		case o.Delivered:
			all = append(all, "sent")
		case o.Next.IsZero():
			all = append(all, "refused")
		default:
			all = append(all, fmt.Sprintf("failed %d", o.Attempts))
		}
	}
	return all
}

var errDown = errors.New("the topic is down")

// topic is a sender that remembers what it was given, and when.
type topic struct {
	mu    sync.Mutex
	fail  func(m Message) error // nil if it takes all
	got   []Message
	at    []time.Time
	tried int
}

func (t *topic) Send(_ context.Context, m Message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tried++
	if t.fail != nil {
		if err := t.fail(m); err != nil {
			return err
		}
	}
	t.got, t.at = append(t.got, m), append(t.at, time.Now())
	return nil
}

func (t *topic) ids() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var ids []string
	for _, m := range t.got {
		ids = append(ids, m.ID)
	}
	return ids
}

func (t *topic) tries() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tried
}

// sum names those that it stands for.
func sum(held []Entry, made time.Time) (Message, error) {
	class := slices.MaxFunc(held, func(a, b Entry) int { return a.Class - b.Class }).Class
	return Message{ID: fmt.Sprintf("sum %s-%s", held[0].ID, held[len(held)-1].ID), Class: class, Made: made}, nil
}
