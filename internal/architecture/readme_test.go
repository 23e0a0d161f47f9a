package architecture_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mapLine is a line of the README's map: a package's folder and what it is for.
var mapLine = regexp.MustCompile("^\\| `([a-z0-9/_]+)/` +\\| (.*[^ ]) +\\|$")

// The README's map has one line for each package with code, and no other.
func TestReadmeMap(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n## Map\n")
	if !found {
		t.Fatal("README.md has no section \"## Map\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")

	named := map[string]bool{}
	for line := range strings.Lines(section) {
		if match := mapLine.FindStringSubmatch(strings.TrimRight(line, "\n")); match != nil {
			if named[match[1]] {
				t.Errorf("the map names %s twice", match[1])
			}
			named[match[1]] = true
		}
	}
	there := map[string]bool{}
	for _, file := range sources(t) {
		if !file.isTest() {
			there[file.folder()] = true
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(there)) {
		if !named[folder] {
			t.Errorf("the README's map lacks %s: add a line with what it is for", folder)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(named)) {
		if !there[folder] {
			t.Errorf("the README's map names %s, which is no package: take the line out", folder)
		}
	}
}

// Every package says in its documentation comment what it is for.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, file := range sources(t) {
		if file.isTest() {
			continue
		}
		if file.tree.Doc != nil {
			documented[file.folder()] = true
		} else if !documented[file.folder()] {
			documented[file.folder()] = false
		}
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("the package in %s has no documentation comment", folder)
		}
	}
}

// markdownLink is a link to another file of the repository.
var markdownLink = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)

// fenced is a block of code, in which brackets are no links.
var fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```")

// Links between the pages lead somewhere.
func TestLinksInPages(t *testing.T) {
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range markdownLink.FindAllSubmatch(fenced.ReplaceAll(body, nil), -1) {
			target := filepath.Join(root, filepath.Dir(filepath.FromSlash(name)), filepath.FromSlash(string(match[1])))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", name, match[1])
			}
		}
	}
}
