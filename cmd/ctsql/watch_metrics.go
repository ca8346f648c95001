package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// watchMetrics are what a watch counts. Labels are names of ours, and of queues,
// never texts of logs: those would make as many series as a stranger likes.
type watchMetrics struct {
	registry *prometheus.Registry

	events, copies, late, misdated prometheus.Counter
	objects                        *prometheus.CounterVec // by what became of them
	messages                       *prometheus.CounterVec // likewise
	alerts                         *prometheus.CounterVec // by profile and severity
	sent                           *prometheus.CounterVec // by what became of the try
	commit                         prometheus.Histogram
	faults                         *prometheus.CounterVec // by part
}

// A watchGauge is a value that is looked up when somebody asks.
type watchGauge struct {
	name, help string
	value      func() float64
}

const metricPrefix = "ctsql_watch_"

func newWatchMetrics() *watchMetrics {
	m := &watchMetrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: metricPrefix + name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	by := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricPrefix + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	m.events = counter("events_total", "Events that were judged.")
	m.copies = counter("copies_total", "Events that were copies of others.")
	m.late = counter("late_events_total", "Events of days that were closed before they came.")
	m.misdated = counter("misdated_events_total", "Events that were not judged, for they say that they were after they were delivered, or before there was AWS.")
	m.objects = by("objects_total", "Log objects, by what became of them: taken, skipped (no logs) or refused.", "outcome")
	m.messages = by("messages_total", "Messages of queues, by what became of them: done, later or poison.", "outcome")
	m.alerts = by("alerts_total", "Alerts that reached a severity, once for each profile or detection in them.", "profile", "severity")
	m.sent = by("deliveries_total", "Tries to deliver alerts, by what became of them: delivered, failed or refused.", "outcome")
	m.faults = by("faults_total", "What went wrong and is tried again, by where.", "part")
	m.commit = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: metricPrefix + "commit_seconds", Help: "How long it took to judge and to store a batch.",
		Buckets: prometheus.ExponentialBuckets(0.005, 2, 12),
	})
	m.registry.MustRegister(m.commit,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// show has gauges looked up; the function that it returns ends that.
func (m *watchMetrics) show(gauges []watchGauge) (end func()) {
	var all []prometheus.Collector
	for _, g := range gauges {
		c := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: metricPrefix + g.name, Help: g.help}, g.value)
		m.registry.MustRegister(c)
		all = append(all, c)
	}
	return func() {
		for _, c := range all {
			m.registry.Unregister(c)
		}
	}
}

// A health is what is wrong at the moment, by part. It is safe for concurrent use.
type health struct {
	mu     sync.Mutex
	faults map[string]ailment
}

type ailment struct {
	since time.Time
	err   error
}

// set notes that a part is at fault, or with nil that it is well again, and reports
// whether it was otherwise before.
func (h *health) set(part string, err error, now time.Time) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, ill := h.faults[part]
	switch {
	case err == nil:
		delete(h.faults, part)
		return ill
	case h.faults == nil:
		h.faults = map[string]ailment{}
	}
	if !ill {
		before.since = now
	}
	h.faults[part] = ailment{before.since, err}
	return !ill
}

// patience is how long something may be wrong before /healthz says so: what is tried
// again within that time mends itself.
const patience = time.Minute

// ServeHTTP answers ok, or 503 and what has been wrong for longer than patience.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	faults := maps.Clone(h.faults)
	h.mu.Unlock()
	maps.DeleteFunc(faults, func(_ string, a ailment) bool { return time.Since(a.since) < patience })
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(faults) == 0 {
		_, _ = io.WriteString(w, "ok\n") // whoever asked is gone if it fails
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	for _, part := range slices.Sorted(maps.Keys(faults)) {
		a := faults[part]
		_, _ = fmt.Fprintf(w, "%s: since %s: %.500q\n", part, a.since.UTC().Format(time.RFC3339), a.err.Error())
	}
}

// serve answers at an address until ctx is done.
func serve(ctx context.Context, address string, m *watchMetrics, h *health) (wait func() error, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.Handle("GET /healthz", h)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	ended := make(chan error, 1)
	go func() {
		err := server.Serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		ended <- err
	}()
	return func() error {
		stop()
		return errors.Join(server.Close(), <-ended)
	}, nil
}
