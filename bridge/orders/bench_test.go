package orders_test

import (
	"fmt"
	"testing"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// BenchmarkPlaceOrder places one order after another at the sandbox, over HTTP:
// "bare" makes the six calls of an order and nothing else, which is the sandbox's
// own limit; "placed" takes each order and brings it there, with every step on
// disk.
func BenchmarkPlaceOrder(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		s := newStage(b)
		template := request(b, "x")
		recipient := idosell.Address{FirstName: "Anna", LastName: "Nowakowska", Street: template.Recipient.Street, ZipCode: "50-001", City: "Wrocław", CountryID: "PL", Phone1: "+48500000003"}
		var lines []idosell.Line
		for _, line := range template.Lines {
			lines = append(lines, idosell.Line{Code: line.Code, CodeType: idosell.CodeInternal, Quantity: line.Quantity})
		}
		for b.Loop() {
			_, err1 := s.client.Availability(b.Context(), lines...)
			_, err2 := s.client.Basket(b.Context())
			_, err3 := s.client.ImportBasket(b.Context(), idosell.BasketImport{Lines: lines})
			_, err4 := s.client.Basket(b.Context())
			_, err5 := s.client.PlaceOrder(b.Context(), idosell.NewOrder{Delivery: recipient, CourierID: 6, PaymentType: idosell.Prepaid, ClientNote: "[ref:x]"})
			_, err6 := s.client.Basket(b.Context())
			for _, err := range []error{err1, err2, err3, err4, err5, err6} {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	})
	b.Run("placed", func(b *testing.B) {
		s := newStage(b)
		n := 0
		r := request(b, "x")
		r.Courier = orders.CourierChoice{ID: 6}
		for b.Loop() {
			n++
			r.Reference = fmt.Sprintf("SH-%d", n)
			o := s.accept(r)
			if again, err := s.service.Work(b.Context(), o.ID); again >= 0 || err != nil {
				b.Fatalf("again in %v, %v", again, err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		if placed := len(s.wholesaler.Orders()); placed != n {
			b.Fatalf("%d of %d were placed", placed, n)
		}
	})
}
