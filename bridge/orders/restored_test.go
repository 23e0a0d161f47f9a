package orders_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestARestoredOrderIsNotPlacedAgain takes a database back to before its orders
// were placed: the wholesaler has one of them by then, and not the other.
func TestARestoredOrderIsNotPlacedAgain(t *testing.T) {
	for name, database := range map[string]func(testing.TB) store.Options{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			s := newStageOn(t, database(t))
			backup := s.clock.Now()
			placed, waiting := request(t, "SH-1"), request(t, "SH-2")
			s.accept(placed)
			s.accept(waiting)
			s.clock.advance(time.Second)
			if o := s.work("SH-1", time.Hour); o.State != orders.Placed {
				t.Fatalf("the order is %s: %s", o.State, o.Reason.Text)
			}
			// The row as it was in the backup: taken, and no more.
			s.back("SH-1")
			if err := s.store.Tx(t.Context(), func(tx *sql.Tx) error { return orders.Restored(t.Context(), tx, s.store, backup) }); err != nil {
				t.Fatal(err)
			}
			for _, reference := range []string{"SH-1", "SH-2"} {
				if o := s.get(reference); o.State != orders.Unknown || !strings.Contains(o.Reason.Text, "restored from a backup") || !o.AskedAt.Equal(backup.Truncate(time.Microsecond)) {
					t.Errorf("%s is %s since %s: %s", reference, o.State, o.AskedAt, o.Reason.Text)
				}
			}
			for _, reference := range []string{"SH-1", "SH-2"} {
				if o := s.work(reference, 24*time.Hour); o.State != orders.Placed {
					t.Errorf("%s is %s: %s", reference, o.State, o.Reason.Text)
				}
				if n := len(s.upstream(reference)); n != 1 {
					t.Errorf("the wholesaler has %s %d times", reference, n)
				}
			}
		})
	}
}

// back makes an order's row what it was when it had just been taken.
func (s *stage) back(reference string) {
	s.t.Helper()
	if err := s.store.Tx(s.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(s.store.Rebind(`UPDATE orders SET state = 'accepted', goods = '', courier_id = 0, courier = '', asked_at = 0, attempts = 0, proof = '',
			supplier_id = '', supplier_serial = 0, supplier_status = '', progress = '', placed_at = 0, look_at = 0 WHERE reference = ?`), reference)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
}
