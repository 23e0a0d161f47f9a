package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// The ways of paying (admin API).
const (
	prepaid        = "prepaid"
	cashOnDelivery = "cash_on_delivery"
	tradeCredit    = "tradecredit"
)

// The couriers' ids.
const (
	courierInPost  = 151
	courierDPD     = 6
	courierGLS     = 44
	courierPost    = 12
	courierPallet  = 77
	courierPickups = 90
)

// courier is a way of delivery. Costs are net, in the catalogue's currency, and
// grow with the weight; a basket from freeFrom on (gross) travels free.
type courier struct {
	id        int64
	name      string
	points    bool // delivers to pickup points
	tracked   bool // has a tracking page
	payments  []string
	countries []string
	maxWeight int64 // grams
	cost      decimal.Decimal
	perKilo   decimal.Decimal
	freeFrom  decimal.Decimal // zero: never
	days      int64
	numbers   string // form of its parcel numbers, invented
}

// courierVAT is the VAT on delivery, in per cent.
const courierVAT = 23

var couriers = []courier{
	{id: courierDPD, name: "DPD", tracked: true, payments: []string{prepaid, cashOnDelivery, tradeCredit},
		countries: []string{"PL", "CZ", "SK", "DE", "LT"}, maxWeight: 31_500, cost: decimal.New(1390, -2), perKilo: decimal.New(45, -2),
		freeFrom: decimal.NewFromInt(2000), days: 1, numbers: "00000%09dU"},
	{id: courierPost, name: "Poczta Polska", payments: []string{prepaid, tradeCredit}, countries: []string{"PL"}, maxWeight: 20_000,
		cost: decimal.New(1190, -2), perKilo: decimal.New(60, -2), days: 3, numbers: "0059007731%010d"},
	{id: courierGLS, name: "GLS", tracked: true, payments: []string{prepaid, cashOnDelivery}, countries: []string{"PL", "CZ", "SK", "DE", "FR", "ES", "IT", "PT", "AT"},
		maxWeight: 30_000, cost: decimal.New(1490, -2), perKilo: decimal.New(50, -2), days: 2, numbers: "%011d"},
	{id: courierPallet, name: "Przesyłka paletowa", payments: []string{prepaid, tradeCredit}, countries: []string{"PL", "DE"},
		maxWeight: 800_000, cost: decimal.New(14900, -2), perKilo: decimal.New(20, -2), days: 4, numbers: "PAL%08d"},
	{id: courierPickups, name: "Odbiór osobisty", payments: []string{prepaid, cashOnDelivery, tradeCredit}, countries: []string{"PL"},
		maxWeight: 2_000_000, days: 1, numbers: "ODB%08d"},
	{id: courierInPost, name: "InPost Paczkomaty 24/7", points: true, payments: []string{prepaid, cashOnDelivery}, countries: []string{"PL"},
		maxWeight: 25_000, cost: decimal.New(1099, -2), freeFrom: decimal.NewFromInt(1000), days: 1, numbers: "00000000000000%010d"},
}

func courierByID(id int64) *courier {
	at := slices.IndexFunc(couriers, func(c courier) bool { return c.id == id })
	if at < 0 {
		return nil
	}
	return &couriers[at]
}

// polandRegion is a country's id as some of the maker's answers write it.
const polandRegion = "1143020003"

// readCountry reads a country: two letters of ISO 3166, or Poland's own id.
func readCountry(written string) (string, error) {
	if written == polandRegion {
		return "PL", nil
	}
	code := strings.ToUpper(written)
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", refuse(faultParameter, "Niepoprawny kraj")
	}
	return code, nil
}

// trackingTemplate is the address of a parcel's page; "{n}" stands for its number.
func (c *courier) trackingTemplate(address string) string {
	if !c.tracked {
		return ""
	}
	return address + "/_sandbox/tracking/{n}"
}

func (c *courier) parts(address string) []*element {
	parts := []*element{whole("courierId", c.id), text("name", c.name), flag("hasPickupPoints", c.points)}
	if template := c.trackingTemplate(address); template != "" {
		parts = append(parts, text("trackingUrl", template))
	}
	return append(parts, texts("payments", c.payments...), texts("countries", c.countries...))
}

