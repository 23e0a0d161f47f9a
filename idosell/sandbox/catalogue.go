package sandbox

import (
	"embed"
	"fmt"
	"sync"
)

// The own assortment: words.txt holds producers, series, colours, parameters
// and sizes, the other files the products by category. All of it was invented
// for octobridge; the form is described at parseGoods and parseWords.
//
//go:embed assortment/*.txt
var assortmentFiles embed.FS

// assortmentGoods are the files with products, in no particular order: the
// numbers of the products stand in them.
var assortmentGoods = []string{"home", "workshop", "textiles", "leisure"}

// Assortment returns the sandbox's own invented Polish assortment: several
// hundred products of household, garden, tools, sport, toys, lighting, textiles
// and clothes, with texts in pol and eng, prices in PLN and a category tree of
// two to three levels. It is the same at every call, and each call returns a
// copy that the caller may change.
func Assortment() *Catalogue {
	catalogue, _, err := loadAssortment()
	if err != nil {
		panic(fmt.Sprintf("sandbox: the embedded assortment is damaged: %v", err))
	}
	return catalogue
}

// loadAssortment reads the embedded files, and says how each product is drawn.
func loadAssortment() (*Catalogue, map[int64]motif, error) {
	text, err := assortmentFiles.ReadFile("assortment/words.txt")
	if err != nil {
		return nil, nil, err
	}
	words, err := parseWords(string(text))
	if err != nil {
		return nil, nil, fmt.Errorf("words.txt: %w", err)
	}
	builder := newAssortmentBuilder(words)
	for _, name := range assortmentGoods {
		text, err := assortmentFiles.ReadFile("assortment/" + name + ".txt")
		if err != nil {
			return nil, nil, err
		}
		if err := builder.parseGoods(string(text)); err != nil {
			return nil, nil, fmt.Errorf("%s.txt: %w", name, err)
		}
	}
	return builder.finish(), builder.motifs, nil
}

// assortmentMotifs says how each product of the own assortment is drawn.
var assortmentMotifs = sync.OnceValue(func() map[int64]motif {
	_, motifs, err := loadAssortment()
	if err != nil {
		panic(fmt.Sprintf("sandbox: the embedded assortment is damaged: %v", err))
	}
	return motifs
})
