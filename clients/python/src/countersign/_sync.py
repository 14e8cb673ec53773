from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Union

import grpc

from countersign._errors import read_error
from countersign._repeat import DEFAULT_TIMEOUT, SILENCE, prepared, wait_before_repeat, wait_before_watch
from countersign.gen.otp.v1 import (
    otp_service_pb2,
    otp_service_pb2_grpc,
    requirement_service_pb2_grpc,
    verification_token_service_pb2_grpc,
)

if TYPE_CHECKING:
    _Unary = grpc.UnaryUnaryClientInterceptor[Any, Any]
    _Stream = grpc.UnaryStreamClientInterceptor[Any, Any]
else:
    # Generic in the stubs only.
    _Unary, _Stream = grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor

#: An API key, access token or session token; or a function that is asked for it before every attempt.
Credential = Union[str, Callable[[], str]]


class Client:
    """The services over one channel. Those of ``otp.admin.v1`` are made from ``channel``.

    ``tls`` is True for the system's authorities, False for no TLS, or what ``grpc.ssl_channel_credentials`` returns.
    """

    def __init__(self, target: str, credential: Credential, *, tls: bool | grpc.ChannelCredentials = True) -> None:
        self._plain = (
            grpc.insecure_channel(target)
            if tls is False
            else grpc.secure_channel(target, grpc.ssl_channel_credentials() if tls is True else tls)
        )
        self.channel = grpc.intercept_channel(self._plain, _Interceptor(credential))
        self.otp = otp_service_pb2_grpc.OtpServiceStub(self.channel)
        self.tokens = verification_token_service_pb2_grpc.VerificationTokenServiceStub(self.channel)
        self.requirements = requirement_service_pb2_grpc.RequirementServiceStub(self.channel)

    def watch(self, session_id: str, cursor: str = "") -> Iterator[otp_service_pb2.WatchSessionResponse]:
        """What happens to a session: first the session as it is, then every event once and in order, until the final one.

        A stream that ends early is resumed after the last event. A refusal is raised at once, what may pass after
        some two minutes.
        """
        begun, in_vain = False, 0
        while True:
            in_vain += 1
            call: Any = self.otp.WatchSession(
                otp_service_pb2.WatchSessionRequest(session_id=session_id, cursor=cursor)
            )
            silence = _Silence(call)
            failure: grpc.RpcError | None = None
            try:
                for response in silence.watched(call):
                    in_vain, cursor = 0, response.cursor
                    if response.HasField("event") or not begun:
                        begun = True
                        yield response
                    if response.final:
                        return
            except grpc.RpcError as error:
                failure = error
            finally:
                call.cancel()
            fell_silent = failure is None or silence.fell
            wait = wait_before_watch(None if fell_silent or failure is None else read_error(failure), in_vain)
            if wait is None:
                raise failure or grpc.RpcError("the stream ended before the session did")
            time.sleep(wait)

    def close(self) -> None:
        """Ends the connection; pending calls fail."""
        self._plain.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Silence:
    """Cancels a stream that is waited for too long: a connection can die without a word."""

    def __init__(self, call: Any) -> None:
        self.fell = False
        self._call = call

    def _fall(self) -> None:
        self.fell = True
        self._call.cancel()

    def watched(self, responses: Iterator[Any]) -> Iterator[Any]:
        while True:
            timer = threading.Timer(SILENCE, self._fall)
            timer.daemon = True
            timer.start()
            try:
                response = next(responses)
            except StopIteration:
                return
            finally:
                timer.cancel()
            yield response


class _Call(grpc.ClientCallDetails):
    def __init__(self, of: Any, token: str, timeout: float | None) -> None:
        self.method = of.method
        self.timeout = timeout
        self.metadata = (*(of.metadata or ()), ("authorization", f"Bearer {token}"))
        self.credentials = of.credentials
        self.wait_for_ready = of.wait_for_ready
        self.compression = of.compression


class _Interceptor(_Unary, _Stream):
    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def _token(self) -> str:
        return self._credential if isinstance(self._credential, str) else self._credential()

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        timeout = client_call_details.timeout
        deadline = time.monotonic() + (DEFAULT_TIMEOUT if timeout is None else timeout)
        request, repeatable = prepared(client_call_details.method, request)
        tried = 0
        while True:
            tried += 1
            left = max(0.001, deadline - time.monotonic())
            call = continuation(_Call(client_call_details, self._token(), left), request)
            failure = call.exception() if repeatable else None
            if failure is None:
                return call
            wait = wait_before_repeat(read_error(failure), tried, deadline - time.monotonic())
            if wait is None:
                return call
            time.sleep(wait)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(_Call(client_call_details, self._token(), client_call_details.timeout), request)
