#!/usr/bin/env python3
"""The same bytes over every transport, with the clients people use."""
import os
import shutil
import socket
import struct
import time

from node import (Node, Skip, contains, equal, example, fails, main, ok, run, wait_all,
                  wait_for)

PHONE = "SEP0011223344AA"


def need(*programs):
    for p in programs:
        if shutil.which(p) is None:
            raise Skip(f"{p} is not installed")


def ready(n):
    n.start()
    ok(n.ctl("phone", "add", PHONE, "--model", "8861",
             "--config", example(f"{PHONE}.cnf.xml")))
    n.write("Ringlist.xml", b"<CiscoIPPhoneRingList/>\n")
    n.write("United_Kingdom/g3-tones.xml", b"<tones/>\n" * 700)
    n.write("image.bin", os.urandom(300_000))
    n.write("empty.xml", b"")
    n.write("even.bin", os.urandom(512 * 7))


def fetchers(n):
    """name -> function(file) giving bytes, by real clients."""
    def curl_http(name):
        return raw(run("curl", "-sf", "--noproxy", "*", "-o", out(n),
                       f"http://127.0.0.1:{n.port('http')}/{name}"), n)

    def curl_https(port):
        def fetch(name):
            return raw(run("curl", "-sfk", "--noproxy", "*", "-o", out(n),
                           f"https://127.0.0.1:{n.port(port)}/{name}"), n)
        return fetch

    def curl_tftp(name):
        return raw(run("curl", "-sf", "--noproxy", "*", "-o", out(n),
                       f"tftp://127.0.0.1:{n.port('tftp')}/{name}"), n)

    def hpa(name):
        return raw(run("tftp", "-m", "octet", "127.0.0.1", str(n.port("tftp")),
                       "-c", "get", name, out(n)), n)

    def atftp(blksize, *more):
        def fetch(name):
            options = [w for m in more for w in ("--option", m)]
            return raw(run("atftp", "--option", f"blksize {blksize}", "--option", "tsize 0",
                           *options, "-g", "-r", name, "-l", out(n), "127.0.0.1", str(n.port("tftp"))), n)
        return fetch

    return {"curl http": curl_http, "curl tftp": curl_tftp,
            "curl https 6971": curl_https("https"), "curl https 6972": curl_https("https2"),
            "tftp-hpa": hpa,
            "atftp 512": atftp(512), "atftp 1428": atftp(1428),
            "atftp windows": atftp(1428, "windowsize 16"),
            "atftp all": atftp(1024, "windowsize 3", "timeout 2")}


def out(n):
    return os.path.join(n.work, "got")


def raw(result, n):
    ok(result)
    with open(out(n), "rb") as f:
        data = f.read()
    os.unlink(out(n))
    return data


def test_same_bytes_over_all():
    need("curl", "tftp", "atftp")
    with Node() as n:
        ready(n)
        ok(n.ctl("set", "param", "https.plain_sgn", "no"))
        wait_all("the switch", lambda: https(n, f"{PHONE}.cnf.xml.sgn") ==
                 n.http(f"/{PHONE}.cnf.xml.sgn")[2])
        for name in ("ITLFile.tlv", f"ITL{PHONE}.tlv", f"{PHONE}.cnf.xml",
                     f"{PHONE}.cnf.xml.sgn", "Ringlist.xml", "Ringlist.xml.sgn",
                     "United_Kingdom/g3-tones.xml.sgn", "image.bin", "even.bin", "empty.xml.sgn"):
            expected = n.http("/" + name)
            equal(expected[0], 200, name)
            for client, fetch in fetchers(n).items():
                equal(fetch(name), expected[2], f"{name} by {client}")


def https(n, name, port="https"):
    return ok_bytes(run("curl", "-sk", "--noproxy", "*", "-o", out(n),
                        f"https://127.0.0.1:{n.port(port)}/{name}"), n)


def ok_bytes(result, n):
    if not os.path.exists(out(n)):
        return b""
    return raw(result, n)


