from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import grpc
from google.rpc import error_details_pb2, status_pb2

_DOMAIN = "countersign"
_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class OtpError:
    """A failed call with its details read."""

    #: The canonical code, for failures on the way that have no reason.
    code: grpc.StatusCode
    #: For a developer to read.
    message: str
    #: What to decide by, such as ``INVALID_CODE``; empty where the failure has none.
    reason: str = ""
    #: How many codes may still be given after ``INVALID_CODE``.
    attempts_remaining: int | None = None
    #: When the channel's newest code was sent, after ``INVALID_CODE``: a resend made the ones before it void.
    newest_code_sent_at: datetime | None = None
    #: The channel at fault: ``email``, ``sms`` or ``whatsapp``.
    channel: str = ""
    #: Seconds to wait before another attempt makes sense.
    retry_after: float | None = None
    #: The fields at fault, by path such as ``config.code_length``.
    violations: Mapping[str, str] = field(default_factory=dict)


def read_error(error: grpc.RpcError) -> OtpError:
    """Reads the details of an error that a call raised, of either client."""
    call = cast(Any, error)
    found: dict[str, Any] = {}
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS:
            for detail in status_pb2.Status.FromString(value).details:
                found.update(_read_detail(detail))
    return OtpError(code=call.code(), message=call.details() or "", **found)


def _read_detail(detail: Any) -> dict[str, Any]:
    info = error_details_pb2.ErrorInfo()
    if detail.Unpack(info):
        if info.domain != _DOMAIN:
            return {}
        attempts = info.metadata.get("attempts_remaining", "")
        newest = info.metadata.get("newest_code_sent_at", "")
        return {
            "reason": info.reason,
            "channel": info.metadata.get("channel", ""),
            "attempts_remaining": int(attempts) if attempts.isdigit() else None,
            # Python 3.10 reads no "Z".
            "newest_code_sent_at": datetime.fromisoformat(newest.replace("Z", "+00:00")) if newest else None,
        }
    retry = error_details_pb2.RetryInfo()
    if detail.Unpack(retry):
        return {"retry_after": retry.retry_delay.ToTimedelta().total_seconds()}
    bad = error_details_pb2.BadRequest()
    if detail.Unpack(bad):
        return {"violations": {violation.field: violation.description for violation in bad.field_violations}}
    return {}
