package bridge

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"octobridge/oct8ne"
)

// The shared list of searches, asked over HTTP of an offer that was imported: in the
// offer's language, in one that it has no text in, and in one that nobody speaks.
func TestSampleSearchesOverHTTP(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("OCTOTEST_SEARCH_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_SEARCH_SAMPLES is not set: it is the folder with pl.tsv")
	}
	body, err := os.ReadFile(filepath.Join(folder, "pl.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	var titles, products []string
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimRight(line, "\r\n"); line == "" || line[0] == '#' {
			continue
		}
		lines = append(lines, strings.Split(line, "\t"))
		for _, title := range lines[len(lines)-1][1:] {
			if !slices.Contains(titles, title) {
				titles = append(titles, title)
				products = append(products, element(len(titles), title, ""))
			}
		}
	}
	s := openOffer(t, offerOf(products...), nil)
	for _, locale := range []string{"pl-PL", "en-GB", "tlh", ""} {
		found := 0
		for _, line := range lines {
			result := s.search(url.Values{"search": {line[0]}, "locale": {locale}, "pageSize": {"100"}})
			has := func(title string) bool {
				return slices.ContainsFunc(result.Results, func(p oct8ne.ProductSummary) bool { return p.Title == title })
			}
			if has(line[1]) {
				found++
			} else {
				t.Logf("%q does not find %q", line[0], line[1])
			}
			if len(line) > 2 && has(line[2]) {
				t.Errorf("%q finds %q, which it must not, in %q", line[0], line[2], locale)
			}
		}
		if found*100 < len(lines)*95 || len(lines) < 40 {
			t.Errorf("%d of %d searches find what they must in %q, want 95 %%", found, len(lines), locale)
		}
	}
}

// manyMugs is an offer of mugs that cost all kinds of amounts, many of them the same,
// and are called all kinds of names.
func manyMugs(n int) string {
	var products []string
	names := []string{"Łyżka", "Lampa", "łopata", "Zegar", "Żaba", "Ćwiek", "Cążki", "Świeca", "sito", "Ósemka", "obraz", "10 gwoździ", "9 śrub"}
	for i := range n {
		inside := fmt.Sprintf(`<category id="%d" name="Dom/Działki"/><sizes><size id="uniw" name="uniw" code="%d-uniw" code_producer="590%010d"><stock id="1" quantity="%d"/></size></sizes>`, i%3+1, i+1, i, i%2)
		if i%5 > 0 {
			inside += fmt.Sprintf(`<srp net="1.00" gross="%d.%02d"/>`, i*7919%40, i%2*50+1)
		}
		products = append(products, element(i+1, names[i%len(names)]+" do wszystkiego", inside))
	}
	return offerOf(products...)
}

// In every order, all pages together are all products, each once, whatever the size
// of the pages; the orders are what they are called.
func TestPagesAreTheWhole(t *testing.T) {
	t.Parallel()
	products, texts := 150, []string{"", "wszystko"}
	if testing.Short() {
		products, texts = 70, texts[:1]
	}
	s := openOffer(t, manyMugs(products), nil)
	amount := func(p oct8ne.ProductSummary) string {
		if p.FormattedPrice == nil {
			return "~" // last
		}
		return fmt.Sprintf("%12s", *p.FormattedPrice)
	}
	for _, order := range []string{"relevance", "price", "name", "newest"} {
		for _, direction := range []string{"asc", "desc", "sideways"} {
			for _, text := range texts {
				for _, currency := range []string{"PLN", "EUR"} {
					query := url.Values{"orderBy": {order}, "dir": {direction}, "search": {text}, "currency": {currency}}
					first := pagesOf(t, s.search, query, 7)
					if second := pagesOf(t, s.search, query, 31); !slices.Equal(first, second) {
						t.Errorf("%s: pages of 7 and 31 differ", query.Encode())
					}
					query.Set("page", "1")
					query.Set("pageSize", "100")
					page := s.search(query).Results
					turn := 1
					if direction == "desc" {
						turn = -1
					}
					if order == "price" && !slices.IsSortedFunc(page, func(a, b oct8ne.ProductSummary) int {
						if amount(a) == "~" || amount(b) == "~" {
							return cmp.Compare(amount(a), amount(b))
						}
						return turn * cmp.Compare(amount(a), amount(b))
					}) {
						t.Errorf("%s is not in order", query.Encode())
					}
				}
			}
		}
	}
	query := url.Values{"orderBy": {"name"}, "pageSize": {"100"}, "locale": {"pl"}}
	var titles []string
	for _, p := range s.search(query).Results {
		titles = append(titles, strings.TrimSuffix(p.Title, " do wszystkiego"))
	}
	if got, want := strings.Join(slices.Compact(titles), ", "), "10 gwoździ, 9 śrub, Cążki, Ćwiek, Lampa, Łopata"; !strings.HasPrefix(strings.ReplaceAll(got, "łopata", "Łopata"), want) {
		t.Errorf("by name they are %s", got)
	}
}

