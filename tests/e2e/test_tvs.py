#!/usr/bin/env python3
"""The Trust Verification Service with phones of our own few lines: every TLS
version, every answer, many at once, and peers that are silent or slow."""
import asyncio
import base64
import contextlib
import hashlib
import os
import re
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import warnings

from node import (DEADLINE, SOURCE, Node, Skip, contains, equal, main, ok, wait_all, wait_equal,
                  wait_for)

SAST, CCM, TFTP, CAPF, APP_SERVER, TVS = 0, 1, 3, 4, 7, 21
VECTORS = os.path.join(SOURCE, "tests", "data", "vectors")
DEVICE = b"CP-8861-SEP0011223344AA"


def element(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


def message(command, session, *elements):
    body = b"".join(elements)
    return struct.pack(">BBBBIH", 0x57, 1, command, 0, session, len(body)) + body


def verify(der, session=1, device=DEVICE):
    return message(1, session, element(1, b"\1" + device), element(2, der))


def query(issuer, serial, session=1):
    return message(3, session, element(1, b"\1" + DEVICE), element(3, issuer + b"\0"),
                   element(4, issuer + b"\0"), element(5, serial))


def parse(answer):
    """(command, session, status, roles, ttl, der)"""
    head = struct.unpack(">BBBBIH", answer[:10])
    equal(head[0:2], (0x57, 1), "protocol and version")
    equal(len(answer), 10 + head[5], "length")
    at, got = 10, {}
    while at < len(answer):
        tag, n = struct.unpack(">BH", answer[at:at + 3])
        got[tag] = answer[at + 3:at + 3 + n]
        at += 3 + n
    ttl = struct.unpack(">I", got[9])[0] if 9 in got else 0
    return head[2], head[4], got[7][0], list(got.get(8, b"")), ttl, got.get(2)


def client(version=None, ciphers="ALL:@SECLEVEL=0"):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.set_ciphers(ciphers)
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            c.minimum_version = c.maximum_version = version
    return c


def dial(n, context=None, session=None):
    raw = socket.create_connection(("127.0.0.1", n.port("tvs")), DEADLINE)
    try:
        return (context or client()).wrap_socket(raw, session=session)
    except Exception:
        raw.close()
        raise


def ask_on(s, request):
    s.sendall(request)
    return parse(s.recv(65536))     # an answer is one record


def ask(n, request):
    with dial(n) as s:
        return ask_on(s, request)


def answer_of(n, der):
    _, _, status, roles, ttl, _ = ask(n, verify(der))
    return status, roles, ttl


def own(n, unit):
    pem = ok(n.ctl("show", "cert", "own", unit, "--pem")).out
    return ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN"):].strip())


def vector(name):
    with open(os.path.join(VECTORS, "keys", name + ".pem"), encoding="ascii") as f:
        pem = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----",
                        f.read(), re.S).group(0)
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


def rows(n, *statements):
    """What commands of the trust stores write."""
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"),
                                            timeout=300)) as db:
        with db:
            for sql, values in statements:
                db.execute(sql, values)


CCM_NAME = "CN=CCM;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ"
CCM_SERIAL = bytes.fromhex("86de4525b351cf0cbaf691f0a8d968b4")


def trust(n, unit, der, removed=0, ttl=0):
    sha = hashlib.sha256(der).digest()
    rows(n, ("INSERT OR IGNORE INTO certificate VALUES (?, ?, ?, ?, ?, ?, x'', 1795219200, "
             "2426371200)", (sha, der, CCM_NAME, CCM_NAME, CCM_SERIAL, sha)),
         ("INSERT OR REPLACE INTO trust VALUES (?, ?, 'ccm', 'test', '', ?, 1, ?)",
          (unit, sha, ttl, removed)))


@contextlib.contextmanager
def tvs(*args):
    with Node(args=args) as n:
        ok(n.ctl("utils", "service", "start", "tvsd"))
        yield n


def log(n):
    with open(os.path.join(n.state, "run", "tvsd.log"), encoding="utf-8") as f:
        return f.read()


