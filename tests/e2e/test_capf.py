#!/usr/bin/env python3
"""The Certificate Authority Proxy Function with phones of our own few lines:
every operation, every way to prove oneself, cuts at each message, peers that
are silent or slow, and processes that are killed in the middle."""
import contextlib
import hashlib
import os
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import warnings

from node import (DEADLINE, SOURCE, Node, contains, equal, main, ok, wait_all, wait_equal,
                  wait_for)

AUTH_REQ, AUTH, KEY_REQ, KEY = 1, 2, 3, 4
STORE_REQ, STORE, FETCH_REQ, FETCH, DELETE_REQ, DELETE, END = 9, 10, 11, 12, 13, 14, 15
PROGRESS = 17
PHONE = "SEP0011223344AA"
VECTORS = os.path.join(SOURCE, "tests", "data", "vectors", "capf")


def element(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


def message(command, session, *elements):
    body = b"".join(elements)
    return struct.pack(">BBIH", 0x55, command, session, len(body)) + body


def parse(data):
    """(command, session, {tag: value}) of one message that fills data."""
    protocol, command, session, n = struct.unpack(">BBIH", data[:8])
    equal((protocol, len(data)), (0x55, 8 + n), "header")
    at, got, last = 8, {}, 0
    while at < len(data):
        tag, n = struct.unpack(">BH", data[at:at + 3])
        assert tag > last, f"element {tag} after {last}"
        last = tag
        got[tag] = data[at + 3:at + 3 + n]
        at += 3 + n
    equal(at, len(data), "elements")
    return command, session, got


def recorded(name, command):
    """The message of that command in a recorded session."""
    with open(os.path.join(VECTORS, name + ".txt"), encoding="ascii") as f:
        for line in f:
            data = bytes.fromhex(line.split()[1])
            if data[1] == command:
                return parse(data)[2]
    raise AssertionError(name)


RSA_SPKI = recorded("install-rsa2048-password", KEY)[9]
RSA_SPKI_2 = recorded("install-rsa2048-nullstring", KEY)[9]
EC_SPKI = recorded("install-ec-secp384r1", KEY)[9]


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


class Phone:
    """A phone's side of one session; each message of the server is one TLS
    record, or recv would not bring it whole."""

    def __init__(self, n, name=PHONE, port=None, context=None, host="127.0.0.1", source=None):
        raw = socket.create_connection((host, port or n.port("capf")), DEADLINE,
                                       source and (source, 0))
        self.s = (context or client()).wrap_socket(raw)
        self.name = name
        self.step = None            # sends bytes one by one when set

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def hear(self, *commands):
        command, session, got = parse(self.s.recv(65536))
        assert command in commands, (command, got)
        self.session = session
        return got if len(commands) == 1 else (command, got)

    def say(self, command, *elements):
        data = message(command, self.session, *elements)
        if self.step:
            for i in range(len(data)):
                self.s.sendall(data[i:i + 1])
        else:
            self.s.sendall(data)

    def hello(self, string="", version=3, extra=()):
        got = self.hear(AUTH_REQ)
        equal(got, {7: b"\3", 8: b"\0"}, "authentication request")
        parts = [element(1, b"\1")] + [element(7, bytes([version]))] * (version > 1) + [
            element(11, string.encode() + b"\0"), element(13, self.name.encode() + b"\0")]
        self.say(AUTH, *parts, *extra)

    def ended(self, reason):
        got = self.hear(END)
        equal(got, {1: bytes([reason])}, "end of the session")
        equal(self.s.recv(1), b"", "close_notify")

    def make_key(self, spki=RSA_SPKI, progress=1):
        got = self.hear(KEY_REQ)
        for _ in range(progress):
            self.say(PROGRESS)
        self.say(KEY, element(9, spki))
        return got

    def store(self, reason=1):
        got = self.hear(STORE_REQ)
        equal(got[3], b"\1", "type of certificate")
        n, = struct.unpack(">H", got[4][1:3])
        equal((got[4][0], got[4][3:5], len(got[4])), (1, b"\0\1", n + 3), "inner header")
        self.say(STORE, element(1, bytes([reason])))
        return got[4][5:]


def install(n, string="", spki=RSA_SPKI, name=PHONE, **more):
    with Phone(n, name, **more) as p:
        p.hello(string)
        p.make_key(spki)
        der = p.store()
        p.ended(1)
    return der


@contextlib.contextmanager
def capf(*args, phones=(PHONE,)):
    with Node(args=args) as n:
        for p in phones:
            ok(n.ctl("phone", "add", p, "--model", "8861"))
        ok(n.ctl("utils", "service", "start", "capfd"))
        yield n


def ask(n, operation="install-upgrade", mode="by-null-string", string=None, name=PHONE, *more):
    words = ["--certificate-operation", operation, "--authentication-mode", mode, *more]
    data = None
    if string is not None:
        words += ["--authentication-string-file", "-"]
        data = string.encode() + b"\n"
    ok(n.ctl("phone", "set", name, *words, data=data))


def operation(n, name=PHONE):
    settings = ok(n.ctl("--json", "phone", "show", name)).json["result"]["settings"]
    return settings["certificate-operation"]["value"]


def rows(n, sql, *values, db="phonetrust.db"):
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, db), timeout=300)) as c:
        return c.execute(sql, values).fetchall()


