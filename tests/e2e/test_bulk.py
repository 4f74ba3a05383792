#!/usr/bin/env python3
"""Certificates between clusters, and folders of certificates: export,
consolidate, import both ways, what TVS says then, what is refused."""
import contextlib
import http.server
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import threading

import sftp_server
from node import Node, Skip, contains, equal, fails, main, ok, program, run
from test_tvs import APP_SERVER, CAPF, CCM, SAST, TFTP, answer_of, own

VALID, INVALID = 0, 1


@contextlib.contextmanager
def two(start=False):
    """Clusters east and west, and a folder that both reach."""
    with Node(cluster="east") as a, Node(cluster="west") as b:
        a.place = b.place = os.path.join(a.work, "place")
        os.mkdir(a.place)
        if start:
            a.start()
            b.start()
        yield a, b


def export(n, *units, to=None):
    """SHA-256 of the signer, as an administrator would read it out."""
    j = ok(n.ctl("--json", "set", "cert", "bulk", "export", *units, "--to",
                 to or n.place)).json
    return j["result"]["signer"]["sha256"]


def bulk_import(n, *more, place=None):
    return n.ctl("--json", "set", "cert", "bulk", "import", "--from", place or n.place, *more)


def stores(n):
    """{store: {common name}}"""
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        rows = db.execute("SELECT trust.unit, certificate.subject FROM trust JOIN certificate "
                          "USING (sha256) WHERE removed_at = 0").fetchall()
    found = {}
    for unit, subject in rows:
        found.setdefault(unit, set()).add(re.match("CN=([^;]*)", subject).group(1))
    return found


def expected(cluster, node="cm1"):
    return {"CallManager-trust": {f"CallManager-{cluster}", f"CallManager-ECDSA-{cluster}",
                                  f"CAPF-{cluster}", f"ITLRecovery-{cluster}"},
            "CAPF-trust": {f"CAPF-{cluster}"},
            "Phone-SAST-trust": {f"CallManager-{cluster}", f"ITLRecovery-{cluster}"},
            "https-trust": {f"https-{node}"}}


def test_exchange():
    with two(start=True) as (a, b):
        a_signs, b_signs = export(a), export(b)
        r = ok(a.ctl("--json", "set", "cert", "bulk", "consolidate", a.place)).json["result"]
        equal([c["cluster"] for c in r["clusters"]], ["east", "west"])
        bundle = os.path.join(a.place, "consolidated.bundle")
        equal(r["file"], bundle)
        # Anybody can read it without us.
        text = ok(run("openssl", "cms", "-verify", "-noverify", "-inform", "PEM", "-in", bundle))
        contains(text.out, "phonetrust-bundle: 1\n")
        # Before: nobody vouches for the other's.
        theirs = own(b, "CallManager")
        equal(answer_of(a, theirs)[0], INVALID, "TVS before")

        r = ok(bulk_import(a, "--expect-sha256", b_signs, place=bundle)).json["result"]
        west = next(c for c in r["clusters"] if c["cluster"] == "west")
        equal(r["counts"], {"new": 8, "returned": 0, "known": 0, "older": 0, "expired": 0})
        equal(stores(a), expected("west"))
        equal(west["phones_here_accept"], {"lists": True, "files": True})
        equal(west["phones_there_accept"], {"lists": False, "files": False})
        assert west["carries_ours"], r
        equal(answer_of(a, theirs)[:2], (VALID, [SAST, CCM, TFTP]), "CallManager")
        equal(answer_of(a, own(b, "ITLRecovery"))[:2], (VALID, [SAST, CCM, TFTP]), "ITLRecovery")
        equal(answer_of(a, own(b, "CAPF"))[:2], (VALID, [CCM, CAPF]), "CAPF")
        equal(answer_of(a, own(b, "https"))[:2], (VALID, [APP_SERVER]), "https")
        equal(answer_of(a, own(b, "TVS"))[0], INVALID, "TVS is not exchanged")

        # The other way: colons as other programs print fingerprints.
        colons = ":".join(re.findall("..", a_signs.upper()))
        ok(bulk_import(b, "--expect-sha256", colons, place=bundle))
        equal(stores(b), expected("east"))
        equal(answer_of(b, own(a, "CallManager"))[:2], (VALID, [SAST, CCM, TFTP]))
        # Again: nothing to do, and an export from now on says that they accept ours.
        export(b)
        r = ok(bulk_import(a, "--expect-sha256", b_signs)).json["result"]
        equal((r["changed"], r["counts"]["known"]), (False, 8))
        west = next(c for c in r["clusters"] if c["cluster"] == "west")
        equal(west["phones_there_accept"], {"lists": True, "files": True})
        text = ok(a.ctl("set", "cert", "bulk", "import", "--from", a.place)).out
        contains(text, "Phones of west accept our lists and files")
        contains(text, "this cluster itself: skipped")


