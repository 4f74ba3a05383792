#!/usr/bin/env python3
"""Addresses and ports that change while phones are served."""
import contextlib
import os
import signal
import socket
import struct
import threading

from node import (DEADLINE, Node, Skip, SlowDownload, contains, equal, fails, main, ok, wait_equal,
                  wait_for)
from test_service import gone, processes

RINGS = b"<CiscoIPPhoneRingList/>\n"
PHONE = "SEP0011223344AA"


def ready(n):
    n.write("Ringlist.xml", RINGS)
    n.start()


def free_port(n, kind=socket.SOCK_STREAM):
    """Beside the node's own: its block of locked ports has room above them."""
    for port in range(n.port("https2") + 1, n.port("https2") + 8):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as s:
            s.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def set_param(n, name, value):
    return ok(n.ctl("set", "param", name, str(value)))


def connect(port, ip="127.0.0.1"):
    return socket.create_connection((ip, port), DEADLINE)


def http(port, ip="127.0.0.1", path="/Ringlist.xml"):
    """The status, None when nobody is there."""
    try:
        with connect(port, ip) as s:
            s.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            data = b""
            while part := s.recv(65536):
                data += part
    except ConnectionError:
        return None
    return int(data.split()[1]) if data else None


def tftp(port, ip="127.0.0.1", name=b"Ringlist.xml", patience=1):
    """What a phone gets in so many seconds, or None."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(patience)
        s.sendto(b"\0\1" + name + b"\0octet\0", (ip, port))
        try:
            packet, tid = s.recvfrom(2048)
        except (TimeoutError, ConnectionError):
            return None
        s.sendto(b"\0\4\0\1", tid)
        return packet[4:]


def listeners(n, name, command=("utils", "service", "list")):
    """(address, port, state) of a kind, sorted."""
    result = ok(n.ctl("--json", *command)).json["result"]
    rows = result["services"][0]["listeners"]
    return sorted((r["address"], r["port"], r["state"]) for r in rows if r["name"] == name)


def wait_gone(port, ip="127.0.0.1"):
    wait_for(f"nobody on {ip} port {port}", lambda: http(port, ip) is None)


def test_http_port_under_a_download():
    with Node() as n:
        data = os.urandom(24 << 20)
        n.write("big.bin", data)
        ready(n)
        old, new = n.port("http"), free_port(n)
        with SlowDownload(n, "big.bin") as slow:
            pid = n.daemon_pid()
            engine = processes(pid)["engine"]
            set_param(n, "http.port", new)
            wait_for("the new port answers", lambda: http(new) == 200)
            wait_gone(old)
            equal(http(new), 200)
            # ... and all the while a slow phone fetches
            assert slow.rest() == data, "the download was cut"
        equal(processes(pid)["engine"], engine, "the same engine serves on")
        equal(n.daemon_pid(), pid)
        contains(ok(n.ctl("show", "status")).out, f"http {new},")
        # It comes up where it was.
        ok(n.ctl("utils", "service", "restart", "all"))
        equal(http(new), 200)
        equal(http(old), None)
        set_param(n, "http.port", 0)
        wait_for("the node's own again", lambda: http(old) == 200)


def test_no_request_is_lost():
    """An address that stays is answered at any moment, whatever comes and goes beside it."""
    with Node() as n:
        ready(n)
        port, new = n.port("http"), free_port(n)
        lost, asked, over = [], [0], threading.Event()

        def ask(fetch, want):
            while not over.is_set():
                asked[0] += 1
                if (got := fetch()) != want:
                    lost.append(got)
        clients = [threading.Thread(target=ask, args=(fetch, want)) for fetch, want in (
            (lambda: http(port), 200), (lambda: http(port), 200),
            (lambda: tftp(n.port("tftp"), patience=30), RINGS))]
        for c in clients:
            c.start()
        try:
            for address, there in (("any", "127.0.0.3"), ("127.0.0.1", None),
                                   ("127.0.0.1,127.0.0.2", "127.0.0.2"), ("", "::1" if have_ip6() else "127.0.0.1")):
                for name in ("http.address", "tftp.address"):
                    set_param(n, name, address)
                if there is None:
                    wait_gone(port, "127.0.0.3")
                else:
                    wait_for(f"{there} answers", lambda there=there: http(port, there) == 200)
            set_param(n, "https.port", new)
            wait_equal("https", lambda: listeners(n, "https")[0][1:], (new, "open"))
        finally:
            over.set()
            for c in clients:
                c.join()
        assert asked[0] > 100
        equal(lost, [], f"of {asked[0]}")


def test_tftp_port_under_a_transfer():
    with Node() as n:
        data = os.urandom(512 * 40 + 7)
        n.write("slow.bin", data)
        ready(n)
        old, new = n.port("tftp"), free_port(n, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(300)
            s.sendto(b"\0\1slow.bin\0octet\0", ("127.0.0.1", old))
            got, block = b"", 1
            while True:
                packet, tid = s.recvfrom(2048)
                if packet[:4] != struct.pack("!HH", 3, block):
                    continue        # repeated meanwhile
                got += packet[4:]
                if block == 10:
                    set_param(n, "tftp.port", new)
                    wait_for("the new port answers", lambda: tftp(new) == RINGS)
                    wait_for("the old one does not", lambda: tftp(old) is None)
                s.sendto(struct.pack("!HH", 4, block), tid)
                block += 1
                if len(packet) < 516:
                    break
        assert got == data, "the transfer was cut"


def test_port_taken():
    with Node() as n:
        ready(n)
        old, new = n.port("http"), free_port(n)
        with socket.socket() as other:
            other.bind(("127.0.0.1", new))
            other.listen()
            set_param(n, "http.port", new)
            wait_for("it is reported", lambda: ("127.0.0.1", new, "failed")
                     in listeners(n, "http"))
            assert ("127.0.0.1", old, "kept") in listeners(n, "http", ("show", "status"))
            got = ok(n.ctl("show", "status"))
            contains(got.err, f"port {new}/tcp is taken")
            contains(got.err, "set param http.port")
            contains(ok(n.ctl("utils", "service", "list")).out, f"127.0.0.1:{old} (kept)")
            equal(http(old), 200, "the old one serves")
            # A crash of the engine, or of all but the parent, changes none of it.
            for role in ("engine", "signer", "keeper"):
                child = processes(n.daemon_pid())[role]
                os.kill(child, signal.SIGKILL)
                wait_for("it is gone", lambda child=child: gone(child))
                wait_for("it heals", lambda: http(old) == 200)
                processes(n.daemon_pid())
            # Not so a restart: it says what is wrong.
            fails(n.ctl("utils", "service", "restart", "all"), 3, f"port {new}/tcp is taken")
            set_param(n, "http.port", 0)
            n.start()
            set_param(n, "http.port", new)
            wait_for("it is kept", lambda: ("127.0.0.1", old, "kept") in listeners(n, "http"))
        wait_for("it is taken when it is free", lambda: listeners(n, "http")[0] ==
                 ("127.0.0.1", new, "open"))
        equal(http(new), 200)
        wait_gone(old)
        with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
            log = f.read()
        contains(log, "listen.failed")
        equal(sum("listen.failed" in line for line in log.splitlines()) < 8, True,
              "it is not said again and again")
        n.stop()
        assert not os.path.exists(os.path.join(n.state, "run", "tftpd.listen"))


def test_crash_right_after_the_change():
    with Node() as n:
        ready(n)
        old, new = n.port("http"), free_port(n)
        for role in ("engine", "signer"):
            child = processes(n.daemon_pid())[role]
            set_param(n, "http.port", new)
            os.kill(child, signal.SIGKILL)
            wait_for("the new port answers", lambda new=new: http(new) == 200)
            wait_gone(old)
            old, new = new, old


def test_addresses():
    with Node() as n:
        ready(n)
        port = n.port("http")
        equal(listeners(n, "http")[0], ("127.0.0.1", port, "open"))
        set_param(n, "http.address", "127.0.0.1,127.0.0.2")
        wait_for("a second one", lambda: http(port, "127.0.0.2") == 200)
        equal(http(port), 200)
        set_param(n, "http.address", "any")
        wait_for("any", lambda: http(port, "127.0.0.3") == 200)
        equal(http(port), 200)
        got = ok(n.ctl("set", "param", "http.address", "127.0.0.2"))
        contains(got.err, "phones know this node by its address 127.0.0.1")
        wait_gone(port)
        wait_gone(port, "127.0.0.3")
        equal(http(port, "127.0.0.2"), 200)
        set_param(n, "tftp.address", "127.0.0.2")
        wait_for("tftp moves", lambda: tftp(n.port("tftp")) is None)
        wait_for("there", lambda: tftp(n.port("tftp"), "127.0.0.2") == RINGS)
        got = ok(n.ctl("set", "param", "http.address", "127.0.0.2,192.0.2.77"))
        contains(got.err, "192.0.2.77 is not an address of this machine")
        wait_for("it is reported", lambda: ("192.0.2.77", port, "failed")
                 in listeners(n, "http"))
        equal(http(port, "127.0.0.2"), 200)


def have_ip6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_ip6():
    if not have_ip6():
        raise Skip("this machine does not speak IPv6")
    with Node() as n:
        ready(n)
        port = n.port("http")
        for name in ("http.address", "tftp.address"):
            set_param(n, name, "0:0::1")
        wait_gone(port)
        equal(http(port, "::1"), 200)
        wait_for("tftp moves", lambda: tftp(n.port("tftp")) is None)
        wait_for("there", lambda: tftp(n.port("tftp"), "::1") == RINGS)
        contains(ok(n.ctl("utils", "service", "list")).out, f"[::1]:{port}")


def test_swapped_ports():
    """In one transaction, though each alone would be refused."""
    with Node() as n:
        ready(n)
        a, b, c = n.port("http"), n.port("https"), free_port(n)
        fails(n.ctl("set", "param", "http.port", str(b)), 4, "http and https")
        path = os.path.join(n.work, "swap")
        with open(path, "w", encoding="ascii") as f:
            f.write(f"set param http.port {c}\nset param https.port {a}\nset param http.port {b}\n")
        ok(n.ctl("-f", path))
        wait_for("http is where https was", lambda: http(b) == 200)
        wait_for("https is where http was", lambda: listeners(n, "https")[0][1:] == (a, "open"))
        equal(http(b), 200)


def test_set_param():
    with Node() as n:
        for name, value, text in (
                ("http.port", "65536", "65535"), ("http.port", "x", "not a number"),
                ("http.address", "localhost", "no IPv4 or IPv6 address"),
                ("http.address", "127.0.0.1,127.0.0.1", "given twice"),
                ("tftp.address", "fe80::1", "link-local")):
            fails(n.ctl("set", "param", name, value), 2, text)
        fails(n.ctl("set", "param", "sip.port", str(n.port("https2"))), 4, "https2 and sip")
        fails(n.ctl("set", "param", "http.port", "8080", "--node", "cm9"), 2, "no node")
        ready(n)
        new = free_port(n)
        got = ok(n.ctl("set", "param", "http.port", str(new), "--dry-run"))
        contains(got.out, f"http.port  0 -> {new}")
        contains(got.out, "within a second")
        ok(n.ctl("set", "param", "https.port", str(new), "--node", "cm1"))
        wait_for("of this node", lambda: listeners(n, "https")[0][1] == new)
        equal(listeners(n, "http")[0][1], n.port("http"), "it was a rehearsal")
        if os.geteuid() == 0:
            os.chown(n.state, 65534, -1)
            got = n.ctl("set", "param", "http.port", "80")
            os.chown(n.state, 0, -1)
            with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as f:
                if int(f.read()) > 80:
                    contains(got.err, "needs root")


def test_phone_files():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        ports = {"tvs": 9445, "capf": 9804, "sip": 9060, "sips": 9061}

        def text():
            return n.http(f"/{PHONE}.cnf.xml")[2].decode()
        before = text()
        contains(before, f"<sipPort>{n.port('sip')}</sipPort>")
        for name, port in ports.items():
            set_param(n, f"{name}.port", port)
        after = text()
        for tag, port in (("sipPort", 9060), ("securedSipPort", 9061)):
            contains(after, f"<{tag}>{port}</{tag}>")
        for port in ("9445", "9804"):
            contains(after, f">{port}<")
        status = ok(n.ctl("--json", "show", "status")).json["result"]["node"]["ports"]
        equal({k: status[k] for k in ports}, ports)
        set_param(n, "sip.phone_port", 7060)
        contains(text(), "<sipPort>7060</sipPort>")


if __name__ == "__main__":
    main([test_http_port_under_a_download, test_no_request_is_lost,
          test_tftp_port_under_a_transfer, test_port_taken, test_crash_right_after_the_change,
          test_addresses, test_ip6, test_swapped_ports, test_set_param, test_phone_files])
