"""The asynchronous client: the same conversations, driven by an event loop, over aiohttp (extra `aio`).

Read `driver` first: it is `engine.driver` for event loops, and describes cancelled calls. Imports run

    threads, attempt < protocol, failures < transport
    threads < driver
    stream < client

It has no logic of calls. `asyncio` is imported with this package, aiohttp when something is sent.
"""

__all__ = ["client"]
