package record

import (
	"slices"
	"strings"

	"octobridge/idosell"
)

// This file decides by an element's name what becomes of its text. A name is
// compared in its plain form: small letters, without underscores and hyphens.

// fate is what becomes of a text.
type fate uint8

const (
	fateUnknown   fate = iota // stays only where it is harmless by its form: a number, a date, y or n
	fateText                  // a text of the trade: stays, without what is found in it
	fateCode                  // a code, an id, a status: stays, unless it is a known value
	fateSentence              // what a gate says: stays, without what is found in it and what may be a name
	fateURL                   // an address of the shop's: stays, without keys and users
	fateMachinery             // of SOAP, XML Schema, WSDL: stays where it looks like that
	fatePersonal              // replaced by a stand-in of its kind
)

// nameClass is the fate of what stands under a name, and for personal and secret
// ones which kind of stand-in takes its place.
type nameClass struct {
	fate fate
	kind kind
}

func personal(k kind) nameClass { return nameClass{fatePersonal, k} }

// plain is a name as it is compared.
func plain(name string) string {
	lower := strings.ToLower(localName(name))
	if strings.IndexFunc(lower, func(r rune) bool { return r >= 0x80 }) >= 0 {
		lower = fold(lower) // "hasło" is "haslo"
	}
	if !strings.ContainsAny(lower, "_-") {
		return lower
	}
	return strings.NewReplacer("_", "", "-", "").Replace(lower)
}

// carriers are names that say nothing of what they carry: that is said by the
// array, the key or the reference that they belong to.
var carriers = setOfNames("item value multiref entry array element string return anytype val i int")

// resultsNames are one and the same (gates.md).
var resultsNames = setOfNames("results result response return")

// harmlessTexts, harmlessCodes and harmlessAddresses are the names of gates.md and
// idosell-wire.md whose texts are about goods, couriers and the state of things.
// Of orders the ids stay, because a replay needs them; the login in front of them
// does not: see orderIDs.
var (
	harmlessTexts = setOfNames(`productname producername categoryname seriesname couriername unitname versionname
		productdescription productlongdescription productshortdescription productparamdescription
		sizepanelname sizename containstext
		warrantyname parametername parametervalue stockname`)
	sentences     = setOfNames(`faultstring reason documentation title wsdldocumentation`)
	harmlessCodes = setOfNames(`productcode code codetype identtype identvalue productindex productid productids productdisplayedcode productproducercode
		producerid categoryid seriesid sizeid sizesgroupid productsizecodeexternal productsizecodeproducer productsizecode
		productimageid productimagehash unitid langid languageid lang language currencyid currency billingcurrency countryid countries country clientcountryid
		clientdeliveryaddresscountryid clientdeliverycountryid clientcountryname clientdeliveryaddresscountry
		payments payment paymenttype orderpaymenttype orderstatus status orderstatusid ordersstatuses dropshippingorderstatus ordertype
		ordersdatetype ordersdatestypes elementname sortdirection stockid courierid couriersname basketposition bundleid
		orderserialnumber ordersn ordersserialnumbers orderssn faultcode companykey orderworthcalculatetype eventtype apiflag
		clientdeliveryaddresstype productvatfree available returnproducts returnelements servicestatus deliveryaddressid clientdeliveryaddressid
		resultsnumberall resultsnumberpage resultspage resultslimit sessionlifetime`)
	harmlessAddresses = setOfNames(`productcardurl productimagelargeurl productimagesmallurl productimageurl iconurl`)

	orderIDs = setOfNames("orderid ordersids ordersid orderids")

	// namedThings have a harmless "name" and "description" of their own.
	namedThings = setOfNames(`couriers courier producers producer categories category units unit sizes size series parameters parameter
		product products productunit warranty stock stocks`)

	machineryAttributes = setOfNames(`type arraytype nil null encodingstyle href id root lang space mustunderstand actor position offset
		version encoding schemalocation nonamespaceschemalocation base ref name element message binding porttype part parts use style
		transport soapaction location namespace targetnamespace elementformdefault attributeformdefault minoccurs maxoccurs default fixed
		encodingstyle itemtype class charset content httpequiv`)
)

