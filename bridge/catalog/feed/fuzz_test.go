package feed_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/catalog/feed"
)

// answers is a server that gives one answer after the other, and the last one for
// ever.
type answers []func(r *http.Request) *http.Response

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	next := (*a)[0]
	if len(*a) > 1 {
		*a = (*a)[1:]
	}
	response := next(r)
	response.Request, response.Proto, response.ProtoMajor, response.ProtoMinor = r, "HTTP/1.1", 1, 1
	return response, nil
}

// breaking is a body that breaks at its end.
type breaking struct{ io.Reader }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// What a server answers to the request for the rest of a file never makes a file
// of it that is not one of the server's own.
func FuzzRestOfAFile(f *testing.F) {
	f.Add(206, "bytes 10-19/20", `"1"`, "", "0123456789", int64(10))
	f.Add(206, "bytes 9-19/20", `"1"`, "", "0123456789", int64(10))
	f.Add(206, "bytes 10-19/20", `"2"`, "", "0123456789", int64(-1))
	f.Add(200, "", `"2"`, "gzip", "\x1f\x8bxx", int64(-1))
	f.Add(302, "", "", "", "https://evil.example/?s3cr3t", int64(0))
	f.Add(416, "bytes */20", "", "", "", int64(0))
	const beginning = "abcdefghij"
	f.Fuzz(func(t *testing.T, status int, contentRange, etag, encoding, body string, length int64) {
		if status < 200 || status > 999 || len(body) > 1<<16 {
			return
		}
		server := answers{
			func(*http.Request) *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`"1"`}}, ContentLength: 20, Body: io.NopCloser(breaking{strings.NewReader(beginning)})}
			},
			func(*http.Request) *http.Response {
				header := http.Header{"Content-Range": {contentRange}, "Etag": {etag}, "Content-Encoding": {encoding}}
				if status >= 300 && status < 400 {
					header.Set("Location", body)
				}
				return &http.Response{StatusCode: status, Header: header, ContentLength: max(-1, length), Body: io.NopCloser(strings.NewReader(body))}
			},
		}
		c, err := feed.New(feed.Options{URL: secretOf("https://shop.example/?token=" + tokenEncoded), Dir: t.TempDir(), MaxBytes: 1 << 16, Transport: &server,
			Wait: func(context.Context, time.Duration) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Fetch(t.Context(), feed.Request{File: "full", Address: secretOf("https://shop.example/?token=" + tokenEncoded)})
		if err != nil {
			if !strings.Contains(body+contentRange+etag, "s3cr3t") {
				noSecret(t, err)
			}
			return
		}
		disk, err := os.ReadFile(onlyFile(t, d))
		if err != nil {
			t.Fatal(err)
		}
		joined := string(disk) == beginning+body && status == 206 && len(body) == 10 && strings.HasPrefix(contentRange, "bytes 10-") && (etag == `"1"` || etag == `W/"1"` || etag == "" || len(etag) > 256)
		if whole := string(disk) == body && status == 200; !joined && !whole {
			t.Errorf("%q was made of %d %q %q %q", disk, status, contentRange, etag, body)
		}
	})
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); strings.Contains(text, "s3cr3t") || strings.Contains(text, "tok+en") {
		t.Errorf("the error holds the token: %s", text)
	}
}

// onlyFile is where a download is, whose path is nobody's business.
func onlyFile(t *testing.T, d *feed.Download) string {
	t.Helper()
	r, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	named, ok := r.(interface{ Name() string })
	if !ok {
		t.Fatal("the file has no name")
	}
	return named.Name()
}

// Whatever a file is, no more of it is read than is allowed.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><offer generated="x"><products><product id="1"/></products></offer>`))
	f.Add(packed(f, numbered(100)))
	f.Add(packed(f, strings.Repeat("x", 100_000)))
	f.Add(append(packed(f, "a"), packed(f, "b")...))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		const most = 4096
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := feed.Local(t.Context(), path, most)
		if err != nil {
			if !errors.Is(err, feed.ErrTooLarge) && !errors.Is(err, feed.ErrDamaged) {
				t.Errorf("the error is %v", err)
			}
			return
		}
		r, err := d.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		unpacked, err := io.ReadAll(r)
		if err != nil || int64(len(unpacked)) != d.Unpacked || len(unpacked) > most {
			t.Errorf("%d bytes, said %d (%v)", len(unpacked), d.Unpacked, err)
		}
		if !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) && !bytes.Equal(content, unpacked) {
			t.Error("the file was changed")
		}
	})
}
