// Command octobridge is the bridge between an IdoSell wholesaler and oct8ne: the
// service itself, a demonstration of it that needs nothing else, and commands
// that ask the wholesaler and check an adapter.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker (make build); a plain go build leaves it empty,
// and what Go recorded of the source is used.
var version string

func main() { os.Exit(start()) }

// start runs the program with what the process was given and returns its exit
// code. The first SIGINT or SIGTERM asks what runs to end; a second one ends the
// process at once.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	p := &program{out: os.Stdout, errOut: os.Stderr, environ: os.Environ()}
	return p.run(ctx, os.Args[1:])
}