// personalNames give the kind of what stands under a name: the first that fits.
// contains compares with any part of it, ends with its end, is with all of it.
var personalNames = []struct {
	kind               kind
	contains, ends, is []string
}{
	{kind: kindKey, contains: words("password passwd haslo secret token cookie apikey authorization sessionid csrf signature credential licence license privatekey accesskey pincode"),
		ends: words("key pass pwd"), is: words("pin sid auth")},
	{kind: kindEmail, contains: words("email"), ends: words("mail")},
	{kind: kindLogin, contains: words("login username"), ends: words("userid loginname"), is: words("user account")},
	{kind: kindFirstName, contains: words("firstname givenname forename imie")},
	{kind: kindLastName, contains: words("lastname surname familyname nazwisk")},
	{kind: kindTracking, contains: words("trackingurl trackurl trackinglink")},
	{kind: kindParcel, contains: words("packagenumber packagesnumber shippingnumber parcelnumber trackingnumber waybill consignment deliverypackageid packageid packnumber"),
		ends: words("parcelid")},
	{kind: kindParcel, contains: words("pickuppointid pickuppointexternalid pickuppointinternalid clientcodeexternal")},
	{kind: kindPhone, contains: words("phone mobile telefon telephone komork"), ends: words("fax cell tel")},
	{kind: kindStreet, contains: words("street addressline houseno housenumber homenumber apartment flatno flatnumber buildingnumber ulica")},
	{kind: kindZip, contains: words("zipcode postcode postalcode kodpocztowy"), ends: words("zip")},
	{kind: kindProvince, contains: words("province voivodeship wojewodztwo"), ends: words("county")},
	{kind: kindNIP, contains: words("taxnumber taxid taxcode taxno vatnumber vatid vatno"), ends: words("nip regon krs")},
	{kind: kindPESEL, contains: words("pesel personalid nationalid idcard passport")},
	{kind: kindIBAN, contains: words("iban bankaccount accountnumber banknumber bankno swift")},
	{kind: kindCard, contains: words("cardnumber creditcard cardno")},
	{kind: kindCoordinate, contains: words("latitude longitude"), is: words("lat lng lon")},
	{kind: kindBirth, contains: words("birth urodz"), is: words("dob")},
	{kind: kindIP, contains: words("ipaddress clientip remoteaddr remotehost")},
	{kind: kindNote, contains: words("note remark comment uwagi message"), is: words("notatka")},
	{kind: kindCity, contains: words("city miasto locality miejscowosc"), ends: words("town")},
	{kind: kindWWW, contains: words("website homepage"), is: words("www")},
	{kind: kindFile, is: words("file filecontent filedata attachment label")},
	{kind: kindFileName, contains: words("filename")},
	{kind: kindFirm, ends: words("firm firmname company companyname nazwafirmy")},
	{kind: kindPerson, contains: words("fullname personname clientname customername recipientname receivername payername username contactname ownername buyername nameandsurname"), is: words("name person contact recipient receiver payer")},
}

// classOf decides by a name, and by the name around it.
func classOf(around, name string) nameClass {
	switch {
	case name == "clientid":
		return nameClass{fateCode, kindLogin}
	case orderIDs[name]:
		return nameClass{fateCode, kindOrderID}
	case harmlessCodes[name]:
		return nameClass{fate: fateCode}
	case harmlessAddresses[name]:
		return nameClass{fate: fateURL}
	case sentences[name]:
		return nameClass{fate: fateSentence}
	case harmlessTexts[name]:
		return nameClass{fate: fateText}
	case name == "name" && around == "attachments":
		return personal(kindFileName)
	case (name == "name" || name == "description") && namedThings[around]:
		return nameClass{fate: fateText}
	case name == "trackingurl" && (around == "couriers" || around == "courier"):
		return nameClass{fate: fateURL} // of all parcels: a place for the number stands in it
	case name == "description" && strings.Contains(around, "pickuppoint"):
		return personal(kindNote)
	}
	for _, p := range personalNames {
		if slices.Contains(p.is, name) ||
			slices.ContainsFunc(p.contains, func(part string) bool { return strings.Contains(name, part) }) ||
			slices.ContainsFunc(p.ends, func(end string) bool { return strings.HasSuffix(name, end) }) {
			return personal(p.kind)
		}
	}
	return nameClass{}
}

