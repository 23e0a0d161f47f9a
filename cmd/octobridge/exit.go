package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/bridge/one/integration"
	"octobridge/idosell"
)

// The exit codes. They are documented by exitCodes and nowhere else.
const (
	exitOK          = 0
	exitNo          = 1
	exitUsage       = 2
	exitUpstream    = 3
	exitLogin       = 4
	exitMachine     = 5
	exitService     = 6
	exitInterrupted = 130
)

// exitCodes is the one table of exit codes, for people.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "It was done, or the answer is yes."},
	{exitNo, "The answer is no: nothing was found, cannot be had, or a rule failed."},
	{exitUsage, "The command line or the configuration is wrong. Nothing was sent."},
	{exitUpstream, "No answer, or an error, from the wholesaler, ONe or a checked adapter."},
	{exitLogin, "Login, password or dropshippingKey were refused, or the key of ONe."},
	{exitMachine, "This machine stood in the way: a port, a file, the disk, the database."},
	{exitService, "No service answers, it refuses the operator token, or it failed."},
	{exitInterrupted, "It was interrupted before it was done. A service that stops ends with 0."},
}

// usageError is a command line that cannot be understood.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s. See: %s --help", strings.TrimRight(oneLine(e.err.Error()), "."), e.command)
}

func (e *usageError) Unwrap() error { return e.err }

// badUsage returns the error of an argument that a command cannot take.
func badUsage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{command: cmd.CommandPath(), err: fmt.Errorf(format, args...)}
}

// answerNo is the error of a question whose answer is no. Its sentence says so.
type answerNo struct{ sentence string }

func (e *answerNo) Error() string { return e.sentence }

// unreachable is the error of an adapter that could not be checked at all.
type unreachable struct{ err error }

func (e *unreachable) Error() string { return e.err.Error() }
func (e *unreachable) Unwrap() error { return e.err }

// interrupted is the error of what a signal ended.
type interrupted struct{ err error }

func (e *interrupted) Error() string { return fmt.Sprintf("interrupted: %v", e.err) }
func (e *interrupted) Unwrap() error { return e.err }

// exitCode returns the code for what happened.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if is[*interrupted](err) {
		return exitInterrupted
	}
	if is[*answerNo](err) {
		return exitNo
	}
	if is[*usageError](err) || is[*config.Error](err) || is[*bridge.ShopIDsError](err) {
		return exitUsage
	}
	if refused, ok := errors.AsType[*bridge.OperatorError](err); ok {
		switch {
		case refused.Status == http.StatusBadGateway:
			return exitUpstream
		case refused.Status >= http.StatusInternalServerError:
			return exitService
		}
		return exitNo
	}
	if is[*bridge.OperatorDown](err) {
		return exitService
	}
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		switch {
		case failure.Kind == idosell.KindLogin || failure.Code == idosell.FaultDropshippingKey:
			return exitLogin
		case failure.Kind == idosell.KindRequest:
			return exitUsage
		}
		return exitUpstream
	}
	if failure, ok := errors.AsType[*integration.Error](err); ok {
		switch failure.Kind {
		case integration.KindLogin:
			return exitLogin
		case integration.KindNotFound:
			return exitNo
		case integration.KindRequest:
			return exitUsage
		}
		return exitUpstream
	}
	if is[*unreachable](err) || errors.Is(err, idosell.ErrGateMissing) {
		return exitUpstream
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitMachine
}

// is says whether an error of type T is in the chain.
func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// report says on standard error what happened: a line or two, or one for each
// thing that is wrong with the configuration.
func (p *program) report(err error) {
	for line := range strings.Lines(err.Error()) {
		if line = oneLine(line); line != "" {
			fmt.Fprintf(p.errOut, "octobridge: %s\n", line)
		}
	}
	if refused, ok := errors.AsType[*bridge.OperatorError](err); ok && refused.Status == http.StatusBadGateway {
		p.again(idosell.SendAgain(refused.SendAgain), 0)
	}
	if failure, ok := errors.AsType[*idosell.Error](err); ok {
		p.again(failure.SendAgain, failure.RetryAfter)
	}
	if failure, ok := errors.AsType[*integration.Error](err); ok {
		p.again(idosell.SendAgain(failure.SendAgain), failure.RetryAfter)
	}
}

// again says whether what failed at the wholesaler's, or at ONe, may be sent again.
func (p *program) again(safe idosell.SendAgain, after time.Duration) {
	again := "safe to send again: " + string(safe)
	if after > 0 && safe != idosell.SendAgainNo {
		again += ", in " + after.Round(time.Second).String()
	}
	if safe == idosell.SendAgainUnknown {
		again += " (it may have happened: find out first)"
	}
	fmt.Fprintf(p.errOut, "octobridge: %s\n", again)
}

// exitCodesTopic is `octobridge help exit-codes`.
func exitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("What the exit code of every command means.\n")
	for _, row := range exitCodes {
		fmt.Fprintf(&b, "\n  %3d  %s", row.code, row.meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: b.String()}
}
