package record

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"octobridge/idosell"
)

// ReplayOptions say what a Replay answers with.
type ReplayOptions struct {
	Dir       string     // of a recording, read once; or
	Exchanges []Exchange // a recording in memory, in the order of the calls

	// Gates is the table that the recording was made with, should the wholesaler
	// call the gate that hands sessions out, or the elements that hold personal
	// texts, otherwise; idosell.DefaultGates when nil.
	Gates *idosell.GateTable
	// Now is the clock of whoever asks: dates in a request are compared with
	// recorded ones by how far they lie from the moment. time.Now when nil.
	Now func() time.Time
}

// Replay answers from a recording and never dials: give it to idosell.Config as
// Transport. It may be used by any number of goroutines.
//
// A request is matched by its gate and method, without regard to the version, and
// by its body. What does not count there: prefixes, white space between elements,
// the attributes of SOAP and XML Schema, the order of elements with different names
// and that of plain values in an array, and all keys. A request that matches nothing
// so is matched with its dates apart, which move with the day: among several, the
// one whose dates lay as far from the day of the recording as these lie from today.
// At last the personal texts are apart, in whose place a recording has stand-ins:
// the first person who is asked for gets what was recorded of the first, and keeps it.
//
// Where a request matches with its dates apart, the dates of its answer move by as
// much as its own did: the orders of the last week still lie in the week that is
// asked for, and idosell.Client does not drop them. All other answers are as they
// were recorded; ask with fixed dates, or with the clock of the recording (Began), for
// answers that never change.
//
// A request that was recorded several times plays its answers one after the other;
// the last one stays. Answers come with their status and headers, at once; what
// failed in the recording fails again, a time-out without its waiting.
//
// A session ends for nobody: each Authenticate is answered, whatever its keys, and
// where none was recorded a session key is made up. A login fault after which the
// recorded call was repeated is passed over.
type Replay struct {
	now   func() time.Time
	gates *idosell.GateTable
	names *nameBook

	mu           sync.Mutex
	entries      []*entry            // all, as recorded
	libraries    map[string]*library // by gate and method in small letters, WSDLs apart
	bound        map[*library]bindings
	authenticate map[string]bool // names of the gates that hand sessions out
	session      []byte          // the answer of Authenticate where none was recorded
}

// NewReplay reads a recording. It is an error when it is empty, or a file of it
// cannot be read.
func NewReplay(options ReplayOptions) (*Replay, error) {
	exchanges := options.Exchanges
	if options.Dir != "" {
		if len(exchanges) > 0 {
			return nil, errors.New("both a folder with a recording and exchanges in memory are given: give one of them")
		}
		var err error
		if exchanges, err = ReadAll(options.Dir); err != nil {
			return nil, fmt.Errorf("the recording cannot be replayed: %w", err)
		}
	}
	if len(exchanges) == 0 {
		if options.Dir != "" {
			return nil, fmt.Errorf("there is no recording in %s: record one there first, or check the path", options.Dir)
		}
		return nil, errors.New("there is no recording to be replayed: give a folder, or exchanges")
	}
	if options.Gates == nil {
		options.Gates = idosell.DefaultGates()
	}
	r := &Replay{now: options.Now, gates: options.Gates, names: newNameBook(options.Gates), libraries: map[string]*library{}, authenticate: map[string]bool{}}
	if r.now == nil {
		r.now = time.Now
	}
	spec := options.Gates.Gate(idosell.OpAuthenticate)
	r.authenticate[strings.ToLower(spec.Name())] = true
	r.session = madeUpSession(spec)
	r.fill(exchanges)
	r.Rewind()
	return r, nil
}

// Rewind begins anew: each recorded answer is there again.
func (r *Replay) Rewind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bound = map[*library]bindings{}
	for _, e := range r.entries {
		e.played = false
	}
}

