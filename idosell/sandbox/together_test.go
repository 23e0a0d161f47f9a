package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Everything at once: under the race detector this finds what is not guarded.
func TestEverythingTogether(t *testing.T) {
	s, server := newWholesaler(t, ownAddress)
	caller := signIn(t, server)
	keys := "<authenticate><sessionKey>" + caller.key + "</sessionKey><dropshippingKey>" + testKey + "</dropshippingKey></authenticate>"
	var working sync.WaitGroup
	for n := range 8 {
		working.Go(func() {
			for range 5 {
				for _, gate := range []string{"Products/search", "Orders/get", "Basket/get", "Dropshipping/getCouriers", "Clients/getDeliveryAddresses"} {
					if _, err := caller.try(gate, keys+"<params/>"); err != nil {
						t.Errorf("%s: %v", gate, err)
					}
				}
				order := keys + "<params><products>" + item("productCode", "205-42", "quantity", "1") + "</products></params>"
				if _, err := caller.try("Dropshipping/basketImport", order); err != nil {
					t.Error(err)
				}
				if _, err := caller.try("Dropshipping/placeOrder", keys+"<params>"+goodAddress+"<courierId>6</courierId><paymentType>prepaid</paymentType></params>"); err != nil {
					t.Error(err)
				}
				for _, path := range []string{"/_sandbox/orders", "/_sandbox/calls", "/_sandbox/feed/gateway.xml", "/_sandbox/picture/101/1-16x16.png", "/product/101.html"} {
					response, err := http.Get(server.URL + path)
					if err != nil {
						t.Error(err)
						continue
					}
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
				}
				s.SetMoods(Moods{Form: Form{CDATA: true}, Calls: 3}, Moods{Gates: []string{"Orders"}, Different: Different{IgnoreFilters: true}})
				s.Advance(time.Duration(n) * time.Second)
			}
		})
	}
	working.Wait()
	serials := map[int64]bool{}
	lines := 0
	for _, order := range s.Orders() {
		if serials[order.SerialNumber] {
			t.Errorf("the serial number %d was given twice", order.SerialNumber)
		}
		serials[order.SerialNumber] = true
		lines += len(order.Lines)
	}
	s.SetMoods()
	lines += len(caller.must("Basket/get", "").part.all("results/products/item"))
	if want := 2 + 40; lines != want { // the seed's two, and every import once
		t.Errorf("%d lines are ordered or in the basket, want %d", lines, want)
	}
}

func ExampleServer() {
	wholesaler := New(Options{})
	defer wholesaler.Close()
	address, err := wholesaler.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := http.Get(address + "/customer-api/?gate=Orders/get/1/soap/wsdl")
	if err != nil {
		fmt.Println(err)
		return
	}
	response.Body.Close()
	fmt.Println(response.Status, wholesaler.Orders()[0].Note)
	http.DefaultClient.CloseIdleConnections()
	// Output: 200 OK [ref:SH-1001]
}
