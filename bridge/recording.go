package bridge

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"octobridge/bridge/config"
	"octobridge/idosell"
	idosellrecord "octobridge/idosell/record"
	"octobridge/internal/secret"
)

// RecordingOptions say what a Recording keeps, and where.
type RecordingOptions struct {
	Dir         string // is made where it is missing; a recording there is continued
	Config      *config.Config
	Gates       *idosell.GateTable // of Config.IdoSell.GatesFile; nil: the built-in table
	AllowWrites bool               // lets calls through that change something at the wholesaler's
}

// Recording is the transport of ServiceOptions, or of an idosell.Config, that calls
// the wholesaler and keeps each exchange as files, without personal data and without
// any secret of the configuration. Close it after the last call.
type Recording struct {
	recorder *idosellrecord.Recorder
	network  *http.Transport

	mu      sync.Mutex
	refused map[string]int
}

// NewRecording makes the folder. Nobody is called before the first request.
func NewRecording(options RecordingOptions) (*Recording, error) {
	network := http.DefaultTransport.(*http.Transport).Clone()
	network.MaxIdleConnsPerHost = max(options.Config.IdoSell.InFlight, network.MaxIdleConnsPerHost)
	recorder, err := idosellrecord.NewRecorder(idosellrecord.RecorderOptions{
		Dir: options.Dir, Next: network, Gates: options.Gates, AllowWrites: options.AllowWrites,
		Redactor: idosellrecord.NewRedactor(idosellrecord.Options{Secrets: recordingSecrets(options.Config), Gates: options.Gates}),
	})
	if err != nil {
		return nil, err
	}
	return &Recording{recorder: recorder, network: network, refused: map[string]int{}}, nil
}

// RoundTrip implements http.RoundTripper: see idosellrecord.Recorder. Goroutines may share it.
func (r *Recording) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.recorder.RoundTrip(request)
	if failure, ok := errors.AsType[*idosell.Error](err); ok && failure.Kind == idosell.KindRequest {
		r.mu.Lock()
		r.refused[failure.Gate]++
		r.mu.Unlock()
	}
	return response, err
}

// Recorded is how many exchanges were written.
func (r *Recording) Recorded() int { return r.recorder.Recorded() }

// Refused counts by gate the calls that were not sent, since they would have changed
// something.
func (r *Recording) Refused() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.refused)
}

// Close ends the recording and returns the error that ended it before, if one did. A
// second call returns the same.
func (r *Recording) Close() error {
	r.network.CloseIdleConnections()
	return r.recorder.Close()
}

// recordingSecrets are the texts of a configuration that no recording may hold: all its
// secrets, whatever section they stand in, the account's login, and the digest of its
// password, which opens the account like the password itself.
func recordingSecrets(c *config.Config) []string {
	var out []string
	var look func(value reflect.Value)
	look = func(value reflect.Value) {
		if s, ok := value.Interface().(secret.String); ok {
			if !s.Empty() {
				out = append(out, s.Reveal())
			}
			return
		}
		if value.Kind() == reflect.Struct {
			for i := range value.NumField() {
				look(value.Field(i))
			}
		}
	}
	look(reflect.ValueOf(*c))
	if c.IdoSell.Login != "" {
		out = append(out, c.IdoSell.Login)
	}
	if !c.IdoSell.Password.Empty() {
		out = append(out, idosell.PasswordDigest(c.IdoSell.Password).Reveal())
	}
	return out
}

// replayURL stands for the wholesaler's address in a replay where none is configured.
// Its domain never exists (RFC 2606).
const replayURL = "https://replay.invalid"

// ReplayedAccount fills in what a replay does not need to be told: an address, and an
// account that opens nothing. Nobody at the wholesaler's is spared by waiting, so that
// the budget of requests is wide.
func ReplayedAccount(c *config.Config) {
	if c.IdoSell.URL == "" {
		c.IdoSell.URL = replayURL
	}
	c.IdoSell.Login = "replay"
	c.IdoSell.Password, c.IdoSell.DropshippingKey = idosell.NewSecret("replay"), idosell.NewSecret("replay")
	c.IdoSell.RequestsPerSecond, c.IdoSell.InFlight = 1e6, 64
}

// replayed is a replay that tells the log what it has no answer for.
type replayed struct {
	replay *idosellrecord.Replay
	logger *slog.Logger

	mu   sync.Mutex
	told map[string]bool
}

// mostTold is how many requests without an answer are told: each is a line with a
// difference, and what asks on and on would fill the log.
const mostTold = 200

// NewReplayed makes the transport of ServiceOptions that answers from the recording in
// dir and never dials; see idosellrecord.Replay. A request that the recording has no answer to
// is told to logger, once, with the nearest recorded one and how it differs.
func NewReplayed(dir string, gates *idosell.GateTable, logger *slog.Logger) (http.RoundTripper, error) {
	replay, err := idosellrecord.NewReplay(idosellrecord.ReplayOptions{Dir: dir, Gates: gates})
	if err != nil {
		return nil, err
	}
	return &replayed{replay: replay, logger: logger, told: map[string]bool{}}, nil
}

// RoundTrip implements http.RoundTripper. Goroutines may share it.
func (r *replayed) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.replay.RoundTrip(request)
	if none, ok := errors.AsType[*idosellrecord.NoMatchError](err); ok {
		r.tell(request.Context(), none)
	}
	return response, err
}

func (r *replayed) tell(ctx context.Context, none *idosellrecord.NoMatchError) {
	text := none.Error()
	r.mu.Lock()
	known := r.told[text] || len(r.told) >= mostTold
	if !known {
		r.told[text] = true
	}
	r.mu.Unlock()
	if known {
		return
	}
	sentence, _, _ := strings.Cut(text, "\n")
	attributes := []any{"gate", none.Gate, "why", sentence}
	if none.Nearest > 0 {
		attributes = append(attributes, "nearest", none.Nearest, "difference", none.Difference)
	}
	r.logger.WarnContext(ctx, "the replay has no answer", attributes...)
}
