package record_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// played answers with the exchanges of a recording, one after the other.
type played struct {
	mu        sync.Mutex
	exchanges []record.Exchange
}

func (p *played) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.exchanges) == 0 {
		return nil, errors.New("the recording is at its end")
	}
	e := p.exchanges[0]
	p.exchanges = p.exchanges[1:]
	return &http.Response{StatusCode: e.Status, Header: e.Header, ContentLength: -1, Body: io.NopCloser(strings.NewReader(string(e.Answer))), Request: request}, nil
}

// What was redacted still decodes, and what is no person's is as it was: goods,
// prices, stock, couriers, statuses, dates.
func TestRecordedAnswersDecodeAsBefore(t *testing.T) {
	for name, form := range map[string]sandbox.Form{
		"default": {}, "maps": {Map: true}, "references": {MultiRef: true}, "CDATA": {CDATA: true, OtherPrefixes: true}, "snake_case": {SnakeCase: true, Results: "Results"},
		"ISO-8859-2": {Encoding: "iso-8859-2"}, "UTF-16": {Encoding: "utf-16le"}, "mark": {Encoding: "utf-8-bom"}, "repeated": {Repeated: true, Nil: true},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "default" && name != "maps" && name != "UTF-16" {
				t.Skip("three forms are enough in a short run")
			}
			s, _ := newRecordedStage(t, record.RecorderOptions{})
			s.sandbox.SetMoods(sandbox.Moods{Form: form})
			type answers struct {
				Products  []idosell.Product
				Couriers  []idosell.Courier
				Available []idosell.Availability
				Orders    []idosell.Order
				Addresses []idosell.DeliveryAddress
			}
			ask := func(c *idosell.Client) answers {
				return answers{
					must[[]idosell.Product](t)(everyRow(c.SearchProducts(t.Context(), idosell.ProductQuery{Text: "kubek"}))),
					must[[]idosell.Courier](t)(c.Couriers(t.Context(), "PL")),
					must[[]idosell.Availability](t)(c.Availability(t.Context(), idosell.Line{Code: "1101", Quantity: onePiece(t)})),
					must[[]idosell.Order](t)(everyRow(c.Orders(t.Context(), idosell.OrderQuery{}))),
					must[[]idosell.DeliveryAddress](t)(everyRow(c.DeliveryAddresses(t.Context(), idosell.AddressQuery{}))),
				}
			}
			live := ask(s.client)
			exchanges := must[[]record.Exchange](t)(record.ReadAll(s.dir))
			recorded := ask(recordingClient(t, "https://wholesaler.example", &played{exchanges: exchanges}))
			for what, pair := range map[string][2]any{
				"products": {live.Products, recorded.Products}, "couriers": {live.Couriers, recorded.Couriers}, "availability": {live.Available, recorded.Available},
			} {
				if difference := cmp.Diff(pair[0], pair[1]); difference != "" {
					t.Errorf("%s changed:\n%s", what, difference)
				}
			}
			if len(live.Orders) != 2 || len(recorded.Orders) != 2 || len(recorded.Addresses) != len(live.Addresses) {
				t.Fatalf("%d and %d orders", len(live.Orders), len(recorded.Orders))
			}
			for i := range live.Orders {
				before, after := live.Orders[i], recorded.Orders[i]
				if after.Client.Delivery.LastName == before.Client.Delivery.LastName || after.Client.Delivery.LastName == "" {
					t.Errorf("the recipient of order %d is %q", i, after.Client.Delivery.LastName)
				}
				if after.Client.Delivery.Address != withoutNIP(recorded.Addresses[i].Address) {
					t.Errorf("one person, two stand-ins:\n%+v\n%+v", after.Client.Delivery.Address, recorded.Addresses[i].Address)
				}
				if before.Reference() != "" && (after.Reference() == "" || after.Reference() == before.Reference()) {
					t.Errorf("the reference %q became %q", before.Reference(), after.Reference())
				}
				if len(after.Dispatch.Parcels) != len(before.Dispatch.Parcels) || !strings.HasSuffix(after.ID, before.ID[strings.LastIndex(before.ID, "-"):]) {
					t.Errorf("order %q became %q with %d parcels", before.ID, after.ID, len(after.Dispatch.Parcels))
				}
				// All but people and parcels is as it was.
				after.ID, after.Client, after.ClientNote, after.Dispatch.Parcels = before.ID, before.Client, before.ClientNote, before.Dispatch.Parcels
				if difference := cmp.Diff(before, after); difference != "" {
					t.Errorf("order %d changed:\n%s", i, difference)
				}
			}
		})
	}
}

