package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

// A killing is when a watch is killed: at a request of a kind, or when it publishes,
// before that is served or before the answer is there; or after a time.
type killing struct {
	op        string
	at        int // that request
	publishes bool
	served    bool
	after     time.Duration
}

func newKilling(random *rand.Rand) killing {
	ops := []string{"sqs.ReceiveMessage", "GET", "sqs.DeleteMessageBatch", ""}
	return killing{op: ops[random.IntN(len(ops))], at: 1 + random.IntN(2), served: random.IntN(2) == 0,
		after: slow * time.Duration(100+random.IntN(900)) * time.Millisecond}
}

// do kills p, and returns at which request.
func (k killing) do(t *testing.T, w *watched, p *watcher) string {
	t.Helper()
	reached := make(chan string, 1)
	n := 0
	w.On(func(r s3test.Request) bool { // one at a time
		if r.Op == k.op {
			n++
		}
		return r.Op == k.op && n == k.at || k.publishes && r.Op == "sns.Publish"
	}, 1, func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		if k.served {
			next.ServeHTTP(httptest.NewRecorder(), r)
		}
		reached <- r.Method + " " + r.Header.Get("X-Amz-Target") + r.PostForm.Get("Action")
		<-r.Context().Done() // it never hears
	})
	at := "any time"
	select {
	case at = <-reached:
	case <-time.After(k.after):
	}
	if err := p.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := p.code(t); code != -1 {
		t.Fatalf("exit status %d\n%s", code, p.told())
	}
	w.Reset()
	return at
}

// killed is a watch that is killed again and again, and its last start. WATCH_KILLS says
// how often; else it is a sample.
func killed(t *testing.T) func(*testing.T, *calm) {
	kills := 12
	if n, err := strconv.Atoi(os.Getenv("WATCH_KILLS")); err == nil {
		kills = n
	}
	w, l := newTheft(t)
	random := rand.New(rand.NewPCG(9, 9))
	keys := slices.Clone(l.keys)
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	reached := map[string]int{}
	for i := range kills {
		p := w.watch(t)
		if i == kills-1 {
			w.notify(l.after...)
		} else {
			w.notify(keys[len(keys)*i/(kills-1) : len(keys)*(i+1)/(kills-1)]...)
		}
		k := newKilling(random)
		k.publishes = reached["POST Publish"] < 1+kills/10
		reached[k.do(t, w, p)]++
		if random.IntN(3) > 0 {
			w.Advance(heldFor) // else what it held is hidden for a while
		}
	}
	p := w.watch(t)
	return func(t *testing.T, c *calm) {
		c.same(t, w, w.judged(t, p))
		published := len(w.SNS.Published(alertsTopic))
		t.Logf("killed %d times, at %v; %d messages of %d alerts", kills, reached, published, len(w.published()))
		out, _ := ctsql(t, w.cache, "state", "check", w.state)
		if !strings.Contains(out, "values learned") {
			t.Error(out)
		}
	}
}
