package idosell

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// maxLines is how many lines go into one call, whatever their size: long lists
// make slow calls. An assumption: CustomerAPI names no such limit.
const maxLines = 1000

type lineParams struct {
	Lines []lineParam `gate:"lines"`
}

type lineParam struct {
	Code     string   `gate:"code"`
	CodeType CodeType `gate:"codeType"`
	Quantity Decimal  `gate:"quantity"`
}

type importParams struct {
	Lines       []Line            `gate:"lines"`
	Comment     string            `gate:"comment"`
	Attachments []attachmentParam `gate:"attachments"`
}

type attachmentParam struct {
	File string `gate:"file"`
	Name string `gate:"name"`
}

type availabilityAnswer struct {
	Lines []Availability `gate:"lines"`
}

type importAnswer struct {
	Lines []ImportedLine `gate:"lines"`
}

// checkLines refuses what no wholesaler can answer, and fills in the code type.
func (c *Client) checkLines(op Operation, lines []Line) ([]Line, error) {
	lines = slices.Clone(lines)
	for i := range lines {
		line := &lines[i]
		if line.CodeType == "" {
			line.CodeType = CodeInternal
		}
		var problem string
		switch {
		case line.Code == "":
			problem = "has no code"
		case !line.CodeType.Known():
			problem = fmt.Sprintf("has the unknown code type %q", clip(string(line.CodeType)))
		case !line.Quantity.IsPositive():
			problem = "has a quantity that is not above zero"
		}
		if problem != "" {
			return nil, c.requestError(c.gates.Gate(op), fmt.Errorf("line %d %s", i+1, problem))
		}
	}
	return lines, nil
}

func (c *Client) verifyLines(ctx context.Context, lines []Line) ([]Availability, error) {
	lines, err := c.checkLines(OpAvailability, lines)
	if err != nil {
		return nil, err
	}
	var out []Availability
	err = inBatches(lines, func(batch []Line) error {
		params := lineParams{Lines: make([]lineParam, len(batch))}
		for i, line := range batch {
			params.Lines[i] = lineParam{line.Code, line.CodeType, line.Quantity}
		}
		answer, err := call[availabilityAnswer](ctx, c, OpAvailability, params)
		out = append(out, answer.Lines...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Client) importLines(ctx context.Context, list BasketImport) ([]ImportedLine, error) {
	lines, err := c.checkLines(OpImportBasket, list.Lines)
	if err != nil {
		return nil, err
	}
	params := importParams{Comment: list.Comment}
	for _, attachment := range list.Attachments {
		params.Attachments = append(params.Attachments, attachmentParam{
			File: base64.StdEncoding.EncodeToString(attachment.Content), Name: attachment.Name})
	}
	var out []ImportedLine
	err = inBatches(lines, func(batch []Line) error {
		params.Lines = batch
		answer, err := call[importAnswer](ctx, c, OpImportBasket, params)
		if err != nil {
			return err
		}
		params.Comment, params.Attachments = "", nil // they went with the first batch
		out = append(out, answer.Lines...)
		return c.refusedLine(answer.Lines)
	})
	if err != nil {
		confirmed := 0
		for _, line := range out {
			if line.Fault.OK() {
				confirmed++
			}
		}
		if len(out) > 0 {
			// The failed part may perhaps go again; the list as a whole would go
			// in twice.
			if failure, ok := errors.AsType[*Error](err); ok && failure.SendAgain == SendAgainYes {
				part := *failure
				err = part.settled(SendAgainNo)
			}
			err = &ImportError{Imported: confirmed, Err: err}
		}
	}
	return out, err
}

// refusedLine is the error of a list of which a line was refused: what was
// imported of it is known line by line, so it is never to be sent again whole.
func (c *Client) refusedLine(lines []ImportedLine) error {
	for _, line := range lines {
		if !line.Fault.OK() {
			return c.faultError(c.gates.Gate(OpImportBasket), 0, line.Fault).settled(SendAgainNo)
		}
	}
	return nil
}

// inBatches sends lines in as few calls as the limits allow. A batch that turns
// out to be over CustomerAPI's 10 MB was not sent and is halved.
func inBatches(lines []Line, send func([]Line) error) error {
	for batch := range slices.Chunk(lines, maxLines) {
		if err := sendHalving(batch, send); err != nil {
			return err
		}
	}
	return nil
}

func sendHalving(batch []Line, send func([]Line) error) error {
	err := send(batch)
	if len(batch) < 2 || !errors.Is(err, errRequestTooLarge) {
		return err
	}
	half := len(batch) / 2
	if err := sendHalving(batch[:half], send); err != nil {
		return err
	}
	return sendHalving(batch[half:], send)
}
