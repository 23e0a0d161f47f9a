package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"octobridge/idosell/iof"
)

// feedStage is a wholesaler with its feed's files and a client that unpacks
// nothing by itself.
type feedStage struct {
	t      *testing.T
	server *Server
	url    string
	client *http.Client
}

func newFeedStage(t *testing.T) *feedStage {
	t.Helper()
	catalogue := Assortment()
	catalogue.Products = catalogue.Products[:80]
	s, server := newWholesaler(t, ownAddress, func(o *Options) { o.Catalogue = catalogue; o.Orders = []SeedOrder{} })
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &feedStage{t, s, server.URL, &http.Client{Transport: transport}}
}

func (f *feedStage) address(name string) string {
	return f.url + "/_sandbox/feed/" + name + ".xml?token=" + f.server.FeedToken()
}

// send asks for a file. The error is that of reading the body; what was read
// until then is there.
func (f *feedStage) send(method, name string, headers ...string) (*http.Response, []byte, error) {
	f.t.Helper()
	request, err := http.NewRequest(method, f.address(name), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := f.client.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

func (f *feedStage) get(name string, headers ...string) (*http.Response, []byte) {
	f.t.Helper()
	response, body, err := f.send("GET", name, headers...)
	if err != nil {
		f.t.Fatal(err)
	}
	return response, body
}

// mood sets one over HTTP.
func (f *feedStage) mood(mood string) {
	f.t.Helper()
	if status := ask(f.t, "POST", f.url+"/_sandbox/moods", mood, nil); status != http.StatusOK {
		f.t.Fatalf("the mood %s: status %d", mood, status)
	}
}

// readable reads an offer: how many products it has, how many of them damaged, and
// how the reading ended.
func readable(body []byte) (products, damaged int, end error) {
	for _, err := range iof.NewReader(bytes.NewReader(body)).Products() {
		var damage *iof.ProductError
		switch {
		case errors.As(err, &damage):
			damaged++
		case err != nil:
			return products, damaged, err
		default:
			products++
		}
	}
	return products, damaged, nil
}

func unzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestFeedFilesInPart(t *testing.T) {
	f := newFeedStage(t)
	whole, body := f.get("full")
	tag, modified := whole.Header.Get("ETag"), whole.Header.Get("Last-Modified")
	head, none, _ := f.send("HEAD", "full")
	if head.StatusCode != 200 || len(none) != 0 || head.ContentLength != int64(len(body)) || head.Header.Get("ETag") != tag || head.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("HEAD: status %d, length %d, %v", head.StatusCode, head.ContentLength, head.Header)
	}
	for _, test := range []struct {
		headers  []string
		status   int
		from, to int
	}{
		{[]string{"Range", "bytes=1000-1999"}, 206, 1000, 2000},
		{[]string{"Range", "bytes=5000-"}, 206, 5000, len(body)},
		{[]string{"Range", "bytes=-10"}, 206, len(body) - 10, len(body)},
		{[]string{"Range", "bytes=5000-", "If-Range", tag}, 206, 5000, len(body)},
		{[]string{"Range", "bytes=5000-", "If-Range", modified}, 206, 5000, len(body)},
		{[]string{"Range", "bytes=5000-", "If-Range", `"another"`}, 200, 0, len(body)},
		{[]string{"Range", "bytes=5000-", "If-Range", "Sat, 21 Nov 2026 10:59:59 GMT"}, 200, 0, len(body)},
	} {
		response, part := f.get("full", test.headers...)
		if response.StatusCode != test.status || !bytes.Equal(part, body[test.from:test.to]) {
			t.Errorf("%v: status %d and %d bytes, want %d and the bytes %d to %d", test.headers, response.StatusCode, len(part), test.status, test.from, test.to)
		}
		if want := fmt.Sprintf("bytes %d-%d/%d", test.from, test.to-1, len(body)); test.status == 206 && response.Header.Get("Content-Range") != want {
			t.Errorf("%v: Content-Range %q, want %q", test.headers, response.Header.Get("Content-Range"), want)
		}
	}
	if response, _ := f.get("full", "Range", fmt.Sprintf("bytes=%d-", len(body))); response.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("behind the end: status %d", response.StatusCode)
	}
}