def current(n, name=PHONE):
    """The DER that is the phone's LSC now."""
    got = rows(n, "SELECT der FROM device_cert d JOIN certificate c USING (sha256) WHERE d.name = ? "
               "AND d.type = 'lsc' AND d.state = 'current'", name)
    return got[0][0] if got else None


def log(n):
    with open(os.path.join(n.state, "run", "capfd.log"), encoding="utf-8") as f:
        return f.read()


def openssl_verify(n, der, work):
    ca = ok(n.ctl("show", "cert", "own", "CAPF", "--pem")).out
    with open(os.path.join(work, "ca.pem"), "w", encoding="ascii") as f:
        f.write(ca[ca.index("-----BEGIN"):])
    with open(os.path.join(work, "lsc.pem"), "w", encoding="ascii") as f:
        f.write(ssl.DER_cert_to_PEM_cert(der))
    done = subprocess.run(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile",
                           os.path.join(work, "ca.pem"), os.path.join(work, "lsc.pem")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    contains(done.stdout.decode(), ": OK", "openssl verify")
    return subprocess.run(["openssl", "x509", "-in", os.path.join(work, "lsc.pem"), "-noout",
                           "-subject", "-issuer"], stdout=subprocess.PIPE, check=True).stdout.decode()


# --- operations ---

def test_install_by_null_string():
    with capf() as n:
        ask(n)
        der = install(n, "ignored")
        text = openssl_verify(n, der, n.work)
        contains(text, PHONE)
        equal(current(n), der, "LSC")
        equal(operation(n), "no-pending-operation", "operation")
        with Phone(n) as p:             # nothing is pending any more
            p.hello()
            p.ended(0)
        line = (f'capf.session peer="127.0.0.1" device="{PHONE}" operation="install" '
                'result="done"')
        wait_for("its line", lambda: line in log(n))    # lines leave the engine in groups


def test_install_by_string():
    with capf() as n:
        ask(n, mode="by-authentication-string", string="4711")
        for wrong in ("4712", "", "47110", "x" * 63, "\x01", "1", "0816"):
            with Phone(n) as p:
                p.hello(wrong)
                p.ended(7)
            if wrong == "4712":         # which did not use it up
                der = install(n, "4711")
                equal(current(n), der, "LSC")
                with Phone(n) as p:     # but this did
                    p.hello("4711")
                    p.ended(0)
                ask(n, mode="by-authentication-string", string="0815")
        with Phone(n) as p:             # too many tries: from there none is looked at
            p.hello("0815")
            p.ended(7)
        status = ok(n.ctl("utils", "capf", "status", PHONE)).out
        contains(status, "too many wrong authentication strings from its address")
        contains(status, "Not proved   7, 5 with a wrong string")
        equal(current(n), der, "LSC")
        der = install(n, "0815", RSA_SPKI_2, source="127.0.0.2")
        equal(current(n), der, "LSC")
        assert "0815" not in log(n) and "4711" not in log(n)


def test_other_keys_and_versions():
    with capf() as n:
        ask(n, "install-upgrade", "by-null-string", None, PHONE, "--key-order",
            "ec-preferred-rsa-backup")
        with Phone(n) as p:             # lists of signer version 1.0: no EC keys
            p.hello()
            equal(p.make_key(RSA_SPKI_2), {10: b"\x08\0", 17: b"\0"}, "RSA, old list")
            p.store()
            p.ended(1)
        n.ec_keys()
        ask(n, "install-upgrade", "by-null-string", None, PHONE, "--key-order", "ec-preferred-rsa-backup",
            "--ec-key-size", "384", "--rsa-key-size", "2048")
        with Phone(n) as p:             # the phone cannot: RSA is asked for
            p.hello()
            equal(p.hear(KEY_REQ), {17: b"\1", 18: b"\1"}, "EC")
            p.say(KEY, element(1, b"\7"))
            equal(p.make_key(), {10: b"\x08\0", 17: b"\0"}, "RSA")
            p.store()
            p.ended(1)
        ask(n)
        with Phone(n) as p:             # of version 2
            p.hello(version=2)
            equal(p.make_key(RSA_SPKI_2), {10: b"\x08\0"}, "RSA, version 2")
            p.store()
            p.ended(1)
        ask(n)
        with Phone(n) as p:             # of version 1, which it does not say
            p.hello(version=1)
            equal(p.make_key(), {10: b"\x08\0"}, "RSA, version 1")
            p.store()
            p.ended(1)
        ask(n)
        der = install(n, spki=EC_SPKI)
        openssl_verify(n, der, n.work)
        for bad in (RSA_SPKI, EC_SPKI[:-1], b"", b"\x30" * 40):
            ask(n)
            with Phone(n) as p:         # an EC key was asked for, if any
                p.hello()
                p.make_key(bad)
                if bad == RSA_SPKI:
                    p.ended(7)
                else:
                    p.ended(7)
        equal(current(n), der, "LSC")


def test_fetch_and_delete():
    with capf() as n:
        ask(n)
        der = install(n)
        ask(n, "troubleshoot")
        with Phone(n) as p:
            p.hello()
            equal(p.hear(FETCH_REQ), {}, "fetch request")
            p.say(FETCH, element(1, b"\1"),
                  element(4, b"\1" + struct.pack(">H", len(der) + 2) + b"\0\1" + der))
            p.ended(0)
        equal(operation(n), "no-pending-operation", "after fetching")
        equal(current(n), der, "LSC")
        ask(n, "delete")
        with Phone(n) as p:             # it does not
            p.hello()
            equal(p.hear(DELETE_REQ), {}, "delete request")
            p.say(DELETE, element(1, b"\7"))
            p.ended(7)
        equal(current(n), der, "LSC")
        with Phone(n) as p:
            p.hello()
            p.hear(DELETE_REQ)
            p.say(DELETE, element(1, b"\1"))
            p.ended(1)
        equal(current(n), None, "LSC")
        equal(operation(n), "no-pending-operation", "after deleting")


def test_who_is_not_served():
    with capf() as n:
        ask(n)
        with Phone(n, "SEP00AABBCCDDEE") as p:
            p.hello()
            p.ended(9)
        for name in ("", "SEP 1", "x" * 200, "../../etc"):
            with Phone(n, name) as p:
                p.hello()
                assert p.hear(END)[1] in (b"\7", b"\x09")
        with Phone(n) as p:             # a version that is not known
            p.hello(version=4)
            p.ended(7)
        with Phone(n) as p:             # the id of another session
            p.hear(AUTH_REQ)
            p.session ^= 1
            p.say(AUTH, element(7, b"\3"), element(13, PHONE.encode() + b"\0"))
            p.session ^= 1
            p.ended(7)
        with Phone(n) as p:
            p.hello(version=0, extra=[element(7, b"\0")])
            p.ended(7)
        wait_for("the reason in the log", lambda: "version 0 of the protocol" in log(n))
        # What is no message at all, at once and with more behind it.
        for data in (b"\x54", b"\x55\0", b"\x55\x63\0\0\0\0\0\0",
                     struct.pack(">BBIH", 0x55, AUTH, 0, 16385), b"GET / HTTP/1.0\r\n\r\n",
                     struct.pack(">BBIH", 0x55, AUTH, 0, 65535) + bytes(16376)):
            with Phone(n) as p:
                p.hear(AUTH_REQ)
                p.s.sendall(data)
                p.ended(7)
        with Phone(n) as p:             # in the middle of an operation, too
            p.hello()
            p.hear(KEY_REQ)
            p.s.sendall(b"\x54")
            p.ended(7)
        with Phone(n) as p:             # out of turn
            p.hear(AUTH_REQ)
            p.say(STORE, element(1, b"\1"))
            p.ended(7)
        equal(current(n), None, "LSC")
        install(n)


# --- cuts ---

def test_cut_at_each_message():
    """Whatever was said last, the next session succeeds, and only a phone that
    said it stored its certificate has one."""
    with capf() as n:
        for step in range(6):
            ask(n)
            before = current(n)
            with Phone(n) as p:
                if step > 0:
                    p.hello()
                if step > 1:
                    p.hear(KEY_REQ)
                if step > 2:
                    p.say(PROGRESS)
                if step > 3:
                    p.say(KEY, element(9, RSA_SPKI))
                if step > 4:
                    p.hear(STORE_REQ)
                if step % 2:            # once in order, once not
                    with contextlib.suppress(OSError):
                        p.s.unwrap()
            equal(current(n), before, f"after a cut in step {step}")
            equal(operation(n), "install-upgrade", f"after a cut in step {step}")
            der = install(n)
            equal(current(n), der, f"after step {step}")


def test_another_session_takes_over():
    with capf() as n:
        ask(n)
        with Phone(n) as old, Phone(n) as new:
            old.hello()
            old.hear(KEY_REQ)
            new.hello()
            new.make_key()
            old.say(KEY, element(9, RSA_SPKI_2))
            old.ended(7)
            der = new.store()
            new.ended(1)
        equal(current(n), der, "LSC")


def test_strangers():
    """Anybody can say a phone's name: that ends nothing, and guesses count."""
    with capf() as n:
        ask(n, mode="by-authentication-string", string="4711")
        with Phone(n) as p:
            p.hello("4711")
            p.hear(KEY_REQ)
            for guess in ("", "1", "", "2", "3", "4"):
                with Phone(n) as other:
                    other.hello(guess)
                    other.ended(7)
            p.say(KEY, element(9, RSA_SPKI))
            der = p.store()
            p.ended(1)
        equal(current(n), der, "LSC")
        ask(n, mode="by-authentication-string", string="4711")
        with contextlib.ExitStack() as stack:   # all at once, none waits for its answer
            for guess in range(8):
                stack.enter_context(Phone(n)).hello(f"000{guess}")
        wait_equal("tries, and those that count", lambda: rows(
            n, "SELECT unproved, wrong FROM capf_progress", db="observed.db"), [(8, 5)])
        with Phone(n) as p:             # the right one is not looked at either
            p.hello("4711")
            p.ended(7)
        for guess in range(15):         # twenty in all are the end
            with Phone(n, source=f"127.0.1.{guess}") as p:
                p.hello(f"1{guess:03}")
                p.ended(7)
        equal(operation(n), "no-pending-operation", "operation")
        with Phone(n, source="127.0.0.2") as p:
            p.hello("4711")
            p.ended(0)


def test_byte_by_byte_and_messages_in_one():
    with capf() as n:
        ask(n)
        with Phone(n) as p:
            p.step = True
            p.hello()
            p.make_key(progress=3)
            p.store()
            p.ended(1)
        ask(n)
        with Phone(n) as p:             # progress and key in one record
            p.hello()
            p.hear(KEY_REQ)
            p.s.sendall(message(PROGRESS, p.session) * 3 +
                        message(KEY, p.session, element(9, RSA_SPKI)))
            p.store()
            p.ended(1)


def test_silent_peers():
    """Nobody waits for those who connect and say nothing."""
    with capf() as n, contextlib.ExitStack() as stack:
        ok(n.ctl("set", "param", "capf.handshake_timeout_ms", "3000"))
        ok(n.ctl("set", "param", "capf.reply_timeout_ms", "3000"))
        ok(n.ctl("utils", "service", "restart", "capfd"))   # they count from now on
        silent = []
        for i in range(60):
            raw = stack.enter_context(socket.create_connection(
                ("127.0.0.1", n.port("capf")), DEADLINE))
            if i % 2:
                raw = stack.enter_context(client().wrap_socket(raw))
            silent.append(raw)
        ask(n)
        der = install(n)
        equal(current(n), der, "LSC")
        for i, s in enumerate(silent):
            if i % 2:
                equal(parse(s.recv(4096))[0], AUTH_REQ, "first message")
            with contextlib.suppress(OSError):
                equal(s.recv(4096), b"", "end of a silent one")


# --- TLS, ports, keys ---

def test_old_phones_tls():
    with capf() as n:
        argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{n.port('capf')}", "-tls1", "-cipher",
                "AES128-SHA@SECLEVEL=0"]

        def says():
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False, timeout=DEADLINE)
            return "Cipher is AES128-SHA" in done.stdout.decode("latin-1")

        assert not says()
        ok(n.ctl("set", "param", "capf.min_version", "1.0"))
        ok(n.ctl("set", "param", "capf.static_rsa", "yes"))
        wait_all("TLS 1.0 with AES128-SHA", says)
        ask(n)
        context = client(ssl.TLSVersion.TLSv1, "AES128-SHA:@SECLEVEL=0")
        der = install(n, context=context)
        equal(current(n), der, "LSC over TLS 1.0")


