package shell

import (
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

const (
	// keysOf is how many records are looked at for their keys.
	keysOf = 5000
	// longestJSON is the length of JSON text that is looked into, in bytes.
	longestJSON = 64 << 10
	// maxKeys is how many keys are offered, and names of events looked at.
	maxKeys, maxNames = 500, 20
)

// keysQuestion asks which keys an object has that is in a column of JSON, where path
// leads, in records of these events; of any if there are none.
func keysQuestion(column string, path, events []string) question {
	at := "$"
	for _, key := range path {
		at += `."` + key + `"`
	}
	where := ""
	if len(events) > 0 {
		var texts []string
		for _, name := range events[:min(len(events), maxNames)] {
			texts = append(texts, dialect.QuoteString(name))
		}
		where = " AND eventName IN (" + strings.Join(texts, ", ") + ")"
	}
	return question{
		name: "keys of " + column + " " + at + where, logs: true, read: readValues,
		sql: fmt.Sprintf(`SELECT k, '' FROM (SELECT unnest(json_keys(j, %[1]s)) AS k FROM
			(SELECT %[2]s AS j FROM cloudtrail WHERE strlen(%[2]s) <= %[3]d AND json_valid(%[2]s)%[4]s LIMIT %[5]d))
			WHERE strlen(k) BETWEEN 1 AND %[6]d GROUP BY k ORDER BY count(*) DESC, k LIMIT %[7]d`,
			dialect.QuoteString(at), column, longestJSON, where, keysOf, maxValue, maxKeys),
	}
}

// keys offers the keys that word may become.
func (s *statement) keys(column string, path []string, word string) []Candidate {
	for _, key := range path {
		if key == "" || strings.ContainsAny(key, `"\*`) || !printable(key) {
			return nil // would be another path
		}
	}
	inPath := strings.HasPrefix(s.word, "$.") && s.before(1).is(",")
	head := ""
	if inPath {
		head = s.word[:strings.LastIndexByte(s.word, '.')+1]
	}
	o := newOffers(word)
	for _, v := range s.values(keysQuestion(column, path, s.literalsOf("eventName"))) {
		key := v.text
		switch {
		case !inPath && (key[0] == '$' || key[0] == '/'):
			continue // would be a path
		case inPath && strings.ContainsAny(key, `"\`):
			continue
		case inPath && (!dialect.SimpleName(key) || strings.ContainsRune(key, '$')):
			key = `"` + key + `"`
		}
		if text, ok := s.quote(head + key); ok {
			o.offer(v.text, Candidate{Text: text, Show: v.text})
		}
	}
	return o.all()
}
