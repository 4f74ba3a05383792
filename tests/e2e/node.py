"""One node for end-to-end tests: a state folder, free ports, real programs.

    with Node() as n:
        n.start()
        n.ctl("phone", "add", "SEP0011223344AA")
        boot = n.boot("SEP0011223344AA")
        assert boot.code == 0

Ports are taken under a lock file each, so tests run in parallel; every wait
polls with a deadline.  Python standard library only.
"""
import atexit
import contextlib
import fcntl
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = os.environ.get("top_builddir") or os.getcwd()
SOURCE = os.environ.get("top_srcdir") or os.getcwd()
DEADLINE = 300.0        # only what hangs meets it: sanitizer builds, a busy machine
PORTS = {"tftp": 69, "http": 6970, "https": 6971, "https2": 6972, "tvs": 2445,
         "capf": 3804, "sip": 5060, "sips": 5061, "cluster": 2444}


class Skip(Exception):
    """This test cannot run here; the text says why."""


class Result:
    """What a program said."""

    def __init__(self, argv, done):
        self.argv = argv
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return (f"{' '.join(self.argv)}\nexit {self.code}\n"
                f"--- stdout\n{self.out}--- stderr\n{self.err}")


def program(name):
    """In the build tree, or as installed (make installcheck)."""
    installed = os.environ.get("PHONETRUST_PREFIX")
    if installed is None:
        return os.path.join(BUILD, name, name)
    return os.path.join(installed, "sbin" if name.endswith("d") else "bin", name)


def environment(extra=None):
    env = dict(os.environ)
    env.pop("PHONETRUST_STATE", None)
    env.update(extra or {})
    return env


def run(*argv, data=None, timeout=DEADLINE, env=None, cwd=None):
    argv = [str(a) for a in argv]
    done = subprocess.run(argv, input=data if data is not None else b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, env=environment(env), cwd=cwd, check=False)
    return Result(argv, done)


