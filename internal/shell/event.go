package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/triage"
)

func eventCommand() command {
	return command{
		name: "event", args: "ID [--raw]",
		help: "one event whole, and what belongs to it",
		more: `ID is an eventID, or how one begins: six characters, if no other begins like
that. The event is shown as JSON, members in the order of AWS's documentation, and
below it what shares its requestID or sharedEventID, and what its session did
before and after it. Several events with one ID, of which at most one is true, are
all shown.

--raw shows the record as it is in its object, byte for byte where the output is
no terminal.

  .event 8f6d2c1a
  .event 8f6d2c1a-6c0e-4b5b-9d5e-1f2a3b4c5d6e --raw`,
		run: runEvent,
	}
}

// leastPrefix is how much of an ID tells an event.
const leastPrefix = 6

func runEvent(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	id, raw := "", false
	for _, w := range given {
		switch {
		case w == "--raw" || w == "-raw":
			raw = true
		case id == "":
			id = w
		default:
			return errors.New("one event at a time\nhint: .event ID [--raw]")
		}
	}
	if id == "" {
		return errors.New("which event?\nhint: .event ID, of which six characters are enough")
	}
	events, err := findEvents(ctx, sh.own(), id)
	if err != nil {
		return err
	}
	return sh.show(ctx, func(w io.Writer) error {
		switch {
		case matches(events) > 1:
			return listMatches(w, id, events)
		case raw:
			return writeRaw(ctx, sh, w, events)
		}
		return writeEvents(ctx, sh, w, events)
	})
}

// An event is a row of cloudtrail.
type event struct {
	columns []render.Column
	cells   []render.Cell
}

// text is the value of a column, "" for NULL.
func (e *event) text(column string) string {
	for i, c := range e.columns {
		if c.Name == column {
			return string(e.cells[i].Text)
		}
	}
	return ""
}

// member is the value of a member of a column that holds JSON.
func (e *event) member(column, member string) string {
	ms, err := members([]byte(e.text(column)))
	if err != nil {
		return "" // NULL
	}
	for _, m := range ms {
		if m.name == member {
			return unquoteJSON(m.value)
		}
	}
	return ""
}

// maxEvents is how many are looked at that have one ID, or begin with it.
const maxEvents = 20

// findEvents returns the events with this ID, else those whose ID begins with it:
// whole if all have one ID.
func findEvents(ctx context.Context, s Asker, id string) ([]event, error) {
	all, err := selectEvents(ctx, s, "*", "eventID = $id", id)
	if err != nil || len(all) > 0 {
		return all, err
	}
	if len(id) < leastPrefix {
		return nil, fmt.Errorf("no event has the ID %s\nhint: %d characters of one are enough", render.Clean(id), leastPrefix)
	}
	// Of few columns: all events are looked at.
	all, err = selectEvents(ctx, s, "eventID, eventTime, eventName, sourceObject, recordIndex", "starts_with(lower(eventID), lower($id))", id)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, fmt.Errorf("no event has the ID %s, or one that begins like it", render.Clean(id))
	case matches(all) == 1:
		return selectEvents(ctx, s, "*", "eventID = $id", all[0].text("eventID"))
	}
	return all, nil
}

func selectEvents(ctx context.Context, s Asker, columns, where, id string) (all []event, err error) {
	statement := fmt.Sprintf("SELECT %s FROM cloudtrail WHERE %s ORDER BY eventID, eventTime, sourceObject, recordIndex LIMIT %d", columns, where, maxEvents)
	a, err := s.Run(ctx, statement, map[string]string{"id": id})
	if err != nil || a.Rows == nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Rows.Close()) }()
	for cells, err := range render.Rows(a.Rows, len(a.Columns)) {
		if err != nil {
			return nil, err
		}
		e := event{columns: a.Columns}
		for _, c := range cells {
			c.Text = bytes.Clone(c.Text)
			e.cells = append(e.cells, c)
		}
		all = append(all, e)
	}
	return all, nil
}

// matches is how many IDs there are.
func matches(events []event) (n int) {
	for i := range events {
		if i == 0 || events[i].text("eventID") != events[i-1].text("eventID") {
			n++
		}
	}
	return n
}

func listMatches(w io.Writer, id string, events []event) error {
	p := newSheet(w)
	more := ""
	if len(events) == maxEvents {
		more = ", or more"
	}
	p.line("%d events begin with %s%s:", len(events), id, more)
	for i := range events {
		p.line("  %s  %s  %s", events[i].text("eventID"), clock(events[i].text("eventTime")), events[i].text("eventName"))
	}
	return p.end()
}

// clock is a time as DuckDB writes it, to the second.
func clock(t string) string { return t[:min(len(t), len("2006-01-02 15:04:05"))] }

