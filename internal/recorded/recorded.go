// Package recorded keeps what a part of the bridge says while it is tested: its log
// and its alerts. Only tests import it.
package recorded

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Log keeps what is written to it, by several goroutines if need be. The zero value
// is an empty log.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a copy of p; it never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Alerts keeps those that are raised and not over. The zero value has none. Several
// goroutines may use it at once.
type Alerts struct {
	mu   sync.Mutex
	open map[string]string
}

// Raise keeps an alert, in place of one with the same key.
func (a *Alerts) Raise(_ context.Context, key, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = map[string]string{}
	}
	a.open[key] = text
}

// Over drops an alert; one that is not there is none to drop.
func (a *Alerts) Over(_ context.Context, key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, key)
}

// Open returns the texts of all alerts by their keys, as a copy.
func (a *Alerts) Open() map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.open)
}

// Text returns the text of the alert whose key begins so, of several that of the
// first key, and "" where there is none.
func (a *Alerts) Text(prefix string) string {
	open := a.Open()
	for _, key := range slices.Sorted(maps.Keys(open)) {
		if strings.HasPrefix(key, prefix) {
			return open[key]
		}
	}
	return ""
}
