package store_test

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestWhatIsThereIsNotReplacedUnasked restores over other data, first without
// and then with a permission.
func TestWhatIsThereIsNotReplacedUnasked(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		file, _ := backUp(t, from)
		fillAccounts(t, to)
		s := open(t, to)
		exec1(t, s, "UPDATE shop_accounts SET name = 'theirs' WHERE id = 1")
		exec1(t, s, "CREATE TABLE strangers (name TEXT)") // of another program in the database
		exec1(t, s, "INSERT INTO strangers VALUES ('kept')")
		closed(t, s)
		theirs := accounts(t, to)

		if _, err := restore(to, file); !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), "shop_accounts 2 rows") {
			t.Errorf("got %v", err)
		}
		declined := errors.New("rather not")
		options := store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen()), Replace: func(_ context.Context, contents store.Contents) error {
			if text := contents.String(); !strings.Contains(text, "ledger 2 rows") || !strings.Contains(text, "strangers 1 row") || strings.Contains(text, "goose") {
				t.Errorf("to be lost: %s", text)
			}
			return declined
		}}
		if _, err := store.Restore(t.Context(), options, file); !errors.Is(err, declined) {
			t.Errorf("got %v", err)
		}
		if got := accounts(t, to); got != theirs {
			t.Errorf("after being refused it holds:\n%s", got)
		}

		declined = nil
		restored, err := store.Restore(t.Context(), options, file)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := accounts(t, from), accounts(t, to); want != got {
			t.Errorf("restored:\n%swant:\n%s", got, want)
		}
		if to.DataDir == "" { // what is not octobridge's is left where it is
			if n := count(t, open(t, to), "strangers"); n != 1 {
				t.Errorf("%d rows of a stranger, want 1", n)
			}
			return
		}
		kept := t.TempDir()
		text, err := os.ReadFile(restored.Kept)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(kept, store.FileName), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := accounts(t, store.Options{DataDir: kept}); got != theirs {
			t.Errorf("the database that was kept holds:\n%swant:\n%s", got, theirs)
		}
		entries, err := os.ReadDir(to.DataDir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(entry.Name(), "restoring") {
				t.Errorf("the data directory holds %s with %v (%v)", entry.Name(), info.Mode(), err)
			}
		}
	})
}

// TestARunningServiceIsNotRestoredOver keeps one open.
func TestARunningServiceIsNotRestoredOver(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		file, _ := backUp(t, from)
		s := open(t, to)
		_, err := store.Restore(t.Context(), store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen()),
			Replace: always}, file)
		if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "stop") {
			t.Errorf("got %v", err)
		}
		if err := s.Healthy(t.Context()); err != nil {
			t.Error(err)
		}
		closed(t, s)
		if _, err := restore(to, file); err != nil {
			t.Error(err)
		}
	})
}

// TestOlderAndNewerBackups restores a backup into the schema of today, and
// refuses one of tomorrow.
func TestOlderAndNewerBackups(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		old, _ := backUp(t, from)
		now := store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsNow())}
		if _, err := store.Restore(t.Context(), now, old); err != nil {
			t.Fatal(err)
		}
		s := open(t, to)
		var colours string
		if err := s.DB().QueryRow("SELECT (SELECT colour FROM shop_accounts WHERE id = 1) || (SELECT colour FROM shop_accounts WHERE id = 2)").Scan(&colours); err != nil || colours != "bluegrey" {
			t.Errorf("the later migration made the colours %q of the old rows (%v)", colours, err)
		}
		closed(t, s)

		newer, _ := backUp(t, to)
		for name, migrate := range map[string]func(context.Context, *store.Store) error{
			"older tables":    migrateAccounts(accountsThen()),
			"unknown concern": func(context.Context, *store.Store) error { return nil },
		} {
			_, err := store.Restore(t.Context(), store.RestoreOptions{Options: from, Migrate: migrate, Replace: always}, newer)
			if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "newer program") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := accounts(t, from); !strings.Contains(got, "-5") {
			t.Errorf("after being refused it holds:\n%s", got)
		}
	})
}

// TestTheHookIsPartOfTheRestore: what it does is there at once, and what it
// refuses is not restored.
func TestTheHookIsPartOfTheRestore(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		file, backup := backUp(t, from)
		failure := errors.New("the hook's own")
		options := store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen())}
		options.After = func(ctx context.Context, tx *sql.Tx, s *store.Store, at time.Time) error {
			if !at.Equal(backup.At) {
				t.Errorf("the hook is told %v, want %v", at, backup.At)
			}
			_, err := tx.ExecContext(ctx, s.Rebind("UPDATE shop_accounts SET balance = ?"), 7)
			return errors.Join(err, failure)
		}
		if _, err := store.Restore(t.Context(), options, file); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
		if got := accounts(t, to); got != "no tables" {
			t.Errorf("after a hook that failed there is:\n%s", got)
		}
		failure = nil
		if _, err := store.Restore(t.Context(), options, file); err != nil {
			t.Fatal(err)
		}
		if got := accounts(t, to); strings.Count(got, `"7"`) != 2 {
			t.Errorf("after the hook there is:\n%s", got)
		}
	})
}

