package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
)

// Status is what is in a cache.
type Status struct {
	Cache      string     `json:"cache"`
	Exists     bool       `json:"exists"`
	Size       int64      `json:"size"` // bytes of the file
	Events     int64      `json:"events"`
	Aggregated int64      `json:"aggregated"`
	First      *time.Time `json:"first"` // eventTime
	Last       *time.Time `json:"last"`
	Requests   Requests   `json:"requests"`
	Accounts   []string   `json:"accounts"` // recipientAccountId
	Regions    []string   `json:"regions"`  // awsRegion
	Objects    Objects    `json:"objects"`
	Damaged    int64      `json:"damagedRecords"`
	LastLoad   *time.Time `json:"lastLoad"`
	LastBy     string     `json:"lastLoadBy"`
	Engine     string     `json:"duckdb"`
}

// Requests are those of access logs.
type Requests struct {
	Rows    int64      `json:"rows"`
	First   *time.Time `json:"first"`
	Last    *time.Time `json:"last"`
	Buckets []string   `json:"buckets"`
}

// Objects are the objects of the ledger by what became of them.
type Objects struct {
	Loaded  int64 `json:"loaded"`
	Partly  int64 `json:"partly"`  // under a filter that left records out
	Skipped int64 `json:"skipped"` // no logs
	Damaged int64 `json:"damaged"` // with records that are not rows
}

// Status looks at the cache.
func (s *Session) Status(ctx context.Context) (st Status, err error) {
	st.Cache = s.cache.Path
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.One(ctx, "SELECT version()", &st.Engine); err != nil {
		return st, err
	}
	info, err := os.Stat(s.cache.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.Exists, st.Size = true, info.Size()
	if err := s.attach(ctx, &s.cache, false); err != nil {
		return st, explain(err)
	}
	err = checkLayout(ctx, s.conn, s.cache.Path)
	if err == nil {
		err = st.read(ctx, s.conn)
	}
	if errors.Is(err, errNew) {
		err = nil
	}
	return st, errors.Join(err, s.detach(ctx))
}

func (st *Status) read(ctx context.Context, c *duck.Conn) error {
	var by *string
	for _, q := range []struct {
		sql  string
		dest []any
	}{
		{"SELECT count(*), min(eventTime), max(eventTime) FROM %s.cloudtrail", []any{&st.Events, &st.First, &st.Last}},
		{"SELECT count(*) FROM %s.aggregated", []any{&st.Aggregated}},
		{"SELECT count(*), min(time), max(time) FROM %s.s3logs", []any{&st.Requests.Rows, &st.Requests.First, &st.Requests.Last}},
		{"SELECT count(*) FROM %s.damaged WHERE reason NOT LIKE 'text that is not Unicode%%'", []any{&st.Damaged}},
		{`SELECT count(DISTINCT sourceObject) FILTER (skipped IS NULL AND leftOut = 0),
			count(DISTINCT sourceObject) FILTER (skipped IS NULL AND leftOut > 0),
			count(DISTINCT sourceObject) FILTER (skipped IS NOT NULL),
			count(DISTINCT sourceObject) FILTER (damaged > 0),
			max(loadedAt), arg_max(loadedBy, loadedAt) FROM %s.objects`,
			[]any{&st.Objects.Loaded, &st.Objects.Partly, &st.Objects.Skipped, &st.Objects.Damaged, &st.LastLoad, &by}},
	} {
		if err := c.One(ctx, fmt.Sprintf(q.sql, alias), q.dest...); err != nil {
			return err
		}
	}
	if by != nil {
		st.LastBy = *by
	}
	for _, list := range []struct {
		to            *[]string
		table, column string
	}{
		{&st.Accounts, "cloudtrail", "recipientAccountId"},
		{&st.Regions, "cloudtrail", "awsRegion"},
		{&st.Requests.Buckets, "s3logs", "bucket_name"},
	} {
		*list.to = []string{}
		err := c.Query(ctx, func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			*list.to = append(*list.to, name)
			return nil
		}, fmt.Sprintf("SELECT DISTINCT %s FROM %s.%s WHERE %[1]s IS NOT NULL ORDER BY 1", list.column, alias, list.table))
		if err != nil {
			return err
		}
	}
	return nil
}