def test_signers_are_asked_about():
    with two() as (a, b):
        b_signs = export(b)
        before = stores(a)
        r = fails(a.ctl("set", "cert", "bulk", "import", "--from", a.place), 1, "add --yes")
        contains(r.out, b_signs)
        r = fails(bulk_import(a, "--expect-sha256", "00" * 32), 4, "none of those expected")
        contains(r.out, b_signs)
        ok(bulk_import(a, "--dry-run", "--yes"))
        equal(stores(a), before)
        ok(bulk_import(a, "--expect-sha256", "11" * 32, "--expect-sha256", b_signs))
        equal(stores(a), expected("west"))


def test_units():
    with two() as (a, b):
        export(b, "tftp", "itlrecovery")
        ok(bulk_import(a, "ITLRecovery", "--yes"))
        equal(stores(a), {"CallManager-trust": {"ITLRecovery-west"},
                          "Phone-SAST-trust": {"ITLRecovery-west"}})
        fails(a.ctl("set", "cert", "bulk", "export", "TVS", "--to", a.place), 2, "not exchanged")


def test_changed_bundles_are_refused():
    with two() as (a, b):
        export(b)
        name = os.path.join(a.place, os.listdir(a.place)[0])
        with open(name, encoding="ascii") as f:
            good = f.read()
        begin = good.index("-----BEGIN PKCS7-----") + 22
        at = begin + (good.index("-----END") - begin) // 2
        swapped = "B" if good[at] != "B" else "C"
        for bad, code in ((good[:at] + swapped + good[at + 1:], 4), (good[:at], 4),
                          (good.replace("-----BEGIN PKCS7-----", "-----BEGIN X-----"), 4),
                          ("", 4)):
            with open(name, "w", encoding="ascii") as f:
                f.write(bad)
            fails(bulk_import(a, "--yes"), code)
            fails(a.ctl("set", "cert", "bulk", "consolidate", a.place), code)
            equal(stores(a), {})
        equal(os.listdir(a.place), [os.path.basename(name)])
        # Remarks around the block may change, line ends too.
        with open(name, "w", encoding="ascii", newline="\r\n") as f:
            f.write("Forwarded message\n" + good)
        ok(bulk_import(a, "--yes"))
        equal(stores(a), expected("west"))


def test_places():
    with two() as (a, b):
        export(a)
        fails(a.ctl("set", "cert", "bulk", "consolidate", a.place), 4, "only the bundle of east")
        fails(bulk_import(a, "--yes"), 4, "own part")
        empty = os.path.join(a.work, "empty")
        os.mkdir(empty)
        fails(bulk_import(a, "--yes", place=empty), 1, "no file")
        ok(b.ctl("set", "cert", "bulk", "export", "--to", "file://" + empty, "--dry-run"))
        equal(os.listdir(empty), [])
        export(b, to="file://" + empty)
        export(b, to=os.path.join(empty, "mine"))
        equal(len(os.listdir(empty)), 2)
        ok(a.ctl("set", "cert", "bulk", "consolidate", a.place, empty, "--to",
                 os.path.join(a.work, "both")))
        ok(bulk_import(a, "--yes", place="file://" + os.path.join(a.work, "both")))
        equal(stores(a), expected("west"))
        fails(a.ctl("set", "cert", "bulk", "export", "--to", "/nowhere/at/all"), 1)


