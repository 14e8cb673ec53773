"""Repeats and the watch, against a service that fails as often as it is made to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent import futures
from datetime import datetime, timezone
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

import countersign
from countersign.gen.otp.admin.v1 import api_key_service_pb2 as keys
from countersign.gen.otp.admin.v1 import api_key_service_pb2_grpc as key_services
from countersign.gen.otp.v1 import otp_service_pb2 as otp
from countersign.gen.otp.v1 import otp_service_pb2_grpc as services


class Service(services.OtpServiceServicer, key_services.ApiKeyServiceServicer):
    def __init__(self) -> None:
        self.failures: list[tuple[grpc.StatusCode, str, float] | None] = []
        self.calls: list[tuple[str, str]] = []
        self.bearers: list[str] = []
        self.cursors: list[str] = []
        self.streams: list[list[otp.WatchSessionResponse]] = []

    def _called(self, name: str, request_id: str, context: grpc.ServicerContext) -> None:
        self.calls.append((name, request_id))
        self.bearers.append(dict(context.invocation_metadata())["authorization"])
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            refuse(context, *failure)

    def Send(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._called("Send", request.request_id, context)
        return otp.SendResponse()

    def Verify(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._called("Verify", request.request_id, context)
        return otp.VerifyResponse()

    def GetSession(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._called("GetSession", "", context)
        return otp.GetSessionResponse()

    def ListApiKeys(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._called("ListApiKeys", "", context)
        return keys.ListApiKeysResponse()

    def DeleteApiKey(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._called("DeleteApiKey", "", context)
        return keys.DeleteApiKeyResponse()

    def WatchSession(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self.cursors.append(request.cursor)
        if not self.streams:
            refuse(context, grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND", 0)
        yield from self.streams.pop(0)


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, reason: str, retry_after: float) -> None:
    details = [any_pb2.Any(), any_pb2.Any()]
    details[0].Pack(error_details_pb2.ErrorInfo(domain="countersign", reason=reason))
    details[1].Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(nanos=int(retry_after * 1e9))))
    status = status_pb2.Status(code=code.value[0], message="no", details=details[: 2 if retry_after else 1])
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, "no")


BUSY = (grpc.StatusCode.UNAVAILABLE, "OVERLOADED", 0.001)
PENDING = (grpc.StatusCode.ABORTED, "REQUEST_IN_PROGRESS", 0.001)


@pytest.fixture
def service() -> Iterator[tuple[Service, str]]:
    made = Service()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    services.add_OtpServiceServicer_to_server(made, server)
    key_services.add_ApiKeyServiceServicer_to_server(made, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield made, f"127.0.0.1:{port}"
    server.stop(0)


class Blocking:
    """The asyncio client, called as the other one is: the same tests run on both."""

    def __init__(self, target: str, credential: str) -> None:
        self.target, self.credential = target, credential

    def call(self, stub: str, method: str, request: Any) -> Any:
        async def calling() -> Any:
            async with countersign.AsyncClient(self.target, self.credential, tls=False) as client:
                service = client.otp if stub == "otp" else key_services.ApiKeyServiceStub(client.channel)
                return await getattr(service, method)(request)

        return asyncio.run(calling())

    def watch(self, session_id: str) -> list[Any]:
        async def watching() -> list[Any]:
            async with countersign.AsyncClient(self.target, self.credential, tls=False) as client:
                return [response async for response in client.watch(session_id)]

        return asyncio.run(watching())


class Plain(Blocking):
    def call(self, stub: str, method: str, request: Any) -> Any:
        with countersign.Client(self.target, self.credential, tls=False) as client:
            service = client.otp if stub == "otp" else key_services.ApiKeyServiceStub(client.channel)
            return getattr(service, method)(request)

    def watch(self, session_id: str) -> list[Any]:
        with countersign.Client(self.target, self.credential, tls=False) as client:
            return list(client.watch(session_id))


@pytest.fixture(params=[Plain, Blocking], ids=["sync", "asyncio"])
def called(request: Any, service: tuple[Service, str]) -> Any:
    return request.param(service[1], "a key"), service[0]


def test_send_is_repeated_under_one_request_id(called: Any) -> None:
    client, service = called
    service.failures = [BUSY, PENDING]
    request = otp.SendRequest()
    client.call("otp", "Send", request)
    assert len(service.calls) == 3
    assert len({request_id for _, request_id in service.calls}) == 1
    assert len(service.calls[0][1]) == 32
    assert request.request_id == ""
    assert set(service.bearers) == {"Bearer a key"}


def test_a_request_id_of_the_callers_is_kept(called: Any) -> None:
    client, service = called
    client.call("otp", "Send", otp.SendRequest(request_id="mine"))
    assert service.calls == [("Send", "mine")]


def test_verify_is_never_repeated(called: Any) -> None:
    client, service = called
    service.failures = [BUSY]
    with pytest.raises(grpc.RpcError) as raised:
        client.call("otp", "Verify", otp.VerifyRequest())
    assert countersign.read_error(raised.value).reason == "OVERLOADED"
    assert len(service.calls) == 1


def test_what_only_reads_is_repeated_and_what_changes_is_not(called: Any) -> None:
    client, service = called
    service.failures = [BUSY, None, BUSY, None, BUSY]
    client.call("otp", "GetSession", otp.GetSessionRequest())
    client.call("keys", "ListApiKeys", keys.ListApiKeysRequest())
    with pytest.raises(grpc.RpcError):
        client.call("keys", "DeleteApiKey", keys.DeleteApiKeyRequest())
    assert [name for name, _ in service.calls] == [
        "GetSession",
        "GetSession",
        "ListApiKeys",
        "ListApiKeys",
        "DeleteApiKey",
    ]


def test_the_third_failure_and_any_refusal_are_the_callers(called: Any) -> None:
    client, service = called
    service.failures = [BUSY, BUSY, BUSY, (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED", 0.001)]
    for reason, calls in (("OVERLOADED", 3), ("RATE_LIMITED", 4)):
        with pytest.raises(grpc.RpcError) as raised:
            client.call("otp", "Send", otp.SendRequest())
        assert countersign.read_error(raised.value).reason == reason
        assert len(service.calls) == calls


def response(cursor: str, event: str = "", final: bool = False) -> otp.WatchSessionResponse:
    given = otp.WatchSessionResponse(cursor=cursor, final=final)
    if event:
        given.event.id = event
    return given


def test_a_watch_resumes_after_the_last_event(called: Any) -> None:
    client, service = called
    service.streams = [
        [response("0"), response("1", "a")],
        [response("1"), response("2", "b"), response("2"), response("3", "c", True)],
    ]
    assert [seen.event.id for seen in client.watch("a session")] == ["", "a", "b", "c"]
    assert service.cursors == ["", "1"]


def test_a_watch_raises_a_refusal_at_once(called: Any) -> None:
    client, service = called
    with pytest.raises(grpc.RpcError) as raised:
        client.watch("a session")
    assert countersign.read_error(raised.value).reason == "SESSION_NOT_FOUND"
    assert len(service.cursors) == 1


class RefusedCall(grpc.RpcError):
    """A failed call as grpc raises it, with the details that an ErrorInfo holds."""

    def __init__(self, metadata: dict[str, str]) -> None:
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(domain="countersign", reason="INVALID_CODE", metadata=metadata))
        self._status = status_pb2.Status(details=[detail])

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.INVALID_ARGUMENT

    def details(self) -> str:
        return "no"

    def trailing_metadata(self) -> list[tuple[str, bytes]]:
        return [("grpc-status-details-bin", self._status.SerializeToString())]


def test_reads_when_the_newest_code_was_sent() -> None:
    read = countersign.read_error(RefusedCall({"newest_code_sent_at": "2030-01-31T12:00:30.500Z"}))
    assert read.newest_code_sent_at == datetime(2030, 1, 31, 12, 0, 30, 500_000, timezone.utc)
    assert countersign.read_error(RefusedCall({})).newest_code_sent_at is None
