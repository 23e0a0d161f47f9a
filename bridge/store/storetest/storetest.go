// Package storetest runs a test on each database that the store supports.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

// PostgresVariable names the URL of a PostgreSQL server where tests may make and
// drop databases. Where it is not set the server of this machine is tried, with
// the user postgres and no password: over TCP, then over its socket.
const PostgresVariable = "OCTOTEST_POSTGRES"

// Each runs a test on a fresh SQLite file and on a fresh PostgreSQL database, as
// the subtests "sqlite" and "postgres". The store is closed, and the database
// dropped, after the test. Without a PostgreSQL server that part is skipped; with
// one named by OCTOTEST_POSTGRES that does not answer it fails. With -short that part
// is skipped, too.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, SQLite(t))) })
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("with -short on SQLite alone: with both databases the race detector takes a quarter of an hour")
		}
		test(t, open(t, Postgres(t)))
	})
}

// SQLite returns options for a fresh SQLite file.
func SQLite(t testing.TB) store.Options {
	t.Helper()
	return store.Options{DataDir: t.TempDir()}
}

// Postgres makes a fresh PostgreSQL database and returns options for it, so that
// several stores can be opened on it. The test is skipped where there is no
// server.
func Postgres(t testing.TB) store.Options {
	t.Helper()
	server := server(t)
	name := fmt.Sprintf("octotest_%d_%d", os.Getpid(), databases.Add(1))
	administer(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { administer(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	own := *server
	own.Path = "/" + name
	return store.Options{Database: secret.New(own.String())}
}

var databases atomic.Int64

// TwoInstances opens two stores on one fresh PostgreSQL database, as two instances
// of the bridge do; they are closed after the test.
func TwoInstances(t *testing.T) (one, two *store.Store) {
	t.Helper()
	options := Postgres(t)
	return open(t, options), open(t, options)
}

// BreakLocks breaks the connections that hold locks of a PostgreSQL database, all
// instances', and so takes the locks away.
func BreakLocks(ctx context.Context, s *store.Store) error {
	_, err := s.DB().ExecContext(ctx, `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	return err
}

func open(t *testing.T, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// local looks for the server of this machine once for all tests.
var local = sync.OnceValues(func() (*url.URL, error) {
	var tried []string
	for _, address := range []string{
		"postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable",
		"postgres:///postgres?user=postgres&host=/var/run/postgresql",
	} {
		u, err := url.Parse(address)
		if err == nil {
			err = run(u, "SELECT 1")
		}
		if err == nil {
			return u, nil
		}
		tried = append(tried, err.Error())
	}
	return nil, fmt.Errorf("no PostgreSQL on this machine (%s)", strings.Join(tried, "; "))
})

func server(t testing.TB) *url.URL {
	t.Helper()
	address := os.Getenv(PostgresVariable)
	if address == "" {
		u, err := local()
		if err != nil {
			t.Skipf("set %s to a server's URL to test with PostgreSQL: %v", PostgresVariable, err)
		}
		return u
	}
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		t.Fatalf("%s is not a URL such as postgres://user@host/postgres", PostgresVariable)
	}
	return u
}

// administer runs a statement on the server's own database.
func administer(t testing.TB, server *url.URL, statement string) {
	t.Helper()
	if err := run(server, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func run(server *url.URL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", server.String())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
