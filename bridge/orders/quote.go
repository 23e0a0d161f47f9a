package orders

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"octobridge/idosell"
)

// QuoteRequest asks who would take goods to an address.
type QuoteRequest struct {
	Lines       []Line
	Recipient   Address
	PaymentType idosell.PaymentType // prepaid when empty
}

// Quote is who would take them. Costs are what the account pays: confidential in
// dropshipping.
type Quote struct {
	Couriers []idosell.CourierOffer
	// Exact: the wholesaler was asked about these very goods. Otherwise it is
	// its list of couriers for the country, without costs and weights.
	Exact bool
}

// quotePatience is how long a quote waits for the basket: orders come first.
const quotePatience = 3 * time.Second

// Quote tells who would take goods to an address. CustomerAPI tells that of the
// account's basket only: where the basket is free and this wholesaler has a gate
// to empty it, the goods are put in, asked about and taken out again; otherwise
// the list of couriers is the answer. It changes nothing that lasts. An invalid
// request gets an *InvalidError. Safe to repeat.
func (s *Service) Quote(ctx context.Context, request QuoteRequest) (Quote, error) {
	check := Request{Lines: request.Lines}
	if err := check.completeLines(); err != nil {
		return Quote{}, err
	}
	if err := request.Recipient.complete("recipient"); err != nil {
		return Quote{}, err
	}
	if request.PaymentType == "" {
		request.PaymentType = idosell.Prepaid
	}
	request.Lines = check.Lines
	offers, err := s.quoteExactly(ctx, request)
	if err == nil {
		return Quote{Couriers: offers, Exact: true}, nil
	}
	if !errors.Is(err, errNoQuote) {
		return Quote{}, err
	}
	list, err := s.wholesaler.Couriers(ctx, request.Recipient.Country)
	if err != nil {
		return Quote{}, err
	}
	var quote Quote
	for _, courier := range list {
		quote.Couriers = append(quote.Couriers, idosell.CourierOffer{Courier: courier})
	}
	return quote, nil
}

// errNoQuote says that the wholesaler cannot be asked about the goods themselves
// now.
var errNoQuote = errors.New("the account's basket cannot be used for a quote now")

func (s *Service) quoteExactly(ctx context.Context, request QuoteRequest) (offers []idosell.CourierOffer, err error) {
	if clear, err := s.wholesaler.Supports(ctx, idosell.OpClearBasket); err != nil || !clear {
		return nil, errNoQuote
	}
	account := s.wholesaler.Account()
	waiting, cancel := context.WithTimeout(ctx, quotePatience)
	defer cancel()
	unlock, err := s.store.Lock(waiting, "basket:"+account)
	if err != nil {
		return nil, errNoQuote
	}
	defer func() { _ = unlock() }()
	held, err := s.loadBasket(ctx, s.store.DB(), account)
	if err != nil {
		return nil, err
	}
	if held.orderID != 0 {
		return nil, errNoQuote
	}
	basket, err := s.wholesaler.Basket(ctx)
	if err != nil {
		return nil, err
	}
	if len(basket.Lines) > 0 {
		return nil, errNoQuote
	}
	list := idosell.BasketImport{}
	held.quoting = nil
	for _, line := range request.Lines {
		list.Lines = append(list.Lines, idosell.Line{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity})
		held.quoting = append(held.quoting, Goods{Code: line.Code, CodeType: line.CodeType, Quantity: line.Quantity})
	}
	// Stored before the goods go in: should this process die, whoever comes next
	// knows that they may be taken out, and waits for those still under way.
	announced, blocked := s.now(), held.blockedUntil
	held.blockedUntil = announced.Add(2*s.rules.CallTimeout + s.rules.Settle)
	if err := s.storeBasket(ctx, held); err != nil {
		return nil, err
	}
	if s.now().Sub(announced) > s.rules.CallTimeout {
		return nil, errNoQuote // stopped in between, for long: an order may have its turn
	}
	ctx = context.WithoutCancel(ctx)
	ctx, end := context.WithTimeout(ctx, 4*s.rules.CallTimeout)
	defer end()
	underWay := false
	defer func() {
		emptied := s.emptyQuote(ctx)
		if emptied == nil && !underWay {
			held.quoting, held.blockedUntil = nil, blocked
			emptied = s.storeBasket(ctx, held)
		}
		if err == nil {
			err = emptied
		}
	}()
	if _, err := s.wholesaler.ImportBasket(ctx, list); err != nil {
		underWay = idosell.MaySendAgain(err) == idosell.SendAgainUnknown
		return nil, err
	}
	return s.wholesaler.CouriersForOrder(ctx, idosell.CourierQuery{Address: request.Recipient.upstream(), PaymentType: request.PaymentType})
}

// emptyQuote takes the goods of a quote out of the basket again.
func (s *Service) emptyQuote(ctx context.Context) error {
	if err := s.wholesaler.ClearBasket(ctx); err != nil {
		return err
	}
	basket, err := s.wholesaler.Basket(ctx)
	if err != nil {
		return err
	}
	if len(basket.Lines) > 0 {
		return errors.New("the basket is not empty after it was emptied")
	}
	return nil
}

func (s *Service) storeBasket(ctx context.Context, held *basketRow) error {
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error { return s.saveBasket(ctx, tx, held) })
}
