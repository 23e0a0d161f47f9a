package secret_test

import (
	"slices"
	"testing"

	"octobridge/internal/secret"
)

func TestScrubber(t *testing.T) {
	for _, test := range []struct {
		name     string
		shortest int
		secrets  []string
		text     string
		want     string
	}{
		{"none", 4, nil, "token 12345678", "token 12345678"},
		{"each time", 4, []string{"hunter2"}, "hunter2, and hunter2", "[redacted], and [redacted]"},
		{"the shorter one first", 4, []string{"abcd", "abcdefgh"}, "abcd abcdefgh abcdef", "[redacted] [redacted] [redacted]ef"},
		{"the longer one first", 4, []string{"abcdefgh", "abcd"}, "abcd abcdefgh abcdef", "[redacted] [redacted] [redacted]ef"},
		{"twice", 4, []string{"abcd", "efgh", "abcd"}, "abcdefgh", "[redacted][redacted]"},
		{"too short", 4, []string{"abc", "", "abcd"}, "abc abcd", "abc [redacted]"},
		{"nothing is no secret", 0, []string{"", "a"}, "abc", "[redacted]bc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			given := slices.Clone(test.secrets)
			if got := secret.Scrubber(test.shortest, given).Replace(test.text); got != test.want {
				t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
			}
			if !slices.Equal(given, test.secrets) {
				t.Errorf("the caller's secrets became %q", given)
			}
		})
	}
}
