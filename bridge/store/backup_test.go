package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// The tables of a shop: what leaves one account comes to another, so that the sum
// of all balances is 0 in every consistent state, and each transfer is in the
// ledger. Ledger comes before shop_accounts by name, and refers to it.
const (
	makeAccounts = `-- +goose Up
CREATE TABLE shop_accounts (id {{identity}}, name TEXT NOT NULL UNIQUE, balance BIGINT NOT NULL, seal {{bytes}});
CREATE TABLE ledger (id {{identity}}, account_id BIGINT NOT NULL REFERENCES shop_accounts (id), amount BIGINT NOT NULL, note TEXT NOT NULL);
CREATE INDEX ledger_account ON ledger (account_id);
-- +goose Down
DROP TABLE ledger;
DROP TABLE shop_accounts;
`
	addColour  = "-- +goose Up\nALTER TABLE shop_accounts ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';\nUPDATE shop_accounts SET colour = 'blue' WHERE balance < 0;\n"
	nasty      = "a\tb\\N\n\"ż\" \\. ' ; NULL"
	firstFiles = "20261122100000_accounts.sql"
	nextFiles  = "20261122110000_colour.sql"
)

func accountsThen() fstest.MapFS { return files(map[string]string{firstFiles: makeAccounts}) }
func accountsNow() fstest.MapFS {
	return files(map[string]string{firstFiles: makeAccounts, nextFiles: addColour})
}

func migrateAccounts(made fstest.MapFS) func(context.Context, *store.Store) error {
	return func(ctx context.Context, s *store.Store) error { return s.Migrate(ctx, "shop", made) }
}

// eachOptions runs a test with options for a fresh database of each kind, and with
// those for a second one.
func eachOptions(t *testing.T, test func(t *testing.T, from, to store.Options)) {
	t.Run("sqlite", func(t *testing.T) { test(t, storetest.SQLite(t), storetest.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.Postgres(t), storetest.Postgres(t)) })
}

// fillAccounts makes a database with two accounts and a transfer.
func fillAccounts(t *testing.T, options store.Options) {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	if err := migrateAccounts(accountsThen())(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A", nasty, "gone"} {
		exec1(t, s, "INSERT INTO shop_accounts (name, balance, seal) VALUES (?, 0, ?)", name, []byte{0, 1, 0xff, '\\'})
	}
	exec1(t, s, "DELETE FROM shop_accounts WHERE name = 'gone'") // its id is not to be given again
	if err := transfer(t.Context(), s, 5); err != nil {
		t.Fatal(err)
	}
}

func closed(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// transfer moves an amount from the first account to the second.
func transfer(ctx context.Context, s *store.Store, amount int) error {
	return s.TxRepeatable(ctx, func(tx *sql.Tx) error {
		for i, amount := range []int{-amount, amount} {
			id := i + 1
			if _, err := tx.ExecContext(ctx, s.Rebind("UPDATE shop_accounts SET balance = balance + ? WHERE id = ?"), amount, id); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, s.Rebind("INSERT INTO ledger (account_id, amount, note) VALUES (?, ?, ?)"), id, amount, nasty); err != nil {
				return err
			}
		}
		return nil
	})
}

func backUp(t *testing.T, options store.Options) (file string, backup *store.Backup) {
	t.Helper()
	t.Chdir(t.TempDir())
	file = "backup"
	backup, size, err := store.BackUp(t.Context(), store.BackupOptions{Options: options, Program: "v1.2.3"}, file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() != size || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v, want %d bytes for the owner alone (%v)", info.Size(), info.Mode(), size, err)
	}
	if file, err = filepath.Abs(file); err != nil {
		t.Fatal(err)
	}
	return file, backup
}

func restore(options store.Options, file string) (*store.Restored, error) {
	return store.Restore(ctx, store.RestoreOptions{Options: options, Migrate: migrateAccounts(accountsThen())}, file)
}

