package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
)

// What people have said of an alert.
const (
	Open   = "open"
	Acked  = "acked"   // it was looked at: its values are normal
	Allows = "allowed" // and the like of it is from now on
)

// standing is what an alert has that its story does not tell.
type standing struct {
	status           string
	sent, answered   profile.Severity // None where it was not
	sentAt, answerAt *time.Time
	reason           string
	subject, message string
}

// tells reports whether a story of this class is to be sent. What people answered, they
// answered of what it was then.
func (st *standing) tells(from, severity profile.Severity) bool {
	return from != profile.None && severity >= from && severity > st.sent && severity > st.answered
}

// stories brings alerts up to date, and puts into the outbox what is to be sent of them.
func (w *writing) stories(ctx context.Context) error {
	stories := w.change.Stories
	if err := w.withdraw(ctx); err != nil || len(stories) == 0 {
		return err
	}
	before, err := w.standings(ctx, stories)
	if err != nil {
		return err
	}
	var send []outbox.Message
	for i := range stories {
		story, st := &stories[i], before[i]
		if story.Severity > st.answered {
			st.status = Open
		}
		if !st.tells(w.s.o.SendFrom, story.Severity) || w.s.o.Quiet != nil && w.s.o.Quiet(story) {
			continue
		}
		now := w.s.o.Now()
		m := w.s.o.Message(story, st.sent, now)
		st.sent, st.sentAt, st.subject, st.message = story.Severity, &now, m.Subject, m.Text
		send = append(send, m)
	}
	r := alertRows(stories, before)
	if err := w.s.file.with(ctx, "alerts", r, "DELETE FROM state.alerts WHERE id IN (SELECT id FROM ctsql_rows('alerts'))"); err != nil {
		return err
	}
	if err := w.s.file.insert(ctx, "state.alerts", "alerts", r); err != nil {
		return err
	}
	return w.send(ctx, send)
}

// withdraw takes stories back. Of one that was sent, it stays to be seen what it is now.
func (w *writing) withdraw(ctx context.Context) error {
	ids := w.change.Withdrawn
	if len(ids) == 0 {
		return nil
	}
	err := w.c.Exec(ctx, "DELETE FROM state.alerts WHERE sent = '' AND answered = '' AND id IN (SELECT unnest($1::VARCHAR[]))", ids)
	if err != nil {
		return err
	}
	return w.c.Exec(ctx, "UPDATE state.alerts SET severity = 'none', score = 0, profiles = [], findings = '[]' WHERE id IN (SELECT unnest($1::VARCHAR[]))", ids)
}

// standings are those of the stories.
func (w *writing) standings(ctx context.Context, stories []profile.Story) ([]*standing, error) {
	ids := make([]string, len(stories))
	all, at := make([]*standing, len(stories)), map[string]*standing{}
	for i := range stories {
		ids[i] = stories[i].ID
		all[i] = &standing{status: Open}
		at[ids[i]] = all[i]
	}
	err := w.c.Query(ctx, func(scan func(...any) error) error {
		var id, sent, answered string
		var st standing
		err := scan(&id, &st.status, &sent, &st.sentAt, &answered, &st.answerAt, &st.reason, &st.subject, &st.message)
		if err == nil {
			st.sent, err = severityOf(sent)
		}
		if err == nil {
			st.answered, err = severityOf(answered)
		}
		*at[id] = st
		return err
	}, `SELECT id, status, sent, sentAt, answered, answeredAt, reason, subject, message FROM state.alerts
		WHERE id IN (SELECT unnest($1::VARCHAR[]))`, ids)
	return all, err
}

// severityText is a severity as it is stored; "" is none.
func severityText(s profile.Severity) string {
	if s == profile.None {
		return ""
	}
	return s.String()
}

func severityOf(text string) (profile.Severity, error) {
	if text == "" {
		return profile.None, nil
	}
	for s := profile.None; s <= profile.Critical; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return profile.None, fmt.Errorf("no severity: %q", text)
}

func alertRows(stories []profile.Story, standings []*standing) rows {
	return rows{columns: alertColumns, n: len(stories), put: func(i int, to row) {
		story, st := &stories[i], standings[i]
		to.text(0, story.ID)
		to.int32(1, int32(story.Day))
		to.text(2, story.Account)
		to.text(3, story.Root)
		to.text(4, story.Severity.String())
		to.float(5, story.Score)
		to.texts(6, story.Profiles)
		to.texts(7, story.Others)
		to.int(8, story.First)
		to.int(9, story.Last)
		to.bool(10, story.Final)
		to.text(11, st.status)
		to.text(12, severityText(st.sent))
		if st.sentAt != nil {
			to.int(13, st.sentAt.UnixMicro())
		}
		to.text(14, severityText(st.answered))
		if st.answerAt != nil {
			to.int(15, st.answerAt.UnixMicro())
		}
		to.text(16, st.reason)
		to.text(17, st.subject)
		to.text(18, st.message)
		findings := make([]finding, len(story.Findings))
		for k := range story.Findings {
			findings[k] = findingOf(&story.Findings[k])
		}
		to.json(19, findings)
	}}
}

