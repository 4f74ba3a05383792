#!/usr/bin/env python3
"""Phone files made from settings, and the file of phones that nobody added."""
import hashlib
import os
import re
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node, contains, equal, main, ok, run

PHONE = "SEP0011223344AA"


def fetch(n, name, transport="http"):
    """Bytes, or None when it is not there."""
    to = os.path.join(n.work, "got")
    got = run("curl", "-sf", "--noproxy", "*", "-o", to,
              f"{transport}://127.0.0.1:{n.port(transport)}/{name}")
    if got.code != 0:
        return None
    with open(to, "rb") as f:
        data = f.read()
    os.unlink(to)
    return data


def stamp(data):
    """What versionStamp must be: an independent canonical form, hashed."""
    empty = re.sub(rb"<versionStamp>[^<]*</versionStamp>", b"<versionStamp/>", data)
    digest = bytearray(hashlib.sha256(ET.canonicalize(empty.decode()).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0f | 0x80
    digest[8] = digest[8] & 0x3f | 0x80
    h = digest.hex()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def text(data, path):
    return ET.fromstring(data).findtext(path)


def test_settings_reach_the_phone():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        first = fetch(n, f"{PHONE}.cnf.xml")
        equal(text(first, "vendorConfig/garp"), None)
        equal(text(first, "versionStamp"), stamp(first))
        ok(n.ctl("set", "param", "phone.gratuitous_arp", "disabled"))
        ok(n.ctl("set", "param", "phone.loads", "8861=sip8861.1,7965=SIP45.2"))
        ok(n.ctl("set", "param", "phone.secured_directory_url", "https://h/d?a=1&b=2"))
        second = fetch(n, f"{PHONE}.cnf.xml")
        equal(text(second, "vendorConfig/garp"), "1")
        equal(text(second, "loadInformation"), "sip8861.1")
        equal(text(second, "secureDirectoryURL"), "https://h/d?a=1&b=2")
        equal(ET.fromstring(second).find("phoneServices").get("useHTTPS"), "true")
        equal(text(second, "deviceSecurityMode"), "1")
        equal(text(second, "versionStamp"), stamp(second))
        assert stamp(first) != stamp(second)
        equal(fetch(n, f"{PHONE}.cnf.xml", "tftp"), second)
        ok(n.boot(PHONE))


def test_default_file():
    with Node() as n:
        n.start()
        for name in ("XMLDefault.cnf.xml", "XMLDefault.cnf.xml.sgn"):
            equal(fetch(n, name), None, "auto-registration is off")
        ok(n.ctl("set", "param", "autoregistration.enabled", "yes"))
        ok(n.ctl("set", "param", "phone.loads", "8841=sip88xx.1"))
        plain = fetch(n, "XmlDefault.cnf.xml", "tftp")
        equal(ET.fromstring(plain).tag, "Default")
        equal(text(plain, "loadInformation683"), "sip88xx.1")
        member = "callManagerGroup/members/member/callManager/"
        equal(text(plain, member + "ports/sipPort"), str(n.port("sip")))
        signed = fetch(n, "XMLDefault.cnf.xml.sgn")
        assert signed.endswith(plain), "the same, signed"
        path = os.path.join(n.work, "XMLDefault.cnf.xml.sgn")
        with open(path, "wb") as f:
            f.write(signed)
        contains(ok(n.ctl("explain", path)).out, "XMLDefault.cnf.xml.sgn")
        n.write("XMLDefault.cnf.xml", b"<Default><own/></Default>\n")
        equal(fetch(n, "XMLDefault.cnf.xml"), b"<Default><own/></Default>\n")


if __name__ == "__main__":
    main([test_settings_reach_the_phone, test_default_file])
