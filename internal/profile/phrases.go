package profile

// Phrases say what deviates, by the names of what is asked: profiles, frequencies,
// travel. Those with %s want the value there. They begin a sentence, and go on with a
// finding's Why if it has one.
func Phrases() map[string]string {
	all := map[string]string{travelName: "impossible travel"}
	for _, p := range append(Profiles(), returning()...) {
		all[p.Name] = p.Phrase
	}
	for _, f := range Frequencies() {
		all[f.Name] = "too many " + f.Phrase
	}
	return all
}
