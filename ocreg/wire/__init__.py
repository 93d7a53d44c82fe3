"""The network: urllib3's pools, or a `requests.Session`, behind one method `send`.

Read `transport` first. Imports run

    phases < connection < failures, pools, unobserved < transport

The engine does not depend on it: a client loads `transport` when it first sends, or gets another transport.
"""

__all__ = ["connection", "phases", "transport", "unobserved"]
