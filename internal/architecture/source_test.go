package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the module's folder, seen from this package.
const root = "../.."

// modulePath is what import paths of this module begin with.
const modulePath = "octobridge/"

// source is one Go file, with its path from the module's folder.
type source struct {
	path string
	tree *ast.File
	fset *token.FileSet
	body []byte
}

// folder is the package's folder, "" for the module's own.
func (s source) folder() string {
	return strings.TrimPrefix(path.Dir(s.path), ".")
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// imports returns the file's imports from this module, as folders.
func (s source) imports() []string {
	var folders []string
	for _, spec := range s.tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err == nil && strings.HasPrefix(imported, modulePath) {
			folders = append(folders, strings.TrimPrefix(imported, modulePath))
		}
	}
	return folders
}

// files lists the files of the module, as slash-separated paths from its folder.
// What git ignores and what begins with a dot is left out, but for .ci.
func files(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && relative != "." && relative != ".ci"
			if hidden || slices.Contains([]string{"artifacts", "bin", "dist"}, relative) {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() {
			found = append(found, relative)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("walking the module: %v", err)
	}
	if !slices.Contains(found, "go.mod") {
		t.Fatalf("no go.mod in %s: this package was moved, so root must change", root)
	}
	return found
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var parsed []source
	fset := token.NewFileSet()
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.ParseFile(fset, name, body, parser.ParseComments)
		if err != nil {
			t.Fatalf("%s does not parse: %v", name, err)
		}
		parsed = append(parsed, source{path: name, tree: tree, fset: fset, body: body})
	}
	return parsed
}
