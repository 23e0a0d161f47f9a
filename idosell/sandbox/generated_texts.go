package sandbox

// generatedTitle is what a product's title is made of, which its parameters and
// descriptions repeat.
type generatedTitle struct {
	thing     *generatedThing
	adjective *colourWord
	colour    *generatedColour
	material  *generatedValue
	feature   *bilingual // nil: none
	measure   *generatedValue
	producer  int
	model     int
	number    int64
	mark      [2]byte // letters around the number, "K740B"; 0: none
	coloured  bool    // whether the title says the colour
	made      bool    // whether it says the material
	series    bool    // whether the product is in the series of its model
}

func (w *generatedWords) drawTitle(p *generatedProduct, d *draws) generatedTitle {
	t := generatedTitle{
		thing:     &p.leaf.things[d.n(len(p.leaf.things))],
		adjective: &w.adjectives[d.n(len(w.adjectives))],
		colour:    &w.colours[d.n(len(w.colours))],
		material:  &w.materials[d.n(len(w.materials))],
		producer:  d.n(len(w.producers)),
		model:     d.n(len(w.models)),
		number:    int64(10 * (1 + d.n(90))),
		coloured:  d.n(3) == 0,
		made:      d.n(2) == 0,
		series:    d.n(4) == 0,
	}
	if d.n(2) == 0 { // so that an offer has very many words, as a real one has
		const letters = "ABCDEFGHKLMNPRSTUWXZ"
		t.mark = [2]byte{letters[d.n(len(letters))], letters[d.n(len(letters))]}
	}
	if d.n(3) == 0 {
		t.feature = &w.features[d.n(len(w.features))]
	}
	if len(p.leaf.measures) > 0 {
		t.measure = &p.leaf.measures[d.n(len(p.leaf.measures))]
	}
	return t
}

// polish writes the title: "Wkrętak składany czerwony ze stali węglowej Korvex
// 250 z etui 13 mm".
func (t *generatedTitle) polish(g *offerGenerator) []byte {
	out := capital(g.title[:0], t.thing.text.pol)
	word := func(text string) {
		out = append(out, ' ')
		out = append(out, text...)
	}
	word(t.thing.form(t.adjective))
	if t.coloured {
		word(t.thing.form(&t.colour.forms))
	}
	if t.made {
		word(t.material.phrase)
	}
	g.title = t.rest(g, out, false)
	return g.title
}

func (t *generatedTitle) englishTitle(g *offerGenerator) []byte {
	out := capital(g.title[:0], t.adjective.eng)
	word := func(text string) {
		out = append(out, ' ')
		out = append(out, text...)
	}
	if t.coloured {
		word(t.colour.forms.eng)
	}
	if t.made {
		word(t.material.text.eng)
	}
	word(t.thing.text.eng)
	g.title = t.rest(g, out, true)
	return g.title
}

// rest writes what both languages have at the end.
func (t *generatedTitle) rest(g *offerGenerator, out []byte, english bool) []byte {
	out = append(out, ' ')
	out = append(out, g.words.models[t.model]...)
	out = append(out, ' ')
	if t.mark[0] != 0 {
		out = append(out, t.mark[0])
	}
	if t.number >= 100 {
		out = append(out, byte('0'+t.number/100))
	}
	out = append(out, byte('0'+t.number/10%10), '0')
	if t.mark[1] != 0 {
		out = append(out, t.mark[1])
	}
	add := func(text *bilingual) {
		out = append(out, ' ')
		if english {
			out = append(out, text.eng...)
		} else {
			out = append(out, text.pol...)
		}
	}
	if t.feature != nil {
		add(t.feature)
	}
	if t.measure != nil {
		add(&t.measure.text)
	}
	return out
}

// texts writes the product's name and descriptions in all languages.
func (g *offerGenerator) texts(t *generatedTitle, d draws) {
	g.inLanguage("pol", t.polish(g), t, d, false)
	if g.english {
		g.inLanguage("eng", t.englishTitle(g), t, d, true)
	}
}

func (g *offerGenerator) inLanguage(language string, title []byte, t *generatedTitle, d draws, english bool) {
	pick := func(text *bilingual) string {
		if english {
			return text.eng
		}
		return text.pol
	}
	g.add("\t\t\t\t<name xml:lang=\"", language, `"><![CDATA[`)
	g.out = append(g.out, title...)
	g.add("]]></name>\n\t\t\t\t<long_desc xml:lang=\"", language, `"><![CDATA[<p><strong>`)
	g.out = append(g.out, title...)
	g.add("</strong> &ndash; ", g.words.producers[t.producer], ". ")
	sentences := g.words.sentences
	at := d.n(len(sentences))
	first := &sentences[at]
	sentence := func() {
		g.add(pick(&sentences[at]))
		at = (at + 1) % len(sentences)
	}
	sentence()
	g.add(" ")
	sentence()
	g.add("</p>\n<ul>\n<li>", pick(&bilingual{"Kolor", "Colour"}), ": <b>", pick(&bilingual{t.colour.forms.masculine, t.colour.forms.eng}),
		"</b></li>\n<li>", pick(&bilingual{"Materiał", "Material"}), ": <b>", pick(&t.material.text), "</b></li>\n</ul>\n<p>")
	for range 4 + d.n(3) {
		sentence()
		g.add(" ")
	}
	g.add("</p>]]></long_desc>\n\t\t\t\t<short_desc xml:lang=\"", language, `"><![CDATA[<p>`, pick(first), "</p>]]></short_desc>\n")
}
