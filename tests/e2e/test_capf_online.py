"""CAs on a network that certify phones' keys: EST and SCEP."""
import base64
import contextlib
import datetime
import email.utils
import os
import shutil
import socket
import sqlite3
import subprocess
import time

from capf_requests import (EC, RSA, Keys, asking, param, pub, request, rows, settled, tried, trust,
                           write)
from est_server import Ca, Est, openssl
from node import DEADLINE, Node, Skip, contains, equal, fails, main, ok, wait_for
from scep_server import POLL, REQUEST, Scep


# --- EST ---

def est_node(n, est):
    trust(n, est.ca)
    param(n, issuer="est", online_ca_host="localhost", online_ca_port=est.port,
          online_ca_path="phones", online_ca_user="ra")
    ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"geheim\n", 0o600)))


def test_est():
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        with Est(ca, n.work) as est:
            est_node(n, est)
            request(n, **{RSA: "rsa", EC: "ec"})
            with asking(n):
                got = settled(n, RSA, EC)
            assert {got[RSA]["state"], got[EC]["state"]} == {"issued"}, got
            assert est.path + "cacerts" in est.asked
            # The CA will say later; then it does.
            est.wait = 1
            request(n, **{RSA: "rsa"})
            with asking(n):
                settled(n, RSA, states=("sent", "issued"))
                assert settled(n, RSA)[RSA]["state"] == "issued"
            # It insists on a request signed by the phone.
            est.pop = True
            request(n, **{RSA: "rsa"})
            with asking(n):
                got = settled(n, RSA)
            assert got[RSA]["state"] == "refused", got
            assert got[RSA]["note"].endswith("no proof of possession"), got
            est.pop = False
            # A certificate that would not do is as good as none.
            est.uses = "digitalSignature"
            request(n, **{RSA: "rsa"})
            with asking(n):
                got = settled(n, RSA)
            assert got[RSA]["state"] == "refused", got
            assert "keyEncipherment" in got[RSA]["note"], got


def test_est_server_not_trusted():
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        other = Ca(os.path.join(n.work, "other"), "Other CA")
        with Est(ca, n.work) as est:
            est_node(n, est)
            # Another password: the server refuses us, not the request.
            ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"x\n", 0o600)))
            request(n, **{RSA: "rsa"})
            with asking(n):
                assert "HTTP 401" in tried(n, RSA)["note"]
                # The new password is read without a restart.
                ok(n.ctl("--yes", "utils", "capf", "csr", "delete", "all"))
                request(n, **{RSA: "rsa"})
                ok(n.ctl("utils", "capf", "ca", "password",
                         write(n, "pw", b"geheim\n", 0o600)))
                assert settled(n, RSA)[RSA]["state"] == "issued"
            # It says that its CA is one that nobody trusts here.
            est.shown = other
            request(n, **{RSA: "rsa"})
            with asking(n):
                assert "Other CA" in tried(n, RSA)["note"]
            est.shown = ca
        # The server's own certificate is of a CA that nobody trusts: it is
        # asked for nothing.
        with Est(other, n.work) as est:
            param(n, online_ca_port=est.port)
            request(n, **{RSA: "rsa"})
            with asking(n):
                note = tried(n, RSA)["note"]
            assert "not trusted" in note and est.asked == [], (note, est.asked)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_est_retry_after():
    """When the server says: that long, in both forms; else a minute, and never
    more than a day."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        with Est(ca, n.work) as est:
            est_node(n, est)
            hour = email.utils.formatdate(time.time() + 3600, usegmt=True)
            for said, rest in (("1234", 1234), (hour, 3600), (None, 60), ("x", 60),
                               ("-5", 60), ("99999999", 86400)):
                est.wait, est.retry_after = 1, said
                request(n, **{RSA: "rsa"})
                with asking(n):
                    got = settled(n, RSA, states=("sent",))[RSA]
                rests = seconds(got["next_at"]) - seconds(got["changed_at"])
                assert abs(rests - rest) <= (60 if said == hour else 0), (said, rests)
                assert got["tries"] == 0, got


def test_est_forms():
    """Servers differ in how they write base64 (RFC 8951 section 3.1), some send
    none, and in pieces."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        with Est(ca, n.work) as est:
            est_node(n, est)
            forms = {"one line": base64.b64encode,
                     "short lines": lambda d: b"\n".join(
                         base64.b64encode(d)[i:i + 64] for i in range(0, 2 * len(d), 64)),
                     "CRLF": lambda d: base64.encodebytes(d).replace(b"\n", b"\r\n"),
                     "DER": bytes,
                     "PEM": lambda d: b"-----BEGIN PKCS7-----\n" + base64.encodebytes(d) +
                            b"-----END PKCS7-----\n"}
            for chunked in (False, True):
                for name, encode in forms.items():
                    est.encode, est.chunked = encode, chunked
                    request(n, **{RSA: "rsa"})
                    with asking(n):
                        got = settled(n, RSA)[RSA]
                    equal(got["state"], "issued", f"{name}, chunked: {chunked}")


