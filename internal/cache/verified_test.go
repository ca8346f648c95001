package cache

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// TestVerifiedDone: what is not found any more is missing, but not what was
// loaded since, which was listed by nobody.
func TestVerifiedDone(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "cache.duckdb")
	name := func(minute string) string {
		return "s3://b/AWSLogs/111122223333/CloudTrail/us-east-1/2025/01/01/111122223333_CloudTrail_us-east-1_20250101T" + minute + "Z_x.json.gz"
	}
	w := writer(t, path, 1)
	put := func(minute string) {
		t.Helper()
		if _, err := w.Put(ctx, batch(t, name(minute), minute), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, minute := range []string{"0010", "0110", "0210"} {
		put(minute)
	}
	known, err := w.Verified(ctx)
	if err != nil {
		t.Fatal(err)
	}
	put("0115") // as another process may
	p, _, _ := cloudtrail.PlaceOf(name("0010"))
	at := func(hour int) time.Time { return time.Date(2025, 1, 1, hour, 0, 0, 0, time.UTC) }
	gone, err := known.Done(ctx, map[cloudtrail.Place]cloudtrail.Reached{p: {Until: at(4)}}, func(cloudtrail.Place) time.Time { return at(1) }, at(2))
	if err != nil || gone != 1 {
		t.Errorf("%d are gone, %v", gone, err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if n := one(t, path, fmt.Sprintf("SELECT count(*) FROM cache.objects WHERE verified = 'missing' AND sourceObject = '%s'", name("0110"))); n != 1 {
		t.Error("what is gone is not missing")
	}
	if n := one(t, path, "SELECT count(*) FROM cache.objects WHERE verified IS NULL"); n != 3 {
		t.Errorf("%d objects wait", n)
	}
}
