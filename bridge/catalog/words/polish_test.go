package words_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge/catalog/words"
)

// table reads the fields of a tab-separated file whose comments begin with "#".
func table(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows [][]string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := strings.TrimRight(lines.Text(), "\r"); line != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

func polish(word string) string { return words.Stem("pol", words.Fold(word)) }

func TestPolishFormsHaveOneStem(t *testing.T) {
	pairs := 0
	for _, forms := range table(t, filepath.Join("testdata", "polish_same.tsv")) {
		for _, form := range forms[1:] {
			pairs++
			if a, b := polish(forms[0]), polish(form); a != b {
				t.Errorf("%s is %q, %s is %q", forms[0], a, form, b)
			}
		}
	}
	if pairs < 400 {
		t.Errorf("only %d pairs", pairs)
	}
}

func TestPolishWordsAreNotMixed(t *testing.T) {
	rows := table(t, filepath.Join("testdata", "polish_other.tsv"))
	for _, row := range rows {
		if a, b := polish(row[0]), polish(row[1]); a == b {
			t.Errorf("%s and %s are both %q", row[0], row[1], a)
		}
	}
	if len(rows) < 100 {
		t.Errorf("only %d pairs", len(rows))
	}
}

// The families are apart from each other, too, but for those that folding alone
// makes alike.
func TestPolishFamiliesAreApart(t *testing.T) {
	of := map[string]string{}
	for _, forms := range table(t, filepath.Join("testdata", "polish_same.tsv")) {
		stem := polish(forms[0])
		if other, ok := of[stem]; ok {
			t.Errorf("%s and %s are both %q", other, forms[0], stem)
		}
		of[stem] = forms[0]
	}
}
