package server

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// unmatched stands for the route of requests that no route matched: their paths
// are made by strangers and would be labels without end.
const unmatched = "unmatched"

// metrics finds the series of a request without a lock and without garbage: the
// map is replaced whenever a series is new, which ends soon.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec

	mutex  sync.Mutex
	series atomic.Pointer[map[seriesKey]series]
}

type seriesKey struct {
	route  *fiber.Route // nil: unmatched
	method int8
	class  int8
}

type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

func newMetrics(registry *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "octobridge_http_requests_total",
			Help: "Requests answered on the public listener, by route pattern, method and class of status.",
		}, []string{"route", "method", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "octobridge_http_request_duration_seconds",
			Help:    "How long the answers took.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"route", "method"}),
	}
	m.series.Store(&map[seriesKey]series{})
	for _, c := range []prometheus.Collector{m.requests, m.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of the server: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(method string, route *fiber.Route, pattern string, status int, took time.Duration) {
	if pattern == unmatched {
		route = nil
	}
	key := seriesKey{route, int8(methodIndex(method)), int8(status / 100)} //nolint:gosec // both are small
	found, known := (*m.series.Load())[key]
	if !known {
		found = m.add(key, pattern)
	}
	found.requests.Inc()
	found.duration.Observe(took.Seconds())
}

func (m *metrics) add(key seriesKey, pattern string) series {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	method := "other"
	if key.method >= 0 {
		method = fiber.DefaultMethods[key.method]
	}
	class := string('0'+byte(key.class)) + "xx" //nolint:gosec // a digit
	added := series{m.requests.WithLabelValues(pattern, method, class), m.duration.WithLabelValues(pattern, method)}
	grown := maps.Clone(*m.series.Load())
	grown[key] = added
	m.series.Store(&grown)
	return added
}

// methodIndex finds a method among those that Fiber routes, -1 for any other.
func methodIndex(method string) int {
	switch method { // the switch costs less than a loop, and no garbage
	case fiber.MethodGet:
		return 0
	case fiber.MethodHead:
		return 1
	case fiber.MethodPost:
		return 2
	case fiber.MethodPut:
		return 3
	case fiber.MethodDelete:
		return 4
	case fiber.MethodConnect:
		return 5
	case fiber.MethodOptions:
		return 6
	case fiber.MethodTrace:
		return 7
	case fiber.MethodPatch:
		return 8
	}
	return -1
}

// methodName returns a copy of a method that outlives the request.
func methodName(method string) string {
	if i := methodIndex(method); i >= 0 {
		return fiber.DefaultMethods[i]
	}
	return "other"
}
