package store_test

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

func TestMain(m *testing.M) {
	if os.Getenv("OCTOTEST_HOLD_DATA_DIR") != "" {
		holdDataDir()
		return
	}
	if os.Getenv(killedJob) != "" {
		untilKilled()
		return
	}
	goleak.VerifyTestMain(m)
}

// holdDataDir is what the other process of a test does: it opens the data
// directory, writes a row that it does not commit, says so, and waits to be
// killed.
func holdDataDir() {
	s, err := store.Open(ctx, store.Options{DataDir: os.Getenv("OCTOTEST_HOLD_DATA_DIR")})
	if err != nil {
		panic(err)
	}
	_ = s.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO kept (name) VALUES ('never committed')"); err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString("holding\n")
		_, _ = os.Stdin.Read(make([]byte, 1))
		return errors.New("nobody killed this process")
	})
}

func open(t *testing.T, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func exec1(t *testing.T, s *store.Store, query string, args ...any) {
	t.Helper()
	if err := s.Tx(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), s.Rebind(query), args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, s *store.Store, table string) int {
	t.Helper()
	var n int
	if err := s.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenedStoresAreHealthyAndKeepTheirRows(t *testing.T) {
	for name, options := range map[string]func(testing.TB) store.Options{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			s := open(t, o)
			if s.Postgres() != (name == "postgres") {
				t.Error("Postgres() is wrong")
			}
			exec1(t, s, "CREATE TABLE kept (name TEXT NOT NULL)")
			exec1(t, s, "INSERT INTO kept (name) VALUES (?)", "żółw")
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			if err := s.Healthy(t.Context()); err == nil {
				t.Error("a closed store is healthy")
			}
			again := open(t, o)
			if err := again.Healthy(t.Context()); err != nil {
				t.Error(err)
			}
			var name string
			if err := again.DB().QueryRow("SELECT name FROM kept").Scan(&name); err != nil || name != "żółw" {
				t.Errorf("read %q, %v", name, err)
			}
		})
	}
}

func TestSQLitePromisesWhatItCommitted(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.DB().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
}

func TestTheDataDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder? with #odd%41 parts", "data")
	s := open(t, store.Options{DataDir: dir})
	exec1(t, s, "CREATE TABLE kept (name TEXT)")
	for name, want := range map[string]os.FileMode{"": 0o700, store.FileName: 0o600, store.FileName + "-wal": 0o600, "octobridge.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
}

func TestOneProcessOwnsTheDataDirectory(t *testing.T) {
	options := storetest.SQLite(t)
	s := open(t, options)
	_, err := store.Open(t.Context(), options)
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), options.DataDir) || !strings.Contains(err.Error(), "data_dir of its own") {
		t.Errorf("the second got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, options)
}

// TestAKilledProcessLeavesNothingBehind kills another process amid a transaction:
// the directory is free at once, and only what was committed is there.
func TestAKilledProcessLeavesNothingBehind(t *testing.T) {
	options := storetest.SQLite(t)
	s := open(t, options)
	exec1(t, s, "CREATE TABLE kept (name TEXT)")
	exec1(t, s, "INSERT INTO kept (name) VALUES ('committed')")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "OCTOTEST_HOLD_DATA_DIR="+options.DataDir)
	other.Stderr = os.Stderr
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), options)
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "(process ") {
		t.Errorf("while the other process runs: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()

	if n := count(t, open(t, options), "kept"); n != 1 {
		t.Errorf("%d rows, want the committed one", n)
	}
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, store.FileName), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options store.Options
		want    string
	}{
		{store.Options{}, "set data_dir"},
		{store.Options{DataDir: file}, "set data_dir to a folder"},
		{store.Options{DataDir: damaged}, "restore a backup"},
		{store.Options{Database: secret.New("postgres://u:hunter2%zz@127.0.0.1/x")}, "cannot be read"},
		{store.Options{Database: secret.New("postgres://u:hunter2@127.0.0.1:1/x")}, "check database"},
	} {
		s, err := store.Open(t.Context(), test.options)
		if err == nil {
			_ = s.Close()
			t.Fatalf("opened %+v", test.options)
		}
		if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

// TestAFullDiskLosesNothing caps the file where a disk would end.
func TestAFullDiskLosesNothing(t *testing.T) {
	options := storetest.SQLite(t)
	s := open(t, options)
	s.DB().SetMaxOpenConns(1) // the cap is the connection's
	exec1(t, s, "CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT)")
	exec1(t, s, "INSERT INTO kept (text) VALUES ('first')")
	var pages int
	if err := s.DB().QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().Exec("PRAGMA max_page_count = " + itoa(pages+3)); err != nil {
		t.Fatal(err)
	}
	stored := 1
	var err error
	for err == nil && stored < 1000 {
		err = s.Tx(t.Context(), func(tx *sql.Tx) error {
			for range 3 {
				if _, err := tx.Exec("INSERT INTO kept (text) VALUES (?)", strings.Repeat("x", 1000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			stored += 3
		}
	}
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "free space") {
		t.Fatalf("a full disk gives %v", err)
	}
	if n := count(t, s, "kept"); n != stored {
		t.Errorf("%d rows, want the %d that were stored", n, stored)
	}
	if _, err := s.DB().Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	exec1(t, s, "INSERT INTO kept (text) VALUES ('there is room again')")
	var check string
	if err := s.DB().QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("the file is %s, %v", check, err)
	}
}
