package listener

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"octobridge/idosell/record"
)

// waiting are the requests and answers whose other half did not stand in the same
// file. One that was alone in its file is read again when the other comes; others
// wait packed, as far as there is room.
type waiting struct {
	run   *run
	byKey map[string][]*half
	all   []*half // in the order in which they came; nil: it was joined
	place map[*half]int
	size  int
	files map[int]facts // what the beginnings of files say, that the waiting ones are from
}

func newWaiting(r *run) *waiting {
	return &waiting{run: r, byKey: map[string][]*half{}, place: map[*half]int{}, files: map[int]facts{}}
}

// waitingCost is about what one costs without its body.
const waitingCost = 1 << 10

// add joins a half with one that waits, or has it wait.
func (w *waiting) add(h *half, file facts) error {
	keys := w.keys(h)
	for _, key := range keys {
		for _, other := range w.byKey[key] {
			request, answer := other, h
			if h.answer == other.answer {
				continue
			}
			if !h.answer {
				request, answer = h, other
			}
			if fits(request, answer) {
				w.remove(other)
				return w.emit(request, answer, file)
			}
		}
	}
	if h.reload {
		h.body = nil
	} else if err := h.pack(); err != nil {
		return err
	}
	cost := len(h.packed) + waitingCost
	if h.reload {
		cost = 0 // there are no more of them than files
	}
	if w.size+cost > w.run.o.Limits.WaitingBytes {
		w.run.report.add(w.run.name(h.entry), h.number, NoRoom)
		return nil
	}
	w.size += cost
	w.files[h.entry] = file
	w.place[h] = len(w.all)
	w.all = append(w.all, h)
	for _, key := range keys {
		w.byKey[key] = append(w.byKey[key], h)
	}
	return nil
}

func (w *waiting) remove(h *half) {
	w.all[w.place[h]] = nil
	delete(w.place, h)
	if !h.reload {
		w.size -= len(h.packed) + waitingCost
	}
	for _, key := range w.keys(h) {
		rest := slices.DeleteFunc(w.byKey[key], func(other *half) bool { return other == h })
		if len(rest) == 0 {
			delete(w.byKey, key)
		} else {
			w.byKey[key] = rest
		}
	}
}

// keys are what a half is found by: an id, alone where it is long enough not to
// come twice by chance, and its file's name without the words for request and
// answer.
func (w *waiting) keys(h *half) []string {
	stem := strings.Join(wordsOf(w.run.files[h.entry].Name), " ")
	var keys []string
	if len(h.id) >= 8 {
		keys = append(keys, "id "+h.id)
	} else if h.id != "" {
		keys = append(keys, "id "+h.id+" "+stem)
	}
	if h.alone {
		keys = append(keys, "name "+strconv.Itoa(h.ordinal)+" "+stem)
	}
	return keys
}

// directionWords are the words in a file's name that say request or answer.
var directionWords = []string{"request", "requests", "req", "rq", "response", "responses", "resp", "res", "rs", "answer", "answers", "ans", "reply", "replies",
	"in", "out", "input", "output", "incoming", "outgoing", "zapytanie", "zapytania", "żądanie", "żądania", "zadanie", "zadania", "odpowiedź", "odpowiedz", "odpowiedzi"}

// wordsOf are the words of a file's name, lower case, without those for request
// and answer and without its ending.
func wordsOf(name string) []string {
	name = strings.TrimSuffix(name, path.Ext(name))
	var spaced strings.Builder
	small := false
	for _, c := range name {
		if unicode.IsUpper(c) && small {
			spaced.WriteByte(' ')
		}
		small = unicode.IsLower(c)
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			c = ' '
		}
		spaced.WriteRune(unicode.ToLower(c))
	}
	return slices.DeleteFunc(strings.Fields(spaced.String()), func(word string) bool { return slices.Contains(directionWords, word) })
}

// finish joins what still waits by time, then by order, and names the rest.
func (w *waiting) finish() error {
	if err := w.byTime(); err != nil {
		return err
	}
	if err := w.byOrder(); err != nil {
		return err
	}
	for _, h := range w.all {
		if h == nil {
			continue
		}
		reason := WithoutAnswer
		if h.answer {
			reason = WithoutAsking
		}
		w.run.report.add(w.run.name(h.entry), h.number, reason)
	}
	return nil
}

// longestWait is how far apart in time a request and its answer may be.
const longestWait = 5 * time.Minute

