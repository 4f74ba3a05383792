#!/usr/bin/env python3
"""Encrypted phone files (spec/encrypted-config.md): no name of a phone that is to
have one gives a secret away, and what it gets opens with its key alone.  Parsed and
decrypted here, on the OpenSSL command line, without a line of the product."""
import contextlib
import datetime
import grp
import hashlib
import os
import pwd
import sqlite3
import struct
import time
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import (DEADLINE, Node, Skip, contains, equal, fails, main, ok, program, run,
                  wait_for)

PHONE = "SEP0011223344AA"
OTHER = "SEP0011223344BB"
CNF = f"{PHONE}.cnf.xml"
VECTORS = os.path.join(os.environ.get("top_srcdir", "."), "tests/data/vectors/encrypted")
SECRETS = (b"Shell-s3cret", b"4711047", b"D1gest-s3cret")
NAMES = (CNF, f"{CNF}.sgn", f"{CNF}.enc.sgn", CNF.lower(), f"{CNF.lower()}.SGN", f"{CNF}.ENC.SGN",
         f"{CNF}.sgn.sgn", f"{CNF}.enc.sgn.sgn", f"{CNF}.sgn.enc.sgn", f"{CNF}.old",
         f"{CNF}.old.sgn", f"backup/{CNF}", f"backup/{CNF}.sgn", f"BACKUP/{CNF.lower()}",
         f"{OTHER}.cnf.xml.enc.sgn", f"/{CNF}", f"%53EP0011223344AA.cnf.xml",
         f".{CNF}.swp", f"backup-{CNF}", f"backup-{CNF}.sgn", f"{PHONE}-old.cnf.xml")
# What administrators call copies, which no rule of names foresees whole.
HIDING = (PHONE, PHONE.lower(), f"{PHONE}.xml", f"{PHONE}.cnf", f"{PHONE}.bak", f"{PHONE}.xml.sgn",
          f"{PHONE}.tar.gz", f"SIP{PHONE[3:]}.cnf", f"{PHONE[3:]}.xml", "00-11-22-33-44-aa.xml",
          "0011.2233.44aa.txt", "00_11_22_33_44_AA", f"{PHONE}.d/config.xml", f"old/{PHONE}.txt",
          f"my{PHONE}copy", f"{PHONE[3:]}copy", f"{OTHER}-and-{PHONE}.xml", f"{PHONE}.xml.enc.sgn",
          f"{PHONE}-wrapped.xml")
TRANSPORTS = ("tftp", "http", "https", "https2")


# --- a phone's certificate, as CAPF would have stored it ---

def der_of(pem):
    path = pem + ".der"
    ok(run("openssl", "x509", "-in", pem, "-outform", "DER", "-out", path))
    with open(path, "rb") as f:
        return f.read()


@contextlib.contextmanager
def database(n):
    """One transaction, which waits its turn behind those of the programs."""
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"),
                                            timeout=DEADLINE)) as db, db:
        yield db


def has_certificate(n, phone, der, kind="lsc", state="current"):
    """Rows by SQL: a certificate of a phone and the word that something changed."""
    sha = hashlib.sha256(der).digest()
    with database(n) as db:
        db.execute("INSERT OR IGNORE INTO certificate VALUES (?, ?, 'CN=x', 'CN=x', x'01', ?,"
                   " x'', 0, 4102444800)", (sha, der, sha))
        db.execute("UPDATE device_cert SET state = 'superseded' WHERE name = ? AND type = ?",
                   (phone, kind))
        db.execute("INSERT OR REPLACE INTO device_cert VALUES ('phone', ?, '', ?, ?, x'', ?,"
                   " 1000, ?)", (phone, kind, sha, state, int(time.time())))
        db.execute("INSERT INTO change SELECT max(seq) + 1, 'phone', ? FROM change", (phone,))


def new_phone_key(n, name):
    key, crt = os.path.join(n.work, f"{name}.key"), os.path.join(n.work, f"{name}.pem")
    ok(run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", crt,
           "-subj", f"/CN={PHONE}", "-days", "30"))
    return key, der_of(crt)


