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
// code. The first SIGINT or SIGTERM asks what runs to end, and so does the SIGHUP
// of a terminal that is closed; a second one ends the process at once. Where
// nohup has SIGHUP ignored, it stays so.
func start() int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	context.AfterFunc(ctx, stop)

	p := &program{in: os.Stdin, out: os.Stdout, errOut: os.Stderr, environ: os.Environ()}
	return p.run(ctx, os.Args[1:])
}
