// Package survey looks at recorded exchanges: whether octobridge understands them,
// and how fast and how well the wholesaler answered.
package survey

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// Findings is what Check found.
type Findings struct {
	Exchanges   int           `json:"exchanges"` // looked at; failures and WSDLs are passed over
	PassedOver  int           `json:"passedOver"`
	Gates       []Gate        `json:"gates"`       // by name
	Undecodable []Undecodable `json:"undecodable"` // in the order of the recording
	Proposals   []Proposal    `json:"proposals"`
	// Override is the gates file that makes the proposals, and says whatever else
	// the table had that the built-in one has not; "" where nothing is proposed.
	Override string `json:"override"`
}

// OK says whether everything was decoded, and no element was unknown.
func (f *Findings) OK() bool { return len(f.Undecodable) == 0 && f.Unknown() == 0 }

// Unknown is how many different elements, or whole gates, the table does not know.
func (f *Findings) Unknown() int {
	n := 0
	for _, g := range f.Gates {
		n += len(g.Unknown)
		if g.Operation == "" {
			n++
		}
	}
	return n
}

// Gate is what was found of one gate.
type Gate struct {
	Name      string            `json:"name"`      // "Orders/get"
	Operation idosell.Operation `json:"operation"` // "" where the table does not have the gate
	Exchanges int               `json:"exchanges"`
	Answered  int               `json:"answered"` // of them with results, whose elements count as seen
	Unknown   []Unknown         `json:"unknown"`
	Unseen    []Unseen          `json:"unseen"` // expected in answers
}

// Unknown is an element that the table does not know.
type Unknown struct {
	Path     string `json:"path"` // of the known element that it stands in: "results.details"; "" of an answer's head
	Name     string `json:"name"` // as it is on the wire
	Request  bool   `json:"request"`
	Count    int    `json:"count"`
	Example  int    `json:"example"`            // the first exchange that has it, from 1
	Proposal string `json:"proposal,omitempty"` // the path that it looks like
}

// Unseen is an element that the table expects and no answer had, not even one of
// those in it.
type Unseen struct {
	Path string `json:"path"` // "results.details.status"
	Name string `json:"name"`
}

// Undecodable is an exchange that the client could not read.
type Undecodable struct {
	Exchange int    `json:"exchange"` // from 1, in the order of the recording
	Gate     string `json:"gate"`
	Request  bool   `json:"request"`
	Reason   string `json:"reason"`
}

// manyRounds bounds how often proposals are applied and looked at again: each
// makes the elements in one that was renamed known.
const manyRounds = 6

// Check looks at exchanges by the gate table; nil is the built-in one. The
// exchanges are not changed. Dates without a zone are read as UTC: no finding
// depends on it.
func Check(exchanges []record.Exchange, gates *idosell.GateTable) Findings {
	if gates == nil {
		gates = idosell.DefaultGates()
	}
	first := look(exchanges, gates)
	rounds := []*seen{first}
	var proposals []Proposal
	table := gates
	for range manyRounds {
		last := rounds[len(rounds)-1]
		more := propose(last, table)
		if len(more) == 0 {
			break
		}
		changed := newOverride(table)
		changed.apply(more)
		next, err := changed.table()
		if err != nil { // a name that a gates file cannot have
			break
		}
		proposals = append(proposals, more...)
		table = next
		rounds = append(rounds, look(exchanges, table))
	}
	last := rounds[len(rounds)-1]
	out := Findings{
		Exchanges: first.exchanges, PassedOver: first.passedOver,
		Gates: []Gate{}, Undecodable: last.undecodable, Proposals: proposals,
	}
	if len(proposals) > 0 {
		out.Override = newOverride(table).text()
	} else {
		out.Proposals = []Proposal{}
	}
	for _, name := range slices.Sorted(maps.Keys(first.gates)) {
		out.Gates = append(out.Gates, gateFindings(name, rounds, table, proposals))
	}
	if out.Undecodable == nil {
		out.Undecodable = []Undecodable{}
	}
	return out
}

// gateFindings joins what the rounds found of a gate.
func gateFindings(name string, rounds []*seen, table *idosell.GateTable, proposals []Proposal) Gate {
	first, last := rounds[0].gates[name], rounds[len(rounds)-1].gates[name]
	out := Gate{Name: name, Operation: first.operation, Exchanges: first.exchanges, Answered: last.answered, Unknown: []Unknown{}, Unseen: []Unseen{}}
	met := map[place]bool{}
	for _, round := range rounds {
		at := round.gates[name]
		for where, found := range at.unknown {
			if met[where] {
				continue
			}
			met[where] = true
			unknown := Unknown{Path: where.path, Name: where.name, Request: where.request, Count: found.count, Example: found.example}
			for _, p := range proposals {
				if p.Operation == at.operation && p.Field == "name" && p.Name == where.name && p.parent == where.path {
					unknown.Proposal = p.Path
				}
			}
			out.Unknown = append(out.Unknown, unknown)
		}
	}
	slices.SortFunc(out.Unknown, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Name, b.Name))
	})
	if spec := table.Gate(last.operation); spec != nil && last.answered > 0 {
		out.Unseen = append(out.Unseen, unseen("results", spec.Results, last.known)...)
	}
	return out
}