def vector_key(n):
    crt = os.path.join(n.work, "vector.pem")
    with open(os.path.join(VECTORS, "phone-rsa2048.crt.pem"), "rb") as f, open(crt, "wb") as to:
        to.write(f.read())
    return os.path.join(VECTORS, "phone-rsa2048.key.pem"), der_of(crt)


# --- its side ---

def items(data):
    at = 0
    while at < len(data) and data[at] != 13:
        tag, size = struct.unpack_from(">BH", data, at)
        yield tag, data[at + 3:at + 3 + size]
        at += 3 + size


def decrypt(n, data, key):
    """The content of an encrypted file, or None: not for this key."""
    length = struct.unpack_from(">H", data, 8)[0]
    top = dict(items(data[:length]))
    equal(top[1], b"\x02\x00")
    info = dict(items(top[16]))
    cipher, wrap = dict(items(info[17])), dict(items(info[21]))
    got = os.path.join(n.work, "unwrapped")
    if run("openssl", "pkeyutl", "-decrypt", "-inkey", key, "-out", got, data=wrap[25]).code != 0:
        return None
    with open(got, "rb") as f:
        aes = f.read()
    if len(aes) != 16:
        return None
    got = os.path.join(n.work, "plain")
    ok(run("openssl", "enc", "-d", "-aes-128-cbc", "-nopad", "-K", aes.hex(), "-iv",
           cipher[19].hex(), "-out", got, data=data[length:]))
    with open(got, "rb") as f:
        plain = f.read()
    pad = struct.unpack(">H", cipher[20])[0]
    equal(plain[-pad:], b"\x0d" * pad)
    plain = plain[:-pad]
    equal(hashlib.new({1: "sha1", 3: "sha512"}[top[26][0]], plain).digest(), top[27])
    return plain


def fetch(n, name, transport="http"):
    """Bytes, or None when there are none."""
    to = os.path.join(n.work, "got")
    scheme = "https" if transport == "https2" else transport
    got = run("curl", "-sfk", "--path-as-is", "--noproxy", "*", "-o", to,
              f"{scheme}://127.0.0.1:{n.port(transport)}/{name}")
    if got.code != 0 or not os.path.exists(to):
        return None
    with open(to, "rb") as f:
        data = f.read()
    os.unlink(to)
    return data


def payload(data):
    return data[struct.unpack_from(">H", data, 8)[0]:]


def n_read(n, name):
    with open(os.path.join(n.state, "tftp", name), "rb") as f:
        return f.read()


def text(xml, path):
    return ET.fromstring(xml).findtext(path)


def no_secret(n, names=NAMES, transports=TRANSPORTS):
    for name in names:
        for transport in transports:
            data = fetch(n, name, transport) or b""
            for secret in SECRETS:
                assert secret not in data, f"{secret} in {name} over {transport}"


def tell_secrets(n):
    shell, phone, digest = (s + b"\n" for s in SECRETS)
    ok(n.ctl("user", "add", "ann", "--digest-credentials-file", "-", data=digest))
    ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--profile", "enc", "--digest-user", "ann",
             "--ssh-password-file", "-", data=shell))
    ok(n.ctl("phone", "set", PHONE, "--phone-password-file", "-", data=phone))


def ready(n, *profile):
    ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes",
             "--enable-digest-authentication", "yes", *profile))
    tell_secrets(n)
    n.start()