// The zipped file is another representation: it has another tag, and its own
// ranges.
func TestFeedFilesZipped(t *testing.T) {
	f := newFeedStage(t)
	plain, body := f.get("full")
	zipped, small := f.get("full", "Accept-Encoding", "br, gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" || len(small) > len(body)/3 || !bytes.Equal(unzipped(t, small), body) ||
		zipped.ContentLength != int64(len(small)) || zipped.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("zipped: %d bytes of %d, %v", len(small), len(body), zipped.Header)
	}
	tag := zipped.Header.Get("ETag")
	if tag == plain.Header.Get("ETag") || tag == "" {
		t.Errorf("both have the tag %s", tag)
	}
	response, rest := f.get("full", "Accept-Encoding", "gzip", "Range", "bytes=100-", "If-Range", tag)
	if response.StatusCode != 206 || !bytes.Equal(rest, small[100:]) {
		t.Errorf("the rest of the zipped file: status %d, %d bytes", response.StatusCode, len(rest))
	}
	// Who goes on in the zipped file but takes it no longer gets the whole.
	if response, got := f.get("full", "Range", "bytes=100-", "If-Range", tag); response.StatusCode != 200 || !bytes.Equal(got, body) {
		t.Errorf("the rest of the other: status %d", response.StatusCode)
	}
	for accept, want := range map[string]int{"gzip": 304, "": 200, "gzip;q=0": 200, "identity": 200, "*": 304, "gzip;q=0, *": 200, "gzip;q=0.5": 304} {
		if response, _ := f.get("full", "Accept-Encoding", accept, "If-None-Match", tag); response.StatusCode != want {
			t.Errorf("the zipped one's tag with Accept-Encoding %q: status %d, want %d", accept, response.StatusCode, want)
		}
	}
	served := f.server.FeedServed()["full"]
	if served.Requests != 11 || served.NotModified != 3 || served.Bytes == 0 {
		t.Errorf("served %+v", served)
	}
}

func TestBrokenDownloadGoesOn(t *testing.T) {
	for _, encoding := range []string{"identity", "gzip"} {
		f := newFeedStage(t)
		want, body := f.get("full", "Accept-Encoding", encoding)
		before := f.server.FeedServed()["full"].Bytes
		f.mood(`{"gates":["Feed/full"],"calls":1,"feed":{"breakAfter":12345}}`)
		response, first, err := f.send("GET", "full", "Accept-Encoding", encoding)
		if err == nil || len(first) > 12345 || response.ContentLength != int64(len(body)) || response.Header.Get("ETag") != want.Header.Get("ETag") {
			t.Errorf("%s: %d bytes came, error %v", encoding, len(first), err)
		}
		response, rest := f.get("full", "Accept-Encoding", encoding, "Range", fmt.Sprintf("bytes=%d-", len(first)), "If-Range", response.Header.Get("ETag"))
		if response.StatusCode != 206 || !bytes.Equal(append(first, rest...), body) {
			t.Errorf("%s: the rest: status %d", encoding, response.StatusCode)
		}
		if served := f.server.FeedServed()["full"].Bytes - before; served != 12345+int64(len(rest)) {
			t.Errorf("%s: %d bytes were sent", encoding, served)
		}
	}
}