// byTime joins each answer with the last request of its method before it.
func (w *waiting) byTime() error {
	requests := map[string][]*half{}
	var answers []*half
	for _, h := range w.all {
		switch {
		case h == nil || h.lead.last.IsZero() || !h.alone:
		case h.answer && !h.fault:
			answers = append(answers, h)
		case !h.answer:
			method := strings.ToLower(bareMethod(h.method))
			requests[method] = append(requests[method], h)
		}
	}
	byLead := func(a, b *half) int { return a.lead.last.Compare(b.lead.last) }
	slices.SortStableFunc(answers, byLead)
	for _, list := range requests {
		slices.SortStableFunc(list, byLead)
	}
	for _, answer := range answers {
		method := strings.ToLower(bareMethod(answer.method))
		list := requests[method]
		at, _ := slices.BinarySearchFunc(list, answer.lead.last, func(h *half, t time.Time) int {
			if h.lead.last.After(t) {
				return 1
			}
			return -1
		})
		if at == 0 || answer.lead.last.Sub(list[at-1].lead.last) > longestWait {
			continue
		}
		request := list[at-1]
		requests[method] = slices.Delete(list, at-1, at)
		w.remove(request)
		w.remove(answer)
		if err := w.emit(request, answer, w.files[request.entry]); err != nil {
			return err
		}
	}
	return nil
}

// byOrder joins a request with the answer that comes next, in the next file.
func (w *waiting) byOrder() error {
	var before *half
	for _, h := range slices.Clone(w.all) {
		if h == nil || !h.alone {
			continue
		}
		if before != nil && !before.answer && h.answer && h.entry-before.entry <= 1 && fits(before, h) {
			w.remove(before)
			w.remove(h)
			if err := w.emit(before, h, w.files[before.entry]); err != nil {
				return err
			}
			before = nil
			continue
		}
		before = h
	}
	return nil
}

// emit brings the bodies back and hands the call on.
func (w *waiting) emit(request, answer *half, file facts) error {
	for _, h := range []*half{request, answer} {
		if h.body != nil {
			continue
		}
		if err := w.restore(h); err != nil {
			if stop, ok := errors.AsType[*stopped](err); ok {
				return stop.err
			}
			return err
		}
	}
	err := w.run.emit(request, answer, file)
	request.body, answer.body = nil, nil
	return err
}

// pack makes a body smaller while it waits.
func (h *half) pack() error {
	var out bytes.Buffer
	packer, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := packer.Write(h.body); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	h.packed, h.body = bytes.Clone(out.Bytes()), nil
	return nil
}

// restore brings a body back.
func (w *waiting) restore(h *half) error {
	if !h.reload {
		body, err := io.ReadAll(flate.NewReader(bytes.NewReader(h.packed)))
		h.body, h.packed = body, nil
		return err
	}
	content, head, whole, err := w.run.unpack(h.entry, false)
	if content != nil {
		defer content.Close()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.run.name(h.entry), err)
	}
	source, err := w.run.again(h.entry, head, whole)
	if err != nil {
		return err
	}
	defer source.Close()
	errFound := errors.New("found")
	scan := scanner{source: source, max: w.run.o.Limits.MessageBytes, ctx: w.run.ctx, lost: func(Reason) {}}
	scan.found = func(body []byte, _ beside) error {
		if _, ok := readMessage(body); !ok {
			return nil
		}
		h.body = body
		return errFound
	}
	if err := scan.run(); err != nil && !errors.Is(err, errFound) {
		return err
	}
	if h.body == nil {
		return fmt.Errorf("%s changed while it was read", w.run.name(h.entry))
	}
	return nil
}

// declaration goes before every body: they are UTF-8, whatever they were in the
// archive.
const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// emit makes an exchange of a request and its answer.
func (r *run) emit(request, answer *half, file facts) error {
	near := together(request, answer)
	found := r.gates.resolve(request, answer, near, file, r.files[request.entry].Name)
	exchange := record.Exchange{
		Gate: found.name, Method: found.method, Version: found.version, Operation: found.operation,
		At: near.first, Took: near.took, Status: near.status,
		Header:  http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
		Request: append([]byte(declaration), request.body...),
		Answer:  append([]byte(declaration), answer.body...),
	}
	if changed := r.files[request.entry].Modified; exchange.At.IsZero() && changed.Year() >= 1990 { // 1979 stands for none
		exchange.At = changed.UTC() // the best that there is
	}
	if exchange.Status == 0 {
		exchange.Status = http.StatusOK
		if answer.fault { // SOAP 1.1, section 6.2
			exchange.Status = http.StatusInternalServerError
		}
	}
	r.report.Exchanges++
	return r.yield(exchange)
}

// together is what the texts around a call's two halves say of it.
func together(request, answer *half) facts {
	out := facts{version: -1, first: request.lead.last}
	for _, told := range []facts{request.lead, request.trail, answer.lead, answer.trail} {
		if out.gate == "" && told.gate != "" {
			out.gate, out.method, out.version = told.gate, told.method, told.version
		}
		if out.first.IsZero() {
			out.first = told.first
		}
	}
	for _, told := range []facts{answer.lead, answer.trail, request.lead, request.trail} {
		if out.status == 0 {
			out.status = told.status
		}
		if out.took == 0 {
			out.took = told.took
		}
	}
	for _, end := range []time.Time{answer.lead.first, answer.trail.first} {
		if took := end.Sub(out.first); out.took == 0 && !out.first.IsZero() && !end.IsZero() && took > 0 && took <= longestWait {
			out.took = took
		}
	}
	return out
}
