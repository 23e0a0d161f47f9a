package catalog_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/internal/recorded"
	"octobridge/internal/secret"
)

// feedToken is what nobody may be told, plain or encoded.
const (
	feedToken        = "g3h3im/zet+on4711"
	feedTokenEncoded = "g3h3im%2Fzet%2Bon4711"
)

// feedFile is a file that a wholesaler of tests offers.
type feedFile struct {
	name    string // "full", "full_change2026-11-22T08-00-00"
	body    string
	hash    string // MD5 unless set; "-": the gateway does not say
	changed int    // hour of 22 November 2026 in Warsaw; 0: the gateway does not say
	tags    bool   // the server answers with an entity tag
	url     string // in the gateway; its own unless set
	status  int    // in place of the file
	cut     int    // bytes after which the file ends as if whole
	breaks  int    // bytes after which the connection breaks
	hold    chan struct{}
	held    chan struct{} // closed once somebody waits for hold
}

// wholesaler offers a feed.
type wholesaler struct {
	*httptest.Server
	mu      sync.Mutex
	files   []*feedFile // in the gateway's order, changes inside the full one
	plain   bool        // the offer stands at the feed's address
	gateway string      // in place of the one that is made
	expires string
	asked   []string // "GET full", "HEAD light"
}

func newWholesaler(t *testing.T, files ...*feedFile) *wholesaler {
	t.Helper()
	w := &wholesaler{files: files}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *wholesaler) address(file string) string {
	return w.URL + "/edi/" + file + "?client=x&token=" + feedTokenEncoded + "&iof_3_0"
}

// set changes the offer between requests.
func (w *wholesaler) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// file is the file of a name.
func (w *wholesaler) file(name string) *feedFile {
	i := slices.IndexFunc(w.files, func(f *feedFile) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return w.files[i]
}

// took returns what was asked for since the last time, without the gateway.
func (w *wholesaler) took() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.DeleteFunc(w.asked, func(what string) bool { return what == "GET gateway" })
	w.asked = nil
	return strings.Join(all, ", ")
}

func (f *feedFile) attributes(w *wholesaler) string {
	url := f.url
	if url == "" {
		url = w.address(f.name)
	}
	text := fmt.Sprintf(` url="%s"`, html.EscapeString(url))
	hash := f.hash
	if hash == "" {
		sum := md5.Sum([]byte(f.body))
		hash = hex.EncodeToString(sum[:])
	}
	if hash != "-" {
		text += fmt.Sprintf(` hash="%s"`, hash)
	}
	if f.changed > 0 {
		text += fmt.Sprintf(` changed="2026-11-22 %02d:00:00"`, f.changed)
	}
	return text
}

func (w *wholesaler) writeGateway() string {
	if w.gateway != "" {
		return w.gateway
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><provider_description file_format="IOF" version="3.0" generated="2026-11-22 12:00:00"><meta><time><offer expires="` + w.expires + `"/></time></meta>`)
	for _, f := range w.files {
		if strings.HasPrefix(f.name, "full_change") {
			continue
		}
		fmt.Fprintf(&b, "<%s%s>", f.name, f.attributes(w))
		if f.name == "full" {
			b.WriteString("<changes>")
			for _, change := range slices.Backward(w.files) {
				if strings.HasPrefix(change.name, "full_change") {
					fmt.Fprintf(&b, "<change%s/>", change.attributes(w))
				}
			}
			b.WriteString("</changes>")
		}
		fmt.Fprintf(&b, "</%s>", f.name)
	}
	b.WriteString("</provider_description>")
	return b.String()
}

func (w *wholesaler) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	name := strings.TrimPrefix(r.URL.Path, "/edi/")
	var f feedFile
	switch known := w.file(name); {
	case known != nil:
		f = *known
	case name == "gateway" && w.plain:
		f = *w.file("full")
	case name == "gateway":
		f = feedFile{body: w.writeGateway()}
	default:
		f.status = http.StatusNotFound
	}
	if r.URL.Query().Get("token") != feedToken {
		f.status = http.StatusForbidden
	}
	w.asked = append(w.asked, r.Method+" "+name)
	w.mu.Unlock()
	if f.hold != nil {
		close(f.held)
		select {
		case <-f.hold:
		case <-r.Context().Done():
			return
		}
	}
	if f.status != 0 {
		out.WriteHeader(f.status)
		return
	}
	body := []byte(f.body)
	if f.cut > 0 {
		body = body[:min(f.cut, len(body))]
	}
	if f.tags {
		sum := md5.Sum(body)
		out.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	}
	if f.breaks > 0 {
		out.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = out.Write(body[:min(f.breaks, len(body)-1)])
		_ = http.NewResponseController(out).Flush()
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(body))
}

// following is a catalogue that follows a wholesaler's feed.
type following struct {
	*fixture
	alerts *recorded.Alerts
	log    *recorded.Log
	now    *time.Time
}

func follow(t *testing.T, s *store.Store, w *wholesaler, change ...func(*catalog.Options)) *following {
	t.Helper()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f := &following{alerts: &recorded.Alerts{}, log: &recorded.Log{}, now: &now}
	f.fixture = open(t, s, func(o *catalog.Options) {
		o.Feed = catalog.FeedOptions{URL: secret.New(w.address("gateway")), Dir: t.TempDir(), MaxBytes: 1 << 20}
		o.Alerts, o.Location, o.MaxLoss = f.alerts, warsaw, 0.3
		o.Logger = slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Clock = func() time.Time { return *f.now }
		for _, c := range change {
			c(o)
		}
	})
	if err := f.Hurry(); err != nil {
		t.Fatal(err)
	}
	return f
}

// look looks at the feed, which must go well, and returns what was imported.
func (f *following) look(options ...catalog.SyncOptions) string {
	f.Helper()
	report, err := f.sync(options...)
	if err != nil {
		f.Fatalf("the feed was not read: %v", err)
	}
	return report
}

// sync looks at the feed and returns what became of the files, but for those
// that have not changed.
func (f *following) sync(options ...catalog.SyncOptions) (string, error) {
	f.Helper()
	var o catalog.SyncOptions
	if len(options) > 0 {
		o = options[0]
	}
	report, err := f.Sync(f.Context(), o)
	if report == nil {
		return "", err
	}
	return outcomes(report), err
}

func outcomes(report *catalog.SyncReport) string {
	if report.Busy {
		return "busy"
	}
	var all []string
	for _, file := range report.Files {
		switch file.Outcome {
		case catalog.Imported:
			all = append(all, file.File)
		case catalog.Unchanged:
		default:
			all = append(all, file.File+" "+string(file.Outcome))
		}
	}
	return strings.Join(all, ", ")
}

func (f *following) expect(what, got, want string) {
	f.Helper()
	if got != want {
		f.Errorf("%s: %q, want %q", what, got, want)
	}
}

// noFeedToken fails the test if a text holds the token, or an address of the feed.
func noFeedToken(t *testing.T, what, text string) {
	t.Helper()
	for _, leak := range []string{feedToken, feedTokenEncoded, "g3h3im", "zet+on", "token=", "/edi/", "http://", "https://"} {
		if at := strings.Index(text, leak); at >= 0 {
			t.Errorf("%s holds %q: %.300q", what, leak, text[max(0, at-100):])
		}
	}
}
