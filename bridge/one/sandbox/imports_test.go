package sandbox_test

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The sandbox shares no code with the client of the integration API or with the
// receiver of events: it imports Fiber, the standard library, and of this module
// what is under internal alone.
func TestSharesNoCode(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			standard := first != "octobridge" && !strings.Contains(first, ".")
			if !standard && path != "github.com/gofiber/fiber/v2" && !strings.HasPrefix(path, "octobridge/internal/") {
				t.Errorf("%s imports %s", entry.Name(), path)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d files were looked at", seen)
	}
}
