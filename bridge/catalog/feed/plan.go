package feed

import (
	"maps"
	"slices"
	"strings"
	"time"

	"octobridge/idosell/iof"
)

// Known is what is remembered of a file since it was last imported.
type Known struct {
	Hash    string    `json:"hash,omitempty"`    // as the gateway said; "" where it did not
	Changed time.Time `json:"changed,omitzero"`  // likewise; zero where it did not
	Content string    `json:"content,omitempty"` // Download.Content
	Validators
}

// none says that the file was never imported.
func (k Known) none() bool { return k == Known{} }

// Held is a file that was not imported because too many products would be lost.
type Held struct {
	Kind iof.Kind
	Known
	Local     bool // it is a file of the operator's: the feed does not offer it
	Confirmed bool // the operator wants it all the same
}

// Is says whether a file is the one that is held.
func (h *Held) Is(kind iof.Kind, file Known) bool {
	return h != nil && h.Kind == kind && (h.Content == file.Content || h.Hash != "" && strings.EqualFold(h.Hash, file.Hash) && h.Changed.Equal(file.Changed))
}

// Stuck is a change that could not be applied and cannot be waited for: the file is
// gone, or damaged.
type Stuck struct {
	Hash    string    `json:"hash,omitempty"`
	Changed time.Time `json:"changed"`
	// Renewed says that the full file was imported because of it, and that it is
	// newer than that: the same full file once more would not help.
	Renewed bool `json:"renewed,omitempty"`
}

// State is what is remembered of a feed between two looks at it.
type State struct {
	// Files are the files that were imported last: the full one, the light one,
	// the lists.
	Files map[iof.Kind]Known `json:"files,omitempty"`
	// Applied is up to when changes are in: the date of the last full file, then
	// that of each change. Dates are the gateway's; an order by them is assumed to
	// be the order in which they are to be applied.
	Applied time.Time `json:"applied,omitzero"`
	// Amended says that changes were imported since the last full file: that one
	// once more would take them back.
	Amended bool `json:"amended,omitempty"`
	// FullDue says that the changes lead no further, and the full file is to be
	// imported even if it is the known one.
	FullDue bool `json:"fullDue,omitempty"`
	// LightDue says that prices and stock of a full file or a change were
	// imported since the last light file, whose own are newer.
	LightDue bool `json:"lightDue,omitempty"`
	// Reading names how the products of the last full file were read (see Reread).
	Reading string `json:"reading,omitempty"`
	Stuck   *Stuck `json:"stuck,omitempty"`
	Held    *Held  `json:"-"` // kept apart: the operator confirms it meanwhile
}

// Clone returns a copy that shares nothing with the state.
func (s *State) Clone() *State {
	c := *s
	c.Files = maps.Clone(s.Files)
	if s.Stuck != nil {
		stuck := *s.Stuck
		c.Stuck = &stuck
	}
	if s.Held != nil {
		held := *s.Held
		c.Held = &held
	}
	return &c
}

// held is the file of the feed of this kind that is held back.
func (s *State) held(kind iof.Kind) *Held {
	if s.Held != nil && s.Held.Kind == kind && !s.Held.Local {
		return s.Held
	}
	return nil
}

// Step is a file to fetch and import.
type Step struct {
	Kind iof.Kind
	File string   // what its download is called
	Part iof.Part // as the gateway lists it
	Last Known    // the one that is in use, or held
	// Always says that it is imported even if it is the one in use.
	Always bool
	// Ask says that the gateway does not tell whether it has changed: the server
	// is asked with the validators of Last.
	Ask bool
	// More says that another change of the same date follows: only after that one
	// are the changes of this date in.
	More bool
}

// lists are the kinds of files that a catalogue has a use for besides the offer.
var lists = []iof.Kind{iof.Categories, iof.Sizes, iof.Producers, iof.Units, iof.Parameters, iof.Stocks, iof.Series, iof.Warranties}

type verdict int

const (
	same verdict = iota
	other
	unsaid
)

