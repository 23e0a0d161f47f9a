package record_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"octobridge/idosell"
	"octobridge/idosell/record"
	"octobridge/idosell/sandbox"
	"octobridge/internal/secret"
)

// What is planted in a session: none of it may stand in a file.
const (
	plantedLogin    = "sklep-tajny@poczta-prywatna.pl"
	plantedPassword = "hasło-zażółć-7Q!"
	plantedKey      = "DKEY-9f2c71ab"
)

var (
	plantedAddress = sandbox.Address{
		FirstName: norm.NFD.String("Świętosława"), LastName: `O'Brzęczyszczykiewicz "Müller"`, Firm: "ŻÓŁĆ & SYNOWIE SP. Z O.O.",
		NIP: "526-000-12-46", Street: "ul. Gżegżółki 17/4", ZipCode: "87-654", City: "SZCZEBRZESZYN", Province: "zamojsko-kresowe",
		CountryID: "PL", Phone1: "+48 601 722 833", Phone2: "717223344", Email: "Swietoslawa.B@Poczta-Prywatna.PL",
	}
	otherAddress = sandbox.Address{
		FirstName: "Eustachy", LastName: "Mniszek", Street: "Łąkowa 99", ZipCode: "11-222", City: "Pcim", CountryID: "PL", Phone1: "500111222",
		Email: "eustachy@mniszek.example",
	}
	planted = []string{
		plantedLogin, plantedPassword, plantedKey,
		plantedAddress.FirstName, plantedAddress.LastName, plantedAddress.Firm, plantedAddress.NIP, "5260001246",
		plantedAddress.Street, plantedAddress.ZipCode, plantedAddress.City, plantedAddress.Province,
		plantedAddress.Phone1, plantedAddress.Phone2, plantedAddress.Email,
		otherAddress.FirstName, otherAddress.LastName, otherAddress.Street, otherAddress.ZipCode, otherAddress.Phone1, otherAddress.Email,
		"SH-TAJNE-77", "portier Zenobiusz", "Kluczyk pod wycieraczką", "na imieniny cioci Hildegardy", "etykieta Zenobiusza",
	}
)

// recordedStage is a wholesaler with planted data, and a client whose calls are recorded.
type recordedStage struct {
	sandbox  *sandbox.Server
	recorder *record.Recorder
	client   *idosell.Client
	dir      string
}

type keyLog struct {
	mu   sync.Mutex
	next http.RoundTripper
	keys []string
	said strings.Builder // all that went over the wire

	answers []string
	asked   map[string]*http.Request // the last of each gate
}

// RoundTrip notes the session keys that go over the wire: they are secrets, too.
func (k *keyLog) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	request.Body = io.NopCloser(strings.NewReader(string(body)))
	k.mu.Lock()
	for _, name := range []string{"sessionKey", "systemKey"} {
		if _, rest, ok := strings.Cut(string(body), "<"+name); ok {
			_, rest, _ = strings.Cut(rest, ">")
			if key, _, _ := strings.Cut(rest, "<"); key != "" {
				k.keys = append(k.keys, key)
			}
		}
	}
	k.said.Write(body)
	if gate := strings.Split(request.URL.Query().Get("gate"), "/"); len(gate) == 4 {
		kept := request.Clone(context.Background())
		kept.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		k.asked[gate[0]+"/"+gate[1]] = kept
	}
	k.mu.Unlock()
	response, err := k.next.RoundTrip(request)
	if err == nil {
		content, readErr := io.ReadAll(response.Body)
		k.mu.Lock()
		k.said.Write(content)
		k.answers = append(k.answers, string(content))
		k.mu.Unlock()
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(content), brokenBody{readErr}))
	}
	return response, err
}

