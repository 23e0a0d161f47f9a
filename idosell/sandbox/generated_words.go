package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// generatedWords is what generated offers are written with, in fragments that
// need no more work.
type generatedWords struct {
	adjectives []colourWord // in three forms; without a colour
	colours    []generatedColour
	materials  []generatedValue
	uses       []generatedValue
	lands      []generatedValue
	features   []bilingual
	sentences  []bilingual
	models     []string
	producers  []string
	leaves     []generatedLeaf
	measures   map[string][]generatedValue
}

// generatedColour is a colour with its parameter.
type generatedColour struct {
	forms     colourWord
	parameter []byte
}

// generatedValue is a value with its parameter written out; phrase is how a
// title says it.
type generatedValue struct {
	text      bilingual
	phrase    string
	parameter []byte
}

// generatedLeaf is a category of the lowest level with what is sold in it.
type generatedLeaf struct {
	category []byte // the category's element
	things   []generatedThing
	measure  string
	measures []generatedValue // nil where the sizes say it
	from, to int64            // grosze
	grams    int64
}

type generatedThing struct {
	gender byte // m, f, n or p (plural)
	text   bilingual
}

// form is the form of an adjective that fits a thing.
func (t *generatedThing) form(word *colourWord) string {
	switch t.gender {
	case 'm':
		return word.masculine
	case 'f':
		return word.feminine
	}
	return word.neuter
}

// The ids of generated parameters. Those of their values count from a thousand
// times the parameter's place.
const (
	generatedColourID = 101 + iota
	generatedMaterialID
	generatedUseID
	generatedLandID
	generatedMeasureID
	generatedModelID
)

// generatedVocabulary reads the embedded words once.
var generatedVocabulary = sync.OnceValues(func() (*generatedWords, error) {
	words := &generatedWords{measures: generatedMeasures()}
	own, err := assortmentFiles.ReadFile("assortment/words.txt")
	if err != nil {
		return nil, err
	}
	parsed, err := parseWords(string(own))
	if err != nil {
		return nil, fmt.Errorf("words.txt: %w", err)
	}
	for line := range strings.Lines(string(own)) { // in the file's order: a map has none
		if name, isColour := strings.CutPrefix(line, "colour "); isColour {
			colour := parsed.colours[fields(name)[0]]
			words.colours = append(words.colours, generatedColour{forms: colour,
				parameter: generatedParameter(generatedColourID, len(words.colours), "Kolor", bilingual{colour.masculine, colour.eng})})
		}
	}
	for name, read := range map[string]func(string) error{"generated": words.readWords, "generated_goods": words.readGoods} {
		text, err := assortmentFiles.ReadFile("assortment/" + name + ".txt")
		if err != nil {
			return nil, err
		}
		if err := read(string(text)); err != nil {
			return nil, fmt.Errorf("%s.txt: %w", name, err)
		}
	}
	return words, nil
})

// generatedParameter writes a product's parameter with one value. The value has
// its English name as a second value with the same id, as the format does it.
func generatedParameter(id, value int, name string, text bilingual) []byte {
	number := (id-generatedColourID+1)*1000 + value
	return fmt.Appendf(nil, "\t\t\t\t<parameter type=\"parameter\" id=\"%d\" priority=\"%d\" distinction=\"n\" group_distinction=\"n\" hide=\"n\" "+
		"auction_template_hide=\"n\" name=\"%s\"><value id=\"%d\" priority=\"0\" name=\"%s\"/>%s</parameter>\n",
		id, id-generatedColourID, name, number, escaped(text.pol), generatedTranslation(number, text.eng))
}

func generatedTranslation(id int, text string) string {
	return fmt.Sprintf("<value id=\"%d\" priority=\"0\" name=\"%s\" xml:lang=\"eng\"/>", id, escaped(text))
}

// readWords reads generated.txt: a kind of entry and its fields on each line.
func (w *generatedWords) readWords(text string) error {
	var first, last, syllables, endings []string
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		f := fields(rest)
		want := map[string]int{"adjective": 4, "material": 3, "feature": 2, "use": 2, "land": 2, "sentence": 2,
			"first": 1, "last": 1, "syllables": 1, "endings": 1}[kind]
		if len(f) != want {
			return fmt.Errorf("line %d: an entry %q of %d fields", number+1, kind, len(f))
		}
		switch kind {
		case "first":
			first = strings.Fields(rest)
		case "last":
			last = strings.Fields(rest)
		case "syllables":
			syllables = strings.Fields(rest)
		case "endings":
			endings = strings.Fields(rest)
		case "adjective":
			w.adjectives = append(w.adjectives, colourWord{masculine: f[0], feminine: f[1], neuter: f[2], eng: f[3]})
		case "material":
			text := bilingual{f[0], f[2]}
			w.materials = append(w.materials, generatedValue{text, f[1], generatedParameter(generatedMaterialID, len(w.materials), "Materiał", text)})
		case "use":
			text := bilingual{f[0], f[1]}
			w.uses = append(w.uses, generatedValue{text, f[0], generatedParameter(generatedUseID, len(w.uses), "Zastosowanie", text)})
		case "land":
			text := bilingual{f[0], f[1]}
			w.lands = append(w.lands, generatedValue{text, f[0], generatedParameter(generatedLandID, len(w.lands), "Kraj pochodzenia", text)})
		case "feature":
			w.features = append(w.features, bilingual{f[0], f[1]})
		case "sentence":
			w.sentences = append(w.sentences, bilingual{f[0], f[1]})
		}
	}
	for _, syllable := range syllables {
		for _, ending := range endings {
			w.models = append(w.models, syllable+ending)
		}
	}
	for _, ending := range last {
		for _, root := range first {
			if len(w.producers) < generatedProducers {
				w.producers = append(w.producers, root+ending)
			}
		}
	}
	return nil
}