def test_plain_configuration_on_6971():
    """What phones that ask there expect; on 6972 and elsewhere it is signed."""
    need("curl")
    with Node() as n:
        ready(n)
        plain = n.http(f"/{PHONE}.cnf.xml")[2]
        signed = n.http(f"/{PHONE}.cnf.xml.sgn")[2]
        assert plain != signed
        equal(https(n, f"{PHONE}.cnf.xml.sgn"), plain)
        equal(https(n, f"{PHONE}.cnf.xml.sgn", "https2"), signed)
        equal(https(n, "Ringlist.xml.sgn"), n.http("/Ringlist.xml.sgn")[2], "not a phone's own")
        ok(n.ctl("set", "param", "https.plain_sgn", "no"))
        wait_for("the switch", lambda: https(n, f"{PHONE}.cnf.xml.sgn") == signed)


def test_https_certificate():
    need("openssl")
    with Node() as n:
        ready(n)
        own = ok(n.ctl("show", "cert", "own", "CallManager-ECDSA", "--pem")).out
        for port in ("https", "https2"):
            shown = run("openssl", "s_client", "-connect", f"127.0.0.1:{n.port(port)}",
                        "-showcerts").out
            pem = shown[shown.index("-----BEGIN CERT"):shown.index("-----END CERT")]
            contains(own, pem.strip(), port)


def shaken(n, *options, port="https"):
    said = run("openssl", "s_client", "-connect", f"127.0.0.1:{n.port(port)}",
               "-cipher", "ALL:@SECLEVEL=0", *options)
    return "Cipher is ECDHE-ECDSA" in said.out


def test_lowest_tls_version():
    """1.0 on request only, with the phones that need it named."""
    need("openssl")
    with Node() as n:
        ready(n)
        ok(n.ctl("phone", "add", "SEP001122337960", "--model", "7960"))
        equal((shaken(n, "-tls1_2"), shaken(n, "-tls1_1"), shaken(n, "-tls1")),
              (True, False, False))
        done = ok(n.ctl("--json", "set", "param", "https.min_version", "1.0"))
        said = " ".join(str(w) for w in done.json["warnings"])
        contains(said, "SEP001122337960 (7960)")
        assert PHONE not in said
        wait_for("TLS 1.0", lambda: shaken(n, "-tls1"))
        assert not shaken(n, "-tls1", port="https2"), "only the port that was set"
        done = ok(n.ctl("--json", "set", "param", "https2.min_version", "1.0"))
        contains(" ".join(str(w) for w in done.json["warnings"]), "SEP001122337960 (7960)")
        wait_for("TLS 1.0 there too", lambda: shaken(n, "-tls1", port="https2"))
        equal(ok(n.ctl("--json", "set", "param", "https.min_version", "1.3")).json["warnings"], [])
        wait_for("only TLS 1.3", lambda: not shaken(n, "-tls1_2"))
        equal(https(n, "Ringlist.xml"), b"<CiscoIPPhoneRingList/>\n")


def test_ranges_and_tags():
    need("curl")
    with Node() as n:
        ready(n)
        whole = n.http("/image.bin")[2]
        for scheme, port in (("http", "http"), ("https", "https2")):
            def part(wanted, scheme=scheme, port=port):
                return raw(run("curl", "-sfk", "--noproxy", "*", "-r", wanted, "-o", out(n),
                               f"{scheme}://127.0.0.1:{n.port(port)}/image.bin"), n)
            equal(part("0-99"), whole[:100])
            equal(part("299990-"), whole[299990:])
            equal(part("-7"), whole[-7:])
            equal(part("100-200,300-400"), whole, "several: the whole")
        status, fields, _ = n.http("/image.bin", headers={"Range": "bytes=300000-"})
        equal((status, fields["content-range"]), (416, "bytes */300000"))
        for name in ("/image.bin", "/ITLFile.tlv", "/Ringlist.xml.sgn"):
            status, fields, body = n.http(name)
            tag = fields["etag"]
            status, fields, body = n.http(name, headers={"If-None-Match": tag})
            equal((status, fields["etag"], body), (304, tag, b""), name)
            status, fields, _ = n.http(name, headers={"If-Range": tag, "Range": "bytes=1-2"})
            equal((status, fields["content-length"]), (206, "2"), name)
        tag = n.http("/Ringlist.xml")[1]["etag"]
        n.write("Ringlist.xml", b"<CiscoIPPhoneRingList>other</CiscoIPPhoneRingList>\n")
        status, _, body = n.http("/Ringlist.xml", headers={"If-None-Match": tag})
        equal(status, 200, "changed since")
        status, _, body = n.http("/Ringlist.xml", headers={"If-Range": tag, "Range": "bytes=1-2"})
        equal(status, 200, "a part of another version would be a broken file")


