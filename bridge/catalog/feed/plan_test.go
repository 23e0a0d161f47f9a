package feed_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"octobridge/bridge/catalog/feed"
	"octobridge/idosell/iof"
)

// at is a time of the gateway, by its hour.
func at(hour int) time.Time { return time.Date(2026, 11, 22, hour, 0, 0, 0, time.UTC) }

func part(kind iof.Kind, hash string, hour int) iof.Part {
	p := iof.Part{Kind: kind, URL: secretOf("https://hurt24.pl/" + hash), Hash: hash}
	if hour > 0 {
		p.Changed = at(hour)
	}
	return p
}

func pointer(p iof.Part) *iof.Part { return &p }

// plan is all that a state wants of a gateway, as "kind hash".
func plan(s *feed.State, g *iof.Gateway, force bool) []string {
	var steps []string
	add := func(step feed.Step) {
		text := string(step.Kind) + " " + step.Part.Hash
		if step.Ask {
			text += " ?"
		}
		steps = append(steps, text)
	}
	for _, step := range s.Lists(g, force) {
		add(step)
	}
	if step, due := s.Full(g, force); due {
		add(step)
	}
	for _, step := range s.Changes(g) {
		add(step)
	}
	if step, due := s.Light(g, force); due {
		add(step)
	}
	return steps
}

// imports has everything imported that is wanted.
func imports(s *feed.State, g *iof.Gateway) {
	now := func(step feed.Step) feed.Known {
		return feed.Known{Hash: step.Part.Hash, Changed: step.Part.Changed, Content: "content of " + step.Part.Hash}
	}
	for _, step := range s.Lists(g, false) {
		s.Imported(step, now(step), time.Time{})
	}
	if step, due := s.Full(g, false); due {
		s.Imported(step, now(step), at(1))
	}
	for _, step := range s.Changes(g) {
		s.Imported(step, now(step), time.Time{})
	}
	if step, due := s.Light(g, false); due {
		s.Imported(step, now(step), time.Time{})
	}
}

