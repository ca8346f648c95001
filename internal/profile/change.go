package profile

import "time"

// A Key is a hash of a profile, a subject and a value, under a secret of its own for
// each state, so that nobody can aim at another's.
type Key uint64

// A Day is a UTC day, in days since 1970.
type Day int32

// DayOf is the day of a time in microseconds since 1970.
func DayOf(micros int64) Day {
	const day = int64(24 * time.Hour / time.Microsecond)
	d := micros / day
	if micros%day < 0 {
		d--
	}
	return Day(d)
}

// Start is when the day begins.
func (d Day) Start() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Of says whose value it is.
type Of string

// Subjects.
const (
	OfActor   Of = "actor"
	OfPeers   Of = "peers"
	OfAccount Of = "account"
)

// A Change is what a batch changed, to be stored in one transaction with the objects
// that it came from. What is stored is added up: it is what Restore is given again.
type Change struct {
	Named    []Named    // keys that are met for the first time
	Seen     []Seen     // on days that are open
	Counts   []Count    // likewise
	Recent   []Recent   // events of open days, to know their copies by
	Lineage  []Lineage  //
	Evidence []Evidence // of what deviates on open days
	Detected []Detected // likewise
	Again    []Day      // of which Detected over spans of time is what is here, and no more
	Closed   []Closed   // days that are now learned
	// Probation are those that are other than they were.
	Probation []Probation
	Stories   []Story // that are new, or other than they were
	// Withdrawn are IDs of stories of open days in which nothing deviates any more,
	// since it is known by now what came before them.
	Withdrawn []string

	// Over is before when lineage ended that need be kept no more, in microseconds since
	// 1970; 0 is none.
	Over      int64
	Watermark int64 // microseconds since 1970; 0 is none
	First     Day   // of what was judged, on which Options.Learn begins; 0 is none
	Events    int   // that were judged
	Copies    int   // that were known
	Late      int   // of days that were closed before
	Misdated  int   // that cannot have been when they say, and were not judged
}

// A Named tells what a Key stands for. Its texts are from logs.
type Named struct {
	Key     Key
	Group   Key // of the profile and the subject alone
	Profile string
	Of      Of
	Subject string
	Value   string
}

// A Seen is how often a value came on an open day, in one batch or in all.
type Seen struct {
	Day         Day
	Key         Key
	Group       Key
	First, Last int64 // microseconds since 1970
	Count       uint32
}

// A Count is how much there was in an hour of an open day, for a frequency.
type Count struct {
	Day   Day
	Hour  uint8
	Key   Key
	Count uint32
}

// Recent are hashes of the events of a day.
type Recent struct {
	Day    Day
	Events []uint64
}

// A Lineage says on whose behalf a credential is used, or by whom an actor was
// created. Both texts are what Engine knows them by.
type Lineage struct {
	Child  string
	Parent string // the credential that asked for it; "" where there is none
	Actor  string // whose that is
	Target string // the role whose credential it is; "" where that is not told
	Made   int64  // microseconds since 1970
	Until  int64  // when it is forgotten
	Weak   bool   // of the called account's record: the caller's counts for more
}

// Evidence is a record in which a value was met first on its day.
type Evidence struct {
	Day   Day
	Key   Key
	Peers string // of the actor
	Sample
}

// A Sample is what is told of a record. Its texts are from logs, long ones cut.
type Sample struct {
	Time       int64  `json:"-"` // microseconds since 1970
	EventID    string `json:"eventID"`
	Source     string `json:"eventSource"`
	Name       string `json:"eventName"`
	Region     string `json:"awsRegion"`
	Account    string `json:"account"`
	Actor      string `json:"actor"`
	Credential string `json:"accessKeyId,omitempty"`
	Address    string `json:"sourceIPAddress,omitempty"`
	Agent      string `json:"userAgent,omitempty"`
	Error      string `json:"errorCode,omitempty"`
	ReadOnly   bool   `json:"readOnly"`
	Object     string `json:"sourceObject"` // where the record stands
	Index      int64  `json:"recordIndex"`

	// Where the address is, as was known then.
	City      string  `json:"city,omitempty"`
	Country   string  `json:"country,omitempty"`
	ASN       uint32  `json:"asn,omitempty"`
	ASOrg     string  `json:"asOrg,omitempty"`
	Tor       bool    `json:"tor,omitempty"`
	Latitude  float64 `json:"latitude,omitempty"`
	Longitude float64 `json:"longitude,omitempty"`
	Radius    float64 `json:"radius,omitempty"` // kilometres; 0 where there is no place
}

// Closed is a day that is learned: its Seen, Counts, Recent, Evidence and Detected
// need be kept no more.
type Closed struct {
	Day     Day
	Learned []Learned // of that day alone: to be added to what there is
	Rates   []RateOf  // as they are now, in place of those before
	Hours   []HoursOf // likewise
	Spot    *Spot     // likewise; nil where it is as before
}

// Learned is what is known of a value.
type Learned struct {
	Key         Key
	Group       Key
	First, Last int64 // microseconds since 1970
	Count       uint32
	Days        uint16
}

// A Probation is of a value that is not normal though it is known, for it was in an
// alert.
type Probation struct {
	Key   Key
	Since Day
	Days  uint8 // on which it was seen and nothing else was found
	Ended bool  // it is normal
}

// A RateOf is what is known of a frequency at the end of a day.
type RateOf struct {
	Key Key
	Day Day
	Rate
}

// HoursOf is when peers are active.
type HoursOf struct {
	Group Key
	Day   Day
	Hours Hours
}
