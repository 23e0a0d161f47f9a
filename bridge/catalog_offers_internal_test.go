package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/bridge/config"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
	"octobridge/oct8ne"
)

// offerShop is the service over an offer of a test's own, asked over HTTP as oct8ne
// does.
type offerShop struct {
	t       *testing.T
	service *Service
	public  string
	http    *http.Client

	mu    sync.Mutex
	offer string
}

// openOffer starts the service with the offer in its catalogue. change may be nil.
func openOffer(t *testing.T, offer string, change func(*config.Config)) *offerShop {
	t.Helper()
	s := &offerShop{t: t, offer: offer}
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, _ = io.WriteString(w, s.offer)
	}))
	wholesaler := sandbox.New(sandbox.Options{Catalogue: sandbox.Assortment()})
	address, err := wholesaler.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.public = "http://" + listener.Addr().String()
	settings := demoConfig(Dropshipping, s.public, address, t.TempDir(), "PLN")
	settings.Shop.ProductURL = "https://shop.example/{id}"
	settings.Feed.URL, settings.Feed.Schedule, settings.Feed.MaxLoss = idosell.NewSecret(feed.URL), "@every 1h", 100
	if change != nil {
		change(&settings)
	}
	if s.service, err = NewService(t.Context(), ServiceOptions{Config: settings, Version: "test", Listener: listener}); err != nil {
		t.Fatal(err)
	}
	s.read()
	if err := s.service.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.service.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	s.http = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service did not end well: %v", err)
		}
		feed.Close()
		if err := wholesaler.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// read has the feed read now.
func (s *offerShop) read() {
	s.t.Helper()
	if err := s.service.offer.readNow(s.t.Context(), nil); err != nil {
		s.t.Fatal(err)
	}
}

// put puts another offer in the place of the one before, and has it read.
func (s *offerShop) put(offer string) {
	s.t.Helper()
	s.mu.Lock()
	s.offer = offer
	s.mu.Unlock()
	s.read()
}

// ask returns what a method answers.
func (s *offerShop) ask(method string, query url.Values) string {
	s.t.Helper()
	return askFrame(s.t, s.http, s.public+"/oct8ne/frame/"+method+"?"+query.Encode())
}

func (s *offerShop) search(query url.Values) oct8ne.SearchResult {
	s.t.Helper()
	return searchFrame(s.t, s.http, s.public+"/oct8ne/frame", query)
}

func askFrame(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", address, response.StatusCode, err, body)
	}
	return string(body)
}

