package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A Message is one that a queue has handed out, and keeps from others until it is let
// go.
type Message interface {
	ID() string
	Body() []byte
	Received() int // how often it was handed out, this time with it
}

// A Wanted is what a message names, or holds: one of both is set.
type Wanted struct {
	Name   string // of the object
	Object *cloudtrail.NoticeObject
	Record *cloudtrail.NoticeRecord
}

// wantedOf is what is to be stored before a message is done.
func wantedOf(n *cloudtrail.Notice) (all []Wanted) {
	for i := range n.Objects {
		all = append(all, Wanted{Name: n.Objects[i].Name(), Object: &n.Objects[i]})
	}
	if n.Record != nil {
		o, _ := n.Record.Object()
		all = append(all, Wanted{Name: o.Name, Record: n.Record})
	}
	return all
}

// A Pump takes objects to where they are stored. One that takes longer than patience
// to fetch is given up with ErrSlow; 0 is any time.
type Pump func(ctx context.Context, objects []Wanted, patience time.Duration) Taking

// A Taking is what became of objects, by name.
type Taking struct {
	Stored map[string]bool
	Why    map[string]error // of others, where it is known of each
	All    error            // why else they are not stored
}

// ErrSlow is why an object was given up that holds up others.
var ErrSlow = errors.New("it takes long to fetch")

// FeedOptions say how messages are worked off.
type FeedOptions struct {
	Name string // of the queue
	// Done lets messages go that need not come again, Later those that shall after a
	// while. What cannot be let go comes again earlier, which does no harm.
	Done  func(context.Context, []Message) error
	Later func(context.Context, time.Duration, []Message) error

	Pump    Pump
	Rounds  int // side by side
	Slow    int // objects that take long, side by side
	Buckets []string
	// Refuse keeps what cannot be read, for people.
	Refuse func(context.Context, []Refused) error
	// Report is told of what became of each message. It may be called from several
	// goroutines.
	Report func(FeedReport)
	Now    func() time.Time
}

// A FeedReport is what became of a message, or without one that they could not be
// let go.
type FeedReport struct {
	Message string
	Outcome Outcome
	Why     error
	All     bool          // Why is of all messages, as the Taking said
	Next    time.Duration // for Later and Poison
}

// An Outcome is what became of a message.
type Outcome string

// Outcomes.
const (
	Done   Outcome = "done"
	Later  Outcome = "later"  // an object of it could not be read
	Poison Outcome = "poison" // it cannot be read itself
)

const (
	// roundMessages is how many messages are worked off together: the more there are
	// waiting, the fewer transactions each costs.
	roundMessages = 500
	// slowAfter is how long the objects of other messages wait for one.
	slowAfter = 10 * time.Second
)

// A Feed works off messages of one queue. A message is done when all that it names is
// stored.
type Feed struct {
	o        FeedOptions
	messages chan Message
	slow     chan *parsed
}

// NewFeed makes a feed.
func NewFeed(o FeedOptions) *Feed {
	return &Feed{o: o, messages: make(chan Message, roundMessages), slow: make(chan *parsed, roundMessages)}
}

// A parsed is a message whose objects are known.
type parsed struct {
	Message
	wanted []Wanted
}

// Take hands the feed a message to work off. It blocks while there are many.
func (f *Feed) Take(ctx context.Context, m Message) error {
	select {
	case f.messages <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run works messages off until stop is closed, and then ends the rounds that are under
// way; ctx ends them at once. What was not worked off is not let go.
func (f *Feed) Run(ctx context.Context, stop <-chan struct{}) {
	var all sync.WaitGroup
	for range f.o.Rounds {
		all.Go(func() {
			for {
				round := f.next(ctx, stop)
				if len(round) == 0 {
					return
				}
				f.round(ctx, round)
			}
		})
	}
	for range f.o.Slow {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-stop:
					return
				case p := <-f.slow:
					f.work(ctx, []*parsed{p}, 0, &parted{later: map[time.Duration][]Message{}})
				}
			}
		})
	}
	all.Wait()
}

// next waits for a message, and takes those with it that wait too.
func (f *Feed) next(ctx context.Context, stop <-chan struct{}) (round []Message) {
	select {
	case <-stop:
		return nil
	default:
	}
	select {
	case <-ctx.Done():
		return nil
	case <-stop:
		return nil
	case m := <-f.messages:
		round = append(round, m)
	}
	for len(round) < roundMessages {
		select {
		case m := <-f.messages:
			round = append(round, m)
		default:
			return round
		}
	}
	return round
}

// A parted is a round's messages by what is done with them.
type parted struct {
	done  []Message
	later map[time.Duration][]Message
	lacks []Refused
}

