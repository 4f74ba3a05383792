#!/usr/bin/env python3
"""ctltool watch tftp: what phones fetch at this moment."""
import json
import os
import pty
import signal
import socket
import stat
import struct
import subprocess

from node import (DEADLINE, Node, contains, environment, equal, fails, main, ok, program, wait_equal,
                  wait_for)

BIG = 3_000_000


def watch(n, *more):
    """One look, as JSON."""
    return ok(n.ctl("--json", "watch", "tftp", "--once", "--interval", "0.1", *more)).json["result"]


def row(n, name, transport):
    rows = [t for t in watch(n)["transfers"] if t["file"] == name and t["transport"] == transport]
    return rows[0] if rows else None


class Phone:
    """A TFTP client that acknowledges only what it is told to."""

    def __init__(self, n, name, address="127.0.0.1", options=()):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.settimeout(DEADLINE)
        self.sock.bind((address, 0))
        self.port = self.sock.getsockname()[1]
        packet = struct.pack("!H", 1) + b"\0".join([name.encode(), b"octet", *options, b""])
        self.sock.sendto(packet, (address, n.port("tftp")))
        self.first, self.tid = self.sock.recvfrom(65536)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.error()            # or stopping tftpd would wait for it
        self.sock.close()

    def ack(self, block):
        self.sock.sendto(struct.pack("!HH", 4, block), self.tid)

    def error(self):
        self.sock.sendto(struct.pack("!HH", 5, 0) + b"enough\0", self.tid)


def test_not_running():
    with Node() as n:
        fails(n.ctl("watch", "tftp"), 6, "service start tftpd")
        got = fails(n.ctl("--json", "watch", "tftp", "--once"), 6).json
        equal((got["result"], got["error"]["code"]), (None, "unreachable"))
        for options in (("--interval", "0"), ("--interval", "x"), ("--count", "0"),
                        ("--once", "--count", "2"), ("--never",)):
            fails(n.ctl("watch", "tftp", *options), 2)


def test_tftp_transfer():
    with Node() as n:
        n.write("big.bin", os.urandom(BIG))
        # It stays while we look: each of these tries waits for a second.
        ok(n.ctl("--yes", "set", "param", "tftp.retries", "20"))
        n.start()
        begun = watch(n)["total"]["begun"]["tftp"]
        with Phone(n, "big.bin", options=(b"blksize", b"1000", b"windowsize", b"8")) as p:
            equal(p.first[:2], b"\0\6", "OACK")
            p.ack(0)
            p.sock.recv(65536)
            p.ack(1)
            t = wait_for("what the phone has", lambda: row(n, "big.bin", "tftp"))
            equal(t["peer"], f"127.0.0.1:{p.port}")
            equal((t["size"], t["blksize"], t["windowsize"]), (BIG, 1000, 8))
            wait_for("block 1", lambda: row(n, "big.bin", "tftp")["bytes"] == 1000)
            # it falls silent: the window goes again
            wait_for("retransmissions",
                     lambda: row(n, "big.bin", "tftp")["retransmissions"] >= 8)
            assert row(n, "big.bin", "tftp")["timeouts"] >= 1
            look = watch(n)
            assert look["total"]["retransmissions"] >= 8
            equal(look["live"]["tftp"], 1)
            text = ok(n.ctl("watch", "tftp", "--once", "--interval", "0.1")).out
            contains(text, f"127.0.0.1:{p.port}")
            contains(text, "big.bin")
            p.error()
            wait_for("its end", lambda: watch(n)["live"]["tftp"] == 0)
        total = watch(n)["total"]
        equal(total["begun"]["tftp"], begun + 1)
        equal(total["ended"]["aborted"], 1)
        equal(watch(n)["transfers"], [])


def test_ipv6_peer():
    with Node() as n:
        n.write("big.bin", bytes(BIG))
        n.start()
        with Phone(n, "big.bin", address="::1") as p:
            t = wait_for("the row", lambda: row(n, "big.bin", "tftp"))
            equal(t["peer"], f"[::1]:{p.port}")
            contains(ok(n.ctl("watch", "tftp", "--once", "--interval", "0.1")).out,
                     f"[::1]:{p.port}")


def test_http_transfer_and_counts():
    with Node() as n:
        n.write("big.bin", bytes(10 * BIG))
        n.write("small.txt", b"x" * 10)
        n.start()
        with socket.create_connection(("127.0.0.1", n.port("http")), DEADLINE) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            s.recv(1000)
            t = wait_for("some bytes", lambda: row(n, "big.bin", "http"))
            equal(t["peer"], "127.0.0.1:%d" % s.getsockname()[1])
            equal(t["size"], 10 * BIG)
            assert t["bytes"] < 10 * BIG
            wait_for("its connection", lambda: watch(n)["connections"] == 1)
        wait_for("its end", lambda: watch(n)["live"]["http"] == 0)
        n.http("/small.txt")
        n.http("/small.txt", method="HEAD")
        n.http("/nosuch.txt")
        with Phone(n, "nosuch.txt") as p:
            equal(p.first[:4], b"\0\5\0\1")
        # What a phone has read may not be counted yet.
        wait_equal("what came of them", lambda: [watch(n)["total"]["ended"][k] for k in
                   ("done", "head", "not_found", "aborted")], [1, 1, 2, 1])
        assert watch(n)["cache"]["misses"] >= 0