// compare holds what a gateway says of a file against what is remembered of one.
// Another hash is another file; without a hash another date is. Whether the hash
// is one of the file's bytes is not known: with the same one and another date
// the server is asked.
func compare(part iof.Part, last Known) verdict {
	dated := !part.Changed.IsZero() && !last.Changed.IsZero()
	switch {
	case last.none():
		return other
	case part.Hash != "" && !strings.EqualFold(part.Hash, last.Hash):
		return other
	case dated && part.Changed.Equal(last.Changed):
		return same
	case part.Hash == "" && dated:
		return other
	case part.Hash != "" && !dated:
		return same
	}
	return unsaid
}

// due makes a step of a file, if there is one to take.
func (s *State) due(part iof.Part, always bool) (Step, bool) {
	last := s.Files[part.Kind]
	step := Step{Kind: part.Kind, File: string(part.Kind), Part: part, Last: last, Always: always}
	if always {
		return step, true
	}
	v := compare(part, last)
	step.Ask = v == unsaid
	return step, v != same
}

// Lists returns the lists that are to be fetched, in the gateway's order; with
// force all of them.
func (s *State) Lists(g *iof.Gateway, force bool) []Step {
	var steps []Step
	for _, part := range g.Lists {
		if !slices.Contains(lists, part.Kind) || slices.ContainsFunc(steps, func(s Step) bool { return s.Kind == part.Kind }) {
			continue
		}
		if step, due := s.due(part, force); due {
			steps = append(steps, step)
		}
	}
	return steps
}

// Full says whether the full file is to be fetched. One that is held back is not,
// as long as the gateway lists that very one; where it does not say which one it
// is, the server is asked.
func (s *State) Full(g *iof.Gateway, force bool) (Step, bool) {
	if g.Full == nil {
		return Step{}, false
	}
	part := *g.Full
	part.Kind = iof.Full
	if held := s.held(iof.Full); held != nil {
		switch v := compare(part, held.Known); {
		case v == other:
			// Another one was made since, which is judged on its own; and it may
			// be the one in use again.
		case held.Confirmed:
			return Step{Kind: iof.Full, File: string(iof.Full), Part: part, Last: held.Known, Always: true}, true
		case v == same:
			return Step{}, false
		default:
			return Step{Kind: iof.Full, File: string(iof.Full), Part: part, Last: held.Known, Ask: true}, true
		}
	}
	return s.due(part, force || s.FullDue)
}

// Reread says how products are read now. Where that is another way than when the
// full file was imported, it is due, even if it is the known one: until then its
// texts are as they were made before.
func (s *State) Reread(g *iof.Gateway, reading string) {
	if s.ReadOtherwise(g, reading) {
		s.FullDue = true
	}
}

// ReadOtherwise says whether the full file in use was read in another way than
// files are now. The lists were, too, then: they are due as well.
func (s *State) ReadOtherwise(g *iof.Gateway, reading string) bool {
	return g.Full != nil && !s.Files[iof.Full].none() && s.Reading != reading
}

// Outdated says that the file that is held back is not offered any more.
func (s *State) Outdated(g *iof.Gateway) bool {
	if held := s.held(iof.Full); held != nil {
		return g.Full == nil || compare(*g.Full, held.Known) == other
	}
	if held := s.held(iof.FullChange); held != nil {
		return !slices.ContainsFunc(g.Changes, func(part iof.Part) bool { return isHeld(part, held) })
	}
	return false
}

func isHeld(change iof.Part, held *Held) bool {
	return held != nil && change.Changed.Equal(held.Changed) && strings.EqualFold(change.Hash, held.Hash)
}

