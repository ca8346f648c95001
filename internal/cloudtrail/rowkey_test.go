package cloudtrail

import "testing"

func TestKeys(t *testing.T) {
	s := NewRowKeys(3)
	key := func(i int) RowKey { return RowKey{uint64(i % 14), uint64(i) + 1} } // many in one place
	for round := range 2 {
		for i := range 1000 {
			if s.Has(key(i)) != (round == 1) || s.Add(key(i)) != (round == 0) || !s.Has(key(i)) {
				t.Fatalf("round %d, key %d", round, i)
			}
		}
		if s.Len() != 1000 || s.Has(key(1000)) {
			t.Errorf("%d keys", s.Len())
		}
	}
	if zero := (RowKey{}); !s.Add(zero) || s.Has(zero) || !s.Add(zero) || s.Len() != 1000 {
		t.Error("the zero key is none")
	}
	if s.Clear(); s.Len() != 0 || s.Has(key(5)) || !s.Add(key(5)) {
		t.Error("a set that was cleared is not empty")
	}
}
