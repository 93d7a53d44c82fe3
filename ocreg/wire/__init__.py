"""What goes over the network: urllib3's pools, or a `requests.Session`, behind one method `send`.

Read `transport` first. Imports run

    phases < connection < failures, pools, unobserved < transport

The engine knows none of it: a client loads `transport` when it sends for the first time, or is given another one.
"""

__all__ = ["connection", "phases", "transport", "unobserved"]