func TestFeedTroubles(t *testing.T) {
	f := newFeedStage(t)
	_, body := f.get("full")
	all, _, err := readable(body)
	if err != nil || all < 70 {
		t.Fatalf("%d products, %v", all, err)
	}
	gateway := readFeed(t, f.url)

	f.mood(`{"gates":["Feed/full"],"feed":{"cutAfter":70000}}`)
	if response, cut := f.get("full"); response.ContentLength != 70000 || !bytes.Equal(cut, body[:70000]) {
		t.Errorf("cut: %d bytes", len(cut))
	} else if _, _, err := readable(cut); !errors.Is(err, iof.ErrTruncated) {
		t.Errorf("cut: %v", err)
	}
	if response, cut := f.get("full", "Accept-Encoding", "gzip"); response.StatusCode != 200 || !bytes.Equal(unzipped(t, cut), body[:70000]) {
		t.Error("cut and zipped: another file")
	}
	if now := readFeed(t, f.url); now.Full.Hash != gateway.Full.Hash {
		t.Error("the gateway tells the hash of the cut file")
	}

	f.mood(`{"gates":["Feed/full"],"feed":{"breakAfter":70000}}`)
	for range 2 {
		if response, cut, err := f.send("GET", "full"); response.ContentLength != int64(len(body)) || len(cut) > 70000 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("broken: %d bytes, %v", len(cut), err)
		}
	}

	f.mood(`{"gates":["Feed"],"feed":{"loseShare":0.7}}`)
	_, less := f.get("full")
	if left, damaged, err := readable(less); err != nil || damaged != 0 || left < all*28/100 || left > all*32/100 {
		t.Errorf("%d of %d products are left, %v", left, all, err)
	}
	_, less = f.get("light")
	if left, _, err := readable(less); err != nil || left > all*32/100 {
		t.Errorf("%d of %d products are left in light, %v", left, all, err)
	}
	if now := readFeed(t, f.url); now.Full.Hash == gateway.Full.Hash || !now.Full.Changed.Equal(gateway.Full.Changed) {
		t.Error("the gateway does not tell the hash of what is left")
	}

	f.mood(`{"gates":["Feed"],"feed":{"damage":"value"}}`)
	for _, name := range []string{"full", "light"} {
		_, bad := f.get(name)
		if left, damaged, err := readable(bad); err != nil || damaged != 1 || left != all-1 {
			t.Errorf("%s: %d products, %d damaged, %v", name, left, damaged, err)
		}
	}
	f.mood(`{"gates":["Feed"],"feed":{"damage":"xml"}}`)
	for _, name := range []string{"full", "light"} {
		_, bad := f.get(name)
		if err := wellFormed(string(bad)); err == nil {
			t.Errorf("%s with a stray tag is well-formed", name)
		}
	}

	f.mood(`{"gates":["Feed"],"feed":{"noValidators":true}}`)
	response, _ := f.get("full", "If-Modified-Since", "Sat, 21 Nov 2026 12:00:00 GMT", "If-None-Match", "*")
	if response.StatusCode != 200 || response.Header.Get("ETag") != "" || response.Header.Get("Last-Modified") != "" {
		t.Errorf("without validators: status %d, %v", response.StatusCode, response.Header)
	}
	if now := readFeed(t, f.url); now.Full.Hash != "" || !now.Full.Changed.IsZero() || len(now.Lists) != len(gateway.Lists) || now.Lists[0].Hash != "" {
		t.Errorf("the gateway without validators: %+v", now)
	}

	f.mood(`{"gates":["Feed"],"feed":{"noRanges":true,"noGzip":true}}`)
	response, got := f.get("full", "Range", "bytes=10-", "Accept-Encoding", "gzip")
	if response.StatusCode != 200 || !bytes.Equal(got, body) || response.Header.Get("Accept-Ranges") != "" || response.Header.Get("Content-Encoding") != "" {
		t.Errorf("without ranges: status %d, %v", response.StatusCode, response.Header)
	}

	f.mood(`{"gates":["Feed"],"feed":{"sameHash":true}}`)
	before := readFeed(t, f.url)
	changeOffer(t, f.url, fmt.Sprintf(`{"rename":{"%d":{"pol":"Inny młotek"}},"full":true}`, f.server.catalogue().Products[0].ID))
	if now := readFeed(t, f.url); now.Full.Hash != before.Full.Hash || !now.Full.Changed.After(before.Full.Changed) {
		t.Errorf("the hash is %s, then %s", before.Full.Hash, now.Full.Hash)
	}
	if _, now := f.get("full"); !strings.Contains(string(now), "Inny młotek") {
		t.Error("the file did not change")
	}
}

