from .client import Client as Client
from .client import call as call
from .client import plan as plan
from .endpoint import Endpoint as Endpoint
from .errors import ApiError as ApiError
from .errors import CallError as CallError
from .errors import EndpointInvalid as EndpointInvalid
from .errors import HttpError as HttpError
from .errors import LoginInvalid as LoginInvalid
from .errors import LoginNeeded as LoginNeeded
from .errors import OcregError as OcregError
from .errors import OperationUnavailable as OperationUnavailable
from .errors import RequestInvalid as RequestInvalid
from .errors import ResponseInvalid as ResponseInvalid
from .errors import SettingInvalid as SettingInvalid
from .errors import SettingMissing as SettingMissing
from .errors import SettingsError as SettingsError
from .errors import StoreError as StoreError
from .errors import TokenError as TokenError
from .errors import TransportError as TransportError
from .errors import UnknownOperation as UnknownOperation
from .registry import Registry as Registry

__version__: str
