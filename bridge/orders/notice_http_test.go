package orders_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell"
	"octobridge/internal/secret"
)

const pathSecret = "an-invented-secret_0123456789"

// listening serves the notices of a trail on a port of its own and returns their
// address without the secret.
func listening(t *testing.T, tr *trail, options orders.NoticeOptions) string {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 1 << 20, Concurrency: 4096})
	tr.noticesWith(options).Mount(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + "/webhooks/idosell/"
}

// client has connections of its own, which end with the test.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, c *http.Client, method, address string, body io.Reader, change ...func(*http.Request)) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(request)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Errorf("%s: %v", method, err)
		return answer{}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	response.Header.Del("Date")
	return answer{response.StatusCode, response.Header, string(text)}
}

func TestNoticesOverHTTP(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		tr.order("SH-1", "demoshop-1", 0, time.Hour)
		address := listening(t, tr, orders.NoticeOptions{Secret: secret.New(pathSecret)}) + pathSecret
		c := client(t)
		for n, method := range []string{"POST", "PUT", "PATCH", "DELETE", "GET"} {
			got := send(t, c, method, fmt.Sprintf("%s?orderId=demoshop-1&n=%d", address, n), strings.NewReader(fmt.Sprintf("verb=%s", method)))
			same(t, method, got.status, http.StatusNoContent)
			// It is on disk when it was answered, with its job.
			same(t, "stored", tr.number("SELECT count(*) FROM order_notices WHERE method = ?", method), 1)
			same(t, "jobs", len(tr.jobs), n+1)
		}
		if query, body := tr.text("SELECT query FROM order_notices WHERE method = 'PUT'"), tr.text("SELECT body FROM order_notices WHERE method = 'PUT'"); query != "orderId=demoshop-1&n=1" || body != "verb=PUT" {
			t.Errorf("stored %q and %q", query, body)
		}
		same(t, "HEAD", send(t, c, "HEAD", address, nil).status, http.StatusNoContent)
		same(t, "OPTIONS", send(t, c, "OPTIONS", address, nil).status, http.StatusMethodNotAllowed)
		same(t, "a compressed one", send(t, c, "POST", address, strings.NewReader("x"), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }).status, http.StatusUnsupportedMediaType)
		same(t, "a slash at the end", send(t, c, "POST", address+"/", strings.NewReader("orderId=2")).status, http.StatusNoContent)
		same(t, "stored in the end", tr.number("SELECT count(*) FROM order_notices"), 6)
	})
}

// A path with a wrong secret is answered as any path that there is not, whatever
// else is sent along, and so is every path while no secret is configured.
func TestAWrongSecretIsAPathThatThereIsNot(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]orders.NoticeOptions{
		"configured":      {Secret: secret.New(pathSecret)},
		"with a password": {Secret: secret.New(pathSecret), User: "idosell", Password: secret.New("tajne")},
		"not configured":  {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			address := listening(t, tr, options)
			c := client(t)
			elsewhere := strings.Replace(address, "/idosell/", "/nowhere/", 1)
			wrong := []string{"x", pathSecret[1:] + "0", strings.ToUpper(pathSecret), pathSecret + "x", pathSecret[:10], strings.Repeat("a", 3000)}
			if options.Secret.Empty() {
				wrong = append(wrong, pathSecret, "%00")
			}
			for _, word := range wrong {
				for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} {
					change := func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip"); r.SetBasicAuth("x", "y") }
					var body []byte
					if method != "HEAD" {
						body = make([]byte, 300<<10)
					}
					got := send(t, c, method, address+word, bytes.NewReader(body), change)
					want := send(t, c, method, elsewhere+word, bytes.NewReader(body), change)
					want.body = strings.ReplaceAll(want.body, "/nowhere/", "/idosell/")
					if got.status != http.StatusNotFound || fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%s with %.20q: got %v, want %v", method, word, got, want)
					}
				}
			}
			same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 0)
		})
	}
}

func TestBasicCredentialsOfNotices(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	address := listening(t, tr, orders.NoticeOptions{Secret: secret.New(pathSecret), User: "idosell", Password: secret.New("hasło:z:dwukropkiem")}) + pathSecret
	c := client(t)
	for header, want := range map[string]int{
		"":                           http.StatusUnauthorized,
		"Basic":                      http.StatusUnauthorized,
		"Basic ?":                    http.StatusUnauthorized,
		"Bearer abcd":                http.StatusUnauthorized,
		"Basic aWRvc2VsbDpoYXPFgm8=": http.StatusUnauthorized, // idosell:hasło
		"Basic aW5ueTpoYXPFgm86ejpkd3Vrcm9wa2llbQ==":         http.StatusUnauthorized, // inny:hasło:z:dwukropkiem
		"Basic aWRvc2VsbDpoYXPFgm86ejpkd3Vrcm9wa2llbQ==":     http.StatusNoContent,
		"basic   aWRvc2VsbDpoYXPFgm86ejpkd3Vrcm9wa2llbQ==  ": http.StatusNoContent,
	} {
		got := send(t, c, "POST", address, strings.NewReader("orderId=1"), func(r *http.Request) {
			if header != "" {
				r.Header.Set("Authorization", header)
			}
		})
		same(t, header, got.status, want)
		if (got.status == http.StatusUnauthorized) != strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%q: WWW-Authenticate %q", header, got.header.Get("WWW-Authenticate"))
		}
	}
}

