package record_test

import (
	"fmt"
	"strings"
	"testing"

	"octobridge/idosell/record"
)

// thousand is a recording of 1,000 searches, each with its own words.
func thousand() []record.Exchange {
	out := make([]record.Exchange, 1000)
	for i := range out {
		out[i] = say("Products/search", thousandth(i), strings.Repeat("<item/>", 100))
	}
	return out
}

func thousandth(i int) string {
	return wire("k", fmt.Sprintf("<containsText>kubek %d</containsText><languageId>pol</languageId><currencyId>PLN</currencyId><resultsPage>0</resultsPage><resultsLimit>100</resultsLimit>", i))
}

func BenchmarkNewReplayOfAThousand(b *testing.B) {
	exchanges := thousand()
	for b.Loop() {
		newReplay(b, exchanges, recordedAt)
	}
}

func BenchmarkMatchAmongAThousand(b *testing.B) {
	replay := newReplay(b, thousand(), recordedAt)
	i := 0
	for b.Loop() {
		i++
		if _, err := ask(replay, "Products/search", thousandth(i%1000)); err != nil {
			b.Fatal(err)
		}
	}
}

// A request of somebody new is matched among a thousand people.
func BenchmarkMatchAPersonAmongAThousand(b *testing.B) {
	exchanges := make([]record.Exchange, 1000)
	for i := range exchanges {
		exchanges[i] = say("Dropshipping/getCouriersForOrder", wire("k", fmt.Sprintf("<city>Miasto %d</city>", i)), "<a/>")
	}
	replay := newReplay(b, exchanges, recordedAt)
	i := 0
	for b.Loop() {
		if i++; i%1000 == 0 {
			replay.Rewind()
		}
		if _, err := ask(replay, "Dropshipping/getCouriersForOrder", wire("l", fmt.Sprintf("<city>Łódź %d</city>", i%1000))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNoMatchAmongAThousand(b *testing.B) {
	replay := newReplay(b, thousand(), recordedAt)
	for b.Loop() {
		if _, err := ask(replay, "Products/search", thousandth(1000)); err == nil {
			b.Fatal("it matches")
		}
	}
}
