package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
)

// recorded is the text of all files of a recording.
func recorded(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// namesOf counts the exchanges of a recording by gate.
func namesOf(t *testing.T, dir string) map[string]int {
	t.Helper()
	exchanges, err := record.ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for i := range exchanges {
		names[exchanges[i].Name()]++
	}
	return names
}

// stagedService is how `octobridge serve` is started again and again on one address.
type stagedService struct {
	address string
	environ []string
}

func (s stagedService) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, s.environ, append([]string{"serve", "--log-format", "json"}, args...)...)
	await(t, p, "http://"+s.address+"/readyz")
	return p
}

func (s stagedService) ask(t *testing.T, method string) string {
	t.Helper()
	status, body := get(t, "http://"+s.address+"/oct8ne/frame/"+method)
	if status != http.StatusOK {
		t.Errorf("%s: %d %s", method, status, body)
	}
	return body
}

const servedToken = "token-of-the-recorded-service"

// What a recorded service answered, it answers again without a wholesaler: the same
// bytes, but for people, who have stand-ins, and for dates of orders, which have moved
// with the day.
func TestServiceIsRecordedAndReplayed(t *testing.T) {
	stop := func() {}
	_, environ := wholesaler(func(end func()) { stop = end })
	defer func() { stop() }()
	dir := filepath.Join(t.TempDir(), "recording")
	address := freeAddress(t)
	shop := []string{
		"OCTOBRIDGE_LISTEN=" + address, "OCTOBRIDGE_PUBLIC_URL=http://" + address,
		"OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail", "OCTOBRIDGE_OCT8NE__API_TOKEN=" + servedToken,
	}
	untouched := filepath.Join(t.TempDir(), "data")
	live := stagedService{address, append(append([]string{"OCTOBRIDGE_DATA_DIR=" + untouched}, environ...), shop...)}
	methods := []string{
		"search?search=kubek&pageSize=3", "search?search=kubek&pageSize=3&callback=show", "productInfo?productIds=1101,4501&locale=pl-PL",
		"productSummary?productIds=1102", "productRelated?productId=1201", "getAdapterInfo",
	}
	orders := "getOrders?apiToken=" + servedToken + "&customerEmail="

	began := time.Now()
	service := live.start(t, "--record", dir)
	answers := map[string]string{}
	for _, method := range methods {
		answers[method] = live.ask(t, method)
	}
	liveOrders := live.ask(t, orders+sandbox.DemoCustomerEmail)
	if code := service.end(t, syscall.SIGTERM); code != "0" {
		t.Fatalf("exit code %s, want 0\n%s", code, service.errOut)
	}
	if log := service.errOut.String(); !strings.Contains(log, "no order can be placed") || !strings.Contains(log, `"msg":"the recording has ended`) {
		t.Errorf("the log does not tell of the recording:\n%s", log)
	}
	stop()
	stop = func() {}

	files := recorded(t, dir)
	for what, hidden := range map[string]string{
		"password": sandbox.DemoPassword, "dropshippingKey": sandbox.DemoDropshippingKey, "login": sandbox.DemoLogin,
		"e-mail": sandbox.DemoCustomerEmail, "reference": sandbox.DemoReference, "apiToken": servedToken,
	} {
		if strings.Contains(files, hidden) {
			t.Errorf("the recording holds the %s", what)
		}
	}
	standIn := regexp.MustCompile(`clientDeliveryAddressEmail[^>]*>(person-\d+@example\.com)<`).FindStringSubmatch(files)
	if standIn == nil {
		t.Fatal("the recording has no stand-in for the customer's e-mail")
	}

	// Neither the account nor the folder of the data is told; the address is, as links
	// to pictures and pages are made of it.
	replayed := stagedService{address, append(append([]string{}, environ[0], "OCTOBRIDGE_DATA_DIR="+filepath.Join(t.TempDir(), "none")), shop...)}
	service = replayed.start(t, "--replay", dir)
	for _, method := range methods {
		if got := replayed.ask(t, method); got != answers[method] || len(got) < 20 {
			t.Errorf("%s answers otherwise than it did:\n%s\nlive:\n%s", method, got, answers[method])
		}
	}
	compareOrders(t, liveOrders, replayed.ask(t, orders+standIn[1]), files, time.Since(began))
	if status, body := get(t, "http://"+address+"/oct8ne/frame/search?search=talerz"); status != http.StatusServiceUnavailable {
		t.Errorf("a search that was not recorded: %d %s", status, body)
	}
	if code := service.end(t, syscall.SIGTERM); code != "0" {
		t.Errorf("exit code %s, want 0\n%s", code, service.errOut)
	}
	checkReplayLog(t, service.errOut.String())
}