func TestLargeNotices(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	address := listening(t, tr, orders.NoticeOptions{Secret: secret.New(pathSecret)}) + pathSecret
	c := client(t)
	same(t, "256 kB", send(t, c, "POST", address, bytes.NewReader(make([]byte, 256<<10))).status, http.StatusNoContent)
	same(t, "a byte more", send(t, c, "POST", address, bytes.NewReader(make([]byte, 256<<10+1))).status, http.StatusRequestEntityTooLarge)
	// The listener itself refuses what is above its own limit, and may do so by
	// closing the connection while it is still being sent.
	request, err := http.NewRequestWithContext(t.Context(), "POST", address, bytes.NewReader(make([]byte, 10<<20)))
	if err != nil {
		t.Fatal(err)
	}
	if response, err := c.Do(request); err == nil {
		same(t, "10 MB", response.StatusCode, http.StatusRequestEntityTooLarge)
		_ = response.Body.Close()
	}
	same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 1)
	same(t, "the next one", send(t, c, "POST", address, strings.NewReader("orderId=1")).status, http.StatusNoContent)
}

// Whatever is accepted is stored and applied; what is not is told so.
func TestAFloodOfNotices(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tr := newTrail(t, s)
		id := tr.order("SH-1", "demoshop-1", 0, time.Hour)
		address := listening(t, tr, orders.NoticeOptions{Secret: secret.New(pathSecret)}) + pathSecret
		c := client(t)
		var accepted, refused atomic.Int64
		flood := func(n int, body func(int) string) {
			var all sync.WaitGroup
			numbers := make(chan int)
			for range 64 {
				all.Go(func() {
					for n := range numbers {
						switch got := send(t, c, "POST", address, strings.NewReader(body(n))); got.status {
						case http.StatusNoContent:
							accepted.Add(1)
						case http.StatusTooManyRequests:
							refused.Add(1)
							if got.header.Get("Retry-After") != "1" {
								t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
							}
						default:
							t.Errorf("status %d: %s", got.status, got.body)
						}
					}
				})
			}
			for i := range n {
				numbers <- i
			}
			close(numbers)
			all.Wait()
		}
		flood(5000, func(n int) string { return fmt.Sprintf("orderId=demoshop-1&n=%d", n) })
		same(t, "accepted of 5000 in a second", accepted.Load(), 60)
		same(t, "refused", refused.Load(), 4940)
		same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 60)
		tr.work()
		same(t, "applied", tr.number("SELECT count(*) FROM order_notices WHERE state = 'applied' AND order_id = ?", id), 60)
		tr.advance(time.Second)
		accepted.Store(0)
		flood(60, func(n int) string { return fmt.Sprintf("orderId=demoshop-1&n=%d", 10_000+n) })
		same(t, "accepted a second later", accepted.Load(), 60)
		// The same notice again and again needs none of them.
		accepted.Store(0)
		flood(1000, func(int) string { return "orderId=demoshop-1&n=10000" })
		same(t, "accepted of a known one", accepted.Load(), 1000)
		same(t, "stored in the end", tr.number("SELECT count(*) FROM order_notices"), 120)
	})
}

// A notice that cannot be stored is not answered as if it were, and the same one
// is taken afterwards.
func TestANoticeThatCannotBeStored(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	address := listening(t, tr, orders.NoticeOptions{Secret: secret.New(pathSecret)}) + pathSecret
	c := client(t)
	tr.exec("ALTER TABLE order_notices RENAME TO elsewhere")
	same(t, "without its table", send(t, c, "POST", address, strings.NewReader("orderId=1")).status, http.StatusServiceUnavailable)
	tr.exec("ALTER TABLE elsewhere RENAME TO order_notices")
	same(t, "jobs", len(tr.jobs), 0)
	same(t, "with its table", send(t, c, "POST", address, strings.NewReader("orderId=1")).status, http.StatusNoContent)
	same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 1)
}

