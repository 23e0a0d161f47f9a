package index

import (
	"cmp"
	"slices"
	"sync"
)

// Build makes the index of the documents that were added. The builder must not be
// used afterwards: its memory is the index's now.
//
// Documents are numbered by what decides between hits that match alike: what can
// be had first, then shorter titles (of the default language, in words), then
// lower ids. So a set of documents, read from its beginning, is in their order.
func (b *Builder) Build() *Index {
	labels := make([][]string, len(b.languages)) // names of values by language
	for language := range b.languages {
		labels[language] = make([]string, len(b.found))
		for number, found := range b.found {
			labels[language][number] = found.in(language)
		}
	}
	searched := b.searchedTexts(labels)

	tokens := tokenise(&b.texts, b.seed)
	order := b.ranked(tokens)
	titles, titleOf := b.keptTitles(order)

	x := &Index{
		languages: b.languages,
		numbers:   map[string]int{},
		seed:      b.seed,
		all:       fullBits(len(order)),
		cards:     b.cards,
		cardOf:    order,
		texts:     make([]*text, len(b.languages)),
	}
	x.ids = permuted(b.ids, order)
	x.names = newNameOrders(b.languages, &titles, titleOf, x.ids)
	x.byID = byID(x.ids)
	x.category = newGroups(permuted(b.category, order), len(b.names))
	x.series = newGroups(permuted(b.series, order), len(b.names))
	x.producer = permuted(b.producer, order)
	x.available = 0
	for x.available < len(order) && b.available[order[x.available]] {
		x.available++
	}
	b.permutedPrices(&x.prices, order)
	values := b.permutedValues(order)

	var wait sync.WaitGroup
	for i, language := range b.languages {
		x.numbers[language] = i
		if i > 0 && !b.own[i] {
			continue
		}
		wait.Go(func() {
			x.texts[i] = newText(language, &source{
				tokens: tokens, order: order, titles: b.titles[i], others: b.more[i], values: values, names: searched[i],
			})
		})
	}
	wait.Go(func() { x.codes = b.permutedCodes(order) })
	wait.Go(func() { x.values = b.arrangedValues(values, labels) })
	wait.Wait()
	// In a language without texts of its own, the default one's forms of words are
	// the ones that are found.
	for i := range x.texts {
		if x.texts[i] == nil {
			x.texts[i] = x.texts[0]
		}
	}
	*b = Builder{}
	return x
}

// searchedTexts puts the names of the values that are searched among the texts,
// and returns their numbers by language.
func (b *Builder) searchedTexts(labels [][]string) [][]uint32 {
	searched := make([]bool, len(b.found))
	for _, number := range b.values.values {
		if number&1 == 1 {
			searched[number>>1] = true
		}
	}
	numbers := make([][]uint32, len(b.languages))
	for language := range numbers {
		numbers[language] = make([]uint32, len(b.found))
		for number, names := range labels[language] {
			numbers[language][number] = noText
			if !searched[number] || names == "" {
				continue
			}
			if b.found[number].names[language] != "" {
				b.own[language] = true
			}
			if language > 0 && labels[0][number] == names {
				numbers[language][number] = numbers[0][number]
				continue
			}
			numbers[language][number] = add(&b.texts, names)
		}
	}
	return numbers
}

// ranked returns the positions in the order of the document numbers. Of those
// with the same id only the last one is left.
func (b *Builder) ranked(tokens *tokens) []uint32 {
	order := make([]uint32, len(b.ids))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(p, q uint32) int {
		return cmp.Or(cmp.Compare(b.ids[p], b.ids[q]), cmp.Compare(q, p))
	})
	order = slices.CompactFunc(order, func(p, q uint32) bool { return b.ids[p] == b.ids[q] })
	slices.SortFunc(order, func(p, q uint32) int {
		if b.available[p] != b.available[q] {
			if b.available[p] {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(len(tokens.of(b.titles[0][p])), len(tokens.of(b.titles[0][q]))), cmp.Compare(b.ids[p], b.ids[q]))
	})
	return slices.Clip(order)
}

// keptTitles copies the titles, document after document, out of the texts that
// only searching needed, and returns their numbers by language and document.
func (b *Builder) keptTitles(order []uint32) (arena, [][]uint32) {
	var kept arena
	numbers := make([][]uint32, len(b.titles))
	for i := range numbers {
		numbers[i] = make([]uint32, len(order))
	}
	for doc, position := range order {
		for i, titles := range b.titles {
			text := titles[position]
			if text == noText {
				numbers[i][doc] = noText
				continue
			}
			earlier := slices.IndexFunc(b.titles[:i], func(other []uint32) bool { return other[position] == text })
			if earlier >= 0 {
				numbers[i][doc] = numbers[earlier][doc]
				continue
			}
			numbers[i][doc] = add(&kept, b.texts.get(text))
		}
	}
	return kept, numbers
}

