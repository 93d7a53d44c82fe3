"""The pools of a session that a fork brought along."""

from __future__ import annotations

from queue import Queue
from threading import Condition, Lock, RLock
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def fresh_pools(session: requests.Session) -> None:
    """Give a session that a fork brought along connections of its own. All else that was set on it stays.

    Locks may be held by threads of the parent, so they are replaced and not waited for: also those inside the old
    pools, for urllib3 empties these when they are collected. Closing the copy of a socket leaves the parent's open and
    says nothing to the server.
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
    for pool in [pools[key] for key in pools.keys()]:  # noqa: SIM118  # it is no mapping to iterate over
        idle = pool.pool
        if isinstance(idle, Queue):
            idle.mutex = Lock()
            idle.not_empty, idle.not_full, idle.all_tasks_done = (Condition(idle.mutex) for _ in range(3))
            pool.close()
