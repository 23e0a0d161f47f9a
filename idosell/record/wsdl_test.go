package record_test

import (
	"os"
	"path/filepath"
	"testing"

	"octobridge/idosell"
	"octobridge/idosell/record"
)

// A WSDL says nothing of people: names, types and versions are all there after it was
// recorded, so that a gate table can be compared with it.
func TestARecordedWSDLIsWhole(t *testing.T) {
	s, wire := newRecordedStage(t, record.RecorderOptions{})
	table := idosell.DefaultGates()
	for _, op := range table.Operations() {
		must[*idosell.WSDL](t)(s.client.WSDL(t.Context(), op))
	}
	exchanges := must[[]record.Exchange](t)(record.ReadAll(s.dir))
	if len(exchanges) != len(table.Operations()) {
		t.Fatalf("%d exchanges", len(exchanges))
	}
	for i, e := range exchanges {
		if !e.WSDL || e.Operation != table.Operations()[i] || len(e.Request) > 0 {
			t.Errorf("%d: %s, WSDL %t", i, e.Operation, e.WSDL)
		}
		if before, after := meaning([]byte(wire.answers[i])), meaning(e.Answer); before != after || before == "" {
			t.Errorf("%s: the WSDL changed:\n%s\n%s", e.Name(), before, after)
		}
	}
}

// The same with the maker's own WSDLs, where the machine has them.
func TestRealWSDLsStayWhole(t *testing.T) {
	folder := os.Getenv("OCTOTEST_WSDL_SAMPLES")
	if folder == "" {
		t.Skip("OCTOTEST_WSDL_SAMPLES is not set")
	}
	files := must[[]string](t)(filepath.Glob(filepath.Join(folder, "*.wsdl")))
	if len(files) == 0 {
		t.Fatalf("no *.wsdl in %s", folder)
	}
	for _, file := range files {
		content := must[[]byte](t)(os.ReadFile(file))
		before := meaning(content)
		if got := redacted(t, record.NewRedactor(record.Options{}), string(content)); meaning([]byte(got)) != before {
			after := meaning([]byte(got))
			at := 0
			for at < len(before) && at < len(after) && before[at] == after[at] {
				at++
			}
			t.Errorf("%s changed at …%.300s\nto …%.300s", filepath.Base(file), before[max(0, at-100):], after[max(0, at-100):])
		}
	}
}
