package profile

import (
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A key that tells the day of a delivery and no time does not make events of that day
// later than their delivery.
func TestDeliveryOfADay(t *testing.T) {
	day := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	o := cloudtrail.Object{Name: "/logs/AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/log.json.gz"}
	d := deliveryOf(&o)
	if !d.dated(day.Add(23*time.Hour).UnixMicro()) || d.dated(day.Add(26*time.Hour).UnixMicro()) {
		t.Errorf("%+v", d)
	}
	o.Name, o.Modified = "s3:/"+o.Name, day.Add(2*time.Hour)
	if d := deliveryOf(&o); !d.dated(day.Add(2*time.Hour).UnixMicro()) || d.dated(day.Add(4*time.Hour).UnixMicro()) {
		t.Errorf("in S3: %+v", d)
	}
}