def in_an_hour():
    return (datetime.datetime.now(datetime.timezone.utc) +
            datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- cases ---

def test_life_of_a_file():
    with Node() as n:
        ready(n)
        key, der = vector_key(n)
        other, other_der = new_phone_key(n, "other")
        # No key yet: what sends the phone to CAPF.
        stub = fetch(n, CNF)
        equal([e.tag for e in ET.fromstring(stub)],
              ["fullConfig", "ipAddressMode", "capfAuthMode", "capfList", "certHash", "encrConfig"])
        equal((text(stub, "fullConfig"), text(stub, "encrConfig"), text(stub, "certHash"),
               text(stub, "capfAuthMode")), ("false", "true", "", "2"))
        equal(fetch(n, f"{CNF}.enc.sgn"), None)
        no_secret(n)
        contains(ok(n.ctl("phone", "show", PHONE)).out, "short, sends it to CAPF")
        # Its certificate comes.
        has_certificate(n, PHONE, der)
        wait_for("the encrypted file", lambda: fetch(n, f"{CNF}.enc.sgn") is not None)
        stub = fetch(n, CNF)
        equal((text(stub, "certHash"), text(stub, "capfAuthMode")), (hashlib.md5(der).hexdigest(), "0"))
        equal(payload(fetch(n, f"{CNF}.sgn")), stub)
        data = fetch(n, f"{CNF}.enc.sgn")
        whole = decrypt(n, data, key)
        for secret in SECRETS:
            assert secret in whole, secret
        equal((text(whole, "fullConfig"), text(whole, "encrConfig"), text(whole, "certHash")),
              ("true", "false", ""))
        equal(decrypt(n, data, other), None)
        for transport in TRANSPORTS:
            equal(fetch(n, f"{CNF}.enc.sgn", transport), data, transport)
        no_secret(n)
        sees = ok(n.ctl("phone", "show", PHONE, "--json")).json["result"]["file"]
        equal((sees["encrypted"], sees["key"], sees["certificate"]),
              (True, "lsc", hashlib.sha256(der).hexdigest()))
        path = os.path.join(n.work, "x.enc.sgn")
        with open(path, "wb") as f:
            f.write(data)
        said = ok(n.ctl("explain", path)).out
        contains(said, "Signature: good")
        contains(said, "2048 bits")
        # The same after a restart.
        n.stop()
        n.start()
        equal(fetch(n, f"{CNF}.enc.sgn"), data)
        # Another certificate: both files are made anew.
        has_certificate(n, PHONE, other_der)
        wait_for("the new key", lambda: text(fetch(n, CNF), "certHash") == hashlib.md5(other_der).hexdigest())
        data = fetch(n, f"{CNF}.enc.sgn")
        equal(decrypt(n, data, key), None)
        equal(decrypt(n, data, other), whole)
        # Taken from it: CAPF gives another when it is asked for.
        has_certificate(n, PHONE, other_der, state="revoked")
        wait_for("no file", lambda: fetch(n, f"{CNF}.enc.sgn") is None)
        no_secret(n)
        equal([text(fetch(n, CNF), name) or "" for name in ("certHash", "capfAuthMode")], ["", "0"])
        contains(ok(n.ctl("phone", "show", PHONE)).out, "short: its certificate was revoked")
        ok(n.ctl("utils", "capf", "install", PHONE))
        wait_for("what is asked", lambda: text(fetch(n, CNF), "capfAuthMode") == "2")
        no_secret(n)


def test_own_xml_and_left_overs():
    """What an administrator has among the files, before and after."""
    with Node() as n:
        own = (f"<device><!-- {SECRETS[0].decode()} --><loadInformation>x</loadInformation>"
               f"<custom>{SECRETS[1].decode()}</custom><adminPassword>{SECRETS[2].decode()}"
               "</adminPassword></device>").encode()
        for name in (CNF, f"{CNF}.old", f"backup/{CNF}", f"{CNF}.sgn", f"{CNF}.enc.sgn",
                     f"backup/{CNF}.sgn", f"{CNF}.sgn.sgn", f".{CNF}.swp", f"backup-{CNF}",
                     f"{PHONE}-old.cnf.xml"):
            n.write(name, own)
        n.start()
        wait_for("the import", lambda: n.ctl("phone", "show", PHONE).code == 0)
        equal(text(fetch(n, CNF), "custom"), SECRETS[1].decode())
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "set", PHONE, "--model", "8861", "--profile", "enc"))
        wait_for("the short file", lambda: text(fetch(n, CNF), "fullConfig") == "false")
        no_secret(n)
        key, der = vector_key(n)
        has_certificate(n, PHONE, der, "mic")
        wait_for("the encrypted file", lambda: fetch(n, f"{CNF}.enc.sgn") is not None)
        no_secret(n)
        whole = decrypt(n, fetch(n, f"{CNF}.enc.sgn"), key)
        equal(text(whole, "custom"), SECRETS[1].decode())
        equal(ok(n.ctl("phone", "show", PHONE, "--json")).json["result"]["file"]["key"], "mic")
        equal(n.ctl("phone", "show", PHONE).out.count(SECRETS[1].decode()), 0)


