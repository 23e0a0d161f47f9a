package customers

import (
	"context"
	"slices"

	"octobridge/idosell"
)

// Orders returns the customer's orders, newest first, at most a hundred. It reads
// one page, and two more where the wholesaler lists old ones first (its order is
// not known). ErrSignedOut: nobody is signed in.
func (s *Service) Orders(ctx context.Context, ref string) ([]idosell.Order, error) {
	return read(ctx, s, ref, func(ctx context.Context, v *visit) ([]idosell.Order, error) {
		page, err := v.wholesaler.OrdersPage(ctx, idosell.OrderQuery{}, 0, pageSize)
		if err != nil {
			return nil, err
		}
		orders := page.Items
		if size := max(page.Size, 1); page.Total > len(orders) && len(orders) > 1 && newer(orders[len(orders)-1], orders[0]) {
			last := (page.Total - 1) / size
			for number := last; number > max(last-2, 0); number-- {
				end, err := v.wholesaler.OrdersPage(ctx, idosell.OrderQuery{}, number, pageSize)
				if err != nil {
					return nil, err
				}
				orders = append(orders, end.Items...)
			}
		}
		orders = slices.DeleteFunc(slices.Clone(orders), func(o idosell.Order) bool { return !isAccount(o.Client.Account, v.account.login) })
		slices.SortStableFunc(orders, func(a, b idosell.Order) int {
			switch {
			case newer(a, b):
				return -1
			case newer(b, a):
				return 1
			}
			return 0
		})
		return orders[:min(len(orders), pageSize)], nil
	})
}

// Addresses returns the customer's delivery addresses in the wholesaler's order, at
// most a hundred. ErrSignedOut: nobody is signed in.
func (s *Service) Addresses(ctx context.Context, ref string) ([]idosell.DeliveryAddress, error) {
	return read(ctx, s, ref, func(ctx context.Context, v *visit) (found []idosell.DeliveryAddress, err error) {
		for address, err := range v.wholesaler.DeliveryAddresses(ctx, idosell.AddressQuery{}) {
			if err != nil {
				return nil, err
			}
			if found = append(found, address); len(found) == pageSize {
				break
			}
		}
		return found, nil
	})
}

// read asks the wholesaler something for one customer. It ends with the service, and
// when the caller gives up.
func read[T any](ctx context.Context, s *Service, ref string, ask func(context.Context, *visit) (T, error)) (T, error) {
	var none T
	h, err := s.holder(ctx, ref)
	if err != nil {
		return none, err
	}
	v, err := s.visitAs(h)
	if err != nil {
		return none, err
	}
	defer v.end()
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	defer context.AfterFunc(s.base, cancel)()
	answer, err := ask(ctx, v)
	if err != nil {
		return none, v.failed(ctx, err)
	}
	return answer, nil
}

// Upstream finds products with the prices of the customer who is signed in as ref.
// account names the login for caches: nothing of it can be found in the name, which
// is another after a restart. ErrSignedOut: nobody is signed in.
func (s *Service) Upstream(ctx context.Context, ref string) (account string, products Products, err error) {
	h, err := s.holder(ctx, ref)
	if err != nil {
		return "", nil, err
	}
	return h.account.name, priced{s, ref}, nil
}

// priced is the Products of one customer. It uses the client that is open when it
// is called, so that it can be kept.
type priced struct {
	service *Service
	ref     string
}

// SearchProductsPage implements Products.
func (p priced) SearchProductsPage(ctx context.Context, query idosell.ProductQuery, page, size int) (idosell.Page[idosell.Product], error) {
	return read(ctx, p.service, p.ref, func(ctx context.Context, v *visit) (idosell.Page[idosell.Product], error) {
		return v.wholesaler.SearchProductsPage(ctx, query, page, size)
	})
}
