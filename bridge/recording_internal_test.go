package bridge

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/config"
	"octobridge/idosell"
	idosellrecord "octobridge/idosell/record"
)

// Every secret of a configuration is told to a recording, from whatever section. A
// sample of the table would not notice a section that is added.
func TestRecordingKnowsEverySecret(t *testing.T) {
	loaded, err := config.Load(config.Options{Environ: []string{
		"OCTOBRIDGE_PUBLIC_URL=https://shop.example", "OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail",
		"OCTOBRIDGE_IDOSELL__URL=https://wholesaler.example", "OCTOBRIDGE_IDOSELL__LOGIN=planted-login",
		"OCTOBRIDGE_IDOSELL__PASSWORD=password", "OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=planted-key",
		"OCTOBRIDGE_DATABASE=postgres://o:planted-database@db.example/o", "OCTOBRIDGE_FEED__URL=https://wholesaler.example/feed?token=planted-feed",
		"OCTOBRIDGE_OCT8NE__API_TOKEN=planted-token-0123456789", "OCTOBRIDGE_OPERATOR__TOKEN=planted-operator-token-0123456789",
	}, Scope: config.Serve})
	if err != nil {
		t.Fatal(err)
	}
	known := recordingSecrets(&loaded.Config)
	for _, planted := range []string{"planted-login", "password", "planted-key", "planted-database", "planted-feed", "planted-token", "planted-operator",
		"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"} { // SHA-1 of "password", by sha1sum
		if !slices.ContainsFunc(known, func(text string) bool { return strings.Contains(text, planted) }) {
			t.Errorf("%q is not known to a recording", planted)
		}
	}
	secrets := 0
	for _, setting := range loaded.Show() {
		if setting.Value == "[redacted]" {
			secrets++
		}
	}
	if secrets != 6 || len(known) != secrets+2 { // with the login and the digest
		t.Errorf("a recording knows %d texts; the configuration shows %d secrets", len(known), secrets)
	}
}

// What a replay lacks is told once, however often it is asked for.
func TestReplayTellsOnce(t *testing.T) {
	dir := t.TempDir()
	if _, err := NewReplayed(dir, nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "there is no recording in "+dir) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := idosellrecord.Write(dir, 1, &idosellrecord.Exchange{
		Gate: "Orders", Method: "get", Version: 1, At: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Status: 200,
		Request: []byte("<get><params><ordersSerialNumbers><item>7</item></ordersSerialNumbers></params></get>"), Answer: []byte("<answer/>"),
	}); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	transport, err := NewReplayed(dir, nil, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(serial string) error {
		body := "<get><params><ordersSerialNumbers><item>" + serial + "</item></ordersSerialNumbers></params></get>"
		response, err := transport.RoundTrip(httptest.NewRequest("POST", "https://wholesaler.example/customer-api/?gate=Orders/get/1/soap", strings.NewReader(body)))
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}
	if err := ask("7"); err != nil || log.Len() > 0 {
		t.Errorf("what was recorded: %v, %s", err, log.String())
	}
	for range 3 {
		if failure, ok := errors.AsType[*idosell.Error](ask("8")); !ok || failure.Kind != idosell.KindRequest || failure.SendAgain != idosell.SendAgainNo {
			t.Errorf("what was not: %v", failure)
		}
	}
	_ = ask("9")
	if lines := strings.Count(log.String(), "\n"); lines != 2 || strings.Count(log.String(), "<item>8</item>") != 1 || strings.Count(log.String(), "nearest=1") != 2 {
		t.Errorf("%d lines, want one for each of the two:\n%s", lines, log.String())
	}
}