def test_copies_under_other_names():
    """Whatever stands beside a phone's address in a name, and also when it comes
    signed; what is something else on a look stays."""
    with Node() as n:
        own = (f"<?xml version='1.0'?><device><adminPassword>{SECRETS[0].decode()}"
               "</adminPassword></device>").encode()
        for name in HIDING:
            n.write(name, b"<copy>" + own + b"</copy>" if "wrapped" in name else own)
        dial = b"<DIALTEMPLATE><TEMPLATE MATCH='*' Timeout='5'/></DIALTEMPLATE>"
        kept = {f"dialplan-{PHONE}.xml": dial, f"{PHONE}.d/photo.png": b"\x89PNG\r\n\x1a\nx",
                f"{OTHER}.xml": own, "550e8400-e29b-41d4-a716-446655440000.bin": b"firmware",
                "lobby.xml": own}
        for name, data in kept.items():
            n.write(name, data)
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        ok(n.ctl("phone", "add", OTHER, "--model", "8861"))
        for name in HIDING:
            equal(fetch(n, name), n_read(n, name), f"{name}: nobody's secrets yet")
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "set", PHONE, "--profile", "enc"))
        wait_for("the short file", lambda: text(fetch(n, CNF), "fullConfig") == "false")
        equal(fetch(n, f"dialplan-{PHONE}.xml"), None, "a copy, for all that its name says")
        ok(n.ctl("phone", "set", PHONE, "--dial-template", f"dialplan-{PHONE}.xml"))
        signed = [x + ".sgn" for x in HIDING]
        no_secret(n, HIDING + tuple(signed) + tuple(x.upper() for x in HIDING))
        for name, data in kept.items():
            equal(fetch(n, name), data, name)
        contains(payload(fetch(n, f"dialplan-{PHONE}.xml.sgn")).decode(), "DIALTEMPLATE")

        def told(line):
            with open(os.path.join(n.state, "run/tftpd.log"), encoding="utf-8") as f:
                return line in f.read()
        wait_for("the copy is told", lambda: told(f'files.stale file="{PHONE}.bak"'))
        # Under a name that says not whose it may be anything; it is told.
        wait_for("the other is told", lambda: told('files.copy file="lobby.xml"'))


def test_names_that_are_no_addresses():
    """In any case they are the phone's, and so are copies of its file."""
    name, secret = "CSFann", SECRETS[0]
    own = b"<device><x>" + secret + b"</x></device>"
    mine = [f"{name}.cnf.xml", "csfann.cnf.xml", "CSFANN.CNF.XML", "csfann.cnf.xml.sgn",
            "CSFANN.cnf.xml.enc.sgn"]
    copies = [f"{name}.xml", f"{name}.bak", name, f"old-{name}.cnf.xml",
              f"backup-{name}.cnf.xml.bak", "CSFANN.cnf.xml.old", f"old/{name}/config.xml"]
    with Node() as n:
        xml = os.path.join(n.work, "own.xml")
        with open(xml, "wb") as f:
            f.write(own)
        for copy in copies + [f"{name}.cnf.xml", f"{name}.cnf.xml.sgn", "lobby.xml"]:
            n.write(copy, own)
        n.start()
        for copy in copies:
            equal(fetch(n, copy), own, f"{copy}: nobody's secrets yet")
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "add", name, "--model", "8861", "--profile", "enc", "--config", xml))
        no_secret(n, mine + copies + [x + ".sgn" for x in copies] + [x.lower() for x in copies])
        for asked in mine[:3]:
            equal(text(fetch(n, asked), "fullConfig"), "false", asked)
        key, der = vector_key(n)
        has_certificate(n, name, der)
        wait_for("the encrypted file", lambda: fetch(n, mine[4]) is not None)
        equal(text(decrypt(n, fetch(n, mine[4], "tftp"), key), "x"), secret.decode())
        no_secret(n, mine)
        equal(fetch(n, "lobby.xml"), own)
        contains(fails(n.ctl("phone", "add", "csfann", "--model", "8861"), 1).err,
                 "there is a phone CSFann")


