package catalog_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/idosell/sandbox"
	"octobridge/internal/recorded"
	"octobridge/internal/secret"
)

// The sandbox's feed, which shares no code with its reader, is followed through
// changes and troubles.
func TestSyncWithTheSandbox(t *testing.T) {
	if testing.Short() {
		t.Skip("the sandbox writes its whole offer several times")
	}
	shop := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(shop)
	t.Cleanup(func() {
		server.Close()
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	alerts, log := &recorded.Alerts{}, &recorded.Log{}
	f := &following{alerts: alerts, log: log}
	f.fixture = open(t, open2(t), func(o *catalog.Options) {
		o.Feed = catalog.FeedOptions{URL: secret.New(server.URL + "/_sandbox/feed/gateway.xml?token=" + shop.FeedToken()), Dir: t.TempDir(), MaxBytes: 64 << 20}
		o.Alerts, o.MaxLoss, o.Location = alerts, 0.3, nil
	})
	if err := f.Hurry(); err != nil {
		t.Fatal(err)
	}
	change := func(text string) {
		t.Helper()
		var c sandbox.OfferChange
		if err := errors.Join(json.Unmarshal([]byte(text), &c), shop.ChangeOffer(c)); err != nil {
			t.Fatal(err)
		}
	}
	served := func(kind string) int64 { return shop.FeedServed()[kind].Bytes }

	f.expect("the first look", f.look(), "categories, sizes, producers, units, parameters, stocks, series, warranties, full, light")
	products := f.Index().Len()
	if products == 0 {
		t.Fatal("there are no products")
	}
	f.expect("nothing is new", f.look(), "")

	// Only what differs is fetched, not the whole offer again. Prices and stock
	// are in the light file, too, which is made for each change.
	ids := f.ids()
	full := served("full")
	change(`{"rename": {"` + strconv.FormatInt(ids[0], 10) + `": {"pol": "Zupełnie nowa nazwa"}}, "remove": [` + strconv.FormatInt(ids[1], 10) + `]}`)
	if got := f.look(); !strings.HasPrefix(got, "change-") && !strings.Contains(got, ", change-") {
		t.Errorf("a change: %q", got)
	}
	if f.name(ids[0]) != "Zupełnie nowa nazwa" || f.Index().Has(ids[1]) || served("full") != full {
		t.Errorf("%q; the removed one is there: %v; %d bytes of the full file", f.name(ids[0]), f.Index().Has(ids[1]), served("full")-full)
	}
	f.expect("nothing is new", f.look(), "")

	// The connection breaks once, and the rest is asked for: the file is sent
	// once altogether.
	shop.Advance(time.Hour)
	shop.RegenerateFull()
	shop.SetMoods(sandbox.Moods{Gates: []string{"Feed/full"}, Calls: 1, Feed: sandbox.FeedTrouble{BreakAfter: 5000}})
	full = served("full")
	if got := f.look(); !strings.Contains(got, "full") {
		t.Errorf("a new full file: %q", got)
	}
	once := served("full") - full
	shop.SetMoods()
	shop.Advance(time.Hour)
	shop.RegenerateFull()
	full = served("full")
	f.look(catalog.SyncOptions{Force: true})
	if again := served("full") - full; once < again*9/10 || once > again*11/10 {
		t.Errorf("%d bytes were sent over a broken connection, %d over a whole one", once, again)
	}

	// Half of the products are gone: held, and confirmed.
	shop.Advance(time.Hour)
	shop.SetMoods(sandbox.Moods{Gates: []string{"Feed/full"}, Feed: sandbox.FeedTrouble{LoseShare: 0.5}})
	if got := f.look(); !strings.Contains(got, "full held") || f.Index().Len() != products-1 {
		t.Errorf("half of it: %q, %d products", got, f.Index().Len())
	}
	if err := f.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.look()
	if got := f.Index().Len(); got > products/2+1 || got == 0 {
		t.Errorf("%d of %d products after the confirmation", got, products)
	}

	// Cut off as if that were all: what was there stays.
	half := f.Index().Len()
	shop.Advance(time.Hour)
	shop.RegenerateFull()
	shop.SetMoods(sandbox.Moods{Gates: []string{"Feed/full"}, Feed: sandbox.FeedTrouble{CutAfter: 20_000}})
	if got, err := f.sync(); err == nil || f.Index().Len() != half {
		t.Errorf("cut off: %q, %d products", got, f.Index().Len())
	}
	shop.SetMoods(sandbox.Moods{Gates: []string{"Feed"}, Feed: sandbox.FeedTrouble{NoValidators: true, NoRanges: true, NoGzip: true}})
	if got := f.look(); !strings.Contains(got, "full") || f.Index().Len() != products-1 {
		t.Errorf("a server that says nothing: %q, %d products", got, f.Index().Len())
	}
	f.expect("the same once more", f.look(), "")
	if strings.Contains(log.String(), shop.FeedToken()) {
		t.Error("the log holds the token")
	}
}
