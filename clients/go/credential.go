package countersign

import (
	"context"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Credential returns the API key, access token or session token of a call. It is asked before every attempt.
type Credential func(context.Context) (string, error)

// Key is a credential that does not change: an API key, or the token of one session.
func Key(key string) Credential {
	return func(context.Context) (string, error) { return key, nil }
}

// ClientCredentials gets access tokens by OAuth 2.0 client credentials and renews them shortly before they expire. The client is an
// API key: its id, and the key itself as the secret. tokenURL is the service's /v1/oauth/token; scopes may be empty for all that
// the key holds. The context may bring an HTTP client (oauth2.HTTPClient) and must outlive the credential.
func ClientCredentials(ctx context.Context, tokenURL, clientID, clientSecret string, scopes ...string) Credential {
	config := clientcredentials.Config{
		ClientID:     clientID,
		ClientSecret: clientSecret,
		TokenURL:     tokenURL,
		Scopes:       scopes,
		// Trying both styles would count as a failure of the client where the first one is refused.
		AuthStyle: oauth2.AuthStyleInHeader,
	}
	tokens := config.TokenSource(ctx)
	return func(context.Context) (string, error) {
		token, err := tokens.Token()
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
}

func authorize(ctx context.Context, credential Credential) (context.Context, error) {
	token, err := credential(ctx)
	if err != nil {
		return nil, status.Errorf(codes.Unauthenticated, "no credential: %v", err)
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}
