package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
)

// refusals count the objects that a KMS key refused, by its ARN. What to do about
// one key is said once, not with each object.
type refusals map[string]int

func (r *refusals) add(err error) {
	var refused *source.KeyError
	if !errors.As(err, &refused) {
		return
	}
	if *r == nil {
		*r = refusals{}
	}
	(*r)[refused.Key]++
}

// tell says which keys refused, and what they ask for.
func (r refusals) tell(w io.Writer) error {
	for _, key := range slices.Sorted(maps.Keys(r)) {
		_, err := fmt.Fprintf(w, "hint: %s objects were refused by KMS key %s: the identity needs kms:Decrypt on it, "+
			"and where it is another account's the key's policy must allow that, too\n", count(r[key]), cmp.Or(render.Clean(key), "(not named)"))
		if err != nil {
			return err
		}
	}
	return nil
}
