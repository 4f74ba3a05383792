#!/usr/bin/env python3
"""TFTP when it is meant ill or comes in masses: names out of the root, many at once."""
import contextlib
import os
import random
import re
import resource
import shutil
import socket
import struct

from node import Node, Skip, contains, equal, main, ok, run, wait_for

PUBLIC = b"<CiscoIPPhoneRingList/>\n"
SECRET = b"what no phone may read"


def request(name, *options, mode=b"octet"):
    return b"\0\1" + b"\0".join([name, mode, *options]) + b"\0"


def ack(block):
    return struct.pack("!HH", 4, block & 0xffff)


@contextlib.contextmanager
def phone(ip="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((ip, 0))
        s.settimeout(30)
        yield s


def fetch(s, server, name):
    """All of a file in lock-step, over a line that loses nothing."""
    s.sendto(request(name), server)
    data, block = b"", 1
    while True:
        packet, tid = s.recvfrom(2048)
        if block > 1 and packet[:4] == struct.pack("!HH", 3, block - 1 & 0xffff):
            continue            # repeated: we were slow
        if packet[:4] != struct.pack("!HH", 3, block & 0xffff):
            raise AssertionError(f"block {block}: {packet[:80]!r}")
        data += packet[4:]
        s.sendto(ack(block), tid)
        block += 1
        if len(packet) < 516:
            return data


# What leads out of a folder somewhere, to something that exists, by some spelling.
STEPS = [b"..", b".", b"", b"...", b"....", b"..\\", b"..;", b"%2e%2e", b"%252e%252e", b"\xc0\xae\xc0\xae",
         b"\xe0\x80\xae\xe0\x80\xae", b"\xef\xbc\x8e\xef\xbc\x8e", b"..%00", b"..\x01", b"~", b"C:",
         b"tftp", b"..%c0%af..", b". .", b"link", b"link/..", b"\xff", b"sub", b"sub/..", b"run"]
GOALS = [b"secret.txt", b"master.key", b"phonetrust.db", b"observed.db", b"tftp/../secret.txt",
         b"etc/passwd", b"etc/shadow", b"proc/self/environ", b"proc/self/root/etc/passwd",
         b"dev/zero", b"dev/stdin", b"run/tftpd.log", b"SECRET.TXT", b"secret.txt.", b"secret.txt/",
         b"secret.txt%00.xml", b"secret.txt::$DATA", b"", b".", b"nul", b"a" * 300]
ENDS = [b"", b"", b"", b".sgn", b".enc.sgn", b".cnf.xml", b".cnf.xml.sgn", b"/", b"\\", b" ", b"%00"]


def traversals(n, state):
    """n names, the same in every run."""
    rnd = random.Random(1350)
    seen = set()
    while len(seen) < n:
        slash = rnd.choice([b"/", b"/", b"/", b"\\", b"//", b"%2f", b"\xc0\xaf", b"\xef\xbc\x8f"])
        steps = [rnd.choice(STEPS) for _ in range(rnd.randint(0, 9))]
        if rnd.random() < 0.3:
            steps = [b".."] * rnd.randint(1, 12)
        start = rnd.choice([b"", b"", b"/", b"//", b"\\", b"file:///", state.encode() + b"/", b"./"])
        name = start + slash.join([*steps, rnd.choice(GOALS)]) + rnd.choice(ENDS)
        if name not in seen and b"public.xml" not in name:
            seen.add(name)
            yield name


def test_traversal_names():
    """None of 10,000 names gives a byte from outside of the root, or no answer."""
    with Node() as n:
        os.makedirs(os.path.join(n.work, "outside"))
        for path in (os.path.join(n.state, "secret.txt"), os.path.join(n.work, "secret.txt"),
                     os.path.join(n.work, "outside", "secret.txt")):
            with open(path, "wb") as f:
                f.write(SECRET)
            os.chmod(path, 0o644)
        n.write("public.xml", PUBLIC)
        n.write("sub/public.xml", PUBLIC)
        os.symlink(os.path.join(n.work, "outside"), os.path.join(n.state, "tftp", "link"))
        os.symlink("../secret.txt", os.path.join(n.state, "tftp", "secret.txt"))
        n.start()
        server = ("127.0.0.1", n.port("tftp"))
        with phone() as s:
            for name in traversals(10_000, n.state):
                s.sendto(request(name), server)
                packet = s.recv(2048)
                equal(packet[:2], b"\0\5", name)
                equal(SECRET in packet, False, name)
            equal(fetch(s, server, b"public.xml"), PUBLIC)
            equal(fetch(s, server, b"/sub/public.xml"), PUBLIC)


def test_a_branch_at_once():
    """By default 2,000 phones behind one address; who comes then is told, and disturbs nobody."""
    with Node() as n, contextlib.ExitStack() as open_sockets:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most < 2200:
            raise Skip(f"only {most} files may be open")
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        data = os.urandom(20_000)
        n.write("image.bin", data)
        n.start()
        server = ("127.0.0.1", n.port("tftp"))
        phones = [open_sockets.enter_context(phone()) for _ in range(2000)]
        late = open_sockets.enter_context(phone())
        other = open_sockets.enter_context(phone("127.0.0.2"))
        tids = []
        for s in phones:        # who asks for a long timeout is waited for long
            s.sendto(request(b"image.bin", b"timeout", b"200"), server)
            packet, tid = s.recvfrom(2048)
            equal(packet[:2], b"\0\6")
            tids.append(tid)
            s.sendto(ack(0), tid)
            packet = s.recv(2048)
            equal(packet[:4], b"\0\3\0\1")
        late.sendto(request(b"image.bin"), server)
        equal(late.recv(2048), b"\0\5\0\0server busy\0")
        equal(fetch(other, server, b"image.bin"), data, "another address")
        got = data[:512]
        for block in range(1, len(data) // 512 + 1):    # while others press in
            for _ in range(50):
                late.sendto(request(b"image.bin"), server)
            phones[0].sendto(ack(block), tids[0])
            packet = phones[0].recv(2048)
            equal(packet[:4], struct.pack("!HH", 3, block + 1))
            got += packet[4:]
            for _ in range(50):
                equal(late.recv(2048), b"\0\5\0\0server busy\0")
        phones[0].sendto(ack(block + 1), tids[0])
        equal(got == data, True, "a transfer under way")

        def place():
            late.sendto(request(b"image.bin"), server)
            return late.recv(2048)[:2] == b"\0\3"
        wait_for("a place", place)


def test_buffer_of_the_port():
    """A thousand phones may ask within the milliseconds that a signature takes."""
    if os.getuid() != 0:
        raise Skip("only root can force a large buffer")
    if shutil.which("ss") is None:
        raise Skip("ss is not installed")
    with Node() as n:
        n.start()
        said = ok(run("ss", "-Hulnm", f"sport = :{n.port('tftp')}")).out
        sizes = [int(b) for b in re.findall(r"\brb(\d+)", said)]
        equal(len(sizes) > 0 and min(sizes) >= 2 * (4 << 20), True, said)
        with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
            equal("tftpd.rcvbuf" in f.read(), False)


def changed_in_the_middle(n, change, expected, *options):
    """A phone has a block of image.bin when change(path) happens."""
    data = os.urandom(200_000)
    path = n.write("image.bin", data)
    server = ("127.0.0.1", n.port("tftp"))
    with phone() as s, phone() as other:
        s.sendto(request(b"image.bin", *options), server)
        got, block = b"", 0
        packet, tid = s.recvfrom(70000)
        if packet[:2] == b"\0\6":
            s.sendto(ack(0), tid)
            packet = s.recv(70000)
        change(path)
        while packet[:2] == b"\0\3":
            if packet[2:4] == struct.pack("!H", block + 1 & 0xffff):
                block += 1
                got += packet[4:]
                s.sendto(ack(block), tid)       # within windows too: that moves them
                if len(packet) < 516:
                    break
            packet = s.recv(70000)
        n.write("other.bin", data)
        equal(fetch(other, server, b"other.bin") == data, True, "others")
        if expected:
            equal(got == data, True, "the file as it was")
        else:
            equal(packet[:2], b"\0\5")
            equal(data.startswith(got), True, "no wrong byte")
            contains(packet[4:].decode(), "file changed")


def replace(path):
    with open(path + ".new", "wb") as f:
        f.write(b"new" * 100_000)
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def test_file_gone_in_the_middle():
    """Truncated, replaced or deleted while it is sent: that harms nobody."""
    with Node() as n:
        n.start()
        for options in ((), (b"windowsize", b"8")):
            changed_in_the_middle(n, lambda path: os.truncate(path, 100), False, *options)
            changed_in_the_middle(n, replace, True, *options)
            changed_in_the_middle(n, os.unlink, True, *options)


if __name__ == "__main__":
    main([test_traversal_names, test_a_branch_at_once, test_buffer_of_the_port,
          test_file_gone_in_the_middle])