# --- answers ---

def test_who_is_vouched_for():
    with tvs() as n:
        for unit, roles, ttl in (("CallManager", [CCM, TFTP], 86400),
                                 ("CallManager-ECDSA", [CCM, TFTP], 86400),
                                 ("CAPF", [CAPF], 86400), ("TVS", [TVS], 86400),
                                 ("ITLRecovery", [SAST], 86400), ("https", [APP_SERVER], 3600)):
            equal(answer_of(n, own(n, unit)), (0, roles, ttl), unit)
        ccm = vector("ccm")
        equal(answer_of(n, ccm), (1, [], 0), "a stranger")
        trust(n, "CallManager-trust", ccm)
        equal(answer_of(n, ccm), (0, [CCM], 86400), "by the next question")
        trust(n, "CallManager-trust", ccm, removed=5)
        equal(answer_of(n, ccm), (1, [], 0), "removed, by the next question")
        trust(n, "Phone-SAST-trust", ccm, ttl=7200)
        equal(answer_of(n, ccm), (0, [SAST, TFTP], 7200), "a signer of files")
        text = ok(n.ctl("utils", "service", "stop", "tvsd")) and log(n)
        contains(text, 'why="unknown"')
        contains(text, 'why="removed"')


def test_golden_bytes():
    """What the peer answered, byte for byte."""
    with tvs() as n:
        ccm = vector("ccm")
        trust(n, "Phone-SAST-trust", ccm)
        for name in ("query.inferred", "verify-invalid"):
            with open(os.path.join(VECTORS, "tvs", name + ".txt"), encoding="ascii") as f:
                lines = dict(line.split() for line in f)
            with dial(n) as s:
                s.sendall(bytes.fromhex(lines["C>S"]))
                equal(s.recv(65536).hex(), lines["S>C"], name)


def test_query():
    with tvs() as n:
        ccm = vector("ccm")
        trust(n, "Phone-SAST-trust", ccm)
        for name in (CCM_NAME, ",".join(reversed(CCM_NAME.split(";"))),
                     CCM_NAME.replace("CN=", "cn=")):
            got = ask(n, query(name.encode(), b"\0\0" + CCM_SERIAL, 1001))
            equal(got, (4, 1001, 0, [SAST, TFTP], 86400, ccm), name)
        other = query(b"CN=other", CCM_SERIAL)
        equal(ask(n, other)[2], 1, "another issuer")
        ok(n.ctl("set", "param", "tvs.serial_alone", "yes"))
        equal(ask(n, other)[2], 0, "by its serial number alone")


def test_dates():
    for offset, word in (("3155760000", "expired"), ("-31557600", "not yet valid")):
        with Node(args=("--test",)) as n:
            der = own(n, "CallManager")
            p = subprocess.Popen([os.path.join(os.environ.get("top_builddir", "."), "tvsd",
                                               "tvsd"), "--state", n.state, "--foreground",
                                  "--time-offset", offset], stderr=subprocess.PIPE)
            try:
                wait_for("tvsd", lambda: b"proc.ready" in p.stderr.readline())
                equal(answer_of(n, der), (1, [], 0), word)
            finally:
                p.terminate()
            contains(p.communicate()[1].decode(), f'why="{word}"')


def test_several_on_a_connection():
    with tvs() as n:
        good, bad = own(n, "CAPF"), vector("ccm")
        with dial(n) as s:
            for i in range(30):
                command, session, status, _, _, _ = ask_on(s, verify((good, bad)[i % 2], 0xFFFFFF00
                                                                     + i))
                equal((command, session, status), (2, 0xFFFFFF00 + i, i % 2), "answer")
            # several in one record, each gets a record of its own
            s.sendall(verify(good, 1) + verify(bad, 2) + verify(good, 3))
            equal([parse(s.recv(65536))[1:3] for _ in range(3)], [(1, 0), (2, 1), (3, 0)], "three")
            # in pieces
            request = verify(good, 4)
            for i in range(0, len(request), 100):
                s.sendall(request[i:i + 100])
            equal(parse(s.recv(65536))[1:3], (4, 0), "in pieces")


