"""Calls a Countersign service: credentials, errors to decide by, repeats where they are safe, a watch that resumes."""

from countersign._asyncio import AsyncClient, AsyncCredential
from countersign._credentials import ClientCredentials
from countersign._errors import OtpError, read_error
from countersign._sync import Client, Credential

__all__ = [
    "AsyncClient",
    "AsyncCredential",
    "Client",
    "ClientCredentials",
    "Credential",
    "OtpError",
    "read_error",
]