def test_without_key():
    with Node() as n:
        ready(n, "--without-key", "signed-without-secrets")
        equal(text(fetch(n, CNF), "fullConfig"), "true")
        equal(text(payload(fetch(n, f"{CNF}.sgn")), "capfAuthMode"), "2")
        equal(fetch(n, f"{CNF}.enc.sgn"), None)
        no_secret(n)
        contains(ok(n.ctl("phone", "show", PHONE)).out, "without secrets: no certificate")


def test_opening_takes_an_owner():
    """Passwords that nobody could read are not given to everybody by the way."""
    nobody = pwd.getpwnam("nobody")
    with Node() as n:
        secret = n.write("password", b"S3cretShell\n")
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "profile", "add", "open"))
        ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--profile", "enc",
                 "--ssh-password-file", secret))
        ok(n.ctl("phone", "add", OTHER, "--model", "8861", "--profile", "enc"))
        ok(n.ctl("set", "param", "role.operator_groups", grp.getgrgid(nobody.pw_gid).gr_name))
        leave = ("phone", "set", PHONE, "--profile", "open")
        off = ("phone", "profile", "set", "enc", "--tftp-encrypted-config", "no")
        waits = ("phone", "set", PHONE, "--secure-when-ready", "yes")
        wait = ("phone", "profile", "set", "enc", "--secure-when-ready", "yes")
        csv = n.write("phones.csv", f"name,profile\n{PHONE},open\n".encode())
        for words in (leave, off, wait, waits):
            r = fails(n.ctl(*words), 1, "asks before it does this")
            contains(r.err, "NOTE: the file of 1 phone, ")
            if os.geteuid() == 0:
                fails(run(program("ctltool"), "--state", n.state, *words, "--yes",
                          env={"SUDO_UID": str(nobody.pw_uid)}), 4, "owner")
            contains(ok(n.ctl(*words, "--dry-run")).err, "NOTE")
        # An import does not ask.
        contains(run(program("ctltool"), "--state", n.state, "phone", "import", csv).err,
                 "gives its passwords")
        contains(ok(n.ctl("phone", "show", PHONE)).out, "short, sends it to CAPF")
        # Who has none has none to lose, and who says yes is believed.
        assert "NOTE" not in ok(n.ctl("phone", "set", OTHER, "--profile", "open")).err
        contains(ok(n.ctl(*leave, "--yes")).err, "NOTE")
        contains(ok(n.ctl("phone", "show", PHONE)).out, "not encrypted")
        assert "asks" not in ok(n.ctl(*off)).err