def test_killed_import_leaves_nothing_or_all():
    with two() as (a, b):
        export(b)
        argv = [program("ctltool"), "--state", a.state, "set", "cert", "bulk", "import",
                "--from", a.place, "--yes"]
        for ms in (1, 3, 5, 8, 12, 20, 40):
            p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(ms / 1000)
            p.send_signal(signal.SIGKILL)
            p.wait()
            assert stores(a) in ({}, expected("west")), stores(a)
        ok(bulk_import(a, "--yes"))
        equal(stores(a), expected("west"))


class Web(http.server.BaseHTTPRequestHandler):
    files = {}

    def do_PUT(self):       # pylint: disable=invalid-name
        Web.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):       # pylint: disable=invalid-name
        body = Web.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):      # pylint: disable=arguments-differ
        pass


def test_http():
    with two() as (a, b), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_port}/bulk/"
        fails(bulk_import(a, "--yes", place=url + "west.bundle"), 1, "not found")
        export(b, to=url + "west.bundle")
        ok(bulk_import(a, "--yes", place=url + "west.bundle"))
        equal(stores(a), expected("west"))
        export(b, to=url)       # a folder: by the name it has everywhere
        assert any(re.fullmatch(r"/bulk/west-[0-9a-f]{8}\.bundle", f) for f in Web.files), \
            Web.files.keys()
        web.shutdown()
        r = fails(bulk_import(a, "--yes", place=url.replace("//", "//u:hush@") + "x"), 2,
                  "--password-file")
        assert "hush" not in r.out + r.err, r
        fails(b.ctl("set", "cert", "bulk", "export", "--to",
                    f"https://127.0.0.1:{b.port('https')}/x"), 6)


