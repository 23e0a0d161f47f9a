package survey_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"octobridge/idosell/record"
	"octobridge/idosell/record/survey"
)

func reply(code string) []byte {
	return []byte(`<Envelope><Body><getResponse><response><errors><faultCode>` + code + `</faultCode></errors><results/></response></getResponse></Body></Envelope>`)
}

func TestStats(t *testing.T) {
	start := time.Date(2024, 1, 31, 12, 0, 0, 0, time.UTC)
	var exchanges []record.Exchange
	for i := range 100 { // 1 to 100 ms, not in their order
		exchanges = append(exchanges, record.Exchange{Gate: "Orders", Method: "get", At: start.Add(time.Duration(i) * time.Second),
			Took: time.Duration((i*37)%100+1) * time.Millisecond, Status: 200, Answer: reply("0")})
	}
	exchanges = append(exchanges,
		record.Exchange{Gate: "Orders", Method: "get", Status: 200, Answer: reply("2")},
		record.Exchange{Gate: "Basket", Method: "get", Took: 12 * time.Second, Status: 200, Answer: reply("1")},
		record.Exchange{Gate: "Basket", Method: "get", Took: 3 * time.Second, Status: 200, Answer: reply("1")},
		record.Exchange{Gate: "Basket", Method: "get", Took: 30 * time.Second, Failure: "timeout"},
		record.Exchange{Gate: "Basket", Method: "get", Took: time.Millisecond, Status: 503, Answer: []byte("<html>busy</html>")},
		record.Exchange{Gate: "Basket", Method: "get", WSDL: true, Took: time.Hour},
	)
	got := survey.Stats(exchanges)
	ms := func(n int) survey.Duration { return survey.Duration(time.Duration(n) * time.Millisecond) }
	want := survey.Statistics{
		Calls: 105, From: start, To: start.Add(99 * time.Second),
		Gates: []survey.GateTimes{
			{Gate: "Basket/get", Calls: 4, Faults: 2, Failed: 2, Timed: 4, P50: ms(3000), P95: ms(30000), Max: ms(30000), Total: ms(45001)},
			{Gate: "Orders/get", Calls: 101, Faults: 1, Timed: 100, P50: ms(50), P95: ms(95), Max: ms(100), Total: ms(5050)},
		},
		Times: []survey.Bucket{{UpTo: ms(20), Calls: 21}, {UpTo: ms(50), Calls: 30}, {UpTo: ms(100), Calls: 50}, {UpTo: ms(200)}, {UpTo: ms(500)}, {UpTo: ms(1000)},
			{UpTo: ms(2000)}, {UpTo: ms(5000), Calls: 1}, {UpTo: ms(10000)}, {Calls: 2}},
		Faults:   []survey.FaultCount{{Gate: "Basket/get", Code: 1, Calls: 2}, {Gate: "Orders/get", Code: 2, Calls: 1}},
		Failures: []survey.FailedCount{{Gate: "Basket/get", Why: "timeout", Calls: 1}, {Gate: "Basket/get", Why: "unreadable", Status: 503, Calls: 1}},
	}
	slow := got.Slowest
	got.Slowest = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(slow) != 10 || slow[0].Exchange != 104 || slow[1].Exchange != 102 || slow[2].Exchange != 103 || slow[3].Took != ms(100) {
		t.Errorf("%+v", slow)
	}
}

func TestNoStats(t *testing.T) {
	text, err := json.Marshal(survey.Stats(nil))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"calls":0,"gates":[],"times":[{"upTo":20,"calls":0},{"upTo":50,"calls":0},{"upTo":100,"calls":0},{"upTo":200,"calls":0},{"upTo":500,"calls":0},` +
		`{"upTo":1000,"calls":0},{"upTo":2000,"calls":0},{"upTo":5000,"calls":0},{"upTo":10000,"calls":0},{"upTo":0,"calls":0}],"slowest":[],"faults":[],"failures":[]}`
	if string(text) != want {
		t.Errorf("%s", text)
	}
}
