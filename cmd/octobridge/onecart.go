package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"octobridge/bridge/one/integration"
)

func (p *program) oneCartCommand() *cobra.Command {
	return oneSection("cart", "Put cable into a cart of ONe's",
		"  octobridge one cart add-cable CART --cable YDYP-3X15 --length 12.5", p.oneCartAddCableCommand())
}

// cableFlags are what `one cart add-cable` is told.
type cableFlags struct {
	cable, drum, step    string
	lengths              []string
	keepTogether, dryRun bool
}

// unchecked is the --step by which lengths are sent as they are.
const unchecked = "any"

func (p *program) oneCartAddCableCommand() *cobra.Command {
	var flags cableFlags
	cmd := &cobra.Command{
		Use:   "add-cable CART",
		Short: "Put lengths of a cable into a cart, each on its drum",
		Long: `Puts lengths of a cable into a cart of ONe's. A length is a decimal quantity of
what the cable is measured in (its content unit, mostly metres), not a number
of sales units. Several lengths become several lines of the same cable: each is
cut in one piece, and can have a price of its own.

With --drum each length is wound on a drum of its own: the drum is a child of
the cable's line, one piece of it, and leaves the cart together with the cable.

With --keep-together a line is not split between shipments
(allowQuantitySplitting: false): the whole length comes in one shipment, later
if need be, when the stock has grown to what is needed. Without it ONe may send
what there is, and the rest later.

A cable is sold by a step, such as 0.5 m, and from a smallest length on. Both
are asked of ONe's catalogue. A length that does not fit is refused before
anything is sent, and the nearest that fit are named. Where ONe does not tell
the step, give it with --step; --step any checks nothing but that a length has
at most three decimals.

It is sent once, and never again by itself. Where no answer comes, nobody knows
whether the cable is in the cart: look at the cart before you send it again.`,
		Example: `  octobridge one cart add-cable CART --cable YDYP-3X15 --length 12.5
  octobridge one cart add-cable CART --cable YDYP-3X15 --length 8 --length 30
  octobridge one cart add-cable CART --cable YDYP-3X15 --length 8 --drum DR-4
  octobridge one cart add-cable CART --cable YDYP-3X15 --length 12.5 --dry-run`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&flags.cable, "cable", "", "`SKU` of the cable")
	f.StringArrayVar(&flags.lengths, "length", nil, "`LENGTH` in the cable's content unit, such as 12.5; again for each further length")
	f.StringVar(&flags.drum, "drum", "", "`SKU` of the drum that each length is wound on")
	f.BoolVar(&flags.keepTogether, "keep-together", false, "the whole length comes in one shipment, later if need be")
	f.StringVar(&flags.step, "step", "", "`STEP` of which lengths are multiples, such as 0.5, in place of asking ONe; any: no check")
	f.BoolVar(&flags.dryRun, "dry-run", false, "print the JSON that would be sent, and change nothing")
	return p.withONe(cmd, func(ctx context.Context, o *atONe, args []string) error {
		return p.addCable(ctx, cmd, o, args[0], flags)
	})
}

// plainDecimal is a number as people write it. An exponent, or a thousand digits,
// would be an amount that nobody meant.
var plainDecimal = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)

// read reads the flags into a cable. Its step and minimum are still to be asked for
// where known is false.
func (f cableFlags) read(cmd *cobra.Command) (cable integration.Cable, known bool, err error) {
	cable = integration.Cable{ProductID: f.cable, Drum: f.drum, KeepTogether: f.keepTogether}
	switch {
	case strings.TrimSpace(f.cable) == "":
		return cable, false, badUsage(cmd, "--cable is needed: the SKU of the cable")
	case len(f.lengths) == 0:
		return cable, false, badUsage(cmd, "--length is needed: how much of the cable, such as 12.5")
	case cmd.Flags().Changed("drum") && strings.TrimSpace(f.drum) == "":
		return cable, false, badUsage(cmd, "--drum is empty: name the SKU of the drum, or leave it out")
	}
	for _, text := range f.lengths {
		if !plainDecimal.MatchString(text) {
			return cable, false, badUsage(cmd, "--length %q is no length: write it with a point, such as 12.5", text)
		}
		length, err := decimal.NewFromString(text)
		if err != nil {
			return cable, false, badUsage(cmd, "--length %q is no length: %w", text, err)
		}
		cable.Lengths = append(cable.Lengths, length)
	}
	switch {
	case !cmd.Flags().Changed("step"):
		return cable, false, nil
	case f.step == unchecked:
		return cable, true, nil
	case !plainDecimal.MatchString(f.step):
		return cable, false, badUsage(cmd, "--step %q is no step: write one such as 0.5, or %s for no check", f.step, unchecked)
	}
	if cable.Step, err = decimal.NewFromString(f.step); err != nil || !cable.Step.IsPositive() {
		return cable, false, badUsage(cmd, "--step must be more than 0, or %s for no check", unchecked)
	}
	return cable, true, nil
}

