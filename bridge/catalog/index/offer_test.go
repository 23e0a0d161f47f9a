package index_test

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"octobridge/bridge/catalog/index"
	"octobridge/idosell/iof"
	"octobridge/idosell/sandbox"
)

// generated yields the documents of a generated offer of so many products in two
// languages, with cards of 250 bytes; a document is valid until the next one.
func generated(tb testing.TB, products int, yield func(*index.Document)) {
	tb.Helper()
	r, w := io.Pipe()
	var wait sync.WaitGroup
	wait.Go(func() {
		w.CloseWithError(sandbox.WriteOffer(w, sandbox.OfferOptions{Products: products, Seed: 7, Languages: 2}))
	})
	defer wait.Wait()
	defer r.Close()
	var d index.Document
	for p, err := range iof.NewReader(r).Products() {
		if err != nil {
			tb.Fatal(err)
		}
		document(tb, &p, &d)
		yield(&d)
	}
}

// document makes a document of a product, about as the catalogue does.
func document(tb testing.TB, p *iof.Product, d *index.Document) {
	id, err := strconv.ParseInt(p.ID, 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	*d = index.Document{
		ID: id, Names: index.Names(p.Names), Words: index.Names(p.Keywords), Producer: p.Producer.ID, Series: p.Series.ID,
		Codes: append(d.Codes[:0], p.ID, p.CodeOnCard), Values: d.Values[:0], Card: d.Card[:0],
	}
	// The category's id stands for its path, whose levels have none.
	path := ""
	for level, name := range strings.Split(p.Category.Name, "/") {
		param := index.CategoryParam
		if level > 0 {
			param += strconv.Itoa(level + 1)
		}
		path += "/" + name
		d.Values = append(d.Values, index.Value{Param: param, Value: path, Names: index.Names{"pol": name}, Searched: true})
	}
	d.Category = path
	d.Values = append(d.Values, index.Value{Param: index.ProducerParam, Value: p.Producer.ID, Names: index.Names{"": p.Producer.Name}, Searched: true})
	for i := range p.Sizes {
		size := &p.Sizes[i]
		d.Codes = append(d.Codes, size.Code, size.CodeProducer, size.CodeExternal)
		if len(size.Stocks) > 0 && !size.Stocks[0].Quantity.IsZero() {
			d.Available = true
			d.Values = append(d.Values, index.Value{Param: index.SizeParam, Value: size.ID, Names: index.Names{"": size.Name}})
		}
	}
	d.Values = append(d.Values, index.Value{Param: index.AvailabilityParam, Value: strconv.FormatBool(d.Available)})
	for i := range p.Parameters {
		if parameter := &p.Parameters[i]; !parameter.Hidden {
			for _, value := range parameter.Values {
				d.Values = append(d.Values, index.Value{
					Param: "p" + parameter.ID, Value: value.ID, Names: index.Names(value.Names), Label: index.Names(parameter.Names), Searched: true,
				})
			}
		}
	}
	if gross := p.RetailPrice.Gross; gross.Valid {
		minor := gross.Decimal.Shift(2).Round(0).IntPart()
		d.Price = index.Price{Now: minor, Before: minor, Currency: p.Currency}
	}
	d.Card = append(d.Card, fmt.Sprintf("%s %-250s", p.CodeOnCard, p.CardURL)[:250]...)
}

// mixed are queries as agents type them: whole words, forms, slips, beginnings of
// two and three letters, codes, and filters after one another.
func mixed() []*index.Query {
	var list []*index.Query
	ask := func(text string, filters ...string) {
		q := &index.Query{Text: text, Language: "pol", Limit: 20, Facets: true, Filters: map[string]string{}}
		for i := 0; i < len(filters); i += 2 {
			q.Filters[filters[i]] = filters[i+1]
		}
		for _, order := range []index.Order{index.ByRelevance, index.ByPrice, index.ByName} {
			ordered := *q
			ordered.Order, ordered.Offset = order, int(order)*20
			list = append(list, &ordered)
		}
	}
	for _, text := range strings.Fields("ku kub kubek ma mat materac pr prz przewody po st sto stół la lampa LED wi wiertarka śru śruba M8x60 " +
		"do za ob 5900000000084 G-77 czarny czarne srebrny niebieska bambus gastronomia dom ogród kabel materca przedluzacz") {
		ask(text)
	}
	for _, text := range []string{
		"", "przedłużacz obrotowy", "materac różowy bambusa", "lampa led cza", "stół dębowy do salonu", "kabel 3x1,5", "śruba ocynkowana m8",
		"kubek czarny ceramiczny 330", "wiertarka uda", "dom meble", "zielony", "plecak sz", "fotel b", "kołdra bi",
	} {
		ask(text)
		ask(text, "category", "/Dom")
		ask(text, "category", "/Dom", "category2", "/Dom/Meble")
		ask(text, "price", "50-100")
		ask(text, "availability", "true", "price", "100-")
	}
	return list
}
