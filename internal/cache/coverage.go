package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// Coverage is which days the cache has logs of, and of which it lacks them.
type Coverage struct {
	// Days are by account, region, bucket, day and category. A day without
	// events is there only between days that have something.
	Days []CoveredDay  `json:"days"`
	Gaps []CoverageGap `json:"gaps"`
	// Digests is how many digests are known.
	Digests int `json:"digests"`
}

// A CoveredDay is what there is of one account, region, day and category, or of
// the access logs of one bucket and day.
type CoveredDay struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	Bucket   string `json:"bucket"`   // that is logged; of access logs only
	Day      string `json:"day"`      // UTC, of events: 2006-01-02; empty for events without a time
	Category string `json:"category"` // as eventCategory has it, or AccessLog; empty where there are no events
	Events   int64  `json:"events"`
	Objects  int64  `json:"objects"` // that hold them; without events, those that were delivered
	// Digests and Gap are of the account, region and day, the same in each category.
	Digests int64   `json:"digests"`
	Gap     GapKind `json:"gap"`
}

// AccessLogs is the category of access logs, which have none.
const AccessLogs = "AccessLog"

// A GapKind is what is wrong with a day or a time; empty is nothing.
type GapKind string

const (
	// GapUnknown: neither an object nor a digest is known, nor is it known that
	// digests would be. CloudTrail delivers only when something happens.
	GapUnknown GapKind = "unknown"
	// GapMissing: neither an object nor a digest, though there are digests before
	// and after. Of a day, or of days.
	GapMissing GapKind = "missing"
	// GapDigests: digests are missing of a time.
	GapDigests GapKind = "digests"
	// GapRestarted: a chain of digests begins again: validation or logging was off.
	GapRestarted GapKind = "restarted"
	// GapStopped: logging was stopped, as events tell.
	GapStopped GapKind = "stopped"
	// GapChanged: a trail was changed so that it logs less, or elsewhere.
	GapChanged GapKind = "changed"
)

// A CoverageGap is a time of which logs are missing, or may be. Its texts are from
// logs and names.
type CoverageGap struct {
	Account string     `json:"account"`
	Region  string     `json:"region"` // of a trail, its home
	What    GapKind    `json:"what"`
	From    time.Time  `json:"from"`
	To      *time.Time `json:"to"`              // nil is open
	Trail   string     `json:"trail,omitempty"` // of digests, or of events
	Missing int        `json:"missing,omitempty"`
	Note    string     `json:"note,omitempty"` // which event, and whose
	Next    string     `json:"next,omitempty"` // name of the digest after it
}

// CoverageOptions say what to look at.
type CoverageOptions struct {
	Since, Until      time.Time // zero is open
	Accounts, Regions []string  // none is all, and access logs, which tell neither
	// Digests are names of digests beside those that the ledger has.
	Digests []string
}

// Coverage looks at the cache. Of one that is not there there are the digests that
// were given, if any.
func (s *Session) Coverage(ctx context.Context, o CoverageOptions) (c Coverage, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := covering{o: o, lines: map[accountRegion]*coverageLine{}, files: map[string]bool{}}
	for _, name := range o.Digests { // first: these can be read
		r.digest(name)
	}
	if err := s.attach(ctx, &s.cache, false); err != nil {
		return c, explain(err)
	}
	if !slices.Contains(s.inside, &s.cache) {
		return r.sum(), nil
	}
	err = checkLayout(ctx, s.conn, s.cache.Path)
	if err == nil {
		err = r.read(ctx, s.conn)
	}
	if errors.Is(err, errNew) {
		err = nil
	}
	return r.sum(), errors.Join(err, s.detach(ctx))
}

// accountSQL is an event's account.
const accountSQL = "coalesce(recipientAccountId, userIdentity.accountId, userIdentity.sessionContext.sessionIssuer.accountId, '')"

// categorySQL is an event's category. Before records told it there was
// managementEvent, and before that, until 2018, object-level calls of S3 and calls
// of Lambda functions were the only data events.
const categorySQL = `CASE WHEN eventCategory IS NOT NULL THEN eventCategory
	WHEN eventType = 'AwsCloudTrailInsight' THEN 'Insight'
	WHEN managementEvent THEN 'Management'
	WHEN NOT managementEvent THEN 'Data'
	WHEN eventSource = 's3.amazonaws.com' AND regexp_matches(eventName, '^(Get|Put|Head|Copy|Post|Restore|List|Select|Delete)Objects?([^L]|$)|Upload|^ListParts') THEN 'Data'
	WHEN eventSource = 'lambda.amazonaws.com' AND eventName LIKE 'Invoke%' THEN 'Data'
	ELSE 'Management' END`

