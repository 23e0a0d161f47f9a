package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"octobridge/internal/secret"
)

// TransferFailed tells ONe that an offer could not be taken over, and why
// (docs.b2b.one, orderpath/offer-command-integration-controller). reason is for
// people, 1 to 1000 characters (ONe's limit is not documented). It is sent once;
// repeating it says the same again.
func (c *Client) TransferFailed(ctx context.Context, offerID, reason string) error {
	offer, err := segment("the offer's id", offerID)
	switch {
	case err != nil:
	case oneLine(reason) == "":
		err = errors.New("the reason is missing")
	case len([]rune(reason)) > 1000:
		err = errors.New("the reason has more than 1000 characters")
	}
	if err != nil {
		return notSent(OpTransferFailed, err, "")
	}
	_, err = c.call(ctx, request{
		op: OpTransferFailed, method: http.MethodPut, path: orderPath + "offers/" + offer + "/transfer-failed", changes: true,
		body:    map[string]string{"reason": reason},
		unknown: "ONe may know of it: saying it again does no harm",
	})
	return err
}

// downloadTimes is how many times as long as a call the body of a file may take.
const downloadTimes = 10

// DownloadAttachment writes a file of an offer's to w, at most limit bytes, and
// returns how many it wrote. ONe is asked for the file's address (docs.b2b.one,
// orderpath/offer-command-integration-controller, download-url), which is on another
// host: nothing of ours goes there but the request itself, and it must be https, or
// http on this machine where ONe's own address is that. After an error what was
// written is no whole file. Safe to repeat, with a w that is empty again.
func (c *Client) DownloadAttachment(ctx context.Context, offerID, attachmentID string, w io.Writer, limit int64) (int64, error) {
	offer, err := segment("the offer's id", offerID)
	if err != nil {
		return 0, notSent(OpAttachment, err, "")
	}
	attachment, err := segment("the attachment's id", attachmentID)
	if err != nil {
		return 0, notSent(OpAttachment, err, "")
	}
	if limit <= 0 {
		return 0, notSent(OpAttachment, errors.New("not one byte may be written"), "")
	}
	r := request{op: OpAttachment, method: http.MethodGet, path: orderPath + "offers/" + offer + "/attachments/" + attachment + "/download-url"}
	reply, err := c.call(ctx, r)
	if err != nil {
		return 0, err
	}
	address, err := c.readDownload(reply.body)
	if err != nil {
		return 0, c.unreadable(r, reply.status, err)
	}
	if !c.begin() {
		return 0, notSent(OpAttachment, ErrClosed, "")
	}
	defer c.running.Done()
	// The address is as good as a key: whoever has it has the file.
	r.secrets = []secret.String{secret.New(address.String()), secret.New(address.RawQuery)}
	written, failure := c.download(ctx, r, address.String(), w, limit)
	if failure != nil {
		return written, c.scrubbed(r, failure)
	}
	return written, nil
}

var errNoDownload = errors.New("it has no downloadUrl that is https")

func (c *Client) readDownload(content []byte) (*url.URL, error) {
	document, err := parse(content)
	if err != nil {
		return nil, err
	}
	object, _ := document.(map[string]any)
	address, err := url.Parse(idOf(object, "downloadUrl"))
	switch {
	case err != nil, address.Hostname() == "", address.User != nil:
		return nil, errNoDownload
	case address.Scheme == "https":
	case address.Scheme == "http" && c.loopback && isLoopback(address.Hostname()):
	default:
		return nil, errNoDownload
	}
	address.Fragment, address.RawFragment = "", ""
	return address, nil
}

// download fetches a file once. It is not tried again: a part of it may be written.
func (c *Client) download(ctx context.Context, r request, address string, w io.Writer, limit int64) (written int64, failure *Error) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, downloadTimes*c.timeout)
	defer cancel()
	defer context.AfterFunc(c.base, cancel)()
	status := 0
	defer func() {
		kind := Kind("")
		if failure != nil {
			kind = failure.Kind
		}
		c.log(ctx, r.op, started, status, kind)
	}()
	raw, err := answered(c.reads.R().SetContext(ctx).Get(address))
	if err != nil {
		return 0, c.networkError(ctx, r, err, false)
	}
	defer raw.Body.Close()
	status = raw.StatusCode
	if status != http.StatusOK {
		drain(raw.Body)
		failure := c.newError(r, KindHTTP, status, errors.New("the file's host does not give it"), SendAgainYes, "Ask for the file again: its address is good for a short time")
		return 0, failure
	}
	tooLarge := c.newError(r, KindTooLarge, status, fmt.Errorf("the file has more than %d bytes", limit), SendAgainNo, "Allow more, or fetch the file from ONe by hand")
	if raw.ContentLength > limit {
		return 0, tooLarge
	}
	target := &target{w: w}
	written, err = io.Copy(target, io.LimitReader(raw.Body, limit))
	switch {
	case target.err != nil:
		return written, c.newError(r, KindRequest, status, fmt.Errorf("the file cannot be written: %w", target.err), SendAgainNo, "Check where it is written to")
	case err != nil:
		return written, c.networkError(ctx, r, fmt.Errorf("the connection broke after %d bytes of the file: %w", written, err), false)
	}
	if written < limit {
		return written, nil
	}
	// Exactly as much as is allowed: a whole file only where nothing follows.
	switch n, err := io.ReadFull(raw.Body, make([]byte, 1)); {
	case n > 0:
		return written, tooLarge
	case !errors.Is(err, io.EOF):
		return written, c.networkError(ctx, r, fmt.Errorf("the connection broke after %d bytes of the file: %w", written, err), false)
	}
	return written, nil
}

// target remembers that writing failed, and not reading.
type target struct {
	w   io.Writer
	err error
}

// Write writes to what is behind.
func (t *target) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}
