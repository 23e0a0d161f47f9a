package config

import (
	"maps"
	"slices"
	"strings"
)

// nearest returns the known key that an unknown one most resembles: by spelling,
// and for a key without its section by the part behind the dot.
func nearest(unknown string) string {
	return closest(strings.ToLower(unknown), slices.Sorted(maps.Keys(rows)), func(path string) []string {
		_, last, _ := strings.Cut(path, ".")
		if last == "" || strings.Contains(unknown, ".") {
			return []string{path}
		}
		return []string{path, last}
	})
}

// closest returns the candidate with the smallest distance of any of its names.
func closest(text string, candidates []string, names func(string) []string) string {
	best, bestDistance := "", -1
	for _, candidate := range candidates {
		for _, name := range names(candidate) {
			if d := Distance(text, name); bestDistance < 0 || d < bestDistance {
				best, bestDistance = candidate, d
			}
		}
	}
	return best
}

// Distance is the number of letters to change, add or take out (Levenshtein).
// Only the first 64 bytes of a text count: no key is longer.
func Distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
