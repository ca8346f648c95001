package s3test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// FauxqsMissing says what was not tested, and why.
const FauxqsMissing = "fauxqs is not installed: this half of the contract was NOT checked (npm install fauxqs@1.9.2 in a folder, whose name is in FAUXQS)"

// StartFauxqs starts queues and topics that somebody else wrote, from the folder in
// which they are installed, until ctx ends. They keep those of this package
// honest. wait returns when they are gone.
func StartFauxqs(ctx context.Context, dir string) (srv *Server, wait func(), err error) {
	app := "file://" + filepath.Join(dir, "node_modules", "fauxqs", "dist", "app.js")
	// Its own program would listen to everybody.
	cmd := exec.CommandContext(ctx, "node", "--input-type=module", "-e", fmt.Sprintf(`const { buildApp } = await import(%q);
console.log(await buildApp({ logger: false }).listen({ host: "127.0.0.1", port: 0 }));`, app))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, nil, err
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("fauxqs in %s does not start: %w", dir, err), cmd.Wait())
	}
	// It is killed, and says so.
	return &Server{URL: strings.TrimSpace(url)}, func() { _ = cmd.Wait() }, nil
}
