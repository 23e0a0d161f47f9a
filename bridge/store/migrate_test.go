package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

const (
	makeOrders = "-- +goose Up\nCREATE TABLE orders (id {{identity}}, reference TEXT NOT NULL UNIQUE, proof {{bytes}});\n-- +goose Down\nDROP TABLE orders;\n"
	addPlaced  = "-- +goose Up\nALTER TABLE orders ADD COLUMN placed_at BIGINT;\n"
)

func files(texts map[string]string) fstest.MapFS {
	made := fstest.MapFS{}
	for name, text := range texts {
		made[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return made
}

func TestMigrationsServeBothDatabases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := files(map[string]string{"20261121080000_orders.sql": makeOrders, "README.md": "not a migration"})
		for range 2 { // the second does nothing
			if err := s.Migrate(t.Context(), "orders", first); err != nil {
				t.Fatal(err)
			}
		}
		for _, reference := range []string{"A", "B"} {
			exec1(t, s, "INSERT INTO orders (reference, proof) VALUES (?, ?)", reference, []byte{0, 1, 0xff})
		}
		var id int
		var proof []byte
		if err := s.DB().QueryRow(s.Rebind("SELECT id, proof FROM orders WHERE reference = ?"), "B").Scan(&id, &proof); err != nil || id != 2 || !bytes.Equal(proof, []byte{0, 1, 0xff}) {
			t.Errorf("read %d, %x, %v", id, proof, err)
		}
		both := files(map[string]string{"20261121080000_orders.sql": makeOrders, "20261122080000_placed.sql": addPlaced})
		if err := s.Migrate(t.Context(), "orders", both); err != nil {
			t.Fatal(err)
		}
		exec1(t, s, "UPDATE orders SET placed_at = ?", 1)
		if n := count(t, s, "goose_orders"); n != 3 { // goose's zero, and two
			t.Errorf("goose_orders has %d rows", n)
		}

		err := s.Migrate(t.Context(), "orders", first)
		if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "20261122080000") {
			t.Errorf("an older program is told %v", err)
		}
	})
}

func TestABrokenMigrationChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		broken := files(map[string]string{
			"20261121080000_orders.sql": makeOrders,
			"20261122080000_broken.sql": "-- +goose Up\nCREATE TABLE half (id BIGINT);\nINSERT INTO nowhere VALUES (1);\n",
		})
		if err := s.Migrate(t.Context(), "orders", broken); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Fatalf("got %v", err)
		}
		if err := s.DB().QueryRow("SELECT count(*) FROM half").Scan(new(int)); err == nil {
			t.Error("half of the broken migration stayed")
		}
		mended := files(map[string]string{"20261121080000_orders.sql": makeOrders, "20261122080000_broken.sql": addPlaced})
		if err := s.Migrate(t.Context(), "orders", mended); err != nil {
			t.Error(err)
		}
	})
}

func TestInstancesTakeTurnsMigrating(t *testing.T) {
	options := storetest.Postgres(t)
	one, two := open(t, options), open(t, options)
	slow := files(map[string]string{
		"20261121080000_orders.sql": makeOrders,
		"20261121090000_slow.sql":   "-- +goose Up\nSELECT pg_sleep(0.1);\nINSERT INTO orders (reference) VALUES ('once');\n",
	})
	var all sync.WaitGroup
	for _, s := range []*store.Store{one, two, one, two} {
		all.Go(func() {
			if err := s.Migrate(t.Context(), "orders", slow); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := count(t, one, "orders"); n != 1 {
		t.Errorf("the migration ran %d times", n)
	}
}

func TestMigrationsThatWouldBePassedOver(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	good := "-- +goose Up\nSELECT 1;\n"
	for _, test := range []struct {
		concern string
		files   map[string]string
		want    string
	}{
		{"Orders; DROP", map[string]string{"20261121080000_a.sql": good}, "a-z"},
		{"orders", map[string]string{"1_a.sql": good}, "is not named like"},
		{"orders", map[string]string{"sub/20261121080000_a.sql": good}, "at the root"},
		{"orders", map[string]string{"20261121080000_a.sql": "-- +goose Up\nCREATE TABLE a (id {{serial}});"}, "{{serial}} is not a word"},
	} {
		if err := s.Migrate(t.Context(), test.concern, files(test.files)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: got %v, want %q", test.files, err, test.want)
		}
	}
	if err := s.Tx(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow("SELECT 1").Scan(new(int)) }); err != nil {
		t.Error(err)
	}
}
