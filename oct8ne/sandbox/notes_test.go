package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"octobridge/internal/browser"
	"octobridge/oct8ne/sandbox"
)

// A note comes to its own visitor's panel alone, in its place among the updates,
// and is no update.
func TestNotes(t *testing.T) {
	s, address := start(t, options())
	events := func(query string) (answer struct {
		After   uint64
		Updates []struct{ What string }
		Notes   []sandbox.Note
	}) {
		t.Helper()
		got := ask(t, t.Context(), http.MethodGet, address+"/_oct8ne/events?"+query, "")
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 || answer.Notes == nil || answer.Updates == nil {
			t.Fatalf("%s: %d %s", query, got.status, got.body)
		}
		return answer
	}
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = strconv.Itoa(i)
	}
	s.Note("anna", sandbox.Note{Source: "ONe", What: "login"})
	s.Note("ben", sandbox.Note{Source: "ONe", What: "cart", Text: "7"})
	ask(t, t.Context(), http.MethodPost, address+"/platformConnection/update?visitor=anna&what=user", "")
	s.Note("anna", sandbox.Note{Source: "ONe", What: "offer", Text: "O/1", Lines: lines})
	lines[0] = "changed by its owner"
	got := events("visitor=anna&after=1")
	if got.After != 4 || len(got.Updates) != 1 || len(got.Notes) != 1 || got.Notes[0].Text != "O/1" || len(got.Notes[0].Lines) != 50 || got.Notes[0].Lines[0] != "0" || got.Notes[0].At.IsZero() {
		t.Errorf("after 1: %+v", got)
	}
	if got := events("visitor=anna&after=0&wait=0"); len(got.Notes) != 2 || got.Notes[0].What != "login" || got.Notes[1].What != "offer" {
		t.Errorf("all: %+v", got.Notes)
	}
	if updates := s.Updates(); len(updates) != 1 {
		t.Errorf("%d updates, want the one that is none of the notes", len(updates))
	}
	for range 1_100 {
		s.Note("ben", sandbox.Note{Source: "ONe", What: "cart"})
	}
	if got := events("visitor=anna&after=0&wait=0"); len(got.Notes) != 0 {
		t.Errorf("%d notes are kept for ever", len(got.Notes))
	}
}

// The agent sees what another system told, over pages and until the chat ends; as
// text, whatever it is.
func TestPanelShowsNotes(t *testing.T) {
	b := browser.Open(t)
	s, server := openShop(t)
	visit(t, b, s.address+"/")
	b.Press("open")
	b.Until("the chat is on", "root().querySelector('.connection.live')")
	visitor := browser.See[string](b, "document.cookie.match(/oct8ne-visitor=([0-9a-f]+)/)[1]")
	server.Note(visitor, sandbox.Note{Source: "ONe", What: "login"})
	b.Until("the login is shown", "hooks('external-note').length === 1 && hook('external-note').dataset.what === 'login'")
	server.Note(visitor, sandbox.Note{Source: "ONe", What: "offer", Text: "O/36/11/2026", Lines: []string{"YDYp 3x1,5: 100 m", "  Bęben 500: 1 szt.", "<img src=x onerror=window.broken=1>"}})
	b.Until("the offer is above it", "hooks('external-note').length === 2 && hook('external-note').innerText.includes('O/36/11/2026') && hook('external-note').innerText.includes('<img src=x')")
	b.Until("it is written down", "root().querySelector('[data-octo=log] li').dataset.kind === 'note'")
	b.Keep("panel-notes")
	for range 3 {
		server.Note(visitor, sandbox.Note{Source: "ONe", What: "something new"})
	}
	b.Until("the newest are kept", "hooks('external-note').length === 3 && hooks('external-note').every((note) => note.dataset.what === 'something new')")
	visit(t, b, s.address+"/")
	b.Until("the next page knows them", "hooks('external-note').length === 3")
	if browser.See[bool](b, "window.broken === 1") {
		t.Error("a note's text was run")
	}
	b.Press("close")
	b.Press("open")
	b.Until("a new chat has none", "hook('customer-name') && !hook('external-note')")
	b.Quiet("notes")
}
