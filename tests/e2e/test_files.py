#!/usr/bin/env python3
"""The same bytes over every transport, with the clients people use."""
import os
import shutil
import socket
import struct

from node import (Node, Skip, contains, equal, example, fails, main, ok, run,
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

    return {"curl http": curl_http, "curl tftp": curl_tftp, "tftp-hpa": hpa,
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
        for name in ("ITLFile.tlv", f"ITL{PHONE}.tlv", f"{PHONE}.cnf.xml",
                     f"{PHONE}.cnf.xml.sgn", "Ringlist.xml", "Ringlist.xml.sgn",
                     "United_Kingdom/g3-tones.xml.sgn", "image.bin", "even.bin", "empty.xml.sgn"):
            expected = n.http("/" + name)
            equal(expected[0], 200, name)
            for client, fetch in fetchers(n).items():
                equal(fetch(name), expected[2], f"{name} by {client}")


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
        s.settimeout(30)
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
          test_left_over_list_is_not_served, test_symlink_out_of_the_root, test_observations,
          test_wrong_packets_harm_nobody, test_foreign_state_is_refused_by_explain])
