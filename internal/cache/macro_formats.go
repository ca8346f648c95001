package cache

// formatMacros turn the formats of times that Trino's functions take into strftime's,
// letter by letter. Of a constant they make a constant, which strptime wants.
var formatMacros = []macro{
	// MySQL's, of date_format and date_parse: what is not here is the same.
	{name: "mysql_format_", define: `(f) AS list_aggregate(list_transform(regexp_extract_all(f, '%.|%|[^%]+'), lambda x:
		CASE x WHEN '%M' THEN '%B' WHEN '%i' THEN '%M' WHEN '%s' THEN '%S' WHEN '%T' THEN '%H:%M:%S' WHEN '%r' THEN '%I:%M:%S %p'
		WHEN '%h' THEN '%I' WHEN '%W' THEN '%A' WHEN '%e' THEN '%-d' WHEN '%c' THEN '%-m' WHEN '%k' THEN '%-H' WHEN '%l' THEN '%-I'
		WHEN '%v' THEN '%V' WHEN '%x' THEN '%G' ELSE x END), 'string_agg', '')`},
	// Joda's, of format_datetime and parse_datetime: repeated letters, and text in
	// quotes, of which the last is often left open.
	{name: "joda_format_", define: `(f) AS list_aggregate(list_transform(
		regexp_extract_all(f, '''(?:[^'']|'''')*''?|[yY]+|M+|d+|H+|h+|m+|s+|S+|a+|E+|D+|Z+|.'), lambda x: CASE left(x, 1)
		WHEN '''' THEN CASE x WHEN '''''' THEN '''' ELSE system.main.replace(system.main.replace(trim(x, ''''), '''''', ''''), '%', '%%') END
		WHEN 'y' THEN CASE len(x) WHEN 2 THEN '%y' ELSE '%Y' END WHEN 'Y' THEN CASE len(x) WHEN 2 THEN '%y' ELSE '%Y' END
		WHEN 'M' THEN CASE len(x) WHEN 1 THEN '%-m' WHEN 2 THEN '%m' WHEN 3 THEN '%b' ELSE '%B' END
		WHEN 'd' THEN CASE len(x) WHEN 1 THEN '%-d' ELSE '%d' END WHEN 'D' THEN CASE WHEN len(x) < 3 THEN '%-j' ELSE '%j' END
		WHEN 'H' THEN CASE len(x) WHEN 1 THEN '%-H' ELSE '%H' END WHEN 'h' THEN CASE len(x) WHEN 1 THEN '%-I' ELSE '%I' END
		WHEN 'm' THEN CASE len(x) WHEN 1 THEN '%-M' ELSE '%M' END WHEN 's' THEN CASE len(x) WHEN 1 THEN '%-S' ELSE '%S' END
		WHEN 'S' THEN CASE WHEN len(x) <= 3 THEN '%g' ELSE '%f' END WHEN 'a' THEN '%p'
		WHEN 'E' THEN CASE WHEN len(x) > 3 THEN '%A' ELSE '%a' END WHEN 'Z' THEN '%z'
		ELSE system.main.replace(x, '%', '%%') END), 'string_agg', '')`},
	{name: "date_format", needs: []string{"mysql_format_"}, define: `(t, f) AS strftime(t, mysql_format_(f))`},
	{name: "format_datetime", needs: []string{"joda_format_"}, define: `(t, f) AS strftime(t, joda_format_(f))`},
	{name: "date_parse", needs: []string{"mysql_format_"}, define: parsed("mysql_format_")},
	{name: "parse_datetime", needs: []string{"joda_format_"}, define: parsed("joda_format_")},
	// For aggregates, as those of timeMacros: a time's own text is one that casts read.
	{name: "date_parse_", needs: []string{"mysql_format_"}, define: parsedAny("mysql_format_")},
	{name: "parse_datetime_", needs: []string{"joda_format_"}, define: parsedAny("joda_format_")},
}

// parsed are the forms of a macro that reads a time. One that is a time already stays
// as it is, so that a comparison with it can skip blocks of the table. The branch that
// is never taken keeps the engine from binding a text before the format is known.
func parsed(format string) string {
	return `(t TIMESTAMP, f) AS t, (t TIMESTAMPTZ, f) AS CAST(t AS TIMESTAMP),
		(s, f) AS CAST(strptime(CASE WHEN false THEN CAST(len(s) AS VARCHAR) ELSE s END, ` + format + `(f)) AS TIMESTAMP)`
}

func parsedAny(format string) string {
	return `(s, f) AS coalesce(TRY_CAST(CAST(s AS VARCHAR) AS TIMESTAMP), CAST(strptime(
		CASE WHEN false THEN CAST(len([s]) AS VARCHAR) ELSE CAST(s AS VARCHAR) END, ` + format + `(f)) AS TIMESTAMP))`
}
