package catalog

// WithoutSellBy is a record as a release wrote it that did not read SellBy.
func WithoutSellBy(record []byte) []byte {
	var p Product
	if err := newRecordReader(false).read(string(record), &p); err != nil {
		panic(err)
	}
	p.SellBy = SellBy{}
	var out packer
	out.record(&p)
	out.out[0] = withoutSellBy
	return out.out[:len(out.out)-2] // two numbers that are not there
}
