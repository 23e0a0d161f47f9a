package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"octobridge/internal/secret"
)

const text = "hunter2-żółw"

func TestNothingPrintsTheSecret(t *testing.T) {
	s := secret.New(text)
	type outer struct {
		Open   secret.String
		hidden secret.String
		Ptr    *secret.String
	}
	o := outer{Open: s, hidden: s, Ptr: &s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", o)
		fmt.Fprintf(&out, verb+"\n", &o)
		fmt.Fprintf(&out, verb+"\n", map[string]any{"a": s, "b": []secret.String{s}})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "s", s, "o", o, "p", &s)
	}
	if err := json.NewEncoder(&out).Encode(o); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, fmt.Errorf("login with %v failed", s))
	for _, leak := range []string{text, fmt.Sprintf("%x", text), "hunter2"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the secret is in the output:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), secret.Redacted) {
		t.Error("nothing says that something was left out")
	}
}

func TestEqual(t *testing.T) {
	a, b, empty := secret.New("a"), secret.New("b"), secret.String{}
	if !a.Equal(secret.New("a")) || a.Equal(b) || a.Equal(empty) || empty.Equal(empty) {
		t.Error("Equal: only two non-empty secrets with the same text are equal")
	}
	var read secret.String
	if err := json.Unmarshal([]byte(`"a"`), &read); err != nil || !read.Equal(a) {
		t.Errorf("a secret is not read from text: %v", err)
	}
}
