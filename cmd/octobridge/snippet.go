package main

import (
	"errors"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"octobridge/bridge"
	"octobridge/bridge/config"
	"octobridge/oct8ne/platform"
)

// snippetFlags say which pieces are wanted, and of which page.
type snippetFlags struct {
	product, thumbnail                 string
	sale, value, customer, contextInfo string
	phonePIN, links, tag               bool
}

// piece is something to paste into a page.
type piece struct {
	Name string `json:"name"` // widget, tag, sale, phone-pin, links
	HTML string `json:"html"`
}

func (p *program) snippetCommand() *cobra.Command {
	var flags snippetFlags
	cmd := &cobra.Command{
		Use:   "snippet",
		Short: "Print what the shop's pages include for oct8ne's widget",
		Long: `Prints what to put into the shop's pages, with the licence, the servers and the
addresses of the configuration. Without flags it is oct8ne's widget, for every
page, before </body>; with --product it is that of a product's page. With --tag
it is one tag that loads the same from the bridge (/oct8ne/snippet.js), so that
pages need not change when the configuration does.

With --sale it is the notification for the page that is shown when an order was
placed; the shop's template puts in the values of the order. --phone-pin and
--links print examples, and need no configuration. Nothing is sent.`,
		Example: `  octobridge snippet --config octobridge.yaml
  octobridge snippet --tag --product 84 --thumbnail https://shop.example/84.jpg
  octobridge snippet --sale SH-1001 --value "589,32 €" --customer 4711
  octobridge snippet --phone-pin --links`,
		GroupID: groupService,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&flags.product, "product", "", "`ID` of the product that the page shows")
	f.StringVar(&flags.thumbnail, "thumbnail", "", "`URL` of the product's picture")
	f.BoolVar(&flags.tag, "tag", false, "print the one tag in place of the widget's script")
	f.StringVar(&flags.sale, "sale", "", "print the notification of the order with this `REFERENCE`")
	f.StringVar(&flags.value, "value", "", "`TOTAL` of the order, formatted: \"589,32 €\"")
	f.StringVar(&flags.customer, "customer", "", "`ID` of the order's customer")
	f.StringVar(&flags.contextInfo, "context", "", "anything else about the order, as `JSON`")
	f.BoolVar(&flags.phonePIN, "phone-pin", false, "print an element that shows the PIN for the phone")
	f.BoolVar(&flags.links, "links", false, "print elements that open the chat, or the contact form")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		pieces, err := p.pieces(cmd, flags)
		if err != nil {
			return err
		}
		return p.print(map[string][]piece{"pieces": pieces}, func(w io.Writer) {
			for i, piece := range pieces {
				if i > 0 {
					io.WriteString(w, "\n")
				}
				io.WriteString(w, piece.HTML)
			}
		})
	}
	return configurable(cmd, config.Pages)
}

// check refuses flags that mean something only together.
func (f snippetFlags) check(cmd *cobra.Command) error {
	for _, flag := range []string{"product", "sale"} {
		if value := cmd.Flags().Lookup(flag); value.Changed && value.Value.String() == "" {
			return badUsage(cmd, "--%s is empty", flag)
		}
	}
	if f.sale == "" && (f.value != "" || f.customer != "" || f.contextInfo != "") {
		return badUsage(cmd, "--value, --customer and --context go with --sale")
	}
	if f.product != "" && !f.widget() && !f.tag {
		return badUsage(cmd, "--product goes with the widget or with --tag")
	}
	if f.thumbnail == "" {
		return nil
	}
	if f.product == "" {
		return badUsage(cmd, "--thumbnail goes with --product")
	}
	if u, err := url.Parse(f.thumbnail); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return badUsage(cmd, "--thumbnail is no absolute URL such as https://shop.example/84.jpg")
	}
	return nil
}

// widget says whether the widget's script is wanted: it is, where nothing else is.
func (f snippetFlags) widget() bool {
	return !f.tag && f.sale == "" && !f.phonePIN && !f.links
}

// pieces returns what the flags ask for. The configuration is read only where it
// is needed.
func (p *program) pieces(cmd *cobra.Command, flags snippetFlags) ([]piece, error) {
	if err := flags.check(cmd); err != nil {
		return nil, err
	}
	var pieces []piece
	if flags.widget() || flags.tag || flags.sale != "" {
		loaded, err := p.load(cmd, config.Pages)
		if err != nil {
			return nil, err
		}
		if err := lacking(loaded, flags); err != nil {
			return nil, err
		}
		pieces = configuredPieces(&loaded.Config, flags)
	}
	if flags.phonePIN {
		pieces = append(pieces, piece{"phone-pin", platform.PhonePIN()})
	}
	if flags.links {
		pieces = append(pieces, piece{"links", platform.EmbeddedLinks()})
	}
	return pieces, nil
}

// configuredPieces returns the pieces that hold something of the configuration.
func configuredPieces(c *config.Config, flags snippetFlags) []piece {
	widget := bridge.WidgetOf(c)
	if flags.product != "" {
		widget.CurrentProduct = &platform.Product{ID: flags.product, Thumbnail: flags.thumbnail}
	}
	var pieces []piece
	if flags.widget() {
		pieces = append(pieces, piece{"widget", widget.HTML()})
	}
	if flags.tag {
		pieces = append(pieces, piece{"tag", platform.Tag{PublicURL: c.PublicURL, Product: widget.CurrentProduct}.HTML()})
	}
	if flags.sale != "" {
		pieces = append(pieces, piece{"sale", platform.SaleNotification{
			StaticServer: widget.StaticServer, License: widget.License, CurrencyCode: widget.CurrencyCode, Locale: widget.Locale,
			Value: flags.value, Reference: flags.sale, CustomerID: flags.customer, ContextInfo: flags.contextInfo,
		}.HTML()})
	}
	return pieces
}

// lacking names the keys without which a piece does not work, each with what to do.
func lacking(loaded *config.Loaded, flags snippetFlags) error {
	const linkUp = "octobridge linkup asks oct8ne for it; or write it, as oct8ne told it, into the file"
	c := &loaded.Config
	var missing []error
	for _, need := range []struct {
		key, value, remedy string
		needed             bool
	}{
		{"oct8ne.license", c.Oct8ne.License, linkUp, true},
		{"oct8ne.server", c.Oct8ne.Server, linkUp, flags.widget() || flags.tag},
		{"public_url", c.PublicURL, "write how browsers reach the bridge, such as https://bridge.shop.example", flags.tag},
		{"shop.base_url", bridge.ShopAddress(c), "write the address of the shop's first page", flags.widget()},
		{"shop.currency", c.Shop.Currency, "write the currency of the shop's pages, such as PLN, or give it with --shop-currency", flags.widget()},
	} {
		if need.needed && need.value == "" {
			missing = append(missing, &config.Error{
				Key: need.key, Source: loaded.Origin(need.key), Problem: "is needed for this piece", Remedy: need.remedy,
			})
		}
	}
	return errors.Join(missing...)
}
