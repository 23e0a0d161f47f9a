package orders

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"octobridge/idosell"
)

// choice is a courier that fits an order.
type choice struct {
	id   int64
	name string
}

// couriersKept is how long the wholesaler's list of couriers is believed.
const couriersKept = 5 * time.Minute

// needsBasket says whether the courier can only be chosen with the goods in the
// basket.
func (v *visit) needsBasket() bool {
	id, name, _ := v.wanted()
	return id == 0 && name == ""
}

// wanted is the courier that the order or the rule for its country names: neither
// id nor name means the cheapest. known is false where neither says anything.
func (v *visit) wanted() (id int64, name string, known bool) {
	choice := v.order.Request.Courier
	if choice.ID != 0 || choice.Name != "" || choice.Rule == Cheapest {
		return choice.ID, choice.Name, true
	}
	rule := v.service.rules.courierFor(v.order.Request.Recipient.Country)
	if n, err := strconv.ParseInt(rule, 10, 64); err == nil {
		return n, "", true
	}
	if rule == string(Cheapest) {
		return 0, "", true
	}
	return 0, rule, rule != ""
}

// chooseCourier finds who takes the order. Where no courier fits, the order has
// failed afterwards.
func (v *visit) chooseCourier(ctx context.Context) error {
	if v.courier != nil {
		return nil
	}
	chosen, reason, err := v.findCourier(ctx)
	if err != nil {
		if refused, text := v.refused(err); refused {
			return v.fail(ctx, Reason{ReasonRefused, "The wholesaler refuses to tell who takes the order: " + text})
		}
		return v.asked(ctx, err)
	}
	if reason.Code != "" {
		return v.fail(ctx, reason)
	}
	v.courier = &chosen
	return nil
}

func (v *visit) findCourier(ctx context.Context) (choice, Reason, error) {
	id, name, known := v.wanted()
	if !known {
		return choice{}, Reason{ReasonNoCourier, "The order names no courier, and orders.couriers has no rule for its country."}, nil
	}
	if id == 0 && name == "" {
		return v.cheapest(ctx)
	}
	find := func(list []idosell.Courier) *idosell.Courier {
		for i := range list {
			if list[i].ID == id || id == 0 && strings.EqualFold(strings.TrimSpace(list[i].Name), strings.TrimSpace(name)) {
				return &list[i]
			}
		}
		return nil
	}
	found := find(v.service.couriers.recent(v.service.now()))
	if found == nil {
		list, err := call(ctx, v, idosell.OpCouriers, func(ctx context.Context) ([]idosell.Courier, error) {
			return v.service.wholesaler.Couriers(ctx, "")
		})
		if err != nil {
			return choice{}, Reason{}, err
		}
		v.service.couriers.keep(list, v.service.now())
		found = find(list)
		if id != 0 && len(list) == 0 {
			return choice{id: id}, Reason{}, nil // a wholesaler that lists none may still have it
		}
	}
	if found == nil {
		return choice{}, Reason{ReasonNoCourier, fmt.Sprintf("The wholesaler has no courier %s. Its couriers: octobridge couriers.", quoted(id, name))}, nil
	}
	return choice{found.ID, found.Name}, v.suits(*found), nil
}

// courierList is the wholesaler's list of couriers, for a few minutes.
type courierList struct {
	mu   sync.Mutex
	list []idosell.Courier
	at   time.Time
}

func (c *courierList) recent(now time.Time) []idosell.Courier {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.at) > couriersKept {
		return nil
	}
	return c.list
}

func (c *courierList) keep(list []idosell.Courier, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list, c.at = list, now
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

// fetched are parts of the names under which wholesalers list that goods are
// fetched from them, in lower case. CustomerAPI says it in no other way: such a
// row costs nothing, and without the names it would always be the cheapest.
var fetched = []string{"odbiór osobisty", "odbior osobisty", "odbiór własny", "odbior wlasny", "personal collection", "personal pickup", "collect in person", "selbstabholung"}

// isFetched says whether a courier is a name for fetching the goods oneself.
func isFetched(courier idosell.Courier) bool {
	name := strings.ToLower(courier.Name)
	return slices.ContainsFunc(fetched, func(part string) bool { return strings.Contains(name, part) })
}

// cheapest asks who would take the basket to the address, and what each costs.
// Goods that have to be fetched are taken nowhere.
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
		if v.suits(offer.Courier).Code != "" || isFetched(offer.Courier) {
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
