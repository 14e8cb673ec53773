package countersign

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strings"
	"time"

	otpv1 "github.com/countersign/countersign/clients/go/otp/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	tries     = 3
	firstWait = 100 * time.Millisecond
	// Who is asked to wait longer gets the failure instead.
	longestWait = 5 * time.Second
)

// repeatableRequest returns the request to send, and whether the call may be made again without knowing what became of it: it only
// reads, or it has a request id. Verify and Validate are neither: a wrong guess made twice costs two attempts.
func repeatableRequest(method string, request any) (any, bool) {
	switch request := request.(type) {
	case *otpv1.SendRequest:
		return identified(request, request.RequestId, func(r *otpv1.SendRequest, id string) { r.RequestId = id }), true
	case *otpv1.ResendRequest:
		return identified(request, request.RequestId, func(r *otpv1.ResendRequest, id string) { r.RequestId = id }), true
	case *otpv1.RedeemRequest:
		return identified(request, request.RequestId, func(r *otpv1.RedeemRequest, id string) { r.RequestId = id }), true
	}
	return request, readsOnly(method)
}

// readsOnly goes by what the contract says of the method. Introspect is not marked there, because then it could be a GET with the
// token in its URL.
func readsOnly(method string) bool {
	if method == otpv1.VerificationTokenService_Introspect_FullMethodName {
		return true
	}
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	options, ok := found.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

// identified gives a request an id, unless the caller did. The caller's message stays as it is.
func identified[M proto.Message](request M, id string, set func(M, string)) M {
	if id != "" {
		return request
	}
	copied := proto.Clone(request).(M)
	var random [16]byte
	_, _ = rand.Read(random[:])
	set(copied, hex.EncodeToString(random[:]))
	return copied
}

// repeat makes the call until it succeeds or repeating makes no sense. Repeated is what is unavailable, after the wait the service
// asks for, and what that can lead to: an earlier attempt that is still pending.
func repeat(ctx context.Context, repeatable bool, call func() error) error {
	for tried := 1; ; tried++ {
		err := call()
		if err == nil || !repeatable || tried == tries {
			return err
		}
		read := ReadError(err)
		wait := read.RetryAfter
		if wait == 0 {
			wait = jittered(firstWait << (tried - 1))
		}
		mayPass := read.Code == codes.Unavailable || read.Reason == "REQUEST_IN_PROGRESS"
		deadline, bounded := ctx.Deadline()
		if !mayPass || wait > longestWait || (bounded && time.Until(deadline) <= wait) || pause(ctx, wait) != nil {
			return err
		}
	}
}

// jittered spreads a wait over a fifth to either side, so that callers refused together do not return together.
func jittered(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * (0.8 + 0.4*mathrand.Float64()))
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
