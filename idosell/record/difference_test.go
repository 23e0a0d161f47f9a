package record_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"octobridge/idosell/record"
)

func TestDifference(t *testing.T) {
	before := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n"
	after := "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nn\no\n"
	want := `--- before
+++ after
@@ -1,5 +1,5 @@
 a
-b
+B
 c
 d
 e
@@ -10,5 +10,5 @@
 j
 k
 l
-m
 n
+o
`
	if got := record.Difference(before, after); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Six lines between two changes are the lines around both: one piece.
	if got := record.Difference("1\na\nb\nc\nd\ne\nf\n2\n", "a\nb\nc\nd\ne\nf\n"); got != "--- before\n+++ after\n@@ -1,8 +1,6 @@\n-1\n a\n b\n c\n d\n e\n f\n-2\n" {
		t.Errorf("got\n%s", got)
	}
	if got := record.Difference("1\na\nb\nc\nd\ne\nf\ng\n2\n", "a\nb\nc\nd\ne\nf\ng\n"); strings.Count(got, "\n@@ ") != 2 {
		t.Errorf("seven lines between two changes are two pieces:\n%s", got)
	}
	if got := record.Difference(before, before); got != "" {
		t.Errorf("equal texts differ:\n%s", got)
	}
	if got, want := record.Difference("", "a\n"), "--- before\n+++ after\n@@ -0,0 +1 @@\n+a\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongDifferenceIsCut(t *testing.T) {
	var before, after strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&before, "b%d %s\n", i, strings.Repeat("ż", 300))
		fmt.Fprintf(&after, "a%d %s\n", i, strings.Repeat("ż", 300))
	}
	got := record.Difference(before.String(), after.String())
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 60 {
		t.Errorf("%d lines, want 60", len(lines))
	}
	// 2 headings and the place of the change, then 3000 lines twice: 59 are shown.
	if last := lines[len(lines)-1]; last != "… and 5944 more lines" {
		t.Errorf("the last line is %q", last)
	}
	for _, line := range lines {
		if len([]rune(line)) > 202 {
			t.Errorf("a line of %d characters", len([]rune(line)))
		}
	}
}

var hunkHeading = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$`)

// patched applies a difference to lines, as patch does: strictly.
func patched(t *testing.T, before []string, text string) []string {
	t.Helper()
	var out []string
	taken := 0
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 {
		return before
	}
	for _, line := range lines[2:] {
		if place := hunkHeading.FindStringSubmatch(line); place != nil {
			start, _ := strconv.Atoi(place[1])
			if place[2] != "0" {
				start--
			}
			newStart, _ := strconv.Atoi(place[3])
			if place[4] != "0" {
				newStart--
			}
			out = append(out, before[taken:start]...)
			taken = start
			if len(out) != newStart {
				t.Fatalf("%s: the new lines begin at %d", line, len(out)+1)
			}
			continue
		}
		if line[0] != '+' {
			if before[taken] != line[1:] {
				t.Fatalf("line %d is %q, the difference says %q", taken+1, before[taken], line[1:])
			}
			taken++
		}
		if line[0] != '-' {
			out = append(out, line[1:])
		}
	}
	return append(out, before[taken:]...)
}

// FuzzDifference checks that a difference makes one text of the other, and that no
// shorter one does.
func FuzzDifference(f *testing.F) {
	f.Add("abcdefghijklmnop", "abcxefghijklmmop")
	f.Add("", "ab")
	f.Add("ab", "")
	f.Add("aaaaaaaaab", "baaaaaaaaa")
	f.Add("abababab", "babababa")
	f.Fuzz(func(t *testing.T, before, after string) {
		// Each letter is a line; few different ones, so that there are equal ones.
		letters := func(text string) []string {
			var out []string
			for i := range min(len(text), 24) {
				out = append(out, string('a'+rune(text[i]%4)))
			}
			return out
		}
		b, a := letters(before), letters(after)
		text := func(lines []string) string { return strings.Join(append(lines, ""), "\n") }
		got := record.Difference(text(b), text(a))
		if strings.Contains(got, "…") {
			return // cut
		}
		if made := patched(t, b, got); strings.Join(made, "") != strings.Join(a, "") {
			t.Fatalf("%v and\n%s\nmake %v, want %v", b, got, made, a)
		}
		changes := 0
		for _, line := range strings.Split(got, "\n") {
			if line == "-a" || line == "-b" || line == "-c" || line == "-d" || strings.HasPrefix(line, "+") && len(line) == 2 {
				changes++
			}
		}
		if want := fewest(b, a); changes != want {
			t.Fatalf("%d lines change, %d are enough:\n%s", changes, want, got)
		}
	})
}

// fewest is how many lines must go or come, worked out row by row.
func fewest(b, a []string) int {
	row := make([]int, len(a)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(b); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(a); j++ {
			above := row[j]
			if b[i-1] == a[j-1] {
				row[j] = diagonal
			} else {
				row[j] = 1 + min(row[j], row[j-1])
			}
			diagonal = above
		}
	}
	return row[len(a)]
}
