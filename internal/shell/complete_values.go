package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A field is a column of a log table, or a member of one, that has few values, or
// some that are worth to be looked for.
type field struct {
	table, path string
	early       bool // asked for at the start, not when it is first needed
	number      bool
}

// fields are all. The first is what is completed most.
var fields = []field{
	{"cloudtrail", "eventName", true, false},
	{"cloudtrail", "eventSource", true, false},
	{"cloudtrail", "awsRegion", true, false},
	{"cloudtrail", "errorCode", true, false},
	{"cloudtrail", "userIdentity.type", true, false},
	{"cloudtrail", "recipientAccountId", true, false},
	{"cloudtrail", "userIdentity.arn", true, false},
	{"s3logs", "operation", true, false},
	{"s3logs", "bucket_name", true, false},
	{"s3logs", "httpstatus", true, true},
	{"cloudtrail", "userIdentity.userName", false, false},
	{"cloudtrail", "userIdentity.accountId", false, false},
	{"cloudtrail", "userIdentity.principalId", false, false},
	{"cloudtrail", "userIdentity.accessKeyId", false, false},
	{"cloudtrail", "userIdentity.invokedBy", false, false},
	{"cloudtrail", "userIdentity.sessionContext.sessionIssuer.arn", false, false},
	{"cloudtrail", "userIdentity.sessionContext.sessionIssuer.userName", false, false},
	{"cloudtrail", "userIdentity.sessionContext.sessionIssuer.type", false, false},
	{"cloudtrail", "sourceIPAddress", false, false},
	{"cloudtrail", "userAgent", false, false},
	{"cloudtrail", "eventType", false, false},
	{"cloudtrail", "eventCategory", false, false},
	{"cloudtrail", "vpcEndpointId", false, false},
	{"cloudtrail", "tlsDetails.tlsVersion", false, false},
	{"s3logs", "requester", false, false},
	{"s3logs", "remoteip", false, false},
	{"s3logs", "errorcode", false, false},
	{"s3logs", "useragent", false, false},
	{"s3logs", "authtype", false, false},
	{"s3logs", "tlsversion", false, false},
}

// A value is one of a field's, or a key.
type value struct {
	text   string
	source string // eventSource, of an eventName
}

// question asks for the values of a field, the most frequent first. Long ones are
// nobody's to complete, and are not grouped.
func (f field) question() question {
	q := question{name: "values of " + f.table + "." + f.path, logs: true, read: readValues}
	source := "''"
	if f.path == "eventName" {
		source = "eventSource"
	}
	q.sql = fmt.Sprintf(`SELECT v, s FROM (SELECT CAST(%[1]s AS VARCHAR) AS v, %[2]s AS s FROM %[3]s)
		WHERE strlen(v) BETWEEN 1 AND %[4]d AND (s IS NULL OR strlen(s) <= %[4]d)
		GROUP BY ALL ORDER BY count(*) DESC, v LIMIT %[5]d`, f.path, source, f.table, maxValue, maxRows)
	return q
}

func readValues(rows [][]string) any {
	var all []value
	for _, row := range rows {
		// A text that needs to be shown otherwise than it is typed is none to be
		// completed: what would be put into the line is not what is seen.
		if printable(row[0]) {
			all = append(all, value{row[0], row[1]})
		}
	}
	return all
}

// values are those of a question's list.
func (s *statement) values(q question) []value {
	all, _ := s.known.lists.get(q, s.patience).([]value)
	return all
}

// literals are what the text at the cursor may become.
func (s *statement) literals() []Candidate {
	if path, ok := s.compared(); ok {
		if f, ok := s.field(path); ok {
			return s.texts(s.sorted(f))
		}
		return nil
	}
	if column, path, word, ok := s.member(); ok {
		return s.keys(column, path, word)
	}
	return nil
}

// compared finds what the operand at the cursor is compared with: column = ',
// column IN ('…', '.
func (s *statement) compared() (path []step, ok bool) {
	i := s.at - 1
	if t := s.before(1); t.is("(") || t.is("[") || t.is(",") {
		for i >= 0 && (s.tokens[i].is(",") || s.tokens[i].kind == dialect.String || s.tokens[i].kind == dialect.Number) {
			i--
		}
		if i < 1 || !s.tokens[i].is("(") && !s.tokens[i].is("[") {
			return nil, false
		}
		if i--; s.tokens[i].up != "IN" {
			return nil, false
		}
	}
	if i < 1 {
		return nil, false
	}
	switch t := s.tokens[i]; {
	case t.up == "IN" || t.up == "LIKE" || t.up == "ILIKE":
		if s.tokens[i-1].up == "NOT" {
			i--
		}
	case t.is("=") || t.is("==") || t.is("!=") || t.is("<>"):
	default:
		return nil, false
	}
	path, _ = s.pathBack(i)
	return path, len(path) > 0
}

