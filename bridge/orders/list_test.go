package orders_test

import (
	"testing"

	"octobridge/bridge/orders"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

// The filter by the beginning of a reference was a LIKE, which finds sh-1 for
// "SH" on SQLite and does not on PostgreSQL.
func TestABeginningIsTheSameOnBothDatabases(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLookedUp(t, s)
		for _, reference := range []string{"SH-1", "sh-2", "s%-3", "SHŻ-4", `Żó\5`, "S_6"} {
			l.take(reference)
		}
		for beginning, want := range map[string][]string{
			"SH": {"SHŻ-4", "SH-1"}, "sh": {"sh-2"}, "SHŻ": {"SHŻ-4"}, "shŻ": {}, "s%": {"s%-3"}, "%": {}, "S_": {"S_6"},
			`Żó\`: {`Żó\5`}, "żó": {}, "SH-1": {"SH-1"}, "SH-11": {},
		} {
			list, err := l.service.List(t.Context(), orders.Query{Reference: beginning})
			if err != nil {
				t.Errorf("%q: %v", beginning, err)
			}
			got := []string{}
			for i := range list {
				got = append(got, list[i].Request.Reference)
			}
			l.same(beginning, got, want...)
		}
	})
}
