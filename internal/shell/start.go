package shell

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// ReadInit reads the file that is read first, if there is one.
func (sh *Shell) ReadInit(ctx context.Context) error {
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
