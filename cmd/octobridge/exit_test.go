package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/idosell"
)

func TestExitCode(t *testing.T) {
	login := &idosell.Error{Gate: "Authenticate/authenticate", Kind: idosell.KindLogin, Code: 1}
	cases := map[string]struct {
		err  error
		want int
	}{
		"done":                 {nil, 0},
		"the answer is no":     {&answerNo{"no"}, 1},
		"command line":         {&usageError{command: "octobridge", err: errors.New("unknown flag")}, 2},
		"configuration":        {errors.Join(&config.Error{Key: "listen"}, &config.Error{Key: "shop.kind"}), 2},
		"never sent":           {&idosell.Error{Kind: idosell.KindRequest}, 2},
		"fault":                {&idosell.Error{Kind: idosell.KindFault, Code: 3}, 3},
		"no answer":            {fmt.Errorf("search: %w", &idosell.Error{Kind: idosell.KindTimeout}), 3},
		"gate missing":         {fmt.Errorf("cancel: %w", idosell.ErrGateMissing), 3},
		"adapter unreachable":  {&unreachable{errors.New("nothing answers there")}, 3},
		"login refused":        {fmt.Errorf("search: %w", login), 4},
		"key refused":          {&idosell.Error{Kind: idosell.KindFault, Code: 4}, 4},
		"no service":           {fmt.Errorf("list: %w", &bridge.OperatorDown{Sentence: "nobody answers"}), 6},
		"the service failed":   {&bridge.OperatorError{Status: 500}, 6},
		"the service refuses":  {&bridge.OperatorError{Status: 409}, 1},
		"its wholesaler fails": {&bridge.OperatorError{Status: 502, SendAgain: "unknown"}, 3},
		"port taken":           {&net.OpError{Op: "listen", Err: errors.New("address already in use")}, 5},
		"interrupted":          {&interrupted{login}, 130},
		"cancelled underneath": {fmt.Errorf("read: %w", context.Canceled), 130},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(c.err); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

// What people read on standard error: what happened, and whether it may be sent
// again. Nothing that came from elsewhere reaches the terminal as a command.
func TestReport(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"plain": {errors.New("the disk is full"), "octobridge: the disk is full\n"},
		"each problem of the configuration on its line": {
			errors.Join(
				&config.Error{Key: "listen", Source: "default", Problem: "is odd", Remedy: "mend it"},
				&config.Error{Key: "shop.kind", Source: "not set", Problem: "is required", Remedy: "write it"},
			),
			"octobridge: listen (default) is odd: mend it\noctobridge: shop.kind (not set) is required: write it\n",
		},
		"read, with a time": {
			&idosell.Error{Gate: "Orders/get", Kind: idosell.KindHTTP, Status: 503, SendAgain: idosell.SendAgainYes, RetryAfter: 30 * time.Second},
			"octobridge: Orders/get: HTTP status 503\noctobridge: safe to send again: yes, in 30s\n",
		},
		"refused": {
			&idosell.Error{Gate: "Orders/get", Kind: idosell.KindFault, Code: 3, SendAgain: idosell.SendAgainNo, RetryAfter: 30 * time.Second},
			"octobridge: Orders/get: fault 3\noctobridge: safe to send again: no\n",
		},
		"unknown": {
			&idosell.Error{Gate: "Dropshipping/placeOrder", Kind: idosell.KindTimeout, SendAgain: idosell.SendAgainUnknown},
			"octobridge: Dropshipping/placeOrder: no answer in time\noctobridge: safe to send again: unknown (it may have happened: find out first)\n",
		},
		"through the service": {
			&bridge.OperatorError{Status: 502, Detail: "the wholesaler did not do it", SendAgain: "unknown"},
			"octobridge: the wholesaler did not do it\noctobridge: safe to send again: unknown (it may have happened: find out first)\n",
		},
		"the wholesaler's words": {
			&idosell.Error{Gate: "Orders/get", Kind: idosell.KindFault, Code: 9, Text: "\x1b[2Jzła\rrzecz", SendAgain: idosell.SendAgainNo},
			"octobridge: Orders/get: fault 9 ( [2Jzła rzecz)\noctobridge: safe to send again: no\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			(&program{errOut: &out}).report(c.err)
			if out.String() != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", out.String(), c.want)
			}
		})
	}
}

// A command that a signal ended says so, whatever error that made underneath.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errOut strings.Builder
	_, environ := wholesaler(t.Cleanup)
	p := &program{out: &out, errOut: &errOut, environ: environ}
	if code := p.run(ctx, []string{"search", "kubek"}); code != exitInterrupted {
		t.Errorf("exit code %d, want 130: %s", code, errOut.String())
	}
	if !strings.HasPrefix(errOut.String(), "octobridge: interrupted") {
		t.Errorf("standard error: %q", errOut.String())
	}
}

// full is a standard output whose disk is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What cannot be written is an error: a script must not take half a document
// for a whole one.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"version", "--json"}, {"config", "sample"}} {
		var errOut strings.Builder
		p := &program{out: full{}, errOut: &errOut}
		if code := p.run(t.Context(), args); code != exitMachine || !strings.Contains(errOut.String(), "no space left on device") {
			t.Errorf("%q: exit code %d, standard error %q", args, code, errOut.String())
		}
	}
}
