package record

import (
	"strings"
	"sync"

	"octobridge/idosell"
)

// In a recorded request stand-ins stand in the place of personal texts, so that a
// request that names a person can never be the recorded one to the letter. Here it
// is said which texts these are: those that the Redactor would replace, by the same
// names (redact_names.go).

// mask says what a text is in a comparison.
type mask uint8

const (
	maskNothing  mask = iota
	maskKey           // never compared
	maskPersonal      // a recording has a stand-in for it
	maskOrderID       // a recording has a stand-in for the login in front of its number
)

// nameBook knows the names of a gate table. Goroutines share it.
type nameBook struct {
	mu    sync.Mutex
	words *vocabulary // keeps what it was asked, so it needs the lock
}

func newNameBook(gates *idosell.GateTable) *nameBook {
	return &nameBook{words: newVocabulary(gates)}
}

// maskOf decides by a name, the name of the element around it, both in plain form,
// and for names that nobody knows by the text.
func (b *nameBook) maskOf(around, name, text string) mask {
	b.mu.Lock()
	class := b.words.class(around, name)
	b.mu.Unlock()
	switch {
	case text == "":
		return maskNothing
	case class.kind == kindOrderID:
		return maskOrderID
	case class.fate == fatePersonal && (class.kind == kindKey || class.kind == kindLogin):
		return maskKey
	case class.fate == fatePersonal, strings.Contains(text, "@"):
		return maskPersonal
	case class.fate == fateUnknown && !isHarmlessForm(text):
		return maskPersonal
	}
	return maskNothing
}

// withoutLogin is an order's id, "login-12", without its login.
func withoutLogin(id string) string {
	if at := strings.LastIndexByte(id, '-'); at > 0 {
		return "[login]" + id[at:]
	}
	return id
}
