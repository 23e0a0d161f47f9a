package storefront

import "strings"

var (
	signInTemplate  = parse("signin.html")
	accountTemplate = parse("account.html")
)

// accountBody is what the page of the account has.
type accountBody struct {
	Customer  *Customer
	Orders    []Order
	Addresses []Address
}

// Name is what a customer is called in the header: a name, an e-mail address or
// an id.
func (c *Customer) Name() string {
	for _, name := range []string{c.FirstName + " " + c.LastName, c.Email, c.ID} {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
	}
	return ""
}

func (s *shop) signIn(v *visit) error {
	if v.session.Customer != nil {
		return s.seeOther(v, telling(withLang(AccountPath, nil, v.view.lang), v.view.notice, ""))
	}
	p := s.newPage(v, signInTemplate, SignInPath)
	p.Title, p.Body = p.tongue.text(table["signIn"]), s.options.DemoCustomer
	return s.answer(v, p)
}

// signInDemo signs in the customer of the demonstration.
func (s *shop) signInDemo(v *visit) error {
	if s.options.DemoCustomer == "" {
		return s.refuse(v, 404)
	}
	outcome, err := s.options.Visitors.SignInDemo(v.ctx, v.request)
	address := AccountPath
	if err != nil {
		address = SignInPath
	}
	return s.after(v, withLang(address, nil, v.view.lang), outcome, NoticeSignedIn, err)
}

func (s *shop) account(v *visit) error {
	if v.session.Customer == nil {
		return s.seeOther(v, telling(withLang(SignInPath, nil, v.view.lang), v.view.notice, ""))
	}
	orders, err := s.options.Visitors.Orders(v.ctx, v.request)
	if err != nil {
		return s.fail(v, err)
	}
	addresses, err := s.options.Visitors.Addresses(v.ctx, v.request)
	if err != nil {
		return s.fail(v, err)
	}
	p := s.newPage(v, accountTemplate, AccountPath)
	p.Title, p.Body = p.tongue.text(table["account"]), &accountBody{v.session.Customer, orders, addresses}
	return s.answer(v, p)
}
