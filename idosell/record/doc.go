// Package record keeps what a wholesaler's CustomerAPI answers as files that people
// can read, share and test against, and answers from them again without a network.
//
// A folder holds one folder an exchange, numbered in the order of the calls:
//
//	0001-Authenticate-authenticate/
//	    exchange.yaml   gate, method, version, time, how long it took, status
//	    request.xml     SOAP, indented where that changes nothing
//	    answer.xml      SOAP; answer.txt where it is no XML
//
// Nothing personal and nothing secret is in them: redaction happens in memory,
// before anything is written, and cannot be switched off. Texts are taken out
// unless they are known to be harmless, and not the other way round.
package record