def test_est_new_root():
    """The CA gets a new key: /cacerts shows the new root, the one before and the
    new one signed by that.  One known among them is enough to ask, and what is
    of the new root waits until that is imported."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        new = Ca(os.path.join(n.work, "new"), "EST CA 2")
        with Est(ca, n.work) as est:
            est_node(n, est)
            est.shown_files = [new.pem, ca.cross(new), ca.pem]
            est.ca = new
            request(n, **{RSA: "rsa"})
            with asking(n):
                got = wait_for("its certificate", lambda: rows(n)[RSA]
                               if rows(n)[RSA]["state"] == "sent" else None)
                assert "lacks its issuer \"EST CA 2\"" in got["note"], got
                asked = len(est.asked)
                trust(n, new)
                equal(settled(n, RSA)[RSA]["state"], "issued")
                equal(len(est.asked), asked, "asked again")


def client_files(n, ca, name, **more):
    """A certificate by ca and its key, as files."""
    key = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").stdout
    pub_key = openssl("pkey", "-pubout", data=key).stdout
    return (write(n, name + ".key", key, 0o600),
            write(n, name + ".pem", ca.leaf(pub_key, name, **more), 0o600))


def ending(n):
    """The certificates for an online CA that the report of what ends has."""
    r = ok(n.ctl("--json", "show", "cert", "expiry")).json["result"]["expiries"]
    return [x["subject"].split("CN=")[1] for x in r if x["kind"] == "ca_client"]


def test_est_tls_client():
    """RFC 7030 section 3.3.2: the server knows us by a certificate that it
    demands in the handshake, whose key is kept sealed."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "EST CA")
        clients = Ca(os.path.join(n.work, "clients"), "Clients CA")
        between = clients.cross(Ca(os.path.join(n.work, "sub"), "Sub CA"))
        sub = Ca.__new__(Ca)
        sub.folder, sub.pem, sub.key = (os.path.join(n.work, "sub"), between,
                                        os.path.join(n.work, "sub", "ca.key"))
        with Est(ca, n.work, login=None, clients=clients) as est:
            trust(n, ca)
            param(n, issuer="est", online_ca_host="localhost", online_ca_port=est.port,
                  online_ca_path="phones")
            request(n, **{RSA: "rsa"})
            with asking(n):
                # Without one the handshake fails, or what follows it.
                assert "utils capf ca certificate" in tried(n, RSA)["note"], rows(n)
                equal(est.seen, [])
                # Given with what is above it; no restart is needed.
                key, pem = client_files(n, sub, "Registration 1")
                r = ok(n.ctl("--json", "utils", "capf", "ca", "certificate", key, pem, between,
                             clients.pem)).json["result"]
                equal((r["set"], r["certificate"], r["chain"]), (True, "Registration 1", 1))
                equal(ending(n), ["Registration 1"])
                ok(n.ctl("--yes", "utils", "capf", "csr", "delete", RSA))
                request(n, **{RSA: "rsa"})
                equal(settled(n, RSA)[RSA]["state"], "issued")
                equal(set(est.seen), {"Registration 1"})
                # Another in its place, out of PKCS#12 with a password; and the
                # server wants a login as well.
                key, pem = client_files(n, clients, "Registration 2")
                p12 = os.path.join(n.work, "ra.p12")
                openssl("pkcs12", "-export", "-inkey", key, "-in", pem, "-out", p12,
                        "-passout", "pass:weg")
                fails(n.ctl("utils", "capf", "ca", "certificate", p12), 1, "password")
                ok(n.ctl("utils", "capf", "ca", "certificate", p12, "--password-file",
                         write(n, "p12.pw", b"weg\n", 0o600)))
                est.login, est.seen = "ra:geheim", []
                param(n, online_ca_user="ra")
                ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"geheim\n", 0o600)))
                request(n, **{EC: "ec"})
                equal(settled(n, EC)[EC]["state"], "issued")
                equal(set(est.seen), {"Registration 2"})
            equal(ending(n), ["Registration 2"])
            contains(ok(n.ctl("utils", "cert", "plan", "--expire-within", "36500")).out,
                     "utils capf ca certificate FILE")
            # Its key is nowhere to be read.
            with open(key, "rb") as f:
                secret = openssl("pkey", "-outform", "DER", data=f.read()).stdout
            for folder, _, files in os.walk(n.state):
                for name in files:
                    with open(os.path.join(folder, name), "rb") as f:
                        assert secret[36:68] not in f.read(), name
            ok(n.ctl("utils", "capf", "ca", "certificate", "--remove"))
            equal(ending(n), [])
            fails(n.ctl("utils", "capf", "ca", "certificate", "--remove"), 1,
                  "there is no certificate for the CA")
            ok(n.ctl("utils", "capf", "ca", "password", "--remove"))
            fails(n.ctl("utils", "capf", "ca", "password", "--remove"), 1,
                  "there is no password of the CA")


