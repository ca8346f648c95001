package profile

// A Severity is a class of stories. The zero Severity is none.
type Severity uint8

// Severities, by what a story's score reaches.
const (
	None Severity = iota
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"none", "low", "medium", "high", "critical"}

func (s Severity) String() string { return severities[s] }

// ParseSeverity is the severity of that name.
func ParseSeverity(name string) (Severity, bool) {
	for s, n := range severities {
		if n == name {
			return Severity(s), true
		}
	}
	return None, false
}

// A Story is all that deviates in what one root actor did on one day.
type Story struct {
	ID       string // the same for the same root and day, in every run
	Day      Day
	Root     string // the actor
	Account  string // of the first finding
	Score    float64
	Severity Severity
	Profiles []string // names of profiles and detections, the highest score first
	Findings []Finding
	// Others are actors other than Root whose deeds are in it.
	Others      []string
	First, Last int64 // of the findings, in microseconds since 1970
	Final       bool  // the day is closed
}

// A Finding is one thing that deviates.
type Finding struct {
	Profile string // or a detection's name
	Of      Of     // "" of a detection
	Also    []Of   // whom the value is new for as well, of those of whom something is known
	Subject string
	Value   string
	Key     Key // 0 of a detection
	Score   float64
	// Counted is what of the score is in the story's: less where others say the same.
	Counted float64
	Past    Past
	// Why is a detection's sentence, or a frequency's; else "".
	Why    string
	Sample Sample

	Keys []Key // of the value, for each subject that it is new for: see Engine.Accept
}

// Past is what was known when a value was new.
type Past struct {
	Days   int    // on which the subject was active
	Events uint64 // of the subject
	Values int    // that were known
	First  Day    // of the subject
	// Probation says that the value was seen before, and is not normal for all that.
	Probation bool
}

// Detected is what a detection found.
type Detected struct {
	Day       Day
	Detection string
	Severity  Severity
	Technique string
	Why       string
	Target    string // what it was done to
	Window    bool   // found over a span of time
	Sample
}
