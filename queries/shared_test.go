package queries_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/queries"
)

// ownFunctions are ctsql's own, which neither engine has, and the data that they
// answer from.
var ownFunctions = map[string]string{
	"actor": "",
	"city":  "geoip", "subdivision": "geoip", "country": "geoip", "country_code": "geoip", "continent": "geoip", "asn": "geoip", "as_org": "geoip", "distance_km": "geoip",
	"is_tor": "tor", "aws_service": "ip-ranges", "aws_region": "ip-ranges", "is_private": "", "in_cidr": "",
}

// shared are functions that DuckDB, with ctsql's macros, and Trino both have and that
// mean the same to both, and words that stand before a parenthesis. Not count_if,
// which of NULLs alone is NULL in DuckDB and 0 in Trino; not concat, which leaves
// NULLs out in one.
var shared = "coalesce nullif if greatest least cast try_cast try " +
	"sum count min max avg min_by max_by arbitrary bool_and bool_or approx_distinct array_agg map_agg " +
	"lag lead row_number rank dense_rank first_value last_value " +
	"upper lower trim replace split_part strpos starts_with substr length reverse url_decode url_extract_host url_extract_path levenshtein_distance " +
	"regexp_like regexp_extract regexp_replace " +
	"json_extract_scalar json_extract json_parse json_format json_array_get json_array_contains json_array_length json_size " +
	"date_trunc date_diff date_add from_iso8601_timestamp from_iso8601_date to_iso8601 from_unixtime to_unixtime " +
	"year month day hour minute day_of_week day_of_month day_of_year week_of_year " +
	"abs round floor ceil mod power sqrt ln log10 " +
	"element_at cardinality split array_join array_distinct array_sort arrays_overlap contains sequence unnest " +
	"in over as and or not on exists from when where join then else select with partition by having between interval like case union all any values using varchar decimal"

// only are what one of the two alone has: operators, and words where no name is meant.
var (
	onlyOperators = []string{"::", "->", "->>", ":=", "=>", "**", "//", "%", "^", "^@", "~", "~~", "[", "{", "`", "==", "&&"}
	onlyWords     = []string{"qualify", "exclude", "ilike", "pivot", "unpivot", "asof", "semi", "anti", "positional", "glob", "filter", "sample", "top"}
)

// unshared returns what of a statement only one of the two engines understands, or
// is there in only one of AWS's partitions.
func unshared(sql string) (found []string) {
	allowed := map[string]bool{}
	for word := range strings.FieldsSeq(shared) {
		allowed[word] = true
	}
	for function := range maps.Keys(ownFunctions) {
		allowed[function] = true
	}
	var before string // the token before, in small letters
	var plain bool    // it is a name without quotes
	var alias bool    // it was named there: AS t(a), WINDOW w AS (…), and CAST(… AS decimal(9, 2))
	first := true     // of a query
	for token := range dialect.Scan(sql) {
		text := strings.ToLower(token.Text(sql))
		switch {
		case token.Kind == dialect.Comment:
			continue
		case slices.Contains(onlyOperators, text),
			token.Kind == dialect.Quoted && text[0] == '`',
			token.Kind == dialect.Ident && slices.Contains(onlyWords, text),
			text == "all" && before == "by",
			text == "from" && first,
			before == "interval" && token.Kind != dialect.String,
			before == "/" && !(token.Kind == dialect.Number && strings.Contains(text, ".")),
			before == "limit" && token.Kind != dialect.Number && token.Kind != dialect.Param,
			before == "offset",
			token.Kind == dialect.Number && strings.Contains(text, "_"),
			token.Kind == dialect.String && text[0] != '\'',
			token.Kind == dialect.String && (strings.Contains(text, "arn:aws:") || strings.Contains(text, "amazonaws.com")),
			text == "(" && plain && !alias && !allowed[before]:
			found = append(found, before+" "+text)
		}
		alias = before == "as" || before == "window"
		first = text == "(" || text == "as"
		before, plain = text, token.Kind == dialect.Ident
	}
	return found
}

// TestShared: what is asked runs on Athena as well.
func TestShared(t *testing.T) {
	for _, q := range queries.All() {
		if found := unshared(q.SQL); len(found) > 0 {
			t.Errorf("%s: not in Athena or Trino, or not in all partitions: %q", q.Name, found)
		}
	}
	for _, sql := range []string{
		"SELECT a::int", "SELECT a ->> 'b'", "SELECT a -> 'b'", "SELECT a FROM b QUALIFY c", "SELECT a FROM b GROUP BY ALL",
		"SELECT a FROM b ORDER BY ALL", "FROM b", "SELECT a FROM (FROM b)", "WITH c AS (FROM b) SELECT 1", "SELECT * EXCLUDE (a) FROM b",
		"SELECT [1]", "SELECT {'a': 1}", "SELECT a[1]", "SELECT INTERVAL 7 DAY", "SELECT count_if(a)", "SELECT `a`", "SELECT a ILIKE 'b'",
		"SELECT regexp_matches(a, 'b')", "SELECT list(a)", "SELECT string_agg(a, ',')", "SELECT concat(a, 'b')", "SELECT a // 2", "SELECT a % 2",
		"SELECT a / 2", "SELECT a / b", "SELECT a FROM b LIMIT 10%", "SELECT a FROM b LIMIT (SELECT 1)", "SELECT count(*) FILTER (WHERE a)", "SELECT 1_000",
		"SELECT E'a'", "SELECT $$a$$", "SELECT a FROM b LIMIT 1 OFFSET 2", "SELECT a ~ 'b'", "SELECT strptime(a, 'b')", "SELECT list_filter(a, x -> x)",
		"SELECT a = 'iam.amazonaws.com'", "SELECT a LIKE 'arn:aws:iam::%'",
	} {
		if len(unshared(sql)) == 0 {
			t.Errorf("%s: nothing is found", sql)
		}
	}
	for _, sql := range []string{
		"SELECT a / 60.0, a LIKE 'arn:%:iam::%:role/x', eventSource LIKE 'iam.amazonaws.%' FROM b LIMIT $rows",
		"SELECT sum(a) OVER (PARTITION BY b ORDER BY c RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) FROM d",
		"SELECT count(*) OVER w FROM b WINDOW w AS (PARTITION BY c)",
		"SELECT INTERVAL '1' DAY * CAST($days AS bigint), is_tor(a), element_at(resources, 1).ARN FROM b CROSS JOIN UNNEST(resources) AS t(r)",
	} {
		if found := unshared(sql); len(found) > 0 {
			t.Errorf("%s: %q", sql, found)
		}
	}
}