def connects(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), DEADLINE).close()
        return True
    except OSError:
        return False


def test_live_port():
    with capf() as n:
        ask(n)
        new = n.port("capf") + 5        # of the ten that are ours
        with Phone(n) as p:
            p.hello()
            p.hear(KEY_REQ)
            ok(n.ctl("set", "param", "capf.port", new))
            wait_for("the new port", lambda: connects(new))
            wait_for("no old port", lambda: not connects(n.port("capf")))
            p.say(KEY, element(9, RSA_SPKI))    # what was under way goes on
            p.store()
            p.ended(1)
        ask(n)
        install(n, port=new)
        text = ok(n.ctl("show", "status")).out
        contains(text, str(new))


def test_without_ip6():
    with capf() as n:
        if not connects(n.port("capf"), "::1"):
            return                      # this machine has none
        ok(n.ctl("set", "param", "cluster.enable_ipv6", "no"))
        wait_for("no IPv6", lambda: not connects(n.port("capf"), "::1"))
        assert connects(n.port("capf"))


def test_new_key_live():
    """The new issuer is used at once after promote, and no process ends."""
    with capf() as n:
        pid = n.daemon_pid("capfd")
        ask(n)
        first = install(n)
        ok(n.ctl("--yes", "set", "cert", "regen", "CAPF"))
        ok(n.ctl("--yes", "set", "cert", "promote", "CAPF", "--sacrifice", "all"))

        def shown():
            with Phone(n) as p:     # no handshake fails between two signers
                return hashlib.sha256(p.s.getpeercert(True)).hexdigest()

        ca = ok(n.ctl("show", "cert", "own", "CAPF", "--pem")).out
        want = hashlib.sha256(ssl.PEM_cert_to_DER_cert(
            ca[ca.index("-----BEGIN"):].strip())).hexdigest()
        wait_for("the new certificate", lambda: shown() == want)
        n.wait_shown("CAPF", "capf")
        ask(n)
        second = install(n)
        assert first != second
        openssl_verify(n, second, n.work)
        equal(n.daemon_pid("capfd"), pid, "process")


