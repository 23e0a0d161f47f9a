package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"octobridge/bridge"
	onesandbox "octobridge/bridge/one/sandbox"
)

// What ONe sent is listed, shown and worked again, and nobody sees a body unasked.
func TestOneEventsOfTheRunningService(t *testing.T) {
	s := sell(t)
	service, environ := s.listen(t)
	if code, out, errOut := asks(t, environ, "events", "list"); code != exitNo || out != "" || !strings.Contains(errOut, "0 new, 0 done, 0 recorded, 0 failed") {
		t.Errorf("none: exit code %d: %s%s", code, out, errOut)
	}
	for _, sent := range []struct {
		event onesandbox.Event
		shape onesandbox.Shape
	}{
		{onesandbox.Event{Kind: onesandbox.ClientLogged, Customer: "org:9001"}, onesandbox.UnknownToo},
		{onesandbox.Event{Kind: onesandbox.CartOpened, Customer: "org:9001", Cart: "7701"}, onesandbox.Snake},
		{onesandbox.Event{Kind: onesandbox.OfferOpened, Customer: "org:9001", Offer: "O/no-such"}, onesandbox.FlatTexts},
		{onesandbox.Event{Kind: onesandbox.CartOpened, Customer: "ind:77"}, onesandbox.Garbage},
	} {
		if status, err := s.one.Send(t.Context(), sent.event, sent.shape); status != 204 || err != nil {
			t.Fatalf("%+v: answered %d, %v", sent, status, err)
		}
		worked(t, service)
	}

	for _, c := range []struct {
		args []string
		code int
		want []string // in the order of the lines
		not  string
	}{
		{[]string{"list"}, exitOK, []string{"4", "unreadable", "failed", "O/no-such", "done", "7701", "client-logged", "In all: 0 new, 2 done, 1 recorded, 1 failed."}, "@"},
		{[]string{"list", "--kind", "cart-opened", "--customer", "9001"}, exitOK, []string{"7701"}, "client-logged"},
		{[]string{"list", "--customer", "ORG:9001", "--limit", "1"}, exitOK, []string{"offer-opened"}, "cart-opened"},
		{[]string{"list", "--flagged"}, exitOK, []string{"unreadable"}, "7701"},
		{[]string{"list", "--state", "failed"}, exitOK, []string{"O/no-such"}, "7701"},
		{[]string{"list", "--customer", "org:1"}, exitNo, nil, ""},
		{[]string{"list", "--state", "lost"}, exitUsage, nil, ""},
		{[]string{"list", "--kind", "cart"}, exitUsage, nil, ""},
		{[]string{"list", "--limit", "1001"}, exitUsage, nil, ""},
		{[]string{"list", "--limit", "0"}, exitUsage, nil, ""},
		{[]string{"show", "1"}, exitOK, []string{"Event", "1 client-logged", "Received", "Customer", "State", "done", "Meaning", "a login", "Outcome", "Unknown fields"}, "@"},
		{[]string{"show", "1", "--body"}, exitOK, []string{"@"}, "\x1b"},
		{[]string{"show", "4", "--body"}, exitOK, []string{"Flagged", "unreadable: it can be read neither", "base64"}, "\x00"},
		{[]string{"show", "99"}, exitNo, nil, ""},
		{[]string{"show", "first"}, exitUsage, nil, ""},
		{[]string{"show"}, exitUsage, nil, ""},
		{[]string{"replay", "1"}, exitOK, []string{"1 event is worked again."}, ""},
		{[]string{"replay", "4"}, exitNo, nil, ""},
		{[]string{"replay", "99"}, exitNo, nil, ""},
		{[]string{"replay", "0"}, exitUsage, nil, ""},
		{[]string{"replay"}, exitUsage, nil, ""},
		{[]string{"replay", "1", "--failed"}, exitUsage, nil, ""},
		{[]string{"replay", "--failed"}, exitOK, []string{"1 event is worked again."}, ""},
	} {
		code, out, errOut := asks(t, environ, append([]string{"events"}, c.args...)...)
		if code != c.code || (errOut == "") != (code == exitOK) || (out == "") == (code == exitOK) {
			t.Errorf("events %q: exit code %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
		rest := strings.Join(strings.Fields(out), " ")
		for _, want := range c.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Errorf("events %q: %q is missing, or not where it belongs:\n%s", c.args, want, out)
				break
			}
			rest = after
		}
		if c.not != "" && strings.Contains(out, c.not) {
			t.Errorf("events %q: %q is shown:\n%s", c.args, c.not, out)
		}
		worked(t, service)
	}
	_, out, _ := asks(t, environ, "events", "list", "--json")
	var document bridge.OneEvents
	if err := json.Unmarshal([]byte(out), &document); err != nil || len(document.Events) != 4 || document.Events[3].Attempts < 1 || document.Counts["failed"] != 1 || document.Events[0].Body != "" {
		t.Errorf("%v: %s", err, out)
	}
	code, out, _ := asks(t, environ, "events", "show", "1", "--json")
	if code != exitOK || !json.Valid([]byte(out)) || strings.Contains(out, `"body"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// Failed events are replayed once what was in their way is gone.
func TestOneEventsAreReplayed(t *testing.T) {
	s := sell(t)
	service, environ := s.listen(t)
	s.one.Fail(onesandbox.GetOffer, onesandbox.Trouble{Status: 404})
	for i := range 3 {
		offer := onesandbox.Event{Kind: onesandbox.OfferOpened, Customer: fmt.Sprint("org:", i), Offer: onesandbox.DemoOffer}
		if status, err := s.one.Send(t.Context(), offer, onesandbox.Payload); status != 204 || err != nil {
			t.Fatalf("answered %d, %v", status, err)
		}
	}
	worked(t, service)
	s.one.Mend()
	code, out, errOut := asks(t, environ, "events", "replay", "--failed", "--json")
	if code != exitOK || !strings.Contains(out, `"replayed": 3`) || !strings.Contains(out, `"more": false`) {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	worked(t, service)
	if code, out, errOut := asks(t, environ, "events", "list", "--state", "done"); code != exitOK || !strings.Contains(out, "In all: 0 new, 3 done, 0 recorded, 0 failed.") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	if code, out, _ := asks(t, environ, "events", "replay", "--failed"); code != exitOK || out != "0 events are worked again.\n" {
		t.Errorf("nothing failed: exit code %d: %s", code, out)
	}
}

// A body is a stranger's: on a terminal it stays text, whatever it holds.
func TestOneEventBodyOnATerminal(t *testing.T) {
	for body, want := range map[string]string{
		"":                                  "(empty)",
		`{"clientId":"9001","a":[1]}`:       "{\n  \"clientId\": \"9001\",\n  \"a\": [\n    1\n  ]\n}",
		"clientId=1\x1b[2J\r\n\tnext\u202e": "clientId=1 [2J\nnext",
		"{\"a\":\"\\u001b[2J \u202e\"}":     "{\n  \"a\": \"\\u001b[2J \"\n}",
	} {
		if got := bodyText(bridge.OneEvent{Body: body, BodyEncoding: "utf-8"}); got != want {
			t.Errorf("%q is shown as %q, want %q", body, got, want)
		}
	}
}

// FuzzOneEventBody: whatever ONe, or somebody in its place, sends, showing it writes
// lines of text and nothing that a terminal obeys.
func FuzzOneEventBody(f *testing.F) {
	for _, body := range []string{"", `{"clientId":"org:9001"}`, "\x1b[2J", "a\r\nb\tc", "\u202etxt", `[{"a":"\u001b"}]`, "\x9b31m", strings.Repeat("[", 200)} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) {
			return // those travel as base64
		}
		for line := range strings.SplitSeq(bodyText(bridge.OneEvent{Body: body, BodyEncoding: "utf-8"}), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || slices.Contains(turning, r) }) {
				t.Fatalf("%q is shown as %q", body, line)
			}
		}
	})
}