// unseen lists the fields that never came; of a group that never came, it alone.
func unseen(path string, fields []idosell.Field, known map[string]int) []Unseen {
	var out []Unseen
	for _, field := range fields {
		at := path + "." + field.Key
		if known[at] == 0 {
			out = append(out, Unseen{at, field.Name})
			continue
		}
		out = append(out, unseen(at, field.Fields, known)...)
	}
	return out
}

// seen is what one look at a recording found.
type seen struct {
	exchanges, passedOver int
	gates                 map[string]*gateSeen // by the name in the recording
	undecodable           []Undecodable
}

// gateSeen is what was seen of one gate.
type gateSeen struct {
	operation           idosell.Operation
	gate, method        string
	exchanges, answered int
	versions            map[int]int // of exchanges that were answered without a fault
	parts               map[string]int
	known               map[string]int // by path
	unknown             map[place]*unknownSeen
}

type place struct {
	path, name string
	request    bool
}

// unknownSeen is what is known of an unknown element.
type unknownSeen struct {
	count, example int
	texts          []string // a few different ones
	inner          map[string]bool
	list           bool
}

// fewTexts is how many texts of an unknown element are looked at for its type.
const fewTexts = 50

func (u *unknownSeen) add(e idosell.Element) {
	u.count++
	u.list = u.list || e.List
	for _, name := range e.Inner {
		u.inner[name] = true
	}
	if e.Text != "" && len(u.texts) < fewTexts && !slices.Contains(u.texts, e.Text) {
		u.texts = append(u.texts, e.Text)
	}
}

// look goes through a recording once.
func look(exchanges []record.Exchange, table *idosell.GateTable) *seen {
	out := &seen{gates: map[string]*gateSeen{}}
	for i := range exchanges {
		e := &exchanges[i]
		if e.WSDL || e.Failure != "" || len(e.Answer) == 0 && len(e.Request) == 0 {
			out.passedOver++
			continue
		}
		out.exchanges++
		at := out.gates[e.Name()]
		if at == nil {
			at = &gateSeen{gate: e.Gate, method: e.Method, versions: map[int]int{}, parts: map[string]int{}, known: map[string]int{}, unknown: map[place]*unknownSeen{}}
			at.operation = operationOf(e, table)
			out.gates[e.Name()] = at
		}
		at.exchanges++
		out.look(e, i+1, at, table.Gate(at.operation))
	}
	return out
}

// look goes through one exchange.
func (s *seen) look(e *record.Exchange, number int, at *gateSeen, spec *idosell.GateSpec) {
	visit := func(request bool) func(idosell.Element) {
		return func(element idosell.Element) {
			if element.Known {
				at.known[element.Path]++
				return
			}
			where := place{element.Path, element.Name, request}
			if at.unknown[where] == nil {
				at.unknown[where] = &unknownSeen{example: number, inner: map[string]bool{}}
			}
			at.unknown[where].add(element)
		}
	}
	fail := func(request bool, err error) {
		s.undecodable = append(s.undecodable, Undecodable{number, e.Name(), request, err.Error()})
	}
	if len(e.Request) > 0 {
		request, err := idosell.InspectRequest(spec, e.Request, visit(true))
		if err != nil {
			fail(true, err)
		} else {
			at.parts[request.Part]++
		}
	}
	answer, err := idosell.InspectAnswer(spec, e.Answer, time.UTC, visit(false))
	switch {
	case err != nil && e.Status >= http.StatusBadRequest:
		return // a web server's words instead of an answer: a failure, and no finding
	case err != nil:
		fail(false, err)
		return
	case answer.Problem != nil:
		fail(false, answer.Problem)
	}
	if answer.Fault.OK() && !answer.SOAP {
		if e.Version >= 0 {
			at.versions[e.Version]++
		}
		if !answer.NoRows {
			at.answered++
		}
	}
}

// operationOf finds what a gate is for by the table.
func operationOf(e *record.Exchange, table *idosell.GateTable) idosell.Operation {
	for _, op := range table.Operations() {
		spec := table.Gate(op)
		if strings.EqualFold(spec.Gate, e.Gate) && strings.EqualFold(spec.Method, e.Method) {
			return op
		}
	}
	return ""
}
