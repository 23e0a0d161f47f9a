package feed_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"octobridge/bridge/catalog/feed"
	"octobridge/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// token is what no error and no log line may hold, and how it looks encoded.
const (
	token        = "s3cr3t/tok+en0123"
	tokenEncoded = "s3cr3t%2Ftok%2Ben0123"
)

// origin is a wholesaler's server with one file.
type origin struct {
	*httptest.Server

	mu       sync.Mutex
	body     []byte
	etag     string
	modified string
	deaf     bool  // knows no conditions
	noRanges bool  // sends the whole file for any range
	cuts     []int // bytes of the body after which the next connections break
	hook     func(w http.ResponseWriter, r *http.Request) bool
	asked    []*http.Request
	sent     int // bytes of bodies
}

func newOrigin(t *testing.T, body string) *origin {
	t.Helper()
	o := &origin{body: []byte(body), etag: `"1"`}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked = append(o.asked, r)
	hook := o.hook
	o.mu.Unlock()
	if hook != nil && hook(w, r) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	header := w.Header()
	if o.etag != "" {
		header.Set("ETag", o.etag)
	}
	if o.modified != "" {
		header.Set("Last-Modified", o.modified)
	}
	if tag := r.Header.Get("If-None-Match"); !o.deaf && (tag != "" && tag == o.etag ||
		tag == "" && o.modified != "" && r.Header.Get("If-Modified-Since") == o.modified) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, status := o.body, http.StatusOK
	if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && !o.noRanges && r.Header.Get("If-Range") == cmpOr(o.etag, o.modified) {
		at, err := strconv.Atoi(strings.TrimSuffix(from, "-"))
		if err != nil || at >= len(body) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(body)-1, len(body)))
		body, status = body[at:], http.StatusPartialContent
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if len(o.cuts) > 0 {
		cut := min(o.cuts[0], len(body))
		o.cuts = o.cuts[1:]
		o.sent += cut
		_, _ = w.Write(body[:cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	o.sent += len(body)
	_, _ = w.Write(body)
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// requests are those that were asked so far.
func (o *origin) requests() []*http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]*http.Request(nil), o.asked...)
}

// set changes the server between requests.
func (o *origin) set(change func(o *origin)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

// address is that of the file, with a token.
func (o *origin) address() secret.String {
	return secret.New(o.URL + "/edi/export-offer.php?client=x&token=" + tokenEncoded + "&iof_3_0")
}

func (o *origin) request() feed.Request {
	return feed.Request{File: "full", Address: o.address()}
}

// client is one that does not wait between attempts, but notes how long it would.
func (o *origin) client(t *testing.T, change func(*feed.Options)) (*feed.Client, *[]time.Duration) {
	t.Helper()
	pauses := &[]time.Duration{}
	options := feed.Options{URL: o.address(), Dir: t.TempDir(), MaxBytes: 1 << 20, Wait: func(_ context.Context, d time.Duration) error {
		*pauses = append(*pauses, d)
		return nil
	}}
	if change != nil {
		change(&options)
	}
	c, err := feed.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, pauses
}

// text is what a download holds, unpacked.
func text(t *testing.T, d *feed.Download) string {
	t.Helper()
	r, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// fetch fetches, and fails the test unless the file has this text.
func fetch(t *testing.T, c *feed.Client, r feed.Request, want string) *feed.Download {
	t.Helper()
	d, err := c.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, d); got != want {
		t.Fatalf("the file has %d bytes (%.40q …), want %d (%.40q …)", len(got), got, len(want), want)
	}
	return d
}

func packed(t testing.TB, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// numbered is a text of so many bytes in which no part is like another.
func numbered(bytes int) string {
	var b strings.Builder
	for n := 0; b.Len() < bytes; n++ {
		fmt.Fprintf(&b, "<line number=\"%d\"/>\n", n)
	}
	return b.String()[:bytes]
}
