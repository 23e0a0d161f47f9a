package orders_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"octobridge/bridge/orders"
	"octobridge/idosell"
	"octobridge/idosell/sandbox"
)

// Whatever changes in the basket after it was compared, and before placeOrder is
// announced, is seen: the order is never sent with it. Where the basket had to be
// asked for the cheapest courier, an empty one made the order fail: "basket empty".
func TestTheBasketIsComparedRightBeforePlacing(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*testing.T, *stage)
		want   orders.State
	}{
		"more of the same goods": {func(t *testing.T, s *stage) { fillBasket(t, s, goods(t, 1)[0]) }, orders.Placed},
		"goods of somebody else": {func(t *testing.T, s *stage) { fillBasket(t, s, goods(t, 3)[2]) }, orders.Imported},
		"nothing left": {func(t *testing.T, s *stage) {
			if err := s.client.ClearBasket(t.Context()); err != nil {
				t.Error(err)
			}
		}, orders.Placed},
		"one line less": {func(t *testing.T, s *stage) {
			if err := s.client.RemoveFromBasket(t.Context(), s.basket().Lines[1].Position); err != nil {
				t.Error(err)
			}
		}, orders.Placed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s := newStage(t, func(o *orders.Options, _ *sandbox.Options, _ *idosellConfig) {
				o.Step = func(step string) {
					if step == "after commit imported" {
						stop() // the process stops, and its successor goes on
					}
				}
			})
			s.accept(request(t, "SH-1"))
			if _, err := s.service.Work(ctx, s.get("SH-1").ID); err == nil || s.get("SH-1").State != orders.Imported {
				t.Fatalf("%s, %v", s.get("SH-1").State, err)
			}
			test.change(t, s)
			o := s.work("SH-1", time.Minute)
			if o.State != test.want || (len(s.wholesaler.Orders()) == 1) != (test.want == orders.Placed) {
				t.Fatalf("%s (%s), %d at the wholesaler's\n%s", o.State, o.Reason.Text, len(s.wholesaler.Orders()), s.timeline("SH-1"))
			}
			for _, placed := range s.upstream("SH-1") {
				if l := placed.Lines; len(l) != 2 || !l[0].Quantity.Equal(decimal.NewFromInt(1)) || !l[1].Quantity.Equal(decimal.NewFromInt(2)) {
					t.Errorf("placed with %v", l)
				}
			}
		})
	}
}

// Somebody's goods happen to be just what an order wants: they are not ours to
// order, as they are in the basket for somebody else.
func TestGoodsOfOthersThatLookLikeTheOrder(t *testing.T) {
	s := newStage(t)
	codes := goods(t, 2)
	for _, code := range []string{codes[0], codes[1], codes[1]} {
		fillBasket(t, s, code)
	}
	s.accept(request(t, "SH-1"))
	if o := s.work("SH-1", 3*time.Minute); o.State != orders.Accepted && o.State != orders.Verified || o.Reason.Code != orders.ReasonBasketForeign || len(s.wholesaler.Orders()) != 0 {
		t.Errorf("%s (%s), %d at the wholesaler's", o.State, o.Reason.Text, len(s.wholesaler.Orders()))
	}
}

// dearer tells higher prices in the basket than before.
type dearer struct{ orders.Wholesaler }

func (d dearer) Basket(ctx context.Context) (idosell.Basket, error) {
	basket, err := d.Wholesaler.Basket(ctx)
	for i := range basket.Lines {
		basket.Lines[i].PriceGross = idosell.OptionalDecimal{Decimal: decimal.NewFromInt(1_000_000), Valid: true}
	}
	return basket, err
}

// The price rises after the goods were verified: seen in the basket at the latest.
func TestAPriceThatRisesInTheBasketStopsTheOrder(t *testing.T) {
	s := newStage(t)
	s.with(dearer{s.client})
	s.accept(request(t, "SH-1"))
	if o := s.work("SH-1", time.Hour); o.State != orders.Failed || o.Reason.Code != orders.ReasonPriceChanged || len(s.wholesaler.Orders()) != 0 {
		t.Errorf("%s (%s)", o.State, o.Reason.Text)
	}
}

