package countersign

import (
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const domain = "countersign"

// Error is a failed call with its details read.
type Error struct {
	// Reason is what to decide by, such as "INVALID_CODE"; empty where the failure has none.
	Reason string
	// Code is the canonical code, for failures on the way that have no reason.
	Code codes.Code
	// Message is for a developer to read.
	Message string
	// AttemptsRemaining is how many codes may still be given after INVALID_CODE; nil elsewhere.
	AttemptsRemaining *int
	// NewestCodeSentAt is when the channel's newest code was sent, after INVALID_CODE: a resend made the ones before it void. Zero elsewhere.
	NewestCodeSentAt time.Time
	// Channel at fault: "email", "sms" or "whatsapp".
	Channel string
	// RetryAfter is how long to wait before another attempt makes sense; zero where the service does not say.
	RetryAfter time.Duration
	// Violations are the fields at fault, by path such as "config.code_length".
	Violations map[string]string
}

// Error is the reason, where there is one, and the message.
func (e *Error) Error() string {
	if e.Reason == "" {
		return e.Code.String() + ": " + e.Message
	}
	return e.Reason + ": " + e.Message
}

// ReadError reads the details of an error that a call returned; nil for nil.
func ReadError(err error) *Error {
	if err == nil {
		return nil
	}
	st, ok := status.FromError(err)
	if !ok {
		st = status.FromContextError(err)
	}
	read := &Error{Code: st.Code(), Message: st.Message(), Violations: map[string]string{}}
	for _, detail := range st.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain != domain {
				continue
			}
			read.Reason, read.Channel = detail.Reason, detail.Metadata["channel"]
			if left, err := strconv.Atoi(detail.Metadata["attempts_remaining"]); err == nil {
				read.AttemptsRemaining = &left
			}
			if sent, err := time.Parse(time.RFC3339Nano, detail.Metadata["newest_code_sent_at"]); err == nil {
				read.NewestCodeSentAt = sent
			}
		case *errdetails.RetryInfo:
			read.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				read.Violations[violation.Field] = violation.Description
			}
		}
	}
	return read
}
