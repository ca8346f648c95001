package dialect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want []string
	}{
		{"select * from cloudtrail where eventName = 'A' and c.awsRegion=$r limit 3", []string{"1 eventname = 'A'", "1 c.awsregion = $r"}},
		{`select 1 from cloudtrail where "eventTime" >= TIMESTAMP '2025-01-01' -- since
			and eventTime < now() - interval '7 days' order by 1`, []string{"1 eventtime >= TIMESTAMP '2025-01-01'", "1 eventtime < now() - interval '7 days'"}},
		{"select 1 from t where eventTime between '2025-01-01' and '2025-02-01' and eventName == 'B'", []string{"1 eventtime >= '2025-01-01'", "1 eventtime <= '2025-02-01'", "1 eventname = 'B'"}},
		{"from t where (eventName = 'A' and (readOnly and awsRegion = 'x'))", []string{"1 eventname = 'A'", "1 awsregion = 'x'"}},
		{"from t where eventName = 'A' or awsRegion = 'x'", nil},
		{"from t where (eventName = 'A' or awsRegion = 'x') and eventName = 'C'", []string{"1 eventname = 'C'"}},
		{"from t where not eventName = 'A'", nil},
		{"from t where not (eventName = 'A')", nil},
		{"from t where eventName not between 'A' and 'B' and awsRegion = 'x'", []string{"1 awsregion = 'x'"}},
		{"from t where coalesce(eventName = 'A', true)", nil},
		{"from t where lower(eventName) = 'a'", nil},
		{"from t where eventName = 'A' = true", nil},
		{"from t where eventName in ('A') and requestParameters ->> 'x' = 'y'", nil},
		{"from t where case when eventName = 'A' then awsRegion = 'x' or true end and eventName = 'B'", []string{"1 eventname = 'B'"}},
		{"select eventName = 'A' from t", nil},
		{"select count(*) filter (where eventName = 'A') from t", nil},
		{"select * from t join u on t.eventName = 'A'", nil},
		{"with x as (select * from cloudtrail where eventName = 'A') select * from x where awsRegion = 'y'", []string{"1 eventname = 'A'", "2 awsregion = 'y'"}},
		{"select * from (select * from cloudtrail where eventName = 'A') where b", []string{"1 eventname = 'A'"}},
		{"select * from a left join (select * from cloudtrail where eventName = 'A') using (x) where awsRegion = 'y'", []string{"1 awsregion = 'y'"}},
		{"select * from t where x in (select x from cloudtrail where eventName = 'A')", []string{"2 eventname = 'A'"}},
		{"select * from t where x not in (select x from cloudtrail where eventName = 'A')", nil},
		{"select * from t where not exists (select x from cloudtrail where eventName = 'A')", nil},
		{"select * from t where x = (select max(x) from cloudtrail where eventName = 'A')", nil},
		{"select * from t where eventName = 'A' union all select * from t where eventName = 'B'", []string{"1 eventname = 'A'", "2 eventname = 'B'"}},
		{"select * from t where eventName = 'A' except select * from t", nil},
		{"from t where userIdentity.sessionContext.sessionIssuer.arn = 'a'", nil},
		{"from t where eventName = 'unfinished", nil},
		{"from t where eventName =", nil},
		{"from t where eventName between 1", []string{"1 eventname >= 1"}},
		{"from t where " + strings.Repeat("(", 10000) + "eventName = 'A'", nil},
		{"where and or ) ( between and", nil},
	} {
		var got []string
		for _, f := range Conditions(c.sql) {
			column := f.Column
			if f.Table != "" {
				column = f.Table + "." + column
			}
			got = append(got, fmt.Sprintf("%d %s %s %s", f.Where, column, f.Op, f.Value))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%.200s: %q, want %q", c.sql, got, c.want)
		}
	}
}

func FuzzConditions(f *testing.F) {
	f.Add("from t where (a = 'x' and b between 1 and 2) or not exists (select 1 where c = 3)")
	f.Fuzz(func(t *testing.T, sql string) {
		for _, c := range Conditions(sql) {
			if !strings.Contains(sql, c.Value) || c.Value == "" || c.Column == "" {
				t.Errorf("%q: %+v", sql, c)
			}
		}
	})
}