def test_https():
    """A web server must be one that https-trust trusts."""
    with two() as (a, b), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as web:
        cert = os.path.join(a.work, "web.pem")
        make_cert(cert, "web", "-days", "30", "-addext", "subjectAltName=IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, cert + ".k")
        web.socket = context.wrap_socket(web.socket, server_side=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{web.server_port}/west.bundle"
        Web.files.clear()
        fails(b.ctl("set", "cert", "bulk", "export", "--to", url), 4, "not trusted")
        equal(Web.files, {})
        for n in (a, b):
            ok(n.ctl("set", "cert", "import", "trust", "https", cert, "--yes"))
        export(b, to=url)
        ok(bulk_import(a, "--yes", place=url))
        equal(stores(a)["Phone-SAST-trust"], expected("west")["Phone-SAST-trust"])
        web.shutdown()


def test_sftp():
    if not sftp_server.available():
        raise Skip("python3-paramiko is not here: no sftp server to try")
    with two() as (a, b), sftp_server.serve(a.place) as (port, key):
        url = f"sftp://{sftp_server.USER}@127.0.0.1:{port}/"
        secret = os.path.join(a.work, "secret")
        with open(secret, "w", encoding="utf-8") as f:
            f.write(sftp_server.PASSWORD + "\n")
        by = ("--password-file", secret, "--host-key", key)
        out = ("set", "cert", "bulk", "export", "--to", url)
        # Nobody is believed unseen, and the error says what to compare.
        r = fails(b.ctl(*out, "--password-file", secret), 4, key)
        fails(b.ctl(*out, "--password-file", secret, "--host-key", key[:-1] + "x"), 4,
              "another server")
        fails(b.ctl(*out, "--host-key", key), 1, "none was given")
        wrong = os.path.join(a.work, "wrong")
        with open(wrong, "w", encoding="utf-8") as f:
            f.write("guess\n")
        r = fails(b.ctl(*out, "--password-file", wrong, "--host-key", key), 1, "refuses account")
        assert "guess" not in r.out + r.err, r
        equal(os.listdir(a.place), [])
        ok(b.ctl(*out, *by))
        ok(a.ctl("set", "cert", "bulk", "export", "--to", url, *by))
        ok(a.ctl("set", "cert", "bulk", "consolidate", url, *by))
        equal(sorted(re.sub("-[0-9a-f]{8}", "", f) for f in os.listdir(a.place)),
              ["consolidated.bundle", "east.bundle", "west.bundle"])
        ok(a.ctl("set", "cert", "bulk", "import", "--from", url + "consolidated.bundle", "--yes",
                 *by))
        equal(stores(a), expected("west"))
        ok(b.ctl("set", "cert", "bulk", "import", "--from", url, "--yes", *by))
        equal(stores(b), expected("east"))
        fails(b.ctl("set", "cert", "bulk", "import", "--from", url + "no.bundle", "--yes", *by), 1)


def make_cert(path, name, *more):
    ok(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
           "-nodes", "-keyout", path + ".k", "-out", path, "-subj", f"/CN={name}", *more))


def test_folder():
    with Node() as n:
        place = os.path.join(n.work, "certs")
        os.makedirs(os.path.join(place, "below"))
        for i in range(3):
            make_cert(os.path.join(place, f"gw{i}.pem"), f"gw{i}", "-days", "90")
        os.rename(os.path.join(place, "gw2.pem"), os.path.join(place, "below", "gw2.cer"))
        ok(run("openssl", "crl2pkcs7", "-nocrl", "-certfile", os.path.join(place, "gw0.pem"),
               "-certfile", os.path.join(place, "gw1.pem"), "-outform", "DER",
               "-out", os.path.join(place, "both.p7b")))
        os.remove(os.path.join(place, "gw0.pem.k"))
        with open(os.path.join(place, "README.txt"), "w", encoding="utf-8") as f:
            f.write("words\n")
        words = ("set", "cert", "import", "trust", "CallManager", place)
        # Asked about with what would happen; nobody there: nothing.
        r = fails(n.ctl(*words), 1, "add --yes")
        contains(r.out, "+ 2 certificates")
        contains(r.err, "README.txt: ")
        equal(stores(n), {})
        r = fails(n.ctl(*words, "--dry-run"), 3)
        contains(r.out, "2 certificates added")
        equal(stores(n), {})
        r = fails(n.ctl("--json", *words, "--yes"), 3, "files failed")
        j = r.json["result"]
        equal((j["files"], j["added"], j["same"], j["failed"]), (6, 2, 2, 3), repr(j))
        equal(sorted(os.path.basename(f["file"]) for f in j["failed_files"]),
              ["README.txt", "gw1.pem.k", "gw2.pem.k"])
        contains(r.json["warnings"][0], "--recursive")
        for f in j["failed_files"]:
            os.remove(f["file"])
        j = ok(n.ctl("--json", *words, "--recursive", "--yes")).json["result"]
        equal((j["files"], j["added"], j["same"], j["failed"]), (4, 1, 4, 0), repr(j))
        equal(stores(n), {"CallManager-trust": {"gw0", "gw1", "gw2"}})
        # And from a file of commands, as part of one transaction.
        shutil.rmtree(os.path.join(place, "below"))
        batch = os.path.join(n.work, "batch")
        with open(batch, "w", encoding="utf-8") as f:
            f.write(f"set cert import trust https {place} --yes\n")
        ok(n.ctl("-f", batch))
        equal(stores(n)["https-trust"], {"gw0", "gw1"})
        # A folder with nothing good, or nothing at all.
        bad = os.path.join(n.work, "bad")
        os.mkdir(bad)
        fails(n.ctl("set", "cert", "import", "trust", "CAPF", bad, "--yes"), 1, "no file")
        with open(os.path.join(bad, "x"), "w", encoding="utf-8") as f:
            f.write("x")
        os.mkfifo(os.path.join(bad, "pipe"))
        r = fails(n.ctl("set", "cert", "import", "trust", "CAPF", bad, "--yes"), 1,
                  "2 of 2 files failed")


if __name__ == "__main__":
    main([test_exchange, test_signers_are_asked_about, test_units,
          test_changed_bundles_are_refused, test_places,
          test_killed_import_leaves_nothing_or_all, test_http, test_https, test_sftp, test_folder])
