"""The interface for agents: the operations as tools of the Model Context Protocol, over standard input and output.

Read `server` first. A tool reads, plans or calls through `desk`, which knows a client and nothing of the protocol.
Calls with an effect are confirmed by the person through `questions`. `tools` describes the tools, `answers` shortens
long answers. Only `server`, `lines`, `tools` and `questions` import the SDK.

A module imports only from modules to its left; `lines` imports none:

    refusals < arguments, answers < desk < tools, questions < server
"""

__all__ = ["desk", "server"]
