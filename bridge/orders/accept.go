package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"octobridge/bridge/store"
)

// Accept stores an order, on disk before it returns, and queues it to be placed.
// The same request again returns the order that is there, created false; another
// one under its reference gets ErrReferenceTaken. An invalid request gets an
// *InvalidError. Safe to repeat: after any other error send the same again.
func (s *Service) Accept(ctx context.Context, request Request) (order *Order, created bool, err error) {
	request.Lines = slices.Clone(request.Lines)
	for _, address := range []**Address{&request.Billing, &request.Payer} {
		if *address != nil {
			own := **address
			*address = &own
		}
	}
	if err := request.complete(); err != nil {
		return nil, false, err
	}
	if (request.Courier == CourierChoice{} || request.Courier.Rule == ByCountry) && s.rules.courierFor(request.Recipient.Country) == "" {
		return nil, false, invalid("courier", "is required: orders.couriers has no rule for this country")
	}
	digest, err := request.digest()
	if err != nil {
		return nil, false, fmt.Errorf("write the order as JSON: %w", err)
	}
	attachments := request.Attachments
	request.Attachments = make([]Attachment, len(attachments))
	for i := range attachments {
		request.Attachments[i].Name = attachments[i].Name
	}
	document, err := json.Marshal(request)
	if err != nil {
		return nil, false, fmt.Errorf("write the order as JSON: %w", err)
	}
	s.step("before commit accepted")
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		order, created = nil, false
		// The unique key decides, not a look first: the same request may come
		// twice at once.
		now := store.Micro(s.now())
		var id int64
		err := tx.QueryRowContext(ctx, s.store.Rebind(`INSERT INTO orders (account, reference, digest, request, customer_id, email, recipient_email, session,
			state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING RETURNING id`),
			s.wholesaler.Account(), request.Reference, digest, string(document), request.Customer.ID, request.Customer.Email,
			lower(request.Recipient.Email), request.Session, Accepted, now, now).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			order, err = s.sameAgain(ctx, tx, request.Reference, digest)
			return err
		}
		if err != nil {
			return fmt.Errorf("store the order: %w", err)
		}
		created = true
		for i, attachment := range attachments {
			if _, err := tx.ExecContext(ctx, s.store.Rebind("INSERT INTO order_attachments (order_id, position, name, content) VALUES (?, ?, ?, ?)"),
				id, i, attachment.Name, attachment.Content); err != nil {
				return fmt.Errorf("store the order's attachments: %w", err)
			}
		}
		if err := s.addEvent(ctx, tx, id, Event{Kind: EventStep, State: Accepted, Text: "The order was taken and stored."}); err != nil {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, JobPlace, id, time.Time{}); err != nil {
			return fmt.Errorf("queue the order: %w", err)
		}
		order, err = s.loadOrder(ctx, tx, "id = ?", id)
		return err
	})
	if errors.Is(err, store.ErrUnknown) {
		// The connection broke while it was stored: the reference tells.
		if existing, lookup := s.sameAgain(ctx, s.store.DB(), request.Reference, digest); lookup == nil {
			return existing, true, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	s.step("after commit accepted")
	return order, created, nil
}

// sameAgain returns the order with a reference if it came of the same request.
func (s *Service) sameAgain(ctx context.Context, q queries, reference, digest string) (*Order, error) {
	var before string
	if err := q.QueryRowContext(ctx, s.store.Rebind("SELECT digest FROM orders WHERE reference = ?"), reference).Scan(&before); err != nil {
		return nil, fmt.Errorf("read the order with this reference: %w", err)
	}
	if before != digest {
		return nil, ErrReferenceTaken
	}
	o, err := s.loadOrder(ctx, q, "reference = ?", reference)
	if err != nil {
		return nil, err
	}
	return o, s.loadParcels(ctx, q, o)
}

// courierFor is the configured rule for a country; "" where there is none.
func (r *Rules) courierFor(country string) string {
	others := ""
	for _, rule := range r.Couriers {
		switch rule.Country {
		case country:
			return rule.Courier
		case "*":
			others = rule.Courier
		}
	}
	return others
}
