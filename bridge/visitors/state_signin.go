package visitors

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Become signs v in as c. It makes a new visitor, with another cookie, which must
// then be set, and another Ref: ref, or "" to have one made; the old one is gone.
// What a guest had goes along: cart, wish list and what double submissions were
// answered. For a customer of the wholesaler keep, when not nil, is called in the
// transaction with the lines of the guest's cart, which is then empty; it may be
// called again after a conflict, must use only the transaction, and what it does
// is undone with the rest. (The transaction is read committed on PostgreSQL.)
//
// Who is the same customer already stays the same visitor, with the new names, and
// cookie is empty; unless ref is given, as after a sign-in with a password: then
// there is a new visitor with all that the old one had. One who was another
// customer loses all of it, so that nobody finds what is somebody else's. What the
// wholesaler's side holds for a visitor who is replaced is signed out.
//
// When v has signed in as c since it was read, by a request at the same time, the
// cookies of both requests are good.
//
// ErrRefused: c has no ID, or texts that cannot be stored.
func (s *Service) Become(ctx context.Context, v *Visitor, c Customer, ref string, keep func(tx *sql.Tx, lines []Line) error) (now *Visitor, cookie string, err error) {
	if c.ID == "" {
		return nil, "", fmt.Errorf("signing a visitor in: %w", ErrRefused)
	}
	for _, text := range []string{c.ID, c.Email, c.FirstName, c.LastName, c.OneCustomerID} {
		if !storable(text) {
			return nil, "", fmt.Errorf("signing a visitor in: %w", ErrRefused)
		}
	}
	given := ref != ""
	if kept(v) && !given && v.Customer != nil && *v.Customer == c {
		return v, "", nil // pages bring the token each time: nothing is to be written
	}
	if !given {
		ref = s.NewRef()
	}
	if len(ref) > maxRef || !base64URL(ref) {
		return nil, "", errors.New("signing a visitor in: the new visitor's ref must be one of NewRef")
	}
	var replaced *Visitor
	err = s.change(ctx, func(change *change) error {
		now, cookie, replaced = nil, "", nil
		signIn := signIn{change: change, customer: c, ref: ref, given: given}
		if kept(v) {
			id, before, err := change.lock(ctx, v.Ref)
			switch {
			case err == nil:
				signIn.beforeID, signIn.before = id, before
			case !errors.Is(err, ErrGone):
				return err
			case v.Customer == nil:
				signIn.gone = v.Ref
			}
		}
		if now, cookie, err = signIn.run(ctx); err != nil || cookie == "" {
			return err
		}
		replaced = signIn.before
		if !c.Wholesaler || keep == nil {
			return nil
		}
		lines := now.Cart
		now.Cart = nil
		if _, err := change.exec(ctx, "DELETE FROM visitor_lines WHERE list = ? AND visitor = (SELECT id FROM visitors WHERE ref = ?)", listCart, ref); err != nil {
			return err
		}
		return keep(change.tx, lines)
	})
	if err != nil {
		return nil, "", fmt.Errorf("signing a visitor in: %w", err)
	}
	if replaced != nil {
		s.replace(ctx, replaced, now)
	}
	return now, cookie, nil
}

// replace ends what is held outside of the store for a visitor who is another now.
func (s *Service) replace(ctx context.Context, before, now *Visitor) {
	if seen, found := s.forget(before.Ref); found && carries(before, now.Customer) {
		s.Saw(now, seen.oct8ne)
	}
	if before.Customer != nil && before.Customer.Wholesaler {
		// The sign-in is done: what is left behind leads nowhere any more.
		if err := s.signOut(context.WithoutCancel(ctx), before.Ref); err != nil {
			s.logger.WarnContext(ctx, "the session of a visitor who signed in anew could not be forgotten; it leads nowhere and expires", "error", err)
		}
	}
}

// signIn is a sign-in that is going on.
type signIn struct {
	*change
	customer Customer
	ref      string
	given    bool     // the ref was given
	beforeID int64    // of before
	before   *Visitor // nil: nothing is kept
	gone     string   // the Ref of a guest who has just signed in, or is gone otherwise
}

