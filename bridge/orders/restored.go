package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"octobridge/bridge/store"
)

// Restored sets right what a backup cannot know: an order that was still to be
// placed when the backup was taken may have been placed since. All of these become
// unknown, so that they are looked for at the wholesaler's, and placed only after
// it was proven that they were not. backupAt is the moment of the backup. It is
// called once, in the transaction that ends a restore; calling it again only looks
// for the same orders anew.
//
// Orders that came after the backup are not known any more, and nothing here can
// tell of them: order_restores keeps the times between which that may be so.
func Restored(ctx context.Context, tx *sql.Tx, s *store.Store, backupAt time.Time) error {
	now := time.Now()
	open, err := openOrders(ctx, tx, s)
	if err != nil {
		return err
	}
	reason := Reason{ReasonOutcomeUnknown, fmt.Sprintf("The order was restored from a backup of %s: it is looked for at the wholesaler's first, as it may have been placed since.", backupAt.UTC().Format(time.RFC3339))}
	for _, o := range open {
		// It may have been sent before the backup already: the search begins then.
		asked := store.Micro(backupAt)
		if o.askedAt > 0 {
			asked = min(asked, o.askedAt)
		}
		doubt, err := json.Marshal(proof{Restored: true, Hint: o.proof.Hint, Told: o.proof.Told, Rounds: o.proof.Rounds})
		if err != nil {
			return fmt.Errorf("restore the orders: %w", err)
		}
		if _, err := tx.ExecContext(ctx, s.Rebind(`UPDATE orders SET state = ?, reason_code = ?, reason_text = ?, waiting_since = ?, updated_at = ?,
			asked_at = ?, next_at = 0, proof = ?, version = version + 1 WHERE id = ?`),
			Unknown, reason.Code, reason.Text, store.Micro(now), store.Micro(now), asked, string(doubt), o.id); err != nil {
			return fmt.Errorf("restore the orders: %w", err)
		}
		if _, err := tx.ExecContext(ctx, s.Rebind("INSERT INTO order_events (order_id, at, kind, state, text, detail) VALUES (?, ?, ?, ?, ?, ?)"),
			o.id, store.Micro(now), EventStep, Unknown, reason.Text, "was "+string(o.state)); err != nil {
			return fmt.Errorf("restore the orders: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, s.Rebind("INSERT INTO order_restores (backup_at, restored_at) VALUES (?, ?)"), store.Micro(backupAt), store.Micro(now)); err != nil {
		return fmt.Errorf("restore the orders: %w", err)
	}
	return nil
}

// openOrder is what Restored has to know of an order.
type openOrder struct {
	id, askedAt int64
	state       State
	proof       proof
}

func openOrders(ctx context.Context, tx *sql.Tx, s *store.Store) ([]openOrder, error) {
	rows, err := tx.QueryContext(ctx, s.Rebind("SELECT id, asked_at, state, proof FROM orders WHERE state NOT IN (?, ?, ?) ORDER BY id"), Placed, Failed, Cancelled)
	if err != nil {
		return nil, fmt.Errorf("read the open orders: %w", err)
	}
	defer rows.Close()
	var open []openOrder
	for rows.Next() {
		var o openOrder
		var known string
		if err := rows.Scan(&o.id, &o.askedAt, &o.state, &known); err != nil {
			return nil, fmt.Errorf("read the open orders: %w", err)
		}
		if strings.TrimSpace(known) != "" {
			if err := json.Unmarshal([]byte(known), &o.proof); err != nil {
				return nil, fmt.Errorf("read what is known of an order: %w", err)
			}
		}
		open = append(open, o)
	}
	return open, rows.Err()
}