// A finding is a profile.Finding as it is stored: it is what SQL sees of it, too.
type finding struct {
	Profile   string         `json:"profile"`
	Of        profile.Of     `json:"of,omitempty"`
	Subject   string         `json:"subject,omitempty"`
	Value     string         `json:"value,omitempty"`
	Key       profile.Key    `json:"key,omitempty"`
	Keys      []profile.Key  `json:"keys,omitempty"`
	Score     float64        `json:"score"`
	Counted   float64        `json:"counted"`
	Why       string         `json:"why,omitempty"`
	Days      int            `json:"pastDays"`
	Events    uint64         `json:"pastEvents"`
	Values    int            `json:"pastValues"`
	First     profile.Day    `json:"pastFirstDay"` // since 1970
	Probation bool           `json:"probation,omitempty"`
	Time      time.Time      `json:"eventTime"`
	Sample    profile.Sample `json:"event"`
}

func findingOf(f *profile.Finding) finding {
	return finding{
		Profile: f.Profile, Of: f.Of, Subject: f.Subject, Value: f.Value, Key: f.Key, Keys: f.Keys, Score: f.Score, Counted: f.Counted, Why: f.Why,
		Days: f.Past.Days, Events: f.Past.Events, Values: f.Past.Values, First: f.Past.First, Probation: f.Past.Probation,
		Time: time.UnixMicro(f.Sample.Time).UTC(), Sample: f.Sample,
	}
}

func (f *finding) finding() profile.Finding {
	sample := f.Sample
	sample.Time = f.Time.UnixMicro()
	return profile.Finding{
		Profile: f.Profile, Of: f.Of, Subject: f.Subject, Value: f.Value, Key: f.Key, Keys: f.Keys, Score: f.Score, Counted: f.Counted, Why: f.Why,
		Past:   profile.Past{Days: f.Days, Events: f.Events, Values: f.Values, First: f.First, Probation: f.Probation},
		Sample: sample,
	}
}

// An Alert is a story as it stands, with what became of it.
type Alert struct {
	profile.Story
	Status     string           // Open, Acked or Allows
	Sent       profile.Severity // the class in which it was sent last; None if it was not
	SentAt     time.Time
	Answered   profile.Severity // its class when people answered
	AnsweredAt time.Time
	Reason     string // of the answer
	Subject    string // of what was sent last
	Message    string // its text
}

// An AlertFilter says which alerts are asked for.
type AlertFilter struct {
	Severity profile.Severity // the least
	Status   string           // "" is any
	ID       string           // what it begins with
	Limit    int              // 0 is all
}

// alerts lists alerts, the latest day and the highest score first.
func alerts(ctx context.Context, c *duck.Conn, f AlertFilter) (list []Alert, err error) {
	limit := int64(f.Limit)
	if limit <= 0 {
		limit = 1 << 40
	}
	err = c.Query(ctx, func(scan func(...any) error) error {
		var a Alert
		var severity, sent, answered, profiles, others, findings string
		var sentAt, answeredAt *time.Time
		err := scan(&a.ID, &a.Day, &a.Account, &a.Root, &severity, &a.Score, &profiles, &others, &a.First, &a.Last, &a.Final,
			&a.Status, &sent, &sentAt, &answered, &answeredAt, &a.Reason, &a.Subject, &a.Message, &findings)
		if err != nil {
			return err
		}
		if sentAt != nil {
			a.SentAt = sentAt.UTC()
		}
		if answeredAt != nil {
			a.AnsweredAt = answeredAt.UTC()
		}
		for to, text := range map[*profile.Severity]string{&a.Severity: severity, &a.Sent: sent, &a.Answered: answered} {
			if *to, err = severityOf(text); err != nil {
				return err
			}
		}
		if err := json.Unmarshal([]byte(profiles), &a.Profiles); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(others), &a.Others); err != nil {
			return err
		}
		a.Findings, err = findingsOf(findings)
		list = append(list, a)
		return err
	}, `SELECT id, CAST(day - DATE '1970-01-01' AS INTEGER), account, actor, severity, score, to_json(profiles)::VARCHAR, to_json(others)::VARCHAR,
			epoch_us(first), epoch_us(last), final, status, sent, sentAt, answered, answeredAt, reason, subject, message, findings
		FROM state.alerts WHERE starts_with(id, $1) AND ($2 = '' OR status = $2)
			AND list_position(['none', 'low', 'medium', 'high', 'critical'], severity) > $3
		ORDER BY day DESC, score DESC, id LIMIT $4`, f.ID, f.Status, int64(f.Severity), limit)
	return list, err
}

func findingsOf(text string) ([]profile.Finding, error) {
	var stored []finding
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, err
	}
	list := make([]profile.Finding, len(stored))
	for i := range stored {
		list[i] = stored[i].finding()
	}
	return list, nil
}

// Alerts lists alerts, the latest day and the highest score first.
func (s *State) Alerts(ctx context.Context, f AlertFilter) (list []Alert, err error) {
	err = s.use(ctx, func(c *duck.Conn) error {
		list, err = alerts(ctx, c, f)
		return err
	})
	return list, err
}
