package iof

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"octobridge/internal/secret"
)

// smallFileLimit is how many bytes a gateway or a list may have.
const smallFileLimit = 64 << 20

// maxParts is how many files a gateway may list; IdoSell's lists a differential
// file for each hour of some days.
const maxParts = 10_000

// Gateway is what the file says that lists the others.
type Gateway struct {
	Version   string    // "3.0", as it is written
	Edition   string    // Edition2 or Edition3: by the version, else by the form
	Generated time.Time // shop-local; zero when missing
	Expires   time.Time // until when the offer holds
	Name      string    // of the wholesaler's shop
	Full      *Part     // nil where it is not listed
	Changes   []Part    // differential files since the full one, the oldest first
	Light     *Part     // nil where it is not listed
	Lists     []Part    // the others, in the gateway's order
}

// Part is a file of the feed. Hash (of the content, MD5 in hexadecimal digits in
// the official sample) is "" and Changed zero where the gateway does not say.
type Part struct {
	Kind    Kind
	URL     secret.String // with the account's token
	Hash    string
	Changed time.Time
}

// ReadGateway reads a gateway of 3.0 or 2.6. Parts without an address are left
// out. The error is ErrTruncated for a file that is cut off, ErrTooLarge for one
// of more than 64 MB, ErrPacked, ErrOtherFile for another document, or that of
// XML which is not well-formed: nothing of such a file is used. No error holds
// anything of the addresses. That 2.6 has the same form is assumed: no gateway
// of it was found.
func ReadGateway(r io.Reader, all ...Option) (*Gateway, error) {
	o := optionsOf(all)
	g := &gatewayReader{options: o, walker: newWalker(&cappedReader{source: r, left: smallFileLimit}, o)}
	for {
		t, fault, err := g.walker.next()
		switch {
		case errors.Is(err, io.EOF):
			g.order()
			return &g.gateway, nil
		case err != nil:
			return nil, g.silent(err)
		case fault != nil:
			return nil, g.silent(fault)
		}
		if err := g.token(t); err != nil {
			return nil, err
		}
	}
}

type gatewayReader struct {
	options options
	walker  *walker
	gateway Gateway
	open    []string // local names of the open elements
	parts   int
}

// silent is an error without what it shows of the file, which may be an address.
func (g *gatewayReader) silent(err error) error {
	switch {
	case errors.Is(err, ErrTruncated):
		return fmt.Errorf("iof: the gateway: %w", ErrTruncated)
	case errors.Is(err, ErrTooLarge):
		return fmt.Errorf("iof: the gateway, or a piece of it, is %w", ErrTooLarge)
	case errors.Is(err, ErrPacked), g.walker.scanner == nil, !errors.Is(g.walker.scanner.failed, io.EOF) && g.walker.scanner.failed != nil:
		return err // nothing of the content is in it
	}
	return fmt.Errorf("iof: the gateway is not well-formed XML (near byte %d)", g.walker.scanner.offset+int64(g.walker.scanner.at))
}

func (g *gatewayReader) token(t token) error {
	switch t.kind {
	case startToken:
		g.open = append(g.open, string(t.local))
		return g.start(t)
	case endToken:
		g.open = g.open[:len(g.open)-1]
	case textToken:
		if slices.Equal(g.open, []string{gatewayRoot, "meta", "long_name"}) {
			const longest = 1000
			if g.gateway.Name += string(t.text); len(g.gateway.Name) > longest {
				g.gateway.Name = strings.ToValidUTF8(g.gateway.Name[:longest], "")
			}
		}
	}
	return nil
}

func (g *gatewayReader) start(t token) error {
	to, o := &g.gateway, &g.options
	name := g.open[len(g.open)-1]
	switch path := g.open[1:]; {
	case len(path) == 0 && name != gatewayRoot:
		return fmt.Errorf("iof: %w: the root element is <%s>, which is not that of a gateway", ErrOtherFile, shown(name))
	case len(path) == 0:
		head := headOf(t, o)
		to.Version, to.Edition, to.Generated = head.Version, head.Edition, head.Generated
	case slices.Equal(path, []string{"meta", "time", "offer"}):
		if created := o.time(t.attrs.get("created")); to.Generated.IsZero() {
			to.Generated = created
		}
		if expires := o.time(t.attrs.get("expires")); !expires.IsZero() {
			to.Expires = expires
		}
	case len(path) == 1:
		return g.part(Kind(name), t.attrs)
	case slices.Equal(path, []string{"full", "changes", "change"}), slices.Equal(path, []string{"full", "change"}),
		slices.Equal(path, []string{"changes", "change"}):
		return g.part(FullChange, t.attrs)
	}
	return nil
}

// part notes a file that is listed.
func (g *gatewayReader) part(kind Kind, attrs attributes) error {
	if !kind.isList() && !kind.isOffer() {
		return nil
	}
	part := Part{
		Kind:    kind,
		URL:     secret.New(attrs.text("url")),
		Hash:    attrs.text("hash"),
		Changed: g.options.time(attrs.get("changed")),
	}
	if part.URL.Empty() {
		return nil
	}
	if g.parts++; g.parts > maxParts {
		return fmt.Errorf("iof: the gateway lists more than %d files: it is %w", maxParts, ErrTooLarge)
	}
	switch to := &g.gateway; kind {
	case Full:
		to.Full = &part
	case Light:
		to.Light = &part
	case FullChange:
		to.Changes = append(to.Changes, part)
	default:
		to.Lists = append(to.Lists, part)
	}
	return nil
}

// order puts the differential files in the order of their making. A file whose
// date is not told has it in its address, as IdoSell's have: that is assumed.
func (g *gatewayReader) order() {
	g.gateway.Name = strings.TrimSpace(g.gateway.Name)
	made := func(p Part) time.Time {
		if !p.Changed.IsZero() {
			return p.Changed
		}
		const layout = "2006-01-02T15-04-05"
		_, rest, _ := strings.Cut(p.URL.Reveal(), string(FullChange))
		at, err := time.ParseInLocation(layout, rest[:min(len(rest), len(layout))], g.options.location)
		if err != nil {
			return time.Time{}
		}
		return at
	}
	slices.SortStableFunc(g.gateway.Changes, func(a, b Part) int { return made(a).Compare(made(b)) })
}

// cappedReader refuses what is too long to be what it should be.
type cappedReader struct {
	source io.Reader
	left   int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("it is %w of %d bytes", ErrTooLarge, int64(smallFileLimit))
	}
	return n, err
}
