package catalog

import (
	"database/sql"
	"errors"
	"testing"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// A transaction of the import that was about to end when another instance took over
// left its rows among those of that one, which published them with its own.
func TestRowsInFlightAreNotLeftToWhoTakesOver(t *testing.T) {
	var both [2]*Catalog
	one, two := storetest.TwoInstances(t)
	for i, s := range []*store.Store{one, two} {
		var err error
		if both[i], err = New(t.Context(), Options{Store: s}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := both[0].begin(t.Context(), state{})
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan error, 1)
	err = s.tx(t.Context(), func(tx *sql.Tx) error {
		err := s.mine(t.Context(), tx)
		if err == nil {
			err = s.insert(t.Context(), tx, "INSERT INTO catalog_details (id, since, until, body) VALUES ", 4, []any{1, s.generation, int64(forever), []byte{plainBody}})
		}
		if err != nil {
			return err
		}
		go func() { taken <- both[1].takeBack(t.Context(), "") }()
		for waiting := 0; waiting == 0 && len(taken) == 0; { // until it waits for this transaction, or did not
			err := both[1].store.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, <-taken); err != nil {
		t.Fatal(err)
	}
	left := 0
	if err := both[1].store.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM catalog_details").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left: %v", left, err)
	}
	if err := s.write(t.Context(), []row{{id: 2, isNew: true}}); !errors.Is(err, errTakenOver) {
		t.Errorf("it goes on with %v", err)
	}
}