def test_limits_and_malformed():
    with Node() as n:
        n.write("big.bin", bytes(BIG))
        ok(n.ctl("--yes", "set", "param", "tftp.max_transfers", "1"))
        n.start()
        with Phone(n, "big.bin") as _, Phone(n, "big.bin") as q:
            equal(q.first[:2], b"\0\5", "turned down")
            wait_for("one of two", lambda: (lambda total: (
                total["shed"], total["begun"]["tftp"]) == (1, 1))(watch(n)["total"]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"\0\1" + b"a" * 600, ("127.0.0.1", n.port("tftp")))
            wait_equal("malformed", lambda: watch(n)["total"]["malformed"], 1)


def test_forms():
    with Node() as n:
        n.start()
        text = ok(n.ctl("watch", "tftp", "--count", "3", "--interval", "0.1")).out
        equal(text.count("tftpd   "), 3, text)
        assert "\033" not in text
        lines = ok(n.ctl("--json", "watch", "tftp", "--count", "2", "--interval",
                         "0.1")).out.splitlines()
        equal(len(lines), 2)
        for line in lines:
            envelope = json.loads(line)
            equal((envelope["schema"], envelope["command"], envelope["exit"]),
                  ("phonetrust/1", "watch tftp", 0))
            assert envelope["result"]["interval_ms"] >= 100


def started(n, *words, **more):
    return subprocess.Popen([program("ctltool"), "--state", n.state, *words], env=environment(),
                            **more)


def test_interrupt():
    with Node() as n:
        n.start()
        for number in (signal.SIGINT, signal.SIGTERM):
            with started(n, "--json", "watch", "tftp", "--interval", "0.1",
                         stdout=subprocess.PIPE) as p:
                json.loads(p.stdout.readline())
                p.send_signal(number)
                rest = p.stdout.read().decode()
                for line in rest.splitlines():
                    json.loads(line)
                equal(p.wait(DEADLINE), 0)


def test_terminal():
    with Node() as n:
        n.start()
        master, slave = pty.openpty()
        with started(n, "watch", "tftp", "--interval", "0.1", stdin=slave, stdout=slave,
                     stderr=slave) as p:
            os.close(slave)
            seen = b""
            while seen.count(b"\033[H") < 3:
                seen += os.read(master, 4096)
            p.send_signal(signal.SIGINT)
            equal(p.wait(DEADLINE), 0)
        os.close(master)
        equal(seen.count(b"\033[2J"), 1)
        contains(seen.decode(), "tftpd   ")


def test_restart_goes_on():
    with Node() as n:
        n.start()
        with started(n, "--json", "watch", "tftp", "--interval", "0.1",
                     stdout=subprocess.PIPE) as p:
            first = json.loads(p.stdout.readline())["result"]["tftpd"]["pid"]
            ok(n.ctl("utils", "service", "restart", "tftpd"))
            while json.loads(p.stdout.readline())["result"]["tftpd"]["pid"] == first:
                pass
            n.stop()
            last = p.stdout.read().decode().splitlines()[-1]
            equal(p.wait(DEADLINE), 6)
        equal(json.loads(last)["error"]["code"], "unreachable")


def test_file_of_the_dead():
    with Node() as n:
        n.start()
        path = os.path.join(n.state, "run", "tftpd.stats")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        os.kill(n.daemon_pid(), signal.SIGKILL)
        wait_for("its end", lambda: n.daemon_pid() is None)
        assert os.path.exists(path)
        fails(n.ctl("watch", "tftp"), 6, "does not run")
        wait_for("free ports", lambda: n.ctl("utils", "service", "start", "all").code == 0)
        equal(watch(n)["tftpd"]["pid"], n.daemon_pid())
        n.stop()
        assert not os.path.exists(path)


def test_damaged_file():
    with Node() as n:
        n.write("small.txt", b"x" * 10)
        n.start()
        path = os.path.join(n.state, "run", "tftpd.stats")
        with open(path, "r+b") as f:
            f.write(b"nothing")
        fails(n.ctl("watch", "tftp", "--once"), 4, "restart tftpd")
        # Cut under the engine: it is started again and puts it right.
        os.truncate(path, 100)

        def served():
            try:
                return n.http("/small.txt")[0] == 200
            except (OSError, IndexError):
                return False

        wait_for("the file", served)
        wait_for("statistics", lambda: n.ctl("watch", "tftp", "--once", "--interval",
                                             "0.1").code == 0)
        os.unlink(path)
        fails(n.ctl("watch", "tftp", "--once"), 1, "keeps no statistics")
        wait_for("the file", served)


def test_output_that_cannot_be_written():
    with Node() as n, open("/dev/full", "wb") as full:
        n.start()

        def code(*words):
            with started(n, *words, stdout=full, stderr=subprocess.PIPE) as p:
                said = p.stderr.read().decode()
                return p.wait(DEADLINE), said

        equal(code("watch", "tftp", "--interval", "0.1")[0], 1)
        got, said = code("phone", "add", "SEP0011223344AA")
        equal(got, 3)
        contains(said, "is done all the same")
        contains(ok(n.ctl("phone", "list")).out, "SEP0011223344AA")
        equal(code("phone", "add", "SEP0011223344AA")[0], 1)
        equal(code("phone", "list")[0], 1)


main([test_not_running, test_tftp_transfer, test_ipv6_peer, test_http_transfer_and_counts,
      test_limits_and_malformed, test_forms, test_interrupt, test_terminal, test_restart_goes_on,
      test_file_of_the_dead, test_damaged_file, test_output_that_cannot_be_written])
