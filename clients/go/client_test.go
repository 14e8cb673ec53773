package countersign_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	countersign "github.com/countersign/countersign/clients/go"
	adminv1 "github.com/countersign/countersign/clients/go/otp/admin/v1"
	otpv1 "github.com/countersign/countersign/clients/go/otp/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// service fails as often as it is made to, and remembers what it was asked.
type service struct {
	otpv1.UnimplementedOtpServiceServer
	otpv1.UnimplementedVerificationTokenServiceServer
	adminv1.UnimplementedApiKeyServiceServer

	mutex      sync.Mutex
	failures   []error
	requestIDs []string
	calls      []string
	bearers    []string
	cursors    []string
	streams    [][]*otpv1.WatchSessionResponse
}

func (s *service) called(ctx context.Context, name, requestID string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	incoming, _ := metadata.FromIncomingContext(ctx)
	s.bearers = append(s.bearers, incoming.Get("authorization")...)
	s.calls = append(s.calls, name)
	s.requestIDs = append(s.requestIDs, requestID)
	if len(s.failures) == 0 {
		return nil
	}
	failure := s.failures[0]
	s.failures = s.failures[1:]
	return failure
}

func (s *service) Send(ctx context.Context, r *otpv1.SendRequest) (*otpv1.SendResponse, error) {
	return &otpv1.SendResponse{}, s.called(ctx, "Send", r.RequestId)
}

func (s *service) Verify(ctx context.Context, r *otpv1.VerifyRequest) (*otpv1.VerifyResponse, error) {
	return &otpv1.VerifyResponse{}, s.called(ctx, "Verify", r.RequestId)
}

func (s *service) GetSession(ctx context.Context, _ *otpv1.GetSessionRequest) (*otpv1.GetSessionResponse, error) {
	return &otpv1.GetSessionResponse{}, s.called(ctx, "GetSession", "")
}

func (s *service) ListApiKeys(ctx context.Context, _ *adminv1.ListApiKeysRequest) (*adminv1.ListApiKeysResponse, error) {
	return &adminv1.ListApiKeysResponse{}, s.called(ctx, "ListApiKeys", "")
}

func (s *service) DeleteApiKey(ctx context.Context, _ *adminv1.DeleteApiKeyRequest) (*adminv1.DeleteApiKeyResponse, error) {
	return &adminv1.DeleteApiKeyResponse{}, s.called(ctx, "DeleteApiKey", "")
}

func (s *service) WatchSession(r *otpv1.WatchSessionRequest, stream grpc.ServerStreamingServer[otpv1.WatchSessionResponse]) error {
	s.mutex.Lock()
	s.cursors = append(s.cursors, r.Cursor)
	if len(s.streams) == 0 {
		s.mutex.Unlock()
		return refusal(codes.NotFound, "SESSION_NOT_FOUND")
	}
	responses := s.streams[0]
	s.streams = s.streams[1:]
	s.mutex.Unlock()
	for _, response := range responses {
		if err := stream.Send(response); err != nil {
			return err
		}
	}
	return nil
}

func refusal(code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	all := append(details, &errdetails.ErrorInfo{Domain: "countersign", Reason: reason, Metadata: map[string]string{"attempts_remaining": "2", "channel": "sms", "newest_code_sent_at": "2030-01-31T12:00:30.500Z"}})
	st, err := status.New(code, "no").WithDetails(all...)
	if err != nil {
		panic(err)
	}
	return st.Err()
}

func connect(t *testing.T, s *service) *countersign.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	otpv1.RegisterOtpServiceServer(server, s)
	otpv1.RegisterVerificationTokenServiceServer(server, s)
	adminv1.RegisterApiKeyServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	client, err := countersign.NewClient("passthrough:///service", countersign.Key("a key"),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); server.Stop() })
	return client
}

