package record_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"octobridge/idosell/record"
)

func noMatch(t *testing.T, replay http.RoundTripper, r *http.Request) *record.NoMatchError {
	t.Helper()
	_, err := replay.RoundTrip(r)
	failure, ok := errors.AsType[*record.NoMatchError](err)
	if !ok {
		t.Fatalf("the error is %v, want a NoMatchError", err)
	}
	return failure
}

func TestARequestWithoutAMatchIsExplained(t *testing.T) {
	search := func(key, text, page string) string {
		return wire(key, "<containsText>"+text+"</containsText><email>"+key+"@example.com</email><resultsPage>"+page+"</resultsPage>")
	}
	replay := newReplay(t, []record.Exchange{
		say("Products/search", wire("k", "<categoryId>7</categoryId>"), "a category"),
		say("Products/search", search("k", "kubek", "0"), "mugs"),
		say("Products/search", search("k", "talerz", "4"), "plates"),
	}, recordedAt)
	err := noMatch(t, replay, request("Products/search", search("secret-of-mine", "kubek", "1")))
	want := `the replay has no answer to this request of Products/search. The nearest recorded request is number 2. Ask as it was recorded, or record this request, too
--- recorded, number 2
+++ asked
@@ -4,7 +4,7 @@
       <params>
         <containsText>kubek</containsText>
         <email>[personal]</email>
-        <resultsPage>0</resultsPage>
+        <resultsPage>1</resultsPage>
       </params>
     </get>
   </get>
`
	if got := err.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err.Gate != "Products/search" || err.Nearest != 2 {
		t.Errorf("%+v", err)
	}
}

func TestAGateThatWasNeverRecorded(t *testing.T) {
	wsdl := say("Basket/get", "", "<definitions/>")
	wsdl.WSDL = true
	replay := newReplay(t, []record.Exchange{say("Orders/get", wire("k", ""), "x"), wsdl, say("Orders/get", wire("k", ""), "x"), say("Basket/get", wire("k", ""), "x")}, recordedAt)
	err := noMatch(t, replay, request("Dropshipping/placeOrder", wire("k", "")))
	want := "the replay has no answer to this request of Dropshipping/placeOrder: this gate was never recorded. Recorded were: Basket/get, Basket/get (WSDL), Orders/get. Ask as it was recorded, or record this request, too"
	if got := err.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	of := func(address string) *http.Request {
		return httptest.NewRequest(http.MethodGet, "https://wholesaler.invalid/customer-api/?gate="+address, nil)
	}
	if err := noMatch(t, replay, of("Orders/get/1/soap/wsdl")); err.Gate != "Orders/get (WSDL)" {
		t.Errorf("%+v", err)
	}
	for _, address := range []string{"", "Orders", "/get/1/soap", "Orders//1/soap", "a/b/c/d/e/f"} {
		if err := noMatch(t, replay, of(address)); err.Gate != "" || !strings.Contains(err.Error(), "names no gate") {
			t.Errorf("%q: %v", address, err)
		}
	}
	// Neither its version nor the case of its name make it another gate.
	response, failure := replay.RoundTrip(of("basket/Get/105/soap/wsdl"))
	if failure != nil || response.StatusCode != 200 {
		t.Errorf("%v", failure)
	}
	if err := noMatch(t, replay, of("Orders%0A%1B[31m/get/1/soap")); strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Errorf("what is not printed is in %q", err)
	}
}

func TestADifferenceHoldsNoSecretsAndNobody(t *testing.T) {
	hidden := []string{"geheim-1", "geheim-2", "geheim-3", "Łukasz", "Piotrkowska", "90-001", "+48 501", "l@wp.example", "geheim-note", "an-unknown-thing"}
	body := wire("geheim-1", "<login>geheim-2</login><params password='geheim-3'/><deliveryAddress><clientDeliveryAddressFirstName>Łukasz</clientDeliveryAddressFirstName>"+
		"<street>Piotrkowska</street><zip_code>90-001</zip_code><phone1>+48 501</phone1><unheardOf>an-unknown-thing</unheardOf><containsText>l@wp.example</containsText>"+
		"<clientNoteToOrder>geheim-note</clientNoteToOrder></deliveryAddress>")
	replay := newReplay(t, []record.Exchange{say("Orders/get", wire("k", "<a>1</a>"), "x")}, recordedAt)
	for name, text := range map[string]string{
		"a request": noMatch(t, replay, request("Orders/get", body)).Error(),
		"no XML":    noMatch(t, replay, request("Orders/get", body[:len(body)-20])).Error(),
	} {
		for _, secret := range hidden {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q is in\n%s", name, secret, text)
			}
		}
	}
}

func TestALongDifferenceOfRequestsIsCut(t *testing.T) {
	var many strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&many, "<productId>%d</productId>", i)
	}
	replay := newReplay(t, []record.Exchange{say("Orders/get", wire("k", "<a>1</a>"), "x")}, recordedAt)
	err := noMatch(t, replay, request("Orders/get", wire("k", many.String())))
	if lines := strings.Count(err.Difference, "\n"); lines != 60 {
		t.Errorf("%d lines, want 60", lines)
	}
}
