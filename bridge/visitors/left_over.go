package visitors

import "sync"

// mostLeft bounds the visitors who are still to be told of what was left over.
const mostLeft = 1_000

// leftOvers are lines that a basket could not take over, until the visitor's cart is
// shown: a sign-in and the header of a page ask for the basket first. They are in
// memory only, for the goods themselves are on the wish list.
type leftOvers struct {
	mu    sync.Mutex
	lines map[string][]Line // by ref
}

func (l *leftOvers) note(ref string, lines []Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil || len(l.lines) >= mostLeft {
		l.lines = map[string][]Line{}
	}
	l.lines[ref] = append(l.lines[ref], lines...)
}

// take returns what is to be told, once.
func (l *leftOvers) take(ref string) []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines[ref]
	delete(l.lines, ref)
	return lines
}
