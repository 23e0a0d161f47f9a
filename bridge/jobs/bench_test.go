package jobs_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"octobridge/bridge/jobs"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// BenchmarkEnqueue stores a row with a job that is to look at it, in one
// transaction; "bare" stores the row alone.
func BenchmarkEnqueue(b *testing.B) {
	for database, options := range map[string]func(testing.TB) store.Options{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(database, func(b *testing.B) {
			s := open(b, options(b))
			if err := s.Tx(b.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec("CREATE TABLE looked (id BIGINT NOT NULL PRIMARY KEY, looks BIGINT NOT NULL)")
				return err
			}); err != nil {
				b.Fatal(err)
			}
			q, err := jobs.New(b.Context(), jobs.Options{Store: s, Kinds: []jobs.Kind{
				kind(func(context.Context, jobs.Job) (time.Duration, error) { return -1, nil })}})
			if err != nil {
				b.Fatal(err)
			}
			key := int64(0)
			for _, enqueue := range []bool{false, true} {
				name := "bare"
				if enqueue {
					name = "job"
				}
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						key++
						if err := s.TxRepeatable(b.Context(), func(tx *sql.Tx) error {
							if _, err := tx.Exec(s.Rebind("INSERT INTO looked (id, looks) VALUES (?, 0)"), key); err != nil || !enqueue {
								return err
							}
							return q.Enqueue(b.Context(), tx, "look_at", key, time.Time{})
						}); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				})
			}
		})
	}
}