def test_malformed_is_not_answered():
    with tvs() as n:
        good = own(n, "CAPF")
        for what in (b"GET / HTTP/1.1\r\n\r\n", b"\x58" + verify(good)[1:], verify(b"junk"),
                     verify(good, device=b"no name"), message(1, 1), message(2, 1),
                     message(9, 1), b"\x57\1\1\0\0\0\0\1\xff\xff"):
            with dial(n) as s:
                equal(ask_on(s, verify(good))[2], 0, "before")
                s.sendall(what)
                equal(s.recv(100), b"", repr(what[:20]))


def test_any_device():
    """Names are for the record only."""
    with tvs() as n:
        good = own(n, "CAPF")
        for name in (b"CP-8851NR-SEP001122334401", b"CP-7925G-SEP001122334402", b"Softphone"):
            equal(ask(n, verify(good, device=name))[2], 0, name)
        equal(ask(n, message(1, 7, element(2, good)))[2], 0, "without a name")
        equal(ask(n, verify(vector("ccm")))[2], 1, "a stranger")
        shown = wait_for("what was asked", lambda: (lambda a: a if len(a) == 5 else None)(
            ok(n.ctl("--json", "show", "tvs", "asks")).json["result"]["asks"]))
        equal({a["device"] for a in shown}, {"SEP001122334401", "SEP001122334402", "Softphone",
                                            "", "SEP0011223344AA"}, "devices")
        stranger = next(a for a in shown if a["answer"] != "valid")
        equal((stranger["answer"], stranger["address"], stranger["command"],
               stranger["sha256"]),
              ("unknown", "127.0.0.1", "verify", hashlib.sha256(vector("ccm")).hexdigest()),
              "put down")
        one = ok(n.ctl("show", "tvs", "asks", "sep001122334401")).out.splitlines()
        equal(len(one), 1, "of one device")
        contains(one[0], "verify valid")


# --- TLS ---

VERSIONS = (("tls1", ssl.TLSVersion.TLSv1), ("tls1_1", ssl.TLSVersion.TLSv1_1),
            ("tls1_2", ssl.TLSVersion.TLSv1_2), ("tls1_3", ssl.TLSVersion.TLSv1_3))


def s_client(n, *args):
    """What was agreed on with openssl s_client, and whether it was answered."""
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{n.port('tvs')}",
                           "-brief", "-no_ign_eof", *args], input=verify(vector("ccm")),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE,
                          check=False).stdout
    version = re.search(rb"Protocol version: (\S+)", said)
    return version.group(1).decode() if version else None


