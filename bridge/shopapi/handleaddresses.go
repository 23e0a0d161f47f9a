package shopapi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// addressList is what was handed over with an order.
type addressList struct {
	Addresses []DeliveryAddress `json:"addresses"`
}

func (a *api) listAddresses(c *call) error {
	p, err := a.query(c, []string{"reference"}, nil)
	if err != nil {
		return err
	}
	if p.text("reference") == "" {
		p.wrong("?reference", "is required: the reference of the order whose address is asked for")
	}
	if len(p.faults) > 0 {
		return a.invalid(p.faults)
	}
	addresses, err := a.options.Wholesaler.Addresses(c.ctx, p.text("reference"))
	if err != nil {
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	return answer(c, http.StatusOK, addressList{orEmpty(addresses)})
}

func (a *api) putAddress(c *call) error {
	if _, err := a.noQuery(c); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return a.notFound("There is no address with this number.")
	}
	address := DeliveryAddress{ID: id}
	read := func(r *reading, at string, value any) {
		// What was listed may be sent back as it came, its number included.
		members, _ := value.(object)
		rest := object{}
		for _, m := range members {
			if m.name != "id" {
				rest = append(rest, m)
			} else if written(m.value) != strconv.FormatInt(id, 10) {
				r.wrong(at+"/id", "must be the number in the path, or be left out")
			}
		}
		if members != nil {
			value = rest
		}
		address.Address.read(r, at, value)
	}
	if err := a.readBody(c, read); err != nil {
		return err
	}
	r := &reading{}
	address.tidy()
	address.check(r, "")
	if len(r.faults) > 0 {
		return a.invalid(r.faults)
	}
	if err := a.options.Wholesaler.ChangeAddress(c.ctx, address); err != nil {
		// The same address again changes nothing more, whatever became of this one.
		if upstream, ok := errors.AsType[*UpstreamError](err); ok && upstream.SendAgain == SendAgainUnknown {
			again := *upstream
			again.SendAgain = SendAgainYes
			err = &again
		}
		return a.failure(c.Ctx, err, SendAgainYes)
	}
	return answer(c, http.StatusOK, address)
}

// texts are the fields of an address, by name.
func (a *Address) texts() map[string]*string {
	return map[string]*string{
		"firstName": &a.FirstName, "lastName": &a.LastName, "firm": &a.Firm, "taxNumber": &a.TaxNumber, "street": &a.Street, "zipCode": &a.ZipCode,
		"city": &a.City, "province": &a.Province, "country": &a.Country, "phone": &a.Phone, "phone2": &a.Phone2, "email": &a.Email,
	}
}

// tidy takes blanks away and writes the country in capitals.
func (a *Address) tidy() {
	for _, text := range a.texts() {
		*text = strings.TrimSpace(*text)
	}
	a.Country = strings.ToUpper(a.Country)
}

func (a *Address) checkTexts(r *reading, at string) {
	texts := a.texts()
	for _, name := range []string{"firstName", "lastName", "firm", "taxNumber", "street", "zipCode", "city", "province", "country", "phone", "phone2", "email"} {
		if !plain(*texts[name], 0, 200) {
			r.wrong(at+"/"+name, "must be one line of at most 200 characters")
		}
	}
}

// check notes what a whole address lacks.
func (a *Address) check(r *reading, at string) {
	a.checkTexts(r, at)
	if a.LastName == "" && a.Firm == "" {
		r.wrong(at+"/lastName", "or firm is required")
	}
	for _, required := range []struct{ name, value string }{{"street", a.Street}, {"zipCode", a.ZipCode}, {"city", a.City}} {
		if required.value == "" {
			r.wrong(at+"/"+required.name, "is required")
		}
	}
	if !countryCode(a.Country) {
		r.wrong(at+"/country", "must be an ISO 3166-1 code of two letters, such as PL")
	}
	if name, host, found := strings.Cut(a.Email, "@"); a.Email != "" && (!found || name == "" || !strings.Contains(host, ".") || strings.ContainsAny(a.Email, " <>,;\"")) {
		r.wrong(at+"/email", "is not an e-mail address")
	}
}

func countryCode(text string) bool {
	return len(text) == 2 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
