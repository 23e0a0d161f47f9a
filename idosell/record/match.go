package record

import (
	"crypto/sha256"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file finds the recorded exchange that answers a request.
//
// A request is looked for four times, and the first find wins: as it is (keys
// apart); with the dates apart; with the texts apart in whose place a recording has
// stand-ins; with both apart. Among what was recorded of one request the answers
// play one after the other, and the last one stays.

// closeDates is how much farther from the day of the recording the dates of a
// request may lie than those of the nearest recorded one: both "seven days ago" and
// "the midnight seven days ago" are told from "thirty days ago".
const closeDates = 12 * time.Hour

// digest stands for a form of a request.
type digest [sha256.Size]byte

// digests are the four forms of a request.
type digests struct {
	exact, dateless, nameless, bare digest
	dates                           []time.Time
}

// digestsOf is told the body of a request. What is no XML has one form, its bytes.
func digestsOf(body []byte, names *nameBook) digests {
	request, err := readAsked(body, names)
	if err != nil {
		plain := sha256.Sum256([]byte("\x00" + strings.TrimSpace(string(body))))
		return digests{exact: plain, dateless: plain, nameless: plain, bare: plain}
	}
	of := func(without apart) digest { return sha256.Sum256([]byte(request.form(without))) }
	out := digests{exact: of(nothingApart), dates: request.dates(nil)}
	out.dateless, out.nameless, out.bare = out.exact, out.exact, out.exact
	dated, named := len(out.dates) > 0, request.hasStandIns()
	if dated {
		out.dateless, out.bare = of(datesApart), of(datesApart)
	}
	if named {
		out.nameless, out.bare = of(peopleApart), of(peopleApart)
	}
	if dated && named {
		out.bare = of(datesApart | peopleApart)
	}
	return out
}

// gateAddress is what the address of a request says: "…?gate=Orders/get/1/soap".
type gateAddress struct {
	gate, method string
	version      int // -1: it does not say
	wsdl         bool
}

func (g gateAddress) name() string { return g.gate + "/" + g.method }

// readGateAddress reads the address of a gate or of its WSDL (CustomerAPI page).
func readGateAddress(address *url.URL) (gateAddress, bool) {
	parts := strings.Split(address.Query().Get("gate"), "/")
	if len(parts) < 2 || len(parts) > 5 || parts[0] == "" || parts[1] == "" {
		return gateAddress{}, false
	}
	out := gateAddress{gate: parts[0], method: parts[1], version: -1}
	if len(parts) > 2 {
		if version, err := strconv.Atoi(parts[2]); err == nil && version >= 0 {
			out.version = version
		}
	}
	out.wsdl = strings.EqualFold(parts[len(parts)-1], "wsdl") && len(parts) > 2
	return out, true
}

// library is what was recorded of one gate, or of one gate's WSDL.
type library struct {
	name     string // as recorded, for people
	entries  []*entry
	exact    map[digest][]*entry
	dateless map[digest][]*entry
	bare     map[digest][]*entry
}

// entry is a recorded exchange in its library.
type entry struct {
	exchange *Exchange
	number   int // its place in the recording, from 1
	digests
	played  bool
	skipped bool // a login fault after which the call was repeated
}

func newLibrary(name string) *library {
	return &library{name: name, exact: map[digest][]*entry{}, dateless: map[digest][]*entry{}, bare: map[digest][]*entry{}}
}

func (l *library) add(e *entry) {
	l.entries = append(l.entries, e)
	if e.skipped {
		return
	}
	l.exact[e.exact] = append(l.exact[e.exact], e)
	l.dateless[e.dateless] = append(l.dateless[e.dateless], e)
	l.bare[e.bare] = append(l.bare[e.bare], e)
}

// bindings say which recorded request a new one stands for, where the two differ in
// the texts that a recording has stand-ins for: asked for the first time, a request
// takes the first recorded one that none has taken; asked again, the same one.
type bindings map[digest]digest

// find returns the entry that answers a request; nil where none does. now is when
// the request was made.
func (l *library) find(request digests, bound bindings, now time.Time) *entry {
	if found := l.exact[request.exact]; len(found) > 0 {
		return next(found)
	}
	if found := l.dateless[request.dateless]; len(found) > 0 {
		return next(nearest(found, request.dates, now))
	}
	candidates := l.bare[request.bare]
	if len(candidates) == 0 {
		return nil
	}
	candidates = bound.choose(candidates, request.dateless)
	sameDates := slices.DeleteFunc(slices.Clone(candidates), func(e *entry) bool { return e.nameless != request.nameless })
	if len(sameDates) > 0 {
		return next(sameDates)
	}
	return next(nearest(candidates, request.dates, now))
}

// choose keeps the candidates that a request stands for.
func (b bindings) choose(candidates []*entry, request digest) []*entry {
	of := func(recorded digest) []*entry {
		return slices.DeleteFunc(slices.Clone(candidates), func(e *entry) bool { return e.dateless != recorded })
	}
	if recorded, ok := b[request]; ok {
		return of(recorded)
	}
	taken := map[digest]bool{}
	for _, recorded := range b {
		taken[recorded] = true
	}
	chosen := candidates[len(candidates)-1].dateless
	for _, candidate := range candidates {
		if !taken[candidate.dateless] {
			chosen = candidate.dateless
			break
		}
	}
	b[request] = chosen
	return of(chosen)
}

// nearest keeps the candidates whose dates lie as far from the moment of their
// recording as the request's lie from now.
func nearest(candidates []*entry, dates []time.Time, now time.Time) []*entry {
	distances := make([]float64, len(candidates)) // seconds: a Duration does not reach from the year 1 to ours
	for i, candidate := range candidates {
		for j := range min(len(dates), len(candidate.dates)) {
			if dates[j].IsZero() || candidate.dates[j].IsZero() {
				continue
			}
			distance := float64(dates[j].Unix()-now.Unix()) - float64(candidate.dates[j].Unix()-candidate.exchange.At.Unix())
			distances[i] = max(distances[i], math.Abs(distance))
		}
	}
	closest := slices.Min(distances)
	out := make([]*entry, 0, len(candidates))
	for i, candidate := range candidates {
		if distances[i]-closest <= closeDates.Seconds() {
			out = append(out, candidate)
		}
	}
	return out
}

// next is the first entry that was not played yet, else the last one.
func next(found []*entry) *entry {
	for _, e := range found {
		if !e.played {
			return e
		}
	}
	return found[len(found)-1]
}
