package bridge

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"octobridge/bridge/catalog/index"
	"octobridge/oct8ne"
)

// What the filters are called whose names the offer does not say.
var filterLabels = map[string]words{
	index.CategoryParam:       categoryLabel,
	index.CategoryParam + "2": {"Podkategoria", "Subcategory", "Subcategoría", "Unterkategorie", "Sous-catégorie", "Sottocategoria", "Subcategoria"},
	index.CategoryParam + "3": {"Podkategoria, dalej", "Subcategory, further", "Subcategoría, siguiente", "Unterkategorie, weiter", "Sous-catégorie, suite", "Sottocategoria, altro", "Subcategoria, seguinte"},
	index.ProducerParam:       {"Producent", "Brand", "Marca", "Hersteller", "Marque", "Marca", "Marca"},
	index.PriceParam:          {"Cena", "Price", "Precio", "Preis", "Prix", "Prezzo", "Preço"},
	index.AvailabilityParam:   {"Dostępność", "Availability", "Disponibilidad", "Verfügbarkeit", "Disponibilité", "Disponibilità", "Disponibilidade"},
	index.SizeParam:           {"Rozmiar", "Size", "Talla", "Größe", "Taille", "Taglia", "Tamanho"},
}

// What the values are called that the catalogue itself gives (see
// catalog.InStock).
var availabilityLabels = map[string]words{
	"in-stock":     {"Dostępne", "In stock", "En stock", "Lieferbar", "En stock", "Disponibile", "Em stock"},
	"out-of-stock": {"Niedostępne", "Out of stock", "Agotado", "Nicht lieferbar", "Épuisé", "Non disponibile", "Esgotado"},
}

var (
	priceUpTo = words{"do", "up to", "hasta", "bis", "jusqu'à", "fino a", "até"}
	priceFrom = words{"od", "from", "desde", "ab", "à partir de", "da", "a partir de"}
)

// filters puts the index's filters into the contract's words.
func (s *catalogSource) filters(result *index.Result, v *view) oct8ne.Filters {
	var filters oct8ne.Filters
	for _, a := range result.Applied {
		filters.Applied = append(filters.Applied, oct8ne.AppliedFilter{
			Param: a.Param, ParamLabel: filterLabel(a.Param, a.ParamLabel, v), Value: a.Value, ValueLabel: s.optionLabel(a.Param, a.Value, a.ValueLabel, v),
		})
	}
	for _, facet := range result.Facets {
		filter := oct8ne.AvailableFilter{Param: facet.Param, ParamLabel: filterLabel(facet.Param, facet.Label, v), Options: make([]oct8ne.FilterOption, len(facet.Options))}
		for i, option := range facet.Options {
			filter.Options[i] = oct8ne.FilterOption{
				Value: option.Value, ValueLabel: s.optionLabel(facet.Param, option.Value, option.Label, v), Count: strconv.Itoa(option.Count),
			}
		}
		filters.Available = append(filters.Available, filter)
	}
	return filters
}

func filterLabel(param, label string, v *view) string {
	if own, ok := filterLabels[param]; ok {
		return own.in(v.base)
	}
	return cmp.Or(label, param)
}

func (s *catalogSource) optionLabel(param, value, label string, v *view) string {
	switch param {
	case index.AvailabilityParam:
		if own, ok := availabilityLabels[value]; ok {
			return own.in(v.base)
		}
	case index.PriceParam:
		return s.priceLabel(value, v)
	}
	return cmp.Or(label, value)
}

// priceLabel writes "50-100" as people do: "50,00–100,00 zł".
func (s *catalogSource) priceLabel(value string, v *view) string {
	from, to, _ := strings.Cut(value, "-")
	in := cmp.Or(v.currency, s.catalog.Index().Currency())
	write := func(text string) string {
		amount, err := decimal.NewFromString(text)
		if err != nil {
			return text
		}
		if written := v.money(amount, in); written != nil {
			return *written
		}
		return text
	}
	switch {
	case to == "":
		return priceFrom.in(v.base) + " " + write(from)
	case from == "" || from == "0":
		return priceUpTo.in(v.base) + " " + write(to)
	}
	return write(from) + " – " + write(to)
}
