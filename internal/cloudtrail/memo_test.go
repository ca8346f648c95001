package cloudtrail

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Records that repeat each other's userIdentity, or nearly, say what each says
// alone in an object.
func TestMemo(t *testing.T) {
	long := strings.Repeat("x", memoKey)
	identities := []string{
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}}`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}}`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a"}`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a" }`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a","new":{"b":1.10}}`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":7}`,
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"\u00e9\ud800"}`,
		`{"type":"AssumedRole","principalId":"` + long + "\",\"arn\":\"\xff\"}",
		`{"type":"AssumedRole","principalId":"` + long + `","arn":"a","arn":"b"}`,
		`{"type":"AssumedRole","principalId":"` + long + `","sessionContext":{"webIdFederationData":{"attributes":{"k":"v"}}}}`,
		`{"type":"Root"}`, `{}`, `null`, `"text"`,
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all []string
	for i := range 3000 {
		identity := identities[r.IntN(len(identities))]
		s := fmt.Sprintf(`{"userIdentity":%s,"eventID":"%d","tlsDetails":{"tlsVersion":"%s"}}`, identity, i, identity[:1]+long)
		if r.IntN(20) == 0 {
			s = fmt.Sprintf(`{"userIdentity":%s,"userIdentity":%s,"eventID":"%d"}`, identity, identity, i)
		}
		all = append(all, strings.ReplaceAll(s, `""x`, `"x`))
	}
	var d Decoder
	whole, err := decode(t, &d, `{"Records":[`+strings.Join(all, ",")+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Events.Rows) != len(all) {
		t.Fatalf("%d rows, want %d", len(whole.Events.Rows), len(all))
	}
	for i, s := range all {
		alone, err := decode(t, &d, s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if got, want := record(t, &whole.Events, i), record(t, &alone.Events, 0); got != want {
			t.Fatalf("record %d, %s\n got %s\nwant %s", i, s, got, want)
		}
		if err := alone.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
