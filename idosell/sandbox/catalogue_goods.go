package sandbox

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// soldInFractions are the units of the assortment: true for those that are cut or
// weighed.
var soldInFractions = map[string]bool{"szt.": false, "opak.": false, "kpl.": false, "para": false, "m": true, "kg": true}

// pick returns a number from 0 to n-1 that is always the same for a product and
// a purpose. It stands for chance, so that the assortment never changes.
func pick(productID int64, purpose string, n int64) int64 {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%d %s", productID, purpose)
	return int64(hash.Sum64()>>1) % n
}

// addProduct makes the product of a line and one of its variations.
func (b *assortmentBuilder) addProduct(id int64, line goodsLine, v variation) error {
	producer, known := b.words.producers[line.producer]
	if !known {
		return fmt.Errorf("words.txt lacks the producer %q", line.producer)
	}
	name := bilingual{
		capitalised(v.replace.Replace(line.name.pol)),
		capitalised(v.replaceEng.Replace(line.name.eng)),
	}
	if strings.ContainsAny(name.pol+name.eng, "{}") {
		return fmt.Errorf("a mark is left in %q or %q", name.pol, name.eng)
	}
	p := Product{
		ID:         id,
		Code:       fmt.Sprintf("%s-%05d", strings.ToUpper(line.producer[:3]), id),
		ProducerID: producer.id,
		CategoryID: b.block.categoryID,
		Weight:     line.grams,
		VAT:        23,
		UnitName:   "szt.",
		Type:       "regular",
		Names:      name.byLanguage(),
		Drawings:   int(1 + pick(id, "drawings", 3)),
	}
	if err := b.readFlags(&p, line.flags); err != nil {
		return err
	}
	setPrices(&p, line.price, line.flags["promo"])
	if err := b.addSizes(&p, line.flags); err != nil {
		return err
	}
	attributes := line.attributes
	if v.attribute[0] != "" {
		attributes = append([][2]string{v.attribute}, attributes...)
	}
	for _, attribute := range attributes {
		if err := b.addParameter(&p, attribute[0], attribute[1]); err != nil {
			return err
		}
	}
	writeDescriptions(&p, producer.name, b.block.sentences, line.flags["dirt"])
	b.catalogue.Products = append(b.catalogue.Products, p)
	return b.addMotif(id, line.flags["pic"], v.colour)
}

// readFlags reads the flags that a line may have besides those of its colours:
// vat, unit, by (what it is sold by), trade-by (what accounts get it by, where that
// differs), type, series, drawings and invisible.
func (b *assortmentBuilder) readFlags(p *Product, flags map[string]string) error {
	if unit := flags["unit"]; unit != "" {
		p.UnitName = unit
	}
	if _, known := soldInFractions[p.UnitName]; !known {
		return fmt.Errorf("unknown unit %q", p.UnitName)
	}
	for _, sold := range []struct {
		flag string
		by   []*decimal.Decimal
	}{{"by", []*decimal.Decimal{&p.SellBy.Retail, &p.SellBy.Wholesale}}, {"trade-by", []*decimal.Decimal{&p.SellBy.Wholesale}}} {
		if flags[sold.flag] == "" {
			continue
		}
		step, err := decimal.NewFromString(flags[sold.flag])
		if err != nil || !step.IsPositive() {
			return fmt.Errorf("the flag %s=%s is not a number above zero", sold.flag, flags[sold.flag])
		}
		for _, by := range sold.by {
			*by = step
		}
	}
	if kind := flags["type"]; kind != "" {
		p.Type = kind
	}
	_, p.Invisible = flags["invisible"]
	if key := flags["series"]; key != "" {
		series, known := b.words.series[key]
		if !known {
			return fmt.Errorf("words.txt lacks the series %q", key)
		}
		p.SeriesID = series.id
	}
	var err error
	if drawings := flags["drawings"]; drawings != "" {
		if p.Drawings, err = strconv.Atoi(drawings); err != nil {
			return err
		}
	}
	if vat := flags["vat"]; vat != "" {
		if p.VAT, err = strconv.ParseInt(vat, 10, 64); err != nil {
			return err
		}
	}
	return nil
}

