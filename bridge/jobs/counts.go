package jobs

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counts counts and times jobs. Labels are kinds and outcomes only: bounded, and
// nothing of a job's content.
type counts struct {
	jobs    *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newCounts(registry prometheus.Registerer) (*counts, error) {
	c := &counts{
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "octobridge_jobs_total",
			Help: "Jobs that were run, by kind and outcome: done, again, failed, discarded, cancelled, interrupted, lost (taken over by another process).",
		}, []string{"kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "octobridge_job_seconds",
			Help:    "How long the handlers of jobs took, by kind.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
	}
	if registry == nil {
		return c, nil
	}
	for _, collector := range []prometheus.Collector{c.jobs, c.seconds} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
	}
	return c, nil
}

func (c *counts) saw(kind string, what outcome, took time.Duration) {
	c.jobs.WithLabelValues(kind, string(what)).Inc()
	c.seconds.WithLabelValues(kind).Observe(took.Seconds())
}
