package record

import (
	"regexp"
	"strings"
)

// This file redacts documents that stand in texts: XML in CDATA, escaped once or
// twice, or behind base64.

// deepestInner is how many documents may stand one in the other's text.
const deepestInner = 4

// inner redacts the XML or HTML in a text that stays. What stands there under
// personal names goes; everything else is a text of the trade, as what is around it.
// False: nothing personal is named in it.
func (r *Redactor) inner(text string) (string, bool) {
	if !markupForm.MatchString(text) {
		return text, false
	}
	m := scanMarkup(text)
	s := r.resolve(m)
	s.inner = true
	found := false
	for i := range s.class {
		if i == 0 || s.class[i].fate != fatePersonal && s.class[i].kind != kindOrderID || s.class[i].kind == kindFile && s.names[i] == "label" { // HTML's label is no parcel's
			s.class[i] = nameClass{fate: fateText}
		} else if strings.TrimSpace(r.ownText(m, s, i)) != "" {
			found = true
		}
	}
	for _, a := range m.attributes {
		found = found || a.valueTo > a.valueFrom && r.attributeClass(m, s, a).fate == fatePersonal
	}
	if !found {
		return text, false
	}
	if r.depth >= deepestInner {
		return r.replacement(r.known(kindText, text), text), true
	}
	r.depth++
	defer func() { r.depth-- }()
	r.learnMarkup(m, s)
	return r.writeMarkup(m, s), true
}

// innerJSON redacts JSON in a text by its names.
func (r *Redactor) innerJSON(text string) (string, bool) {
	if r.depth >= deepestInner {
		return text, false
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.jsonText(text, false)
}

// The attributes of SOAP count as such with their prefix alone ("xsi:type"), and
// with values as SOAP has them.
var (
	soapAttributes = setOfNames(`type arraytype itemtype nil null encodingstyle root lang space mustunderstand actor position offset
		schemalocation nonamespaceschemalocation`)
	soapForm = regexp.MustCompile(`^(?:[\w.-]+:[\w.-]+(?:\[[\d,]*\])*|\[[\d,]*\]|true|false|[01]|[a-z]{2,3}(?:-[A-Z]{2})?|preserve|default|string|int|integer|float|double|decimal|boolean|date|dateTime|base64Binary|Array|Map|Struct)$`)
	soapURIs = regexp.MustCompile(`^\s*(?:(?:https?://|urn:)[\w.:/#-]+\s*)+$`)

	// standardURI is an address of the standards', which is nobody's.
	standardURI = regexp.MustCompile(`^http://(?:schemas\.xmlsoap\.org|www\.w3\.org|xml\.apache\.org|ws-i\.org)/[\w./#-]*$`)
	charsetForm = regexp.MustCompile(`^(?i:utf-8|utf-16|us-ascii|iso-8859-\d{1,2}|windows-\d{3,4})$`)

	// generatedID is an id as machines count them: "ref12", "_7", "id-0".
	generatedID = regexp.MustCompile(`^(?:[A-Za-z_]{0,10}[-_.]?\d{1,8}|i)$`)
)

// machineryAttribute decides of an attribute whether it is one of SOAP, XML Schema
// or WSDL: of these two only in their own documents.
func (r *Redactor) machineryAttribute(s *resolved, raw, name, value string) bool {
	switch {
	case strings.HasPrefix(raw, "xmlns"):
		return true
	case s.schema:
		return machineryAttributes[name] || schemaAttributes[name]
	case name == "charset":
		return charsetForm.MatchString(value)
	case name == "name" || name == "key":
		return r.names.knows(plain(value)) || r.names.class("", plain(value)).fate != fateUnknown
	case soapAttributes[name] && strings.Contains(raw, ":"):
		return soapForm.MatchString(value) || soapURIs.MatchString(value)
	}
	return false
}

// refersTo says whether an attribute names an element or refers to one.
func refersTo(s *resolved, name, value string) bool {
	return !s.schema && (name == "id" || (name == "href" || name == "ref") && len(value) > 1 && value[0] == '#')
}

// reference keeps an id that machines counted, and replaces another, the same one
// always by the same.
func (r *Redactor) reference(value string) string {
	mark, id := "", value
	if strings.HasPrefix(value, "#") {
		mark, id = "#", value[1:]
	}
	if generatedID.MatchString(id) || isHarmlessForm(id) {
		return mark + r.clean(id, true, 0)
	}
	return mark + strings.ReplaceAll(r.replacement(r.known(kindText, id), id), " ", "-")
}

var schemaAttributes = setOfNames(`nillable abstract mixed form block final blockdefault finaldefault processcontents parameterorder membertypes substitutiongroup
	public system xpath value verb wsdlarraytype headerfault extension`)
