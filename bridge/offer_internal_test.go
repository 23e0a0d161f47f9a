package bridge

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"octobridge/bridge/catalog"
	"octobridge/bridge/config"
	"octobridge/idosell/sandbox"
	"octobridge/oct8ne"
)

// offerService is a service before a sandbox, with a file of the shop's ids.
func offerService(t *testing.T, ids string) (*Service, *sandbox.Server) {
	t.Helper()
	wholesaler := sandbox.New(sandbox.Options{Catalogue: sandbox.Assortment()})
	address, err := wholesaler.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wholesaler.Close() })
	folder := t.TempDir()
	settings := demoConfig(Dropshipping, "http://127.0.0.1:8080", address, folder, "PLN")
	settings.Shop.IDsFile = filepath.Join(folder, "ids.csv")
	if err := os.WriteFile(settings.Shop.IDsFile, []byte(ids), 0o600); err != nil {
		t.Fatal(err)
	}
	settings.Cache = config.Cache{Fresh: time.Minute, Stale: time.Hour, Items: 1000}
	s, err := NewService(t.Context(), ServiceOptions{Config: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, wholesaler
}

// "Visitors find 351 products" was said of a shop that has three of them.
func TestWhatVisitorsFindIsWhatTheShopHas(t *testing.T) {
	s, _ := offerService(t, "MUG;1101\nBED-140;2101-140x200\nBED-160;2101-160x200\nGONE;999999\n")
	if err := s.offer.readNow(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	status, err := s.offer.desk().Status(t.Context())
	if err != nil || status.Products != 2 || status.Offered != status.Files[len(status.Files)-1].Products {
		t.Errorf("%v: %+v", err, status)
	}
	found, err := s.adapter.Search(t.Context(), &oct8ne.Request{}, oct8ne.SearchQuery{Page: 1, PageSize: 10})
	if err != nil || found.Total != 2 || len(found.Results) != 2 {
		t.Errorf("%v: %+v", err, found)
	}
	// An agent who types an id of the shop's found nothing.
	if found, err = s.adapter.Search(t.Context(), &oct8ne.Request{}, oct8ne.SearchQuery{Text: "bed-160", Page: 1, PageSize: 10}); err != nil || found.Total != 1 {
		t.Errorf("by an id: %v: %+v", err, found)
	}
	infos, err := s.adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"BED-160", "1101", "MUG", "GONE", "BED-140"})
	if err != nil || len(infos) != 3 || infos[0].InternalID != "BED-160" || infos[1].InternalID != "MUG" || infos[2].InternalID != "BED-140" {
		t.Errorf("%v: %+v", err, infos)
	}
}

// Before the first offer visitors are answered live, so that the service is ready; once
// there is one it has to be in memory.
func TestReadyWithoutAnOfferButNotWithoutItsIndex(t *testing.T) {
	s, _ := offerService(t, "MUG;1101\n")
	if err := s.offer.ready(t.Context()); err != nil {
		t.Errorf("before the first offer: %v", err)
	}
	if err := s.offer.readNow(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.offer.ready(t.Context()); err != nil {
		t.Errorf("with an offer: %v", err)
	}
	empty, err := catalog.New(t.Context(), catalog.Options{Store: s.offer.store})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&offer{catalog: empty}).ready(t.Context()); err == nil {
		t.Error("ready though the offer is not in memory yet")
	}
}

// A page so far away that its offset would not fit in a number has nothing on it, as
// each behind the last.
func TestSearchPagesWithoutEnd(t *testing.T) {
	s, _ := offerService(t, "MUG;1101\nBED-140;2101-140x200\nBED-160;2101-160x200\n")
	if err := s.offer.readNow(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ page, size, want int }{
		{1, 1, 1}, {2, 1, 1}, {3, 1, 0}, {1, 2, 2}, {2, 2, 0}, {1, 100, 2},
		{math.MaxInt32, 100, 0}, {math.MaxInt/100 + 1, 100, 0}, {math.MaxInt/4 + 1, 8, 0}, {math.MaxInt, 1, 0}, {math.MaxInt, 100, 0},
		{1, 0, 0}, {math.MaxInt, 0, 0},
	} {
		found, err := s.adapter.Search(t.Context(), &oct8ne.Request{}, oct8ne.SearchQuery{Page: test.page, PageSize: test.size})
		if err != nil || found.Total != 2 || len(found.Results) != test.want {
			t.Errorf("page %d of %d each: %d of %d, want %d of 2: %v", test.page, test.size, len(found.Results), found.Total, test.want, err)
		}
	}
}
