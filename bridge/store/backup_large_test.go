package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestALargeDatabaseTakesLittleMemory saves and restores 200,000 rows of 400
// bytes, and watches the memory at every megabyte.
func TestALargeDatabaseTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes with the race detector, which would find nothing in it")
	}
	const rows, most = 200_000, 48 << 20
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		exec1To(t, from, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
			INSERT INTO ledger (account_id, amount, note) SELECT 1, 0, ? FROM n`, strings.Repeat("note ", 80))
		var peak, told uint64
		watch := func(int64, int64) {
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			peak = max(peak, memory.HeapAlloc)
			told++
		}
		file := filepath.Join(t.TempDir(), "backup")
		backup, _, err := store.BackUp(t.Context(), store.BackupOptions{Options: from, Progress: watch}, file)
		if err != nil || backup.Rows() < rows {
			t.Fatalf("%d rows, %v", backup.Rows(), err)
		}
		if _, err := store.Restore(t.Context(), store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen()), Progress: watch}, file); err != nil {
			t.Fatal(err)
		}
		if n := count(t, open(t, to), "ledger"); n != rows+2 {
			t.Errorf("%d rows came back", n)
		}
		if told == 0 || peak > most {
			t.Errorf("%d MB of memory at the most, told %d times", peak>>20, told)
		}
	})
}

// FuzzRestore offers any bytes as a backup: they are refused, and leave nothing,
// or are a whole backup.
func FuzzRestore(f *testing.F) {
	options := storetest.SQLite(f)
	s, err := store.Open(ctx, options)
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	file := filepath.Join(f.TempDir(), "backup")
	if _, _, err := store.BackUp(ctx, store.BackupOptions{Options: options}, file); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PK\x03\x04 and more"))
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		to := storetest.SQLite(t)
		_, err := store.Restore(ctx, store.RestoreOptions{Options: to}, file)
		if _, left := os.Stat(filepath.Join(to.DataDir, store.FileName)); (left == nil) != (err == nil) {
			t.Errorf("restored %v, and the database is there: %v", err, left)
		}
	})
}

// FuzzArchive offers any bytes as a backup of PostgreSQL, which are refused before
// a server is asked.
func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x03\x04 and more"))
	f.Add(emptyZip(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := store.VerifyArchive(t.TempDir(), text); err == nil {
			t.Skip("a whole backup")
		}
	})
}
