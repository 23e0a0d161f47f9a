package bridge

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"octobridge/idosell"
)

// observer counts and times the calls to the wholesaler. Labels are gates and
// kinds of failure only: bounded, and nothing of a call's content.
func observer(registry prometheus.Registerer) func(idosell.Call) {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "octobridge_upstream_calls_total",
		Help: "Calls to the wholesaler's CustomerAPI by gate, HTTP status and failure (empty: none).",
	}, []string{"gate", "status", "failure"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "octobridge_upstream_call_seconds",
		Help:    "How long calls to the wholesaler's CustomerAPI took.",
		Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
	}, []string{"gate"})
	registry.MustRegister(calls, seconds)
	return func(call idosell.Call) {
		status := ""
		if call.Status != 0 {
			status = strconv.Itoa(call.Status)
		}
		calls.WithLabelValues(call.Gate, status, string(call.Kind)).Inc()
		seconds.WithLabelValues(call.Gate).Observe(call.Duration.Seconds())
	}
}
