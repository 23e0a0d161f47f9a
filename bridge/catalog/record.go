package catalog

import (
	"fmt"
)

// recordForm is the first byte of a record: which way the rest is written. Give
// another way another number, and read the old ones as well. With it saltOf and
// readingOf change: the next look at the feed fetches the full file even if it is
// the known one, and writes each record anew.
const recordForm = 2

// withoutSellBy is the form before products had a SellBy.
const withoutSellBy = 1

// record packs all of a product but its Details. Categories are the
// product's own alone, named by its whole path, which the lists make levels of.
func (p *packer) record(v *Product) {
	p.byte(recordForm)
	p.signed(v.ID)
	p.time(v.Generated)
	p.text(v.Code)
	p.text(v.Type)
	p.text(v.Currency)
	p.text(v.CardURL)
	p.text(v.Thumbnail)
	p.names(v.Names)
	p.names(v.Versions)
	p.names(v.Keywords)
	p.reference(v.Producer)
	p.reference(v.Series)
	p.reference(v.Unit)
	p.unsigned(uint64(len(v.Categories)))
	for _, category := range v.Categories {
		p.reference(category)
	}
	p.decimal(v.VAT)
	p.prices(&v.Prices)
	p.unsigned(uint64(len(v.Sizes)))
	for i := range v.Sizes {
		p.size(&v.Sizes[i])
	}
	p.unsigned(uint64(len(v.Parameters)))
	for i := range v.Parameters {
		parameter := &v.Parameters[i]
		p.text(parameter.ID)
		p.bool(parameter.Filterable)
		p.names(parameter.Names)
		p.unsigned(uint64(len(parameter.Values)))
		for _, value := range parameter.Values {
			p.reference(value)
		}
	}
	p.decimal(v.SellBy.Retail)
	p.decimal(v.SellBy.Wholesale)
}

func (p *packer) size(s *Size) {
	p.text(s.ID)
	p.text(s.Name)
	p.text(s.Code)
	p.text(s.CodeProducer)
	p.text(s.CodeExternal)
	p.decimal(s.Quantity)
	p.prices(&s.Prices)
}

// hasPromotion is the bit of a promotion among those that say which prices there
// are; the ordinary ones have the bits before it.
const hasPromotion = 1 << 6

// ordinary lists the prices that have no more to them than an amount.
func (v *Prices) ordinary() [6]*Price {
	return [...]*Price{&v.Account, &v.Retail, &v.SRP, &v.Minimal, &v.RetailWas, &v.WholesaleWas}
}

func (p *packer) prices(v *Prices) {
	bits := byte(0)
	for i, price := range v.ordinary() {
		if price.present() {
			bits |= 1 << i
		}
	}
	if v.Promotion.there() {
		bits |= hasPromotion
	}
	p.byte(bits)
	for _, price := range v.ordinary() {
		if price.present() {
			p.price(*price)
		}
	}
	if bits&hasPromotion != 0 {
		p.price(v.Promotion.Price)
		p.time(v.Promotion.Begin)
		p.time(v.Promotion.End)
	}
}

// present says whether there is a price at all.
func (v Price) present() bool { return v.Net.Valid || v.Gross.Valid }

// there says whether anything is said of a promotion.
func (v Promotion) there() bool {
	return v.Price.present() || !v.Begin.IsZero() || !v.End.IsZero()
}

// recordReader reads records. It is for one goroutine.
type recordReader struct {
	unpacker unpacker
}

// newRecordReader makes a reader; with shared names the products that it reads
// have names in common and must not be changed.
func newRecordReader(shared bool) *recordReader {
	r := &recordReader{}
	if shared {
		r.unpacker.shared = newSharedNames()
	}
	return r
}

// read reads a record into a product, whose own space is used again. The texts
// of the product are parts of record.
func (r *recordReader) read(record string, v *Product) error {
	u := &r.unpacker
	u.reset(record)
	form := u.byte()
	if form != recordForm && form != withoutSellBy {
		return fmt.Errorf("a stored product has the form %d: %w", form, errPacked)
	}
	sizes, parameters, categories := v.Sizes[:0], v.Parameters[:0], v.Categories[:0]
	*v = Product{
		ID:        u.signed(),
		Generated: u.time(),
		Code:      u.text(),
		Type:      u.text(),
		Currency:  u.text(),
		CardURL:   u.text(),
		Thumbnail: u.text(),
		Names:     u.names(),
		Versions:  u.names(),
		Keywords:  u.names(),
		Producer:  u.reference(),
		Series:    u.reference(),
		Unit:      u.reference(),
	}
	for range u.count() {
		categories = append(categories, u.reference())
	}
	v.VAT = u.decimal()
	u.prices(&v.Prices)
	for range u.count() {
		sizes = append(sizes, Size{})
		u.size(&sizes[len(sizes)-1])
	}
	for range u.count() {
		parameters = append(parameters, Parameter{})
		parameter := &parameters[len(parameters)-1]
		parameter.ID, parameter.Filterable, parameter.Names = u.text(), u.bool(), u.commonNames()
		if n := u.count(); n > 0 {
			parameter.Values = make([]Reference, 0, n)
			for range n {
				parameter.Values = append(parameter.Values, u.reference())
			}
		}
	}
	if form != withoutSellBy {
		v.SellBy = SellBy{Retail: u.decimal(), Wholesale: u.decimal()}
	}
	if u.in != "" {
		u.fail()
	}
	v.Categories, v.Sizes, v.Parameters = categories, sizes, parameters
	return u.err
}

func (u *unpacker) size(s *Size) {
	s.ID, s.Name, s.Code, s.CodeProducer, s.CodeExternal = u.text(), u.text(), u.text(), u.text(), u.text()
	s.Quantity = u.decimal()
	u.prices(&s.Prices)
}

func (u *unpacker) prices(v *Prices) {
	bits := u.byte()
	for i, price := range v.ordinary() {
		if bits&(1<<i) != 0 {
			*price = u.price()
		}
	}
	if bits&hasPromotion != 0 {
		v.Promotion = Promotion{Price: u.price(), Begin: u.time(), End: u.time()}
	}
}