// vocabulary knows the names of a gate table beside the built-in ones.
type vocabulary struct {
	byPlace map[[2]string]nameClass // the name around it, and the name
	byName  map[string]nameClass
	cache   map[[2]string]nameClass
}

// newVocabulary gives the names of an override file the class of the name that
// each stands for in the built-in table. Where one name stands for several things
// and the place does not tell, the strictest class holds.
func newVocabulary(gates *idosell.GateTable) *vocabulary {
	v := &vocabulary{byPlace: map[[2]string]nameClass{}, byName: map[string]nameClass{}, cache: map[[2]string]nameClass{}}
	if gates == nil || gates == idosell.DefaultGates() {
		return v
	}
	usual := idosell.DefaultGates()
	for _, op := range gates.Operations() {
		spec, known := gates.Gate(op), usual.Gate(op)
		if known == nil {
			continue
		}
		v.learn("authenticate", "authenticate", spec.Auth, known.Auth)
		v.learn("params", "params", spec.Params, known.Params)
		v.learn("results", "results", spec.Results, known.Results)
	}
	return v
}

func (v *vocabulary) learn(around, usualAround string, fields, usual []idosell.Field) {
	for i, field := range fields {
		at := slices.IndexFunc(usual, func(f idosell.Field) bool { return f.Key == field.Key })
		if at < 0 {
			continue
		}
		class := classOf(usualAround, plain(usual[at].Name))
		if class.fate == fateUnknown && field.Type != idosell.Group {
			continue
		}
		for _, name := range append([]string{field.Name}, field.Aliases...) {
			name := plain(name)
			place := [2]string{around, name}
			v.byPlace[place] = stricter(v.byPlace[place], class)
			v.byName[name] = stricter(v.byName[name], class)
			v.learn(name, plain(usual[at].Name), fields[i].Fields, usual[at].Fields)
		}
	}
}

func stricter(a, b nameClass) nameClass {
	if b.fate > a.fate {
		return b
	}
	return a
}

// class decides by a name in its plain form, and by the one around it.
func (v *vocabulary) class(around, name string) nameClass {
	if resultsNames[around] || strings.HasSuffix(around, "response") {
		around = "results"
	}
	place := [2]string{around, name}
	if class, ok := v.cache[place]; ok {
		return class
	}
	class, ok := v.byPlace[place]
	if !ok {
		class = classOf(around, name)
		if override, ok := v.byName[name]; ok {
			class = stricter(class, override)
		}
	}
	if len(v.cache) < 50_000 { // names come from strangers, too
		v.cache[place] = class
	}
	return class
}

// knows says whether a name is one of a gate's, of SOAP's or of WSDL's own.
func (v *vocabulary) knows(name string) bool {
	return soapNames[name] || resultsNames[name] || carriers[name] || machineryAttributes[name] || namedThings[name] || orderIDs[name] ||
		usualNames()[name] || v.byName[name].fate != fateUnknown
}

var soapNames = setOfNames(`envelope header body fault faultcode faultstring faultactor detail authenticate params errors error key
	definitions types schema complextype complexcontent sequence restriction attribute message part porttype operation input output binding
	service port address documentation html head title body xmlns`)

func setOfNames(text string) map[string]bool {
	set := map[string]bool{}
	for _, name := range words(text) {
		set[name] = true
	}
	return set
}

func words(text string) []string { return strings.Fields(text) }