def test_est_client_certificate_refused():
    with Node() as n:
        clients = Ca(os.path.join(n.work, "clients"), "Clients CA")
        key, pem = client_files(n, clients, "One")
        other_key, other = client_files(n, clients, "Two")
        _, encipher = client_files(n, clients, "Three", uses="keyEncipherment")
        command = ("utils", "capf", "ca", "certificate")
        for words, say in (((pem,), "private key"), ((key,), "private key"),
                           ((pem, other_key), "private key"),
                           ((key, pem, other, other_key), "several"),
                           ((clients.pem, clients.key), "one of a CA"), ((), "FILE"),
                           ((key, pem, "--remove"), "FILE"),
                           ((encipher, os.path.join(n.work, "Three.key")), "digitalSignature")):
            r = n.ctl(*command, *words)
            assert r.code != 0 and say in r.err, (words, r)


# --- SCEP ---

ALWAYS = 1 << 30        # thinks until it is told to stop


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def scepserver(folder, challenge):
    if shutil.which("scepserver") is None:
        raise Skip("Debian's package scep is not installed")
    depot = os.path.join(folder, "depot")
    subprocess.run(["scepserver", "ca", "-init", "-depot", depot, "-keySize", "2048"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(folder, "scep.log"), "wb") as log:
        def start():            # None: somebody else took the port meanwhile
            port = free_port()
            p = subprocess.Popen(["scepserver", "-depot", depot, "-port", str(port),
                                  "-challenge", challenge], stdout=log, stderr=log)

            def listens():
                with contextlib.suppress(OSError), \
                        socket.create_connection(("127.0.0.1", port), 1):
                    return True
                return False
            wait_for("its port", lambda: p.poll() is not None or listens())
            return (port, p) if p.poll() is None else None

        port, p = wait_for("scepserver", start)
        try:
            yield port, os.path.join(depot, "ca.pem")
        finally:
            p.kill()
            p.wait()


def test_scep():
    """Debian's server takes a request that CAPF has signed, with its challenge
    password; it gives digitalSignature alone, which is enough for EC keys."""
    with Node() as n, scepserver(n.work, "geheim") as (port, pem):
        param(n, issuer="scep", online_ca_host="127.0.0.1", online_ca_port=port,
              online_ca_scheme="http", online_ca_path="scep")
        ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"geheim\n", 0o600)))
        request(n, **{EC: "ec"})
        with asking(n):
            # Its CA is not trusted here yet.
            assert "CAPF-trust" in tried(n, EC)["note"]
        for store in ("CAPF", "CallManager"):
            ok(n.ctl("--yes", "set", "cert", "import", "trust", store, pem))
        request(n, **{EC: "ec"})
        with asking(n):
            got = settled(n, EC)
            assert got[EC]["state"] == "issued", got
            request(n, **{RSA: "rsa"})
            got = settled(n, RSA)
            assert got[RSA]["state"] == "refused", got
            assert "keyEncipherment" in got[RSA]["note"], got
        # Another challenge password is refused by the server.
        ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"x\n", 0o600)))
        request(n, **{"SEP0011223344CC": "ec"})
        with asking(n):
            got = settled(n, "SEP0011223344CC")
        assert got["SEP0011223344CC"]["note"].startswith("the SCEP server refused it"), got


def scep_node(n, scep):
    trust(n, scep.ca)
    param(n, issuer="scep", online_ca_host="127.0.0.1", online_ca_port=scep.port,
          online_ca_scheme="http")


def test_scep_thinks():
    """PENDING, polled under the transaction until there is an answer."""
    with Node() as n, Scep(n.work) as scep:
        scep_node(n, scep)
        scep.think = 2
        request(n, **{RSA: "rsa"})
        with asking(n):
            # Both polls may be over before this looks.
            got = settled(n, RSA, states=("sent", "issued"))[RSA]
            assert got["tries"] == 0, got
            assert settled(n, RSA)[RSA]["state"] == "issued"
        equal([kind for kind, _, _ in scep.asked], [REQUEST, POLL, POLL])
        equal({t for _, t, _ in scep.asked}, {got["key"]}, "transaction")
        equal(len({signer for _, _, signer in scep.asked}), 1, "who asked")