def test_own_xml_without_key():
    """Of an administrator's file what is known to be harmless, and he is told."""
    hiding = ["<adminPassword value='{}'/>", "<idleURL>http://ann:{}@srv/<extra/>idle</idleURL>",
              "<vmPin1>{}</vmPin1>", "<challenge>{}</challenge>", "<line><wpaKey>{}</wpaKey></line>",
              "<servicesURL>http://srv/?pin={}</servicesURL>", "<contact>sip:ann:{}@srv</contact>",
              "<param><name>sshPassword</name><value>{}</value></param>"]
    own = "".join(x.format(SECRETS[i % 3].decode()) for i, x in enumerate(hiding))
    with Node() as n:
        xml = n.write("own.xml.tmpl", f"<device>{own}<loadInformation>sip88xx</loadInformation>"
                      "</device>".encode())
        xml = os.path.join(n.state, "tftp", "own.xml.tmpl")
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes",
                 "--without-key", "signed-without-secrets"))
        r = ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--profile", "enc", "--config", xml))
        contains(r.err, "emptied where the file is to have no secrets")
        contains(r.err, "value (line 1), idleURL (line 1), vmPin1 (line 1)")
        os.unlink(xml)
        n.start()
        no_secret(n, (CNF, f"{CNF}.sgn"))
        equal(text(fetch(n, CNF), "loadInformation"), "sip88xx")
        assert "emptied" not in ok(n.ctl("phone", "set", PHONE, "--description", "x")).err
        # The same when it is left out for a while.
        ok(n.ctl("phone", "profile", "set", "enc", "--without-key", "default"))
        r = ok(n.ctl("phone", "set", PHONE, "--plain-until", in_an_hour()))
        contains(r.err, "emptied where the file is to have no secrets")
        wait_for("the plain file", lambda: text(fetch(n, CNF), "loadInformation") == "sip88xx"
                 and text(fetch(n, CNF), "fullConfig") == "true")
        no_secret(n, (CNF, f"{CNF}.sgn"))


def test_waiting_is_open():
    """Who waits for his first key has his whole file, and everybody is told so."""
    with Node() as n:
        password = n.write("password", b"S3cretShell\n")
        r = ok(n.ctl("phone", "profile", "add", "enc", "--template", "secure-when-ready"))
        contains(r.err, "NOTE: Secure When Ready: until a phone has its first key")
        r = ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--profile", "enc"))
        assert "NOTE" not in r.err, r
        contains(ok(n.ctl("phone", "set", PHONE, "--ssh-password-file", password)).err, "NOTE")
        contains(ok(n.ctl("phone", "show", PHONE)).out, "not encrypted, passwords included: waits")
        n.start()
        contains(fetch(n, CNF).decode(), "S3cretShell")
        # An owner may have them left out for a while.
        ok(n.ctl("phone", "set", PHONE, "--plain-until", in_an_hour()))
        wait_for("the file without secrets", lambda: b"S3cretShell" not in fetch(n, CNF))
        contains(ok(n.ctl("phone", "show", PHONE)).out, ", without secrets, said")
        ok(n.ctl("phone", "set", PHONE, "--plain-until", "none"))
        wait_for("the whole file", lambda: b"S3cretShell" in fetch(n, CNF))
        # With its first key it is flagged, and stays so when the key is gone.
        has_certificate(n, PHONE, vector_key(n)[1])
        wait_for("the short file", lambda: text(fetch(n, CNF), "fullConfig") == "false")
        with database(n) as db:
            db.execute("UPDATE device_cert SET state = 'revoked'")
        ok(n.ctl("phone", "set", PHONE, "--description", "x"))
        wait_for("the file without a key", lambda: fetch(n, f"{CNF}.enc.sgn") is None)
        assert b"S3cretShell" not in fetch(n, CNF) + fetch(n, f"{CNF}.sgn")
        contains(ok(n.ctl("phone", "profile", "set", "--help")).out, "passwords included")


def test_symmetric_key():
    """For models without PKI, AES-128 alone; no certificate is advised where none helps."""
    with Node() as n:
        key, long = n.write("key", b"01" * 16 + b"\n"), n.write("long", b"01" * 32 + b"\n")
        for model in ("7905", "7912", "8861"):
            ok(n.ctl("phone", "add", f"SEP00000000{model}", "--model", model))
            fails(n.ctl("phone", "set", f"SEP00000000{model}", "--symmetric-key-file", key), 4,
                  f"not applicable to {model}/SIP: leave it out, or say --symmetric-key-file none")
        ok(n.ctl("phone", "add", PHONE, "--model", "7960"))
        fails(n.ctl("phone", "set", PHONE, "--symmetric-key-file", long), 2,
              "32 hexadecimal digits")
        ok(n.ctl("phone", "set", PHONE, "--symmetric-key-file", key))
        ok(n.ctl("set", "param", "files.symmetric_encryption", "yes"))
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        r = ok(n.ctl("phone", "set", PHONE, "--profile", "enc"))
        assert "capf" not in r.out + r.err, r
        for on, part in (("yes", "encrypted with its symmetric key"),
                         ("no", "short: its model takes files encrypted with a Symmetric Key")):
            # Commands refuse to turn it off under a phone.
            with database(n) as db:
                equal(db.execute("UPDATE parameter SET value = ? WHERE name = "
                                 "'files.symmetric_encryption'", (on,)).rowcount, 1)
            r = ok(n.ctl("phone", "show", PHONE))
            contains(r.out, part)
            assert "utils capf" not in r.out + r.err, r


