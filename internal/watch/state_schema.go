package watch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
)

// layout is the version of the tables below. A state of a newer one is refused.
const layout = 1

// Columns of tables. Where one begins with batch, that is the number of the Commit that
// a row is from: see undoTorn. What has members that may become more is JSON text.
var (
	batchColumn = duck.Column{Name: "batch", Type: duck.BigInt}
	dayColumn   = duck.Column{Name: "day", Type: duck.Date}
	keyColumn   = duck.Column{Name: "key", Type: duck.UBigInt}
	groupColumn = duck.Column{Name: "grp", Type: duck.UBigInt}
	firstColumn = duck.Column{Name: "first", Type: duck.Timestamp}
	lastColumn  = duck.Column{Name: "last", Type: duck.Timestamp}
	countColumn = duck.Column{Name: "count", Type: duck.BigInt}

	namedColumns   = []duck.Column{batchColumn, keyColumn, groupColumn, text("profile"), text("of"), text("subject"), text("value")}
	learnedColumns = []duck.Column{batchColumn, keyColumn, groupColumn, firstColumn, lastColumn, countColumn, {Name: "days", Type: duck.Integer}}
	seenColumns    = []duck.Column{batchColumn, dayColumn, keyColumn, groupColumn, firstColumn, lastColumn, countColumn}
	countColumns   = []duck.Column{batchColumn, dayColumn, {Name: "hour", Type: duck.Integer}, keyColumn, countColumn}
	rateColumns    = []duck.Column{batchColumn, keyColumn, dayColumn, {Name: "alpha", Type: duck.Double}, {Name: "beta", Type: duck.Double},
		{Name: "excess", Type: duck.Double}}
	recentColumns    = []duck.Column{batchColumn, dayColumn, {Name: "events", Type: duck.Blob}}
	evidenceColumns  = []duck.Column{batchColumn, dayColumn, keyColumn, {Name: "time", Type: duck.Timestamp}, text("evidence")}
	detectedColumns  = []duck.Column{batchColumn, dayColumn, {Name: "overTime", Type: duck.Boolean}, {Name: "time", Type: duck.Timestamp}, text("detected")}
	lineageColumns   = []duck.Column{batchColumn, {Name: "until", Type: duck.Timestamp}, text("lineage")}
	probationColumns = []duck.Column{batchColumn, keyColumn, {Name: "since", Type: duck.Date}, {Name: "days", Type: duck.Integer}, {Name: "ended", Type: duck.Boolean}}
	hoursColumns     = []duck.Column{batchColumn, groupColumn, dayColumn, {Name: "hours", Type: duck.Blob}}

	// The ledger: an object as it was when it was taken.
	objectColumns = []duck.Column{text("sourceObject"), {Name: "size", Type: duck.BigInt}, {Name: "lastModified", Type: duck.Timestamp},
		{Name: "events", Type: duck.BigInt}, {Name: "takenAt", Type: duck.Timestamp}}

	alertColumns = []duck.Column{text("id"), dayColumn, text("account"), text("actor"), text("severity"),
		{Name: "score", Type: duck.Double}, {Name: "profiles", Type: duck.List(duck.Varchar)}, {Name: "others", Type: duck.List(duck.Varchar)},
		firstColumn, lastColumn, {Name: "final", Type: duck.Boolean}, text("status"), text("sent"), {Name: "sentAt", Type: duck.Timestamp},
		text("answered"), {Name: "answeredAt", Type: duck.Timestamp}, text("reason"), text("subject"), text("message"), text("findings")}

	outboxColumns = []duck.Column{{Name: "sequence", Type: duck.BigInt}, text("id"), text("severity"), {Name: "class", Type: duck.Integer},
		text("account"), text("actor"), text("subject"), {Name: "made", Type: duck.Timestamp}, text("message")}
	deliveryColumns = []duck.Column{{Name: "sequence", Type: duck.BigInt}, text("sender"), {Name: "delivered", Type: duck.Boolean}, text("in"),
		{Name: "at", Type: duck.Timestamp}, {Name: "attempts", Type: duck.BigInt}, {Name: "next", Type: duck.Timestamp}, text("error")}

	quarantineColumns = []duck.Column{text("what"), text("kind"), text("reason"), {Name: "body", Type: duck.Blob}, countColumn,
		firstColumn, lastColumn, {Name: "next", Type: duck.Timestamp}, {Name: "resolved", Type: duck.Timestamp}}
	allowedColumns = []duck.Column{text("id"), text("actor"), text("address"), text("event"), text("profile"), text("value"),
		text("reason"), {Name: "until", Type: duck.Timestamp}, {Name: "made", Type: duck.Timestamp}}
	// Answers of people, until the watcher has taken them.
	answerColumns = []duck.Column{text("id"), {Name: "made", Type: duck.Timestamp}, text("keys")}
)

func text(name string) duck.Column { return duck.Column{Name: name, Type: duck.Varchar} }

// A table of the state.
type table struct {
	name    string
	columns []duck.Column
}

