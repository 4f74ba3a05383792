#!/usr/bin/env python3
"""The Certificate Authority Proxy Function with phones of our own few lines:
every operation, every way to prove oneself, cuts at each message, peers that
are silent or slow, and processes that are killed in the middle."""
import contextlib
import hashlib
import os
import re
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import warnings

from node import DEADLINE, SOURCE, Node, contains, equal, main, ok, wait_for

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

    def __init__(self, n, name=PHONE, port=None, context=None, host="127.0.0.1"):
        raw = socket.create_connection((host, port or n.port("capf")), DEADLINE)
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
    if string is not None:
        words += ["--authentication-string", string]
    ok(n.ctl("phone", "set", name, *words))


def operation(n, name=PHONE):
    got = ok(n.ctl("--json", "phone", "show", name)).json["result"]
    for s in got["settings"]:
        if s["name"] == "certificate-operation":
            return s["value"]
    raise AssertionError(got)


def rows(n, sql, *values, db="phonetrust.db"):
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, db), timeout=30)) as c:
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
        contains(log(n), f'capf.session peer="127.0.0.1" device="{PHONE}" operation="install" '
                 'result="done"')
if __name__ == "__main__":
    main([test_install_by_null_string])