func (f *Feed) round(ctx context.Context, round []Message) {
	out := parted{later: map[time.Duration][]Message{}}
	var good []*parsed
	for _, m := range round {
		n, err := cloudtrail.ParseNotice(m.Body())
		if err != nil {
			f.poison(&out, m, err)
			continue
		}
		good = append(good, &parsed{m, wantedOf(&n)})
	}
	f.work(ctx, good, slowAfter, &out)
}

// work has the pump take what messages name, and lets them go accordingly.
func (f *Feed) work(ctx context.Context, round []*parsed, patience time.Duration, out *parted) {
	known := map[string]bool{}
	var objects []Wanted
	foreign := map[string]error{}
	for _, p := range round {
		for _, w := range p.wanted {
			if err := f.mayFetch(w); err != nil {
				foreign[w.Name] = err
			} else if !known[w.Name] {
				known[w.Name] = true
				objects = append(objects, w)
			}
		}
	}
	t := Taking{Stored: map[string]bool{}, Why: map[string]error{}}
	if len(objects) > 0 {
		t = f.o.Pump(ctx, objects, patience)
	}
	if ctx.Err() != nil {
		return // they are given back
	}
	for name, err := range foreign {
		t.Why[name] = err
	}
	for _, p := range round {
		f.settle(p, &t, patience > 0, out)
	}
	f.letGo(ctx, out)
}

// settle sorts a message, or hands it to those who have time.
func (f *Feed) settle(p *parsed, t *Taking, maySlow bool, out *parted) {
	var lacks []Refused
	var first error
	all := true
	wait := f.backoff(p)
	for _, w := range p.wanted {
		if t.Stored[w.Name] {
			continue
		}
		own := t.Why[w.Name]
		all = all && own == nil && t.All != nil
		if maySlow && errors.Is(own, ErrSlow) {
			select {
			case f.slow <- p:
				return
			default: // there are many of the kind: it comes again
			}
		}
		if own != nil && !cloudtrail.EndsSource(own) {
			lacks = append(lacks, Refused{What: w.Name, Kind: RefusedObject, Reason: unnamedReason(w.Name, own), Next: f.o.Now().Add(wait)})
		}
		if first == nil {
			first = named(w.Name, cmp.Or(own, t.All, errNotTaken))
		}
	}
	if first == nil {
		out.done = append(out.done, p.Message)
		f.o.Report(FeedReport{Message: p.ID(), Outcome: Done})
		return
	}
	if all { // and nothing says that it would not do now
		wait = min(wait, mostAllWait)
	}
	out.lacks = append(out.lacks, lacks...)
	out.later[wait] = append(out.later[wait], p.Message)
	f.o.Report(FeedReport{Message: p.ID(), Outcome: Later, Why: first, All: all, Next: wait})
}

var errNotTaken = errors.New("not taken")

// poison keeps a message that cannot be read: in the queue it would end with its time,
// or among the dead letters.
func (f *Feed) poison(out *parted, m Message, why error) {
	wait := f.backoff(m)
	out.lacks = append(out.lacks, Refused{
		What: f.o.Name + " " + m.ID(), Kind: RefusedMessage, Reason: why.Error(), Body: m.Body(), Next: f.o.Now().Add(wait),
	})
	out.later[wait] = append(out.later[wait], m)
	f.o.Report(FeedReport{Message: m.ID(), Outcome: Poison, Why: why, Next: wait})
}

// letGo lets the messages go, after what cannot be read is kept.
func (f *Feed) letGo(ctx context.Context, out *parted) {
	var errs []error
	if len(out.lacks) > 0 {
		errs = append(errs, f.o.Refuse(ctx, out.lacks))
	}
	if len(out.done) > 0 {
		errs = append(errs, f.o.Done(ctx, out.done))
	}
	for wait, some := range out.later {
		errs = append(errs, f.o.Later(ctx, wait, some))
	}
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		f.o.Report(FeedReport{Why: err})
	}
}

// Waits for what could not be read. It may be there soon, or once somebody has given a
// permission; SQS keeps messages for 12 hours at most.
const (
	firstWait = 30 * time.Second
	mostWait  = 6 * time.Hour
	// mostAllWait is for what no message is to blame for, as a disk that is full: it may
	// be over at any time, and alerts wait for that.
	mostAllWait = 10 * time.Minute
)

func (f *Feed) backoff(m Message) time.Duration {
	return min(firstWait<<min(max(m.Received()-1, 0), 16), mostWait)
}

// mayFetch refuses objects of buckets that are not on the list.
func (f *Feed) mayFetch(w Wanted) error {
	if w.Object == nil || len(f.o.Buckets) == 0 || slices.Contains(f.o.Buckets, w.Object.Bucket) {
		return nil
	}
	return errors.New("its bucket is not among those of --allow-bucket")
}

// named is an error that begins with the name.
func named(name string, err error) error {
	if strings.HasPrefix(err.Error(), name) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// unnamedReason is an error without the name that it may begin with.
func unnamedReason(name string, err error) string {
	return strings.TrimPrefix(err.Error(), name+": ")
}