// Changes returns the changes that are not in yet, the oldest first: those after
// the last one applied, and after the full file that is in use. There are none
// before a full file, while one is due or held back, or behind a change that is
// held back. A change without a date is passed over: what it follows is not known,
// and the next full file has it.
func (s *State) Changes(g *iof.Gateway) []Step {
	if s.Files[iof.Full].none() || s.FullDue || s.Applied.IsZero() || s.held(iof.Full) != nil {
		return nil
	}
	var steps []Step
	for _, part := range g.Changes {
		if !part.Changed.After(s.Applied) {
			continue
		}
		part.Kind = iof.FullChange
		steps = append(steps, Step{Kind: iof.FullChange, File: "change-" + part.Changed.UTC().Format("20060102T150405"), Part: part, Always: true})
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.Part.Changed.Compare(b.Part.Changed) })
	for i := range steps {
		if held := s.held(iof.FullChange); isHeld(steps[i].Part, held) && !held.Confirmed {
			return steps[:i]
		}
		if i > 0 && steps[i].Part.Changed.Equal(steps[i-1].Part.Changed) {
			steps[i-1].More = true
		}
	}
	return steps
}

// Light says whether the light file is to be fetched: whenever it is new, and
// after products were imported. It comes last.
func (s *State) Light(g *iof.Gateway, force bool) (Step, bool) {
	if g.Light == nil || s.Files[iof.Full].none() {
		return Step{}, false
	}
	part := *g.Light
	part.Kind = iof.Light
	return s.due(part, force || s.LightDue)
}

// Imported notes that a step's file is in use. base is when a full file was made,
// for where the gateway does not say when it changed.
func (s *State) Imported(step Step, now Known, base time.Time) {
	if s.Files == nil {
		s.Files = map[iof.Kind]Known{}
	}
	if s.Held != nil && (step.Kind == iof.Full || s.Held.Is(step.Kind, now)) {
		s.Held = nil
	}
	switch step.Kind {
	case iof.Full:
		s.Files[iof.Full] = now
		s.based(now, base)
		s.FullDue, s.LightDue, s.Amended = false, true, false
	case iof.FullChange:
		if !step.More && now.Changed.After(s.Applied) {
			s.Applied = now.Changed
		}
		if s.Stuck != nil && !s.Stuck.Changed.After(s.Applied) {
			s.Stuck = nil
		}
		s.LightDue, s.Amended = true, true
	case iof.Light:
		s.Files[iof.Light], s.LightDue = now, false
	default:
		s.Files[step.Kind] = now
	}
}

// based notes which state a full file is of, from which on changes count.
func (s *State) based(now Known, base time.Time) {
	s.Applied = now.Changed
	if s.Applied.IsZero() {
		s.Applied = base
	}
	switch {
	case s.Stuck == nil:
	case s.Stuck.Changed.After(s.Applied):
		s.Stuck.Renewed = true
	default:
		s.Stuck = nil // it is in the full file
	}
}

// Renamed notes that a step's file is the one in use, byte for byte, under
// another hash or date.
func (s *State) Renamed(step Step, now Known) {
	if step.Kind != iof.FullChange && !s.Files[step.Kind].none() {
		s.Files[step.Kind] = now
	}
}

// Says says whether a step's file, with these contents, says no more than is in
// use. A full file takes back what changes have brought since the last one, even
// if it is like that.
func (s *State) Says(step Step, content string) bool {
	return !step.Always && content == s.Files[step.Kind].Content && !(step.Kind == iof.Full && s.Amended)
}

// Unchanged notes that a step's file was made anew and says no more than the one
// in use (see Says). base is as for Imported.
func (s *State) Unchanged(step Step, now Known, base time.Time) {
	s.Renamed(step, now)
	if step.Kind == iof.Full {
		s.based(now, base)
	}
}

// Blocked notes that a change is gone or damaged: nothing after it can be applied.
// The full file is due then, once; if the same change is in the way after that,
// only a newer full file helps, and until then the light file goes on.
func (s *State) Blocked(step Step) {
	if s.Stuck != nil && s.Stuck.Hash == step.Part.Hash && s.Stuck.Changed.Equal(step.Part.Changed) {
		s.FullDue = !s.Stuck.Renewed
		return
	}
	s.Stuck = &Stuck{Hash: step.Part.Hash, Changed: step.Part.Changed}
	s.FullDue = true
}
