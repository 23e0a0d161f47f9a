package index_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"octobridge/bridge/catalog/index"
)

// The queries of the official list find what they must, and nothing that they
// must not. The titles of the list are the whole offer.
func TestSampleQueries(t *testing.T) {
	folder := os.Getenv("OCTOTEST_SEARCH_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_SEARCH_SAMPLES is not set: it is the folder with pl.tsv")
	}
	body, err := os.ReadFile(filepath.Join(folder, "pl.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	var lines [][]string
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "\t")
		lines = append(lines, parts)
		for _, title := range parts[1:] {
			if !slices.Contains(titles, title) {
				titles = append(titles, title)
			}
		}
	}
	b := index.NewBuilder(index.Options{Languages: []string{"pol"}})
	for i, title := range titles {
		b.Add(&index.Document{ID: int64(i), Names: index.Names{"pol": title}})
	}
	x := b.Build()

	found := 0
	for _, line := range lines {
		result := x.Search(&index.Query{Text: line[0], Language: "pol", Limit: 100})
		has := func(title string) bool {
			return slices.ContainsFunc(result.Hits, func(h index.Hit) bool { return titles[h.ID] == title })
		}
		if has(line[1]) {
			found++
		} else {
			t.Logf("%q does not find %q", line[0], line[1])
		}
		if len(line) > 2 && has(line[2]) {
			t.Errorf("%q finds %q, which it must not", line[0], line[2])
		}
	}
	t.Logf("%d of %d queries find what they must", found, len(lines))
	if found*100 < len(lines)*95 {
		t.Errorf("%d of %d queries find what they must, want 95 %%", found, len(lines))
	}
}
