package shell

// A Candidate is what a word may become.
type Candidate struct {
	Text string // replaces the word
	Show string // in a list
}
