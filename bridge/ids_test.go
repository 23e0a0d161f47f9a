package bridge_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"octobridge/bridge"
	"octobridge/oct8ne"
)

// readIDs reads a file of the shop's ids with these lines.
func readIDs(t *testing.T, lines string) *bridge.ShopIDs {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ids.csv")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := bridge.ReadShopIDs(path)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// Live searches, and those before the first offer was read, showed what the file
// leaves out, under the wholesaler's ids: asked for by such an id, the shop's own
// product of that name came.
func TestLiveSearchesShowOnlyWhatTheShopHas(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(mugs(5)...), func(o *bridge.AdapterOptions) { o.ShopIDs = readIDs(t, "MUG;2\n3;4\n") })
	for _, c := range []struct {
		page, size, total int
		want              []string
	}{
		{1, 10, 2, []string{"MUG", "3"}},
		{1, 10, 2, []string{"MUG", "3"}}, // from what is kept
		{1, 2, 5, []string{"MUG"}},       // what the other pages hold is not known
		{2, 2, 5, []string{"3"}},
	} {
		got, err := adapter.Search(t.Context(), &oct8ne.Request{}, query("kubek", c.page, c.size))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, summaryIDs(got.Results)); diff != "" || got.Total != c.total {
			t.Errorf("page %d of %d: total %d, want %d\n%s", c.page, c.size, got.Total, c.total, diff)
		}
	}
	related, err := adapter.ProductRelated(t.Context(), &oct8ne.Request{}, oct8ne.RelatedQuery{ProductID: "MUG", Page: 1, PageSize: 10})
	if diff := cmp.Diff([]string{"3"}, summaryIDs(related.Results)); err != nil || diff != "" || related.Total != 1 {
		t.Errorf("related: %v, total %d\n%s", err, related.Total, diff)
	}
}

// The id of a size led to the product's page with no size in it.
func TestLinksNameTheSizeOfTheShopsID(t *testing.T) {
	t.Parallel()
	adapter := newAdapter(t, newWholesaler(mugs(1)...), func(o *bridge.AdapterOptions) {
		o.ShopIDs = readIDs(t, "M;1-3\nL;1-4\nALL;1\n")
		o.ProductURL, o.AddToCartURL = "https://shop.example/p/{id}?size={size}", "https://shop.example/add?id={id}&size={size}"
	})
	infos, err := adapter.ProductInfo(t.Context(), &oct8ne.Request{}, []string{"ALL", "L", "M"})
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for _, p := range infos {
		links = append(links, p.ProductURL, p.AddToCartURL)
	}
	if diff := cmp.Diff([]string{
		"https://shop.example/p/ALL?size=", "https://shop.example/add?id=ALL&size=",
		"https://shop.example/p/L?size=4", "https://shop.example/add?id=L&size=4",
		"https://shop.example/p/M?size=3", "https://shop.example/add?id=M&size=3",
	}, links); diff != "" {
		t.Error(diff)
	}
}
