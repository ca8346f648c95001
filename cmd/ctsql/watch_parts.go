package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/sns"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/watch"
)

// ways are where alerts go.
func (w *watching) ways(ctx context.Context) (ways []outbox.Way, err error) {
	format := outbox.Text
	if w.c.alertFormat == "json" {
		format = outbox.JSON
	}
	to := w.c.alerts
	if len(to) == 0 && w.c.topic == "" {
		to = []string{toStdout}
	}
	for _, name := range to {
		way := outbox.Way{Name: name, MaxPerHour: w.c.perHour}
		if name == toStdout {
			way.Sender = outbox.ToWriter(os.Stdout, format)
		} else {
			if way.Name, err = filepath.Abs(name); err != nil {
				return nil, err
			}
			way.Sender = outbox.ToFile(way.Name, format)
		}
		ways = append(ways, way)
	}
	if w.c.topic != "" {
		cfg, err := w.own().Config(ctx)
		if err != nil {
			return nil, err
		}
		topic, err := sns.NewTopic(cfg, w.c.topic, format)
		if err != nil {
			return nil, usage("--topic: %w", err)
		}
		ways = append(ways, outbox.Way{Name: w.c.topic, Sender: topic, MaxPerHour: w.c.perHour})
	}
	return ways, nil
}

// own is how to reach AWS for what is no log: a role is for logs, and so are requests
// that are not signed.
func (w *watching) own() source.S3Options {
	o := w.c.s3.S3Options
	o.Role, o.NoSignRequest = source.Role{}, false
	return o
}

// gauges are what is looked up when somebody asks.
func (w *watching) gauges() []watchGauge {
	since := func(micros int64) float64 {
		if micros == 0 {
			return 0
		}
		return time.Since(time.UnixMicro(micros)).Seconds()
	}
	of := func(pick func(depth) float64) func() float64 {
		return func() float64 { return pick(w.depth()) }
	}
	return []watchGauge{
		{"event_lag_seconds", "How long ago the latest event was that was judged, by its own time; 0 before the first.",
			func() float64 { return since(w.watermark.Load()) }},
		{"messages_held", "Messages that were received and are not done.", func() float64 {
			n, _ := w.held()
			return float64(n)
		}},
		{"message_age_seconds", "How long ago the oldest message that is held was sent.", func() float64 {
			_, oldest := w.held()
			if oldest.IsZero() {
				return 0
			}
			return time.Since(oldest).Seconds()
		}},
		{"outbox_depth", "Alerts that are to be delivered yet, by the way that has most.", of(func(d depth) float64 { return float64(d.outbox) })},
		{"quarantine", "Objects and messages that could not be read so far.", of(func(d depth) float64 { return float64(d.quarantine) })},
	}
}

// held is how many messages are held, and when the oldest was sent.
func (w *watching) held() (n int, oldest time.Time) {
	for _, q := range w.queues {
		of, sent := q.Held()
		n += of
		if oldest.IsZero() || !sent.IsZero() && sent.Before(oldest) {
			oldest = sent
		}
	}
	return n, oldest
}

// wording is how alerts are told, with the files named that were named to us.
func wording(state, cache string) *watch.Wording {
	w := watch.NewWording()
	if state != "" {
		w.Alerts = append(w.Alerts, "--state", state)
	}
	if cache != "" {
		w.Query = append(w.Query, "--cache", cache)
	}
	return w
}

// A depth is how much waits.
type depth struct{ outbox, quarantine int }

// depths are the last depth that was counted.
type depths struct {
	sync.Mutex
	depth
	at time.Time
}

// depthAge is how long a count of what waits is good: several gauges are asked for at once.
const depthAge = time.Second

// depth counts what waits in the state.
func (w *watching) depth() depth {
	w.depths.Lock()
	defer w.depths.Unlock()
	if time.Since(w.depths.at) < depthAge {
		return w.depths.depth
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	waiting, err := w.state.Waiting(ctx)
	w.fault(ctx, "state", err)
	if err == nil {
		w.depths.depth, w.depths.at = depth{waiting.Outbox, waiting.Quarantine}, time.Now()
	}
	return w.depths.depth
}
