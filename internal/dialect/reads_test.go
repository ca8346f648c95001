package dialect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var readColumns = []string{"source", "name"}

func TestReads(t *testing.T) {
	for _, c := range []struct {
		sql     string
		want    []string // of each read: what it demands, and its bounds
		nothing bool     // there are no rows if no read that demands something yields any
	}{
		{"select x from log where name = 'A'", []string{"name = 'A'"}, true},
		{"select x from log where name = 'A';", []string{"name = 'A'"}, true},
		{`select x from LOG l where l."Name" in ('A', 'b') and l.x = 3 -- that`, []string{`l: "Name" IN ( 'A' , 'b' )`}, true},
		{"select x from log where source like 'iam.%' and (name = 'A' or name like 'B%') and x > 3", []string{"source LIKE 'iam.%' AND (name = 'A' OR name LIKE 'B%')"}, true},
		{"select x from log where name = 'A' and x = 1 or name = 'B' and source = 'b'", []string{"(name = 'A' OR name = 'B' AND source = 'b')"}, true},
		{"select x from log where name = 'A' or x = 1", []string{""}, false},
		{"select x from log where (name = 'A' or (x = 1 or name = 'B')) and source = 's'", []string{"source = 's'"}, true},
		{"select x from log where not (name = 'A' or x = 1)", []string{""}, false},
		{"select x from log where not name = 'A' and name is not null", []string{"NOT name = 'A' AND name IS NOT NULL"}, true},
		{"select x from log where name between 'A' and 'B' and x", []string{"name BETWEEN 'A' AND 'B'"}, true},
		{"select x from log where case when name = 'A' then true or false else x and name = 'B' end and name = 'C'", []string{"name = 'C'"}, true},
		{"select x from log where coalesce(name, '') = 'A' and lower(x) = name", []string{"coalesce ( name , '' ) = 'A'"}, true},
		{"select x from log where name = 'A' and p ->> 'x' = 'y'", []string{""}, false},
		{"select x from log where name = 'A' and (p ->> 'x') = 'y'", []string{""}, false},
		{"select x from log where $names <> '' and name = $name", []string{"$names <> '' AND name = $name"}, true},
		{"select x from log where name = ?", []string{""}, false},
		{"select x from log where 'A' = 'B'", []string{""}, false},
		{"select x from log where name.member = 'A' and other.name = 'B'", []string{""}, false},
		{"select x from log where name = 'A' and x is distinct from y", []string{"name = 'A'"}, true},
		{"select x is distinct from y from log where name = 'A'", []string{"name = 'A'"}, true},
		{"select x as \"from\", y as where from log where name = 'A'", []string{"name = 'A'"}, true},

		// When.
		{"select x from log where at >= cast($since as timestamp) - interval '7' day and at < $until and name = 'A'",
			[]string{"name = 'A' [cast($since as timestamp) - interval '7' day, $until)"}, true},
		{"select x from log where at >= $since and x or at < $until", []string{""}, false},
		{"select x from log where at >= made and at < (select max(at) from log)", []string{"", ""}, false},
		{"select x from log l where l.at > '2025-01-01' and other.at < $until", []string{"l:  ['2025-01-01', )"}, false},

		// What counts is told of nothing too.
		{"select count(*) from log where name = 'A'", []string{"name = 'A'"}, false},
		{"select coalesce(max(x), 0) from log where name = 'A'", []string{"name = 'A'"}, false},
		{"select 1 from log where name = 'A' having true", []string{"name = 'A'"}, false},
		{"select x, count(*) from log where name = 'A' group by x", []string{"name = 'A'"}, true},
		{"select count(*) from log where name = 'A' group by all", []string{"name = 'A'"}, false},
		{"select count(*) from log where name = 'A' group by ()", []string{"name = 'A'"}, false},
		{"select x, count(*) from log where name = 'A' group by rollup (x)", []string{"name = 'A'"}, false},
		{"select x, lag(x) over (order by y) from log where name = 'A' order by x limit 3", []string{"name = 'A'"}, true},
		{"select x from log where name = 'A' using sample 3", []string{""}, false},

		// Names of WITH.
		{"with c as (select x from log where name = 'A') select x from c where y order by x", []string{"name = 'A'"}, true},
		{"with c as materialized (select x from log where name = 'A'), d(n) as (select count(*) from c) select n from d", []string{"name = 'A'"}, false},
		{"with c as (select x from log where name = 'A'), d as (select x from log) select x from d where exists (select 1 from c)", []string{"name = 'A'", ""}, false},
		{"with c as (select x from log where name = 'A'), d as (select x from log) select x from d join c on c.x = d.x", []string{"name = 'A'", ""}, true},
		{"with log as (select x from log where name = 'A') select x from log where name = 'B'", []string{"name = 'A'"}, true},
		{"with recursive c as (select x from log where name = 'A') select x from c", nil, false},
		{"select x from (select x from log where name = 'A') as s where name = 'B'", []string{"name = 'A'"}, true},

		// Sets.
		{"select x from log where name = 'A' union all select x from log where name = 'B'", []string{"name = 'A'", "name = 'B'"}, true},
		{"select x from log where name = 'A' union select 1", []string{"name = 'A'"}, false},
		{"select x from log where name = 'A' except select x from log where name = 'B'", []string{"name = 'A'", "name = 'B'"}, false},
		{"(select x from log where name = 'A') order by x", []string{"name = 'A'"}, true},

		// Joins.
		{"select x from log join (values ('A', 1), ('B', 2)) as v(n, i) on name = n where y", []string{"name IN ('A', 'B')"}, true},
		{"select x from log join (values (1, 'A'), (2, 'B')) v(i, n) on x = i and n = log.name", []string{""}, false},
		{"select x from log inner join (values ('A'), (lower('B'))) v(n) on name = n", []string{""}, false},
		{"select x from log join (values ('A')) v(n) on name = n or x", []string{""}, false},
		{"select x from log l join log m on l.x = m.x where l.name = 'A' and name = 'B'", []string{"l: name = 'A'", "m: "}, true},
		{"select x from log, other where log.name = 'A'", []string{"name = 'A'"}, true},
		{"select x from log left join other using (x) where name = 'A'", []string{""}, false},
		{"select x from other left join (select x from log where name = 'A') using (x)", []string{"name = 'A'"}, false},
		{"select x from other full join log on name = 'A'", nil, false},
		{"select x from log semi join other using (x) where name = 'A'", []string{""}, false},
		{"select x from log as l(name, source) where name = 'A'", []string{""}, false},
		{"select x from log tablesample 10% where name = 'A'", []string{""}, false},
		{"select x from log using sample 10% where name = 'A'", []string{""}, false},
		{"select x from log cross join unnest(y) as u(z) where name = 'A' and u.z = 1", []string{"name = 'A'"}, true},
		{"select x from main.log where name = 'A'", nil, false},
		{"select x from log('A') where name = 'A'", nil, false},
		{"select x from other where x in (select x from log where name = 'A')", []string{"name = 'A'"}, false},
		{"select (select max(x) from log where name = 'A') from other", []string{"name = 'A'"}, false},

		// What is not understood.
		{"from log where name = 'A'", nil, false},
		{"values (1)", nil, false},
		{"select 1; select x from log where name = 'A'", nil, false},
		{"select x from log where name = 'unfinished", nil, false},
		{"with c as select", nil, false},
		{"select x from log where " + strings.Repeat("(", 10000) + "name = 'A'", nil, false},
		{"select x from log where name = 'A') and (x", nil, false},
		{strings.Repeat("select x from (", 1000) + "log", nil, false},
		{"", nil, false},
	} {
		r := Reads(c.sql, "log", readColumns, "at")
		var got []string
		for _, read := range r.Reads {
			one := read.Demand
			if read.Named {
				one = strings.Fields(c.sql[read.End:])[0] + ": " + one
			}
			if read.From != "" || read.Until != "" {
				one += fmt.Sprintf(" [%s, %s)", read.From, read.Until)
			}
			got = append(got, one)
			if Fold(c.sql[read.Start:read.End]) != "log" {
				t.Errorf("%.100s: %q is not the table", c.sql, c.sql[read.Start:read.End])
			}
		}
		for i := range got {
			got[i], c.want[min(i, len(c.want)-1)] = strings.ToLower(got[i]), strings.ToLower(c.want[min(i, len(c.want)-1)])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%.200s: %.200q, want %q", c.sql, got, c.want)
		}
		if nothing := r.Nothing(func(i int) bool { return r.Reads[i].Demand != "" }); nothing != c.nothing {
			t.Errorf("%.200s: nothing is %v, want %v", c.sql, nothing, c.nothing)
		}
	}
}

func FuzzReads(f *testing.F) {
	f.Add("with a as (select x from log l join (values ('A')) as v(n) on name = n where l.at >= $since) select x from a where (name = 'A' or not y) union all select 1")
	f.Add("select x from log, (select y from log where name between 'a' and case when x then 'b' end) group by x having y using sample")
	f.Fuzz(func(t *testing.T, sql string) {
		r := Reads(sql, "log", readColumns, "at")
		r.Nothing(func(int) bool { return true })
		last := 0
		for _, read := range r.Reads {
			if Fold(sql[read.Start:read.End]) != "log" {
				t.Errorf("%q: %q is not the table", sql, sql[read.Start:read.End])
			}
			for token := range Scan(read.Demand) {
				if text := Fold(token.Text(read.Demand)); token.Kind == Ident && !allowed[text] && !slices.Contains(readColumns, text) {
					t.Errorf("%q: %q is demanded", sql, read.Demand)
				}
			}
			last = max(last, read.End)
		}
		if last > len(sql) {
			t.Errorf("%q: %d", sql, last)
		}
	})
}