def test_https_is_observed():
    need("curl")
    with Node() as n:
        ready(n)
        https(n, f"ITL{PHONE}.tlv")

        def seen():
            shown = ok(n.ctl("--json", "phone", "show", PHONE)).json["result"]
            return any(f["name"] == f"ITL{PHONE}.tlv" and f["transport"] == "https" and
                       f["result"] == "done" for f in shown["fetches"])
        wait_for("the fetch in observed.db", seen)


def test_head_and_errors():
    with Node() as n:
        ready(n)
        status, fields, body = n.http("/image.bin", method="HEAD")
        equal((status, fields["content-length"], body), (200, "300000", b""))
        equal(n.http("/nothing.xml")[0], 404)
        equal(n.http("/CTLFile.tlv")[0], 404, "non-secure mode has no CTL")
        equal(n.http("/../master.key")[0] in (400, 404), True)
        equal(n.http("/%2e%2e/master.key")[0] in (400, 404), True)
        equal(n.http("/ITLFile.tlv", method="POST")[0], 405)
        equal(n.http(f"/{PHONE}.cnf.xml.enc.sgn")[0], 404)
        equal(n.http("/ringlist.XML")[2], b"<CiscoIPPhoneRingList/>\n", "case of names varies")


def tftp_ask(n, packet):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(300)
        s.sendto(packet, ("127.0.0.1", n.port("tftp")))
        return s.recvfrom(2048)[0]


def test_tftp_answers_at_once():
    with Node() as n:
        ready(n)
        equal(tftp_ask(n, b"\0\1nothing.xml\0octet\0")[:4], b"\0\5\0\1", "not found")
        equal(tftp_ask(n, b"\0\1CTLSEP0011223344AA.tlv\0octet\0")[:4], b"\0\5\0\1")
        equal(tftp_ask(n, b"\0\2x.xml\0octet\0")[:4], b"\0\5\0\2", "write request")
        equal(tftp_ask(n, b"\0\1/Ringlist.xml\0octet\0")[:4], b"\0\3\0\1", "leading slash")
        equal(tftp_ask(n, b"\0\1../master.key\0octet\0")[:2], b"\0\5")
        oack = tftp_ask(n, b"\0\1image.bin\0octet\0tsize\x000\0blksize\x001024\0")
        equal(oack[:2], b"\0\6")
        contains(oack.decode("latin-1").lower(), "tsize\x00300000\0")
        oack = tftp_ask(n, b"\0\1image.bin\0octet\0windowsize\x00500\0")
        contains(oack.decode("latin-1").lower(), "windowsize\x0064\0", "bounded")
        ok(n.ctl("set", "param", "tftp.windowsize_max", "5"))
        wait_for("the parameter", lambda: b"windowsize\x005\0" in
                 tftp_ask(n, b"\0\1image.bin\0octet\0windowsize\x00500\0"))
        data = tftp_ask(n, b"\0\1Ringlist.xml\0netascii\0")
        equal(data, b"\0\3\0\1<CiscoIPPhoneRingList/>\r\n")


def test_signed_on_demand_follows_the_source():
    with Node() as n:
        ready(n)
        first = n.http("/Ringlist.xml.sgn")[2]
        equal(n.http("/Ringlist.xml.sgn")[2], first, "deterministic")
        n.write("Ringlist.xml", b"<CiscoIPPhoneRingList><Ring/></CiscoIPPhoneRingList>\n")
        second = n.http("/Ringlist.xml.sgn")[2]
        assert first != second
        assert second.endswith(b"<Ring/></CiscoIPPhoneRingList>\n")


def test_stored_sgn_is_served_verbatim():
    with Node() as n:
        ready(n)
        n.write("SIP69xx.9-4-1-3.zz.sgn", b"already signed elsewhere")
        equal(n.http("/SIP69xx.9-4-1-3.zz.sgn")[2], b"already signed elsewhere")


