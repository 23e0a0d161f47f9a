package orders_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
)

// doubtful is a wholesaler whose first placeOrder is lost on its way, and whose
// answers afterwards are what a test says.
type doubtful struct {
	orders.Wholesaler
	clock  *clock
	named  string // the order that the lost answer named
	list   func(page idosell.Page[idosell.Order]) idosell.Page[idosell.Order]
	basket func(idosell.Basket) idosell.Basket
	sent   *[]time.Time
	begin  *time.Time
}

func (d doubtful) PlaceOrder(ctx context.Context, order idosell.NewOrder) (idosell.PlacedOrder, error) {
	*d.sent = append(*d.sent, d.clock.Now())
	if len(*d.sent) == 1 {
		return idosell.PlacedOrder{ID: d.named}, &idosell.Error{Operation: idosell.OpPlaceOrder, Kind: idosell.KindNetwork, SendAgain: idosell.SendAgainUnknown}
	}
	return d.Wholesaler.PlaceOrder(ctx, order)
}

func (d doubtful) OrdersPage(ctx context.Context, query idosell.OrderQuery, number, size int) (idosell.Page[idosell.Order], error) {
	*d.begin = query.Begin
	page, err := d.Wholesaler.OrdersPage(ctx, query, number, size)
	if d.list != nil && err == nil && number == 0 {
		page = d.list(page)
	}
	return page, err
}

func (d doubtful) Basket(ctx context.Context) (idosell.Basket, error) {
	basket, err := d.Wholesaler.Basket(ctx)
	if d.basket != nil && len(*d.sent) > 0 && err == nil {
		basket = d.basket(basket)
	}
	return basket, err
}

