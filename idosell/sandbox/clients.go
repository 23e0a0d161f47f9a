package sandbox

import (
	"net/mail"
	"slices"
	"strconv"
)

// deliveryAddress is a recipient's address that came with an order.
type deliveryAddress struct {
	Address
	id      int64
	orderID string
	owner   *account
}

// readAddress reads address fields, with or without the prefix
// clientDeliveryAddress.
func readAddress(from *received) Address {
	field := func(name string) string {
		return from.value(name, "clientDeliveryAddress"+name, "client"+name)
	}
	return Address{
		FirstName: field("firstName"), LastName: field("lastName"), Firm: field("firm"), NIP: field("nip"),
		Street: field("street"), ZipCode: field("zipCode"), City: field("city"), Province: field("province"),
		CountryID: field("countryId"), Phone1: field("phone1"), Phone2: field("phone2"), Email: field("email"),
	}
}

// check says what a courier would miss.
func (a Address) check() error {
	switch {
	case a.LastName == "" && a.Firm == "":
		return refuse(faultParameter, "Brak nazwiska lub nazwy firmy odbiorcy")
	case a.Street == "" || a.ZipCode == "" || a.City == "":
		return refuse(faultParameter, "Niepełny adres odbiorcy")
	case a.Phone1 == "" && a.Email == "":
		return refuse(faultParameter, "Brak telefonu i adresu e-mail odbiorcy")
	}
	for _, field := range []string{a.FirstName, a.LastName, a.Firm, a.NIP, a.Street, a.ZipCode, a.City, a.Province, a.Phone1, a.Phone2, a.Email} {
		if len(field) > 300 {
			return refuse(faultParameter, "Zbyt długie pole adresu")
		}
	}
	if a.Email != "" {
		if _, err := mail.ParseAddress(a.Email); err != nil {
			return refuse(faultParameter, "Niepoprawny adres e-mail")
		}
	}
	_, err := readCountry(a.CountryID)
	return err
}

// plainParts are the fields as the Clients gates name them.
func (a Address) plainParts() []*element {
	return []*element{
		text("firstName", a.FirstName), text("lastName", a.LastName), text("firm", a.Firm), text("nip", a.NIP),
		text("street", a.Street), text("zipCode", a.ZipCode), text("city", a.City), text("province", a.Province),
		text("countryId", a.CountryID), text("phone1", a.Phone1), text("phone2", a.Phone2), text("email", a.Email),
	}
}

// getDeliveryAddresses lists the addresses that came with the account's orders.
func (s *Server) getDeliveryAddresses(req *request) (*element, error) {
	orders := setOf(req.params.values("ordersIds"))
	var found []*deliveryAddress
	for _, a := range s.addresses {
		if a.owner == req.account && (len(orders) == 0 || orders[a.orderID]) {
			found = append(found, a)
		}
	}
	return pageOf(req, found, func(a *deliveryAddress) []*element {
		return append([]*element{whole("deliveryAddressId", a.id), text("orderId", a.orderID)}, a.plainParts()...)
	})
}

// setDeliveryAddress replaces an address while its order has not been sent.
func (s *Server) setDeliveryAddress(req *request) (*element, error) {
	id, err := strconv.ParseInt(req.params.value("deliveryAddressId", "clientDeliveryAddressId"), 10, 64)
	if err != nil {
		return nil, refuse(faultParameter, "Niepoprawna wartość deliveryAddressId")
	}
	at := slices.IndexFunc(s.addresses, func(a *deliveryAddress) bool { return a.id == id && a.owner == req.account })
	if at < 0 {
		return nil, refuse(faultNothing, "Nie znaleziono adresu")
	}
	changed := readAddress(req.params)
	if err := changed.check(); err != nil {
		return nil, err
	}
	kept := s.addresses[at]
	o := s.orderByID(kept.orderID)
	if state := o.at(req.now); state.status == statusFinished || state.status == statusCanceled {
		return nil, refuse(faultNotAllowed, "Zamówienie zostało już zrealizowane")
	}
	country, _ := readCountry(changed.CountryID) // checked above
	if !slices.Contains(o.courier.countries, country) {
		return nil, refuse(faultNotAllowed, "Kurier nie obsługuje tego kraju")
	}
	kept.Address = changed
	o.touched = req.now
	return structure("results", whole("deliveryAddressId", id)), nil
}