// official has the form of IAI's own sample: changes from before the full file,
// and a light file that nothing is said of.
func official() *iof.Gateway {
	return &iof.Gateway{
		Full:    pointer(part(iof.Full, "f1", 5)),
		Changes: []iof.Part{part(iof.FullChange, "c4", 4), part(iof.FullChange, "c5", 5), part(iof.FullChange, "c6", 6), part(iof.FullChange, "c7", 7)},
		Light:   pointer(part(iof.Light, "", 0)),
		Lists:   []iof.Part{part(iof.Categories, "k1", 3), part(iof.Preset, "p1", 3), part(iof.Producers, "", 3), part(iof.Units, "", 0)},
	}
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestPlan(t *testing.T) {
	s, g := &feed.State{}, official()
	expect(t, "at first", plan(s, g, false), "categories k1", "producers ", "units ", "full f1")
	imports(s, g)
	expect(t, "nothing has changed", plan(s, g, false), "units  ?", "light  ?")
	expect(t, "by force", plan(s, g, true), "categories k1", "producers ", "units ", "full f1", "light ")

	g.Changes = append(g.Changes, part(iof.FullChange, "c9", 9), part(iof.FullChange, "c8", 8))
	expect(t, "changes", plan(s, g, false), "units  ?", "full_change c8", "full_change c9", "light  ?")
	imports(s, g)
	expect(t, "applied", plan(s, g, false), "units  ?", "light  ?")

	g.Lists[0].Hash, g.Lists[2].Changed = "k2", at(10)
	expect(t, "lists", plan(s, g, false), "categories k2", "producers ", "units  ?", "light  ?")
	imports(s, g)

	// A full file that was made before the last change, and comes after it: the
	// change is to be applied again.
	g.Full = pointer(part(iof.Full, "f2", 8))
	expect(t, "a new full file", plan(s, g, false), "units  ?", "full f2", "light  ?")
	full, _ := s.Full(g, false)
	s.Imported(full, feed.Known{Hash: "f2", Changed: at(8), Content: "f2"}, time.Time{})
	expect(t, "after it", plan(s, g, false), "units  ?", "full_change c9", "light ")
	imports(s, g)
	expect(t, "after that", plan(s, g, false), "units  ?", "light  ?")
}

func TestPlanWithWhatThereIs(t *testing.T) {
	known := feed.Known{Content: "x", Validators: feed.Validators{ETag: `"1"`}}
	cases := map[string]struct {
		gateway iof.Gateway
		state   feed.State
		want    []string
	}{
		"nothing":                          {iof.Gateway{}, feed.State{}, nil},
		"only light, before any full file": {iof.Gateway{Light: pointer(part(iof.Light, "l", 1))}, feed.State{}, nil},
		"without hashes": {iof.Gateway{Full: pointer(part(iof.Full, "", 5)), Light: pointer(part(iof.Light, "", 6))},
			feed.State{Files: map[iof.Kind]feed.Known{iof.Full: {Changed: at(5), Content: "x"}, iof.Light: {Changed: at(5), Content: "y"}}}, []string{"light "}},
		"without anything":        {iof.Gateway{Full: pointer(part(iof.Full, "", 0))}, feed.State{Files: map[iof.Kind]feed.Known{iof.Full: known}}, []string{"full  ?"}},
		"with hashes from now on": {iof.Gateway{Full: pointer(part(iof.Full, "f", 0))}, feed.State{Files: map[iof.Kind]feed.Known{iof.Full: known}}, []string{"full f"}},
		"the same hash": {iof.Gateway{Full: pointer(part(iof.Full, "ABC", 0))},
			feed.State{Files: map[iof.Kind]feed.Known{iof.Full: {Hash: "abc", Changed: at(5)}}}, nil},
		"the same hash and another date": {iof.Gateway{Full: pointer(part(iof.Full, "abc", 9))},
			feed.State{Files: map[iof.Kind]feed.Known{iof.Full: {Hash: "abc", Changed: at(5)}}}, []string{"full abc ?"}},
		"another hash and the same date": {iof.Gateway{Full: pointer(part(iof.Full, "abd", 5))},
			feed.State{Files: map[iof.Kind]feed.Known{iof.Full: {Hash: "abc", Changed: at(5)}}}, []string{"full abd"}},
		"changes without dates": {iof.Gateway{Full: pointer(part(iof.Full, "f", 5)), Changes: []iof.Part{part(iof.FullChange, "c", 0)}},
			feed.State{Files: map[iof.Kind]feed.Known{iof.Full: {Hash: "f", Changed: at(5)}}, Applied: at(5)}, nil},
		"changes before a full file": {iof.Gateway{Changes: []iof.Part{part(iof.FullChange, "c", 6)}}, feed.State{}, nil},
		"light after products":       {iof.Gateway{Light: pointer(part(iof.Light, "l", 5))}, feed.State{Files: map[iof.Kind]feed.Known{iof.Full: known, iof.Light: {Hash: "l"}}, LightDue: true}, []string{"light l"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { expect(t, name, plan(&c.state, &c.gateway, false), c.want...) })
	}
}

// The date of a full file that the gateway does not tell is when it was made.
func TestChangesAfterAFullFileWithoutADate(t *testing.T) {
	s, g := &feed.State{}, official()
	g.Full.Changed = time.Time{}
	step, _ := s.Full(g, false)
	s.Imported(step, feed.Known{Hash: "f1", Content: "f1"}, at(6))
	expect(t, "after it", plan(s, g, false), "categories k1", "producers ", "units ", "full_change c7", "light ")
}

// Of two changes of the same second both are applied, also when the second one
// fails at first.
func TestChangesOfTheSameDate(t *testing.T) {
	s, g := &feed.State{}, official()
	imports(s, g)
	g.Changes = []iof.Part{part(iof.FullChange, "a", 8), part(iof.FullChange, "b", 8), part(iof.FullChange, "c", 9)}
	steps := s.Changes(g)
	s.Imported(steps[0], feed.Known{Hash: "a", Changed: at(8)}, time.Time{})
	expect(t, "after the first", plan(s, g, false), "units  ?", "full_change a", "full_change b", "full_change c", "light ")
	s.Imported(steps[1], feed.Known{Hash: "b", Changed: at(8)}, time.Time{})
	expect(t, "after both", plan(s, g, false), "units  ?", "full_change c", "light ")
}

// Behind a change that is gone nothing can be applied: the full file is fetched
// once, and if the change is in the way again, only a newer one helps.
func TestChangeThatIsGone(t *testing.T) {
	s, g := &feed.State{}, official()
	imports(s, g)
	g.Lists = nil
	g.Changes = append(g.Changes, part(iof.FullChange, "c8", 8), part(iof.FullChange, "c9", 9))
	s.Blocked(s.Changes(g)[0])
	expect(t, "the full file is due", plan(s, g, false), "full f1", "light  ?")
	step, _ := s.Full(g, false)
	s.Imported(step, feed.Known{Hash: "f1", Changed: at(5), Content: "f1"}, time.Time{})
	expect(t, "after it", plan(s, g, false), "full_change c6", "full_change c7", "full_change c8", "full_change c9", "light ")
	for _, step := range s.Changes(g)[:2] {
		s.Imported(step, feed.Known{Hash: step.Part.Hash, Changed: step.Part.Changed}, time.Time{})
	}
	s.Blocked(s.Changes(g)[0])
	expect(t, "in the way again", plan(s, g, false), "full_change c8", "full_change c9", "light ")
	g.Full = pointer(part(iof.Full, "f2", 10))
	imports(s, g)
	if s.Stuck != nil {
		t.Error("the change is still in the way of a full file that has it")
	}
	expect(t, "after a newer full file", plan(s, g, false), "light  ?")
}

func TestHeldFile(t *testing.T) {
	s, g := &feed.State{}, official()
	imports(s, g)
	g.Lists = nil
	g.Full = pointer(part(iof.Full, "f2", 8))
	g.Changes = append(g.Changes, part(iof.FullChange, "c9", 9))
	s.Held = &feed.Held{Kind: iof.Full, Known: feed.Known{Hash: "f2", Changed: at(8), Content: "few"}}
	expect(t, "held", plan(s, g, false), "light  ?")
	if s.Outdated(g) {
		t.Error("the file that is offered is outdated")
	}
	s.Held.Confirmed = true
	expect(t, "confirmed", plan(s, g, false), "full f2", "light  ?")

	s.Held.Confirmed = false
	g.Full = pointer(part(iof.Full, "f3", 10))
	if expect(t, "a newer one", plan(s, g, false), "full f3", "light  ?"); !s.Outdated(g) {
		t.Error("the file that is not offered any more is held on")
	}
	g.Full = pointer(part(iof.Full, "", 0))
	expect(t, "the gateway does not say", plan(s, g, false), "full  ?", "light  ?")

	held := s.Clone()
	held.Held = &feed.Held{Kind: iof.FullChange, Known: feed.Known{Hash: "c8", Changed: at(8), Content: "few"}}
	g = official()
	g.Lists, g.Changes = nil, []iof.Part{part(iof.FullChange, "c75", 7), part(iof.FullChange, "c8", 8), part(iof.FullChange, "c9", 9)}
	expect(t, "a change is held", plan(held, g, false), "light  ?")
	held.Held.Confirmed = true
	expect(t, "it is confirmed", plan(held, g, false), "full_change c8", "full_change c9", "light  ?")
	g.Changes = g.Changes[2:]
	if !held.Outdated(g) {
		t.Error("a change that is not listed any more is held on")
	}
	local := s.Clone()
	local.Held = &feed.Held{Kind: iof.Full, Local: true, Known: feed.Known{Hash: "f9", Content: "few"}}
	g = official()
	g.Lists = nil
	if expect(t, "a file of the operator's", plan(local, g, false), "light  ?"); local.Outdated(g) {
		t.Error("a file that the feed never had is outdated")
	}
}

// Whatever a wholesaler lists, and whatever fails: a newer full file is never
// passed over, changes are applied in ascending order, each after the full file,
// and what went well leaves nothing to do.
func FuzzPlan(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"))
	f.Add([]byte("full, change, change, sync, gone, sync, sync, light, sync"))
	f.Add([]byte{0, 9, 1, 9, 1, 3, 9, 4, 9, 5, 9, 6, 9, 7, 1, 8, 9})
	f.Add(bytes.Repeat([]byte{2}, 150)) // more changes than the step that this test let fail at last, by mistake
	f.Fuzz(func(t *testing.T, ops []byte) {
		s, g := &feed.State{}, &iof.Gateway{}
		hour, made := 0, 0
		for _, op := range ops[:min(len(ops), 200)] {
			made++
			hash := fmt.Sprint("h", made)
			switch op % 10 {
			case 0:
				hour++
				g.Full = pointer(part(iof.Full, hash, hour))
			case 1, 2:
				hour += int(op>>4) % 2
				g.Changes = append(g.Changes, part(iof.FullChange, hash, hour))
			case 3:
				if len(g.Changes) > 0 {
					g.Changes = g.Changes[1:]
				}
			case 4:
				g.Light = pointer(part(iof.Light, []string{"", hash}[op>>7], int(op>>4)))
			case 5:
				g.Lists = []iof.Part{part(iof.Kind([]string{"sizes", "units", "nonsense", "preset"}[op>>6]), hash, int(op>>4))}
			case 6:
				if g.Full != nil {
					g.Full.Hash, g.Full.Changed = "", time.Time{}
				}
			case 7:
				s.Held = &feed.Held{Kind: iof.Full, Known: feed.Known{Hash: hash, Content: hash}, Confirmed: op>>7 == 1}
				if g.Full != nil && op>>6&1 == 1 {
					s.Held.Hash, s.Held.Changed = g.Full.Hash, g.Full.Changed
				}
			case 8:
				if steps := s.Changes(g); len(steps) > 0 {
					s.Blocked(steps[0])
				}
			case 9:
				run(t, s, g, int(op>>4))
			}
		}
		s.Held = nil
		run(t, s, g, never)
		for _, step := range s.Lists(g, false) {
			if !step.Ask {
				t.Errorf("%s is wanted again", step.Kind)
			}
		}
		if step, due := s.Full(g, false); due && !step.Ask {
			t.Error("the full file is wanted again")
		}
		if left := s.Changes(g); len(left) != 0 {
			t.Errorf("%d changes are wanted again", len(left))
		}
		if step, due := s.Light(g, false); due && !step.Ask {
			t.Error("the light file is wanted again")
		}
	})
}

// never is the number of a step that no plan of these tests has.
const never = 1 << 20

// run goes through a plan; the step with the number fails.
func run(t *testing.T, s *feed.State, g *iof.Gateway, fails int) {
	step := 0
	do := func(next feed.Step, base time.Time) bool {
		if step++; step == fails {
			return false
		}
		s.Imported(next, feed.Known{Hash: next.Part.Hash, Changed: next.Part.Changed, Content: next.Part.Hash + "!"}, base)
		return true
	}
	if s.Outdated(g) {
		s.Held = nil
	}
	for _, next := range s.Lists(g, false) {
		do(next, time.Time{})
	}
	next, due := s.Full(g, false)
	last := s.Files[iof.Full]
	if g.Full != nil && g.Full.Hash != "" && g.Full.Hash != last.Hash && !due && (s.Held == nil || s.Held.Hash != g.Full.Hash) {
		t.Fatalf("a newer full file is passed over: %+v", s)
	}
	if due {
		do(next, at(1))
	}
	full, before := s.Files[iof.Full].Changed, s.Applied
	for _, change := range s.Changes(g) {
		if change.Part.Changed.Before(before) || !change.Part.Changed.After(full) {
			t.Fatalf("the change of %v comes after that of %v, with a full file of %v", change.Part.Changed, before, full)
		}
		before = change.Part.Changed
		if !do(change, time.Time{}) {
			break
		}
	}
	if light, due := s.Light(g, false); due {
		do(light, time.Time{})
	}
}
