"""The web server of a page, and who may look at it. viser, which does the serving, asks nobody for a password."""

from __future__ import annotations

import errno
import ipaddress
import logging
import secrets
import socket
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlsplit

import rich
import viser
import websockets.asyncio.server
from viser import _messages

from gsrender.errors import DeviceError, InputError

PORT, PORTS = 8080, 100  # where no port is asked for: the first that is tried, and how many from it on
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")  # what a browser calls this machine, or the near end of a tunnel to it
NO_TOKEN = "this address lacks the token, or has a wrong one: open the one that was printed"
OTHER_SITE = "only a browser that opens this page at localhost may look at it"
LOGGER = logging.getLogger(__name__)
# Browsers open lines ahead of time and close them unused, which websockets takes for errors.
LOGGER.addFilter(lambda record: record.getMessage() != "opening handshake failed")


@dataclass(frozen=True)
class Door:
    """Whom a server lets in. The token is the path of the page's address, since that is the one part of it that viser's
    page repeats when it asks for pictures; so page and pictures are refused alike without it.

    Without a token, only for this machine itself, what other web pages of the same browser ask is refused: those carry
    their own name as the origin, or had their name changed to mean this machine, and then ask for that name.
    """

    token: str = ""

    @property
    def path(self) -> str:
        return f"/{self.token}"

    def refusal(self, request) -> str:
        """Why a request is not answered; empty where it is."""
        if self.token:
            path = request.path.partition("?")[0].rstrip("/")
            return "" if secrets.compare_digest(path.encode(), self.path.encode()) else NO_TOKEN
        hosts, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
        named = [urlsplit(f"//{host}") for host in hosts] + [urlsplit(origin) for origin in origins]
        local = len(hosts) == 1 and all(name.hostname in LOCAL_NAMES for name in named)
        return "" if local and all(name.netloc == hosts[0] for name in named) else OTHER_SITE


def check_place(host: str, port: int | None):
    """Before anything is read that takes long. Raises InputError where `open_server` would."""
    _listen(host, port).close()


def open_server(host: str, port: int | None, title: str, token: bool = False) -> tuple[viser.ViserServer, str]:
    """A running server and its address, with a token where one is asked for or others than this machine can reach it.

    port  0 for any that is free; None for PORT or the next that is
    Raises InputError where `host` is no address of this machine, or the port is not free.
    """
    listening = _listen(host, port)
    ours = ipaddress.ip_address(listening.getsockname()[0].partition("%")[0])
    door = Door("" if ours.is_loopback and not token else secrets.token_urlsafe(16))
    name = "localhost" if ours.is_loopback else socket.gethostname() if ours.is_unspecified else host
    with _quiet(), _guarded(door, listening) as is_guarded:
        server = viser.ViserServer("localhost", label=title, verbose=False)
        if not is_guarded():
            server.stop()
            raise DeviceError("viser serves in a way that cannot be guarded: install the version that setup.py names")
    # Its button would lead strangers here by way of a public server.
    server._websock_server.unregister_handler(_messages.ShareUrlRequest)
    server.gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False)
    return server, f"http://{f'[{name}]' if ':' in name else name}:{server.get_port()}{door.path}"


def stop_server(server: viser.ViserServer):
    with _quiet():
        server.stop()


def _listen(host: str, port: int | None) -> socket.socket:
    first = PORT if port is None else port
    try:
        found = socket.getaddrinfo(host, first, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InputError(f"--host {host}: not a name or an address of this machine") from error
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)  # what tunnels ask for first
    for attempt in range(first, first + PORTS) if port is None else (port,):
        try:
            return socket.create_server((address[0], attempt), family=family)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise InputError(f"--host {host}: not an address of this machine") from error
            if error.errno != errno.EADDRINUSE:
                raise InputError(f"--port {attempt}: {error.strerror}") from error
    if port is None:
        raise InputError(f"none of the ports {PORT} to {PORT + PORTS - 1} is free: name one with --port, 0 for any")
    raise InputError(f"--port {port}: another program listens there; name another one, or 0 for any that is free")


@contextmanager
def _guarded(door: Door, listening: socket.socket):
    """Lets the server that is started meanwhile listen there, and ask at the door before it answers anything: viser
    itself passes neither on. Yields whether it did start that way."""
    serve, started = websockets.asyncio.server.serve, []

    def guarded_serve(handler, host, port, *, process_request, **more):
        def ask(connection, request):
            if refusal := door.refusal(request):
                return connection.respond(HTTPStatus.FORBIDDEN, f"{refusal}\n")
            return process_request(connection, replace(request, path="/") if door.token else request)
        started.append(door)
        return serve(handler, sock=listening, process_request=ask, logger=LOGGER, **more)

    websockets.asyncio.server.serve = guarded_serve
    try:
        yield lambda: bool(started)
    finally:
        websockets.asyncio.server.serve = serve


@contextmanager
def _quiet():
    """Without what viser prints: its addresses lack the token."""
    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before