// permuted arranges what is known by position by document.
func permuted[T any](list []T, order []uint32) []T {
	arranged := make([]T, len(order))
	for doc, position := range order {
		arranged[doc] = list[position]
	}
	return arranged
}

// byID returns the document numbers by ascending id.
func byID(ids []int64) []uint32 {
	docs := make([]uint32, len(ids))
	for doc := range docs {
		docs[doc] = uint32(doc)
	}
	slices.SortFunc(docs, func(a, b uint32) int { return cmp.Compare(ids[a], ids[b]) })
	return docs
}

// permutedPrices arranges the prices by document, and finds the main currency:
// the most frequent one, the first by its letters among equally frequent ones.
func (b *Builder) permutedPrices(p *prices, order []uint32) {
	p.now, p.before, p.currency = permuted(b.now, order), permuted(b.before, order), permuted(b.currency, order)
	p.names = make([]string, len(b.money))
	for name, number := range b.money {
		p.names[number] = name
	}
	count := make([]int, len(p.names))
	for _, number := range p.currency {
		if number != noCurrency {
			count[number]++
		}
	}
	best := 0
	for number, name := range p.names {
		if count[number] > best || count[number] == best && best > 0 && name < p.main {
			best, p.main = count[number], name
		}
	}
}

// permutedValues arranges the numbers of values by document.
func (b *Builder) permutedValues(order []uint32) valuesOfDocuments {
	arranged := valuesOfDocuments{start: make([]uint32, len(order)+1), values: make([]uint32, 0, len(b.values.values))}
	for doc, position := range order {
		arranged.values = append(arranged.values, b.values.of(position)...)
		arranged.start[doc+1] = uint32(len(arranged.values))
	}
	return arranged
}

// permutedCodes finds documents by their codes.
func (b *Builder) permutedCodes(order []uint32) exact {
	docs := make([]uint32, len(b.ids))
	for i := range docs {
		docs[i] = noText
	}
	for doc, position := range order {
		docs[position] = uint32(doc)
	}
	kept := b.codes[:0]
	for _, code := range b.codes {
		// Of a document that was replaced the codes go, too.
		if doc := docs[code.doc]; doc != noText {
			kept = append(kept, entry{code.hash, doc})
		}
	}
	return newExact(kept)
}

// arrangedValues numbers the params and values by their names, and labels them.
func (b *Builder) arrangedValues(of valuesOfDocuments, labels [][]string) *values {
	names := make([]string, len(b.heads))
	for name, number := range b.params {
		names[number] = name
	}
	// Values that only documents had that were replaced are left out.
	used := make([]bool, len(b.keys))
	for _, number := range of.values {
		used[number>>1] = true
	}
	var order []uint32
	for number := range b.keys {
		if used[number] {
			order = append(order, uint32(number))
		}
	}
	slices.SortFunc(order, func(p, q uint32) int {
		return cmp.Or(cmp.Compare(names[b.keys[p].param], names[b.keys[q].param]), cmp.Compare(b.keys[p].value, b.keys[q].value))
	})

	var params []param
	list := make([]value, 0, len(order))
	numbers := make([]uint32, len(b.keys))
	var heads []*label
	for number, old := range order {
		key := b.keys[old]
		if number == 0 || key.param != b.keys[order[number-1]].param {
			params = append(params, param{name: names[key.param], first: uint32(number)})
			heads = append(heads, b.heads[key.param])
		}
		params[len(params)-1].end = uint32(number) + 1
		list = append(list, value{param: uint32(len(params) - 1), text: key.value})
		numbers[old] = uint32(number)
	}
	renumbered := valuesOfDocuments{start: of.start, values: make([]uint32, len(of.values))}
	for i, old := range of.values {
		renumbered.values[i] = numbers[old>>1]
	}
	v := newValues(params, list, renumbered)
	for language, id := range b.languages {
		params := make([]string, len(heads))
		for i, head := range heads {
			params[i] = head.in(language)
		}
		texts := permuted(labels[language], order)
		for i, text := range texts {
			if text == "" {
				texts[i] = list[i].text
			}
		}
		v.labels = append(v.labels, newLabels(id, v, params, texts))
	}
	return v
}
