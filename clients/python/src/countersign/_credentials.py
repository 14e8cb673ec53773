from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence

#: An access token is renewed this many seconds before it expires.
_EARLY = 30.0
_TIMEOUT = 10.0


class ClientCredentials:
    """Access tokens by OAuth 2.0 client credentials (RFC 6749, section 4.4), renewed shortly before they expire.

    The client is an API key: its id, and the key itself as the secret. ``token_url`` is the service's
    ``/v1/oauth/token``; without ``scopes``: all that the key holds. Calling it returns a token that is valid.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] = (),
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        pair = ":".join(urllib.parse.quote(part, safe="") for part in (client_id, client_secret))
        form = {"grant_type": "client_credentials", **({"scope": " ".join(scopes)} if scopes else {})}
        self._request = urllib.request.Request(
            token_url,
            data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
            method="POST",
        )
        self._context = context
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() >= self._renew_at:
                asked_at = time.monotonic()
                with urllib.request.urlopen(self._request, timeout=_TIMEOUT, context=self._context) as response:
                    body = json.load(response)
                self._token = str(body["access_token"])
                self._renew_at = asked_at + max(0.0, float(body["expires_in"]) - _EARLY)
            return self._token
