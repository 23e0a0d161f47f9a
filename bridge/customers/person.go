package customers

import (
	"context"
	"net/mail"
	"strings"

	"octobridge/idosell"
)

// pageSize is how many orders and addresses are read at once: a page of the
// wholesaler's.
const pageSize = 100

// whoIs finds out who a login belongs to. CustomerAPI has no gate for that, so (an
// assumption) the account and the billing address of the newest order tell, else
// the addresses that goods were sent to, where all of them name the same person:
// others may be recipients of the customer's. Where nothing tells, there is only
// the login, which is the e-mail address if it looks like one. What cannot be read
// is not known; signing in does not fail for it.
func (s *Service) whoIs(ctx context.Context, client Wholesaler, login string) Person {
	person := Person{ID: login}
	ctx, cancel := context.WithTimeout(ctx, s.patience/3)
	defer cancel()
	orders, err := client.OrdersPage(ctx, idosell.OrderQuery{}, 0, pageSize)
	if err != nil {
		s.logger.WarnContext(ctx, "who a customer is cannot be read from the orders", "error", withoutWords(err))
	}
	newest := -1
	for i, order := range orders.Items {
		if isAccount(order.Client.Account, login) && (newest < 0 || newer(order, orders.Items[newest])) {
			newest = i
		}
	}
	if newest >= 0 {
		client := orders.Items[newest].Client
		if client.Account.Login != "" {
			person.ID = client.Account.Login // as the wholesaler writes it
		}
		person.Email = address(client.Account.Email)
		if person.Email == "" {
			person.Email = address(client.Billing.Email)
		}
		person.FirstName, person.LastName = client.Billing.FirstName, client.Billing.LastName
	} else {
		s.fromAddresses(ctx, client, &person)
	}
	if person.Email == "" {
		person.Email = address(login)
	}
	return person
}

// isAccount says whether an account is the login's. One that names no login is:
// the session shows the customer's own orders.
func isAccount(account idosell.Account, login string) bool {
	return account.Login == "" || strings.EqualFold(account.Login, login)
}

// newer says whether an order was placed after another.
func newer(a, b idosell.Order) bool {
	if !a.AddedAt.Equal(b.AddedAt) {
		return a.AddedAt.After(b.AddedAt)
	}
	return a.SerialNumber > b.SerialNumber
}

func (s *Service) fromAddresses(ctx context.Context, client Wholesaler, person *Person) {
	var only *idosell.DeliveryAddress
	read := 0
	for found, err := range client.DeliveryAddresses(ctx, idosell.AddressQuery{}) {
		if err != nil {
			s.logger.WarnContext(ctx, "who a customer is cannot be read from the addresses", "error", withoutWords(err))
			return
		}
		if only != nil && (found.FirstName != only.FirstName || found.LastName != only.LastName || !strings.EqualFold(found.Email, only.Email)) {
			return
		}
		only = &found
		if read++; read == pageSize {
			break
		}
	}
	if only != nil {
		person.Email = address(only.Email)
		person.FirstName, person.LastName = only.FirstName, only.LastName
	}
}

// address returns a text that is an e-mail address and nothing more, else "".
func address(text string) string {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > 254 {
		return ""
	}
	return text
}
