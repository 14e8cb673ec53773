"""Calls a running service, in a process that has the genuine protovalidate as well."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
import urllib.request

import grpc
import protovalidate  # noqa: F401
import pytest

import countersign
from countersign.gen.otp.admin.v1 import api_key_service_pb2, api_key_service_pb2_grpc
from countersign.gen.otp.v1 import otp_service_pb2 as otp
from countersign.gen.otp.v1 import session_pb2 as session
from countersign.gen.otp.v1 import verification_token_service_pb2 as tokens

TARGET = os.environ.get("COUNTERSIGN_TARGET", "")
KEY = os.environ.get("COUNTERSIGN_API_KEY", "")
INBOX = {"Authorization": f"Bearer {os.environ.get('COUNTERSIGN_INBOX_TOKEN', '')}"}
pytestmark = pytest.mark.skipif(not TARGET, reason="COUNTERSIGN_TARGET is not set")
OPERATION = session.Operation(type="payment", id="4711")


def code_for(to: str) -> str:
    """The newest code in the development inbox."""
    for _ in range(100):
        request = urllib.request.Request(f"http://{TARGET}/inbox.json", headers=INBOX)
        with urllib.request.urlopen(request) as response:
            for message in json.load(response)["messages"]:
                if message["to"] == to:
                    return re.search(r"\d{6}", message["text"]).group()
        time.sleep(0.05)
    raise AssertionError("no message came")


def to(address: str, **more: object) -> otp.SendRequest:
    return otp.SendRequest(recipients=otp.Recipients(email=address), operation=OPERATION, **more)


def test_sends_verifies_and_redeems() -> None:
    with countersign.Client(TARGET, KEY, tls=False) as client:
        sent = client.otp.Send(to("py@example.com"))
        with pytest.raises(grpc.RpcError) as raised:
            client.otp.Verify(otp.VerifyRequest(session_id=sent.session.id, code="1"))
        read = countersign.read_error(raised.value)
        assert (read.reason, read.attempts_remaining, read.channel) == ("INVALID_CODE", 2, "email")
        # Only a resend makes earlier codes void.
        assert read.newest_code_sent_at is None
        with pytest.raises(grpc.RpcError) as raised:
            client.otp.Send(to("py@example.com", config=otp.SessionConfig(code_length=99)))
        assert list(countersign.read_error(raised.value).violations) == ["config.code_length"]
        with pytest.raises(grpc.RpcError) as raised:
            client.otp.Resend(otp.ResendRequest(session_id=sent.session.id))
        read = countersign.read_error(raised.value)
        assert read.reason == "RESEND_TOO_SOON"
        assert read.retry_after is not None and read.retry_after > 0

        watching, events = threading.Event(), []

        def watch() -> None:
            for response in client.watch(sent.session.id):
                watching.set()
                if response.HasField("event"):
                    events.append(response.event.type)

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert watching.wait(20)
        verified = client.otp.Verify(
            otp.VerifyRequest(session_id=sent.session.id, code=code_for("py@example.com"))
        )
        request = tokens.RedeemRequest(verification_token=verified.verification_token, operation=OPERATION)
        assert client.tokens.Redeem(request).proof.session_id == sent.session.id
        with pytest.raises(grpc.RpcError) as raised:
            client.tokens.Redeem(request)
        assert countersign.read_error(raised.value).reason == "TOKEN_REDEEMED"
        watcher.join(20)
        assert events[-1] == otp.EventType.EVENT_TYPE_SESSION_APPROVED


def test_sends_verifies_and_redeems_with_asyncio() -> None:
    async def flow() -> None:
        async with countersign.AsyncClient(TARGET, KEY, tls=False) as client:
            sent = await client.otp.Send(to("aio@example.com"))
            with pytest.raises(grpc.RpcError) as raised:
                await client.otp.Verify(otp.VerifyRequest(session_id=sent.session.id, code="1"))
            read = countersign.read_error(raised.value)
            assert (read.reason, read.attempts_remaining) == ("INVALID_CODE", 2)

            watching, events = asyncio.Event(), []

            async def watch() -> None:
                async for response in client.watch(sent.session.id):
                    watching.set()
                    if response.HasField("event"):
                        events.append(response.event.type)

            watcher = asyncio.create_task(watch())
            await asyncio.wait_for(watching.wait(), 20)
            code = await asyncio.to_thread(code_for, "aio@example.com")
            verified = await client.otp.Verify(otp.VerifyRequest(session_id=sent.session.id, code=code))
            request = tokens.RedeemRequest(verification_token=verified.verification_token, operation=OPERATION)
            await client.tokens.Redeem(request)
            with pytest.raises(grpc.RpcError) as raised:
                await client.tokens.Redeem(request)
            assert countersign.read_error(raised.value).reason == "TOKEN_REDEEMED"
            await asyncio.wait_for(watcher, 20)
            assert events[-1] == otp.EventType.EVENT_TYPE_SESSION_APPROVED

    asyncio.run(flow())


def test_gets_access_tokens_by_client_credentials() -> None:
    with countersign.Client(TARGET, KEY, tls=False) as client:
        created = api_key_service_pb2_grpc.ApiKeyServiceStub(client.channel).CreateApiKey(
            api_key_service_pb2.CreateApiKeyRequest(
                api_key=api_key_service_pb2.ApiKey(display_name="python client", scopes=["otp.send", "sessions.read"])
            )
        )
    url = f"http://{TARGET}/v1/oauth/token"
    credential = countersign.ClientCredentials(url, created.api_key.id, created.secret, ["sessions.read"])
    assert credential() == credential()
    with countersign.Client(TARGET, credential, tls=False) as client:
        client.otp.ListSessions(otp.ListSessionsRequest())
        with pytest.raises(grpc.RpcError) as raised:
            client.otp.Send(to("py@example.com"))
        assert countersign.read_error(raised.value).reason == "PERMISSION_DENIED"

    async def listing() -> None:
        async with countersign.AsyncClient(TARGET, credential, tls=False) as client:
            await client.otp.ListSessions(otp.ListSessionsRequest())

    asyncio.run(listing())
