package sandbox

import (
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/internal/secret"
)

// What the demonstration's wholesaler knows. They are no secrets: they open
// nothing but a sandbox.
const (
	DemoLogin           = "demoshop" // a shop that orders for its customers (dropshipping)
	DemoPassword        = "demo-haslo-2026"
	DemoDropshippingKey = "klucz-icdf-demo"
	DemoCustomerEmail   = "anna.nowak@example.com" // the recipient of the demo shop's orders
	DemoReference       = "SH-1001"                // stands in the note of one of them
	DemoBuyerLogin      = "kawiarnia"              // a customer of the wholesaler, buying for itself
	DemoBuyerPassword   = "kawa-i-ciasto"
	DemoBuyerEmail      = "zakupy@kawiarnia.example"
)

// Options describe a wholesaler. The zero value is the demonstration's.
type Options struct {
	// Catalogue is the assortment; nil: Assortment().
	Catalogue *Catalogue
	// Clock is what the sandbox's own clock begins with: it can be moved by
	// Advance, SetTime and over HTTP. Nil: SystemClock.
	Clock Clock
	// Location is the shop's time zone; nil: Europe/Warsaw.
	Location *time.Location
	// Accounts are the wholesaler's customers; nil: the demonstration's two.
	Accounts []Account
	// DropshippingKey is the wholesaler's key for all gates beside
	// Authenticate; empty: DemoDropshippingKey.
	DropshippingKey secret.String
	// PublicURL begins every absolute address in answers, without a slash at
	// its end; empty: the address that the request was sent to.
	PublicURL string
	// Orders are placed before the first call; nil: the demonstration's, for
	// those of its accounts that exist. An empty list: none.
	Orders []SeedOrder
	// WithoutOptionalGates switches Basket/clear, setQuantity and remove and
	// Orders/cancel off.
	WithoutOptionalGates bool
	// Logger tells about calls: gate, fault code, duration; never keys or
	// personal data. Nil: silent.
	Logger *slog.Logger
}

// Account is a customer of the wholesaler.
type Account struct {
	Login    string
	Password secret.String
	Email    string
	Address  Address // billing address
	// Discount is taken off the wholesale prices, in per cent: the account's
	// price level.
	Discount decimal.Decimal
}

// Address is a postal address with the person there.
type Address struct {
	FirstName, LastName, Firm, NIP   string
	Street, ZipCode, City, Province  string
	CountryID, Phone1, Phone2, Email string
}

// SeedOrder is an order that the sandbox begins with.
type SeedOrder struct {
	Login       string        // the account's
	Age         time.Duration // how long ago it was placed
	Note        string        // clientNoteToOrder
	Delivery    Address
	CourierID   int64
	PaymentType string
	PickupPoint string // of couriers that have them
	// Products are places in the catalogue, counted from 0 and around its end,
	// so that the same seeds fit any catalogue. One piece each, in the first
	// size that can be had.
	Products []int
}

func demoAccounts() []Account {
	return []Account{
		{
			Login: DemoLogin, Password: secret.New(DemoPassword), Email: "zamowienia@demoshop.example",
			Address: Address{
				FirstName: "Ewa", LastName: "Demowska", Firm: "Demoshop sp. z o.o.", NIP: "0000000000",
				Street: "ul. Przykładowa 1", ZipCode: "00-001", City: "Warszawa", CountryID: "PL",
				Phone1: "+48 500 000 001", Email: "zamowienia@demoshop.example",
			},
		},
		{
			Login: DemoBuyerLogin, Password: secret.New(DemoBuyerPassword), Email: DemoBuyerEmail,
			Discount: decimal.NewFromInt(5),
			Address: Address{
				FirstName: "Piotr", LastName: "Łąkowy", Firm: "Kawiarnia Pod Jabłonią", NIP: "0000000000",
				Street: "ul. Ogrodowa 7", ZipCode: "31-001", City: "Kraków", CountryID: "PL",
				Phone1: "+48 500 000 002", Email: DemoBuyerEmail,
			},
		},
	}
}

// demoOrders are the past orders of the demonstration. Their ages, with what
// lifeOf makes of their serial numbers, put them into different statuses.
func demoOrders() []SeedOrder {
	anna := Address{
		FirstName: "Anna", LastName: "Nowak", Street: "ul. Kwiatowa 12/3", ZipCode: "50-001", City: "Wrocław",
		CountryID: "PL", Phone1: "+48 500 000 003", Email: DemoCustomerEmail,
	}
	buyer := demoAccounts()[1].Address
	day := 24 * time.Hour
	return []SeedOrder{
		{Login: DemoLogin, Age: 21 * day, Note: "[ref:" + DemoReference + "]", Delivery: anna, CourierID: courierDPD, PaymentType: prepaid, Products: []int{0, 7}},
		{Login: DemoBuyerLogin, Age: 15 * day, Note: "Proszę o dostawę przed 10:00", Delivery: buyer, CourierID: courierPost, PaymentType: tradeCredit, Products: []int{3, 11, 19}},
		{Login: DemoLogin, Age: 12 * day, Note: "[ref:SH-1002]", Delivery: anna, CourierID: courierGLS, PaymentType: prepaid, Products: []int{21, 34, 55}},
		{Login: DemoLogin, Age: 9 * day, Note: "[ref:SH-1003]", Delivery: anna, CourierID: courierDPD, PaymentType: cashOnDelivery, Products: []int{89}},
		{Login: DemoBuyerLogin, Age: 2 * day, Note: "", Delivery: buyer, CourierID: courierDPD, PaymentType: prepaid, Products: []int{5}},
		{Login: DemoLogin, Age: 20 * time.Hour, Note: "[ref:SH-1004]", Delivery: anna, CourierID: courierDPD, PaymentType: prepaid, Products: []int{144}},
		{Login: DemoLogin, Age: 3 * time.Hour, Note: "[ref:SH-1005] Prosimy zapakować na prezent", Delivery: anna, CourierID: courierInPost, PaymentType: prepaid, PickupPoint: "WRO01DEMO", Products: []int{13, 40}},
		{Login: DemoBuyerLogin, Age: 150 * time.Minute, Note: "Faktura na firmę", Delivery: buyer, CourierID: courierGLS, PaymentType: prepaid, Products: []int{8, 9}},
		{Login: DemoLogin, Age: time.Hour, Note: "[ref:SH-1006]", Delivery: anna, CourierID: courierDPD, PaymentType: prepaid, Products: []int{233}},
		{Login: DemoLogin, Age: 10 * time.Minute, Note: "[ref:SH-1007]", Delivery: anna, CourierID: courierDPD, PaymentType: prepaid, Products: []int{61, 62}},
	}
}
