package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// start is what comes before the first prompt of a person.
func (sh *Shell) start(ctx context.Context) {
	if sh.Hello != "" {
		fmt.Fprintln(sh.Err, sh.Hello)
	}
	sh.run(ctx, sh.readInit)
}

// readInit reads the file that is read first, if there is one.
func (sh *Shell) readInit(ctx context.Context) error {
	if sh.Init == "" {
		return nil
	}
	f, err := os.Open(sh.Init)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return sh.Script(ctx, sh.Init, f)
}
