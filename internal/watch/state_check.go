package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/outbox"
)

// Checked is what a state was found to be.
type Checked struct {
	Values, Names, Objects, Alerts int64
	// Faults say what is wrong, in words; none if nothing is.
	Faults []string
}

// Check reads the state in the file at path to its end, and looks whether it agrees with
// itself. Nothing is changed. A file that cannot be used at all is an error.
func Check(ctx context.Context, path string) (k Checked, err error) {
	f := &stateFile{File: duck.File{Path: path, Alias: stateAlias}}
	defer func() { err = errors.Join(damaged(path, err), f.drop()) }()
	m, err := f.open(ctx, false)
	if err != nil {
		return k, err
	}
	for _, t := range tables {
		// Of each row all columns are read.
		if err := f.c.Exec(ctx, fmt.Sprintf("SELECT bit_xor(hash(t)) FROM state.%s t", t.name)); err != nil {
			text, _, _ := strings.Cut(err.Error(), "\n")
			k.Faults = append(k.Faults, fmt.Sprintf("table %s cannot be read: %s", t.name, text))
		}
	}
	if len(k.Faults) > 0 {
		return k, nil // what follows would say no more
	}
	for _, look := range faults(m) {
		var n int64
		if err := f.c.One(ctx, look.query, &n); err != nil {
			return k, err
		}
		if n > 0 {
			k.Faults = append(k.Faults, fmt.Sprintf(look.says, n))
		}
	}
	if err := checkTexts(ctx, f.c, &k); err != nil {
		return k, err
	}
	err = f.c.One(ctx, `SELECT (SELECT count(DISTINCT key) FROM state.learned), (SELECT count(*) FROM state.named),
		(SELECT count(*) FROM state.objects), (SELECT count(*) FROM state.alerts)`, &k.Values, &k.Names, &k.Objects, &k.Alerts)
	return k, err
}

// A fault is looked for by a query for how many there are.
type fault struct{ query, says string }

func faults(m meta) (list []fault) {
	for _, t := range []string{"learned", "seen", "evidence"} {
		list = append(list, fault{fmt.Sprintf("SELECT count(DISTINCT key) FROM state.%s WHERE key NOT IN (SELECT key FROM state.named)", t),
			"%d values in table " + t + " have no name in named"})
	}
	for _, t := range tables {
		if t.columns[0].Name == batchColumn.Name {
			list = append(list, fault{fmt.Sprintf("SELECT count(*) FROM state.%s WHERE batch > %d", t.name, m.batch),
				"%d rows of table " + t.name + " are of a batch that was not committed"})
		}
	}
	return append(list,
		fault{"SELECT count(*) FROM (SELECT key FROM state.named GROUP BY key HAVING count(DISTINCT (profile, of, subject, value)) > 1)", "%d values have several names"},
		fault{"SELECT count(*) FROM state.learned WHERE first > last OR count < 1 OR days < 1", "%d rows of table learned have times and counts that cannot be"},
		fault{"SELECT count(*) FROM state.seen WHERE first > last OR count < 1", "%d rows of table seen have times and counts that cannot be"},
		fault{"SELECT count(*) FROM state.recent WHERE octet_length(events) % 8 <> 0", "%d rows of table recent hold no hashes"},
		fault{"SELECT count(*) - count(DISTINCT sourceObject) FROM state.objects", "%d objects are in the ledger more than once"},
		fault{"SELECT count(*) - count(DISTINCT id) FROM state.alerts", "%d alerts are there more than once"},
		fault{"SELECT count(*) FROM state.outbox WHERE id NOT IN (SELECT id FROM state.alerts)", "%d messages are of alerts that are gone"},
		fault{"SELECT count(*) FROM state.deliveries WHERE sequence NOT IN (SELECT sequence FROM state.outbox)", "%d marks are of messages that are gone"},
		fault{"SELECT count(*) FROM state.alerts WHERE sent <> '' AND id NOT IN (SELECT id FROM state.outbox) AND sentAt > (SELECT max(made) FROM state.outbox)", "%d alerts are marked as sent, and were not"},
	)
}

// checkTexts reads what stands in tables as text.
func checkTexts(ctx context.Context, c *duck.Conn, k *Checked) error {
	if _, err := alerts(ctx, c, AlertFilter{}); err != nil {
		k.Faults = append(k.Faults, fmt.Sprintf("table alerts: %v", err))
	}
	bad := 0
	err := c.Query(ctx, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		if err == nil && json.Unmarshal([]byte(text), new(outbox.Message)) != nil {
			bad++
		}
		return err
	}, "SELECT message FROM state.outbox")
	if bad > 0 {
		k.Faults = append(k.Faults, fmt.Sprintf("%d messages in the outbox cannot be read", bad))
	}
	return err
}

// Backup copies the state in the file at path to the file to, which must not be there
// yet, as it is between two batches of the watcher, which waits meanwhile; and looks
// whether the copy is a state. A gigabyte takes some seconds.
func Backup(ctx context.Context, path, to string) (k Checked, err error) {
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		return k, errors.Join(fmt.Errorf("%s: there is a file already", to), err)
	}
	part := to + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return k, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
		err = errors.Join(err, os.RemoveAll(part+".gate"))
	}()
	if err := errors.Join(copyState(ctx, path, out), out.Close()); err != nil {
		return k, err
	}
	if k, err = Check(ctx, part); err != nil {
		return k, err
	}
	return k, put(part, to)
}

// copyState copies the file while nobody can write to it.
func copyState(ctx context.Context, path string, out *os.File) (err error) {
	f := &stateFile{File: duck.File{Path: path, Alias: stateAlias}}
	// To close a file is to lose the locks that DuckDB has on it in this process: it
	// is closed last.
	var in *os.File
	defer func() {
		err = errors.Join(damaged(path, err), f.drop())
		if in != nil {
			err = errors.Join(err, in.Close())
		}
	}()
	for {
		if _, err := f.open(ctx, false); err != nil {
			return err
		}
		if !f.replays {
			break
		}
		// A log that a killed process left belongs to the file.
		if err := f.drop(); err != nil {
			return err
		}
		if _, err := f.open(ctx, true); err != nil {
			return err
		}
		if err := f.detach(ctx); err != nil {
			return err
		}
	}
	if in, err = os.Open(path); err != nil {
		return err
	}
	if err := out.Chmod(0o600); err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
