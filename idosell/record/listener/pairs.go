package listener

import (
	"cmp"
	"slices"
)

// half is a request or an answer with what stands around it.
type half struct {
	message
	entry   int
	ordinal int // which of its kind in its file, from 0
	number  int // which envelope of its file, from 1
	lead    facts
	trail   facts
	id      string
	dip     int // how far wrappers close between the one before and this one
	body    []byte
	packed  []byte // body, where it waits
	reload  bool   // body is read from the file again
	alone   bool   // its file holds requests alone, or answers alone
}

// Bounds for calls of one file that overlap.
const (
	manyOpen = 64
	openSize = 16 << 20
)

// pairs joins the requests and answers of one file. What follows each other
// belongs together, but where an id says otherwise: a run of requests and then one
// of answers are calls at the same time, and of a run of requests with fewer
// answers the first ones had none.
type pairs struct {
	run   *run
	entry int

	file     facts // what its beginning says
	last     *half // its trail is not known yet
	ready    [][2]*half
	first    []*half // the first envelopes, until the order is known
	decided  bool
	swapped  bool // answers stand before their requests
	idsWork  bool
	overflow bool
	ahead    []*half // requests, or answers where swapped
	behind   []*half
	total    int
	ordinals [2]int
	left     []*half
	failed   error
}

// lost names an envelope that could not be read.
func (p *pairs) lost(reason Reason) {
	p.total++
	p.run.report.add(p.run.name(p.entry), p.total, reason)
}

// found takes the next envelope.
func (p *pairs) found(body []byte, before beside) error {
	trail, lead, dip := before.split()
	if p.last == nil { // nothing stands before it that this could belong to
		trail, lead = "", trail+lead
	}
	p.trailing(trail)
	read, ok := readMessage(body)
	if !ok {
		p.lost(Unreadable)
		return nil
	}
	p.total++
	h := &half{message: read, entry: p.entry, number: p.total, body: body, dip: dip, lead: readFacts(lead, p.run.o.Zone)}
	h.trail.version = -1
	if p.total == 1 {
		p.file = h.lead
	}
	h.id = h.lead.id
	kind := 0
	if h.answer {
		kind = 1
	}
	h.ordinal = p.ordinals[kind]
	p.ordinals[kind]++
	p.last = h
	return p.add(h)
}

// trailing gives the last envelope what stands behind it, and hands on the calls
// that are complete with it.
func (p *pairs) trailing(text string) {
	if p.last != nil {
		p.last.trail = readFacts(text, p.run.o.Zone)
		if p.last.id == "" {
			p.last.id = p.last.trail.id
		}
		p.last = nil
	}
	for _, pair := range p.ready {
		if p.failed == nil {
			p.failed = p.run.emit(pair[0], pair[1], p.file)
		}
	}
	p.ready = p.ready[:0]
}

func (p *pairs) add(h *half) error {
	if p.failed != nil {
		return &stopped{p.failed}
	}
	if !p.decided {
		p.first = append(p.first, h)
		p.decide(false)
		return p.spill()
	}
	p.place(h)
	return p.spill()
}

// decide finds out whether answers stand before their requests: the first one is
// an answer, and lies closer to the request behind it than that one to the next.
func (p *pairs) decide(end bool) {
	f := p.first
	switch {
	case len(f) == 0:
		return
	case !f[0].answer:
	case len(f) == 1 && !end:
		return
	case len(f) == 1 || f[1].answer || !fits(f[1], f[0]):
	case len(f) == 2 && !end:
		return
	case len(f) == 2:
		p.swapped = true
	default:
		p.swapped = !f[2].answer || !fits(f[1], f[2]) || f[2].dip < f[1].dip
	}
	p.decided, p.first = true, nil
	for _, h := range f {
		p.place(h)
	}
}

// place puts an envelope into the calls that are under way.
func (p *pairs) place(h *half) {
	if h.answer != p.swapped { // the second half of a call
		p.behind = append(p.behind, h)
		return
	}
	if len(p.behind) > 0 {
		p.settle()
	}
	p.ahead = append(p.ahead, h)
}

// settle joins the runs that have come together.
func (p *pairs) settle() {
	from := len(p.ready)
	if !p.overflow {
		p.join(func(ahead, behind *half) bool { return behind.id != "" && ahead.id == behind.id })
		p.idsWork = p.idsWork || len(p.ready) > from
		p.join(func(ahead, behind *half) bool {
			return !p.idsWork || ahead.id == "" || behind.id == "" || ahead.id == behind.id
		})
	}
	slices.SortFunc(p.ready[from:], func(a, b [2]*half) int { return cmp.Compare(a[0].number, b[0].number) })
	p.left = append(append(p.left, p.ahead...), p.behind...)
	p.ahead, p.behind = nil, nil
}

// join joins those of the runs that fit and may. From the end: where a run of
// requests has more than there are answers, the first ones stay without.
func (p *pairs) join(may func(ahead, behind *half) bool) {
	for i := len(p.behind) - 1; i >= 0; i-- {
		for j := len(p.ahead) - 1; j >= 0; j-- {
			ahead, behind := p.ahead[j], p.behind[i]
			request, answer := ahead, behind
			if p.swapped {
				request, answer = behind, ahead
			}
			if fits(request, answer) && may(ahead, behind) {
				p.ready = append(p.ready, [2]*half{request, answer})
				p.ahead, p.behind = slices.Delete(p.ahead, j, j+1), slices.Delete(p.behind, i, i+1)
				break
			}
		}
	}
}

// spill gives what is left over to those that wait. A run of requests that is too
// long for calls at the same time is a list of requests, whose answers stand in
// another: those are joined by their places.
func (p *pairs) spill() error {
	size := 0
	for _, run := range [][]*half{p.ahead, p.behind} {
		for _, h := range run {
			size += len(h.body)
		}
	}
	switch {
	case len(p.ahead) > manyOpen, len(p.ahead) > 1 && len(p.behind) == 0 && size > openSize:
		p.overflow = true
		p.settle()
	case len(p.behind) > manyOpen, size > openSize && len(p.behind) > 0, p.overflow:
		p.settle()
	}
	if p.total > 1 {
		return p.wait(false)
	}
	return nil
}

// wait hands over what is left of this file. The one that came last stays until
// what stands behind it is known.
func (p *pairs) wait(all bool) error {
	keep := p.left[:0]
	for _, h := range p.left {
		if h == p.last && !all {
			keep = append(keep, h)
			continue
		}
		h.reload = all && p.total == 1
		h.alone = p.overflow || p.ordinals[0] == 0 || p.ordinals[1] == 0
		if err := p.run.waiting.add(h, p.file); err != nil {
			return &stopped{err}
		}
	}
	p.left = keep
	return nil
}

// end joins what is left when the file has come to its end.
func (p *pairs) end(rest beside) error {
	if !p.decided {
		p.decide(true)
	}
	if p.total == 0 {
		p.run.report.add(p.run.name(p.entry), 0, NoSOAP)
	}
	p.settle()
	trail, _, dip := rest.split()
	if dip == 0 {
		trail += string(rest.tail)
	}
	p.trailing(trail)
	if p.failed != nil {
		return p.failed
	}
	if err := p.wait(true); err != nil {
		return err.(*stopped).err
	}
	return nil
}