// TestWhatIsNoBackupIsRefused cuts and damages backups in many places, and
// offers other files: each is refused, or its damage is of no account.
func TestWhatIsNoBackupIsRefused(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		file, _ := backUp(t, from)
		want := accounts(t, from)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		try := func(name string, text []byte, must bool) {
			t.Helper()
			damaged := filepath.Join(t.TempDir(), "damaged")
			if err := os.WriteFile(damaged, text, 0o600); err != nil {
				t.Fatal(err)
			}
			target := to
			if to.DataDir != "" {
				target = storetest.SQLite(t)
			}
			_, err := store.Restore(t.Context(), store.RestoreOptions{Options: target, Migrate: migrateAccounts(accountsThen()),
				Replace: always}, damaged)
			switch {
			case err == nil && must:
				t.Errorf("%s was restored", name)
			case err == nil:
				if got := accounts(t, target); got != want {
					t.Errorf("%s was restored as:\n%swant:\n%s", name, got, want)
				}
			default:
				refused++
				if target.DataDir == "" {
					return
				}
				if _, err := os.Stat(filepath.Join(target.DataDir, store.FileName)); err == nil {
					t.Errorf("%s left a database behind", name)
				}
			}
		}
		random := rand.New(rand.NewPCG(5, uint64(len(whole)))) //nolint:gosec // the same damage each time
		tries := 80
		if to.DataDir == "" {
			tries = 12
		}
		for range tries {
			place := random.IntN(len(whole))
			text := bytes.Clone(whole)
			text[place] ^= 1 << random.IntN(8)
			try("a backup with the byte "+itoa(place)+" changed", text, false)
		}
		if refused == 0 {
			t.Error("no damage was noticed")
		}
		for _, length := range []int{0, 1, 4, 100, len(whole) / 2, len(whole) - 1} {
			try("a backup of "+itoa(length)+" bytes", whole[:length], true)
		}
		try("a text", []byte("Dear Sir or Madam"), true)
		try("an empty archive", emptyZip(t), true)
		if _, err := restore(to, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no file: %v", err)
		}
	})
}

// TestADatabaseIsNoBackup: the file of a database, taken while it was in use, may
// lack what its log holds.
func TestADatabaseIsNoBackup(t *testing.T) {
	options := storetest.SQLite(t)
	fillAccounts(t, options)
	_, err := restore(storetest.SQLite(t), filepath.Join(options.DataDir, store.FileName))
	if !errors.Is(err, store.ErrNoBackup) {
		t.Errorf("got %v", err)
	}
}

// TestABackupOfTheOtherDatabase is told apart before anything is done.
func TestABackupOfTheOtherDatabase(t *testing.T) {
	lite, postgres := storetest.SQLite(t), storetest.Postgres(t)
	for _, pair := range [][2]store.Options{{lite, postgres}, {postgres, lite}} {
		fillAccounts(t, pair[0])
		file, _ := backUp(t, pair[0])
		if _, err := restore(pair[1], file); err == nil || !strings.Contains(err.Error(), "is a backup of") {
			t.Errorf("got %v", err)
		}
	}
}

// TestADamagedDatabaseIsReplaced is what backups are for.
func TestADamagedDatabaseIsReplaced(t *testing.T) {
	from, to := storetest.SQLite(t), storetest.SQLite(t)
	fillAccounts(t, from)
	file, _ := backUp(t, from)
	name := filepath.Join(to.DataDir, store.FileName)
	for _, end := range []string{"", "-wal"} {
		if err := os.WriteFile(name+end, []byte(strings.Repeat("broken ", 3000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := restore(to, file); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("unasked: %v", err)
	}
	asked := false
	restored, err := store.Restore(t.Context(), store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen()),
		Replace: func(_ context.Context, contents store.Contents) error { asked = contents.Unreadable != nil; return nil }}, file)
	if err != nil || !asked {
		t.Fatal(err, asked)
	}
	if want, got := accounts(t, from), accounts(t, to); want != got {
		t.Errorf("restored:\n%swant:\n%s", got, want)
	}
	for _, end := range []string{"", "-wal"} {
		if text, err := os.ReadFile(restored.Kept + end); err != nil || !strings.HasPrefix(string(text), "broken ") {
			t.Errorf("the damaged file was not kept: %v", err)
		}
	}
}

// TestCheckOnlyLooks says what a migration would do, beside a service that runs.
func TestCheckOnlyLooks(t *testing.T) {
	eachOptions(t, func(t *testing.T, from, fresh store.Options) {
		pending, err := store.Check(t.Context(), fresh, migrateAccounts(accountsNow()))
		if err != nil || len(pending) != 2 || pending[0].Concern != "store" || pending[1].Have != 0 || pending[1].Known != 20261122110000 || len(pending[1].Files) != 2 {
			t.Errorf("of an empty database: %+v, %v", pending, err)
		}
		if fresh.DataDir != "" {
			if entries, err := os.ReadDir(fresh.DataDir); err != nil || len(entries) > 0 {
				t.Errorf("looking made %v (%v)", entries, err)
			}
		}
		fillAccounts(t, from)
		s := open(t, from)
		pending, err = store.Check(t.Context(), from, migrateAccounts(accountsNow()))
		if err != nil || len(pending) != 1 || pending[0].Concern != "shop" || len(pending[0].Files) != 1 || pending[0].Files[0] != nextFiles {
			t.Errorf("of an older database: %+v, %v", pending, err)
		}
		if err := migrateAccounts(accountsNow())(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if pending, err = store.Check(t.Context(), from, migrateAccounts(accountsNow())); err != nil || len(pending) != 0 {
			t.Errorf("of one that is up to date: %+v, %v", pending, err)
		}
		if _, err = store.Check(t.Context(), from, migrateAccounts(accountsThen())); !errors.Is(err, store.ErrNewerSchema) {
			t.Errorf("of a newer one: %v", err)
		}
	})
}

// always is for restores that may replace what is there.
func always(context.Context, store.Contents) error { return nil }

func emptyZip(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	part, err := archive.Create("tables/ledger.copy")
	if err == nil {
		_, err = io.WriteString(part, "\\.\n")
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