// Began is when the first exchange was recorded, in UTC. A clock that stands there
// makes requests with dates match to the letter.
func (r *Replay) Began() time.Time { return r.entries[0].exchange.At }

// Unplayed lists what was recorded and not asked for since the beginning or the
// last Rewind, as "3 Orders/get". Login faults that are passed over do not count.
func (r *Replay) Unplayed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.entries {
		if e.played || e.skipped {
			continue
		}
		text := fmt.Sprintf("%d %s", e.number, e.exchange.Name())
		if e.exchange.WSDL {
			text += " (WSDL)"
		}
		out = append(out, text)
	}
	return out
}

// mostRequest is more than any request has: CustomerAPI takes 10 MB (its page).
const mostRequest = 12 << 20

// RoundTrip answers a request from the recording. Where nothing fits, the error is an
// *idosell.Error of KindRequest, which idosell.Client hands on as it is and does not
// try again, around a *NoMatchError. It is a *RecordedFailure where the recorded call
// failed. Neither holds secrets or personal data.
func (r *Replay) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := requestBody(request)
	if err != nil {
		return nil, err
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	address, ok := readGateAddress(request.URL)
	if !ok {
		return nil, r.notSent(address, &NoMatchError{Reason: "its address names no gate", Recorded: r.recorded()})
	}
	found, moved, err := r.match(address, body)
	if err != nil {
		return nil, r.notSent(address, err)
	}
	if found == nil {
		return answer(request, http.StatusOK, http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, r.session, nil), nil
	}
	var failure error
	if found.Failure != "" || found.Status == 0 {
		failure = &RecordedFailure{Gate: found.Name(), Failure: found.Failure}
	}
	if found.Status == 0 {
		return nil, failure
	}
	return answer(request, found.Status, found.Header.Clone(), moveDates(found.Answer, moved), failure), nil
}

// notSent is the error that tells idosell.Client that nothing happened at the
// wholesaler's, and that it is of no use to ask again.
func (r *Replay) notSent(address gateAddress, err error) error {
	out := &idosell.Error{Gate: "An address that names no gate", Kind: idosell.KindRequest, SendAgain: idosell.SendAgainNo, Err: err}
	if address.gate != "" {
		out.Gate = printable(address.name())
	}
	for _, op := range r.gates.Operations() {
		if strings.EqualFold(r.gates.Gate(op).Name(), address.name()) {
			out.Operation = op
		}
	}
	return out
}

// requestBody reads a request's body and closes it.
func requestBody(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	defer request.Body.Close()
	body, err := io.ReadAll(io.LimitReader(request.Body, mostRequest+1))
	if err != nil {
		return nil, fmt.Errorf("the request cannot be read: %w", err)
	}
	if len(body) > mostRequest {
		return nil, fmt.Errorf("the request is larger than %d bytes, more than CustomerAPI takes", mostRequest)
	}
	return body, nil
}

// match finds the exchange that answers, and how far its dates are to be moved; nil
// without an error means a session that is made up.
func (r *Replay) match(address gateAddress, body []byte) (*Exchange, time.Duration, error) {
	var request digests
	session := !address.wsdl && r.authenticate[strings.ToLower(address.name())]
	if !address.wsdl && !session {
		request = digestsOf(body, r.names)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	library := r.libraries[libraryKey(address.name(), address.wsdl)]
	if library == nil {
		if session {
			return nil, 0, nil
		}
		return nil, 0, r.noMatch(address, body, library)
	}
	if r.bound[library] == nil {
		r.bound[library] = bindings{}
	}
	found := library.find(request, r.bound[library], r.now())
	if found == nil {
		return nil, 0, r.noMatch(address, body, library)
	}
	found.played = true
	return found.exchange, found.shift(request.dates), nil
}

// recorded lists the gates of the recording.
func (r *Replay) recorded() []string {
	var out []string
	for _, e := range r.entries {
		name := e.exchange.Name()
		if e.exchange.WSDL {
			name += " (WSDL)"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
