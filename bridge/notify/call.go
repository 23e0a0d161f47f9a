package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	callTimeout = 15 * time.Second // the specification: 15 to 30 s
	maxAnswer   = 64 << 10         // bytes of an answer that are read
)

// call sends a webhook, signed with every key.
func (s *Service) call(ctx context.Context, address string, m stored, now time.Time) outcome {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request := s.http.R().SetContext(ctx).
		SetHeader("Content-Type", "application/json").
		SetHeader("User-Agent", "octobridge").
		SetHeader(standardwebhooks.HeaderWebhookID, m.MessageID).
		SetHeader(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10)).
		SetBody([]byte(m.body))
	var signatures []string
	for _, signer := range s.signers {
		signature, err := signer.Sign(m.MessageID, now, []byte(m.body))
		if err != nil {
			return outcome{failure: "it could not be signed: check notify.secret and notify.old_secret"}
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) > 0 { // alerts are sent without a key as well
		request.SetHeader(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	}
	response, err := request.Post(address)
	if err != nil {
		return outcome{failure: s.why(err, "the server")}
	}
	body := response.RawBody()
	defer func() { _ = body.Close() }()
	// The status is the answer; what comes after it is for people to read.
	answer, _ := io.ReadAll(io.LimitReader(body, maxAnswer))
	result := outcome{status: response.StatusCode(), detail: string(answer)}
	switch status := result.status; {
	case status >= 200 && status <= 299:
		result.detail = ""
	case status >= 300 && status <= 399:
		result.failure = fmt.Sprintf("the server answered %s, and redirects are not followed: configure the address that it leads to", statusText(status))
	case status == http.StatusGone:
		result.failure, result.gone = goneReason, true
	default:
		result.failure = "the server answered " + statusText(status)
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			result.asked = retryAfter(response.Header().Get("Retry-After"), s.now())
		}
	}
	return result
}

func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// why says in our words what kept an answer from coming. The address itself,
// which may hold a secret, is not repeated; its host may be.
func (s *Service) why(err error, who string) string {
	var (
		outer       *url.Error
		refused     *refusedAddress
		unresolved  *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &unresolved) && unresolved.IsNotFound:
		return who + " was not found: there is no address to its name"
	case errors.As(err, &certificate):
		return "the certificate of " + who + " is not to be trusted: " + clip(s.scrub.text(certificate.Err.Error()), 200)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return who + " did not answer in time"
	case errors.Is(err, context.Canceled):
		return "the attempt was cut short"
	}
	return who + " could not be reached: " + s.scrub.foreign(err.Error())
}
