"""ocreg: a declarative client for OrangeConnex's eBay fulfillment openAPI.

    from ocreg import Client
    client = Client()  # settings from OCREG_* variables or a profile
    answer = client.call("outbound.cancel", {"orderNumber": "OCO2000023303105GB", "cancelTime": when})

Importing this package loads no third-party module: each name in `__all__` is loaded at its first use.
"""

from typing import Any

__version__ = "0.1.0"

# What each name is, for type checkers and readers: `__init__.pyi`.
_ERRORS = """
    ApiError CallError EndpointInvalid HttpError LoginInvalid LoginNeeded OcregError OperationUnavailable Outcome
    OutcomeUnknown PagingError PartlyRefused RequestInvalid ResponseInvalid SettingInvalid SettingMissing SettingsError
    StoreError TokenError TransportError UnknownOperation
"""
_ROOMS = {
    "client": ["Client"],
    "aio.client": ["AsyncClient"],
    "registry.endpoint": ["Endpoint"],
    "errors": _ERRORS.split(),
    "notices": ["OtherRowsWarning", "RequestWarning", "UnfilteredWarning", "UnknownFieldWarning"],
    "registry.files": ["Registry"],
    "sandbox": ["sandbox"],
    "shared": ["call", "plan"],
}
__all__ = sorted(name for names in _ROOMS.values() for name in names)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    room = next((room for room, names in _ROOMS.items() if name in names), None)
    if room is None:
        raise AttributeError(f"module 'ocreg' has no attribute {name!r}")
    from .lazy import load

    value = getattr(load(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