// setPrices sets the retail price and what follows from it: an account pays 50
// to 62 per cent, two products in three have a suggested price up to 15 per cent
// above, and promo is the reduction of a promotion in per cent.
func setPrices(p *Product, retail decimal.Decimal, promo string) {
	p.Retail = retail
	p.Wholesale = retail.Mul(decimal.New(50+pick(p.ID, "margin", 13), -2)).Round(2)
	if pick(p.ID, "srp", 3) > 0 {
		p.SRP = retail.Mul(decimal.New(100+pick(p.ID, "suggested", 16), -2)).Round(1)
		if p.SRP.LessThan(retail) {
			p.SRP = retail
		}
	}
	if reduction, err := decimal.NewFromString(promo); err == nil {
		p.Promotion = retail.Mul(decimal.NewFromInt(100).Sub(reduction)).Shift(-2).Round(1)
	}
}

// addSizes gives the product its sizes, with codes, prices and stock.
func (b *assortmentBuilder) addSizes(p *Product, flags map[string]string) error {
	words := []sizeWord{{id: "uniw", name: "uniwersalny", factor: decimal.NewFromInt(1)}}
	if group := flags["sizes"]; group != "" {
		if words = b.words.sizes[group]; len(words) == 0 {
			return fmt.Errorf("words.txt lacks the sizes %q", group)
		}
	}
	for i, word := range words {
		size := Size{
			ID:           word.id,
			Name:         word.name,
			CodeExternal: p.Code,
			CodeProducer: ean13(p.ID, i),
		}
		if len(words) > 1 {
			size.CodeExternal = p.Code + "-" + word.id
		}
		if !word.factor.Equal(decimal.NewFromInt(1)) {
			size.Retail = p.Retail.Mul(word.factor).Round(1)
			size.Wholesale = p.Wholesale.Mul(word.factor).Round(2)
		}
		setStock(p, &size, len(words), flags)
		p.Sizes = append(p.Sizes, size)
	}
	return nil
}

// setStock gives a size a quantity: none where the line says out, an unknown
// amount where it says unknown, and otherwise a plausible one; one size in nine
// of those with several is sold out.
func setStock(p *Product, size *Size, sizes int, flags map[string]string) {
	_, out := flags["out"]
	_, unknown := flags["unknown"]
	most := int64(120)
	switch {
	case soldInFractions[p.UnitName]:
		most = 600
	case p.Weight > 10_000:
		most = 12
	}
	switch {
	case out, sizes > 1 && pick(p.ID, "gone "+size.ID, 9) == 0:
		size.Quantity = 0
	case unknown:
		size.Quantity = -1
	default:
		size.Quantity = 2 + pick(p.ID, "stock "+size.ID, most)
		if pick(p.ID, "reserved "+size.ID, 4) == 0 {
			size.Reserved = size.Quantity / 5
		}
	}
}

func (b *assortmentBuilder) addParameter(p *Product, name, value string) error {
	parameter, known := b.words.parameters[name]
	if !known {
		return fmt.Errorf("words.txt lacks the parameter %q", name)
	}
	text, err := b.words.value(name, value)
	if err != nil {
		return err
	}
	key := name + "=" + value
	if b.values[key] == "" {
		b.values[key] = strconv.Itoa(1001 + len(b.values))
	}
	p.Parameters = append(p.Parameters, Parameter{
		ID:      strconv.FormatInt(parameter.id, 10),
		ValueID: b.values[key],
		Names:   parameter.text.byLanguage(),
		Values:  text.byLanguage(),
	})
	return nil
}

// ean13 makes a number of the right form that belongs to nobody: the Polish
// prefix 590, 999, the product's number and the size's, and the check digit.
func ean13(productID int64, size int) string {
	digits := fmt.Sprintf("590999%04d%02d", productID, size)
	sum := 0
	for i, digit := range digits {
		weight := 1 + 2*(i%2)
		sum += weight * int(digit-'0')
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// capitalised returns text with its first letter in upper case.
func capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
