package dialect

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Hints says of a statement that the engine refused, with the engine's words, what of
// Athena's, Trino's or CloudTrail Lake's in it does not run here, and what does. Each
// is one line, which may hold names from the statement. columns are those of the
// tables, as they are spelled.
func Hints(statement, message string, columns []string) (hints []string) {
	h := hinter{outline: newOutline(statement), message: strings.ToLower(message), columns: map[string]string{}}
	for _, c := range columns {
		h.columns[strings.ToLower(strings.ReplaceAll(c, "_", ""))] = c
	}
	for i := range h.tokens {
		hint := h.at(i)
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
		if len(hints) == maxHints {
			break
		}
	}
	return hints
}

// maxHints is how many a person is told: what comes after may follow from those.
const maxHints = 3

type hinter struct {
	*outline
	message string            // in small letters
	columns map[string]string // by their names without underscores
}

// at is the hint on what begins at token i, or "".
func (h *hinter) at(i int) string {
	switch {
	case h.is(i, "[") && h.opens[max(i-1, 0)] >= 0 && h.is(i-1, "]") && h.kind(i+1) == Number && h.is(i+2, "]"):
		return "members of a struct have names: resources[1].ARN"
	case h.is(i+1, "("):
		return h.call(i)
	}
	if !h.named(i) || strings.ContainsFunc(h.textOf(i), unicode.IsControl) {
		return ""
	}
	switch word := h.word(i); {
	case word == "IPADDRESS":
		return networks
	case word == "VIEW" && h.word(i-1) == "LATERAL":
		return "CROSS JOIN UNNEST(list) AS t(x) does what LATERAL VIEW explode does"
	case word == "EXTERNAL" && h.word(i-1) == "CREATE":
		return "there is no table to create: cloudtrail and s3logs are there, and ctsql load fills them"
	}
	return h.name(i)
}

const networks = "in_cidr(address, network) tells whether an address is in a network such as '10.0.0.0/8'"

// call is the hint on a function.
func (h *hinter) call(i int) string {
	switch h.word(i) {
	case "IPADDRESS", "IP_PREFIX", "IP_SUBNET_MIN", "IP_SUBNET_MAX", "IP_SUBNET_RANGE":
		return networks
	case "CONTAINS":
		if text, ok := plainString(h.textOf(i + 2)); ok && cidr.MatchString(text) {
			return networks
		}
	case "ARRAY", "ROW":
		if h.word(i-1) == "AS" {
			return "types are written T[] for array(T), STRUCT(name T) for row(name T)"
		}
	case "LISTAGG":
		return "string_agg(x, ',' ORDER BY x) does what listagg(x, ',') WITHIN GROUP (ORDER BY x) does"
	case "REDUCE", "ANY_MATCH", "ALL_MATCH", "NONE_MATCH", "ZIP_WITH", "TRANSFORM_KEYS", "TRANSFORM_VALUES", "MAP_FILTER":
		return "functions with a lambda are those of lists: list_transform, list_filter, list_reduce; len(list_filter(l, x -> …)) > 0 for any_match"
	case "EXPLODE":
		return "CROSS JOIN UNNEST(list) AS t(x) does what LATERAL VIEW explode does"
	}
	return ""
}

var cidr = regexp.MustCompile(`^[0-9a-fA-F.:]+/[0-9]{1,3}$`)

func (h *hinter) textOf(i int) string {
	if i < 0 || i >= len(h.tokens) {
		return ""
	}
	return h.tokens[i].Text(h.text)
}

// name is the hint on a column or a table.
func (h *hinter) name(i int) string {
	name := h.fold(i)
	switch name {
	case "webidfederationdata":
		if h.is(i-1, ".") && h.named(i-2) && h.fold(i-2) == "useridentity" {
			return "webIdFederationData is in userIdentity.sessionContext"
		}
	case "eventdata":
		if h.is(i+1, ".") {
			return "there is no eventData: a record's members are the columns of cloudtrail"
		}
	case "$file_modified_time", "$file_size":
		return `of the files there is "$path"; the table objects has their size and lastModified`
	}
	if h.places[i].table && !h.is(i+1, ".") && strings.Contains(h.message, "table with name "+name+" does not exist") {
		return "--table-alias " + Unquote(h.textOf(i)) + " has this name mean cloudtrail, and with =s3logs behind it s3logs"
	}
	column, ok := h.columns[strings.ReplaceAll(name, "_", "")]
	if !ok {
		column, ok = otherNames[name]
	}
	if ok && strings.ToLower(column) != name && strings.Contains(h.message, `"`+name+`"`) {
		return Unquote(h.textOf(i)) + " is called " + column + " here"
	}
	return ""
}

// otherNames are names that fields of the access log have in other tables of it, but
// for those that differ by underscores only.
var otherNames = map[string]string{
	"remote_ip_address": "remoteip", "remote_addr": "remoteip", "client_ip": "remoteip", "http_status_code": "httpstatus", "status": "httpstatus", "status_code": "httpstatus",
	"bytes": "bytessent", "total_request_time": "totaltime", "referer": "referrer", "signature_version": "sigv",
	"authentication_type": "authtype", "host_header": "endpoint", "hostheader": "endpoint", "requesturi_operation": "request_uri",
}
