"""The pools of a session after a fork."""

from __future__ import annotations

from queue import Queue
from threading import Condition, Lock, RLock
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def fresh_pools(session: requests.Session) -> None:
    """Give an inherited session its own connections after a fork. Its other attributes stay.

    Locks may be held by threads of the parent, so they are replaced instead of waited for: also those inside the old
    pools, because urllib3 empties pools when they are collected. Closing the copy of a socket leaves the parent's open
    and sends nothing to the server.
    """
    if hasattr(session.cookies, "_cookies_lock"):
        session.cookies._cookies_lock = RLock()
    for adapter in {id(adapter): adapter for adapter in session.adapters.values()}.values():
        if isinstance(adapter, HTTPAdapter):
            for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
                _close_copies(manager.pools)
            adapter.__setstate__(adapter.__getstate__())  # type: ignore[attr-defined]


def _close_copies(pools: Any) -> None:
    pools.lock = RLock()
    for pool in [pools[key] for key in pools.keys()]:  # noqa: SIM118  # it does not support iteration
        idle = pool.pool
        if isinstance(idle, Queue):
            idle.mutex = Lock()
            idle.not_empty, idle.not_full, idle.all_tasks_done = (Condition(idle.mutex) for _ in range(3))
            pool.close()
