"""What this package's servers share: how they bind an address, and threads that do not delay the exit."""

from __future__ import annotations

import os
import socket
from http.server import ThreadingHTTPServer


class Listener(ThreadingHTTPServer):
    """Listens from the start. Raises OSError if the port is taken."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        if os.name == "posix":  # elsewhere it would allow two listeners
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()  # HTTPServer would look up the host name, which takes time

    @property
    def port(self) -> int:
        return int(self.server_address[1])
