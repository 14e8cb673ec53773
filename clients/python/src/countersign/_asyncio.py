from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Union, cast

import grpc
import grpc.aio

from countersign._errors import read_error
from countersign._repeat import DEFAULT_TIMEOUT, SILENCE, prepared, wait_before_repeat, wait_before_watch
from countersign.gen.otp.v1 import (
    otp_service_pb2,
    otp_service_pb2_grpc,
    requirement_service_pb2_grpc,
    verification_token_service_pb2_grpc,
)

if TYPE_CHECKING:
    from countersign.gen.otp.v1.otp_service_pb2_grpc import OtpServiceAsyncStub
    from countersign.gen.otp.v1.requirement_service_pb2_grpc import RequirementServiceAsyncStub
    from countersign.gen.otp.v1.verification_token_service_pb2_grpc import VerificationTokenServiceAsyncStub

    _Unary = grpc.aio.UnaryUnaryClientInterceptor[Any, Any]
    _Stream = grpc.aio.UnaryStreamClientInterceptor[Any, Any]
else:
    # Generic in the stubs only.
    _Unary, _Stream = grpc.aio.UnaryUnaryClientInterceptor, grpc.aio.UnaryStreamClientInterceptor

#: As Credential, or a coroutine function. One that is not may block: it is called in a thread of its own.
AsyncCredential = Union[str, Callable[[], str], Callable[[], Awaitable[str]]]


class AsyncClient:
    """The services over one channel of asyncio; see Client. To be made while a loop is running."""

    def __init__(
        self, target: str, credential: AsyncCredential, *, tls: bool | grpc.ChannelCredentials = True
    ) -> None:
        interceptors: Any = [_UnaryInterceptor(credential), _StreamInterceptor(credential)]
        self.channel = (
            grpc.aio.insecure_channel(target, interceptors=interceptors)
            if tls is False
            else grpc.aio.secure_channel(
                target, grpc.ssl_channel_credentials() if tls is True else tls, interceptors=interceptors
            )
        )
        channel: Any = self.channel
        self.otp = cast("OtpServiceAsyncStub", otp_service_pb2_grpc.OtpServiceStub(channel))
        self.tokens = cast(
            "VerificationTokenServiceAsyncStub",
            verification_token_service_pb2_grpc.VerificationTokenServiceStub(channel),
        )
        self.requirements = cast(
            "RequirementServiceAsyncStub", requirement_service_pb2_grpc.RequirementServiceStub(channel)
        )

    async def watch(
        self, session_id: str, cursor: str = ""
    ) -> AsyncIterator[otp_service_pb2.WatchSessionResponse]:
        """What happens to a session; see Client.watch."""
        begun, in_vain = False, 0
        while True:
            in_vain += 1
            call: Any = self.otp.WatchSession(
                otp_service_pb2.WatchSessionRequest(session_id=session_id, cursor=cursor)
            )
            responses = call.__aiter__()
            failure: grpc.RpcError | None = None
            try:
                while True:
                    response = await asyncio.wait_for(responses.__anext__(), SILENCE)
                    in_vain, cursor = 0, response.cursor
                    if response.HasField("event") or not begun:
                        begun = True
                        yield response
                    if response.final:
                        return
            except StopAsyncIteration:
                pass
            except asyncio.TimeoutError:
                pass
            except grpc.RpcError as error:
                failure = error
            finally:
                call.cancel()
            wait = wait_before_watch(None if failure is None else read_error(failure), in_vain)
            if wait is None:
                raise failure or grpc.RpcError("the stream ended before the session did")
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Ends the connection; pending calls fail."""
        await self.channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _token(credential: AsyncCredential) -> str:
    if isinstance(credential, str):
        return credential
    if inspect.iscoroutinefunction(credential):
        return cast(str, await credential())
    given: str | Awaitable[str] = await asyncio.to_thread(cast("Callable[[], str | Awaitable[str]]", credential))
    return given if isinstance(given, str) else await given


async def _authorized(of: Any, credential: AsyncCredential, timeout: float | None) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(of.metadata or ()), ("authorization", f"Bearer {await _token(credential)}"))
    return grpc.aio.ClientCallDetails(of.method, timeout, metadata, of.credentials, of.wait_for_ready)


class _UnaryInterceptor(_Unary):
    def __init__(self, credential: AsyncCredential) -> None:
        self._credential = credential

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        timeout, method = client_call_details.timeout, client_call_details.method
        deadline = time.monotonic() + (DEFAULT_TIMEOUT if timeout is None else timeout)
        request, repeatable = prepared(method.decode() if isinstance(method, bytes) else method, request)
        tried = 0
        while True:
            tried += 1
            left = max(0.001, deadline - time.monotonic())
            call = await continuation(await _authorized(client_call_details, self._credential, left), request)
            if not repeatable or await call.code() is grpc.StatusCode.OK:
                return call
            try:
                await call
            except grpc.RpcError as error:
                wait = wait_before_repeat(read_error(error), tried, deadline - time.monotonic())
                if wait is None:
                    return call
                await asyncio.sleep(wait)


class _StreamInterceptor(_Stream):
    def __init__(self, credential: AsyncCredential) -> None:
        self._credential = credential

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = await _authorized(client_call_details, self._credential, client_call_details.timeout)
        return await continuation(details, request)
