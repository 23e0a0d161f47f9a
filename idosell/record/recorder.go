package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"octobridge/idosell"
)

// mostAnswer is how much of an answer is kept: the most that a client reads
// (idosell.Config.MaxAnswer). A larger one is handed on whole and kept as a sentence.
const mostAnswer = 8 << 20

// RecorderOptions say what a Recorder keeps, and where.
type RecorderOptions struct {
	Dir      string            // is made where it is missing; a recording there is continued
	Next     http.RoundTripper // makes the calls; http.DefaultTransport when nil
	Redactor *Redactor         // NewRedactor's without secrets when nil; better tell it those of the configuration
	Gates    *idosell.GateTable
	// AllowWrites lets calls through that change something at the wholesaler's. Without
	// it, calls to gates that the table does not know are refused, too.
	AllowWrites bool
	Now         func() time.Time // time.Now when nil
}

// Recorder is an http.RoundTripper that keeps each exchange, redacted, as files in a
// folder: give it to idosell.Config as Transport. It may be used by any number of
// goroutines.
//
// An exchange is written when its answer is there, before the caller gets it: folders
// are numbered in the order in which calls end. A call that the caller gave up is not
// kept. Redaction or a disk that fails ends the recording and not the calls: these go
// on, nothing more is written, and Close tells the error.
type Recorder struct {
	dir         string
	next        http.RoundTripper
	redactor    *Redactor
	gates       *idosell.GateTable
	allowWrites bool
	now         func() time.Time

	mu      sync.Mutex
	number  int // of the next exchange
	written int
	err     error
	closed  bool
}

// NewRecorder makes a Recorder, and its folder.
func NewRecorder(options RecorderOptions) (*Recorder, error) {
	if options.Dir == "" {
		return nil, errors.New("a recording needs a folder to be written to")
	}
	if options.Gates == nil {
		options.Gates = idosell.DefaultGates()
	}
	if options.Redactor == nil {
		options.Redactor = NewRedactor(Options{Gates: options.Gates})
	}
	if options.Next == nil {
		options.Next = http.DefaultTransport
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if err := makeFolder(options.Dir); err != nil {
		return nil, err
	}
	number, err := Next(options.Dir)
	if err != nil {
		return nil, err
	}
	return &Recorder{
		dir: options.Dir, next: options.Next, redactor: options.Redactor, gates: options.Gates,
		allowWrites: options.AllowWrites, now: options.Now, number: number,
	}, nil
}

// Recorded is how many exchanges were written.
func (r *Recorder) Recorded() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written
}

// Close ends the recording and returns the error that ended it before, if one did.
// Calls that are made afterwards are not kept; those that change something are
// refused as before. A second call returns the same.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.err
}

// RoundTrip makes a call and keeps it. A call that would change something is refused
// before anything is sent, with an *idosell.Error of KindRequest that says so.
func (r *Recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	e := r.exchange(request)
	if err := r.refusal(request, e); err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	once := request.WithContext(request.Context())
	if request.Body != nil && request.Body != http.NoBody {
		content, err := io.ReadAll(request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return nil, fmt.Errorf("the request cannot be read: %w", err)
		}
		e.Request = bytes.Clone(content)
		once.Body, once.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		once.GetBody = nil // it is sent once, as the client wants it
	}
	response, err := r.next.RoundTrip(once)
	if err != nil {
		e.Took = r.now().Sub(e.At)
		if e.Failure = failureOf(err); e.Failure != "" {
			r.keep(e)
		}
		return nil, err
	}
	r.readAnswer(e, response)
	return response, nil
}

// exchange is what an address says of a call.
func (r *Recorder) exchange(request *http.Request) *Exchange {
	e := &Exchange{Version: -1, At: r.now().UTC()}
	address, ok := readGateAddress(request.URL)
	if !ok {
		return e
	}
	e.Gate, e.Method, e.Version, e.WSDL = address.gate, address.method, address.version, address.wsdl
	if spec := r.spec(e); spec != nil {
		e.Operation = spec.Operation
	}
	return e
}

// spec is the table's description of an exchange's gate; nil where it has none.
func (r *Recorder) spec(e *Exchange) *idosell.GateSpec {
	for _, op := range r.gates.Operations() {
		if spec := r.gates.Gate(op); strings.EqualFold(spec.Gate, e.Gate) && strings.EqualFold(spec.Method, e.Method) {
			return spec
		}
	}
	return nil
}

// refusal is the error of a call that would change something, or may.
func (r *Recorder) refusal(request *http.Request, e *Exchange) error {
	reads := e.WSDL && (request.Method == http.MethodGet || request.Method == http.MethodHead)
	spec := r.spec(e)
	if r.allowWrites || reads || spec != nil && !spec.Changes && !e.WSDL {
		return nil
	}
	refused := &idosell.Error{
		Operation: e.Operation, Gate: "an address that names no gate", Kind: idosell.KindRequest, SendAgain: idosell.SendAgainNo,
		Err:    errors.New("a recording only reads, and the gate table does not know this gate: it may change something at the wholesaler's"),
		Advice: "Name the gate in the gate table, or record with --allow-writes",
	}
	if spec != nil {
		refused.Gate = spec.Name()
		refused.Err = errors.New("a recording only reads, and this gate changes something at the wholesaler's")
		refused.Advice = "Record with --allow-writes if that is wanted; best against a wholesaler's sandbox"
	} else if name := fileName(e.Gate) + "/" + fileName(e.Method); name != "/" {
		refused.Gate = name
	}
	return refused
}

// failureOf names what came in place of an answer; empty where the caller gave up.
func failureOf(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, context.Canceled):
		return ""
	}
	return "network"
}

// readAnswer reads an answer whole, keeps it, and puts it back for the caller.
func (r *Recorder) readAnswer(e *Exchange, response *http.Response) {
	content, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer+1))
	e.Took = r.now().Sub(e.At)
	e.Status, e.Header = response.StatusCode, response.Header
	e.Answer = bytes.Clone(content)
	rest := io.Reader(response.Body)
	keep := true
	switch {
	case err != nil:
		e.Failure = failureOf(err)
		keep = e.Failure != ""
		rest = failing{err}
	case len(content) > mostAnswer:
		e.Answer = fmt.Appendf(nil, "An answer of more than %d bytes stood here, the most that is read of one. It was left out.\n", mostAnswer)
		e.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	}
	response.Body = putBack{io.MultiReader(bytes.NewReader(content), rest), response.Body}
	if keep {
		r.keep(e)
	}
}

// keep redacts an exchange and writes it.
func (r *Recorder) keep(e *Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.closed {
		return
	}
	if err := r.write(e); err != nil {
		r.err = fmt.Errorf("the recording in %s ended with its exchange %d: %w", r.dir, r.number, err)
		return
	}
	r.number++
	r.written++
}

// write redacts and writes; a mistake in redaction must not end the caller's work.
func (r *Recorder) write(e *Exchange) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("redaction failed, so nothing was written: please report it") // what failed may hold personal data
		}
	}()
	if err := r.redactor.Exchange(e); err != nil {
		return err
	}
	return Write(r.dir, r.number, e)
}

// putBack is an answer's body that was read already.
type putBack struct {
	io.Reader
	io.Closer
}

// failing is where the connection broke.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
