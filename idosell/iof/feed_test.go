package iof_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"testing"

	"octobridge/idosell/iof"
)

// feedProduct is one product of a generated feed, about 1.5 kB.
const feedProduct = `<product id="%d" currency="PLN" code_on_card="GEN-%d" type="regular" vat="23.0" site="1">
<producer id="7" name="Wytwórnia Przykładowa"/><category id="12" name="Dom/Kuchnia"/><unit id="0" name="szt."/>
<card url="https://hurtownia.example/pl/products/%d"/>
<description><name xml:lang="pol"><![CDATA[Kubek nr %d]]></name><name xml:lang="eng"><![CDATA[Mug no. %d]]></name>
<long_desc xml:lang="pol"><![CDATA[<p>Kubek z <b>kamionki</b>, wypalany dwa razy. </product> w tekście nic nie znaczy.</p>]]></long_desc></description>
<price gross="24.60" net="20"/><srp gross="36.90" net="30"/>
<sizes iaiext:group_name="One size" iaiext:group_id="-1"><size id="uniw" name="one size" panel_name="one size" code="%d-uniw" weight="350" code_producer="5909990000000" iaiext:code_external="E-%d">
<price gross="24.60" net="20"/><stock id="0" quantity="-1"/><stock id="1" quantity="%d"/></size></sizes>
<images><large><image iaiext:priority="1" url="https://hurtownia.example/gfx/%d_1.jpg" hash="00" changed="2026-01-20 20:50:23" width="800" height="600"/></large></images>
<parameters><parameter type="parameter" id="128" priority="9" hide="n" name="Kolor"><value id="355" priority="0" name="niebieski"/></parameter></parameters>
</product>
`

// generate writes a full offer of about size bytes and says how many products
// and bytes it has.
func generate(w io.Writer, size int64) (products int, bytes int64, err error) {
	write := func(format string, args ...any) {
		if err != nil {
			return
		}
		var n int
		n, err = fmt.Fprintf(w, format, args...)
		bytes += int64(n)
	}
	write(`<?xml version="1.0" encoding="utf-8"?><offer file_format="IOF" version="3.0" xmlns:iaiext="urn:example:iaiext"><products currency="PLN" language="pol">`)
	for bytes < size && err == nil {
		products++
		n := products
		write(feedProduct, n, n, n, n, n, n, n, n%50, n)
	}
	write(`</products></offer>`)
	return products, bytes, err
}

// stream reads a generated feed through a pipe; each is called per product.
func stream(tb testing.TB, size int64, each func(count int)) (bytes int64) {
	tb.Helper()
	type written struct {
		products int
		bytes    int64
		err      error
	}
	out, in := io.Pipe()
	done := make(chan written, 1)
	go func() {
		buffered := bufio.NewWriterSize(in, 64<<10)
		products, bytes, err := generate(buffered, size)
		err = errors.Join(err, buffered.Flush())
		_ = in.CloseWithError(err)
		done <- written{products, bytes, err}
	}()
	count := 0
	for product, err := range iof.NewReader(out).Products() {
		if err != nil {
			tb.Fatalf("product %d: %v", count, err)
		}
		count++
		if want := fmt.Sprint(count); product.ID != want || len(product.Sizes) != 1 || len(product.Images) != 1 {
			tb.Fatalf("product %s came where %s was written: %+v", product.ID, want, product)
		}
		if each != nil {
			each(count)
		}
	}
	all := <-done
	if all.err != nil || all.products != count {
		tb.Fatalf("%d products were written (%v), %d read", all.products, all.err, count)
	}
	return all.bytes
}
