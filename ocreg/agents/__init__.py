"""A door for agents: the operations as tools of the Model Context Protocol, over standard input and output.

Read `server` first. A tool reads, plans or calls through `desk`, which knows a client and nothing of the protocol; what
has an effect is put to the person by `questions`. `tools` says what there is, `answers` cuts what is long. Only
`server`, `lines`, `tools` and `questions` import the SDK.

A room imports only from rooms to its left; `lines` imports none:

    refusals < arguments, answers < desk < tools, questions < server
"""

__all__ = ["desk", "server"]
