// Package linktest calls a running service, in a program that has the genuine protovalidate as well.
package linktest

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate" // Two registrations of one file would panic at start.
	countersign "github.com/countersign/countersign/clients/go"
	adminv1 "github.com/countersign/countersign/clients/go/otp/admin/v1"
	otpv1 "github.com/countersign/countersign/clients/go/otp/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// target of the service, and an API key with every scope.
func target(t *testing.T) (address, key string) {
	address, key = os.Getenv("COUNTERSIGN_TARGET"), os.Getenv("COUNTERSIGN_API_KEY")
	if address == "" {
		t.Skip("COUNTERSIGN_TARGET is not set")
	}
	return address, key
}

func connect(t *testing.T, address string, credential countersign.Credential) *countersign.Client {
	client, err := countersign.NewClient(address, credential, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestFlow(t *testing.T) {
	address, key := target(t)
	client := connect(t, address, countersign.Key(key))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	operation := &otpv1.Operation{Type: "payment", Id: "4711"}
	sent, err := client.OTP.Send(ctx, &otpv1.SendRequest{Recipients: &otpv1.Recipients{Email: "go@example.com"}, Operation: operation})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.OTP.Verify(ctx, &otpv1.VerifyRequest{SessionId: sent.Session.Id, Code: "1"})
	if e := countersign.ReadError(err); e == nil || e.Reason != "INVALID_CODE" || e.AttemptsRemaining == nil || *e.AttemptsRemaining != 2 || e.Channel != "email" {
		t.Fatalf("%+v", e)
	}
	_, err = client.OTP.Send(ctx, &otpv1.SendRequest{
		Recipients: &otpv1.Recipients{Email: "go@example.com"},
		Config:     &otpv1.SessionConfig{CodeLength: proto.Int32(99)},
	})
	if e := countersign.ReadError(err); e == nil || e.Violations["config.code_length"] == "" {
		t.Fatalf("%+v", e)
	}
	_, err = client.OTP.Resend(ctx, &otpv1.ResendRequest{SessionId: sent.Session.Id})
	if e := countersign.ReadError(err); e == nil || e.Reason != "RESEND_TOO_SOON" || e.RetryAfter <= 0 {
		t.Fatalf("%+v", e)
	}

	watching := make(chan struct{})
	seen := make(chan []otpv1.EventType, 1)
	go func() {
		var events []otpv1.EventType
		begun := false
		for response, err := range client.Watch(ctx, sent.Session.Id) {
			if err != nil {
				t.Error(err)
				break
			}
			if !begun {
				begun = true
				close(watching)
			}
			if response.Event != nil {
				events = append(events, response.Event.Type)
			}
		}
		seen <- events
	}()
	<-watching
	verified, err := client.OTP.Verify(ctx, &otpv1.VerifyRequest{SessionId: sent.Session.Id, Code: codeFor(t, address, "go@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	redeem := &otpv1.RedeemRequest{VerificationToken: verified.VerificationToken, Operation: operation}
	if _, err := client.Tokens.Redeem(ctx, redeem); err != nil {
		t.Fatal(err)
	}
	if _, err = client.Tokens.Redeem(ctx, redeem); countersign.ReadError(err) == nil || countersign.ReadError(err).Reason != "TOKEN_REDEEMED" {
		t.Fatal(err)
	}
	if events := <-seen; len(events) == 0 || events[len(events)-1] != otpv1.EventType_EVENT_TYPE_SESSION_APPROVED {
		t.Fatal(events)
	}
}

func TestClientCredentials(t *testing.T) {
	address, key := target(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	created, err := adminv1.NewApiKeyServiceClient(connect(t, address, countersign.Key(key)).Conn).CreateApiKey(ctx, &adminv1.CreateApiKeyRequest{
		ApiKey: &adminv1.ApiKey{DisplayName: "go client", Scopes: []string{"otp.send", "sessions.read"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + address + "/v1/oauth/token"
	client := connect(t, address, countersign.ClientCredentials(context.Background(), url, created.ApiKey.Id, created.Secret, "sessions.read"))
	if _, err := client.OTP.ListSessions(ctx, &otpv1.ListSessionsRequest{}); err != nil {
		t.Fatal(err)
	}
	_, err = client.OTP.Send(ctx, &otpv1.SendRequest{Recipients: &otpv1.Recipients{Email: "go@example.com"}})
	if e := countersign.ReadError(err); e == nil || e.Reason != "PERMISSION_DENIED" {
		t.Fatalf("%+v", e)
	}
	wrong := connect(t, address, countersign.ClientCredentials(context.Background(), url, created.ApiKey.Id, "not the secret"))
	_, err = wrong.OTP.ListSessions(ctx, &otpv1.ListSessionsRequest{})
	if e := countersign.ReadError(err); e == nil || e.Code != codes.Unauthenticated {
		t.Fatalf("%+v", e)
	}
}

// codeFor reads the newest code from the development inbox.
func codeFor(t *testing.T, address, to string) string {
	for range 100 {
		request, err := http.NewRequest(http.MethodGet, "http://"+address+"/inbox.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+os.Getenv("COUNTERSIGN_INBOX_TOKEN"))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var inbox struct{ Messages []struct{ To, Text string } }
		err = json.NewDecoder(response.Body).Decode(&inbox)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range inbox.Messages {
			if message.To == to {
				return regexp.MustCompile(`\d{6}`).FindString(message.Text)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no message came")
	return ""
}