def test_plain_until_takes_an_owner():
    if os.geteuid() != 0:
        raise Skip("other accounts are root's to be")
    with Node() as n:
        nobody = pwd.getpwnam("nobody")
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--profile", "enc"))
        ok(n.ctl("set", "param", "role.operator_groups", grp.getgrgid(nobody.pw_gid).gr_name))

        def as_operator(*words):
            return run(program("ctltool"), "--state", n.state, *words,
                       env={"SUDO_UID": str(nobody.pw_uid)})
        until = in_an_hour()
        ok(as_operator("phone", "set", PHONE, "--description", "mine"))
        fails(as_operator("phone", "set", PHONE, "--plain-until", until), 4, "owner")
        equal(ok(n.ctl("phone", "list", "--plain", "--json")).json["result"]["count"], 0)
        ok(n.ctl("phone", "set", PHONE, "--plain-until", until, "--with-secrets"))
        with database(n) as db:
            detail = db.execute("SELECT detail FROM audit WHERE command = 'phone set'"
                                " ORDER BY at DESC, seq DESC LIMIT 1").fetchone()[0]
        equal(detail, f"{PHONE} --plain-until --with-secrets ({until})")


def test_plain_until():
    with Node() as n:
        ready(n)
        key, der = vector_key(n)
        has_certificate(n, PHONE, der)
        wait_for("the encrypted file", lambda: fetch(n, f"{CNF}.enc.sgn") is not None)
        ok(n.ctl("phone", "add", OTHER, "--model", "8861"))
        fails(n.ctl("phone", "set", OTHER, "--plain-until", in_an_hour()), 4, "plain anyway")
        fails(n.ctl("phone", "set", PHONE, "--with-secrets"), 2, "--plain-until")
        fails(n.ctl("phone", "set", PHONE, "--plain-until", "tomorrow"), 2, "time")
        fails(n.ctl("phone", "set", PHONE, "--plain-until", "2099-01-01 00"), 4, "24 hours")
        fails(n.ctl("phone", "set", PHONE, "--plain-until", "2020-01-01 00"), 4, "passed")
        until = in_an_hour()
        contains(ok(n.ctl("phone", "set", PHONE, "--plain-until", until)).err, "passwords are left out")
        wait_for("the plain file", lambda: text(fetch(n, CNF), "fullConfig") == "true")
        equal(fetch(n, f"{CNF}.enc.sgn"), None)
        no_secret(n)
        ok(n.ctl("phone", "set", PHONE, "--plain-until", until, "--with-secrets"))
        wait_for("its secrets", lambda: SECRETS[0] in fetch(n, CNF))
        rows = ok(n.ctl("phone", "list", "--plain", "--json")).json["result"]["phones"]
        equal([(r["name"], r["plain"]) for r in rows], [(PHONE, {"until": until, "with_secrets": True})])
        contains(ok(n.ctl("phone", "show", PHONE)).out, f"plain until {until}, with secrets")
        ok(n.ctl("phone", "set", PHONE, "--plain-until", "none"))
        wait_for("the encrypted file", lambda: fetch(n, f"{CNF}.enc.sgn") is not None)
        equal(ok(n.ctl("phone", "list", "--plain", "--json")).json["result"]["count"], 0)
        no_secret(n)
        assert SECRETS[0] in decrypt(n, fetch(n, f"{CNF}.enc.sgn"), key)


if __name__ == "__main__":
    main([f for name, f in list(globals().items()) if name.startswith("test_")])