def test_left_over_list_is_not_served():
    """A stale list dropped into tftp/ would lock phones out."""
    with Node() as n:
        ready(n)
        right = n.http("/ITLFile.tlv")[2]
        n.write("ITLFile.tlv", b"stale")
        n.write("CTLFile.tlv", b"stale")
        equal(n.http("/ITLFile.tlv")[2], right)
        equal(n.http("/CTLFile.tlv")[0], 404)


def test_symlink_out_of_the_root():
    with Node() as n:
        ready(n)
        os.symlink(os.path.join(n.state, "master.key"),
                   os.path.join(n.state, "tftp", "key.xml"))
        equal(n.http("/key.xml")[0], 403)


def data_of(path):
    """(offset, bytes) of what a sparse file holds."""
    with open(path, "rb") as f:
        at, end = 0, os.fstat(f.fileno()).st_size
        while at < end:
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            hole = os.lseek(f.fileno(), at, os.SEEK_HOLE)
            yield at, os.pread(f.fileno(), hole - at, at)
            at = hole


def test_signatures_survive_a_restart():
    """tftp.cache = disk: no second signature, and the disk is not believed."""
    with Node() as n:
        ok(n.ctl("set", "param", "tftp.cache", "disk"))
        ready(n)
        name = f"/{PHONE}.cnf.xml.sgn"
        first = n.http(name)[2]
        rings = n.http("/Ringlist.xml.sgn")[2]
        n.stop()
        path = os.path.join(n.state, "cache", "signatures")
        parts = dict(data_of(path))
        stored = b"".join(parts.values())
        assert first[:400] in stored, "the header is on disk"
        assert b"<device" not in stored, "what it signs is not"
        n.start()
        equal(n.http(name)[2], first)
        equal(n.http("/Ringlist.xml.sgn")[2], rings)
        n.stop()
        with open(path, "r+b") as f:
            for at, data in parts.items():
                f.seek(at)
                f.write(bytes(b ^ 1 for b in data))
        n.start()
        equal(n.http(name)[2], first, "signed again")


def test_changed_sources_are_seen():
    with Node() as n:
        ready(n)

        def tones():
            return n.http("/d/tones.xml.sgn")[2][-4:]
        n.write("d/tones.xml", b"<a/>")
        equal(tones(), b"<a/>")
        folder = os.path.join(n.state, "tftp", "d")
        path = os.path.join(folder, "tones.xml")
        with open(path, "r+b") as f:
            f.write(b"<b/>")
        equal(tones(), b"<b/>", "edited in place")
        n.write("d/new", b"<c/>")
        os.rename(os.path.join(folder, "new"), path)
        equal(tones(), b"<c/>", "renamed over")
        os.unlink(path)
        equal(n.http("/d/tones.xml.sgn")[0], 404, "deleted")
        equal(n.http("/d/TONES.xml.sgn")[0], 404)
        os.symlink("one.xml", path)
        n.write("d/one.xml", b"<d/>")
        n.write("d/two.xml", b"<e/>")
        equal(tones(), b"<d/>", "a link")
        os.symlink("two.xml", path + ".new")
        os.rename(path + ".new", path)
        equal(tones(), b"<e/>", "another link")
        n.write("other/tones.xml", b"<f/>")
        os.rename(folder, folder + ".old")
        os.rename(os.path.join(n.state, "tftp", "other"), folder)
        equal(tones(), b"<f/>", "another folder")
        # thousands of changes, more than any queue of events holds
        for i in range(20000):
            os.utime(path, (i, i))
        n.write("d/tones.xml", b"<g/>")
        equal(tones(), b"<g/>", "after a flood")