func busy() error {
	return refusal(codes.Unavailable, "OVERLOADED", &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
}

func TestRepeats(t *testing.T) {
	t.Run("Send is repeated under one request id, and the caller's request stays as it is", func(t *testing.T) {
		s := &service{failures: []error{busy(), refusal(codes.Aborted, "REQUEST_IN_PROGRESS")}}
		request := &otpv1.SendRequest{}
		if _, err := connect(t, s).OTP.Send(context.Background(), request); err != nil {
			t.Fatal(err)
		}
		if len(s.requestIDs) != 3 || len(s.requestIDs[0]) != 32 || s.requestIDs[0] != s.requestIDs[1] || s.requestIDs[1] != s.requestIDs[2] {
			t.Fatal(s.requestIDs)
		}
		if request.RequestId != "" {
			t.Fatal("the caller's request was changed")
		}
	})
	t.Run("a request id of the caller's is kept", func(t *testing.T) {
		s := &service{}
		if _, err := connect(t, s).OTP.Send(context.Background(), &otpv1.SendRequest{RequestId: "mine"}); err != nil || s.requestIDs[0] != "mine" {
			t.Fatal(err, s.requestIDs)
		}
	})
	t.Run("Verify is never repeated", func(t *testing.T) {
		s := &service{failures: []error{busy()}}
		if _, err := connect(t, s).OTP.Verify(context.Background(), &otpv1.VerifyRequest{}); countersign.ReadError(err).Reason != "OVERLOADED" || len(s.calls) != 1 {
			t.Fatal(err, s.calls)
		}
	})
	t.Run("what only reads is repeated, by what the contract says, and what changes is not", func(t *testing.T) {
		s := &service{failures: []error{busy(), nil, busy(), nil, busy()}}
		client := connect(t, s)
		keys := adminv1.NewApiKeyServiceClient(client.Conn)
		if _, err := client.OTP.GetSession(context.Background(), &otpv1.GetSessionRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.ListApiKeys(context.Background(), &adminv1.ListApiKeysRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.DeleteApiKey(context.Background(), &adminv1.DeleteApiKeyRequest{}); err == nil {
			t.Fatal("DeleteApiKey was repeated")
		}
		if want := []string{"GetSession", "GetSession", "ListApiKeys", "ListApiKeys", "DeleteApiKey"}; !slices.Equal(s.calls, want) {
			t.Fatal(s.calls)
		}
	})
	t.Run("a refusal, and a wait longer than the deadline, are the caller's at once", func(t *testing.T) {
		long := refusal(codes.Unavailable, "OVERLOADED", &errdetails.RetryInfo{RetryDelay: durationpb.New(4 * time.Second)})
		s := &service{failures: []error{refusal(codes.ResourceExhausted, "RATE_LIMITED"), long}}
		client := connect(t, s)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		for _, reason := range []string{"RATE_LIMITED", "OVERLOADED"} {
			if _, err := client.OTP.Send(ctx, &otpv1.SendRequest{}); countersign.ReadError(err).Reason != reason {
				t.Fatal(err)
			}
		}
		if len(s.calls) != 2 {
			t.Fatal(s.calls)
		}
	})
}

func TestCredential(t *testing.T) {
	s := &service{}
	if _, err := connect(t, s).OTP.GetSession(context.Background(), &otpv1.GetSessionRequest{}); err != nil || !slices.Equal(s.bearers, []string{"Bearer a key"}) {
		t.Fatal(err, s.bearers)
	}
}

func TestReadError(t *testing.T) {
	violations := &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "config.code_length", Description: "must be at most 8"}}}
	read := countersign.ReadError(refusal(codes.InvalidArgument, "INVALID_CODE", violations, &errdetails.RetryInfo{RetryDelay: durationpb.New(7 * time.Second)}))
	if read.Reason != "INVALID_CODE" || *read.AttemptsRemaining != 2 || read.Channel != "sms" || read.RetryAfter != 7*time.Second || !read.NewestCodeSentAt.Equal(time.Date(2030, 1, 31, 12, 0, 30, 500_000_000, time.UTC)) || read.Violations["config.code_length"] != "must be at most 8" || read.Error() != "INVALID_CODE: no" {
		t.Fatalf("%+v", read)
	}
	if read := countersign.ReadError(context.DeadlineExceeded); read.Code != codes.DeadlineExceeded || read.Reason != "" {
		t.Fatalf("%+v", read)
	}
	if countersign.ReadError(nil) != nil {
		t.Fatal("no error was read as one")
	}
}

func TestWatch(t *testing.T) {
	event := func(id, cursor string, final bool) *otpv1.WatchSessionResponse {
		return &otpv1.WatchSessionResponse{Event: &otpv1.SessionEvent{Id: id}, Cursor: cursor, Final: final}
	}
	snapshot := func(cursor string) *otpv1.WatchSessionResponse {
		return &otpv1.WatchSessionResponse{Session: &otpv1.Session{}, Cursor: cursor}
	}
	watch := func(s *service) (seen []string, failure error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		for response, err := range connect(t, s).Watch(ctx, "a session") {
			if err != nil {
				return seen, err
			}
			seen = append(seen, response.GetEvent().GetId())
		}
		return seen, nil
	}
	t.Run("resumes after the last event, and gives the session once", func(t *testing.T) {
		s := &service{streams: [][]*otpv1.WatchSessionResponse{
			{snapshot("0"), event("a", "1", false)},
			{snapshot("1"), event("b", "2", false), snapshot("2"), event("c", "3", true)},
		}}
		seen, err := watch(s)
		if err != nil || !slices.Equal(seen, []string{"", "a", "b", "c"}) || !slices.Equal(s.cursors, []string{"", "1"}) {
			t.Fatal(err, seen, s.cursors)
		}
	})
	t.Run("ends with the loop that reads it", func(t *testing.T) {
		s := &service{streams: [][]*otpv1.WatchSessionResponse{{snapshot("0"), event("a", "1", false)}}}
		for range connect(t, s).Watch(context.Background(), "a session") {
			break
		}
		if len(s.cursors) != 1 {
			t.Fatal(s.cursors)
		}
	})
	t.Run("yields a refusal at once", func(t *testing.T) {
		s := &service{}
		if _, err := watch(s); countersign.ReadError(err).Reason != "SESSION_NOT_FOUND" || len(s.cursors) != 1 {
			t.Fatal(err, s.cursors)
		}
	})
	t.Run("yields the context's error where it ends the watch", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s := &service{streams: [][]*otpv1.WatchSessionResponse{{snapshot("0")}}}
		var last error
		for _, err := range connect(t, s).Watch(ctx, "a session") {
			last = err
			cancel()
		}
		if last != context.Canceled {
			t.Fatal(last)
		}
	})
}
