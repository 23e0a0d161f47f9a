package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"octobridge/idosell/iof"
)

// The offer changes while others search, order and read the feed: each file is
// whole and of one moment.
func TestOfferChangesWhileItIsRead(t *testing.T) {
	s, server := newWholesaler(t, ownAddress)
	caller := signIn(t, server)
	token := s.FeedToken()
	var together sync.WaitGroup
	together.Go(func() {
		for n := range 30 {
			// The mug's and the tape's stock are always the same.
			stock := map[string]int64{"101": int64(n), "410": int64(n)}
			if err := s.ChangeOffer(OfferChange{Stock: stock, Full: n%7 == 0}); err != nil {
				t.Error(err)
			}
		}
	})
	together.Go(func() {
		for range 30 {
			caller.must("Products/search", "<containsText>k</containsText>")
			caller.fill("205-41", "1")
		}
	})
	for _, name := range []string{"full", "light"} {
		together.Go(func() {
			for range 30 {
				answer := httptest.NewRecorder()
				s.ServeHTTP(answer, httptest.NewRequest("GET", "/_sandbox/feed/"+name+".xml?token="+token, nil))
				var stock []string
				for product, err := range iof.NewReader(answer.Body).Products() {
					if err != nil {
						t.Error(err)
						return
					}
					if product.ID != "205" {
						stock = append(stock, product.Sizes[0].Stocks[0].Quantity.String())
					}
				}
				if fresh := len(stock) == 2 && stock[0] == "116" && stock[1] == "50"; !fresh && (len(stock) != 2 || stock[0] != stock[1]) {
					t.Errorf("%s tells the stock %v", name, stock)
				}
			}
		})
	}
	together.Wait()
}

func FuzzOfferChange(f *testing.F) {
	for _, change := range []string{
		`{"remove":[101],"rename":{"205":{"pol":"]]>&<"}},"stock":{"410":0},"price":{"101":"19.99"},"full":true}`,
		`{"put":[{"id":7,"code":"\u0000","names":{"pol":"x","deu":"y"},"retail":"1e3","wholesale":1,"sizes":[{"id":"<"}],"parameters":[{"id":"1","valueID":"2"}]}]}`,
		`{"promotion":{"101":"1e-9"},"suggested":{"101":0},"describe":{"101":{"eng":""}}}`, `[]`, `{"stock":{"--":1}}`,
	} {
		f.Add(change)
	}
	f.Fuzz(func(t *testing.T, change string) {
		s := New(Options{Catalogue: testCatalogue(), Clock: fixedClock{}, Location: time.UTC, Orders: []SeedOrder{}, Accounts: []Account{{Login: testLogin}}})
		defer s.Close()
		serve := func(method, address, body string) *httptest.ResponseRecorder {
			answer := httptest.NewRecorder()
			s.ServeHTTP(answer, httptest.NewRequest(method, address, strings.NewReader(body)))
			return answer
		}
		answer := serve("POST", "/_sandbox/offer", change)
		if answer.Code != http.StatusOK && answer.Code != http.StatusBadRequest {
			t.Fatalf("status %d", answer.Code)
		}
		gateway, err := iof.ReadGateway(serve("GET", "/_sandbox/feed/gateway.xml", "").Body)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Code != http.StatusOK && len(gateway.Changes) > 0 {
			t.Error("a refused change has a file")
		}
		for _, part := range append(gateway.Changes, *gateway.Full, *gateway.Light) {
			_, path, _ := strings.Cut(part.URL.Reveal(), "example.com")
			body := serve("GET", path, "").Body.Bytes()
			if err := wellFormed(string(body)); err != nil {
				t.Errorf("%s: %v", part.Kind, err)
			}
			for _, err := range iof.NewReader(bytes.NewReader(body)).Products() {
				if err != nil {
					t.Errorf("%s: %v", part.Kind, err)
				}
			}
		}
	})
}

// A price with more digits than money has is refused, and so are amounts that no
// price is.
func TestPricesAreMoney(t *testing.T) {
	_, server := newWholesaler(t)
	for _, price := range []string{"1e300", "0.001", "12.345", "1e-400"} {
		for _, key := range []string{"price", "promotion", "wholesale", "suggested"} {
			change := fmt.Sprintf(`{"%s":{"101":"%s"}}`, key, price)
			if status := ask(t, "POST", server.URL+"/_sandbox/offer", change, nil); status != http.StatusBadRequest {
				t.Errorf("%s: status %d", change, status)
			}
		}
	}
}