func writeEvents(ctx context.Context, sh *Shell, w io.Writer, events []event) error {
	if n := len(events); n > 1 {
		if _, err := fmt.Fprintf(w, "%d records have this ID, and are no copies of one another: at most one is true.\n\n", n); err != nil {
			return err
		}
	}
	for i := range events {
		text, err := eventJSON(&events[i])
		if err != nil {
			return err
		}
		if err := render.PrettyJSON(w, text, sh.settings.color && !sh.target.set()); err != nil {
			return err
		}
		where := fmt.Sprintf("record %s of %s", events[i].text("recordIndex"), events[i].text("sourceObject"))
		if _, err := fmt.Fprintf(w, "\n%s\n", render.Clean(where)); err != nil {
			return err
		}
	}
	for i := range events {
		if err := writeNeighbours(ctx, sh.own(), w, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeRaw writes records as they are in their objects.
func writeRaw(ctx context.Context, sh *Shell, w io.Writer, events []event) error {
	if sh.Raw == nil {
		return errors.New("objects cannot be read here")
	}
	var errs []error
	for i := range events {
		object := events[i].text("sourceObject")
		index, err := strconv.ParseInt(events[i].text("recordIndex"), 10, 64)
		if err != nil {
			return err
		}
		text, err := sh.Raw(ctx, object, index)
		if err == nil {
			err = sameEvent(text, &events[i])
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: record %d: %w", render.Clean(object), index, err))
			continue
		}
		if !sh.target.set() && IsTerminal(sh.Out) {
			text = []byte(render.CleanLines(string(text)))
		}
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// sameEvent makes sure that a record is the one that was loaded.
func sameEvent(text []byte, e *event) error {
	ms, err := members(text)
	if err != nil {
		return errors.New("what is there now is not a record: the object was replaced since it was loaded")
	}
	for _, m := range ms {
		if m.name == "eventID" && unquoteJSON(m.value) == e.text("eventID") {
			return nil
		}
	}
	return errors.New("what is there now is another record: the object was replaced since it was loaded")
}

// near are the events beside one, as neighbours tells them.
type near struct {
	title, where, order string
	limit               int
}

// neighboursOf are the questions about what belongs to an event, with their
// parameters: those that have an answer.
func neighboursOf(e *event) (all []near, params map[string]string) {
	params = map[string]string{"object": e.text("sourceObject"), "index": e.text("recordIndex"), "at": e.text("eventTime")}
	const other = " AND (sourceObject, recordIndex) <> ($object, CAST($index AS BIGINT))"
	const place = "eventTime, sourceObject, recordIndex"
	ask := func(title, condition, name, value string) {
		if value != "" {
			params[name] = value
			all = append(all, near{title: title + " " + value, where: condition + other, order: place, limit: 10})
		}
	}
	ask("Same request", "requestID = $request", "request", e.text("requestID"))
	ask("Same deed, sharedEventID", "sharedEventID = $shared", "shared", e.text("sharedEventID"))
	session, of := e.member("userIdentity", "accessKeyId"), "userIdentity.accessKeyId = $session"
	if session == "" {
		session, of = e.member("userIdentity", "principalId"), "userIdentity.principalId = $session"
	}
	if session != "" && e.text("eventTime") != "" {
		params["session"] = session
		const here = "(CAST($at AS TIMESTAMP), $object, CAST($index AS BIGINT))"
		all = append(all,
			near{"Same session " + session + ", before", of + " AND (" + place + ") < " + here, "eventTime DESC, sourceObject DESC, recordIndex DESC", 5},
			near{"Same session " + session + ", after", of + " AND (" + place + ") > " + here, place, 5})
	}
	return all, params
}

// statement is that of all the questions together.
func nearStatement(all []near) string {
	var parts []string
	for i, n := range all {
		parts = append(parts, fmt.Sprintf("SELECT %d AS part, * FROM (SELECT eventTime, sourceObject, recordIndex, eventName, eventID, errorCode, "+
			"actor(userIdentity) AS actor FROM cloudtrail WHERE %s ORDER BY %s LIMIT %d)", i, n.where, n.order, n.limit))
	}
	return "SELECT part, eventTime, eventName, actor, eventID, errorCode FROM (" + strings.Join(parts, " UNION ALL ") +
		") ORDER BY part, eventTime, sourceObject, recordIndex"
}

func writeNeighbours(ctx context.Context, s Asker, w io.Writer, e *event) (err error) {
	all, params := neighboursOf(e)
	if len(all) == 0 {
		return nil
	}
	statement := nearStatement(all)
	for name := range params {
		if !slices.Contains(dialect.Parameters(statement), name) {
			delete(params, name)
		}
	}
	rows, err := askAll(ctx, s, statement, params)
	if err != nil {
		return err
	}
	p, part := newSheet(w), ""
	defer func() { err = errors.Join(err, p.end()) }()
	for _, r := range rows {
		if r[0] != part {
			part = r[0]
			i, err := strconv.Atoi(part)
			if err != nil {
				return err
			}
			p.blank()
			p.line("%s:", all[i].title)
		}
		name := r[2]
		if r[5] != "" {
			name += " ✗"
		}
		p.line("  %s  %s  %s %s", clock(r[1]), render.Fill(name, 22), render.Fill(triage.ShortActor(r[3]), 23), triage.ShortID(r[4]))
	}
	if e.text("eventSource") == "s3.amazonaws.com" && e.text("requestID") != "" {
		return writeRequests(ctx, s, p, e.text("requestID"))
	}
	return nil
}

// writeRequests tells what S3's access log says of a request: the keys of a batch
// delete are there only.
func writeRequests(ctx context.Context, s Asker, p sheet, request string) error {
	const statement = "SELECT time, operation, key, count(*) OVER () FROM s3logs WHERE requestid = $request ORDER BY key, time LIMIT 10"
	rows, err := askAll(ctx, s, statement, map[string]string{"request": request})
	if err != nil || len(rows) == 0 {
		return err
	}
	p.blank()
	p.line("Same request %s, in the access log of S3:", request)
	for _, r := range rows {
		p.line("  %s  %s  %s", clock(r[0]), render.Fill(r[1], 22), r[2])
	}
	if n := rows[0][3]; n != strconv.Itoa(len(rows)) {
		p.line("  … %s in all: SELECT * FROM s3logs WHERE requestid = %s", grouped(n), dialect.QuoteString(request))
	}
	return nil
}
