package sandbox

import (
	"slices"
	"time"
)

// Note is what another system, beside the shop's pages, tells the agent of a
// visitor. oct8ne's own servers take no such thing: the real agent sees what the
// adapter answers, and no more.
type Note struct {
	Source string    `json:"source"` // the system, such as "ONe"
	What   string    `json:"what"`   // login, return, cart, offer
	Text   string    `json:"text"`   // which one: an offer's number; may be empty
	Lines  []string  `json:"lines"`  // what is in it, for people; may be empty
	At     time.Time `json:"at"`     // when it came here; Note fills it in
}

// numberedNote is a note with its visitor, and its place among all updates and
// notes that ever came.
type numberedNote struct {
	Note
	visitor string
	number  uint64
}

const (
	maxNotes     = 1_000 // that are kept, the newest
	maxNoteLines = 50    // that are shown of one
)

// Note shows the agent a note about the visitor with this value of the cookie
// oct8ne-visitor. It never waits.
func (s *Server) Note(visitor string, note Note) {
	note.At = s.options.Now().UTC()
	note.Lines = slices.Clone(note.Lines[:min(len(note.Lines), maxNoteLines)])
	if note.Lines == nil {
		note.Lines = []string{}
	}
	s.mu.Lock()
	s.last++
	s.notes = append(s.notes, numberedNote{note, visitor, s.last})
	if len(s.notes) > maxNotes {
		s.notes = slices.Clone(s.notes[len(s.notes)-maxNotes:])
	}
	s.wake()
	s.mu.Unlock()
}

// notesSince returns a visitor's notes after a number; s.mu is held.
func (s *Server) notesSince(visitor string, after uint64) []Note {
	found := []Note{}
	for _, note := range slices.Backward(s.notes) {
		if note.number <= after {
			break
		}
		if note.visitor == visitor {
			found = append(found, note.Note)
		}
	}
	slices.Reverse(found)
	return found
}
