package jobs_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/internal/secret"
)

// The environment of a process that a test starts in order to kill it.
const (
	childVariable    = "OCTOTEST_JOBS_CHILD"    // "works" or "hangs"
	childDir         = "OCTOTEST_JOBS_DATA_DIR" // of SQLite
	childDatabase    = "OCTOTEST_JOBS_DATABASE" // of PostgreSQL
	quickly, silence = 100 * time.Millisecond, 1500 * time.Millisecond
)

// child is that process: it runs a queue, and says each key that it looks at.
// "works" notes the key in the database first; "hangs" goes on looking at its
// first jobs until it is killed.
func child() {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{DataDir: os.Getenv(childDir), Database: secret.New(os.Getenv(childDatabase))})
	if err != nil {
		panic(err)
	}
	var handle jobs.Handler
	if os.Getenv(childVariable) == "hangs" {
		handle = func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			fmt.Println(job.Key)
			<-ctx.Done()
			return 0, ctx.Err()
		}
	} else {
		handle = func(ctx context.Context, job jobs.Job) (time.Duration, error) {
			if err := note(ctx, s, job.Key); err != nil {
				panic(err)
			}
			fmt.Println(job.Key)
			return -1, nil
		}
	}
	options := jobs.WithPace(jobs.Options{Store: s, Kinds: []jobs.Kind{kind(handle)}}, quickly, silence)
	q, err := jobs.New(ctx, options)
	if err != nil {
		panic(err)
	}
	panic(q.Run(ctx)) // nobody ends it
}

// note counts a look in the table of a test.
func note(ctx context.Context, s *store.Store, key int64) error {
	return s.TxRepeatable(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.Rebind("INSERT INTO looked (id, looks) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET looks = looked.looks + 1"), key)
		return err
	})
}

// startChild starts that process; the keys that it says come out of the channel,
// which is closed when it ends.
func startChild(t *testing.T, how string, options store.Options) (said <-chan int64, kill func()) {
	t.Helper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childVariable+"="+how, childDir+"="+options.DataDir, childDatabase+"="+options.Database.Reveal())
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	keys := make(chan int64, 10_000)
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(keys)
		lines := bufio.NewScanner(io.LimitReader(output, 1<<20))
		for lines.Scan() {
			if key, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				keys <- key
			}
		}
	}()
	killed := false
	kill = func() {
		if killed {
			return
		}
		killed = true
		if err := process.Process.Kill(); err != nil { // SIGKILL
			t.Error(err)
		}
		<-read
		_ = process.Wait()
	}
	t.Cleanup(kill)
	return keys, kill
}

func makeLooked(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Tx(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("CREATE TABLE looked (id BIGINT NOT NULL PRIMARY KEY, looks BIGINT NOT NULL)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// looked is how often each key was looked at.
func looked(t testing.TB, s *store.Store) map[int64]int {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), "SELECT id, looks FROM looked")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := map[int64]int{}
	for rows.Next() {
		var key int64
		var looks int
		if err := rows.Scan(&key, &looks); err != nil {
			t.Fatal(err)
		}
		found[key] = looks
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// untilIdle waits until no job is left that is not over.
func untilIdle(t testing.TB, s *store.Store) {
	t.Helper()
	deadline := time.Now().Add(20 * patience) // thousands of jobs under the race detector take their time
	for left := -1; left != 0; {
		if err := s.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs are left", left)
		}
		<-time.After(10 * time.Millisecond)
	}
}