// cableResult is what `one cart add-cable --json` prints.
type cableResult struct {
	Cart         string   `json:"cart"`
	Cable        string   `json:"cable"`
	Lengths      []string `json:"lengths"`        // decimals
	Unit         string   `json:"unit,omitempty"` // where ONe was asked
	Drum         string   `json:"drum,omitempty"`
	KeepTogether bool     `json:"keepTogether"`
}

func (p *program) addCable(ctx context.Context, cmd *cobra.Command, o *atONe, cart string, flags cableFlags) error {
	cable, known, err := flags.read(cmd)
	if err != nil {
		return err
	}
	if strings.TrimSpace(cart) == "" {
		return badUsage(cmd, "the cart's id is empty")
	}
	unit := ""
	if !known {
		product, err := o.client.Product(ctx, cable.ProductID)
		if failed(err, integration.KindNotFound) || err == nil && !product.Step.IsPositive() {
			return badUsage(cmd, "ONe's catalogue does not tell by what step %s is sold: give it with --step, such as --step 0.5, or send the lengths unchecked with --step %s", cable.ProductID, unchecked)
		}
		if err != nil {
			return fmt.Errorf("nothing was put into the cart: the step of %s could not be asked for: %w", cable.ProductID, err)
		}
		cable.Step, cable.Minimum, unit = product.Step, product.Minimum, product.ContentUnit
	}
	products, err := cable.Products()
	if err != nil {
		// Each length that does not fit is told, on one line.
		return badUsage(cmd, "nothing was sent: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if flags.dryRun {
		return p.showCable(ctx, o, cart, products)
	}
	err = o.client.AddConfigurableProducts(ctx, cart, products)
	switch {
	case failed(err, integration.KindNotFound):
		return &answerNo{fmt.Sprintf("ONe has no cart %q, or not %s: nothing was put into it (%v)", cart, productsOf(cable), err)}
	case err != nil && integration.MaySendAgain(err) == integration.SendAgainUnknown:
		return fmt.Errorf("nobody knows whether the cable is in the cart: look at the cart before you send it again. %w", err)
	case err != nil:
		return err
	}
	result := cableResult{Cart: cart, Cable: cable.ProductID, Unit: unit, Drum: cable.Drum, KeepTogether: cable.KeepTogether}
	for _, length := range cable.Lengths {
		result.Lengths = append(result.Lengths, length.String())
	}
	return p.print(result, func(w io.Writer) { io.WriteString(w, hang("", result.sentence(), p.width())) })
}

// productsOf names what was to be put into a cart.
func productsOf(cable integration.Cable) string {
	if cable.Drum == "" {
		return cable.ProductID
	}
	return cable.ProductID + " or " + cable.Drum
}

// sentence says what was put into the cart.
func (r cableResult) sentence() string {
	unit := ""
	if r.Unit != "" {
		unit = " " + oneLine(r.Unit)
	}
	lengths := strings.Join(r.Lengths, unit+", ") + unit
	text := fmt.Sprintf("%s of %s in the cart %s: %s", plural(len(r.Lengths), "length"), oneLine(r.Cable), oneLine(r.Cart), lengths)
	each := len(r.Lengths) > 1
	if r.Drum != "" {
		text += map[bool]string{true: ", each on a drum ", false: ", on a drum "}[each] + oneLine(r.Drum)
	}
	if r.KeepTogether {
		text += map[bool]string{true: "; each comes in one shipment, later if need be", false: "; it comes in one shipment, later if need be"}[each]
	}
	return text + "."
}

// showCable prints what would be sent: a client that sends nothing writes it.
func (p *program) showCable(ctx context.Context, o *atONe, cart string, products []integration.ConfigurableProduct) error {
	kept := &keptRequest{}
	settings := o.config
	settings.Transport = kept
	client, err := integration.New(settings)
	if err != nil {
		return err
	}
	err = errors.Join(client.AddConfigurableProducts(ctx, cart, products), client.Close())
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := json.Indent(&body, kept.body, "", "  "); err != nil {
		return fmt.Errorf("what would be sent is no JSON: %w", err)
	}
	if _, err := fmt.Fprintln(p.out, strings.TrimRight(body.String(), "\n")); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	p.notice("nothing was sent; this would be the body of %s %s", kept.method, kept.path)
	return nil
}

// keptRequest keeps a request in place of sending it.
type keptRequest struct {
	method, path string
	body         []byte
}

// RoundTrip keeps the request, and answers that it was done.
func (k *keptRequest) RoundTrip(r *http.Request) (*http.Response, error) {
	k.method, k.path = r.Method, r.URL.EscapedPath()
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if k.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: http.StatusNoContent, Status: "204 No Content", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}, nil
}
