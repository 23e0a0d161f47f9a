package record_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"octobridge/idosell/record"
)

// This file tries to get planted texts past the redactor.

// attack is what is read first, what comes then, and what must not stay of it.
type attack struct {
	before  string // another exchange, earlier
	answer  string
	secrets []string
	gone    []string
	kept    []string
}

const (
	fromB64 = "PGE+PGNpdHk+UGNpbURvbG55PC9jaXR5PjxsYXN0TmFtZT5NbmlzemVrPC9sYXN0TmFtZT48L2E+" // <a><city>PcimDolny</city><lastName>Mniszek</lastName></a>
	people  = "<a><lastName>Brzęczyk-Mniszek</lastName><firstName>Eustachy</firstName><street>ul. Gżegżółki 17/4</street><phone>601722833</phone><firm>Zenobiusz sp. z o.o.</firm><nip>526-000-12-46</nip><email>eustachy.m77@firma.pl</email></a>"
)

func latin2(text string) string {
	out, err := charmap.ISO8859_2.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func windows1250(text string) string {
	out, err := charmap.Windows1250.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func utf16Text(text string) string {
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

var attacks = map[string]attack{
	// Bodies that are no document.
	"CSV":                    {answer: "imie;nazwisko;ulica\nEustachy;Mniszek;Łąkowa 99\n", gone: []string{"Eustachy", "Mniszek", "Łąkowa"}},
	"plain letter":           {answer: "Szanowny Panie Mniszek, dom przy Łąkowa 99, Pcim", gone: []string{"Mniszek", "Łąkowa", "Pcim"}},
	"cut JSON":               {answer: `{"client":{"firstName":"Eustachy","city":"Pcim","street":"Łąkowa 99","firm":"Zenobiusz","note":"kluczyk pod`, gone: []string{"Eustachy", "Pcim", "Łąkowa", "Zenobiusz", "kluczyk"}},
	"JSONP":                  {answer: `cb({"city":"Pcim","name":"Mniszek"});`, gone: []string{"Pcim", "Mniszek"}},
	"JSON lines":             {answer: "{\"city\":\"Pcim\"}\n{\"city\":\"Wygwizdowo\"}\n", gone: []string{"Pcim", "Wygwizdowo"}},
	"serialized PHP":         {answer: `a:2:{s:4:"city";s:4:"Pcim";s:4:"name";s:7:"Mniszek";}`, gone: []string{"Pcim", "Mniszek"}},
	"print_r":                {answer: "Array\n(\n    [firstName] => Eustachy\n    [city] => Pcim\n)\n", gone: []string{"Eustachy", "Pcim"}},
	"base64url body":         {answer: strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(base64Of("<a><city>PcimDolny</city><x>Mniszek??>>~~~</x></a>"), "=")), gone: []string{"PcimDolny", "Mniszek"}},
	"PHP trace before XML":   {answer: "PHP Fatal error: Uncaught SoapFault in /srv/mniszek/api.php(12): login('eustachy', 'tajnehaslo') thrown\n<?xml version=\"1.0\"?><a><b>1</b></a>", gone: []string{"mniszek", "eustachy", "tajnehaslo"}, kept: []string{"PHP Fatal error", "<b>1</b>"}},
	"text behind the XML":    {answer: "<a><b>1</b></a> wysłano do Eustachy Mniszek", gone: []string{"Eustachy", "Mniszek"}},
	"form with a space":      {answer: "city=Nowy Pcim&name=Mniszek", gone: []string{"Pcim", "Mniszek"}},
	"maintenance page stays": {answer: "503 Service Unavailable", kept: []string{"503 Service Unavailable"}},
	"gateway's text stays":   {answer: "upstream connect error or disconnect/reset before headers", kept: []string{"upstream connect error"}},

	// Attributes that SOAP and WSDL use.
	"name attribute":    {answer: `<a><client name="Mniszek">1</client></a>`, gone: []string{"Mniszek"}},
	"id attribute":      {answer: `<a><client id="eustachy.mniszek">1</client></a>`, gone: []string{"mniszek"}},
	"type attribute":    {answer: `<a><client type="Mniszek" default="Eustachy" message="Pcim" part="Dolny" class="Gorny" content="Wygwizdowo">1</client></a>`, gone: []string{"Mniszek", "Eustachy", "Pcim", "Dolny", "Gorny", "Wygwizdowo"}},
	"link in a page":    {answer: `<html><a href="/panel/klient/eustachy-mniszek/">x</a></html>`, gone: []string{"mniszek"}},
	"meta in a page":    {answer: `<html><meta name="author" content="Mniszek"/></html>`, gone: []string{"Mniszek"}},
	"reference by name": {answer: `<a><x href="#mniszek"/><multiRef id="mniszek">1</multiRef></a>`, gone: []string{"mniszek"}},
	"base of a page":    {answer: `<html><base href="https://eustachy:tajne@sklep.pl/x/"/></html>`, gone: []string{"eustachy", "tajne"}},
	"SOAP's stay":       {answer: `<E xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><a xsi:type="ns1:fooType" SOAP-ENC:arrayType="ns1:barType[2]" xsi:nil="true"/><m href="#id0"/><multiRef id="id0" SOAP-ENC:root="0">1</multiRef></E>`, kept: []string{`xsi:type="ns1:fooType"`, `arrayType="ns1:barType[2]"`, `href="#id0"`, `id="id0"`, `encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`}},

	// Documents that look like a WSDL.
	"texts in definitions":      {answer: `<definitions><lastName>Mniszek</lastName><x>Pcim</x></definitions>`, gone: []string{"Mniszek", "Pcim"}},
	"attributes in definitions": {answer: `<definitions login="eustachy" owner="Mniszek"><types/></definitions>`, gone: []string{"Mniszek", "eustachy"}},
	"documentation of a WSDL":   {before: people, answer: `<wsdl:definitions><wsdl:documentation>Konto klienta Eustachy Mniszek</wsdl:documentation></wsdl:definitions>`, gone: []string{"Mniszek", "Eustachy"}},
	"WSDL stays":                {answer: `<wsdl:definitions targetNamespace="urn:get"><xsd:element name="clientFirstName" type="xsd:string" minOccurs="0"/><soap:address location="https://hurt.pl/customer-api/?gate=Orders/get/1/soap"/></wsdl:definitions>`, kept: []string{`name="clientFirstName"`, `type="xsd:string"`, `location="https://hurt.pl/customer-api/?gate=Orders/get/1/soap"`}},

	// References.
	"one text, two names":        {answer: `<a><lastName href="#1"/><productName href="#1"/><multiRef id="1">Mniszek</multiRef></a>`, gone: []string{"Mniszek"}},
	"personal by its own name":   {answer: `<a><productName href="#1"/><lastName id="1">Mniszek</lastName></a>`, gone: []string{"Mniszek"}},
	"references in a long chain": {answer: `<a><m><multiRef id="4">Mniszek</multiRef><multiRef id="3" href="#4"/><multiRef id="2" href="#3"/><multiRef id="1" href="#2"/></m><productName><lastName href="#1"/></productName></a>`, gone: []string{"Mniszek"}},

	// Documents in texts that stay.
	"escaped XML in a fault":     {answer: "<a><faultString>&lt;client&gt;&lt;city&gt;Pcim&lt;/city&gt;&lt;lastName&gt;mniszek&lt;/lastName&gt;&lt;/client&gt;</faultString></a>", gone: []string{"Pcim", "mniszek"}},
	"doubly escaped XML":         {answer: "<a><faultString>x &amp;lt;city&amp;gt;pcim&amp;lt;/city&amp;gt;</faultString></a>", gone: []string{"pcim"}},
	"XML in CDATA":               {answer: "<a><productDescription><![CDATA[<p>Kubek</p><city>Pcim</city><i login='eustachy'/>]]></productDescription></a>", gone: []string{"Pcim", "eustachy"}, kept: []string{"<p>Kubek</p>"}},
	"XML in base64 in a fault":   {answer: "<a><faultString>" + fromB64 + "</faultString></a>", gone: []string{"PcimDolny", "Mniszek"}},
	"JSON in base64 in a fault":  {answer: "<a><faultString>" + base64Of(`{"city":"PcimDolny","x":"Mniszek"}`) + "</faultString></a>", gone: []string{"PcimDolny", "Mniszek"}},
	"JSON behind prose":          {answer: `<a><faultString>Error: {"city":"pcim","street":"lakowa"}</faultString></a>`, gone: []string{"pcim", "lakowa"}},
	"PHP array in a fault":       {answer: `<a><faultString>array('firstName' =&gt; 'eustachy', "city" =&gt; "pcim") [nip] =&gt; 77</faultString></a>`, gone: []string{"eustachy", "pcim"}},
	"description of goods stays": {answer: "<a><productDescription>&lt;p class=\"opis\"&gt;Kubek Bosch&lt;br/&gt;&lt;b&gt;500 ml&lt;/b&gt; a &lt; b&lt;/p&gt;</productDescription></a>", kept: []string{"&lt;p class=\"opis\"&gt;Kubek Bosch&lt;br/&gt;&lt;b&gt;500 ml&lt;/b&gt; a &lt; b&lt;/p&gt;"}},

	// Names as data.
	"map by login":        {answer: "<a><item><key>mniszek</key><value>1</value></item></a>", gone: []string{"mniszek"}},
	"JSON by name":        {answer: `{"Eustachy Mniszek":1,"Łąkowa 99":{"x":1}}`, gone: []string{"Mniszek", "Łąkowa"}},
	"JSON below a secret": {answer: `{"password":{"code":"tajnehaslo","x":{"status":"tajne2","n":1234567}}}`, gone: []string{"tajnehaslo", "tajne2", "1234567"}},

	// Faults that name people.
	"person in a fault":      {answer: "<a><faultString>Nie znaleziono klienta Eustachy Mniszek w Pcim.</faultString></a>", gone: []string{"Eustachy", "Mniszek", "Pcim"}, kept: []string{"Nie znaleziono klienta"}},
	"person begins a fault":  {answer: "<a><faultString>Eustachy Mniszek jest zablokowany</faultString></a>", gone: []string{"Eustachy", "Mniszek"}},
	"short name in a fault":  {answer: "<a><lastName>Li</lastName><faultString>Klient Li nie istnieje</faultString></a>", gone: []string{" Li "}},
	"short login in a fault": {answer: "<a><login>ab</login><faultString>Użytkownik ab nie istnieje</faultString></a>", gone: []string{" ab "}},
	"quoted in a fault":      {answer: `<a><faultString>Access denied for user 'mniszek'@'localhost' (using password: YES); login "eustachy"</faultString></a>`, gone: []string{"mniszek", "eustachy"}},
	"token in a fault":       {answer: "<a><faultString>sesja 7f3a9c01b2d4e5f60718293a4b5c6d7e wygasła, klucz aB3dE5fG7hI9jK1lM3nO5p</faultString></a>", gone: []string{"7f3a9c01", "aB3dE5fG"}},
	"title of a page":        {answer: "<html><title>Konto: Eustachy Mniszek</title></html>", gone: []string{"Eustachy", "Mniszek"}},
	"usual faults stay":      {answer: "<a><faultString>Dodawanie produktów zostało zablokowane. Błąd SOAP w bramce Dropshipping/placeOrder: NIP</faultString></a>", kept: []string{"Dodawanie produktów zostało zablokowane. Błąd SOAP w bramce Dropshipping/placeOrder: NIP"}},

	// Codes.
	"phone as a code":         {before: people, answer: "<a><productCode>0048601722833</productCode><code>601-722-833</code><sizeId>48601722833</sizeId><status>60 172 28 33</status></a>", gone: []string{"601722833", "601-722-833", "60 172 28 33"}},
	"NIP as a code":           {before: people, answer: "<a><productCode>526 000 12 46</productCode><code>PL5260001246</code></a>", gone: []string{"526 000", "5260001246"}},
	"order id without number": {answer: "<a><orderId>mniszek</orderId><orderId>mniszek/12</orderId></a>", gone: []string{"mniszek"}},
	"client id that is text":  {answer: "<a><clientId>mniszek</clientId><clientId>77</clientId></a>", gone: []string{"mniszek"}, kept: []string{"77"}},

	// Encodings.
	"UTF-8 called ISO-8859-2":   {before: "<a><lastName>Żółwiński</lastName></a>", answer: "<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a><productName>dla Żółwiński</productName></a>", gone: []string{"Żółwiński"}},
	"Windows called ISO-8859-2": {before: "<a><lastName>Świątek</lastName></a>", answer: "<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a><productName>dla " + windows1250("Świątek") + "</productName></a>", gone: []string{"tek<", "Świątek"}},
	"ISO-8859-2 in a query":     {before: "<a><lastName>Gżegżółka</lastName></a>", answer: "<a><productName>x=" + url.QueryEscape(latin2("Gżegżółka")) + "</productName></a>", gone: []string{url.QueryEscape(latin2("Gżegżółka"))}},
	"ISO-8859-2 in base64":      {before: "<a><lastName>Gżegżółka</lastName></a>", answer: "<a><productName>" + base64Of("xy "+latin2("Gżegżółka")) + "</productName></a>", gone: []string{base64Of("xy " + latin2("Gżegżółka"))}},
	"UTF-16 in base64":          {before: "<a><lastName>Gżegżółka</lastName></a>", answer: "<a><productName>" + base64Of(utf16Text("Gżegżółka")) + "</productName></a>", gone: []string{base64Of(utf16Text("Gżegżółka"))}},
	"zero width in an address":  {answer: "<a><productName>eustachy\u200b@\u200bmniszek.pl 601\u200b722\u2009833 601–722–834</productName></a>", gone: []string{"eustachy", "mniszek", "722\u2009833", "722–834"}},
	"typographic signs":         {before: "<a><lastName>O'Brzęczyk-Nowak</lastName></a>", answer: "<a><productName>dla O’Brzęczyk‑Nowak</productName></a>", gone: []string{"Brzęczyk"}},

	// Other forms of the same.
	"half a double name":     {before: people, answer: "<a><productName>dla Mniszek</productName></a>", gone: []string{"Mniszek"}},
	"street without ul.":     {before: people, answer: "<a><productName>na Gżegżółki 17/4 i Gżegżółki 17 m. 4</productName></a>", gone: []string{"Gżegżółki"}},
	"firm without its form":  {before: people, answer: "<a><productName>dla Zenobiusz</productName></a>", gone: []string{"Zenobiusz"}},
	"mailbox without domain": {before: people, answer: "<a><productName>konto eustachy.m77</productName></a>", gone: []string{"eustachy.m77"}},
	"birth in Polish":        {answer: "<a><dataUrodzenia>1980-02-03</dataUrodzenia><dob>1980-02-03</dob></a>", gone: []string{"1980-02-03"}},
	"quoted mailbox":         {answer: "<a><productName>\"eustachy mniszek\"@firma.pl, ŻÓŁW@ŻÓŁĆ.PL, jan@xn--kda4b.pl</productName></a>", gone: []string{"mniszek", "eustachy", "ŻÓŁ", "xn--"}},

	// What redaction must not spoil.
	"status like a name": {before: "<a><lastName>New</lastName><login>packed</login><city>Prepaid</city></a>", answer: "<a><orderStatus>new</orderStatus><orderStatus>packed</orderStatus><orderPaymentType>prepaid</orderPaymentType></a>", kept: []string{">new<", ">packed<", ">prepaid<"}},
	"tag like a login":   {secrets: []string{"delivery", "schemas"}, answer: `<a xmlns:x="http://schemas.xmlsoap.org/soap/envelope/"><clientDeliveryAddress><deliveryDate>2026-11-22</deliveryDate></clientDeliveryAddress></a>`, kept: []string{"<deliveryDate>2026-11-22", "http://schemas.xmlsoap.org/soap/envelope/"}},
	"REGON":              {answer: "<a><regon>123456785</regon></a>", kept: []string{"<regon>000000017</regon>"}},
}

func TestAttacks(t *testing.T) {
	for name, c := range attacks {
		t.Run(name, func(t *testing.T) {
			r := record.NewRedactor(record.Options{Secrets: c.secrets})
			if c.before != "" {
				redacted(t, r, c.before)
			}
			got := redacted(t, r, c.answer)
			for _, reading := range readings([]byte(got)) {
				for _, text := range c.gone {
					if strings.Contains(strings.ToLower(reading), strings.ToLower(text)) {
						t.Errorf("%q stays in %s", text, reading)
					}
				}
			}
			noneIn(t, name, []byte(got), longTexts(c.gone))
			for _, text := range c.kept {
				if !strings.Contains(got, text) {
					t.Errorf("%q is gone: %s", text, got)
				}
			}
			if again := redacted(t, r, got); again != got {
				t.Errorf("redacted again it becomes %s, was %s", again, got)
			}
		})
	}
}

// What is looked up for each word or element must not be gone through for each.
func TestReferencesAndQuotesTakeNoLongerThanOtherTexts(t *testing.T) {
	for name, body := range map[string]string{
		"references": "<a>" + strings.Repeat(`<x href="#1"/><multiRef id="1">a</multiRef>`, 20_000) + "</a>",
		"a chain":    "<a>" + strings.Repeat(`<multiRef id="1" href="#2"/><multiRef id="2" href="#1"/>`, 20_000) + "</a>",
		"quotes":     "<a><faultString>" + strings.Repeat("'ab' Ab ", 100_000) + "</faultString></a>",
		"bare":       strings.Repeat("'ab' Ab,\n", 100_000),
		"documents":  "<a><faultString>" + strings.Repeat("&lt;city&gt;Pcim&lt;/city&gt;", 20_000) + "</faultString></a>",
	} {
		began := time.Now()
		redacted(t, record.NewRedactor(record.Options{}), body)
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: it took %s", name, took)
		} else {
			t.Logf("%s: %s", name, took)
		}
	}
}

// longTexts are those whose encoded forms cannot stand somewhere by chance.
func longTexts(texts []string) (long []string) {
	for _, text := range texts {
		if len(text) >= 6 {
			long = append(long, text)
		}
	}
	return long
}
