package idoselltest

import (
	"net/http"
	"os"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// Variable is the environment variable that makes Record record, when it is 1:
//
//	OCTOBRIDGE_RECORD=1 go test -run TestOurOrders ./…
const Variable = "OCTOBRIDGE_RECORD"

// Option changes what Record does.
type Option func(*recording)

type recording struct{ always, writes bool }

// Always has Record record whether Variable is set or not.
func Always() Option { return func(r *recording) { r.always = true } }

// AllowWrites lets a recording call gates that change something at the wholesaler's:
// they fill a basket and place orders there, for real. Without it they are refused
// before anything is sent. Use it against a wholesaler's sandbox.
func AllowWrites() Option { return func(r *recording) { r.writes = true } }

// Record returns a client that calls the wholesaler of config and keeps what was
// exchanged in dir, without keys and personal data, if the environment variable
// OCTOBRIDGE_RECORD is 1 or the option Always is given. Else it returns the client of
// Replay: so one test records once, and is answered from dir from then on, also where
// config has no keys and no address, as on a CI server.
//
// Texts of people become stand-ins in the recording, while the recording test itself
// sees what the wholesaler answers: check for forms and ids, not for names.
//
// A folder that holds a recording already fails the test: delete it, to record
// anew. So does a recording that cannot be written. The client is closed when the
// test ends.
func Record(t testing.TB, dir string, config idosell.Config, options ...Option) *idosell.Client {
	t.Helper()
	var how recording
	for _, option := range options {
		option(&how)
	}
	if !how.always && os.Getenv(Variable) != "1" {
		return replaying(t, dir, config)
	}
	next, err := record.Next(dir)
	if err != nil {
		t.Fatalf("idoselltest: %v", err)
	}
	if next != 1 {
		t.Fatalf("idoselltest: %s holds a recording already: delete that folder to record anew, or unset %s to be answered from it", dir, Variable)
	}
	if config.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		t.Cleanup(own.CloseIdleConnections)
		config.Transport = own
	}
	recorder, err := record.NewRecorder(record.RecorderOptions{
		Dir: dir, Next: config.Transport, Gates: config.Gates, AllowWrites: how.writes, Now: config.Now,
		Redactor: record.NewRedactor(record.Options{Gates: config.Gates, Secrets: secrets(config)}),
	})
	if err != nil {
		t.Fatalf("idoselltest: %v", err)
	}
	t.Cleanup(func() {
		if err := recorder.Close(); err != nil {
			t.Errorf("idoselltest: %v", err)
		}
		t.Logf("%d exchanges were recorded in %s: look them through before you share them", recorder.Recorded(), dir)
	})
	config.Transport = recorder
	return newClient(t, config)
}

// secrets are the texts of a configuration that no recording may hold.
func secrets(config idosell.Config) []string {
	var out []string
	for _, secret := range []idosell.Secret{idosell.NewSecret(config.Login), config.Password, config.PasswordDigest, config.DropshippingKey, idosell.PasswordDigest(config.Password)} {
		if !secret.Empty() {
			out = append(out, secret.Reveal())
		}
	}
	return out
}
