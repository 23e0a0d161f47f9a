package sandbox

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// bilingual is a text in the two languages of the own assortment.
type bilingual struct{ pol, eng string }

func (b bilingual) byLanguage() map[string]string {
	return map[string]string{"pol": b.pol, "eng": b.eng}
}

// colourWord is a colour with its Polish forms, since adjectives follow the
// gender of the noun.
type colourWord struct {
	masculine, feminine, neuter string // neuter is the plural of things, too
	eng                         string
	rgb                         color.RGBA
}

// sizeWord is one size of a size group; factor is that of the price.
type sizeWord struct {
	id, name string
	factor   decimal.Decimal
}

type numberedName struct {
	id   int64
	name string
}

type numberedText struct {
	id   int64
	text bilingual
}

// assortmentWords is what words.txt holds.
type assortmentWords struct {
	producers  map[string]numberedName
	series     map[string]numberedText
	colours    map[string]colourWord // by the masculine form
	parameters map[string]numberedText
	values     map[string]string // English by Polish
	sizes      map[string][]sizeWord
}

// parseWords reads words.txt. Each line is a kind of entry and its fields,
// divided by "|"; the comments in the file name the fields. Lines that begin
// with "#" and empty lines are skipped.
func parseWords(text string) (*assortmentWords, error) {
	words := &assortmentWords{
		producers:  map[string]numberedName{},
		series:     map[string]numberedText{},
		colours:    map[string]colourWord{},
		parameters: map[string]numberedText{},
		values:     map[string]string{},
		sizes:      map[string][]sizeWord{},
	}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		if err := words.add(kind, fields(rest)); err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return words, nil
}

// fields splits a line at "|".
func fields(line string) []string {
	parts := strings.Split(line, "|")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}

// wordFields is how many fields each kind of entry has; sizes have any number.
var wordFields = map[string]int{"producer": 3, "series": 4, "colour": 5, "parameter": 3, "value": 2}

func (w *assortmentWords) add(kind string, f []string) error {
	if want, known := wordFields[kind]; known && len(f) != want {
		return fmt.Errorf("%s needs %d fields, found %d", kind, want, len(f))
	}
	switch kind {
	case "producer":
		id, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return err
		}
		w.producers[f[0]] = numberedName{id, f[2]}
	case "series":
		id, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return err
		}
		w.series[f[0]] = numberedText{id, bilingual{f[2], f[3]}}
	case "colour":
		rgb, err := strconv.ParseUint(f[4], 16, 24)
		if err != nil {
			return err
		}
		w.colours[f[0]] = colourWord{f[0], f[1], f[2], f[3],
			color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}}
	case "parameter":
		id, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return err
		}
		w.parameters[f[1]] = numberedText{id, bilingual{f[1], f[2]}}
	case "value":
		w.values[f[0]] = f[1]
	case "sizes":
		return w.addSizes(f)
	default:
		return fmt.Errorf("unknown kind of entry %q", kind)
	}
	return nil
}

func (w *assortmentWords) addSizes(f []string) error {
	for _, field := range f[1:] {
		field, factor, scaled := strings.Cut(field, "*")
		size := sizeWord{factor: decimal.NewFromInt(1)}
		if scaled {
			var err error
			if size.factor, err = decimal.NewFromString(strings.TrimSpace(factor)); err != nil {
				return err
			}
		}
		id, name, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			return fmt.Errorf("a size is written id=name, found %q", field)
		}
		size.id, size.name = id, name
		w.sizes[f[0]] = append(w.sizes[f[0]], size)
	}
	return nil
}

// value puts a parameter's value in both languages. Numbers with a unit are the
// same in both but for the decimal comma; anything else must be in words.txt.
func (w *assortmentWords) value(parameter, pol string) (bilingual, error) {
	if eng, ok := w.values[pol]; ok {
		return bilingual{pol, eng}, nil
	}
	if colour, ok := w.colours[pol]; ok && parameter == "Kolor" {
		return bilingual{colour.masculine, colour.eng}, nil
	}
	switch {
	case parameter == "Autor":
		return bilingual{pol, pol}, nil
	case strings.HasSuffix(pol, " cala"):
		return bilingual{pol, strings.TrimSuffix(pol, "cala") + "inch"}, nil
	case pol != "" && (pol[0] >= '0' && pol[0] <= '9' || parameter == "Gwint" || parameter == "Rozmiar"):
		return bilingual{pol, strings.ReplaceAll(pol, ",", ".")}, nil
	}
	return bilingual{}, fmt.Errorf("words.txt lacks the value %q of %s", pol, parameter)
}