// Bombs are small where they come in: they must be where they are read, too.
func TestHostileNotices(t *testing.T) {
	t.Parallel()
	deep := 100_000
	lol := `<!DOCTYPE lolz [<!ENTITY lol "lol">`
	for n := range 9 {
		lol += fmt.Sprintf(`<!ENTITY lol%d "%s">`, n+1, strings.Repeat("&lol"+strings.TrimLeft(fmt.Sprint(n), "0")+";", 10))
	}
	lol += `]><orderId>&lol9;</orderId>`
	wide := `{"orderId":"demoshop-1","x":[` + strings.Repeat("1,", 100_000) + "1]}"
	matryoshka := `{"orderId":"demoshop-1"}`
	for range 8 {
		matryoshka = fmt.Sprintf(`{"a":%q}`, matryoshka)
	}
	for name, c := range map[string]struct {
		notice orders.Notice
		want   string
	}{
		"deep json":              {jsonNotice(strings.Repeat("[", deep) + strings.Repeat("]", deep)), "unreadable"},
		"a hundred levels":       {jsonNotice(`{"orderId":"demoshop-1","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}"), "unreadable"},
		"deep json objects":      {jsonNotice(strings.Repeat(`{"":`, deep/2)), "unreadable"},
		"deep json in a form":    {formNotice("orderId=demoshop-1&x=" + strings.Repeat("[", deep)), "unreadable"},
		"deep xml":               {xmlNotice(strings.Repeat("<a>", deep/2)), "unreadable"},
		"deep form":              {formNotice("a" + strings.Repeat("[a]", deep/2) + "=1"), "unreadable"},
		"wide json":              {jsonNotice(wide), "unreadable"},
		"wide form":              {formNotice("orderId=demoshop-1" + strings.Repeat("&a=1", 50_000)), "unreadable"},
		"wide xml":               {xmlNotice("<o><orderId>demoshop-1</orderId>" + strings.Repeat("<a/>", 50_000) + "</o>"), "unreadable"},
		"many attributes":        {xmlNotice("<o" + strings.Repeat(" a='1'", 30_000) + "/>"), "unreadable"},
		"a billion laughs":       {xmlNotice(lol), "unreadable"},
		"an external entity":     {xmlNotice(`<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><orderId>&x;</orderId>`), "unreadable"},
		"an entity of no one":    {xmlNotice(`<orderId>&nobody;</orderId>`), "unreadable"},
		"a doctype":              {xmlNotice(`<!DOCTYPE html><orderId>demoshop-1</orderId>`), "unreadable"},
		"an unknown charset":     {xmlNotice(`<?xml version="1.0" encoding="klingon-7"?><orderId>demoshop-1</orderId>`), "unreadable"},
		"charset unknown":        {orders.Notice{Method: "POST", ContentType: "text/xml; charset=klingon-7", Body: []byte("<orderId>demoshop-1</orderId>")}, "unreadable"},
		"not in its charset":     {orders.Notice{Method: "POST", ContentType: "text/xml; charset=utf-8", Body: []byte("<orderId>\xff\xfe</orderId>")}, "unreadable"},
		"half a character":       {orders.Notice{Method: "POST", Body: []byte("\xff\xfe<")}, "unmatched"},
		"documents in documents": {jsonNotice(matryoshka), "unmatched"},
		"a long value":           {formNotice("orderId=" + strings.Repeat("9", 200_000)), "unmatched"},
		"many orders":            {formNotice(strings.Repeat("orderId=demoshop-1&orderId=x&", 1000)), "applied"},
		"no parts":               {orders.Notice{Method: "POST", ContentType: "multipart/form-data; boundary=x", Body: []byte("orderId=demoshop-1")}, "unreadable"},
		"many parcels":           {formNotice("orderId=demoshop-1&package=" + manyNumbers(10_000)), "unmatched"},
		"many short parcels":     {formNotice("orderId=demoshop-1" + strings.Repeat("&package="+manyNumbers(200), 20)), "applied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrail(t, sqliteStore(t))
			tr.order("SH-1", "demoshop-1", 0, time.Hour)
			tr.receive(c.notice)
			if want := c.want; name != "many parcels" {
				same(t, "the notice", tr.text("SELECT state FROM order_notices"), want)
			}
			if n := tr.number("SELECT count(*) FROM order_parcels"); n > 100 {
				t.Errorf("%d parcels", n)
			}
			// What follows is read as ever.
			tr.list.has("demoshop-1", "SH-1", idosell.StatusFinished)
			tr.receive(formNotice("orderId=demoshop-1&status=finished"))
			same(t, "the next notice", tr.text("SELECT state FROM order_notices ORDER BY id DESC LIMIT 1"), "applied")
		})
	}
}

func manyNumbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%08d,", i)
	}
	return b.String()
}

// A request that ends early leaves nothing waiting.
func TestANoticeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	tr := newTrail(t, sqliteStore(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tr.service.ReceiveNotice(ctx, formNotice("orderId=1")); err == nil {
		t.Error("a notice was stored although its request had ended")
	}
	same(t, "stored", tr.number("SELECT count(*) FROM order_notices"), 0)
}
