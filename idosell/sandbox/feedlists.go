package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// listed writes one entry of a list with its names by language.
func (v *offerView) listed(w *feedWriter, element string, names map[string]string, attributes ...string) {
	w.tag(element, append(attributes, "name", v.inLanguage(names, v.ownLanguage()))...)
	v.names(w, names)
	w.end()
}

func (v *offerView) names(w *feedWriter, names map[string]string) {
	for _, language := range v.catalogue.Languages {
		if name, ok := names[language]; ok {
			w.text("name", name, "xml:lang", language)
		}
	}
}

func (v *offerView) writeCategories(w *feedWriter) {
	below := map[int64][]int64{}
	for _, id := range slices.Sorted(maps.Keys(v.catalogue.Categories)) {
		parent := v.catalogue.Categories[id].ParentID
		if _, known := v.catalogue.Categories[parent]; !known {
			parent = 0
		}
		below[parent] = append(below[parent], id)
	}
	v.head(w, "categories", "language", v.ownLanguage())
	seen := map[int64]bool{0: true} // a broken tree does no harm
	var write func(ids []int64)
	write = func(ids []int64) {
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			names := v.catalogue.Categories[id].Names
			w.tag("category", "id", decimalID(id), "name", v.inLanguage(names, v.ownLanguage()))
			v.names(w, names)
			write(below[id])
			w.end()
		}
	}
	write(below[0])
	w.end()
}

func (v *offerView) writeProducers(w *feedWriter) {
	v.head(w, "producers", "language", v.ownLanguage())
	for _, id := range slices.Sorted(maps.Keys(v.catalogue.Producers)) {
		w.empty("producer", "id", decimalID(id), "name", v.catalogue.Producers[id])
	}
	w.end()
}

func (v *offerView) writeSeries(w *feedWriter) {
	v.head(w, "series", "language", v.ownLanguage())
	for _, id := range slices.Sorted(maps.Keys(v.catalogue.Series)) {
		v.listed(w, "series", v.catalogue.Series[id], "id", decimalID(id))
	}
	w.end()
}

func (v *offerView) writeUnits(w *feedWriter) {
	v.head(w, "units", "language", v.ownLanguage())
	for _, u := range v.index.unitList {
		v.listed(w, "unit", map[string]string{v.ownLanguage(): u.name}, "id", decimalID(u.id), "precision", strconv.Itoa(int(u.precision)))
	}
	w.end()
}

// sizeGroup tells the products without sizes from those with.
func sizeGroup(p *Product) string {
	if len(p.Sizes) == 1 && p.Sizes[0].ID == oneSize {
		return "-1"
	}
	return "1"
}

func sizeGroupName(p *Product) string {
	if sizeGroup(p) == "-1" {
		return "Uniwersalny"
	}
	return "Rozmiary"
}

func (v *offerView) writeSizes(w *feedWriter) {
	groups := map[string]map[string]string{}
	titles := map[string]string{}
	for i := range v.catalogue.Products {
		p := &v.catalogue.Products[i]
		group := sizeGroup(p)
		titles[group] = sizeGroupName(p)
		if groups[group] == nil {
			groups[group] = map[string]string{}
		}
		for _, size := range p.Sizes {
			groups[group][size.ID] = size.Name
		}
	}
	v.head(w, "sizes", "language", v.ownLanguage())
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		w.tag("group", "id", group, "name", titles[group])
		for _, id := range slices.Sorted(maps.Keys(groups[group])) {
			v.listed(w, "size", map[string]string{v.ownLanguage(): groups[group][id]}, "id", id)
		}
		w.end()
	}
	w.end()
}

func (v *offerView) writeParameters(w *feedWriter) {
	type entry struct {
		id    string
		names map[string]string
	}
	parameters, values := map[string]entry{}, map[string]entry{}
	for _, p := range v.catalogue.Products {
		for _, parameter := range p.Parameters {
			parameters[parameter.ID] = entry{parameter.ID, parameter.Names}
			values[parameter.ValueID] = entry{parameter.ValueID, parameter.Values}
		}
	}
	list := func(element string, entries map[string]entry) {
		w.tag(element + "s")
		for _, e := range slices.SortedFunc(maps.Values(entries), func(a, b entry) int { return cmp.Compare(a.id, b.id) }) {
			v.listed(w, element, e.names, "id", e.id)
		}
		w.end()
	}
	v.head(w, "parameters", "language", v.ownLanguage())
	w.tag("sections")
	w.end()
	list("parameter", parameters)
	list("value", values)
	w.end()
}

func (v *offerView) writeStocks(w *feedWriter) {
	v.head(w, "stocks", "language", v.ownLanguage())
	v.listed(w, "stock", map[string]string{"pol": "Magazyn główny", "eng": "Main warehouse"}, "id", strconv.Itoa(mainStock))
	w.end()
}

var warrantyNames = map[string]string{"pol": "Gwarancja producenta na 2 lata", "eng": "Two-year producer's warranty"}

func (v *offerView) writeWarranties(w *feedWriter) {
	v.head(w, "warranties", "language", v.ownLanguage())
	w.tag("warranty", "id", "1", "name", warrantyNames["pol"])
	w.empty("terms", "type", "producer", "period_number", "24", "period_unit", "month")
	v.names(w, warrantyNames)
	w.end()
	w.end()
}
