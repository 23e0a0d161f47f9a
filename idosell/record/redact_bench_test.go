package record_test

import (
	"bytes"
	"fmt"
	"testing"

	"octobridge/idosell/record"
)

// An answer of 1 MB, with people or with goods.
func BenchmarkRedact(b *testing.B) {
	for name, item := range map[string]func(int) string{
		"orders": func(i int) string {
			return fmt.Sprintf("<item><orderId>sklepik-%d</orderId><clientResult><clientDeliveryAddress><firstName>Imię%d</firstName><lastName>Nazwisko %d</lastName><street>ul. Długa %d</street><zipCode>%02d-%03d</zipCode><city>Miasto %d</city><phone1>+48 60%07d</phone1><email>ktos%d@firma.pl</email></clientDeliveryAddress></clientResult><orderDetails><orderStatus>finished</orderStatus><orderAddDate>2026-11-22 10:00:00</orderAddDate><clientNoteToOrder>[ref:SH-%d] proszę dzwonić</clientNoteToOrder></orderDetails></item>", i, i%500, i, i, i/1000%100, i%1000, i%300, i, i, i)
		},
		"products": func(i int) string {
			return fmt.Sprintf("<item><productId>%d</productId><productName>Kubek ceramiczny żółty 0,33 l nr %d</productName><productLongDescription>&lt;p&gt;Szkliwo nakładane jest ręcznie, dlatego każda sztuka ma odrobinę inny odcień. Trzyma ciepło herbaty przez długie popołudnie i dobrze leży w dłoni.&lt;/p&gt;</productLongDescription><productRetailPrice>%d.99</productRetailPrice><productCardUrl>https://shop.example/product-pol-%d.html</productCardUrl></item>", 1000+i, i, i%200, 1000+i)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var answer bytes.Buffer
			answer.WriteString("<Envelope><Body><getResponse><response><results>")
			for i := 0; answer.Len() < 1<<20; i++ {
				answer.WriteString(item(i))
			}
			answer.WriteString("</results></response></getResponse></Body></Envelope>")
			b.SetBytes(int64(answer.Len()))
			for b.Loop() {
				e := record.Exchange{Answer: answer.Bytes()}
				if err := record.NewRedactor(record.Options{Secrets: []string{"hasło-zażółć", "DKEY-9f2c71"}}).Exchange(&e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIndent(b *testing.B) {
	answer := []byte("<a>" + string(bytes.Repeat([]byte("<item><b>1</b><c>Kubek</c></item>"), 1<<20/33)) + "</a>")
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		if _, ok := record.Indent(answer); !ok {
			b.Fatal("it is not indented")
		}
	}
}