def test_tls_versions():
    if shutil.which("openssl") is None:
        raise Skip("no openssl")
    with tvs() as n:
        old = ("-cipher", "ALL:@SECLEVEL=0")
        equal([s_client(n, "-" + v, *old) for v, _ in VERSIONS],
              [None, None, "TLSv1.2", "TLSv1.3"], "at first")
        r = n.ctl("set", "param", "tvs.min_version", "1.0")
        ok(r)
        wait_all("TLS 1.0", lambda: s_client(n, "-tls1", *old))
        equal([s_client(n, "-" + v, *old) for v, _ in VERSIONS],
              ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"], "with the parameter")
        for _, version in VERSIONS:
            with dial(n, client(version)) as s:
                equal(ask_on(s, verify(own(n, "CAPF")))[2], 0, str(version))
        static = ("-tls1_2", "-cipher", "AES256-SHA:@SECLEVEL=0")
        equal(s_client(n, *static), None, "static RSA")
        ok(n.ctl("set", "param", "tvs.static_rsa", "yes"))
        wait_for("static RSA", lambda: s_client(n, *static))
        ok(n.ctl("set", "param", "tvs.min_version", "1.3"))
        wait_all("TLS 1.3 alone", lambda: s_client(n, "-tls1_2", *old) is None)
        equal(s_client(n, "-tls1_3"), "TLSv1.3", "with TLS 1.3 alone")


def test_resumed_at_every_loop():
    with tvs() as n:
        good = own(n, "CAPF")
        context = client(ssl.TLSVersion.TLSv1_2)
        with dial(n, context) as s:
            session = s.session
        for _ in range(12):
            with dial(n, context, session) as s:
                assert s.session_reused
                equal(ask_on(s, verify(good))[2], 0, "answer")


def test_certificate_of_now():
    """A promoted certificate is presented without a restart by hand."""
    with tvs() as n:
        def shown():
            with dial(n) as s:
                return s.getpeercert(True)

        before = own(n, "TVS")
        equal(shown(), before, "at first")
        ok(n.ctl("set", "cert", "regen", "TVS", "--yes"))
        ok(n.ctl("set", "cert", "promote", "TVS", "--sacrifice", "all", "--yes"))
        after = own(n, "TVS")
        assert before != after
        with contextlib.suppress(OSError):
            equal(shown() in (before, after), True, "either")

        def is_new():
            with contextlib.suppress(OSError):
                return shown() == after

        wait_for("the promoted certificate", is_new)
        equal(answer_of(n, before), (1, [], 0), "retired")
        equal(answer_of(n, after), (0, [TVS], 86400), "active")


def test_signer_that_hangs():
    """Whom no key answers in time, the parent gives another signer."""
    with tvs() as n:
        good = own(n, "CAPF")
        equal(answer_of(n, good)[0], 0, "at first")
        signer = int(re.search(r"proc\.ready.*?signer\W+(\d+)", log(n)).group(1))
        os.kill(signer, signal.SIGSTOP)
        with contextlib.suppress(OSError):
            dial(n).close()
        wait_for("answers again", lambda: try_status(n, good) == 0)


# --- many, silent, slow ---

def test_many_at_once():
    """None is refused, whether 64 or 1,000 shake hands at the same time; who falls silent
    for two seconds while others wait comes again."""
    with tvs() as n:
        for name in ("handshake", "message"):       # our side of a thousand takes its time
            ok(n.ctl("set", "param", f"tvs.{name}_timeout_ms", "120000"))
        ok(n.ctl("utils", "service", "restart", "tvsd"))
        request = verify(own(n, "CAPF"))
        context = client()
        again = []

        async def once(gate):
            reader, writer = await asyncio.open_connection("127.0.0.1", n.port("tvs"))
            await gate.wait()
            transport = await asyncio.get_running_loop().start_tls(
                writer.transport, writer.transport.get_protocol(), context,
                ssl_handshake_timeout=DEADLINE)
            transport.write(request)
            got = await reader.readexactly(10)
            got += await reader.readexactly(struct.unpack(">H", got[8:])[0])
            transport.close()
            return parse(got)[2]

        async def one(gate):
            while True:
                try:
                    return await once(gate)
                except (OSError, EOFError) as e:    # one process is all of them: it is slow
                    again.append(e)

        async def many(count):
            gate = asyncio.Event()
            tasks = [asyncio.ensure_future(one(gate)) for _ in range(count)]
            await asyncio.sleep(0)
            gate.set()
            return await asyncio.gather(*tasks)

        for count in (64, 1000):
            equal(asyncio.run(many(count)), [0] * count, f"{count} at once")
        wait_equal("ended as slow", lambda: log(n).count("slow TLS handshake, others wait"),
                   len(again))
        assert "tvs.full" not in log(n)


def quiet_peers(n, good):
    """Two that do not get through the handshake, two that say no whole message."""
    mute = socket.create_connection(("127.0.0.1", n.port("tvs")), DEADLINE)
    cut = socket.create_connection(("127.0.0.1", n.port("tvs")), DEADLINE)
    cut.sendall(b"\x16\x03\x01\x02\x00\x01")
    idle = dial(n)
    slow = dial(n)
    slow.sendall(verify(good)[:200])
    return [mute, cut, idle, slow]


def test_silent_and_slow():
    """They go when their time is over, and nobody waits for them."""
    with tvs() as n:
        good = own(n, "CAPF")
        for name in ("handshake", "message", "idle"):
            ok(n.ctl("set", "param", f"tvs.{name}_timeout_ms", "120000"))
        ok(n.ctl("utils", "service", "restart", "tvsd"))    # they count from now on
        with contextlib.ExitStack() as stack:
            quiet = [stack.enter_context(s) for s in quiet_peers(n, good)]
            for _ in range(5):
                equal(answer_of(n, good)[0], 0, "others")
            equal(select.select(quiet[:2], [], [], 0)[0], [], "over: others have waited for them")
        for name in ("handshake", "message", "idle"):
            ok(n.ctl("set", "param", f"tvs.{name}_timeout_ms", "2000"))

        def idle_ends():
            with contextlib.suppress(OSError), dial(n) as s:
                s.settimeout(5)
                with contextlib.suppress(TimeoutError):
                    return s.recv(1) == b""

        wait_for("the parameters", idle_ends)
        ok(n.ctl("utils", "service", "restart", "tvsd"))    # now every loop has them
        them = quiet_peers(n, good) + quiet_peers(n, good)
        for s in them:
            s.settimeout(DEADLINE)
            with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                while s.recv(1000):
                    pass
            s.close()
        for why in ("no whole TLS handshake in time", "no whole message in time"):
            wait_for(why, lambda why=why: why in log(n))


def test_limits():
    with tvs() as n:
        good = own(n, "CAPF")
        ok(n.ctl("set", "param", "tvs.max_per_address", "3"))

        def is_limited():
            with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
                for _ in range(4):
                    stack.enter_context(dial(n))
                return False
            return True

        wait_for("the parameter", is_limited)
        wait_for("room", lambda: try_status(n, good) == 0)
        held = [wait_for("room", lambda: try_dial(n)) for _ in range(3)]
        for s in held:
            equal(ask_on(s, verify(good))[2], 0, "held")
        try:
            dial(n).close()
            raise AssertionError("a fourth was let in")
        except OSError:
            pass
        for s in held:
            s.close()
        wait_for("room again", lambda: try_status(n, good) == 0)


def try_dial(n):
    try:
        return dial(n)
    except OSError:
        return None


def try_status(n, der):
    try:
        return answer_of(n, der)[0]
    except OSError:
        return None


# --- service ---

def test_service():
    with Node() as n:
        out = ok(n.ctl("utils", "service", "start", "Cisco Trust Verification Service")).out
        contains(out, "tvsd")
        contains(ok(n.ctl("show", "status")).out, "tvsd[STARTED]")
        ok(n.ctl("utils", "service", "restart", "tvsd"))
        equal(answer_of(n, own(n, "TVS"))[0], 0, "after a restart")
        ok(n.ctl("utils", "service", "stop", "all"))
        contains(ok(n.ctl("utils", "service", "list")).out, "tvsd[STOPPED]")


def test_another_port():
    """Where it listens changes while it runs; connections it has go on."""
    with tvs() as n:
        good = own(n, "CAPF")
        port = n.port("tvs") + 3        # offsets are tens: it is nobody else's
        with dial(n) as kept:
            ok(n.ctl("set", "param", "tvs.port", str(port)))

            def is_there():
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), DEADLINE).close()
                    return True

            wait_for("the new port", is_there)
            equal(ask_on(kept, verify(good))[2], 0, "on the connection of before")
        raw = socket.create_connection(("127.0.0.1", port), DEADLINE)
        with client().wrap_socket(raw) as s:
            equal(ask_on(s, verify(good))[2], 0, "on the new port")

        def is_gone():
            try:
                dial(n).close()
            except OSError:
                return True

        wait_for("the old port is closed", is_gone)


if __name__ == "__main__":
    main([test_who_is_vouched_for, test_golden_bytes, test_query, test_dates,
          test_several_on_a_connection, test_malformed_is_not_answered, test_any_device,
          test_tls_versions, test_resumed_at_every_loop, test_certificate_of_now,
          test_signer_that_hangs,
          test_many_at_once, test_silent_and_slow, test_limits,
          test_service, test_another_port])
