package one

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"octobridge/bridge/one/integration"
	"octobridge/bridge/store"
)

// keepOffer keeps an offer that was fetched: what was fetched last, and who opened
// it last.
func (s *Service) keepOffer(ctx context.Context, tx *sql.Tx, r *result) error {
	if r.offer == nil {
		return nil
	}
	document, err := json.Marshal(r.offer)
	if err != nil {
		return fmt.Errorf("write an offer: %w", err)
	}
	_, err = tx.ExecContext(ctx, s.store.Rebind(`INSERT INTO one_offers (offer, customer, opened_at, fetched_at, document) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (offer) DO UPDATE SET
			customer = CASE WHEN excluded.opened_at >= one_offers.opened_at THEN excluded.customer ELSE one_offers.customer END,
			opened_at = CASE WHEN excluded.opened_at >= one_offers.opened_at THEN excluded.opened_at ELSE one_offers.opened_at END,
			document = CASE WHEN excluded.fetched_at >= one_offers.fetched_at THEN excluded.document ELSE one_offers.document END,
			fetched_at = CASE WHEN excluded.fetched_at >= one_offers.fetched_at THEN excluded.fetched_at ELSE one_offers.fetched_at END`),
		r.event.Offer, withPrefix(r.event.Customer), store.Micro(r.event.ReceivedAt), store.Micro(r.fetched), document)
	if err != nil {
		return fmt.Errorf("keep an offer: %w", err)
	}
	return nil
}

const selectOffers = "SELECT customer, opened_at, fetched_at, document FROM one_offers WHERE "

// Offer returns an offer as it was when it was last opened; ErrNotFound. It holds
// purchase prices: it is for operators, and for no page.
func (s *Service) Offer(ctx context.Context, offerID string) (*KeptOffer, error) {
	if !knowable(offerID) {
		return nil, ErrNotFound
	}
	list, err := s.loadOffers(ctx, selectOffers+"offer = ?", offerID)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, ErrNotFound
	}
	return &list[0], nil
}

// OffersOf returns the offers that customers with these ids, with or without their
// prefixes, have opened last: the last one first. At most limit; 100 when 0, never
// more than 1,000. They hold purchase prices: see Offer.
func (s *Service) OffersOf(ctx context.Context, customers []string, limit int) ([]KeptOffer, error) {
	ids := idsOf(customers)
	if len(ids) == 0 {
		return nil, nil
	}
	return s.loadOffers(ctx, selectOffers+"customer IN "+store.Marks(len(ids))+" ORDER BY opened_at DESC, offer LIMIT ?", append(anything(ids), bound(limit))...)
}

func (s *Service) loadOffers(ctx context.Context, query string, args ...any) ([]KeptOffer, error) {
	rows, err := s.store.DB().QueryContext(ctx, s.store.Rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []KeptOffer
	for rows.Next() {
		kept, err := scanOffer(rows)
		if err != nil {
			return nil, fmt.Errorf("read offers: %w", err)
		}
		list = append(list, kept)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return list, nil
}

func scanOffer(rows *sql.Rows) (KeptOffer, error) {
	var kept KeptOffer
	var opened, fetched int64
	var document []byte
	if err := rows.Scan(&kept.Customer, &opened, &fetched, &document); err != nil {
		return kept, err
	}
	kept.OpenedAt, kept.FetchedAt, kept.Offer = store.Time(opened), store.Time(fetched), &integration.Offer{}
	if err := json.Unmarshal(document, kept.Offer); err != nil {
		// The error of the decoder may repeat what it read.
		return kept, errors.New("an offer that is kept cannot be read: replay its event")
	}
	return kept, nil
}