var tables = []table{
	{"named", namedColumns}, {"learned", learnedColumns}, {"seen", seenColumns}, {"counts", countColumns}, {"rates", rateColumns},
	{"recent", recentColumns}, {"evidence", evidenceColumns}, {"detected", detectedColumns}, {"lineage", lineageColumns},
	{"probation", probationColumns}, {"hours", hoursColumns}, {"objects", objectColumns}, {"alerts", alertColumns},
	{"outbox", outboxColumns}, {"deliveries", deliveryColumns}, {"senders", []duck.Column{text("sender")}},
	{"quarantine", quarantineColumns}, {"allowed", allowedColumns}, {"answers", answerColumns},
	{"meta", []duck.Column{text("name"), text("value")}},
}

// create is the statement that makes the table.
func (t table) create(name string) string {
	var parts []string
	for _, c := range t.columns {
		parts = append(parts, duck.Ident(c.Name)+" "+c.Type.String())
	}
	return fmt.Sprintf("CREATE TABLE %s.%s (%s)", stateAlias, name, strings.Join(parts, ", "))
}

// makeTables makes the tables of a new state.
func makeTables(ctx context.Context, c *duck.Conn, random io.Reader, now time.Time) error {
	var secret [16]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return fmt.Errorf("a secret for the new state: %w", err)
	}
	return transaction(ctx, c, func() error {
		for _, t := range tables {
			if err := c.Exec(ctx, t.create(t.name)); err != nil {
				return err
			}
		}
		return c.Exec(ctx, "INSERT INTO state.meta VALUES ('layout', $1), ('secret', $2), ('made', $3), ('batch', '0'), ('watermark', '0'), ('first', '0'), ('closed', '0'), ('tidied', '0'), ('spot', 'null')",
			strconv.Itoa(layout), hex.EncodeToString(secret[:]), now.UTC().Format(time.RFC3339))
	})
}

// meta is what the table of that name says.
type meta struct {
	secret    [16]byte
	batch     int64
	watermark int64 // microseconds since 1970
	first     int64 // a day, as what follows
	closed    int64
	tidied    int64
	spot      string // JSON
}

// readMeta reads it from the attached state, and refuses one that is none of ours.
func readMeta(ctx context.Context, c *duck.Conn, path string) (m meta, err error) {
	missing, err := missingTables(ctx, c)
	if err != nil {
		return m, err
	}
	if len(missing) == len(tables) {
		return m, fmt.Errorf("%s: a database, but not a state of ctsql\nhint: name another file with --state", path)
	}
	if missing["meta"] {
		return m, &DamagedError{path, errors.New("it has no table meta")}
	}
	values := map[string]string{}
	err = c.Query(ctx, func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		values[name] = value
		return err
	}, "SELECT name, value FROM state.meta")
	if err != nil {
		return m, err
	}
	found, err := strconv.Atoi(values["layout"])
	switch {
	case err == nil && found > layout:
		return m, fmt.Errorf("%s: made by a newer version of ctsql (layout %d, this one knows %d), and left as it is\nhint: use that version, or name another file with --state", path, found, layout)
	case err != nil || found < layout: // there was none before the first
		return m, &DamagedError{path, fmt.Errorf("it has layout %q", values["layout"])}
	}
	for name := range missing {
		return m, &DamagedError{path, fmt.Errorf("it has no table %s", name)}
	}
	secret, err := hex.DecodeString(values["secret"])
	if err != nil || len(secret) != len(m.secret) {
		return m, &DamagedError{path, errors.New("it has no secret, without which nothing in it can be found again")}
	}
	copy(m.secret[:], secret)
	for name, to := range map[string]*int64{"batch": &m.batch, "watermark": &m.watermark, "first": &m.first, "closed": &m.closed, "tidied": &m.tidied} {
		if *to, err = strconv.ParseInt(values[name], 10, 64); err != nil {
			return m, &DamagedError{path, fmt.Errorf("%s in table meta: %w", name, err)}
		}
	}
	m.spot = values["spot"]
	return m, nil
}

// missingTables are those that the attached state does not have as they should be.
func missingTables(ctx context.Context, c *duck.Conn) (map[string]bool, error) {
	missing := map[string]bool{}
	for _, t := range tables {
		missing[t.name] = true
	}
	err := c.Query(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		delete(missing, name)
		return err
	}, "SELECT table_name FROM duckdb_tables() WHERE database_name = '"+stateAlias+"'")
	return missing, err
}

// undoTorn are the statements that take back what a process left that was killed while
// its commit went to the log: DuckDB (1.5.6) replays whole row groups from a log that
// ends behind them, though their transaction does not. Their batch is one that was
// never committed.
func undoTorn(m meta) (statements []string) {
	for _, t := range tables {
		if t.columns[0].Name == "batch" {
			statements = append(statements, fmt.Sprintf("DELETE FROM state.%s WHERE batch > %d", t.name, m.batch),
				fmt.Sprintf("DROP TABLE IF EXISTS state.%s_next", t.name))
		}
	}
	return statements
}
