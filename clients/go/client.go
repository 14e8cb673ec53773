// Package countersign calls a Countersign service: credentials, errors to decide by, repeats where they are safe, and a watch
// that resumes.
package countersign

import (
	"context"
	"iter"
	"time"

	otpv1 "github.com/countersign/countersign/clients/go/otp/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// DefaultTimeout is how long a call may take, repeats included, where its context has no deadline.
const DefaultTimeout = 10 * time.Second

// Client holds the services over one connection. The services of otp/admin/v1 are made from Conn.
type Client struct {
	Conn         *grpc.ClientConn
	OTP          otpv1.OtpServiceClient
	Tokens       otpv1.VerificationTokenServiceClient
	Requirements otpv1.RequirementServiceClient
}

// NewClient connects on first use. The connection is TLS with the system's authorities, unless an option says otherwise, such as
// grpc.WithTransportCredentials(insecure.NewCredentials()).
func NewClient(target string, credential Credential, options ...grpc.DialOption) (*Client, error) {
	base := append([]grpc.DialOption{grpc.WithTransportCredentials(credentials.NewTLS(nil))}, DialOptions(credential)...)
	conn, err := grpc.NewClient(target, append(base, options...)...)
	if err != nil {
		return nil, err
	}
	return &Client{
		Conn:         conn,
		OTP:          otpv1.NewOtpServiceClient(conn),
		Tokens:       otpv1.NewVerificationTokenServiceClient(conn),
		Requirements: otpv1.NewRequirementServiceClient(conn),
	}, nil
}

// Close ends the connection; pending calls fail.
func (c *Client) Close() error { return c.Conn.Close() }

// Watch is the function of the same name, for a session by its id.
func (c *Client) Watch(ctx context.Context, sessionID string) iter.Seq2[*otpv1.WatchSessionResponse, error] {
	return Watch(ctx, c.OTP, &otpv1.WatchSessionRequest{SessionId: sessionID})
}

// DialOptions puts the credential on every call, gives calls a deadline, and repeats those for which that is safe. For connections
// that are made without NewClient.
func DialOptions(credential Credential) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			if _, bounded := ctx.Deadline(); !bounded {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
				defer cancel()
			}
			request, repeatable := repeatableRequest(method, request)
			return repeat(ctx, repeatable, func() error {
				authorized, err := authorize(ctx, credential)
				if err != nil {
					return err
				}
				return invoke(authorized, method, request, response, conn, options...)
			})
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, stream *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
			authorized, err := authorize(ctx, credential)
			if err != nil {
				return nil, err
			}
			return open(authorized, stream, conn, method, options...)
		}),
	}
}