// covering is a look at the coverage under way.
type covering struct {
	o       CoverageOptions
	lines   map[accountRegion]*coverageLine
	access  []CoveredDay
	digests []string
	files   map[string]bool // names of the digests' files: copies have the same
	trails  []trailEvent
}

type accountRegion struct{ account, region string }

// A coverageLine is what is known of an account and region.
type coverageLine struct {
	rows map[int64][]CoveredDay // by day since 1970
	// delivered are objects, digests the digests, by the day of their delivery.
	delivered, digests map[int64]int64
	timeless           []CoveredDay
}

func (r *covering) line(account, region string) *coverageLine {
	key := accountRegion{account, region}
	if r.lines[key] == nil {
		r.lines[key] = &coverageLine{rows: map[int64][]CoveredDay{}, delivered: map[int64]int64{}, digests: map[int64]int64{}}
	}
	return r.lines[key]
}

// window is a condition on a column of times.
func (o CoverageOptions) window(column string) string {
	where := "true"
	if !o.Since.IsZero() {
		where += fmt.Sprintf(" AND %s >= make_timestamp(%d::BIGINT)", column, o.Since.UnixMicro())
	}
	if !o.Until.IsZero() {
		where += fmt.Sprintf(" AND %s < make_timestamp(%d::BIGINT)", column, o.Until.UnixMicro())
	}
	return where
}

// among is a condition on an expression, true if there are no names.
func among(expression string, names []string) string {
	if len(names) == 0 {
		return "true"
	}
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, dialect.QuoteString(n))
	}
	return expression + " IN (" + strings.Join(quoted, ", ") + ")"
}

func (r *covering) read(ctx context.Context, c *duck.Conn) error {
	steps := []func(context.Context, *duck.Conn) error{r.events, r.objects, r.digestNames, r.trailEvents}
	if len(r.o.Accounts)+len(r.o.Regions) == 0 {
		steps = append(steps, r.requests)
	}
	for _, step := range steps {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// daySQL is the day of a time, since 1970.
const daySQL = "date_diff('day', DATE '1970-01-01', %s::DATE)"

// events counts them. They are grouped by object first: that there are few of
// a group makes it three times as fast as to count distinct ones.
func (r *covering) events(ctx context.Context, c *duck.Conn) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var day *int64
		var row CoveredDay
		if err := scan(&row.Account, &row.Region, &day, &row.Category, &row.Events, &row.Objects); err != nil {
			return err
		}
		l := r.line(row.Account, row.Region)
		if day == nil {
			l.timeless = append(l.timeless, row)
		} else {
			l.rows[*day] = append(l.rows[*day], row)
		}
		return nil
	}, fmt.Sprintf(`SELECT account, region, day, category, sum(n)::BIGINT, count(*) FROM (
		SELECT %s AS account, coalesce(awsRegion, '') AS region, %s AS day, %s AS category, sourceObject, count(*) AS n
		FROM %s.cloudtrail WHERE %s AND %s AND %s GROUP BY ALL) GROUP BY ALL ORDER BY ALL`,
		accountSQL, fmt.Sprintf(daySQL, "eventTime"), categorySQL, alias,
		r.o.window("eventTime"), among(accountSQL, r.o.Accounts), among("awsRegion", r.o.Regions)))
}

func (r *covering) requests(ctx context.Context, c *duck.Conn) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var day *int64
		row := CoveredDay{Category: AccessLogs}
		if err := scan(&row.Bucket, &day, &row.Events, &row.Objects); err != nil {
			return err
		}
		if day != nil {
			row.Day = dayText(*day)
		}
		r.access = append(r.access, row)
		return nil
	}, fmt.Sprintf(`SELECT bucket, day, sum(n)::BIGINT, count(*) FROM (
		SELECT coalesce(bucket_name, '') AS bucket, %s AS day, sourceObject, count(*) AS n
		FROM %s.s3logs WHERE %s GROUP BY ALL) GROUP BY ALL ORDER BY ALL`, fmt.Sprintf(daySQL, "time"), alias, r.o.window("time")))
}

// objects counts those that were delivered, by the folder of their day.
func (r *covering) objects(ctx context.Context, c *duck.Conn) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var folder string
		var n int64
		if err := scan(&folder, &n); err != nil {
			return err
		}
		if k, ok := cloudtrail.ParseKey(folder + "/object"); ok && r.takes(k) {
			r.line(k.Account, k.Region).delivered[dayOf(k.Delivered)] += n
		}
		return nil
	}, fmt.Sprintf(`SELECT parse_dirpath(sourceObject, '/'), count(DISTINCT sourceObject) FROM %s.objects
		WHERE skipped IS NULL AND sourceObject IS NOT NULL GROUP BY 1`, alias))
}

