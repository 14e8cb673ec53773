package countersign

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	otpv1 "github.com/countersign/countersign/clients/go/otp/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	// The service sends a response every 20 s; a stream without one for longer is dead, even if the connection looks open.
	silence = 60 * time.Second
	// Streams in a row that may bring nothing before their failure is the caller's: some two minutes.
	watchTries       = 10
	firstWatchWait   = 500 * time.Millisecond
	longestWatchWait = 15 * time.Second
)

// Watch ranges over what happens to a session: first the session as it is, without an event, then every event once and in order,
// until the final one. A stream that ends early is resumed after the last event. A refusal is yielded as an error at once, anything
// that may pass after some two minutes; after an error the range ends.
func Watch(ctx context.Context, client otpv1.OtpServiceClient, request *otpv1.WatchSessionRequest) iter.Seq2[*otpv1.WatchSessionResponse, error] {
	return func(yield func(*otpv1.WatchSessionResponse, error) bool) {
		next := proto.Clone(request).(*otpv1.WatchSessionRequest)
		begun := false
		for inVain := 1; ; inVain++ {
			finished, err := receive(ctx, client, next, func(response *otpv1.WatchSessionResponse) bool {
				inVain, next.Cursor = 0, response.Cursor
				if response.Event != nil || !begun {
					begun = true
					if !yield(response, nil) {
						return false
					}
				}
				return !response.Final
			})
			if finished {
				return
			}
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !watchMayPass(err) || inVain >= watchTries {
				yield(nil, err)
				return
			}
			wait := jittered(min(firstWatchWait<<min(inVain, 5), longestWatchWait))
			if err := pause(ctx, max(wait, ReadError(err).RetryAfter)); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// receive reads one stream. Finished: the caller wants nothing more of it, or there is nothing more.
func receive(ctx context.Context, client otpv1.OtpServiceClient, request *otpv1.WatchSessionRequest, each func(*otpv1.WatchSessionResponse) bool) (finished bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := client.WatchSession(ctx, request)
	if err != nil {
		return false, err
	}
	silent := status.Error(codes.Unavailable, "the stream fell silent")
	timer := time.AfterFunc(silence, func() { cancel(silent) })
	defer timer.Stop()
	for {
		response, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return false, status.Error(codes.Unavailable, "the stream ended before the session did")
		case err != nil && context.Cause(ctx) == silent:
			return false, silent
		case err != nil:
			return false, err
		}
		// Not while the caller works with the response: the service is not silent then.
		timer.Stop()
		if !each(response) {
			return true, nil
		}
		timer.Reset(silence)
	}
}

// watchMayPass: what the caller did wrong stays wrong; what happened on the way may be gone the next time.
func watchMayPass(err error) bool {
	read := ReadError(err)
	if read.Reason != "" {
		return read.Code == codes.Unavailable || read.Code == codes.Internal
	}
	switch read.Code {
	// With these a proxy refuses where the service was not asked.
	case codes.InvalidArgument, codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return false
	}
	return true
}
