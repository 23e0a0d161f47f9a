// Package record keeps what a wholesaler's CustomerAPI answers as files that people
// can read, share and test against, and answers from them again without a network.
//
// A folder holds one folder an exchange, numbered in the order in which the calls
// ended:
//
//	0001-Authenticate-authenticate/
//	    exchange.yaml   gate, method, version, time, how long it took, status
//	    request.xml     SOAP, indented where that changes nothing
//	    answer.xml      SOAP; answer.txt where it is no XML
//
// Nothing personal and nothing secret is in them: redaction happens in memory,
// before anything is written, and cannot be switched off. Texts are taken out
// unless they are known to be harmless, and not the other way round. See Redactor for
// what stays, and for what it cannot know.
//
// go-vcr (gopkg.in/dnaeon/go-vcr.v4) is not used, though what it is good at is kept:
// replay never dials, and redaction comes before the disk. Its cassette is one YAML
// file with all interactions in it, the bodies as strings: SOAP in it can neither be
// read nor compared line by line, and one changed call is a change of the one file
// that all share. Redaction there is a hook that a user adds and may forget, where
// here it must not be missing. Its matcher sees one request and one recorded
// interaction at a time; here the keys of the day, dates that move with the day, and
// stand-ins in the place of people have to match, and the nearest recorded request
// has to be named where nothing does. What would be left of it is the RoundTripper.
package record