// refusing refuses placeOrder, after doing something.
type refusing struct {
	orders.Wholesaler
	before func()
	code   int
	calls  *int
}

func (r refusing) PlaceOrder(ctx context.Context, order idosell.NewOrder) (idosell.PlacedOrder, error) {
	if *r.calls++; *r.calls > 1 {
		return r.Wholesaler.PlaceOrder(ctx, order)
	}
	r.before()
	return idosell.PlacedOrder{}, &idosell.Error{Operation: idosell.OpPlaceOrder, Kind: idosell.KindFault, Code: r.code, SendAgain: idosell.SendAgainNo}
}

// A refusal is believed only while the basket holds what it held: goods that have
// left it, all or some, were perhaps ordered.
func TestARefusalIsBelievedOnlyWhenTheBasketAgrees(t *testing.T) {
	clear := func(s *stage) { _ = s.client.ClearBasket(s.t.Context()) }
	for name, test := range map[string]struct {
		before func(*stage)
		code   int
		want   orders.State
	}{
		"as it was":                       {func(*stage) {}, 5, orders.Failed},
		"empty":                           {clear, 5, orders.Unknown},
		"empty, and said to be":           {clear, idosell.FaultNothing, orders.Placed}, // begins anew
		"as it was, and said to be empty": {func(*stage) {}, idosell.FaultNothing, orders.Failed},
		"one line left":                   {func(s *stage) { _ = s.client.RemoveFromBasket(s.t.Context(), s.basket().Lines[1].Position) }, 5, orders.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			calls := 0
			s.with(refusing{s.client, func() { test.before(s) }, test.code, &calls})
			s.accept(request(t, "SH-1"))
			if o := s.work("SH-1", time.Hour); o.State != test.want {
				t.Errorf("%s (%s), want %s\n%s", o.State, o.Reason.Text, test.want, s.timeline("SH-1"))
			}
		})
	}
}

// One product on several lines, by different codes, and as many lines as an order may have: one order, with the sum of each.
func TestManyLinesOfFewProducts(t *testing.T) {
	s := newStage(t, func(_ *orders.Options, shop *sandbox.Options, _ *idosellConfig) {
		for i := range shop.Catalogue.Products {
			shop.Catalogue.Products[i].Weight = 1 // one parcel takes them all
		}
	})
	var product sandbox.Product
	for _, p := range sandbox.Assortment().Products {
		if !p.Invisible && len(p.Sizes) == 1 && p.Weight < 1000 && p.Sizes[0].CodeProducer != "" && p.Sizes[0].CodeExternal != "" {
			product = p
			break
		}
	}
	r := request(t, "SH-1")
	r.Courier.ID = 6
	quantity := decimal.NewFromInt(2)
	for len(r.Lines) < 500 {
		line := orders.Line{Code: decimal.NewFromInt(product.ID).String(), CodeType: idosell.CodeInternal, Quantity: quantity}
		switch len(r.Lines) % 3 {
		case 1:
			line.Code, line.CodeType = product.Sizes[0].CodeProducer, idosell.CodeProducer
		case 2:
			line.Code, line.CodeType = product.Sizes[0].CodeExternal, idosell.CodeExternal
		}
		r.Lines = append(r.Lines, line)
	}
	s.accept(r)
	o := s.work("SH-1", time.Minute)
	if o.State != orders.Placed || len(s.upstream("SH-1")) != 1 || o.Attempts != 1 {
		t.Fatalf("%s (%s)\n%s", o.State, o.Reason.Text, s.timeline("SH-1"))
	}
	sum := decimal.Zero
	for _, line := range s.upstream("SH-1")[0].Lines {
		sum = sum.Add(line.Quantity)
	}
	if want := decimal.NewFromInt(3).Add(quantity.Mul(decimal.NewFromInt(498))); !sum.Equal(want) {
		t.Errorf("%s pieces were ordered, want %s", sum, want)
	}
}