def test_scep_restart_while_it_thinks():
    """Another process goes on: state, transaction and the key that has signed
    are in the database, the key sealed and until no request needs it."""
    with Node() as n, Scep(n.work) as scep:
        scep_node(n, scep)
        scep.think = ALWAYS
        request(n, **{EC: "ec"})
        with asking(n):
            got = settled(n, EC, states=("sent",))[EC]
        had, scep.think = len(scep.asked), 1
        assert got["state"] == "sent" and got["next_at"] is not None, got
        equal(requesters(n), 1)
        with asking(n):
            assert settled(n, EC)[EC]["state"] == "issued"
            wait_for("the key to be forgotten", lambda: requesters(n) == 0)
            # The next request is asked for with it, and keeps it again.
            scep.think = ALWAYS
            request(n, **{RSA: "rsa"})
            settled(n, RSA, states=("sent",))
            equal(requesters(n), 1)
            ok(n.ctl("--yes", "utils", "capf", "csr", "delete", RSA))
            wait_for("the key to be forgotten", lambda: requesters(n) == 0)
        equal([kind for kind, t, _ in scep.asked if t == got["key"]][had], POLL)
        equal(len({signer for _, _, signer in scep.asked}), 1, "who asked")


def test_scep_key_cannot_be_opened():
    """Of a cluster that was put back without its key: another is made, and
    nobody has to remove the old one by hand."""
    with Node() as n, Scep(n.work) as scep:
        scep_node(n, scep)
        spoil_requester(n)
        request(n, **{EC: "ec"})
        with asking(n):
            assert settled(n, EC)[EC]["state"] == "issued"
            wait_for("the key to be forgotten", lambda: requesters(n) == 0)
        spoil_requester(n)
        ok(n.ctl("set", "param", "capf.issuer", "self"))
        with asking(n):
            wait_for("the key to be forgotten", lambda: requesters(n) == 0)


def database(n):
    """It waits its turn behind the transactions of the programs."""
    return contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"),
                                              timeout=DEADLINE))


def spoil_requester(n):
    with database(n) as db, db:
        db.execute("INSERT INTO cluster_secret (name, sealed, changed_at)"
                   " VALUES ('capf.scep_requester', zeroblob(200), 1)")


def requesters(n):
    """How many keys are kept that a SCEP server was asked with."""
    with database(n) as db:
        return db.execute("SELECT count(*) FROM cluster_secret"
                          " WHERE name = 'capf.scep_requester'").fetchone()[0]


def test_scep_refuses():
    with Node() as n, Scep(n.work) as scep:
        scep_node(n, scep)
        scep.fail, scep.fail_text = "2", "not this phone"
        request(n, **{RSA: "rsa"})
        with asking(n):
            got = settled(n, RSA)[RSA]
            equal((got["state"], got["note"]),
                  ("refused", "the SCEP server refused it: badRequest: not this phone"))
            # Without a word, and after a while.
            scep.fail, scep.fail_text, scep.think = None, "", ALWAYS
            request(n, **{EC: "ec"})
            settled(n, EC, states=("sent",))
            scep.fail = "1"
            got = settled(n, EC)[EC]
            equal((got["state"], got["note"]),
                  ("refused", "the SCEP server refused it: badMessageCheck"))


def test_scep_recipient():
    """The challenge password is for the CA and its registration authority, not
    for whoever has a certificate of that CA and is between."""
    with Node() as n, Scep(n.work) as scep:
        scep_node(n, scep)
        ok(n.ctl("utils", "capf", "ca", "password", write(n, "pw", b"geheim\n", 0o600)))
        key = write(n, "other.key", Keys.get("other", "rsa"))
        other = write(n, "other.pem", scep.ca.leaf(pub(Keys.get("other", "rsa")),
                                                   "SEP00112233CC00"))
        scep.more = [other]
        request(n, **{EC: "ec"})
        with asking(n):
            assert settled(n, EC)[EC]["state"] == "issued"
        scep.to = other, key
        # An administrator has compared it: it is the server's.
        ok(n.ctl("--yes", "set", "cert", "import", "trust", "CAPF", other))
        request(n, **{RSA: "rsa"})
        with asking(n):
            assert settled(n, RSA)[RSA]["state"] == "issued"
        # It says itself that it is a registration authority's.
        ra = write(n, "ra.pem", scep.ca.leaf(pub(Keys.get("ra", "rsa")), "RA",
                                             extended="1.3.6.1.4.1.311.20.2.1"))
        scep.more, scep.to = [ra], (ra, write(n, "ra.key", Keys.get("ra", "rsa")))
        request(n, **{"SEP0011223344CC": "ec"})
        with asking(n):
            got = settled(n, "SEP0011223344CC")
        assert got["SEP0011223344CC"]["state"] == "issued"


main([test_est, test_est_server_not_trusted, test_est_retry_after, test_est_forms,
      test_est_new_root, test_est_tls_client, test_est_client_certificate_refused, test_scep,
      test_scep_thinks, test_scep_restart_while_it_thinks,
      test_scep_key_cannot_be_opened, test_scep_refuses, test_scep_recipient])