// field finds the field that a path means: by what the statement reads from, or as
// long as that is not known, by its name.
func (s *statement) field(path []step) (field, bool) {
	k, known := s.resolve(s.here, path)
	name := strings.TrimPrefix(joined(path), ".")
	for _, f := range fields {
		if known && k.of == f.table && k.path == f.path {
			return f, true
		}
		if (!known || k.of == "") && strings.EqualFold(name, f.path) {
			return f, true
		}
	}
	return field{}, false
}

func joined(path []step) string {
	var sb strings.Builder
	for _, p := range path {
		sb.WriteByte('.')
		sb.WriteString(p.name)
	}
	return sb.String()
}

// sorted are the values of a field. Names of events of a source that the statement
// names come first.
func (s *statement) sorted(f field) []value {
	all := s.values(f.question())
	if f.path != "eventName" {
		return all
	}
	sources := s.literalsOf("eventSource")
	if len(sources) == 0 {
		return all
	}
	of := func(v value) bool {
		return slices.ContainsFunc(sources, func(source string) bool {
			head, like := strings.CutSuffix(source, "%")
			return v.source == source || like && strings.HasPrefix(v.source, head)
		})
	}
	first, rest := []value{}, []value{}
	for _, v := range all {
		if of(v) {
			first = append(first, v)
		} else {
			rest = append(rest, v)
		}
	}
	return append(first, rest...)
}

// literalsOf are the texts that the statement compares a column with.
func (s *statement) literalsOf(column string) (all []string) {
	for i, t := range s.tokens {
		if name, ok := t.name(); !ok || !strings.EqualFold(name, column) {
			continue
		}
		for j := i + 1; j < len(s.tokens) && j != s.at; j++ {
			t := s.tokens[j]
			if t.kind == dialect.String && t.text[0] == '\'' && len(t.text) <= maxValue+2 {
				all = append(all, strings.ReplaceAll(strings.Trim(t.text, "'"), "''", "'"))
			} else if !t.is("=") && !t.is("(") && !t.is(",") && t.up != "IN" && t.up != "LIKE" {
				break
			}
		}
	}
	return all
}

// texts offers values for the literal at the cursor, each with what ends it.
func (s *statement) texts(all []value) []Candidate {
	o := newOffers(s.word)
	for _, v := range all {
		if text, ok := s.quote(v.text); ok {
			o.offer(v.text, Candidate{Text: text, Show: v.text})
		}
	}
	return o.all()
}

// quote is a text as it is to stand behind the opening quote at the cursor.
func (s *statement) quote(text string) (string, bool) {
	if s.kind == escape && strings.Contains(text, `\`) {
		return "", false
	}
	text = dialect.QuoteString(text)[1:]
	if s.closed('\'') {
		text = text[:len(text)-1]
	}
	return text, true
}

// numbers offers the values of a field of numbers that one is compared with.
func (s *statement) numbers(o *offers) {
	path, ok := s.compared()
	if !ok {
		return
	}
	if f, ok := s.field(path); ok && f.number {
		for _, v := range s.values(f.question()) {
			o.offer(v.text, Candidate{Text: v.text})
		}
	}
}

// withMembers are the columns of cloudtrail that hold JSON.
var withMembers = []string{"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails",
	"eventContext", "edgeDeviceDetails", "insightDetails", "extra"}

// takesPath are the functions whose second argument is a path.
var takesPath = wordSet(`JSON_EXTRACT_STRING JSON_EXTRACT_SCALAR JSON_EXTRACT JSON_VALUE JSON_EXISTS JSON_TYPE`)

// member finds which member of a column of JSON the literal at the cursor names:
// column->>', column->'a'->>', json_extract_string(column, '$.a.. path is where it
// is, and word its name as far as it is typed.
func (s *statement) member() (column string, path []string, word string, ok bool) {
	i := s.at - 1
	if i < 1 {
		return "", nil, "", false
	}
	word = s.word
	switch t := s.tokens[i]; {
	case t.is("->") || t.is("->>"):
		for i >= 2 && s.tokens[i-1].kind == dialect.String && s.tokens[i-2].is("->") {
			path = append(path, strings.ReplaceAll(strings.Trim(s.tokens[i-1].text, "'"), "''", "'"))
			i -= 2
		}
		slices.Reverse(path)
	case t.is(","):
		rest, isPath := strings.CutPrefix(word, "$.")
		names, start := s.pathBack(i)
		if !isPath || len(names) == 0 || start < 2 || !s.tokens[start-1].is("(") || !takesPath[s.tokens[start-2].up] {
			return "", nil, "", false
		}
		path = strings.Split(strings.ReplaceAll(rest, `"`, ""), ".")
		path, word = path[:len(path)-1], path[len(path)-1]
	default:
		return "", nil, "", false
	}
	names, _ := s.pathBack(i)
	if len(names) == 0 {
		return "", nil, "", false
	}
	last := names[len(names)-1].name
	for _, name := range withMembers {
		if strings.EqualFold(name, last) {
			return name, path, word, true
		}
	}
	return "", nil, "", false
}
