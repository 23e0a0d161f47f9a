package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Error is one thing wrong with the configuration. Its text is one sentence:
// the key, where its value came from, what is wrong, and what to do. It never
// holds the value of a secret.
type Error struct {
	Key     string // path such as "idosell.url"; empty when the whole source is meant
	Source  string // "octobridge.yaml:3", "environment OCTOBRIDGE_LISTEN", "flag --listen", "default" or "not set"
	Problem string // continues the sentence that the key begins
	Remedy  string // what to do about it
}

// Error returns the sentence.
func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s %s: %s", e.Source, e.Problem, e.Remedy)
	}
	return fmt.Sprintf("%s (%s) %s: %s", e.Key, e.Source, e.Problem, e.Remedy)
}

// maxReported bounds how many problems one load tells of: a file of another
// program would otherwise bury the first, telling one.
const maxReported = 20

// problems collects everything wrong, in the order found.
type problems struct {
	list []error
	more int
}

// full says whether further problems are only counted.
func (p *problems) full() bool { return len(p.list) == maxReported }

func (p *problems) add(e *Error) {
	if p.full() {
		p.more++
		return
	}
	p.list = append(p.list, e)
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	if p.more > 0 {
		return errors.Join(append(p.list, fmt.Errorf("and %d more problems: mend the ones above first", p.more))...)
	}
	return errors.Join(p.list...)
}

// fault is a problem without its place.
type fault struct{ problem, remedy string }

// shown quotes what somebody wrote, so that a terminal survives it, and keeps
// only as much as it takes to recognise it.
func shown(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// shownKey returns a key as written, quoted only where it would not read as one.
func shownKey(path string) string {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	}
	if path == "" || len(path) > 80 || strings.ContainsFunc(path, odd) {
		return shown(path)
	}
	return path
}