// Orders/get has no NIP of the recipient.
func withoutNIP(a idosell.Address) idosell.Address { a.NIP = ""; return a }

// A recording refuses what would change something, before anything is sent, and says
// that it may be sent with another setting and not again.
func TestARecordingRefusesChanges(t *testing.T) {
	s, _ := newRecordedStage(t, record.RecorderOptions{})
	_, err := s.client.PlaceOrder(t.Context(), idosell.NewOrder{Delivery: addressOf(plantedAddress), CourierID: 6, PaymentType: "prepaid"})
	failure, ok := errors.AsType[*idosell.Error](err)
	if !ok || failure.Kind != idosell.KindRequest || failure.SendAgain != idosell.SendAgainNo || failure.Gate != "Dropshipping/placeOrder" ||
		failure.Operation != idosell.OpPlaceOrder || !strings.Contains(err.Error(), "--allow-writes") {
		t.Errorf("placeOrder: %#v", err)
	}
	if calls := s.sandbox.Calls()["Dropshipping/placeOrder"]; calls != 0 {
		t.Errorf("%d calls reached the wholesaler", calls)
	}
	for _, address := range []string{"?gate=Orders/delete/1/soap", "?gate=", "", "?gate=Orders/delete/1/soap/wsdl"} {
		request, _ := http.NewRequest(http.MethodPost, "http://127.0.0.1:1/customer-api/"+address, strings.NewReader("x"))
		if response, err := s.recorder.RoundTrip(request); err == nil || idosell.MaySendAgain(err) != idosell.SendAgainNo {
			t.Errorf("%q: %v, %v", address, response, err)
		}
	}
	if _, err := s.client.Supplier(t.Context()); err != nil {
		t.Errorf("a read is refused: %v", err)
	}
	if err := s.recorder.Close(); err != nil {
		t.Error(err)
	}
	if s.recorder.Recorded() != 2 {
		t.Errorf("%d exchanges were recorded, want Authenticate and the read", s.recorder.Recorded())
	}
}

