#!/usr/bin/env python3
"""TFTP over lines that are not loopback: a small MTU, loss, doubling, disorder."""
import os
import random
import shutil
import socket
import struct
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from node import Node, Skip, equal, main, ok, run
from relay import Udp


class Line:
    """A namespace behind a veth pair with an MTU of 1500 bytes."""

    def __init__(self):
        if os.getuid() != 0:
            raise Skip("network namespaces need root")
        for p in ("ip", "atftp"):
            if shutil.which(p) is None:
                raise Skip(f"{p} is not installed")
        self.name = f"pt-tftp-{os.getpid()}"
        self.link = f"pt{os.getpid()}"
        net = f"198.18.{os.getpid() % 250}"
        self.here, self.there = f"{net}.1", f"{net}.2"

    def __enter__(self):
        ok(run("ip", "netns", "add", self.name))
        for words in (f"link add {self.link} mtu 1500 type veth peer name eth0 "
                      f"mtu 1500 netns {self.name}",
                      f"addr add {self.here}/24 dev {self.link}", f"link set {self.link} up",
                      f"-n {self.name} addr add {self.there}/24 dev eth0",
                      f"-n {self.name} link set eth0 up"):
            ok(run("ip", *words.split()))
        return self

    def run(self, *argv):
        return run("ip", "netns", "exec", self.name, *argv)

    def __exit__(self, *exc):
        run("ip", "link", "del", self.link)
        run("ip", "netns", "del", self.name)


def test_blocks_larger_than_the_mtu():
    """A window of those does not leave as one message: packet by packet then."""
    with Line() as line, Node(init=False) as n:
        ok(n.ctl("node", "init", "--name", "cm1", "--cluster", "lab", "--address", line.here,
                 "--port-offset", n.ports.offset))
        ok(n.ctl("set", "param", "tftp.blksize_max", "8192"))
        n.start()
        data = os.urandom(700_000)
        n.write("image.bin", data)
        got = os.path.join(n.work, "got")
        for blksize, window in ((1428, 1), (1428, 16), (1468, 64), (4096, 16), (8192, 8)):
            began = time.monotonic()
            ok(line.run("atftp", "--option", f"blksize {blksize}", "--option",
                        f"windowsize {window}", "-g", "-r", "image.bin", "-l", got, line.here,
                        str(n.port("tftp"))))
            with open(got, "rb") as f:
                equal(f.read() == data, True, f"blksize {blksize}, windowsize {window}")
            os.unlink(got)
            took = time.monotonic() - began
            equal(took < 60, True, f"{took:.1f} s: windows were lost at blksize {blksize}")


class Phone:
    """A TFTP client whose line loses, doubles and swaps packets, both ways."""

    def __init__(self, port, seed, loss):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(1)
        self.server = ("127.0.0.1", port)
        self.random = random.Random(seed)
        self.loss = loss
        self.held = []

    def send(self, packet, to):
        luck = self.random.random()
        if luck >= self.loss:
            self.sock.sendto(packet, to)
        if luck > 1 - self.loss:
            self.sock.sendto(packet, to)

    def recv(self):
        """The next packet; now and then an earlier one comes after it."""
        while True:
            if self.held and self.random.random() < 0.5:
                return self.held.pop()
            got = self.sock.recvfrom(70000)
            luck = self.random.random()
            if luck < self.loss:
                continue
            if luck > 1 - self.loss:
                self.held.append(got)
                continue
            return got

    def fetch(self, name, options):
        words = [name, "octet"] + [str(w) for o in options.items() for w in o]
        request = b"\0\1" + b"".join(w.encode() + b"\0" for w in words)
        blksize = options.get("blksize", 512)
        window = options.get("windowsize", 1)
        data, tid, last, inwin, gap = b"", None, 0, 0, False
        self.send(request, self.server)
        end = time.monotonic() + 180
        while time.monotonic() < end:
            try:
                packet, peer = self.recv()
            except TimeoutError:
                self.send(request if tid is None else struct.pack("!HH", 4, last & 0xffff),
                          tid or self.server)
                continue
            if tid is None:
                tid = peer
            if peer != tid:
                continue
            op, block = struct.unpack("!HH", packet[:4])
            if op == 6 and last == 0 and not data:
                self.send(struct.pack("!HH", 4, 0), tid)
            elif op == 5:
                raise AssertionError(f"ERROR {block} {packet[4:]!r}")
            elif op == 3 and block == (last + 1) & 0xffff:
                data += packet[4:]
                last, inwin, gap = last + 1, inwin + 1, False
                over = len(packet) - 4 < blksize
                if over or inwin >= window:
                    self.sock.sendto(struct.pack("!HH", 4, last & 0xffff), tid) if over \
                        else self.send(struct.pack("!HH", 4, last & 0xffff), tid)
                    inwin = 0
                if over:
                    return data
            elif op == 3 and (block == last & 0xffff or not gap):
                gap, inwin = True, 0
                self.send(struct.pack("!HH", 4, last & 0xffff), tid)
        raise AssertionError(f"{name} is not there after 180 s, at block {last}")


