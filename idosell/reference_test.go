package idosell_test

import (
	"strings"
	"testing"

	"octobridge/idosell"
)

func TestReferenceInANote(t *testing.T) {
	note, err := idosell.NoteWithReference("SH-1001", "Proszę zadzwonić")
	if err != nil || note != "[ref:SH-1001] Proszę zadzwonić" {
		t.Fatalf("%q, %v", note, err)
	}
	for note, want := range map[string][2]string{
		note:                          {"SH-1001", "Proszę zadzwonić"},
		"x [ref: 77/2026 ] y":         {"77/2026", "x   y"},
		"[ref:A] [ref:B]":             {"A", ""},
		"[ref:]":                      {"", "[ref:]"},
		"no reference":                {"", "no reference"},
		"[ref:a\nb]":                  {"", "[ref:a\nb]"},
		"[ref:" + long(101) + "]":     {"", "[ref:" + long(101) + "]"},
		"[ref:" + long(100) + "] end": {long(100), "end"},
	} {
		if reference, rest := idosell.SplitNote(note); reference != want[0] || rest != want[1] {
			t.Errorf("%q is split into %q and %q, want %q", note, reference, rest, want)
		}
	}
	for _, reference := range []string{"", " ", "a]", "[a", "a\nb", " a", long(101)} {
		if note, err := idosell.NoteWithReference(reference, ""); err == nil {
			t.Errorf("reference %q gives the note %q", reference, note)
		}
	}
}

func long(n int) string { return strings.Repeat("ż", n) }