// same says whether a visitor is this customer already.
func same(v *Visitor, c *Customer) bool {
	return v.Customer != nil && v.Customer.ID == c.ID && v.Customer.Wholesaler == c.Wholesaler
}

// carries says whether what v has may be c's.
func carries(v *Visitor, c *Customer) bool { return v.Customer == nil || same(v, c) }

func (i *signIn) run(ctx context.Context) (now *Visitor, cookie string, err error) {
	before := i.before
	if before != nil && same(before, &i.customer) && (!i.given || i.ref == before.Ref) {
		_, err := i.exec(ctx, "UPDATE visitors SET email = ?, email_folded = ?, first_name = ?, last_name = ?, one_customer_id = ? WHERE id = ?",
			i.customer.Email, folded(i.customer.Email), i.customer.FirstName, i.customer.LastName, i.customer.OneCustomerID, i.beforeID)
		before.Customer = &i.customer
		return before, "", err
	}
	along := before != nil && carries(before, &i.customer)
	visitor, cameFrom := Visitor{Ref: i.ref, Customer: &i.customer}, i.gone
	if along {
		visitor.Cart, visitor.Wishes, visitor.Oct8ne = before.Cart, before.Wishes, before.Oct8ne
		if before.Customer == nil {
			cameFrom = before.Ref
		}
	}
	id, now, cookie, err := i.insert(ctx, visitor, cameFrom)
	if err != nil {
		return nil, "", err
	}
	switch {
	case along:
		for _, table := range []string{"visitor_lines", "visitor_keys"} {
			if _, err := i.exec(ctx, "UPDATE "+table+" SET visitor = ? WHERE visitor = ?", id, i.beforeID); err != nil {
				return nil, "", err
			}
		}
	case i.gone != "":
		if now, err = i.follow(ctx, id); err != nil {
			return nil, "", err
		}
	}
	if before != nil {
		if _, err := i.exec(ctx, "DELETE FROM visitors WHERE id = ?", i.beforeID); err != nil {
			return nil, "", err
		}
	}
	return now, cookie, nil
}

// follow gives the new visitor a copy of what a guest had who signed in as the same
// customer while this request was on its way. Which of the two cookies the browser
// keeps in the end nobody knows, so both must lead to the cart.
func (i *signIn) follow(ctx context.Context, id int64) (*Visitor, error) {
	if _, err := i.exec(ctx, `INSERT INTO visitor_lines (visitor, list, product, size, size_name, quantity, step, minimum, added_at)
		SELECT CAST(? AS BIGINT), list, product, size, size_name, quantity, step, minimum, added_at FROM visitor_lines
		WHERE visitor = (SELECT id FROM visitors WHERE customer_id <> '' AND customer_id = ? AND wholesaler = ? AND came_from = ? AND id <> ?
		AND seen_at > ? ORDER BY id LIMIT 1) ORDER BY id`,
		id, i.customer.ID, i.customer.Wholesaler, i.gone, id, i.service.expired()); err != nil {
		return nil, err
	}
	_, now, err := i.lock(ctx, i.ref)
	return now, err
}

// Leave signs v out and deletes all that is kept of v: the cookie, replayed, is a
// guest's. What the wholesaler's side holds is signed out first, and where that
// fails nothing is deleted. Safe to repeat.
func (s *Service) Leave(ctx context.Context, v *Visitor) error {
	if !kept(v) {
		return nil
	}
	if v.Customer != nil && v.Customer.Wholesaler {
		if err := s.signOut(ctx, v.Ref); err != nil {
			return fmt.Errorf("signing a visitor out: %w", err)
		}
	}
	err := s.change(ctx, func(c *change) error {
		_, err := c.exec(ctx, "DELETE FROM visitors WHERE ref = ?", v.Ref)
		return err
	})
	if err != nil {
		return fmt.Errorf("signing a visitor out: %w", err)
	}
	s.forget(v.Ref)
	return nil
}

// signOut has the wholesaler's side forget a visitor.
func (s *Service) signOut(ctx context.Context, ref string) error {
	if s.options.Wholesaler == nil {
		return nil
	}
	return s.options.Wholesaler.SignOut(ctx, ref)
}