def test_lossy_lines():
    """Every byte right, whatever the line does; and soon, thanks to measured timers."""
    with Node() as n:
        n.start()
        data = os.urandom(120_000)
        n.write("image.bin", data)
        for seed, options in enumerate(({}, {"blksize": 1428}, {"windowsize": 8},
                                        {"blksize": 1000, "windowsize": 64, "tsize": 0})):
            phone = Phone(n.port("tftp"), seed, 0.05)
            began = time.monotonic()
            equal(phone.fetch("image.bin", options) == data, True, f"{options}")
            took = time.monotonic() - began
            equal(took < 90, True, f"{took:.1f} s with {options}")


def every(k, what):
    """That becomes of each k-th packet of a direction, but of no request: clients repeat one
    only after seconds."""
    return lambda to_client, i, packet: what if i % k == k - 1 and packet[:2] != b"\0\1" else [0]


SCRIPTS = {
    "loss": every(7, []),
    "loss of answers": lambda to_client, i, _: [] if to_client and i % 6 == 1 else [0],
    "loss of ACKs": lambda to_client, i, _: [0] if to_client or i % 6 != 2 else [],
    "doubled": lambda to_client, i, _: [0, 0] if i > 0 else [0],
    "disorder": every(5, [0.03]),
    "delay": lambda to_client, i, _: [0.01],
    "doubled, the second late": every(3, [0, 0.04]),
    "all": lambda to_client, i, packet: [[0], [0], [], [0, 0], [0.02], [0, 0.06], [0]][i % 7]
    if packet[:2] != b"\0\1" else [0],
}


def clients(port, folder):
    """name -> command and the file it writes."""
    def atftp(*options):
        return lambda to: ["atftp", *(w for o in options for w in ("--option", o)), "-g", "-r",
                           "image.bin", "-l", to, "127.0.0.1", str(port)]
    # by itself curl asks for a timeout of 6 s, and is given it
    made = {"curl": lambda to: ["curl", "-sf", "--noproxy", "*", "--tftp-no-options", "-o", to,
                                f"tftp://127.0.0.1:{port}/image.bin"],
            "tftp-hpa": lambda to: ["tftp", "-m", "octet", "127.0.0.1", str(port), "-c", "get",
                                    "image.bin", to],
            "atftp": atftp("tsize 0"), "atftp 1428": atftp("blksize 1428"),
            "atftp windows": atftp("blksize 1024", "windowsize 8")}
    for name, command in made.items():
        to = os.path.join(folder, name.replace(" ", "-"))
        yield name, command(to), to


def test_scripted_lines():
    """Real clients over a line that does each bad thing by rote: every byte right, and soon."""
    for p in ("curl", "tftp", "atftp"):
        if shutil.which(p) is None:
            raise Skip(f"{p} is not installed")
    with Node() as n:
        n.start()
        data = os.urandom(40_000)
        n.write("image.bin", data)

        def fetch(command, to):
            began = time.monotonic()
            done = run(*command)
            took = time.monotonic() - began
            if not os.path.exists(to):
                raise AssertionError(done)
            with open(to, "rb") as f:
                return f.read() == data, took
        for script, fate in SCRIPTS.items():
            relay = Udp(n.port("tftp"), fate)
            with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
                runs = {name: pool.submit(fetch, command, to)
                        for name, command, to in clients(relay.port, folder)}
                for name, got in runs.items():
                    right, took = got.result()
                    equal(right, True, f"{name}: {script}")
                    equal(took < 60, True, f"{took:.1f} s, {name}: {script}")
            relay.close()


if __name__ == "__main__":
    main([test_blocks_larger_than_the_mtu, test_lossy_lines, test_scripted_lines])