def tftp_get(n, name):
    """A small file, or the code of the error; one request, no retries."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(300)
        s.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("127.0.0.1", n.port("tftp")))
        data, peer = s.recvfrom(600)
        if data[:2] == b"\0\5":
            return data[3]
        equal(data[:4], b"\0\3\0\1")
        assert len(data) < 516, "more than a block"
        s.sendto(b"\0\4\0\1", peer)
        return data[4:]


def test_every_change_is_seen_by_the_next_request():
    """Whatever is remembered of files: the request after a change has it."""
    with Node() as n:
        ready(n)
        root = os.path.join(n.state, "tftp")
        more = os.path.join(n.work, "more")
        os.mkdir(more)
        os.chmod(n.work, 0o711)     # the engine gets there by path
        n.write("far.xml", b"near")
        ok(n.ctl("set", "param", "tftp.root", more))
        wait_for("the root", lambda: tftp_get(n, "nothing") == 1)

        def seen(name, data):
            """Over both, plain and signed; first the one, then the other."""
            for ask in (lambda x: tftp_get(n, x), lambda x: n.http("/" + x)[2]):
                if data is None:
                    assert ask(name) in (1, b"not found\n"), name
                else:
                    equal(ask(name), data, name)
            signed = n.http(f"/{name}.sgn")[2]
            assert signed == b"not found\n" if data is None else signed.endswith(data), name

        def settle(name):
            """Ask until it is in memory: known for longer than two seconds."""
            time.sleep(2.1)     # no event tells; times of files must grow old
            seen(name, open(os.path.join(root, name), "rb").read())

        for i, name in enumerate(("top.xml", "sub/in.xml")):
            path = os.path.join(root, name)
            n.write(name, b"one")
            settle(name)
            with open(path, "r+b") as f:
                f.write(b"two")
            seen(name, b"two")
            settle(name)
            with open(path, "ab", 0) as f:
                for j in range(20):
                    f.write(b".")
                    seen(name, b"two" + b"." * (j + 1))
            settle(name)
            os.truncate(path, 2)
            seen(name, b"tw")
            settle(name)
            n.write(name + ".new", b"by")
            os.utime(path + ".new", ns=(os.stat(path).st_mtime_ns,) * 2)
            os.rename(path + ".new", path)
            seen(name, b"by")       # of the same size and time
            settle(name)
            os.utime(path, (5, 5))
            stamp = n.http(f"/{name}.sgn")[2]
            os.utime(path, (6, 6))
            assert n.http(f"/{name}.sgn")[2] != stamp, "tag 15 is the time of the file"
            os.link(path, os.path.join(n.work, f"link{i}"))
            settle(name)
            with open(os.path.join(n.work, f"link{i}"), "r+b") as f:
                f.write(b"on")      # through another name
            seen(name, b"on")
            settle(name)
            os.unlink(path)
            seen(name, None)
            seen(name.upper(), None)
            n.write(name, b"back")
            seen(name, b"back")
            settle(name)
            os.rename(path, path + ".away")
            seen(name, None)
            os.symlink(os.path.basename(path) + ".away", path)
            seen(name, b"back")
            os.unlink(path)
            os.mkdir(path)
            seen(name, None)
            os.rmdir(path)
        # a folder replaced, and one that a link stands for
        n.write("sub/in.xml", b"first")
        n.write("next/in.xml", b"second")
        settle("sub/in.xml")
        os.rename(os.path.join(root, "sub"), os.path.join(root, "old"))
        seen("sub/in.xml", None)
        os.rename(os.path.join(root, "next"), os.path.join(root, "sub"))
        seen("sub/in.xml", b"second")
        # names: a better spelling, an earlier root
        n.write("Spell.xml", b"upper")
        settle("Spell.xml")
        seen("spell.xml", b"upper")
        n.write("spell.xml", b"lower")
        seen("spell.xml", b"lower")
        seen("SPELL.xml", b"upper")
        with open(os.path.join(more, "far.xml"), "wb") as f:
            f.write(b"far")
        settle("far.xml")
        os.unlink(os.path.join(root, "far.xml"))
        seen("far.xml", b"far")
        n.write("far.xml", b"near again")
        seen("far.xml", b"near again")
        # rows of the database
        ok(n.ctl("phone", "remove", PHONE, "--yes"))
        seen(f"{PHONE}.cnf.xml", None)


def test_a_root_replaced_as_a_whole():
    with Node() as n:
        ready(n)
        root = os.path.join(n.state, "tftp")
        equal(n.http("/Ringlist.xml")[0], 200)
        os.rename(root, root + ".old")
        os.mkdir(root, 0o755)
        n.write("Ringlist.xml", b"<new/>")
        wait_for("the new folder", lambda: n.http("/Ringlist.xml")[2] == b"<new/>")
        # Each loop of the daemon looks for itself.
        wait_for("the old one is gone", lambda: n.http("/even.bin")[0] == 404)


def test_file_list_of_signed_and_stale():
    with Node() as n:
        ready(n)
        n.write("a.xml", b"<a/>")
        n.write("a.xml.sgn", b"stored")
        n.write("b.zz.sgn", b"stored")
        os.utime(os.path.join(n.state, "tftp", "a.xml.sgn"), (5, 5))

        def names(*options):
            r = ok(n.ctl("--json", "file", "list", "tftp", *options)).json["result"]
            return [f["name"] for f in r["files"]]
        equal(names("--signed"), ["a.xml.sgn", "b.zz.sgn"])
        equal(names("--stale"), ["a.xml.sgn"])
        equal(names("a.*", "--signed"), ["a.xml.sgn"])
        contains(ok(n.ctl("file", "list", "tftp", "--stale")).out, "older than the file it signs")
        assert "Made for phones" not in ok(n.ctl("file", "list", "tftp", "--signed")).out


def test_file_view():
    with Node() as n:
        ready(n)
        equal(ok(n.ctl("file", "view", "tftp", "ringlist.xml")).out,
              "<CiscoIPPhoneRingList/>\n")
        text = ok(n.ctl("--json", "file", "view", "tftp", f"{PHONE}.cnf.xml")).json["result"]
        equal(text["text"].encode(), n.http(f"/{PHONE}.cnf.xml")[2])
        fails(n.ctl("file", "view", "tftp", "image.bin"), 4, "not text")
        fails(n.ctl("file", "view", "tftp", "ITLFile.tlv"), 4, "show itl")
        fails(n.ctl("file", "view", "tftp", "Ringlist.xml.sgn"), 4, "without .sgn")
        fails(n.ctl("file", "view", "tftp", "nothing"), 1)
        fails(n.ctl("file", "view", "tftp", "../master.key"), 4)
        n.write("esc.xml", b"<a>\x1b[2J</a>")
        fails(n.ctl("file", "view", "tftp", "esc.xml"), 4)


def test_file_delete():
    with Node() as n:
        ready(n)
        path = n.write("d/old.xml", b"<a/>")
        fails(n.ctl("file", "delete", "tftp", "d/old.xml"), 1, "--yes")
        fails(n.ctl("--yes", "file", "delete", "tftp", "d/OLD.xml"), 1, "exact spelling")
        assert os.path.exists(path)
        contains(ok(n.ctl("--yes", "file", "delete", "tftp", "d/old.xml")).out,
                 "files: found = 1, deleted = 1")
        assert not os.path.exists(path)
        equal(n.http("/d/old.xml")[0], 404)
        for name, why in (("ITLFile.tlv", "not a file"), ("CTLFile.tlv", "not a file")):
            fails(n.ctl("--yes", "file", "delete", "tftp", name), 4, why)
        fails(n.ctl("--yes", "file", "delete", "tftp", f"{PHONE}.cnf.xml"), 1, "phone remove")
        fails(n.ctl("--yes", "file", "delete", "tftp", "d"), 1, "no such file")
        fails(n.ctl("--yes", "file", "delete", "tftp", "../master.key"), 4)
        os.symlink(os.path.join(n.state, "master.key"), path)
        ok(n.ctl("--yes", "file", "delete", "tftp", "d/old.xml"))
        assert os.path.exists(os.path.join(n.state, "master.key")), "the link goes, not its target"
        more = os.path.join(n.work, "more")
        os.mkdir(more)
        with open(os.path.join(more, "far.xml"), "wb") as f:
            f.write(b"<far/>")
        ok(n.ctl("set", "param", "tftp.root", more))
        ok(n.ctl("file", "verify", "tftp", "far.xml"))
        equal(ok(n.ctl("file", "view", "tftp", "far.xml")).out, "<far/>\n")
        gone = ok(n.ctl("--json", "--yes", "file", "delete", "tftp", "far.xml")).json["result"]
        equal((gone["root"], gone["deleted"], os.listdir(more)), (more, 1, []))
        left = n.write("CTLFile.tlv", b"left over")
        ok(n.ctl("--yes", "file", "delete", "tftp", "CTLFile.tlv"))
        assert not os.path.exists(left)


def test_file_verify():
    with Node() as n:
        ready(n)
        vector = os.path.join(os.environ.get("top_srcdir", "."), "tests", "data", "vectors",
                              "signed", "RingList.xml.sha1.sgn")
        with open(vector, "rb") as f:
            foreign = f.read()
        n.write("RingList.xml.sgn", foreign)
        n.write("ours.xml", b"<ours/>")
        n.write("ours.xml.sgn", n.http("/ours.xml.sgn")[2])
        result = ok(n.ctl("--json", "file", "verify", "tftp", "--all")).json["result"]
        equal({f["name"]: f["verdict"] for f in result["files"]},
              {"RingList.xml.sgn": "sound", "ours.xml.sgn": "verified"})
        contains(ok(n.ctl("file", "verify", "tftp", "RingList.xml.sgn")).out, "was not checked")
        contains(ok(n.ctl("file", "verify", "tftp", "ours.xml")).out, "plain")
        n.write("renamed.zz.sgn", foreign)
        n.write("SIP88xx.loads", b"no header")
        fails(n.ctl("file", "verify", "tftp", "renamed.zz.sgn"), 4, "RingList.xml.sgn")
        out = fails(n.ctl("file", "verify", "tftp", "--all"), 4).out
        contains(out, "found = 4, bad = 2")
        fails(n.ctl("file", "verify", "tftp"), 2)
        fails(n.ctl("file", "verify", "tftp", "nothing.sgn"), 1)
        equal(n.http("/SIP88xx.loads")[2], b"no header", "served all the same")

        def log():
            with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
                return f.read()
        wait_for("it is told", lambda: "files.image" in log())


def test_explain_of_an_image():
    with Node() as n:
        ready(n)
        data = n.http("/Ringlist.xml.sgn")[2]
        for name, header, part in (("Ringlist.xml.sgn", "sound", "made for this name"),
                                   ("other.xml.sgn", "bad", "signed as Ringlist.xml.sgn")):
            path = os.path.join(n.work, name)
            with open(path, "wb") as f:
                f.write(data)
            told = ok(n.ctl("explain", path))
            contains(told.out + told.err, part)
            equal(ok(n.ctl("--json", "explain", path)).json["result"]["header"], header)


def test_completion_of_file_names():
    with Node() as n:
        ready(n)
        contains(ok(n.ctl("complete", "--", f"ctltool --state {n.state} file delete tftp Ring")).out,
                 "Ringlist.xml")


def test_observations():
    with Node() as n:
        ready(n)
        ok(n.boot(PHONE))

        def seen():
            shown = ok(n.ctl("--json", "phone", "show", PHONE)).json["result"]
            names = {f["name"] for f in shown["fetches"] if f["result"] == "done"}
            return {f"ITL{PHONE}.tlv", f"{PHONE}.cnf.xml.sgn"} <= names
        wait_for("the fetches in observed.db", seen)


def test_wrong_packets_harm_nobody():
    with Node() as n:
        ready(n)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for junk in (b"", b"\0", b"\0\1", b"\0\1x", b"\0\1x\0", b"\0\7" + b"a" * 900,
                         struct.pack("!HH", 4, 1), b"\0\1" + b"a" * 1400):
                s.sendto(junk, ("127.0.0.1", n.port("tftp")))
        ok(n.boot(PHONE, transport="tftp"))


def test_foreign_state_is_refused_by_explain():
    with Node() as n:
        ready(n)
        path = os.path.join(n.work, "x.sgn")
        data = n.http("/Ringlist.xml.sgn")[2]
        for change, code in ((data, 0), (data[:-1] + b"x", 4)):
            with open(path, "wb") as f:
                f.write(change)
            fails(n.ctl("explain", path), code)


if __name__ == "__main__":
    main([test_same_bytes_over_all, test_head_and_errors, test_tftp_answers_at_once,
          test_signed_on_demand_follows_the_source, test_stored_sgn_is_served_verbatim,
          test_left_over_list_is_not_served, test_symlink_out_of_the_root,
          test_signatures_survive_a_restart, test_changed_sources_are_seen,
          test_every_change_is_seen_by_the_next_request, test_a_root_replaced_as_a_whole,
          test_file_list_of_signed_and_stale, test_file_view, test_file_delete,
          test_file_verify, test_explain_of_an_image, test_completion_of_file_names,
          test_observations, test_wrong_packets_harm_nobody,
          test_foreign_state_is_refused_by_explain, test_plain_configuration_on_6971,
          test_https_certificate, test_lowest_tls_version, test_ranges_and_tags,
          test_https_is_observed])