// accounts is all that the tables hold, as text.
func accounts(t *testing.T, options store.Options) string {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	var out strings.Builder
	for _, query := range []string{"SELECT id, name, balance, seal FROM shop_accounts ORDER BY id", "SELECT id, account_id, amount, note FROM ledger ORDER BY id"} {
		rows, err := s.DB().QueryContext(t.Context(), query)
		if err != nil {
			return "no tables"
		}
		for rows.Next() {
			var a, b, c, d any
			if err := rows.Scan(&a, &b, &c, &d); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%q %q %q %q\n", fmt.Sprint(a), fmt.Sprint(b), fmt.Sprint(c), fmt.Sprint(d))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestABackupComesBack(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		before := time.Now()
		fillAccounts(t, from)
		file, backup := backUp(t, from)
		if backup.Program != "v1.2.3" || backup.At.Before(before) || backup.At.After(time.Now()) || backup.Versions["shop"] != 20261122100000 || backup.Versions["store"] == 0 {
			t.Errorf("the manifest is %+v", backup)
		}
		rows := map[string]int64{}
		for _, table := range backup.Tables {
			rows[table.Name] = table.Rows
		}
		if rows["shop_accounts"] != 2 || rows["ledger"] != 2 {
			t.Errorf("the manifest counts %v", rows)
		}
		restored, err := restore(to, file)
		if err != nil {
			t.Fatal(err)
		}
		if restored.Kept != "" || len(restored.Left) != 0 || !restored.Backup.At.Equal(backup.At) {
			t.Errorf("restored %+v", restored)
		}
		want, got := accounts(t, from), accounts(t, to)
		if want != got || !strings.Contains(got, "ledger") && len(got) < 100 {
			t.Errorf("restored:\n%swant:\n%s", got, want)
		}

		// It is a database like any other: keys go on, and are checked.
		s := open(t, to)
		exec1(t, s, "INSERT INTO shop_accounts (name, balance) VALUES ('new', 0)")
		var id int64
		if err := s.DB().QueryRow("SELECT id FROM shop_accounts WHERE name = 'new'").Scan(&id); err != nil || id != 4 {
			t.Errorf("the next key is %d, want 4 (%v): 3 was given away once", id, err)
		}
		for _, wrong := range []string{"INSERT INTO shop_accounts (name, balance) VALUES ('A', 0)", "INSERT INTO ledger (account_id, amount, note) VALUES (99, 0, '')"} {
			if err := s.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(wrong); return err }); err == nil {
				t.Errorf("%s: the restored database lets it in", wrong)
			}
		}
		if err := migrateAccounts(accountsNow())(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
}

// TestABackupIsOneMoment takes backups while transfers go on: each one holds
// either all of a transfer or nothing of it.
func TestABackupIsOneMoment(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		s := open(t, from)
		writing, end := context.WithCancel(t.Context())
		var transfers sync.WaitGroup
		first := make(chan struct{})
		transfers.Go(func() {
			for n := 0; writing.Err() == nil; n++ {
				if err := transfer(writing, s, 1); err != nil && writing.Err() == nil {
					t.Error(err)
				}
				if n == 3 {
					close(first)
				}
			}
		})
		<-first
		var balances []int
		for range 3 {
			file, _ := backUp(t, from)
			if _, err := store.Restore(ctx, store.RestoreOptions{
				Options: to, Migrate: migrateAccounts(accountsThen()),
				Replace: always,
			}, file); err != nil {
				t.Fatal(err)
			}
			cut := open(t, to)
			var sum, all, booked, balance int
			if err := cut.DB().QueryRow("SELECT (SELECT sum(balance) FROM shop_accounts), (SELECT sum(amount) FROM ledger), (SELECT sum(amount) FROM ledger WHERE account_id = 2), (SELECT balance FROM shop_accounts WHERE id = 2)").Scan(&sum, &all, &booked, &balance); err != nil {
				t.Fatal(err)
			}
			if sum != 0 || all != 0 || booked != balance {
				t.Errorf("the cut has balances of %d, a ledger of %d, and %d booked of %d", sum, all, booked, balance)
			}
			balances = append(balances, balance)
			closed(t, cut)
		}
		end()
		transfers.Wait()
		if balances[0] < 5 || balances[2] <= balances[0] {
			t.Errorf("the backups hold %v: they did not follow the writer", balances)
		}
	})
}

func TestABackupReplacesNothingUnasked(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, _ store.Options) {
		fillAccounts(t, from)
		file := filepath.Join(t.TempDir(), "mine")
		if err := os.WriteFile(file, []byte("a letter"), 0o644); err != nil {
			t.Fatal(err)
		}
		options := store.BackupOptions{Options: from}
		if _, _, err := store.BackUp(t.Context(), options, file); !errors.Is(err, store.ErrBackupExists) {
			t.Errorf("got %v", err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "a letter" {
			t.Errorf("the file is %q now (%v)", text, err)
		}
		options.Replace = true
		if _, _, err := store.BackUp(t.Context(), options, file); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() < 1000 {
			t.Errorf("replaced by %v (%v)", info, err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
			t.Errorf("%v is left in the folder", entries)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := store.BackUp(ended, options, file+"2"); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end of the context: %v", err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
			t.Errorf("%v is left in the folder", entries)
		}
	})
}

// A stream holds the same as a file, and passwords are in neither.
func TestABackupToAStream(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		var stream bytes.Buffer
		told := false
		backup, size, err := store.BackUpTo(t.Context(), store.BackupOptions{Options: from, Progress: func(done, total int64) {
			if told = true; done > total {
				t.Errorf("%d of %d done", done, total)
			}
		}}, &stream)
		if err != nil || size != int64(stream.Len()) || backup.Rows() < 4 {
			t.Fatalf("%d bytes of %d, %+v, %v", size, stream.Len(), backup, err)
		}
		if !told && from.DataDir != "" {
			t.Error("nobody was told of the progress")
		}
		file := filepath.Join(t.TempDir(), "stream")
		if err := os.WriteFile(file, stream.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(to, file); err != nil {
			t.Fatal(err)
		}
		if want, got := accounts(t, from), accounts(t, to); want != got {
			t.Errorf("restored:\n%swant:\n%s", got, want)
		}
	})
}
