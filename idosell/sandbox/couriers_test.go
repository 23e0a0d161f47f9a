package sandbox

import (
	"slices"
	"strings"
	"testing"
)

func TestCouriersByCountry(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	for country, want := range map[string][]string{
		"":           {"6", "12", "44", "77", "90", "151"},
		"FR":         {"44"},
		"fr":         {"44"},
		"1143020003": {"6", "12", "44", "77", "90", "151"}, // Poland, as some answers write it
		"US":         nil,
	} {
		got := caller.must("Dropshipping/getCouriers", "<countryId>"+country+"</countryId>").texts("results/couriers/item/courierId")
		if !slices.Equal(got, want) {
			t.Errorf("%q: couriers %v, want %v", country, got, want)
		}
	}
	if got := caller.call("Dropshipping/getCouriers", "<countryId>Polska</countryId>"); got.code() != "3" {
		t.Errorf("a bad country: fault %s, want 3", got.code())
	}
}

func TestCouriersForAnOrder(t *testing.T) {
	_, server := newWholesaler(t)
	caller := signIn(t, server)
	offered := func(params string) []string {
		return caller.must("Dropshipping/getCouriersForOrder", params).texts("results/couriers/item/courierId")
	}
	if got := caller.call("Dropshipping/getCouriersForOrder", goodAddress); got.code() != "2" {
		t.Errorf("an empty basket: fault %s, want 2", got.code())
	}
	caller.fill("101", "80") // 28 kg: too heavy for Poczta and InPost
	if got, want := offered(goodAddress), []string{"6", "44", "77", "90"}; !slices.Equal(got, want) {
		t.Errorf("28 kg: couriers %v, want %v", got, want)
	}
	if got, want := offered(goodAddress+"<paymentType>tradecredit</paymentType>"), []string{"6", "77", "90"}; !slices.Equal(got, want) {
		t.Errorf("trade credit: couriers %v, want %v", got, want)
	}
	german := strings.Replace(goodAddress, ">PL<", ">DE<", 1)
	if got, want := offered(german), []string{"6", "44", "77"}; !slices.Equal(got, want) {
		t.Errorf("to Germany: couriers %v, want %v", got, want)
	}
	prefixed := strings.NewReplacer("<countryId>", "<clientDeliveryAddressCountryId>", "</countryId>", "</clientDeliveryAddressCountryId>").Replace(german)
	if got, want := offered(prefixed), []string{"6", "44", "77"}; !slices.Equal(got, want) {
		t.Errorf("fields with their prefix: couriers %v, want %v", got, want)
	}
	costs := caller.must("Dropshipping/getCouriersForOrder", german).texts("results/couriers/item/cost")
	// 80 × 24.60 is under DPD's 2000: 13.90 + 28 × 0.45.
	if want := []string{"26.50", "28.90", "154.60"}; !slices.Equal(costs, want) {
		t.Errorf("costs %v, want %v", costs, want)
	}
	caller.fill("101", "5") // 2091.00: DPD is free
	if got := caller.must("Dropshipping/getCouriersForOrder", german).text("results/couriers/item/costGross"); got != "0.00" {
		t.Errorf("DPD above its limit costs %s, want nothing", got)
	}
	for name, params := range map[string]string{
		"no address":  "",
		"bad country": strings.Replace(goodAddress, ">PL<", ">P1<", 1),
		"bad payment": goodAddress + "<paymentType>barter</paymentType>",
	} {
		if got := caller.call("Dropshipping/getCouriersForOrder", params); got.code() != "3" {
			t.Errorf("%s: fault %s, want 3", name, got.code())
		}
	}
}
