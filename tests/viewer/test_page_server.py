"""Who may look at a page, the command that serves it, and the same from Python."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

import viewer
from gsrender.errors import InputError

VISER = "viser-v1.1.1"


def ask(address: str, **headers) -> tuple[int, str]:
    """Status and body of a page; of the pictures' line where `upgrade` is among the headers."""
    url = urlsplit(address)
    line = http.client.HTTPConnection("127.0.0.1", url.port, timeout=30)
    line.request("GET", url.path or "/", headers={"Host": url.netloc} | headers)
    answer = line.getresponse()
    text = "" if answer.status == 101 else answer.read().decode()
    line.close()
    return answer.status, text


def for_pictures(address: str, **headers) -> int:
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Protocol": VISER}
    return ask(address, **key, **headers)[0]


@pytest.fixture
def open_at():
    """Opens servers at a host and a port, any free one without; returns the address."""
    from viewer.page_server import open_server, stop_server
    opened = []

    def open_at(host, port=0):
        server, address = open_server(host, port, "a page")
        opened.append(server)
        return address
    yield open_at
    for server in opened:
        stop_server(server)


def test_where_others_reach_it_neither_page_nor_pictures_come_without_the_token(open_at):
    address = open_at("0.0.0.0")
    whole, token = address.rsplit("/", 1)
    assert len(token) >= 20
    assert ask(address)[0] == 200 and for_pictures(address) == 101
    for wrong in (whole, f"{whole}/", f"{address}x", address[:-1], f"{whole}//{token}", f"{whole}/?{token}"):
        status, text = ask(wrong)
        assert status == 403 and "lacks the token" in text
        assert for_pictures(wrong) == 403


def test_at_localhost_no_other_web_page_may_look(open_at):
    address = open_at("localhost")
    port = urlsplit(address).port
    assert ask(address)[0] == 200 and for_pictures(address, Origin=f"http://localhost:{port}") == 101
    assert for_pictures(address, Host="127.0.0.1:9000", Origin="http://127.0.0.1:9000") == 101  # through a tunnel
    for other in ("http://elsewhere.org", "null", f"http://localhost:{port + 1}"):
        assert for_pictures(address, Origin=other) == 403
    assert ask(address, Host="elsewhere.org")[0] == for_pictures(address, Host=f"elsewhere.org:{port}") == 403


def test_at_localhost_no_other_machine_reaches_it(open_at):
    port = urlsplit(open_at("localhost")).port
    with socket.socket() as other:  # 127.0.0.2 is this machine too, by a name that was not asked for
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_a_port_that_is_taken_is_passed_over_unless_it_was_asked_for(open_at, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("viewer.page_server.PORT", port)
        assert port < urlsplit(open_at("localhost", None)).port < port + 100
        with pytest.raises(InputError, match=f"--port {port}: another program listens there"):
            open_at("localhost", port)


def test_serve_refuses_a_host_before_it_reads_the_model(request, tmp_path):
    (tmp_path / "model").mkdir()  # with nothing in it
    run = request.getfixturevalue("viewer")  # by whose name the library goes here
    ran = run("serve", tmp_path / "model", "--host", "no.such.name.invalid")
    assert ran.code == 2 and "--host no.such.name.invalid" in ran.err


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.name.invalid"])
def test_a_host_that_is_not_this_machine_is_refused_by_name(open_at, host):
    with pytest.raises(InputError, match=rf"--host {host}: not .*an address of this machine"):
        open_at(host)


@pytest.mark.usefixtures("software_device")
def test_serve_prints_its_address_with_a_token_once_and_ends_with_ctrl_c(street):
    command = [sys.executable, "-m", "viewer", "serve", street / "model", "--backend", "cpu", "--host", "0.0.0.0",
               "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://[^/]+:\d+/[\w-]{20,}", address)
        socket.create_connection(("127.0.0.1", urlsplit(address).port)).close()  # as browsers do, ahead of time
        assert ask(address)[0] == 200
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err
    assert address.rsplit("/", 1)[1] not in out + err


def test_without_viser_the_way_out_is_named(street, viewer, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("viewer.") and "page" in name or name ==
                 "viewer.serve"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "viser", None)
    ran = viewer("serve", street / "model")
    assert ran.code == 3 and "has no package viser: ./build_ext.sh run installs it" in ran.err


def test_show_without_a_display_returns_a_page_that_a_notebook_embeds(street, monkeypatch, capfd):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    page = viewer.show(street / "model", backend="cpu", culling="off", margin=0.2, port=0)
    try:
        assert capfd.readouterr().out.strip() == str(page) == page.address
        assert ask(page.address)[0] == 200 and f'<iframe src="{page.address}"' in page._repr_html_()
        assert not page.visitors
    finally:
        page.close()
    with pytest.raises(OSError):
        ask(page.address)


def test_show_opens_a_window_where_there_is_a_display(street, display):
    assert viewer.show(street / "model", backend="cpu", size=(320, 200), frames=3) is None


@pytest.mark.parametrize("wrong, sentence", [({"culling": "some"}, "--culling: invalid choice: 'some'"),
                                             ({"where": "paper"}, "where='paper'"),
                                             ({"colour": 1}, "show(): no option colour"),
                                             ({"margn": 3}, "show(): no option margn, did you mean margin?"),
                                             ({"where": "window", "host": "::"}, "show(): no option host")])
def test_show_refuses_what_it_does_not_know(street, wrong, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        viewer.show(street / "model", **{"where": "page"} | wrong)


def test_importing_the_library_imports_nothing_heavy():
    code = "import sys, viewer; print([n for n in ('torch', 'viser', 'numpy') if n in sys.modules], viewer.__all__)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[] ['show', 'open_scene', 'render_frame']"
    assert all(callable(getattr(viewer, name)) for name in viewer.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        viewer.nothing
