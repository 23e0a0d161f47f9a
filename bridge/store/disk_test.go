//go:build unix

package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// TestAFullDiskWhileWriting fills the disk at many places of the file and of its
// log: each transaction that fails changes nothing, says what is wrong, and works
// again once there is room, without opening anything anew.
func TestAFullDiskWhileWriting(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	options := storetest.SQLite(t)
	s := open(t, options)
	exec1(t, s, "CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
	store3 := func() error {
		return s.Tx(t.Context(), func(tx *sql.Tx) error {
			for range 3 {
				if _, err := tx.Exec("INSERT INTO kept (text) VALUES (?)", strings.Repeat("x", 3000)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	stored, failed := 0, 0
	name := filepath.Join(options.DataDir, store.FileName)
	for round := range 40 {
		size := uint64(0)
		if info, err := os.Stat(name + "-wal"); err == nil && round > 0 {
			size = uint64(info.Size()) + uint64(round%7)*1500
		}
		free := storetest.FullDisk(t, size)
		err := error(nil)
		for tries := 0; err == nil && tries < 2000; tries++ {
			if err = store3(); err == nil {
				stored += 3
			}
		}
		free()
		if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "free space") {
			t.Fatalf("round %d: a full disk gives %v", round, err)
		}
		failed++
		if n := count(t, s, "kept"); n != stored {
			t.Fatalf("round %d: %d rows, want the %d that were stored", round, n, stored)
		}
		if err := store3(); err != nil {
			t.Fatalf("round %d: there is room again, and still: %v", round, err)
		}
		stored += 3
	}
	if err := s.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	closed(t, s)
	again := open(t, options)
	var verdict string
	if err := again.DB().QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the file is %s, %v", verdict, err)
	}
	if n := count(t, again, "kept"); n != stored || failed != 40 {
		t.Errorf("%d rows after opening it again, want %d; %d failures", n, stored, failed)
	}
}

// TestBackupsOnAFullDisk leave neither half a file nor half a database.
func TestBackupsOnAFullDisk(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	eachOptions(t, func(t *testing.T, from, to store.Options) {
		fillAccounts(t, from)
		file, _ := backUp(t, from)
		folder := t.TempDir()
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		for part := range int64(5) {
			free := storetest.FullDisk(t, uint64(info.Size()*part/5))
			_, _, err := store.BackUp(t.Context(), store.BackupOptions{Options: from}, filepath.Join(folder, "backup"))
			free()
			if err == nil {
				t.Errorf("a backup went into %d fifths of its room", part)
			}
			if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
				t.Errorf("a backup that failed left %v (%v)", entries, err)
			}
		}
		if to.DataDir == "" {
			return // the server has a disk of its own
		}
		fillAccounts(t, to)
		exec1To(t, to, "UPDATE shop_accounts SET name = 'old' WHERE id = 1")
		old := accounts(t, to)
		for part := range int64(5) {
			free := storetest.FullDisk(t, uint64(info.Size()*part/5))
			_, err := store.Restore(t.Context(), store.RestoreOptions{Options: to, Migrate: migrateAccounts(accountsThen()), Replace: always}, file)
			free()
			if err == nil {
				t.Errorf("a restore went into %d fifths of its room", part)
			}
			if got := accounts(t, to); got != old {
				t.Fatalf("a restore that failed left:\n%s", got)
			}
		}
	})
}