// compareOrders holds replayed orders against live ones: they are the same bytes once
// the stand-ins of references, and the dates that have moved by no more than has
// passed, are put into the live answer.
func compareOrders(t *testing.T, live, replayed, files string, passed time.Duration) {
	t.Helper()
	type order struct{ Date, Reference, DeliveryDate string }
	read := func(text string) (out []order) {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return out
	}
	before, after := read(live), read(replayed)
	if len(before) < 3 || len(after) != len(before) {
		t.Fatalf("%d orders, live %d:\n%s\n%s", len(after), len(before), replayed, live)
	}
	moved := func(layout, from, to string) bool {
		if from == to {
			return true
		}
		a, errA := time.Parse(layout, from)
		b, errB := time.Parse(layout, to)
		margin := time.Second
		if layout == time.DateOnly {
			margin = 24 * time.Hour
		}
		return errA == nil && errB == nil && b.After(a) && b.Sub(a) <= passed+margin
	}
	wanted := live
	for i := range before {
		if !moved(time.DateTime, before[i].Date, after[i].Date) || !moved(time.DateOnly, before[i].DeliveryDate, after[i].DeliveryDate) {
			t.Errorf("order %d is of %s, to come %s; live %s, %s", i, after[i].Date, after[i].DeliveryDate, before[i].Date, before[i].DeliveryDate)
		}
		if known := strings.Contains(files, "[ref:"+after[i].Reference+"]"); !known && after[i].Reference != "" && !strings.Contains(files, ">"+after[i].Reference+"<") {
			t.Errorf("the reference %q is not of the recording", after[i].Reference)
		}
		for _, pair := range [][2]string{{before[i].Reference, after[i].Reference}, {before[i].Date, after[i].Date}, {before[i].DeliveryDate, after[i].DeliveryDate}} {
			wanted = strings.Replace(wanted, `"`+pair[0]+`"`, `"`+pair[1]+`"`, 1)
		}
	}
	if replayed != wanted {
		t.Errorf("the orders differ:\n%s\nwant:\n%s", replayed, wanted)
	}
}

// checkReplayLog looks for the lines that tell what a replay is, and what it lacks.
func checkReplayLog(t *testing.T, log string) {
	t.Helper()
	var folder, difference string
	for line := range strings.Lines(log) {
		var said struct {
			Level, Msg, Gate, Difference, Why string
			DataDir                           string `json:"data_dir"`
			Nearest                           int
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		switch {
		case strings.HasPrefix(said.Msg, "this is a replay"):
			folder = said.DataDir
			if said.Level != "WARN" {
				t.Errorf("what it is has the level %s", said.Level)
			}
		case said.Msg == "the replay has no answer" && strings.Contains(said.Difference, "talerz"):
			difference = said.Difference
			if said.Level != "WARN" || said.Gate != "Products/search" || said.Nearest == 0 || !strings.Contains(said.Why, "The nearest recorded request is number") {
				t.Errorf("it is told as %s", line)
			}
		}
	}
	if !strings.Contains(difference, "\n-") || !strings.Contains(difference, "kubek") || !strings.Contains(difference, "\n+") {
		t.Errorf("the difference is %q, and not one from the search for kubek\n%s", difference, log)
	}
	if _, err := os.Stat(folder); folder == "" || !os.IsNotExist(err) {
		t.Errorf("the folder %q of the replay's data is left: %v", folder, err)
	}
}

// runAt runs octobridge in this process against a wholesaler.
func runAt(t *testing.T, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{out: &stdout, errOut: &stderr, environ: environ}
	code = p.run(t.Context(), args)
	return code, stdout.String(), stderr.String()
}

func TestRecordCommand(t *testing.T) {
	_, environ := wholesaler(t.Cleanup)
	dir := filepath.Join(t.TempDir(), "recording")
	plainCode, plain, _ := runAt(t, environ, "search", "kubek", "--limit", "2", "--json")
	code, out, errOut := runAt(t, environ, "--json", "record", "--out", dir, "--", "search", "kubek", "--limit", "2")
	if code != exitOK || plainCode != exitOK || out != plain || !json.Valid([]byte(out)) {
		t.Errorf("exit code %d, and it prints\n%s\nwithout a recording %d\n%s", code, out, plainCode, plain)
	}
	if want := "recorded 2 exchanges in " + filepath.ToSlash(dir) + ", which holds: Authenticate/authenticate: 1, Products/search: 1\n"; !strings.Contains(errOut, want) ||
		!strings.Contains(errOut, "look at the files before you share them: "+filepath.ToSlash(dir)) {
		t.Errorf("it says\n%s", errOut)
	}
	// A second one goes on in the folder; a command whose answer is no keeps its code.
	code, _, errOut = runAt(t, environ, "record", "--out", dir, "search", "xyzzy-plugh")
	if code != exitNo || !strings.Contains(errOut, "which holds: Authenticate/authenticate: 2, Products/search: 2\n") {
		t.Errorf("exit code %d, %s", code, errOut)
	}
	if got := namesOf(t, dir); got["Products/search"] != 2 || len(got) != 2 {
		t.Errorf("the folder holds %v", got)
	}
	if files := recorded(t, dir); strings.Contains(files, sandbox.DemoLogin) || strings.Contains(files, sandbox.DemoDropshippingKey) {
		t.Error("the recording holds the account")
	}
}

// Gates that change something are refused, and told of, unless they are let through.
func TestRecordRefusesChanges(t *testing.T) {
	server, environ := wholesaler(t.Cleanup)
	change := func(run *recordingRun) (said string, err error) {
		var stderr strings.Builder
		p := &program{out: &stderr, errOut: &stderr, environ: environ, recording: run}
		cmd := p.couriersCommand()
		cmd.SetContext(t.Context())
		client, err := p.client(cmd)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.ImportBasket(t.Context(), idosell.BasketImport{Lines: []idosell.Line{{Code: "1101", Quantity: decimal.NewFromInt(1)}}})
		if closing := client.Close(); closing != nil {
			t.Error(closing)
		}
		if closing := run.close(); closing != nil {
			t.Error(closing)
		}
		if telling := p.tellRecording(run); telling != nil {
			t.Error(telling)
		}
		return stderr.String(), err
	}
	imports := func() (n int) {
		for gate, calls := range server.Calls() {
			if strings.Contains(strings.ToLower(gate), "basketimport") {
				n += calls
			}
		}
		return n
	}

	said, err := change(&recordingRun{dir: filepath.Join(t.TempDir(), "reads")})
	if err == nil || exitCode(err) != exitUsage || imports() != 0 || !strings.Contains(said, "not sent, as a recording only reads (--allow-writes): Dropshipping/basketImport: 1") {
		t.Errorf("%v, %d imports, it says %s", err, imports(), said)
	}
	dir := filepath.Join(t.TempDir(), "writes")
	said, err = change(&recordingRun{dir: dir, writes: true})
	if err != nil || imports() != 1 || strings.Contains(said, "not sent") || namesOf(t, dir)["Dropshipping/basketImport"] != 1 {
		t.Errorf("%v, %d imports, it says %s", err, imports(), said)
	}
}

// A recording that fails in the middle does not keep the command from its answer, and
// is told by the exit code.
func TestRecordFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	inner := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "search") {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Error(err)
			}
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	_, environ := wholesaler(t.Cleanup)
	environ[0] = "OCTOBRIDGE_IDOSELL__URL=" + server.URL
	code, out, errOut := runAt(t, environ, "record", "--out", dir, "--", "search", "kubek")
	if code != exitMachine || !strings.Contains(out, "Kubek") || !strings.Contains(errOut, "ended with its exchange 2") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	if code, _, errOut := runAt(t, environ, "record", "--out", dir, "--", "search", "kubek"); code != exitMachine || !strings.Contains(errOut, "folder of the recording") {
		t.Errorf("onto a file: exit code %d, %s", code, errOut)
	}
}

