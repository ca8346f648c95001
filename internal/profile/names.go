package profile

// Names are all that can be judged by: profiles, frequencies and what has rules of its
// own.
func Names() (names []string) {
	for _, p := range append(Profiles(), returning()...) {
		names = append(names, p.Name)
	}
	for _, f := range Frequencies() {
		names = append(names, f.Name)
	}
	return append(names, travelName)
}

// Open are the days that are not closed yet, in their order.
func (e *Engine) Open() (open []Day) {
	for _, d := range e.openDays() {
		open = append(open, d.number)
	}
	return open
}
