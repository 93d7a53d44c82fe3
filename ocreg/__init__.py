"""ocreg: a declarative client for OrangeConnex's eBay fulfillment openAPI.

    from ocreg import call
    reply = call("outbound.cancel", {"orderNumber": "OCO2000023303105GB", "cancelTime": when})

Importing this package loads no third-party module: each name below is fetched at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import Client, call, plan
    from .endpoint import Endpoint
    from .errors import (
        ApiError,
        CallError,
        EndpointInvalid,
        HttpError,
        OcregError,
        OperationUnavailable,
        RequestInvalid,
        ResponseInvalid,
        SettingInvalid,
        SettingMissing,
        SettingsError,
        TokenError,
        TransportError,
        UnknownOperation,
    )
    from .registry import Registry

__version__ = "0.1.0"

_ROOMS = {
    "Client": "client",
    "call": "client",
    "plan": "client",
    "Endpoint": "endpoint",
    "Registry": "registry",
    "ApiError": "errors",
    "CallError": "errors",
    "EndpointInvalid": "errors",
    "HttpError": "errors",
    "OcregError": "errors",
    "OperationUnavailable": "errors",
    "RequestInvalid": "errors",
    "ResponseInvalid": "errors",
    "SettingInvalid": "errors",
    "SettingMissing": "errors",
    "SettingsError": "errors",
    "TokenError": "errors",
    "TransportError": "errors",
    "UnknownOperation": "errors",
}

__all__ = [
    "ApiError",
    "CallError",
    "Client",
    "Endpoint",
    "EndpointInvalid",
    "HttpError",
    "OcregError",
    "OperationUnavailable",
    "Registry",
    "RequestInvalid",
    "ResponseInvalid",
    "SettingInvalid",
    "SettingMissing",
    "SettingsError",
    "TokenError",
    "TransportError",
    "UnknownOperation",
    "call",
    "plan",
]


def __getattr__(name: str) -> Any:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module 'ocreg' has no attribute {name!r}")
    value = getattr(import_module(f".{room}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