func TestWhatCannotBeRecorded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no folder":        {[]string{"record", "search", "kubek"}, "--out is missing"},
		"no command":       {[]string{"record", "--out", dir}, "octobridge record --help"},
		"the service":      {[]string{"record", "--out", dir, "--", "serve"}, `"octobridge serve" does not ask the wholesaler by itself`},
		"itself":           {[]string{"record", "--out", dir, "--", "record", "--out", dir, "--", "search", "kubek"}, `"octobridge record" does not ask`},
		"orders to place":  {[]string{"record", "--out", dir, "--", "orders", "place", "order.json"}, `"octobridge orders place" does not ask`},
		"an unknown one":   {[]string{"record", "--out", dir, "--", "serach", "kubek"}, `unknown command "serach"`},
		"a wrong flag":     {[]string{"record", "--out", dir, "--", "search", "--colour", "kubek"}, "octobridge search --help"},
		"no account":       {[]string{"record", "--out", dir, "--", "search", "kubek"}, "idosell.url (not set) is required"},
		"both of serve":    {[]string{"serve", "--record", dir, "--replay", dir}, "do not go together"},
		"writes of serve":  {[]string{"serve", "--record-writes"}, "--record-writes goes with --record"},
		"no name of serve": {[]string{"serve", "--replay", ""}, "name a folder"},
		"a replayed shop":  {[]string{"serve", "--replay", dir}, "shop.kind (not set) is required"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, _, errOut := runAt(t, nil, test.args...); code != exitUsage || !strings.Contains(errOut, test.says) || strings.Contains(errOut, "idosell.login") != (name == "no account") {
				t.Errorf("exit code %d, %s", code, errOut)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("a folder was made")
			}
		})
	}
}

// Whatever asks the wholesaler can be recorded: a new command must not be forgotten.
func TestWhatCanBeRecorded(t *testing.T) {
	root := (&program{}).command()
	var can []string
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(strings.TrimPrefix(cmd.CommandPath(), "octobridge"))
		if cmd.Runnable() && len(path) > 0 && recordable(root, path) == nil {
			can = append(can, strings.Join(path, " "))
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(root)
	slices.Sort(can)
	if got, want := strings.Join(can, ", "), "availability, couriers, orders list, orders show, product, search"; got != want {
		t.Errorf("%s can be recorded, want %s: tell of a new one in the help of record", got, want)
	}
}