def test_promoted_in_a_session():
    """Who has made his key gets a certificate of the CAPF that is active then,
    whether or not its loop has seen the promotion."""
    with capf() as n:
        ok(n.ctl("--yes", "set", "cert", "regen", "CAPF"))
        for step in ("promote", "rollback"):
            ask(n)
            with Phone(n) as p:
                p.hello()
                p.hear(KEY_REQ)
                ok(n.ctl("--yes", "set", "cert", step, "CAPF", "--sacrifice", "all"))
                p.say(KEY, element(9, RSA_SPKI))
                der = p.store()
                p.ended(1)
            openssl_verify(n, der, n.work)


# --- processes that go ---

def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(c) for c in f.read().split()]


def test_killed_in_the_middle():
    """SIGKILL of each process with a session under way: the next succeeds."""
    with capf() as n:
        pid = n.daemon_pid("capfd")
        for which in range(4):          # keeper, signer, writer and engine come first
            ask(n)
            victim = wait_for("all processes", lambda: (lambda c: c if len(c) >= 4 else None)(
                children(pid)))[which]
            with Phone(n) as p:
                p.hello()
                p.hear(KEY_REQ)
                os.kill(victim, signal.SIGKILL)
                with contextlib.suppress(OSError, struct.error):
                    p.say(KEY, element(9, RSA_SPKI))
                    p.s.recv(65536)
            wait_for("the next session", lambda: again(n))
            equal(operation(n), "no-pending-operation", f"after killing {which}")
            assert current(n) is not None


