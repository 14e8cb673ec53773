"""What may be repeated, and when: the same decisions for both clients."""

from __future__ import annotations

import random
import uuid
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

from countersign._errors import OtpError
from countersign.gen.otp.v1 import otp_service_pb2, requirement_service_pb2, verification_token_service_pb2

#: Seconds a call may take, repeats included, where the caller does not say.
DEFAULT_TIMEOUT = 10.0
TRIES = 3
_FIRST_WAIT = 0.1
#: Who is asked to wait longer gets the failure instead.
_LONGEST_WAIT = 5.0

#: The service sends a response every 20 s; a stream without one for longer is dead, even if the connection looks open.
SILENCE = 60.0
#: Streams in a row that may bring nothing before their failure is the caller's: some two minutes.
WATCH_TRIES = 10

# Importing them puts the services into the pool, which knows what each method may do.
_LOADED = (otp_service_pb2, requirement_service_pb2, verification_token_service_pb2)
_POOL = descriptor_pool.Default()

_REMEMBERED = {"otp.v1.OtpService.Send", "otp.v1.OtpService.Resend", "otp.v1.VerificationTokenService.Redeem"}
# Not marked in the contract, because then it could be a GET with the token in its URL.
_INTROSPECT = "otp.v1.VerificationTokenService.Introspect"


def prepared(method: str, request: Any) -> tuple[Any, bool]:
    """The request to send, and whether the call may be made again without knowing what became of it.

    It may where it only reads, or has a request id. Verify and Validate are neither: a wrong guess made twice
    costs two attempts. The caller's own request stays as it is.
    """
    name = method.lstrip("/").replace("/", ".")
    if name not in _REMEMBERED:
        return request, _reads_only(name)
    if not request.request_id:
        identified = type(request)()
        identified.CopyFrom(request)
        identified.request_id = uuid.uuid4().hex
        request = identified
    return request, True


def _reads_only(name: str) -> bool:
    if name == _INTROSPECT:
        return True
    try:
        options = _POOL.FindMethodByName(name).GetOptions()
    except KeyError:
        return False
    return bool(options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS)


def wait_before_repeat(error: OtpError, tried: int, left: float) -> float | None:
    """Seconds to wait before the call is made again; None where its failure is the caller's."""
    if error.code is not grpc.StatusCode.UNAVAILABLE and error.reason != "REQUEST_IN_PROGRESS":
        return None
    wait = error.retry_after or _jittered(_FIRST_WAIT * 2 ** (tried - 1))
    return wait if tried < TRIES and wait <= _LONGEST_WAIT and wait < left else None


_REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


def wait_before_watch(error: OtpError | None, in_vain: int) -> float | None:
    """Seconds to wait before a stream is resumed; None where its failure is the caller's.

    What the caller did wrong stays wrong; what happened on the way may be gone the next time. ``error`` is None
    for a stream that ended without one.
    """
    if error is not None:
        if error.reason and error.code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL):
            return None
        if not error.reason and error.code in _REFUSALS:
            return None
    if in_vain >= WATCH_TRIES:
        return None
    wait = _jittered(min(0.5 * 2 ** min(in_vain, 5), 15.0))
    return max(wait, (error.retry_after if error else None) or 0.0)


def _jittered(seconds: float) -> float:
    """Spread over a fifth to either side, so that callers refused together do not return together."""
    return seconds * random.uniform(0.8, 1.2)