// A recording goes on where another ended, its folders and files are nobody else's to
// read, and concurrent calls get a number each.
func TestARecordingIsContinued(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "recording")
	for round := 1; round <= 2; round++ {
		s, _ := newRecordedStage(t, record.RecorderOptions{Dir: dir})
		var group sync.WaitGroup
		for _, country := range []string{"PL", "DE", "CZ", "FR"} {
			group.Go(func() { _, _ = s.client.Couriers(t.Context(), country) })
		}
		group.Wait()
		if err := errors.Join(s.recorder.Close(), s.recorder.Close()); err != nil {
			t.Fatal(err)
		}
		exchanges := must[[]record.Exchange](t)(record.ReadAll(dir))
		if len(exchanges) != 5*round {
			t.Fatalf("%d exchanges after %d rounds", len(exchanges), round)
		}
		if e := exchanges[5*(round-1)]; e.Operation != idosell.OpAuthenticate || e.Version != 1 || e.Status != 200 || e.At.IsZero() || e.Took <= 0 {
			t.Errorf("the first of round %d is %+v", round, e)
		}
		// After Close nothing is kept, and calls go on.
		if _, err := s.client.Couriers(t.Context(), "AT"); err != nil {
			t.Error(err)
		}
		if next := must[int](t)(record.Next(dir)); next != 5*round+1 {
			t.Errorf("the next number is %d", next)
		}
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		info, infoErr := entry.Info()
		if err = errors.Join(err, infoErr); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A disk that takes nothing ends the recording; the calls go on.
func TestAFailedRecordingIsNoFailedCall(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	s, _ := newRecordedStage(t, record.RecorderOptions{Dir: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file in the folder's place
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.client.Couriers(t.Context(), "PL"); err != nil {
			t.Errorf("the call failed: %v", err)
		}
	}
	err := s.recorder.Close()
	if err == nil || !strings.Contains(err.Error(), "exchange 1") || s.recorder.Recorded() != 0 {
		t.Errorf("%d recorded, %v", s.recorder.Recorded(), err)
	}
	if again := s.recorder.Close(); again == nil || again.Error() != err.Error() {
		t.Errorf("a second Close says %v", again)
	}
}

// What came in place of an answer is kept as what it was; what the caller gave up is
// not. The caller gets what it would have got.
func TestFailuresAreRecorded(t *testing.T) {
	var behave atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch behave.Load() {
		case "slow":
			<-r.Context().Done()
		case "drop":
			panic(http.ErrAbortHandler)
		case "middle":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "<a><firstName>Eustachy")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "large":
			for range 9 {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
			}
		case "headers":
			w.Header().Set("Set-Cookie", "PHPSESSID=abcdef")
			w.Header().Set("X-Client", "Eustachy")
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Content-Type", `text/html; charset=utf-8; owner="Eustachy"`)
			w.WriteHeader(503)
		}
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	dir := t.TempDir()
	recorder, err := record.NewRecorder(record.RecorderOptions{Dir: dir, Next: transport})
	if err != nil {
		t.Fatal(err)
	}
	call := func(ctx context.Context, how string) (int64, *http.Response, error) {
		behave.Store(how)
		request, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/customer-api/?gate=Orders/get/1/soap", strings.NewReader("<get/>"))
		response, err := recorder.RoundTrip(request)
		if err != nil {
			return 0, nil, err
		}
		defer response.Body.Close()
		n, err := io.Copy(io.Discard, response.Body)
		return n, response, err
	}
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := call(brief, "slow"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := call(gone, "slow"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if _, _, err := call(t.Context(), "drop"); err == nil {
		t.Error("dropped: no error")
	}
	if n, _, err := call(t.Context(), "middle"); !errors.Is(err, io.ErrUnexpectedEOF) || n != 22 {
		t.Errorf("in the middle: %d bytes, %v", n, err)
	}
	if n, _, err := call(t.Context(), "large"); err != nil || n != 9<<20 {
		t.Errorf("large: %d bytes, %v", n, err)
	}
	if _, response, err := call(t.Context(), "headers"); err != nil || response.Header.Get("Set-Cookie") == "" {
		t.Errorf("headers: the caller got %v, %v", response, err)
	}
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	exchanges := must[[]record.Exchange](t)(record.ReadAll(dir))
	if len(exchanges) != 5 {
		t.Fatalf("%d exchanges", len(exchanges))
	}
	for i, want := range []struct {
		status  int
		failure string
		answer  string
	}{{0, "timeout", ""}, {0, "network", ""}, {200, "network", "<a><firstName>First-1"}, {200, "", "An answer of more than 8388608 bytes"}, {503, "", ""}} {
		if e := exchanges[i]; e.Status != want.status || e.Failure != want.failure || !strings.HasPrefix(string(e.Answer), want.answer) || len(e.Answer) > 200 || e.Name() != "Orders/get" {
			t.Errorf("exchange %d: %d %q %.100q", i+1, e.Status, e.Failure, e.Answer)
		}
	}
	header := exchanges[4].Header
	header.Del("Date")
	if difference := cmp.Diff(http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Retry-After": {"7"}}, header); difference != "" {
		t.Error(difference)
	}
}
