from collections.abc import Callable, Iterable

from .aio.client import AsyncClient as AsyncClient
from .client import Client as Client
from .errors import ApiError as ApiError
from .errors import CallError as CallError
from .errors import EndpointInvalid as EndpointInvalid
from .errors import HttpError as HttpError
from .errors import LoginInvalid as LoginInvalid
from .errors import LoginNeeded as LoginNeeded
from .errors import OcregError as OcregError
from .errors import OperationUnavailable as OperationUnavailable
from .errors import Outcome as Outcome
from .errors import OutcomeUnknown as OutcomeUnknown
from .errors import PagingError as PagingError
from .errors import PartlyRefused as PartlyRefused
from .errors import RequestInvalid as RequestInvalid
from .errors import ResponseInvalid as ResponseInvalid
from .errors import SettingInvalid as SettingInvalid
from .errors import SettingMissing as SettingMissing
from .errors import SettingsError as SettingsError
from .errors import StoreError as StoreError
from .errors import TokenError as TokenError
from .errors import TransportError as TransportError
from .errors import UnknownOperation as UnknownOperation
from .notices import OtherRowsWarning as OtherRowsWarning
from .notices import RequestWarning as RequestWarning
from .notices import UnfilteredWarning as UnfilteredWarning
from .notices import UnknownFieldWarning as UnknownFieldWarning
from .registry.endpoint import Endpoint as Endpoint
from .registry.files import Registry as Registry
from .sandbox.running import RunningSandbox
from .shared import call as call
from .shared import plan as plan

__version__: str

def sandbox(
    registry: Registry | None = None,
    *,
    client_key: str = ...,
    secret_key: str = ...,
    sign: str = "either",
    seed: int | None = None,
    empty: bool = False,
    token_lifetime: int = 3600,
    speed: float = 1,
    repeats: str = "accept",
    refuses: Iterable[str] = (),
    strict: bool = False,
    oauth_errors: int = 400,
    faults: Iterable[str] = (),
    notify: str | None = None,
    clock: Callable[[], float] = ...,
) -> RunningSandbox: ...
