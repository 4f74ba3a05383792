#!/usr/bin/env python3
"""Clients of HTTP and HTTPS that are many, slow, or in the way of an administrator."""
import contextlib
import os
import shutil
import socket
import ssl

from node import Node, Skip, equal, fails, main, ok, run, wait_for

RINGS = b"<CiscoIPPhoneRingList/>\n"


def ready(n):
    n.start()
    n.write("Ringlist.xml", RINGS)


def keep(n, port="http"):
    """A kept connection that has had an answer."""
    s = socket.create_connection(("127.0.0.1", n.port(port)), 10)
    s.sendall(b"GET /Ringlist.xml HTTP/1.1\r\nHost: x\r\n\r\n")
    return s, s.recv(65536)[:12]


def test_connections_per_address():
    """One bound over loops, ports and transports; TFTP has its own."""
    if shutil.which("curl") is None:
        raise Skip("curl is not installed")
    with Node() as n:
        ready(n)
        for name in ("http.max_per_address", "http.max_connections"):
            ok(n.ctl("set", "param", name, "6"))

            def refused():
                got = [keep(n) for _ in range(7)]
                for s, _ in got:
                    s.close()
                return [status for _, status in got] == 6 * [b"HTTP/1.1 200"] + [b"HTTP/1.1 503"]
            wait_for(f"{name} acts", refused)
            held = []

            def fill(held=held):
                s, status = keep(n)
                if status != b"HTTP/1.1 200":
                    s.close()
                    return False
                held.append(s)
                return len(held) == 6
            wait_for("six are in", fill)
            equal(n.http("/Ringlist.xml")[0], 503)
            fails(run("curl", "-sSk", "--noproxy", "*",
                      f"https://127.0.0.1:{n.port('https')}/Ringlist.xml"), 35, "alert")
            ok(run("curl", "-sf", "--noproxy", "*",
                   f"tftp://127.0.0.1:{n.port('tftp')}/Ringlist.xml"))
            held.pop().close()
            wait_for("one goes, one comes", lambda: n.http("/Ringlist.xml")[0] == 200)
            for s in held:
                s.close()
            ok(n.ctl("set", "param", name, "2000"))


def test_slow_clients():
    """They are ended, others do not notice."""
    with Node() as n:
        ready(n)
        for name in ("head", "idle"):       # others keep them, on a busy machine too
            ok(n.ctl("set", "param", f"http.{name}_timeout_ms", "1500"))
        begins = {"head": ("http", b"GET /Ringlist.xml HTTP/1.1\r\nX: "), "hello": ("https", b"\x16\x03\x01\x02\x00\x01"),
                  "silence": ("http", b""), "silence under TLS": ("https2", b"")}

        def ended(begin):
            with socket.create_connection(("127.0.0.1", n.port(begin[0])), 300) as s:
                s.settimeout(0.05)
                s.sendall(begin[1])
                for _ in range(100):
                    try:
                        return s.recv(1) == b""
                    except TimeoutError:
                        equal(n.http("/Ringlist.xml")[0], 200)
                    except ConnectionResetError:
                        return True         # with a byte of ours unread
                    try:
                        s.sendall(b"a" if begin[1] else b"")
                    except OSError:
                        return True
                return False
        for name, begin in begins.items():
            wait_for(f"slow in its {name}", lambda begin=begin: ended(begin))


def test_files_change_in_mid_transfer():
    """Replaced or deleted: the old bytes to the end; cut: a broken connection, and a server that
    goes on."""
    with Node() as n:
        ready(n)
        old = os.urandom(30_000_000)
        for port in ("http", "https", "https2"):
            for how in ("replaced", "deleted", "cut"):
                path = n.write("big.bin", old)
                s = dial(n, port)
                s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                got = s.recv(1000)
                if how == "replaced":
                    with open(path + ".new", "wb") as f:
                        f.write(b"new" * 10_000_000)
                    os.chmod(path + ".new", 0o644)
                    os.rename(path + ".new", path)
                elif how == "deleted":
                    os.unlink(path)
                else:
                    os.truncate(path, 1000)
                got = (got + drain(s)).partition(b"\r\n\r\n")[2]
                if how == "cut":
                    assert 1000 <= len(got) < len(old), (port, len(got))
                else:
                    assert got == old, (port, how, len(got))
                equal(n.http("/Ringlist.xml")[0], 200)


def dial(n, port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.settimeout(300)
    s.connect(("127.0.0.1", n.port(port)))
    if port == "http":
        return s
    ctx = ssl.create_default_context()
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    return ctx.wrap_socket(s)


def drain(s):
    parts = []
    with contextlib.closing(s), contextlib.suppress(ConnectionError, ssl.SSLError):
        while True:
            part = s.recv(1 << 20)
            if not part:
                break
            parts.append(part)
    return b"".join(parts)


if __name__ == "__main__":
    main([test_connections_per_address, test_slow_clients, test_files_change_in_mid_transfer])
