package survey

import (
	"cmp"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// Statistics is how a wholesaler answered. Times are those until the whole answer
// was there; a call whose time is not told counts as a call alone.
type Statistics struct {
	Calls    int           `json:"calls"`
	From     time.Time     `json:"from,omitzero"` // UTC
	To       time.Time     `json:"to,omitzero"`
	Gates    []GateTimes   `json:"gates"`    // the one that took most time altogether first
	Times    []Bucket      `json:"times"`    // of all calls whose time is told, the shortest first
	Slowest  []SlowCall    `json:"slowest"`  // at most 10
	Faults   []FaultCount  `json:"faults"`   // the most frequent first
	Failures []FailedCount `json:"failures"` // the most frequent first
}

// GateTimes is how one gate answered.
type GateTimes struct {
	Gate   string   `json:"gate"`
	Calls  int      `json:"calls"`
	Faults int      `json:"faults"` // answers with a fault code other than 0
	Failed int      `json:"failed"` // calls without a readable answer
	Timed  int      `json:"timed"`  // calls whose time is told; the times are of them
	P50    Duration `json:"p50"`
	P95    Duration `json:"p95"`
	Max    Duration `json:"max"`
	Total  Duration `json:"total"`
}

// Duration is a time in milliseconds in JSON.
type Duration time.Duration

// MarshalJSON writes milliseconds, to a thousandth.
func (d Duration) MarshalJSON() ([]byte, error) {
	return []byte(formatMillis(time.Duration(d))), nil
}

// Bucket is how many calls took at most so long, and longer than the bucket before.
type Bucket struct {
	UpTo  Duration `json:"upTo"` // 0: any time
	Calls int      `json:"calls"`
}

// SlowCall is one of the slowest calls.
type SlowCall struct {
	Exchange int       `json:"exchange"` // from 1, in the order of the recording
	Gate     string    `json:"gate"`
	At       time.Time `json:"at,omitzero"`
	Took     Duration  `json:"took"`
}

// FaultCount is how often a gate answered with a fault code.
type FaultCount struct {
	Gate  string `json:"gate"`
	Code  int    `json:"code"` // 0: a SOAP fault without a code of CustomerAPI; -1: a code that is no number
	Calls int    `json:"calls"`
}

// FailedCount is how often a gate did not answer, or with something else.
type FailedCount struct {
	Gate   string `json:"gate"`
	Why    string `json:"why"`              // "timeout", "network"; "unreadable" of an answer that is no SOAP
	Status int    `json:"status,omitempty"` // of HTTP
	Calls  int    `json:"calls"`
}

// slowest is how many of the slowest calls are listed.
const slowest = 10

// steps are the bounds of the buckets.
var steps = []time.Duration{
	20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Stats counts calls, times, faults and failures. WSDLs are left out: they are no
// calls of a gate. The exchanges are not changed.
func Stats(exchanges []record.Exchange) Statistics {
	out := Statistics{Gates: []GateTimes{}, Times: make([]Bucket, len(steps)+1), Slowest: []SlowCall{}}
	for i, step := range steps {
		out.Times[i].UpTo = Duration(step)
	}
	gates := map[string]*GateTimes{}
	times := map[string][]time.Duration{}
	faults, failures := map[FaultCount]int{}, map[FailedCount]int{}
	for i := range exchanges {
		e := &exchanges[i]
		if e.WSDL {
			continue
		}
		out.Calls++
		out.span(e.At)
		name := e.Name()
		g := gates[name]
		if g == nil {
			g = &GateTimes{Gate: name}
			gates[name] = g
		}
		g.Calls++
		switch answer, err := idosell.InspectAnswer(nil, e.Answer, time.UTC, nil); {
		case e.Failure != "":
			failures[FailedCount{Gate: name, Why: e.Failure}]++
			g.Failed++
		case err != nil:
			failures[FailedCount{Gate: name, Why: "unreadable", Status: e.Status}]++
			g.Failed++
		case !answer.Fault.OK() || answer.SOAP:
			faults[FaultCount{Gate: name, Code: answer.Fault.Code}]++
			g.Faults++
		case e.Status >= http.StatusBadRequest:
			failures[FailedCount{Gate: name, Why: "status", Status: e.Status}]++
			g.Failed++
		}
		if e.Took > 0 {
			times[name] = append(times[name], e.Took)
			out.Times[bucketOf(e.Took)].Calls++
			out.Slowest = append(out.Slowest, SlowCall{i + 1, name, e.At, Duration(e.Took)})
		}
	}
	for name, g := range gates {
		g.fill(times[name])
		out.Gates = append(out.Gates, *g)
	}
	slices.SortFunc(out.Gates, func(a, b GateTimes) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Gate, b.Gate))
	})
	slices.SortStableFunc(out.Slowest, func(a, b SlowCall) int { return cmp.Compare(b.Took, a.Took) })
	out.Slowest = out.Slowest[:min(slowest, len(out.Slowest))]
	out.count(faults, failures)
	return out
}

// span widens the time that the calls are of.
func (s *Statistics) span(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.From.IsZero() || at.Before(s.From) {
		s.From = at
	}
	if at.After(s.To) {
		s.To = at
	}
}

// count lists faults and failures, the most frequent first.
func (s *Statistics) count(faults map[FaultCount]int, failures map[FailedCount]int) {
	s.Faults, s.Failures = []FaultCount{}, []FailedCount{}
	for f, n := range maps.All(faults) {
		f.Calls = n
		s.Faults = append(s.Faults, f)
	}
	for f, n := range maps.All(failures) {
		f.Calls = n
		s.Failures = append(s.Failures, f)
	}
	slices.SortFunc(s.Faults, func(a, b FaultCount) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Gate, b.Gate), cmp.Compare(a.Code, b.Code))
	})
	slices.SortFunc(s.Failures, func(a, b FailedCount) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Gate, b.Gate), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Status, b.Status))
	})
}

// fill works the times of a gate out.
func (g *GateTimes) fill(times []time.Duration) {
	slices.Sort(times)
	g.Timed = len(times)
	g.P50, g.P95, g.Max = Duration(percentile(times, 50)), Duration(percentile(times, 95)), Duration(percentile(times, 100))
	for _, took := range times {
		g.Total += Duration(took)
	}
}

// percentile is the smallest of the sorted times that so many of a hundred do not
// exceed (nearest rank); 0 where there are none.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(float64(p)*float64(len(sorted))/100))-1)]
}

func bucketOf(took time.Duration) int {
	for i, step := range steps {
		if took <= step {
			return i
		}
	}
	return len(steps)
}

func formatMillis(d time.Duration) string {
	return strconv.FormatFloat(math.Round(float64(d)/float64(time.Microsecond))/1000, 'f', -1, 64)
}