// takes reports whether the options want the day, account and region of a key.
func (r *covering) takes(k cloudtrail.Key) bool {
	day := k.Delivered.Truncate(24 * time.Hour)
	return (len(r.o.Accounts) == 0 || slices.Contains(r.o.Accounts, k.Account)) &&
		(len(r.o.Regions) == 0 || slices.Contains(r.o.Regions, k.Region)) &&
		(r.o.Since.IsZero() || !day.Before(r.o.Since.Truncate(24*time.Hour))) &&
		(r.o.Until.IsZero() || day.Before(r.o.Until))
}

// digest takes the name of one, unless it is of another account, region or time.
func (r *covering) digest(name string) {
	_, k, ok := cloudtrail.ParseDigestKey(name)
	file := name[strings.LastIndexByte(name, '/')+1:]
	if ok && r.takes(k) && !r.files[file] {
		r.files[file] = true
		r.digests = append(r.digests, name)
		r.line(k.Account, k.Region).digests[dayOf(k.Delivered)]++
	}
}

// digestNames takes those of the ledger, where a load enters what is no log.
func (r *covering) digestNames(ctx context.Context, c *duck.Conn) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		if err == nil {
			r.digest(name)
		}
		return err
	}, fmt.Sprintf("SELECT sourceObject FROM %s.objects WHERE skipped IS NOT NULL AND contains(sourceObject, '/%s/')", alias, cloudtrail.KindDigest))
}

// A trailEvent is a change of a trail.
type trailEvent struct {
	at                                   time.Time
	account, region, name, who, asked    string
	trail, bucket                        string
	multiRegion, validation, globalEvent *bool
}

func (r *covering) trailEvents(ctx context.Context, c *duck.Conn) error {
	until := CoverageOptions{Until: r.o.Until}
	return c.Query(ctx, func(scan func(...any) error) error {
		var e trailEvent
		var at int64
		if err := scan(&at, &e.account, &e.region, &e.name, &e.who, &e.asked); err != nil {
			return err
		}
		e.at = time.UnixMicro(at).UTC()
		e.parse()
		r.trails = append(r.trails, e)
		return nil
	}, fmt.Sprintf(`SELECT epoch_us(eventTime), %s, coalesce(awsRegion, ''), eventName, coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.type, ''),
		coalesce(requestParameters, '') FROM %s.cloudtrail
		WHERE eventSource = 'cloudtrail.amazonaws.com' AND eventName IN ('StopLogging', 'DeleteTrail', 'StartLogging', 'UpdateTrail')
		AND errorCode IS NULL AND eventTime IS NOT NULL AND %s AND %s ORDER BY eventTime, sourceObject, recordIndex`,
		accountSQL, alias, until.window("eventTime"), among(accountSQL, r.o.Accounts)))
}

// parse reads what was asked for. Of what is no such JSON nothing is known.
func (e *trailEvent) parse() {
	var asked struct {
		Name                       string
		S3BucketName               string
		IsMultiRegionTrail         *bool
		EnableLogFileValidation    *bool
		IncludeGlobalServiceEvents *bool
	}
	if json.Unmarshal([]byte(e.asked), &asked) != nil {
		return
	}
	e.trail = asked.Name[strings.LastIndexByte(asked.Name, '/')+1:] // of an ARN
	e.bucket, e.multiRegion, e.validation, e.globalEvent = asked.S3BucketName, asked.IsMultiRegionTrail, asked.EnableLogFileValidation, asked.IncludeGlobalServiceEvents
}

// less says what of an UpdateTrail makes the trail log less, or elsewhere.
func (e *trailEvent) less() string {
	var what []string
	for _, p := range []struct {
		set  *bool
		text string
	}{{e.multiRegion, "one region only"}, {e.globalEvent, "no global services"}, {e.validation, "no digests"}} {
		if p.set != nil && !*p.set {
			what = append(what, p.text)
		}
	}
	if e.bucket != "" {
		what = append(what, "to bucket "+e.bucket)
	}
	return strings.Join(what, ", ")
}

func dayOf(t time.Time) int64 { return t.Truncate(24*time.Hour).Unix() / (24 * 60 * 60) }

func dayText(day int64) string { return dayTime(day).Format(time.DateOnly) }

func dayTime(day int64) time.Time { return time.Unix(day*24*60*60, 0).UTC() }