// What is asked for oddly is answered sensibly.
func TestOddQuestionsToTheOffer(t *testing.T) {
	t.Parallel()
	s := openOffer(t, manyMugs(20), nil)
	for _, method := range []string{"productInfo", "productSummary"} {
		if answer := s.ask(method, url.Values{"productIds": {"7,7,3,7,999,x,3,-1,07"}}); strings.Count(answer, `"internalId":`) != 2 ||
			strings.Index(answer, `"internalId":"7"`) > strings.Index(answer, `"internalId":"3"`) {
			t.Errorf("%s: %s", method, answer)
		}
	}
	usual := s.ask("search", url.Values{"locale": {"pl-PL"}, "currency": {"PLN"}})
	for _, odd := range []url.Values{
		{"currency": {"pln"}}, {"currency": {"ZZZ"}}, {"currency": {""}}, {"locale": {"tlh-QQ"}}, {"locale": {"../../etc"}}, {"unknown": {"1"}}, {"price": {"cheap"}},
		{"price": {"5-1"}}, {"page": {"-3"}}, {"pageSize": {"x"}}, {"category4": {"1"}}, {"orderBy": {"account"}, "dir": {"desc"}}, {"search": {" \t"}},
	} {
		if answer := s.ask("search", odd); answer != usual {
			t.Errorf("%s is answered otherwise: %s", odd.Encode(), answer)
		}
	}
	for _, code := range []string{"5900000000004", "590 0000 000004", "5"} {
		if found := s.search(url.Values{"search": {code}, "locale": {"en"}}); len(found.Results) == 0 || found.Results[0].InternalID != "5" {
			t.Errorf("%q finds %+v", code, found.Results)
		}
	}
	for _, odd := range []url.Values{{"category": {"nowhere"}}, {"page": {"999999"}}, {"search": {"???"}}, {"size": {strings.Repeat("x", 150)}, "producer": {"\x00"}}} {
		if found := s.search(odd); len(found.Results) != 0 && odd.Get("size") == "" {
			t.Errorf("%s finds %+v", odd.Encode(), found.Results)
		}
	}
}

// Hundreds search while prices are made anew and offers come and go: nobody is
// refused, and every answer is one offer's.
func TestManySearchWhileTheOfferChanges(t *testing.T) {
	t.Parallel()
	small, large := manyMugs(60), manyMugs(90)
	s := openOffer(t, small, nil)
	searchers, rounds := 200, 6
	if testing.Short() { // the race detector makes much of it
		rounds = 2
	}
	var wait sync.WaitGroup
	for i := range searchers {
		wait.Go(func() {
			for round := range rounds {
				request := &oct8ne.Request{Locale: []string{"pl-PL", "en", "de"}[(i+round)%3], Currency: []string{"PLN", "EUR", "USD"}[i%3]}
				query := oct8ne.SearchQuery{Text: []string{"", "wszystko", "lam"}[round%3], Page: 1, PageSize: 100, OrderBy: []string{oct8ne.OrderName, oct8ne.OrderPrice, oct8ne.OrderRelevance}[i%3]}
				found, err := s.service.Adapter().Search(t.Context(), request, query)
				if err != nil {
					t.Errorf("a search fails: %v", err)
					return
				}
				if query.Text == "" && found.Total != 60 && found.Total != 90 || len(found.Results) != found.Total {
					t.Errorf("%d products, of which %d are there", found.Total, len(found.Results))
				}
				if info, err := s.service.Adapter().ProductInfo(t.Context(), request, []string{"1", "2", "1"}); err != nil || len(info) < 2 {
					t.Errorf("products fail: %v, %v", info, err)
				}
			}
		})
	}
	for i := range 4 {
		s.service.offer.reprice(t.Context())
		s.put([]string{large, small}[i%2])
	}
	wait.Wait()
}

// A price of one grosz was "0,00 €" to those who asked for euros: a promise that
// nobody made. It stays in its own currency, and out of the ranges in another.
func TestAConvertedPriceIsNeverZero(t *testing.T) {
	t.Parallel()
	s := openOffer(t, offerOf(element(1, "Próbka", `<srp net="0.01" gross="0.01"/>`), element(2, "Kubek", `<srp net="10.00" gross="12.30"/>`)), nil)
	answer := strings.ReplaceAll(s.ask("search", url.Values{"currency": {"EUR"}, "orderBy": {"price"}}), "\u00a0", " ")
	if !strings.Contains(answer, `"formattedPrice":"0,01 zł"`) {
		t.Errorf("one grosz is not shown as it is: %s", answer)
	}
	if info := s.ask("productInfo", url.Values{"productIds": {"1"}, "currency": {"EUR"}}); strings.Contains(info, "€") {
		t.Errorf("one grosz in euros: %s", info)
	}
	walk(t, s.search, url.Values{"currency": {"EUR"}}, 1, 1)
}
