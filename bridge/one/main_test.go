package one_test

import (
	"testing"

	"go.uber.org/goleak"
)

// fasthttp keeps goroutines for the life of the process: for the Date header; and
// one of a server that was shut down, up to ten seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