def wait_for(what, condition, deadline=DEADLINE, seen=None):
    """Poll until condition() is true; its value is returned.  What is asked of a
    daemon belongs into the condition: it may not have learnt yet what was set.
    seen(), if given, says at the end what was there instead."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            last = value if seen is None else seen()
            raise AssertionError(f"not within {deadline} s: {what}; last: {last!r}")
        time.sleep(0.01)        # a poll step, bounded by the deadline


def wait_equal(what, get, expected):
    """Poll until get() is that; the last value is told when it never is."""
    last = []

    def is_it():
        last[:] = [get()]
        return last == [expected]
    wait_for(f"{what} to be {expected!r}", is_it, seen=lambda: last[0])


def wait_all(what, condition):
    """Until condition(), which asks a daemon over a new connection, is true at
    every loop of it: each learns by itself, in some tenths of a second, and any
    may get the connection."""
    often = 12 * max(2, len(os.sched_getaffinity(0)))   # none left out but once in 10^5
    wait_for(f"{what}, at every loop", lambda: all(condition() for _ in range(often)))


def equal(got, expected, what=""):
    if got != expected:
        raise AssertionError(f"{what}: got {got!r}, expected {expected!r}")


def contains(text, part, what=""):
    if part not in text:
        raise AssertionError(f"{what}: {part!r} is not in\n{text}")


def ok(result):
    if result.code != 0:
        raise AssertionError(f"exit {result.code}, expected 0\n{result!r}")
    return result


def fails(result, code, part=None):
    if result.code != code:
        raise AssertionError(f"exit {result.code}, expected {code}\n{result!r}")
    if part is not None:
        contains(result.out + result.err, part, repr(result.argv))
    return result


class Ports:
    """A port offset whose shifted ports are free, kept by locks."""

    def __init__(self):
        self.held = []
        folder = os.path.join(tempfile.gettempdir(), f"phonetrust-test-ports.{os.getuid()}")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        first = 8000 + os.getpid() % 1600 * 10
        for i in range(1600):
            offset = 8000 + (first - 8000 + i * 10) % 16000
            if self._take(folder, offset):
                self.offset = offset
                return
        raise AssertionError("no free port offset from 8000 to 24000")

    def _take(self, folder, offset):
        held = []
        for port in PORTS.values():
            f = open(os.path.join(folder, str(port + offset)), "w", encoding="ascii")
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held.append(f)
                self._probe(port + offset)
            except OSError:
                f.close()
                for h in held:
                    h.close()
                return False
        self.held = held
        return True

    @staticmethod
    def _probe(port):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as s:
                if kind == socket.SOCK_STREAM:      # what is over is no matter
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))

    def free_again(self):
        try:
            for port in PORTS.values():
                self._probe(port + self.offset)
        except OSError:
            return False
        return True

    def close(self):
        for f in self.held:
            f.close()
        self.held = []


class Mould:
    """What node init made, and for which ports.

    Its keys take a second or two, and a script has up to 25 nodes, most of them
    one after the other: those are copies of the first.  Nodes at the same time
    are strangers to one another.
    """

    free = {}               # by what was asked of node init

    def __init__(self, wanted):
        self.wanted = wanted
        self.ports = Ports()
        self.work = None

    @classmethod
    def take(cls, *wanted):
        kept = cls.free.setdefault(wanted, [])
        while kept:
            mould = kept.pop()
            if mould.ports.free_again():
                return mould
            mould.close()
        return cls(wanted)

    def give_back(self):
        if self.work is None:
            self.close()
        else:
            self.free[self.wanted].append(self)

    def keep(self, state):
        self.work = tempfile.mkdtemp(prefix="phonetrust-e2e.")
        atexit.register(shutil.rmtree, self.work, ignore_errors=True)
        ok(run("cp", "-a", state, os.path.join(self.work, "state")))

    def pour(self, state):
        ok(run("cp", "-a", os.path.join(self.work, "state"), state))

    def close(self):
        self.ports.close()


class Node:
    """A state folder and its daemons; everything goes away with the block."""

    def __init__(self, name="cm1", cluster="lab", init=True, args=()):
        self.name = name
        self.cluster = cluster
        self.init_args = args
        self.want_init = init
        self.mould = None
        self.ports = None
        self.work = None

    def __enter__(self):
        self.mould = Mould.take(self.name, self.cluster, *self.init_args)
        self.ports = self.mould.ports
        self.work = tempfile.mkdtemp(prefix="phonetrust-e2e.")
        self.state = os.path.join(self.work, "state")
        self.phones = os.path.join(self.work, "phones")
        if self.want_init and self.mould.work is not None:
            self.mould.pour(self.state)
        elif self.want_init:
            ok(self.init())
            self.mould.keep(self.state)
        return self

    def __exit__(self, *exc):
        if exc[0] is not None:
            self.show_log()
        with contextlib.suppress(Exception):
            if os.path.isdir(self.state):
                self.ctl("utils", "service", "stop", "all")
        shutil.rmtree(self.work, ignore_errors=True)
        self.mould.give_back()

    def show_log(self):
        for name in ("tftpd", "tvsd", "capfd"):
            with contextlib.suppress(OSError):
                with open(os.path.join(self.state, "run", name + ".log"), encoding="utf-8",
                          errors="replace") as f:
                    sys.stdout.write(f"--- run/{name}.log (its end)\n" + f.read()[-6000:])

    def port(self, name):
        return PORTS[name] + self.ports.offset

    def init(self, *more):
        return self.ctl("node", "init", "--name", self.name, "--cluster", self.cluster,
                        "--address", "127.0.0.1", "--port-offset", self.ports.offset,
                        *self.init_args, *more)

    def ctl(self, *words, data=None):
        return run(program("ctltool"), "--state", self.state, *words, data=data)

    def ec_keys(self):
        """Trust lists of signer version 1.1, with which phones make EC keys."""
        ok(self.ctl("set", "param", "itl.signer_version", "1.1", "--yes"))

    def start(self):
        ok(self.ctl("utils", "service", "start", "all"))

    def stop(self):
        ok(self.ctl("utils", "service", "stop", "all"))

    def wait_shown(self, unit, port):
        """Until every loop behind the port shows the unit's active certificate,
        which is some tenths of a second after it was promoted."""
        pem = ok(self.ctl("show", "cert", "own", unit, "--pem")).out
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN"):].strip())

        wait_all(f"the certificate of {unit}", lambda: ssl.PEM_cert_to_DER_cert(
            ssl.get_server_certificate(("127.0.0.1", self.port(port)))) == der)

    def daemon_pid(self, name="tftpd"):
        rows = ok(self.ctl("--json", "utils", "service", "list")).json["result"]
        services = rows if isinstance(rows, list) else rows["services"]
        return next(s["pid"] for s in services if s["name"] == name)

    def boot(self, phone, *more, transport="auto", remember=True, port_offset=None,
             server="127.0.0.1"):
        args = ["boot", phone, "--server", server, "--port-offset",
                self.ports.offset if port_offset is None else port_offset,
                "--transport", transport]
        if remember:
            args += ["--state", self.phones]
        return run(program("phonesim"), *args, *more)

    def http(self, path, method="GET", headers=None):
        """(status, headers, body) by our own few lines: exact control."""
        with socket.create_connection(("127.0.0.1", self.port("http")), DEADLINE) as s:
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            for k, v in (headers or {}).items():
                head += f"{k}: {v}\r\n"
            s.sendall(head.encode("latin-1") + b"\r\n")
            data = b""
            while True:
                part = s.recv(65536)
                if not part:
                    break
                data += part
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {k.strip().lower(): v.strip()
                  for k, _, v in (line.partition(":") for line in lines[1:])}
        return int(lines[0].split()[1]), fields, body

    def write(self, name, data, mode=0o644):
        """A static file, as an administrator would drop it there."""
        path = os.path.join(self.state, "tftp", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        if os.getuid() == 0:
            os.chmod(os.path.dirname(path), 0o755)
        return path


class SlowDownload:
    """Of a large file over HTTP: it trickles, however long the block takes, but
    not so slowly that it is ended (http.min_rate); then rest() has it to its end.

        with SlowDownload(n, "big.bin") as slow:
            ...
            equal(slow.rest(), data)
    """

    def __init__(self, n, name):
        self.sock = socket.create_connection(("127.0.0.1", n.port("http")), DEADLINE)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.sock.sendall(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
        self.got = self.sock.recv(4096)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._trickle, daemon=True)

    def _trickle(self):
        while not self.over.wait(0.05):
            self.got += self.sock.recv(4096)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.over.set()
        self.thread.join()
        self.sock.close()

    def rest(self):
        """The body, cut where it was cut."""
        self.over.set()
        self.thread.join()
        with contextlib.suppress(ConnectionError):
            while part := self.sock.recv(1 << 20):
                self.got += part
        return self.got.partition(b"\r\n\r\n")[2]


def have_user(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def example(name):
    return os.path.join(SOURCE, "docs", "examples", name)


def main(tests):
    """Run the given functions; automake's exit codes."""
    skipped = failed = 0
    only = sys.argv[1:]
    for test in tests:
        name = test.__name__
        if only and name not in only:
            continue
        began = time.monotonic()
        try:
            test()
            print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as why:
            skipped += 1
            print(f"SKIP {name}: {why}", flush=True)
        except Exception:       # the report is the point
            failed += 1
            print(f"FAIL {name}", flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{len(tests)} tests, {failed} failed, {skipped} skipped")
    if failed:
        sys.exit(1)
    sys.exit(77 if skipped == len(tests) else 0)