// generatedProducers is how many producers a generated offer has.
const generatedProducers = 200

// readGoods reads generated_goods.txt.
func (w *generatedWords) readGoods(text string) error {
	path := ""
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if above, isPath := strings.CutPrefix(line, "@"); isPath {
			path = fields(above)[0]
			continue
		}
		if err := w.readLeaf(path, fields(line)); err != nil {
			return fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return nil
}

func (w *generatedWords) readLeaf(path string, f []string) error {
	if len(f) != 7 || strings.Count(path, "/") != 1 {
		return fmt.Errorf("a category on the third level needs 7 fields, found %d under %q", len(f), path)
	}
	leaf := generatedLeaf{measure: f[3], measures: w.measures[f[3]],
		category: fmt.Appendf(nil, "\t\t\t<category id=\"%d\" name=\"%s\"/>\n", 5001+len(w.leaves), escaped(path+"/"+f[0]))}
	for i, number := range []*int64{&leaf.from, &leaf.to, &leaf.grams} {
		var err error
		if *number, err = strconv.ParseInt(f[4+i], 10, 64); err != nil {
			return err
		}
	}
	for thing := range strings.SplitSeq(f[2], ";") {
		words := strings.SplitN(strings.TrimSpace(thing), " ", 3)
		if len(words) != 3 || !strings.Contains("mfnp", words[1]) {
			return fmt.Errorf("a thing is written \"name gender English\", found %q", thing)
		}
		leaf.things = append(leaf.things, generatedThing{words[1][0], bilingual{words[0], words[2]}})
	}
	w.leaves = append(w.leaves, leaf)
	return nil
}

// generatedMeasures are the measures that titles end with, by kind.
func generatedMeasures() map[string][]generatedValue {
	lists := map[string][]string{}
	series := func(kind, unit string, numbers ...string) {
		for _, number := range numbers {
			lists[kind] = append(lists[kind], number+unit)
		}
	}
	series("mm", " mm", "4", "5", "6", "8", "10", "12", "13", "16", "17", "19", "20", "25", "32", "50", "80", "100", "125", "150", "180", "200", "250", "300")
	series("cm", " cm", "10", "15", "20", "24", "30", "35", "40", "45", "50", "60", "70", "75", "80", "90", "100", "120", "150", "180", "200")
	series("g", " g", "100", "200", "300", "500", "600", "800", "1000", "1500", "2000")
	series("kg", " kg", "0,5", "1", "1,5", "2", "2,5", "5", "7,5", "10", "12", "15", "20", "25")
	series("ml", " ml", "100", "150", "200", "250", "300", "330", "400", "450", "500", "600", "750")
	series("l", " l", "0,5", "0,7", "1", "1,2", "1,5", "1,7", "2", "2,5", "3", "5", "8", "10", "15", "20", "25", "40", "60")
	series("W", " W", "350", "450", "500", "600", "650", "750", "850", "900", "1050", "1200", "1500", "2000")
	series("V", " V", "10,8", "12", "14,4", "18", "20", "24", "36", "40")
	series("pack", " sztuk", "5", "6", "8", "10", "12", "20", "24", "30", "50", "60", "80", "100")
	series("led", " W", "E27 5", "E27 7", "E27 9", "E27 11", "E27 13", "E14 4", "E14 5", "E14 6", "GU10 3", "GU10 5", "GU10 7", "G9 3", "G9 4", "T8 9", "T8 18")
	for _, across := range []string{"M3", "M4", "M5", "M6", "M8", "M10", "M12", "M16"} {
		series("M", "", across+"x16", across+"x20", across+"x30", across+"x40", across+"x50", across+"x60", across+"x80", across+"x100")
	}
	for _, cable := range []string{"2x0,75", "2x1", "3x1", "3x1,5", "3x2,5", "4x1,5", "5x1,5", "5x2,5", "5x4"} {
		series("wire", " m", cable+" 5", cable+" 10", cable+" 25", cable+" 50", cable+" 100")
	}
	for _, side := range []string{"30", "40", "50", "60", "70", "80", "90", "100", "140", "160"} {
		series("cm2", "", side+"x40", side+"x60", side+"x70", side+"x100", side+"x140", side+"x200")
	}
	measures := map[string][]generatedValue{}
	number := 0
	// In a fixed order, so that the ids of the values never change.
	for _, kind := range []string{"mm", "cm", "g", "kg", "ml", "l", "W", "V", "pack", "led", "M", "wire", "cm2"} {
		for _, pol := range lists[kind] {
			eng := strings.ReplaceAll(strings.ReplaceAll(pol, ",", "."), "sztuk", "pieces")
			text := bilingual{pol, eng}
			measures[kind] = append(measures[kind], generatedValue{text, pol, generatedParameter(generatedMeasureID, number, "Wymiar", text)})
			number++
		}
	}
	return measures
}