// Trouble holds for the feed's files where they are named, and only there.
func TestTroublesOfGatesHoldForTheFeed(t *testing.T) {
	f := newFeedStage(t)
	f.mood(`{"trouble":{"status":500}}`)
	if response, _ := f.get("full"); response.StatusCode != 200 {
		t.Errorf("a mood of the gates: status %d", response.StatusCode)
	}
	_, body := f.get("light")
	for trouble, want := range map[string]struct {
		status int
		html   bool
		bytes  int
	}{
		`{"status":500}`:                    {500, true, -1},
		`{"status":404}`:                    {404, true, -1},
		`{"status":503,"retryAfter":"30s"}`: {503, true, -1},
		`{"html":true}`:                     {200, true, -1},
		`{"empty":true}`:                    {200, false, 0},
		`{"truncated":true}`:                {200, false, len(body) / 2},
		`{"twice":true}`:                    {200, false, 2 * len(body)},
	} {
		f.mood(`{"gates":["Feed/light"],"calls":1,"trouble":` + trouble + `}`)
		if response, _ := f.get("full"); response.StatusCode != 200 {
			t.Errorf("%s: full has status %d", trouble, response.StatusCode)
		}
		response, got := f.get("light")
		html := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
		if response.StatusCode != want.status || html != want.html || want.bytes >= 0 && len(got) != want.bytes {
			t.Errorf("%s: status %d, %s, %d bytes", trouble, response.StatusCode, response.Header.Get("Content-Type"), len(got))
		}
		if response, got := f.get("light"); response.StatusCode != 200 || !bytes.Equal(got, body) {
			t.Errorf("%s came twice", trouble)
		}
	}
	f.mood(`{"gates":["Feed/light"],"trouble":{"drop":"middle"}}`)
	if _, got, err := f.send("GET", "light"); err == nil || len(got) > len(body)/2 {
		t.Errorf("dropped in the middle: %d bytes, %v", len(got), err)
	}
	f.mood(`{"gates":["Feed/light"],"trouble":{"drop":"before"}}`)
	if response, err := f.client.Get(f.address("light")); err == nil {
		response.Body.Close()
		t.Error("dropped before: there is an answer")
	}
}

func TestSlowFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Catalogue: testCatalogue(), Orders: []SeedOrder{}})
		defer s.Close()
		s.SetMoods(Moods{Gates: []string{"Feed/light"}, Feed: FeedTrouble{BytesPerSecond: 500}})
		address := "/_sandbox/feed/light.xml?token=" + s.FeedToken()
		answer := httptest.NewRecorder()
		started := time.Now()
		s.ServeHTTP(answer, httptest.NewRequest("GET", address, nil))
		took, want := time.Since(started), time.Duration(answer.Body.Len())*time.Second/500
		if took < want*95/100 || took > want*105/100 || answer.Body.Len() < 1000 {
			t.Errorf("%d bytes took %v, want %v", answer.Body.Len(), took, want)
		}
		// A reader that goes away ends it.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		defer func() {
			if gone := recover(); gone != http.ErrAbortHandler {
				t.Errorf("ended with %v", gone)
			}
			if sent := s.FeedServed()["light"].Bytes - int64(answer.Body.Len()); sent < 400 || sent > 600 {
				t.Errorf("%d bytes were sent to one who left after a second", sent)
			}
		}()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", address, nil).WithContext(ctx))
	})
}

func TestFeedMoodsAreChecked(t *testing.T) {
	for mood, says := range map[string]string{
		`{"feed":{"cutAfter":1}}`:                             "say which files",
		`{"gates":["Orders"],"feed":{"cutAfter":1}}`:          "say which files",
		`{"gates":["Feed/everything"],"feed":{"cutAfter":1}}`: "no gate",
		`{"gates":["Feed"],"feed":{"cutAfter":-1}}`:           "negative",
		`{"gates":["Feed"],"feed":{"loseShare":1.1}}`:         "share",
		`{"gates":["Feed"],"feed":{"damage":"water"}}`:        "not one of",
		`{"gates":["Feed"],"feed":{"bytesPerSecond":-3}}`:     "negative",
		`{"different":{"missingGates":["Feed/full"]}}`:        "no gate",
		`{"gates":["Feed/full"],"feed":{"brokenAfter":1}}`:    "unknown field",
	} {
		if _, err := readMoods([]byte(mood)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", mood, err, says)
		}
	}
}

// Making a wholesaler writes no file of its feed, and an order only makes light
// new: a demonstration starts fast.
func TestFeedIsWrittenWhenAsked(t *testing.T) {
	f := newFeedStage(t)
	if kept := f.server.feed.cache.Len(); kept != 0 {
		t.Errorf("%d files are written before anybody asked", kept)
	}
	f.get("full")
	if kept := f.server.feed.cache.Len(); kept != 1 {
		t.Errorf("%d files are written for one", kept)
	}
}
