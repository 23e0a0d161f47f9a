package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"octobridge/idosell"
)

// availabilityView is the wholesaler's answer for one asked code.
type availabilityView struct {
	Code              string  `json:"code"`
	CodeType          string  `json:"codeType"`
	ProductID         int64   `json:"productId"`
	SizeID            string  `json:"sizeId"`
	Name              string  `json:"name"`
	Asked             string  `json:"asked"`
	Available         bool    `json:"available"`         // the asked quantity can be had
	AvailableQuantity *string `json:"availableQuantity"` // "-1": some, amount unknown; null: not said
	AccountPriceNet   *string `json:"accountPriceNet,omitempty"`
	AccountPriceGross *string `json:"accountPriceGross,omitempty"`
	Fault             *fault  `json:"fault"` // null: none
}

// fault is a fault code with the wholesaler's words.
type fault struct {
	Code int    `json:"code"`
	Text string `json:"text"`
}

func (p *program) availabilityCommand() *cobra.Command {
	var codeType string
	cmd := &cobra.Command{
		Use:   "availability CODE[=QUANTITY]…",
		Short: "Ask whether goods can be had",
		Long: `Asks the wholesaler whether each code can be had in the quantity behind it, 1
where none is given (Dropshipping/basketVerification). Nothing is put into the
basket. Exits with 1 where something cannot be had.`,
		Example: "  octobridge availability 1101\n  octobridge availability 1101=3 4501-42=2\n  octobridge availability --type producer 5909991101008=10",
		GroupID: groupUpstream,
		Args:    cobra.MinimumNArgs(1),
	}
	cmd.Flags().StringVar(&codeType, "type", string(idosell.CodeInternal), "whose codes these are: internal (product id, or product id and size), producer or external")
	p.pricesFlag(cmd)
	return p.upstreamCommand(cmd, func(ctx context.Context, client *idosell.Client, args []string) error {
		lines, err := linesOf(cmd, args, idosell.CodeType(codeType))
		if err != nil {
			return err
		}
		answers, err := client.Availability(ctx, lines...)
		if err != nil {
			return err
		}
		views, lacking := p.availability(lines, answers)
		document := struct {
			Lines []availabilityView `json:"lines"`
		}{views}
		if err := p.print(document, func(w io.Writer) { p.availabilityTable(w, views) }); err != nil {
			return err
		}
		if len(lacking) > 0 {
			return &answerNo{"cannot be had as asked: " + strings.Join(lacking, ", ")}
		}
		return nil
	})
}

// linesOf reads CODE and CODE=QUANTITY.
func linesOf(cmd *cobra.Command, args []string, codeType idosell.CodeType) ([]idosell.Line, error) {
	if !codeType.Known() {
		return nil, badUsage(cmd, "--type %q is not one of internal, producer, external", codeType)
	}
	var lines []idosell.Line
	for _, arg := range args {
		line := idosell.Line{Code: arg, CodeType: codeType, Quantity: decimal.NewFromInt(1)}
		if at := strings.LastIndexByte(arg, '='); at >= 0 {
			quantity, err := decimal.NewFromString(arg[at+1:])
			if err != nil || !quantity.IsPositive() || quantity.Exponent() > 9 {
				return nil, badUsage(cmd, "%q has no quantity above 0 behind the =", arg)
			}
			line.Code, line.Quantity = arg[:at], quantity
		}
		if line.Code == "" {
			return nil, badUsage(cmd, "%q has no code", arg)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// availability joins what was asked with what came, and lists the codes that
// cannot be had. A line without an answer cannot be had.
func (p *program) availability(lines []idosell.Line, answers []idosell.Availability) (views []availabilityView, lacking []string) {
	views = []availabilityView{}
	answered := make([]bool, len(answers))
	for _, line := range lines {
		view := availabilityView{
			Code: line.Code, CodeType: string(line.CodeType), Asked: line.Quantity.String(),
			Fault: &fault{Text: "no answer for this code"},
		}
		for i, answer := range answers {
			if answered[i] || !strings.EqualFold(answer.Code, line.Code) {
				continue
			}
			answered[i] = true
			view.ProductID, view.SizeID, view.Name = answer.ProductID, answer.SizeID, answer.ProductName
			view.Available = answer.Available && answer.Fault.OK()
			view.AvailableQuantity = decimalText(answer.AvailableQuantity)
			view.Fault = nil
			if !answer.Fault.OK() {
				view.Fault = &fault{answer.Fault.Code, answer.Fault.Text}
			}
			if p.prices {
				view.AccountPriceNet, view.AccountPriceGross = decimalText(answer.PriceNet), decimalText(answer.PriceGross)
			}
			break
		}
		if !view.Available {
			lacking = append(lacking, line.Code)
		}
		views = append(views, view)
	}
	return views, lacking
}

func (p *program) availabilityTable(w io.Writer, views []availabilityView) {
	rows := table{columns: []column{
		{title: "Code", whole: true}, {title: "Product"}, {title: "Asked", right: true},
		{title: "There", right: true}, {title: "Can be had"},
	}}
	if p.prices {
		rows.columns = append(rows.columns, column{title: "Net", right: true}, column{title: "Gross", right: true})
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, view := range views {
		there := text(view.AvailableQuantity)
		if strings.HasPrefix(there, "-") {
			there = "some"
		}
		can := yes(view.Available)
		if view.Fault != nil {
			can = "no: " + view.Fault.Text
			if view.Fault.Code != 0 {
				can += fmt.Sprintf(" (fault %d)", view.Fault.Code)
			}
		}
		rows.add(view.Code, view.Name, view.Asked, there, can, text(view.AccountPriceNet), text(view.AccountPriceGross))
	}
	io.WriteString(w, rows.render(p.width()))
}
