"""The asynchronous client: the same conversations, driven by an event loop, over aiohttp (extra `aio`).

Read `driver` first: it does what `engine.driver` does, and says what a cancelled call is told. Imports run

    threads, attempt < protocol, failures < transport
    threads < driver
    stream < client

Nothing of what a call means is in here. `asyncio` is imported with this wing, aiohttp when something is sent.
"""

__all__ = ["client"]
