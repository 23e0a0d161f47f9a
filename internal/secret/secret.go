// Package secret has a string that does not print itself: passwords, keys and
// tokens stay out of logs, errors, metrics and fixtures because every usual way
// of turning a value into text gives "[redacted]". Its Scrubber takes such texts out
// of what others wrote.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a secret prints as.
const Redacted = "[redacted]"

// String holds a secret. The zero value is the empty secret. The text is kept
// behind a pointer, so that even fmt's walk over the unexported fields of a
// struct around it shows an address and not the text.
type String struct{ text *string }

// New returns text as a secret.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{text: &text}
}

// Reveal returns the text. Call it only where the secret leaves for its
// destination: a header, a request body, a hash.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty says whether there is no secret at all.
func (s String) Empty() bool { return s.text == nil }

// Equal compares two secrets in a time that does not depend on where they
// differ. Two empty secrets are not equal: nothing is never a proof.
func (s String) Equal(other String) bool {
	if s.Empty() || other.Empty() {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

func (s String) shown() string {
	if s.Empty() {
		return ""
	}
	return Redacted
}

// String returns "[redacted]", or "" for the empty secret.
func (s String) String() string { return s.shown() }

// Format prints "[redacted]" for every verb and flag.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown()) }

// LogValue keeps the text out of log/slog.
func (s String) LogValue() slog.Value { return slog.StringValue(s.shown()) }

// MarshalText keeps the text out of JSON, YAML and everything else that asks
// for a textual form.
func (s String) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

// UnmarshalText reads a secret, so that a configuration can be decoded into it.
func (s *String) UnmarshalText(text []byte) error {
	*s = New(string(text))
	return nil
}
