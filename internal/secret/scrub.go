package secret

import (
	"slices"
	"strings"
)

// Scrubber returns what replaces each of the secrets in a text by Redacted. Those
// shorter than so many bytes are left out: they are no secrets, and stand in every
// other word. Several goroutines may use it at once.
func Scrubber(shortest int, secrets []string) *strings.Replacer {
	known := slices.DeleteFunc(slices.Clone(secrets), func(text string) bool { return len(text) < max(shortest, 1) })
	// The longest first: of two that begin alike, the Replacer takes the first.
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range slices.Compact(known) {
		pairs = append(pairs, text, Redacted)
	}
	return strings.NewReplacer(pairs...)
}
