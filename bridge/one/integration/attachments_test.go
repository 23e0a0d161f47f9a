package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"octobridge/bridge/one/integration"
)

const signature = "X-Signature=0123456789abcdef0123456789abcdef"

// files is an ONe that tells the address of a file on another host.
func files(t *testing.T, file http.HandlerFunc) (one, host *server) {
	host = serve(t, file)
	one = serve(t, func(w http.ResponseWriter, r *http.Request) {
		answers(http.StatusOK, fmt.Sprintf(`{"downloadUrl":"%s/f?%s#part"}`, host.URL, signature))(w, r)
	})
	return one, host
}

func TestDownloadAttachment(t *testing.T) {
	content := strings.Repeat("0123456789", 10_000)
	one, host := files(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) })
	client := connect(t, one.URL)
	for _, limit := range []int64{100_000, 100_001} {
		var got bytes.Buffer
		n, err := client.DownloadAttachment(context.Background(), "O/36", "f/1", &got, limit)
		if err != nil || n != 100_000 || got.String() != content {
			t.Errorf("limit %d: %d bytes, %v", limit, n, err)
		}
	}
	if uri := one.all()[0].uri; uri != "/api/v1/orderpath/integrations/auth-required/offers/O%2F36/attachments/f%2F1/download-url" {
		t.Errorf("ONe was asked for %s", uri)
	}
	// Nothing of ours goes to the other host, but for what an HTTP request has.
	request := host.all()[0]
	if request.method != http.MethodGet || request.uri != "/f?"+signature || request.body != "" {
		t.Errorf("the host was asked for %s %s", request.method, request.uri)
	}
	for name, values := range request.header {
		if name != "User-Agent" && name != "Accept-Encoding" {
			t.Errorf("the host got the header %s: %q", name, values)
		}
	}
}

func TestDownloadsThatFail(t *testing.T) {
	long := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", 1000)) }
	for name, test := range map[string]struct {
		file  http.HandlerFunc
		limit int64
		w     io.Writer
		kind  integration.Kind
		again integration.SendAgain
		n     int64
	}{
		"announced too large": {long, 999, nil, integration.KindTooLarge, integration.SendAgainNo, 0},
		"too large": {func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			long(w, r)
		}, 999, nil, integration.KindTooLarge, integration.SendAgainNo, 999},
		"not there": {answers(403, "<Error>"), 999, nil, integration.KindHTTP, integration.SendAgainYes, 0},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/g", http.StatusFound) }, 999, nil, integration.KindHTTP, integration.SendAgainYes, 0},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "900")
			_, _ = io.WriteString(w, "aaa")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 999, nil, integration.KindNetwork, integration.SendAgainYes, 3},
		// The part that had come was called the whole file.
		"breaks off at the limit": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "aaa")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 3, nil, integration.KindNetwork, integration.SendAgainYes, 3},
		"cannot be written": {long, 2000, full{}, integration.KindRequest, integration.SendAgainNo, 0},
		"no limit":          {long, 0, nil, integration.KindRequest, integration.SendAgainNo, 0},
	} {
		t.Run(name, func(t *testing.T) {
			one, host := files(t, test.file)
			var log bytes.Buffer
			w := test.w
			if w == nil {
				w = io.Discard
			}
			n, err := connect(t, one.URL, logged(&log)).DownloadAttachment(context.Background(), "o1", "f1", w, test.limit)
			checkFailure(t, name, err, test.kind, test.again)
			if n != test.n {
				t.Errorf("%d bytes were written, want %d", n, test.n)
			}
			if calls := len(host.all()); calls > 1 {
				t.Errorf("the file was fetched %d times", calls)
			}
			if text := err.Error() + log.String(); strings.Contains(text, signature) || strings.Contains(text, host.URL) {
				t.Errorf("the file's address is told: %s", text)
			}
		})
	}
}

// full is a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestDownloadURLsThatAreRefused(t *testing.T) {
	bare := func(url string) string { return fmt.Sprintf(`{"downloadUrl":%q}`, url) }
	for _, body := range []string{
		`{}`, `[]`, ``, `{"downloadUrl":7}`, bare(""), bare("/relative"), bare("http://files.example/f"), bare("ftp://files.example/f"),
		bare("file:///etc/passwd"), bare("https://anna:geheim@files.example/f"), bare("https:///f"), bare("https://files.example/%zz"), bare("http://127.0.0.1.files.example/f"),
	} {
		one := serve(t, answers(http.StatusOK, body))
		_, err := connect(t, one.URL).DownloadAttachment(context.Background(), "o1", "f1", io.Discard, 10)
		failure, ok := errors.AsType[*integration.Error](err)
		if !ok || failure.Kind != integration.KindUnreadable || strings.Contains(err.Error(), "files.example") {
			t.Errorf("%s: %v", body, err)
		}
	}
	// An ONe elsewhere does not have us look at this machine.
	var asked []string
	client := connect(t, "https://api.one.example", func(c *integration.Config) {
		c.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.Host)
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Request: r, Body: io.NopCloser(strings.NewReader(bare("http://127.0.0.1:9090/metrics")))}, nil
		})
	})
	_, err := client.DownloadAttachment(context.Background(), "o1", "f1", io.Discard, 10)
	checkFailure(t, "this machine", err, integration.KindUnreadable, integration.SendAgainNo)
	if len(asked) != 1 || asked[0] != "api.one.example" {
		t.Errorf("asked were %v", asked)
	}
}

func TestTransferFailedRefuses(t *testing.T) {
	one := serve(t, answers(http.StatusOK, ""))
	client := connect(t, one.URL)
	for _, reason := range []string{"", " \n", strings.Repeat("ż", 1001)} {
		checkFailure(t, "a reason", client.TransferFailed(context.Background(), "o1", reason), integration.KindRequest, integration.SendAgainNo)
	}
	if err := client.TransferFailed(context.Background(), "o1", strings.Repeat("ż", 1000)); err != nil || len(one.all()) != 1 {
		t.Errorf("1000 characters: %v", err)
	}
}
