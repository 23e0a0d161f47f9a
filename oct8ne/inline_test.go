package oct8ne_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"octobridge/oct8ne"
)

// Inline changes on which goroutine the adapter runs, and nothing that a client
// sees: answers, panics, errors and deadlines are as they are without it.
func TestInlineAnswersAlike(t *testing.T) {
	hooks := map[string]func(context.Context, *oct8ne.Request) error{
		"answer":      nil,
		"panic":       func(context.Context, *oct8ne.Request) error { panic("at the disco") },
		"error":       func(context.Context, *oct8ne.Request) error { return errors.New("broken") },
		"unavailable": func(context.Context, *oct8ne.Request) error { return &oct8ne.Unavailable{RetryAfter: time.Minute} },
		"deadline":    func(ctx context.Context, _ *oct8ne.Request) error { <-ctx.Done(); return ctx.Err() },
	}
	for name, hook := range hooks {
		for method, query := range every {
			t.Run(name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					answers := [2]string{}
					for i, inline := range []bool{false, true} {
						var reported error
						do := direct(&fake{hook: hook}, oct8ne.Options{Inline: inline, OnError: func(_ context.Context, _ string, err error) { reported = err }})
						ctx := do("/oct8ne/frame/" + method + "?" + query)
						answers[i] = fmt.Sprintln(ctx.Response.StatusCode(), string(ctx.Response.Body()))
						for _, header := range []string{"Content-Type", "Cache-Control", "Retry-After"} {
							answers[i] += fmt.Sprintf("%s: %s\n", header, ctx.Response.Header.Peek(header))
						}
						if failed := name != "answer"; failed != (reported != nil) && method != "getAdapterInfo" {
							t.Errorf("inline %v: reported %v", inline, reported)
						}
						if panicked := new(oct8ne.Panic); name == "panic" && !errors.As(reported, &panicked) {
							t.Errorf("inline %v: a panic is reported as %v", inline, reported)
						}
					}
					if answers[0] != answers[1] {
						t.Errorf("without:\n%s\nwith:\n%s", answers[0], answers[1])
					}
				})
			})
		}
	}
}
