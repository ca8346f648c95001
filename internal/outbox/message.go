package outbox

import (
	"context"
	"time"
)

// A Message is an alert as it is told. Its texts are clean: they have no control
// characters but the line breaks of Text.
type Message struct {
	// ID is the alert's, and the same whenever the alert is told again.
	ID string
	// Sequence is the message's own in the store, greater than that of all before it.
	// It is 0 of a sum.
	Sequence int64
	Severity string // low, medium, high or critical
	Class    int    // of the severity: the worse the greater
	Score    float64
	Account  string
	Actor    string
	Profiles []string // names of profiles and detections, the most telling first
	Subject  string
	Text     string
	JSON     []byte // one JSON object
	Made     time.Time
}

// An Entry is what there is to know of a message that a sender has yet to deliver.
type Entry struct {
	Sequence int64
	ID       string
	Severity string
	Class    int
	Account  string
	Actor    string
	Subject  string
	Made     time.Time

	Attempts int       // that failed
	Next     time.Time // not tried before; the zero time if none failed
}

// An Hour is what a sender delivered in an hour of UTC.
type Hour struct {
	Messages int // that were sent as themselves, not in a sum
	Class    int // the worst, also of those in sums
}

// HourOf is the hour of UTC that a time is in, in hours since 1970.
func HourOf(t time.Time) int64 { return t.Unix() / 3600 }

// Pending is what a sender has yet to deliver.
type Pending struct {
	// Entries are in the order of Sequence. Those that were refused are not among them.
	Entries []Entry
	// Hours are by HourOf, from the hour on in which the first entry was made; those
	// in which nothing was delivered may lack.
	Hours map[int64]Hour
}

// An Outcome is what became of messages.
type Outcome struct {
	Delivered bool
	In        string    // the ID of the sum that they were delivered in; "" for themselves
	At        time.Time // of the try
	Attempts  int       // that failed, this one with them
	Next      time.Time // when it is tried again; the zero time for never
	Error     string    // the last; "" of what is delivered
}

// A Store keeps messages and what became of them, by sender. It is safe for concurrent
// use.
type Store interface {
	// Register makes senders known, before any message is given to one of them. What
	// somebody has delivered by then, those that are new have not to deliver; all else
	// they have: a new topic is not told the past, and one whose name was mended is
	// told what waits.
	Register(ctx context.Context, senders []string) error
	// Pending lists what the sender has to deliver, and neither delivered nor refused.
	Pending(ctx context.Context, sender string) (Pending, error)
	// Message is the one with this sequence.
	Message(ctx context.Context, sequence int64) (Message, error)
	// Mark records what became of messages, of all or of none.
	Mark(ctx context.Context, sender string, sequences []int64, o Outcome) error
}

// A Sender delivers messages one way. When Send returns nil, the message will outlast
// a power cut as far as the sender can know.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// A RefusedError says that a message will never be delivered as it is, however often
// it is tried.
type RefusedError struct{ Err error }

func (e RefusedError) Error() string { return e.Err.Error() }
func (e RefusedError) Unwrap() error { return e.Err }

// A Way is a sender with the name under which the store keeps its marks, such as
// its topic's ARN.
type Way struct {
	Name string
	Sender
	// MaxPerHour is how many messages are sent in an hour before the rest is summed
	// up; 0 for any number.
	MaxPerHour int
}

// A Report is what became of a try.
type Report struct {
	Sender   string
	ID       string // of the message or the sum; "" where the store is at fault
	Messages int    // more than one of a sum
	Err      error  // nil if it was delivered
	Attempts int    // that failed
	Next     time.Time
	Refused  bool // it is not tried again
}
