"""A company's page on another origin that carries the widget."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTILE = """
* { all: unset; color: yellow !important; display: block !important; font-size: 40px !important; }
button, textarea, section, div, li { visibility: hidden !important; transform: rotate(7deg) !important; }
firstline-chat { letter-spacing: 2em; text-transform: uppercase; }
"""


@contextmanager
def host_page(body: str, *, policy: str = "", style: str = "") -> Iterator[str]:
    """Serve one page at ``http://localhost:<port>/`` and yield that address.

    Parameters
    ----------
    policy : str
        Its Content-Security-Policy.
    style : str
        Its own style sheet, from ``/style.css``.
    """
    head = '<link rel="stylesheet" href="/style.css">' if style else ""
    page = f"<!doctype html><html lang='en'><head><title>Shop</title>{head}</head><body>{body}</body></html>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_style = self.path == "/style.css"
            content = (style if is_style else page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/css" if is_style else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
