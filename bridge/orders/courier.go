package orders

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"octobridge/idosell"
)

// choice is a courier that fits an order.
type choice struct {
	id   int64
	name string
}

// chooseCourier finds who takes the order, which is in the basket. Where no
// courier fits, the reason says why.
func (v *visit) chooseCourier(ctx context.Context) (choice, Reason, error) {
	wanted := v.order.Request.Courier
	name, id := wanted.Name, wanted.ID
	if wanted.ID == 0 && wanted.Name == "" && wanted.Rule != Cheapest {
		rule := v.service.rules.courierFor(v.order.Request.Recipient.Country)
		if rule == "" {
			return choice{}, Reason{ReasonNoCourier, "The order names no courier, and orders.couriers has no rule for its country."}, nil
		}
		if n, err := strconv.ParseInt(rule, 10, 64); err == nil {
			id = n
		} else if rule != string(Cheapest) {
			name = rule
		}
	}
	if id == 0 && name == "" {
		return v.cheapest(ctx)
	}
	list, err := call(ctx, v, idosell.OpCouriers, func(ctx context.Context) ([]idosell.Courier, error) {
		return v.service.wholesaler.Couriers(ctx, "")
	})
	if err != nil {
		return choice{}, Reason{}, err
	}
	for _, courier := range list {
		if courier.ID == id || id == 0 && strings.EqualFold(strings.TrimSpace(courier.Name), strings.TrimSpace(name)) {
			return choice{courier.ID, courier.Name}, v.suits(courier), nil
		}
	}
	if id != 0 && len(list) == 0 {
		return choice{id: id}, Reason{}, nil // a wholesaler that lists none may still take it
	}
	return choice{}, Reason{ReasonNoCourier, fmt.Sprintf("The wholesaler has no courier %s. Its couriers: octobridge couriers.", quoted(id, name))}, nil
}

func quoted(id int64, name string) string {
	if id != 0 {
		return strconv.FormatInt(id, 10)
	}
	return strconv.Quote(name)
}

// suits says why a courier cannot take the order, as far as the list of couriers
// tells.
func (v *visit) suits(courier idosell.Courier) Reason {
	request := &v.order.Request
	switch {
	case courier.HasPickupPoints && request.PickupPointID == "":
		return Reason{ReasonNoCourier, fmt.Sprintf("%s delivers to pickup points, and the order names none.", courier.Name)}
	case !courier.HasPickupPoints && request.PickupPointID != "":
		return Reason{ReasonNoCourier, fmt.Sprintf("The order names a pickup point, and %s has none.", courier.Name)}
	case len(courier.Payments) > 0 && !slices.Contains(courier.Payments, request.PaymentType):
		return Reason{ReasonNoCourier, fmt.Sprintf("%s does not take the payment %s.", courier.Name, request.PaymentType)}
	}
	return Reason{}
}

// cheapest asks who would take the basket to the address, and what each costs.
func (v *visit) cheapest(ctx context.Context) (choice, Reason, error) {
	request := &v.order.Request
	offers, err := call(ctx, v, idosell.OpCouriersForOrder, func(ctx context.Context) ([]idosell.CourierOffer, error) {
		return v.service.wholesaler.CouriersForOrder(ctx, idosell.CourierQuery{Address: request.Recipient.upstream(), PaymentType: request.PaymentType})
	})
	if err != nil {
		return choice{}, Reason{}, err
	}
	var best *idosell.CourierOffer
	for i := range offers {
		offer := &offers[i]
		if v.suits(offer.Courier).Code != "" {
			continue
		}
		// One whose cost is not told comes last.
		switch {
		case best == nil, offer.CostGross.Valid && !best.CostGross.Valid,
			offer.CostGross.Valid && best.CostGross.Valid && offer.CostGross.Decimal.LessThan(best.CostGross.Decimal):
			best = offer
		}
	}
	if best == nil {
		return choice{}, Reason{ReasonNoCourier, "None of the wholesaler's couriers takes these goods to this address with this payment."}, nil
	}
	return choice{best.ID, best.Name}, Reason{}, nil
}

// upstream is the address as CustomerAPI has it.
func (a *Address) upstream() idosell.Address {
	return idosell.Address{FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, NIP: a.TaxNumber, Street: a.Street, ZipCode: a.ZipCode,
		City: a.City, Province: a.Province, CountryID: a.Country, Phone1: a.Phone, Phone2: a.Phone2, Email: a.Email}
}