func searchFrame(t *testing.T, client *http.Client, frame string, query url.Values) (result oct8ne.SearchResult) {
	t.Helper()
	if err := json.Unmarshal([]byte(askFrame(t, client, frame+"/search?"+query.Encode())), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// walk takes filters that are on offer, so many levels deep, every few of them,
// and holds each count against the search that it promises. It returns how many
// searches it made.
func walk(t *testing.T, search func(url.Values) oct8ne.SearchResult, query url.Values, levels, every int) int {
	t.Helper()
	asked, next := 1, 0
	result := search(query)
	for _, applied := range result.Filters.Applied {
		if query.Get(applied.Param) != applied.Value || applied.ParamLabel == "" || applied.ValueLabel == "" {
			t.Errorf("%s: applied is %+v", query.Encode(), applied)
		}
	}
	for _, filter := range result.Filters.Available {
		if query.Has(filter.Param) || len(filter.Options) == 0 || filter.ParamLabel == "" {
			t.Errorf("%s: %s is on offer as %+v", query.Encode(), filter.Param, filter)
		}
		for _, option := range filter.Options {
			if next++; next%every != 0 && len(result.Filters.Applied) > 0 {
				continue
			}
			further := url.Values{}
			for name, values := range query {
				further[name] = values
			}
			further.Set(filter.Param, option.Value)
			found := search(further)
			asked++
			if count, err := strconv.Atoi(option.Count); err != nil || count < 1 || count != found.Total || option.ValueLabel == "" {
				t.Errorf("%s promises %q of %q, but finds %d", further.Encode(), option.Count, option.ValueLabel, found.Total)
			}
			if len(found.Filters.Applied) != len(result.Filters.Applied)+1 {
				t.Errorf("%s: applied are %+v", further.Encode(), found.Filters.Applied)
			}
			if levels > 1 {
				asked += walk(t, search, further, levels-1, every)
			}
		}
	}
	return asked
}

// Every count that a demonstration offers is the total of the search with it, two
// filters deep, whatever the language and the currency.
func TestCountsOfTheDemoArePromisesKept(t *testing.T) {
	t.Parallel()
	demo, err := StartDemo(t.Context(), DemoOptions{Listen: "127.0.0.1:0", SandboxListen: "127.0.0.1:0", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer func() {
		client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	search := func(query url.Values) oct8ne.SearchResult { return searchFrame(t, client, demo.Info.Adapter, query) }
	every, texts := 7, []string{"", "kubek", "st"}
	if testing.Short() { // the race detector makes minutes of it
		every, texts = 19, texts[1:2]
	}
	asked := 0
	for _, locale := range []string{"pl-PL", "en-GB", "de-DE"} {
		for _, currency := range []string{"PLN", "EUR"} {
			for _, text := range texts {
				asked += walk(t, search, url.Values{"locale": {locale}, "currency": {currency}, "search": {text}, "pageSize": {"1"}}, 2, every)
			}
		}
	}
	t.Logf("%d searches", asked)
}

// pagesOf reads all pages of a search, and returns the ids in their order.
func pagesOf(t *testing.T, search func(url.Values) oct8ne.SearchResult, query url.Values, size int) []string {
	t.Helper()
	var ids []string
	for page := 1; ; page++ {
		query.Set("page", fmt.Sprint(page))
		query.Set("pageSize", fmt.Sprint(size))
		result := search(query)
		for _, found := range result.Results {
			if slices.Contains(ids, found.InternalID) {
				t.Errorf("%s: %s is on two pages", query.Encode(), found.InternalID)
			}
			ids = append(ids, found.InternalID)
		}
		if len(result.Results) == 0 {
			if len(ids) != result.Total {
				t.Errorf("%s: %d products on all pages, want %d", query.Encode(), len(ids), result.Total)
			}
			return ids
		}
	}
}

// element writes a product of an offer: an id, a name and what is inside.
func element(id int, name, inside string) string {
	return fmt.Sprintf(`<product id="%d" vat="23"><description><name xml:lang="pol"><![CDATA[%s]]></name></description>%s</product>`, id, name, inside)
}

// offerOf is a full file of products.
func offerOf(products ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><offer file_format="IOF" version="3.0" generated="` + time.Now().Format(time.DateTime) +
		`" xmlns:iaiext="http://www.iai-shop.com/developers/iof/extensions.phtml"><products currency="PLN" language="pol">` +
		strings.Join(products, "") + "</products></offer>"
}

// Values that are names, for want of an id, came back from oct8ne otherwise than
// they were offered: without the space at the end that a trade mark had left, or
// not at all where they were longer than what a filter may be. The count was then
// that of no search.
func TestValuesThatAreNamesComeBack(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Narzędzia ogrodnicze i leśne ", 9)
	s := openOffer(t, offerOf(
		element(1, "Kosa", `<producer name="Żbik™"/><category name="`+long+`/`+long+`/Kosy"/><sizes><size id="1" name="XL ®" code="1-1"><stock id="1" quantity="3"/></size></sizes>
			<parameters><parameter type="parameter" id="9" name="Opis"><value name="`+long+`"/></parameter><parameter type="parameter" id="age" name="Wiek"><value id="3" name="3+"/></parameter>
			<parameter type="parameter" id="rice" name="Ryż"><value id="1" name="tak"/></parameter></parameters>`),
		element(2, "Sierp", `<producer name=" © "/><category name="`+long+`/`+long+`/Sierpy"/>
			<parameters><parameter type="parameter" id="9" name="Opis"><value name="`+long+` inny"/></parameter><parameter type="parameter" id="`+strings.Repeat("7", 90)+`" name="Numer"><value id="`+long+`" name="x"/></parameter></parameters>`),
		element(3, "Grabie", `<producer name="Żbik"/>`),
	), nil)
	offered := s.search(url.Values{}).Filters.Available
	if len(offered) < 7 {
		t.Errorf("only %d filters are on offer: %+v", len(offered), offered)
	}
	walk(t, s.search, url.Values{}, 2, 1)
}