def test_batch():
    """Who writes and who talks give way to one another; who signs does not wait."""
    with capf() as n:
        pid = n.daemon_pid("capfd")
        found = wait_for("all processes", lambda: (lambda c: c if len(c) >= 4 else None)(
            children(pid)))
        policy = [os.sched_getscheduler(child) for child in found[:4]]
        equal(policy, [os.SCHED_OTHER, os.SCHED_OTHER, os.SCHED_BATCH, os.SCHED_BATCH],
              "keeper, signer, writer, engine")


@contextlib.contextmanager
def held(n):
    """Another process writes, and does not come to an end."""
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"), timeout=300,
                                            isolation_level=None)) as c:
        c.execute("BEGIN IMMEDIATE")
        yield
        c.execute("ROLLBACK")


def test_stopped_while_locked():
    """No session and no process has to be cut off, and the phone that had stored its certificate
    just then gets another."""
    with capf() as n:
        ask(n)
        with Phone(n) as p:
            p.hello()
            p.make_key()
            p.hear(STORE_REQ)
            with held(n):
                p.say(STORE, element(1, b"\1"))
                ok(n.ctl("utils", "service", "stop", "capfd"))
            p.ended(7)
        assert "drain_cut" not in log(n)
        contains(log(n), "capf.unwritten questions=1")
        equal(operation(n), "install-upgrade", "operation")
        ok(n.ctl("utils", "service", "start", "capfd"))
        equal(current(n), None, "LSC")
        der = install(n)
        equal(current(n), der, "LSC")


def again(n):
    try:
        install(n)
        return True
    except (OSError, AssertionError, struct.error, ssl.SSLError):
        return False


if __name__ == "__main__":
    main([test_install_by_null_string, test_install_by_string, test_other_keys_and_versions,
          test_fetch_and_delete, test_who_is_not_served, test_cut_at_each_message,
          test_another_session_takes_over, test_strangers,
          test_byte_by_byte_and_messages_in_one,
          test_silent_peers, test_old_phones_tls, test_live_port, test_without_ip6,
          test_new_key_live, test_promoted_in_a_session, test_killed_in_the_middle, test_batch,
          test_stopped_while_locked])
