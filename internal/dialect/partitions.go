package dialect

import (
	"regexp"
	"strconv"
)

// partition is the form of the texts in the columns year, month and day of a table that
// is divided by them.
var partition = map[string]*regexp.Regexp{
	"year":  regexp.MustCompile(`^[0-9]{4}$`),
	"month": regexp.MustCompile(`^(0[1-9]|1[0-2])$`),
	"day":   regexp.MustCompile(`^(0[1-9]|[12][0-9]|3[01])$`),
}

// NoPartition says of a statement that compares year, month or day with a text that none
// of them can be; "" if none does. Columns of those names that the statement itself
// defines are left out.
func NoPartition(statement string) string {
	o := newOutline(statement)
	for i := range o.tokens {
		if !o.named(i) || !o.is(i+1, "=") {
			continue
		}
		name := o.fold(i)
		form := partition[name]
		if _, own := o.own[name]; form == nil || own {
			continue
		}
		value := i + 2
		if o.word(value) == "DATE" {
			value++
		}
		if o.kind(value) != String {
			continue
		}
		text, ok := plainString(o.tokens[value].Text(o.text))
		if ok && len(text) <= len("2023-07-10T12:00:00Z") && !form.MatchString(text) {
			return name + " is never " + strconv.Quote(text) + ": it is a text such as " + map[string]string{"year": "'2025'", "month": "'07'", "day": "'10'"}[name] + "; or use eventTime"
		}
	}
	return ""
}