// getCouriers lists the couriers, of one country or all.
func (s *Server) getCouriers(req *request) (*element, error) {
	country := ""
	if asked := req.params.value("countryId"); asked != "" {
		code, err := readCountry(asked)
		if err != nil {
			return nil, err
		}
		country = code
	}
	var items [][]*element
	for i := range couriers {
		if country == "" || slices.Contains(couriers[i].countries, country) {
			items = append(items, couriers[i].parts(req.address))
		}
	}
	return structure("results", array("couriers", items...)), nil
}

// takes says whether a courier takes a parcel of so many grams to a country,
// paid in this way ("": in any).
func (c *courier) takes(country, payment string, grams int64) bool {
	return slices.Contains(c.countries, country) && (payment == "" || slices.Contains(c.payments, payment)) && grams <= c.maxWeight
}

// netCost is what delivery costs an account, net.
func (c *courier) netCost(grams int64, worthGross decimal.Decimal) decimal.Decimal {
	if c.freeFrom.IsPositive() && !worthGross.LessThan(c.freeFrom) {
		return decimal.Zero
	}
	kilos := decimal.NewFromInt((grams + 999) / 1000) // begun kilograms count
	return c.cost.Add(c.perKilo.Mul(kilos)).Round(2)
}

func withVAT(net decimal.Decimal, vat int64) decimal.Decimal {
	return net.Mul(decimal.NewFromInt(100 + vat)).Div(hundred).Round(2)
}

// basketSize is the weight, in grams, and the worth, gross, of a basket.
func (s *Server) basketSize(owner *account) (grams int64, worth decimal.Decimal) {
	weight := decimal.Zero
	for _, line := range owner.basket {
		p, size := s.index().size(line.variant)
		weight = weight.Add(line.quantity.Mul(decimal.NewFromInt(p.Weight)))
		worth = worth.Add(accountGross(&owner.Account, p, size).Mul(line.quantity))
	}
	return weight.Ceil().IntPart(), worth
}

// getCouriersForOrder lists the couriers who would take the basket to an
// address, and what that costs.
func (s *Server) getCouriersForOrder(req *request) (*element, error) {
	to := req.params.child("deliveryAddress")
	if to == nil {
		return nil, refuse(faultParameter, "Brak adresu dostawy")
	}
	country, err := readCountry(readAddress(to).CountryID)
	if err != nil {
		return nil, err
	}
	payment := strings.ToLower(req.params.value("paymentType"))
	if payment != "" && !slices.Contains([]string{prepaid, cashOnDelivery, tradeCredit}, payment) {
		return nil, refuse(faultParameter, "Niepoprawna forma płatności")
	}
	if len(req.account.basket) == 0 {
		return nil, refuse(faultNothing, "Koszyk jest pusty")
	}
	grams, worth := s.basketSize(req.account)
	var items [][]*element
	for i := range couriers {
		c := &couriers[i]
		if !c.takes(country, payment, grams) {
			continue
		}
		cost := c.netCost(grams, worth)
		items = append(items, append(c.parts(req.address), money("cost", cost), money("costGross", withVAT(cost, courierVAT)),
			text("currencyId", s.catalogue().Currency), whole("deliveryDays", c.days), whole("maxWeight", c.maxWeight)))
	}
	return structure("results", array("couriers", items...)), nil
}

// parcelNumber is the n-th parcel's number of an order.
func (c *courier) parcelNumber(serial int64, n int) string {
	return fmt.Sprintf(c.numbers, serial*10+int64(n))
}

// supplier is who the wholesaler is. Invented.
var supplier = struct {
	name, email, phone, www, street, zipCode, city string
	deliveryDays                                   int64
}{
	name: "Hurtownia Piaskownica sp. z o.o.", email: "biuro@hurtownia.example", phone: "+48 500 000 000",
	www: "https://hurtownia.example", street: "ul. Magazynowa 5", zipCode: "70-001", city: "Szczecin", deliveryDays: 2,
}

// getSupplierData tells who the wholesaler is.
func (s *Server) getSupplierData(*request) (*element, error) {
	return structure("results", text("name", supplier.name), text("email", supplier.email), text("phone", supplier.phone),
		text("www", supplier.www), text("street", supplier.street), text("zipCode", supplier.zipCode), text("city", supplier.city),
		text("countryId", "PL"), text("currencyId", s.catalogue().Currency), whole("deliveryDays", supplier.deliveryDays)), nil
}