// again sends the last request of each gate once more.
func (k *keyLog) again(t *testing.T, through http.RoundTripper, gates ...string) {
	t.Helper()
	for _, gate := range gates {
		k.mu.Lock()
		request := k.asked[gate].Clone(t.Context())
		k.mu.Unlock()
		request.Body, _ = request.GetBody()
		response, err := through.RoundTrip(request)
		if err != nil {
			continue // some of the moods want it so
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// brokenBody ends as the body before it ended.
type brokenBody struct{ err error }

func (b brokenBody) Read([]byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

func newRecordedStage(t *testing.T, options record.RecorderOptions) (*recordedStage, *keyLog) {
	t.Helper()
	server := sandbox.New(sandbox.Options{
		DropshippingKey: secret.New(plantedKey),
		Accounts:        []sandbox.Account{{Login: plantedLogin, Password: secret.New(plantedPassword), Email: plantedLogin, Address: plantedAddress}},
		Orders: []sandbox.SeedOrder{
			{Login: plantedLogin, Age: 20 * 24 * time.Hour, Note: "[ref:SH-TAJNE-77] zapytać: portier Zenobiusz", Delivery: plantedAddress, CourierID: 6, PaymentType: "prepaid", Products: []int{0, 7}},
			{Login: plantedLogin, Age: 3 * time.Hour, Note: "Kluczyk pod wycieraczką", Delivery: otherAddress, CourierID: 151, PaymentType: "prepaid", PickupPoint: "PCI01TAJNE", Products: []int{3}},
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = server.Close() })
	address, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	wire := &keyLog{next: transport, asked: map[string]*http.Request{}}
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	options.Next = wire
	if options.Redactor == nil {
		options.Redactor = record.NewRedactor(record.Options{Secrets: []string{plantedLogin, plantedPassword, plantedKey}, Gates: options.Gates})
	}
	recorder, err := record.NewRecorder(options)
	if err != nil {
		t.Fatal(err)
	}
	return &recordedStage{sandbox: server, recorder: recorder, dir: options.Dir, client: recordingClient(t, address, recorder)}, wire
}

func recordingClient(t *testing.T, address string, transport http.RoundTripper) *idosell.Client {
	t.Helper()
	client, err := idosell.New(idosell.Config{
		URL: address, Login: plantedLogin, Password: secret.New(plantedPassword), DropshippingKey: secret.New(plantedKey),
		Transport: transport, Budget: idosell.NewBudget(100_000, 8), Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func everyRow[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for row, err := range rows {
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
	return out, nil
}

func addressOf(a sandbox.Address) idosell.Address {
	return idosell.Address{FirstName: a.FirstName, LastName: a.LastName, Firm: a.Firm, NIP: a.NIP, Street: a.Street, ZipCode: a.ZipCode, City: a.City,
		Province: a.Province, CountryID: a.CountryID, Phone1: a.Phone1, Phone2: a.Phone2, Email: a.Email}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// callEveryGate calls each gate of the table.
func callEveryGate(t *testing.T, c *idosell.Client) {
	t.Helper()
	ctx := t.Context()
	must[idosell.Supplier](t)(c.Supplier(ctx))
	products := must[[]idosell.Product](t)(everyRow(c.SearchProducts(ctx, idosell.ProductQuery{Text: "kubek"})))
	must[[]idosell.Product](t)(everyRow(c.GetProducts(ctx, idosell.ProductQuery{IDs: []int64{1101, 3201}})))
	if len(products) == 0 {
		t.Fatal("the sandbox found nothing")
	}
	line := idosell.Line{Code: "1101", Quantity: onePiece(t), Comment: "na imieniny cioci Hildegardy"}
	must[[]idosell.Availability](t)(c.Availability(ctx, line))
	must[[]idosell.Courier](t)(c.Couriers(ctx, "PL"))
	if err := c.ClearBasket(ctx); err != nil {
		t.Fatal(err)
	}
	must[[]idosell.ImportedLine](t)(c.ImportBasket(ctx, idosell.BasketImport{Lines: []idosell.Line{line, line}, Comment: "portier Zenobiusz wie",
		Attachments: []idosell.Attachment{{Name: "Eustachy.pdf", Content: []byte("etykieta Zenobiusza, " + plantedAddress.Email)}}}))
	must[[]idosell.CourierOffer](t)(c.CouriersForOrder(ctx, idosell.CourierQuery{Address: addressOf(plantedAddress)}))
	basket := must[idosell.Basket](t)(c.Basket(ctx))
	if len(basket.Lines) != 2 {
		t.Fatalf("%d lines in the basket", len(basket.Lines))
	}
	if err := errors.Join(c.SetBasketQuantity(ctx, basket.Lines[0].Position, onePiece(t)), c.RemoveFromBasket(ctx, basket.Lines[1].Position)); err != nil {
		t.Fatal(err)
	}
	note, err := idosell.NoteWithReference("SH-TAJNE-77", "dzwonić 601-722-833, "+plantedAddress.LastName)
	if err != nil {
		t.Fatal(err)
	}
	billing := addressOf(otherAddress)
	placed := must[idosell.PlacedOrder](t)(c.PlaceOrder(ctx, idosell.NewOrder{Delivery: addressOf(plantedAddress), Billing: &billing, Payer: &billing, CourierID: 6,
		PaymentType: "prepaid", ClientNote: note, CourierNote: "Kluczyk pod wycieraczką"}))
	orders := must[[]idosell.Order](t)(everyRow(c.Orders(ctx, idosell.OrderQuery{Begin: time.Now().AddDate(0, -2, 0)})))
	if len(orders) != 3 {
		t.Fatalf("%d orders", len(orders))
	}
	must[[]idosell.Order](t)(everyRow(c.Orders(ctx, idosell.OrderQuery{IDs: []string{placed.ID}})))
	addresses := must[[]idosell.DeliveryAddress](t)(everyRow(c.DeliveryAddresses(ctx, idosell.AddressQuery{OrderIDs: []string{placed.ID}})))
	changed := addresses[0]
	changed.Street = "Łąkowa 99"
	if err := errors.Join(c.SetDeliveryAddress(ctx, changed), c.CancelOrder(ctx, placed.ID)); err != nil {
		t.Fatal(err)
	}
	for _, op := range c.Gates().Operations() {
		must[*idosell.WSDL](t)(c.WSDL(ctx, op))
	}
}

func onePiece(*testing.T) idosell.Decimal { return decimal.NewFromInt(1) }

// The claim that all rests on: a session of every gate, with planted personal data
// and secrets, leaves none of them in a file, in any form.
func TestNothingPlantedIsRecorded(t *testing.T) {
	s, wire := newRecordedStage(t, record.RecorderOptions{AllowWrites: true})
	callEveryGate(t, s.client)
	// The wholesaler's words repeat what it was told, in the forms in which software does.
	for i, text := range []string{
		"Klient " + plantedAddress.FirstName + " z miasta szczebrzeszyn nie istnieje", "Adres: " + plantedAddress.Street + ", " + plantedAddress.ZipCode + " Szczebrzeszyn",
		"token=" + plantedKey + "; " + plantedPassword, "tel. 601 722 833 / (71) 722-33-44", "c2tsZXAtdGFqbnlAcG9jenRhLXByeXdhdG5hLnBs",
		"NIP PL5260001246, zolc & synowie sp. z o.o.",
	} {
		s.sandbox.SetMoods(sandbox.Moods{Gates: []string{"Dropshipping/getCouriers"}, Trouble: sandbox.Trouble{Fault: &sandbox.Fault{Code: 100 + i, Text: text}}})
		if _, err := s.client.Couriers(t.Context(), "DE"); err == nil {
			t.Fatal("no fault")
		}
	}
	for _, mood := range []sandbox.Moods{
		{Form: sandbox.Form{Map: true}}, {Form: sandbox.Form{MultiRef: true}}, {Form: sandbox.Form{CDATA: true, OtherPrefixes: true}},
		{Form: sandbox.Form{SnakeCase: true, Untyped: true}}, {Form: sandbox.Form{Encoding: "iso-8859-2"}}, {Form: sandbox.Form{Encoding: "windows-1250"}},
		{Form: sandbox.Form{Encoding: "utf-16"}}, {Form: sandbox.Form{Encoding: "utf-16le"}}, {Form: sandbox.Form{Encoding: "utf-8-bom"}},
		{Form: sandbox.Form{Repeated: true, Nil: true}}, {Form: sandbox.Form{LoneItem: true, EmptyArrays: true}},
		{Trouble: sandbox.Trouble{HTML: true}}, {Trouble: sandbox.Trouble{Truncated: true}}, {Trouble: sandbox.Trouble{Twice: true}},
		{Trouble: sandbox.Trouble{Drop: "middle"}}, {Trouble: sandbox.Trouble{Drop: "after"}}, {Trouble: sandbox.Trouble{Empty: true}},
		{Trouble: sandbox.Trouble{Status: 500}}, {Trouble: sandbox.Trouble{SOAPFault: "Klient Eustachy Mniszek, eustachy@mniszek.example"}},
		{Trouble: sandbox.Trouble{ItemFault: &sandbox.Fault{Code: 9, Text: "Pcim: " + otherAddress.Street}}},
	} {
		s.sandbox.SetMoods(mood)
		// Past the client, which would pause and try again.
		wire.again(t, s.recorder, "Orders/get", "Dropshipping/getSupplierData")
	}
	if err := s.recorder.Close(); err != nil {
		t.Fatal(err)
	}
	wire.mu.Lock()
	said := wire.said.String() + html.UnescapeString(wire.said.String())
	for _, p := range planted {
		// The password goes over the wire only as it is hashed, the NIP as it was written.
		if p != plantedPassword && !strings.Contains(said, p) && !strings.Contains(said, base64.StdEncoding.EncodeToString([]byte(p))[:12]) {
			t.Errorf("%q was planted and never said, so that its absence proves nothing", p)
		}
	}
	looked := append([]string{"601722833", "601 722 833"}, planted...)
	looked = append(looked, wire.keys...)
	wire.mu.Unlock()
	files := noneInFolder(t, s.dir, distinct(looked))
	exchanges, err := record.ReadAll(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if files < 2*len(exchanges) || len(exchanges) < 80 {
		t.Errorf("%d files of %d exchanges", files, len(exchanges))
	}
	gates := map[string]bool{}
	for _, e := range exchanges {
		gates[e.Name()] = true
	}
	table := idosell.DefaultGates()
	for _, op := range table.Operations() {
		if !gates[table.Gate(op).Name()] {
			t.Errorf("%s was not recorded", table.Gate(op).Name())
		}
	}
	t.Logf("%d exchanges, %d files, %d planted texts and keys", len(exchanges), files, len(distinct(looked)))
}

func distinct(texts []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}