// Each single thing that casts doubt on the proof that an order was not placed
// keeps it from being sent again, for as long as it lasts.
func TestWhatIsNoProof(t *testing.T) {
	type page = idosell.Page[idosell.Order]
	stranger := func(change func(*idosell.Order)) func(page) page {
		return func(p page) page {
			o := idosell.Order{ID: "demoshop-77"}
			o.Lines = []idosell.OrderLine{{ProductID: 4711, SizeID: "uniw", Quantity: decimal.NewFromInt(9)}}
			o.Client.Delivery.Address = idosell.Address{LastName: "Kowalski", ZipCode: "00-950"}
			change(&o)
			p.Items, p.Rows, p.Total = append(p.Items, o), p.Rows+1, p.Total+1
			return p
		}
	}
	lines := func(t *testing.T) (list []idosell.OrderLine) {
		for i, code := range goods(t, 2) {
			list = append(list, idosell.OrderLine{ProductID: decimal.RequireFromString(code).IntPart(), SizeID: "uniw", Quantity: decimal.NewFromInt(int64(i) + 1)})
		}
		return list
	}
	for name, test := range map[string]struct {
		set    func(*stage, *doubtful)
		proven bool
	}{
		"nothing is doubtful":       {func(*stage, *doubtful) {}, true},
		"an order of somebody else": {func(_ *stage, d *doubtful) { d.list = stranger(func(*idosell.Order) {}) }, true},
		"an order with more goods": {func(_ *stage, d *doubtful) {
			d.list = stranger(func(o *idosell.Order) { o.Lines = append(o.Lines, lines(t)...) })
		}, true},
		"another order of ours": {func(_ *stage, d *doubtful) {
			d.list = stranger(func(o *idosell.Order) { o.Lines, o.ClientNote = lines(t), "[ref:SH-9]" })
		}, true},
		"the same goods without a note": {func(_ *stage, d *doubtful) { d.list = stranger(func(o *idosell.Order) { o.Lines = lines(t) }) }, false},
		"goods that are not told":       {func(_ *stage, d *doubtful) { d.list = stranger(func(o *idosell.Order) { o.Lines = nil }) }, false},
		"the same recipient, no note": {func(_ *stage, d *doubtful) {
			d.list = stranger(func(o *idosell.Order) {
				o.Client.Delivery.Address = idosell.Address{LastName: "nowakowska ", ZipCode: "50-001"}
			})
		}, false},
		"an order that cannot be told":  {func(_ *stage, d *doubtful) { d.list = stranger(func(o *idosell.Order) { o.Fault.Code = 7 }) }, false},
		"a list that lacks rows":        {func(_ *stage, d *doubtful) { d.list = func(p page) page { p.Total++; return p } }, false},
		"an answer that named an order": {func(_ *stage, d *doubtful) { d.named = "demoshop-1" }, false},
		"a wholesaler that loses notes": {func(s *stage, _ *doubtful) {
			s.exec("INSERT INTO baskets (account, loses_notes) VALUES ('" + s.client.Account() + "', 1)")
		}, false},
		"a wholesaler that keeps baskets": {func(s *stage, _ *doubtful) {
			s.exec("INSERT INTO baskets (account, keeps_goods) VALUES ('" + s.client.Account() + "', 1)")
		}, false},
		"a basket with less in it": {func(_ *stage, d *doubtful) {
			d.basket = func(b idosell.Basket) idosell.Basket { b.Lines = b.Lines[:min(1, len(b.Lines))]; return b }
		}, false},
		"an empty basket": {func(_ *stage, d *doubtful) {
			d.basket = func(idosell.Basket) idosell.Basket { return idosell.Basket{} }
		}, false},
		"a basket with more in it": {func(_ *stage, d *doubtful) {
			d.basket = func(b idosell.Basket) idosell.Basket {
				b.Lines = append(b.Lines, idosell.BasketLine{ProductID: 4711, SizeID: "uniw", Quantity: decimal.NewFromInt(1)})
				return b
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			var sent []time.Time
			var begin time.Time
			d := doubtful{Wholesaler: s.client, clock: s.clock, sent: &sent, begin: &begin}
			test.set(s, &d)
			s.with(d)
			s.accept(request(t, "SH-1"))
			o := s.work("SH-1", 12*time.Hour)
			if !test.proven {
				if o.State != orders.Unknown || len(sent) != 1 {
					t.Errorf("%s, sent %d times\n%s", o.State, len(sent), s.timeline("SH-1"))
				}
				return
			}
			if o.State != orders.Placed || len(sent) != 2 {
				t.Fatalf("%s (%s), sent %d times\n%s", o.State, o.Reason.Text, len(sent), s.timeline("SH-1"))
			}
			// The call ends two call times after it was announced at the latest, and
			// two settle windows are kept from then on.
			if took := sent[1].Sub(sent[0]); took < 2*2*time.Second+2*settle {
				t.Errorf("sent again after %v", took)
			}
			if before := sent[0].Sub(begin); before < 25*time.Hour {
				t.Errorf("the list of orders begins %v before the call: a wrong time zone may hide the order", before)
			}
		})
	}
}

// Between two looks without the order, one cast doubt: the first of them does not
// count any more.
func TestADoubtBetweenTwoLooksStartsTheProofAnew(t *testing.T) {
	s := newStage(t)
	var sent []time.Time
	var begin, cleared time.Time
	looks := 0
	s.with(doubtful{Wholesaler: s.client, clock: s.clock, sent: &sent, begin: &begin, list: func(p idosell.Page[idosell.Order]) idosell.Page[idosell.Order] {
		if looks++; looks == 3 { // at once, after the settle window, and now
			p.Items, p.Rows, p.Total = append(p.Items, idosell.Order{ID: "demoshop-77"}), p.Rows+1, p.Total+1
			cleared = s.clock.Now()
		}
		return p
	}})
	s.accept(request(t, "SH-1"))
	o := s.work("SH-1", 12*time.Hour)
	if len(sent) > 1 && sent[1].Sub(cleared) < settle || cleared.IsZero() {
		t.Errorf("%s, sent %v, the doubt came at %v\n%s", o.State, sent, cleared, s.timeline("SH-1"))
	}
}

func (s *stage) exec(statement string) {
	s.t.Helper()
	if err := s.store.Tx(s.t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
		s.t.Fatal(err)
	}
}

// A wholesaler whose list of orders is never complete proves nothing about an order
// of unknown outcome. That was taken for a wholesaler who does not answer: every
// order of the account waited, for good, and nobody was told what for.
func TestAListThatIsNeverCompleteHoldsNobodyUp(t *testing.T) {
	s := newStage(t)
	var sent []time.Time
	var begin time.Time
	s.with(doubtful{Wholesaler: s.client, clock: s.clock, sent: &sent, begin: &begin,
		list: func(p idosell.Page[idosell.Order]) idosell.Page[idosell.Order] { p.Total++; return p }})
	s.accept(request(t, "SH-1"))
	s.accept(request(t, "SH-2"))
	if o := s.work("SH-1", 12*time.Hour); o.State != orders.Unknown || o.Reason.Code != orders.ReasonNotProven || s.alerts.Text("order:SH-1") == "" {
		t.Errorf("%s, %+v, alert %q", o.State, o.Reason, s.alerts.Text("order:"))
	}
	if o := s.work("SH-2", time.Hour); o.State != orders.Placed || len(s.upstream("SH-2")) != 1 {
		t.Errorf("the next order is %s (%s)\n%s", o.State, o.Reason.Text, s.timeline("SH-1"))
	}
}
