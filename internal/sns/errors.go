package sns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ctsql/ctsql/internal/outbox"
)

// explain says what became of a message, without the SDK's wrapping. What is the
// message's own fault is refused for ever.
func (t *Topic) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: no answer: %w", t.arn, err)
	}
	if told := hinted(err); told != nil {
		return fmt.Errorf("%s: %w", t.arn, told)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		var send *smithyhttp.RequestSendError
		if errors.As(err, &send) {
			err = send.Err
		}
		return fmt.Errorf("%s: %w", t.arn, err)
	}
	code, text := api.ErrorCode(), strings.Join(strings.Fields(api.ErrorMessage()), " ")
	said := fmt.Errorf("%s: %s: %s", t.arn, code, cmp.Or(text, "no reason given"))
	switch code {
	case "InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException", "ValidationError":
		if strings.Contains(text, "TopicArn") { // which says nothing of the message
			return said
		}
		return outbox.RefusedError{Err: said}
	}
	if hint := t.hint(code, text); hint != "" {
		return fmt.Errorf("%w\nhint: %s", said, hint)
	}
	return said
}

func (t *Topic) hint(code, text string) string {
	switch code {
	case "NotFound", "NotFoundException":
		return "see `aws sns list-topics --region " + strings.Split(t.arn, ":")[3] + "`: is that the topic's ARN?"
	case "KMSAccessDenied", "KMSAccessDeniedException":
		return t.keyHint()
	case "KMSDisabled", "KMSNotFound", "KMSInvalidState", "KMSOptInRequired":
		return "the key that encrypts the topic cannot be used: look at it in KMS"
	case "AuthorizationError", "AuthorizationErrorException", "AccessDenied", "AccessDeniedException":
		if strings.Contains(strings.ToLower(text), "kms") {
			return t.keyHint()
		}
		return "the identity needs sns:Publish on " + t.arn + "; for a topic of another account, the topic's policy must allow it, too"
	case "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSecurity", "UnrecognizedClientException":
		return "check AWS_PROFILE and the access key"
	}
	return ""
}

func (t *Topic) keyHint() string {
	return "the topic is encrypted: the identity needs kms:GenerateDataKey* and kms:Decrypt on its key, and the key's policy must allow it"
}

// hinted is what of err already says what to do, such as a sign-in that is over: the
// innermost error with a hint, nil if there is none.
func hinted(err error) (found error) {
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), "\nhint: ") {
			found = err
		}
	}
	return found
}
