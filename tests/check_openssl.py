#!/usr/bin/env python3
"""What make_list built, read by another program and checked by OpenSSL.

The TLVs are parsed here from the description of the format alone
(spec/trust-list.md sections 1 to 5, spec/signed-file.md), tag 12 is cut out,
and the openssl command line verifies the rest.
"""
import os
import subprocess
import sys
import tempfile

BUILD = os.environ.get("top_builddir") or "."
CONTAINERS = (3, 7, 9)
DIGESTS = {1: "-sha1", 3: "-sha512"}
MODULUS = {1: 1024, 2: 2048, 3: 4096}
ROLES = {0: "SAST", 3: "TFTP", 4: "CAPF", 21: "TVS"}


def openssl(*args, data=None):
    """Run openssl; its output, or an exception with what it said."""
    done = subprocess.run(["openssl", *args], input=data, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout


def tlvs(buf, at, end):
    """(tag, offset, value) of each TLV of a header between at and end."""
    while at < end:
        tag = buf[at]
        if tag == 13:
            assert set(buf[at:end]) == {13} and end - at <= 3, "padding"
            return
        size = int.from_bytes(buf[at + 1:at + 3], "big")
        assert at + 3 + size <= end, f"tag {tag} at {at} is too long"
        if tag in CONTAINERS:
            yield tag, at, b""
            yield from tlvs(buf, at + 3, at + 3 + size)
        else:
            yield tag, at, buf[at + 3:at + 3 + size]
        at += 3 + size


def text(value):
    assert value[-1:] == b"\0" and b"\0" not in value[:-1], "string"
    return value[:-1].decode()


def header(buf):
    """The header's values by tag, order of tags, and the signed bytes."""
    length = int.from_bytes(buf[8:10], "big")
    assert length % 4 == 0 and length <= len(buf), "header length"
    found, order = {}, []
    for tag, at, value in tlvs(buf, 0, length):
        assert tag not in found, f"tag {tag} twice"
        found[tag] = value
        order.append(tag)
        if tag == 12:
            cut = at
    size = len(found[12])
    assert size * 8 == MODULUS[found[11][0]], "modulus"
    return found, order, buf[:cut] + buf[cut + 3 + size:], length


def records(buf, at):
    while at < len(buf):
        assert buf[at:at + 3] == b"\1\0\2", f"record at {at}"
        end = at + int.from_bytes(buf[at + 3:at + 5], "big")
        yield {tag: value for tag, _, value in record_tlvs(buf, at, end)}, \
            [tag for tag, _, _ in record_tlvs(buf, at, end)]
        at = end


def record_tlvs(buf, at, end):
    while at < end:
        size = int.from_bytes(buf[at + 1:at + 3], "big")
        yield buf[at], at, buf[at + 3:at + 3 + size]
        at += 3 + size
    assert at == end, "record length"


def verify(folder, name, cert):
    """The signature over the file without tag 12, by openssl dgst."""
    with open(os.path.join(folder, name), "rb") as f:
        buf = f.read()
    found, order, signed, length = header(buf)
    key, sig = (os.path.join(folder, x) for x in ("key.pem", "sig"))
    with open(key, "wb") as f:
        f.write(openssl("x509", "-in", os.path.join(folder, cert), "-noout",
                        "-pubkey"))
    with open(sig, "wb") as f:
        f.write(found[12])
    args = ["dgst", DIGESTS[found[8][0]], "-verify", key, "-signature", sig]
    assert openssl(*args, data=signed) == b"Verified OK\n"
    broken = bytearray(signed)
    broken[-1] ^= 1
    try:
        openssl(*args, data=bytes(broken))
    except AssertionError:
        pass
    else:
        raise AssertionError("openssl verifies changed bytes too")
    return buf, found, order, length


def check_record(folder, rec):
    """A record beside what openssl reads in its certificate."""
    der = os.path.join(folder, "der")
    with open(der, "wb") as f:
        f.write(rec[9])
    x509 = ["x509", "-inform", "DER", "-in", der, "-noout"]
    serial = openssl(*x509, "-serial").decode().strip().split("=")[1]
    assert bytes.fromhex(serial) == rec[6], "serial"
    spki = openssl("pkey", "-pubin", "-outform", "DER",
                   data=openssl(*x509, "-pubkey"))
    assert spki.endswith(rec[7]), "public key"
    assert rec[9].endswith(rec[8]), "signature of the certificate"
    # openssl's RFC 2253 order is the reverse of the certificate's.
    name = openssl(*x509, "-subject", "-nameopt",
                   "RFC2253,-dn_rev,-esc_msb").decode().strip()
    name = name[len("subject="):].replace("serialNumber=", "2.5.4.5=")
    return name


def check_list(folder, name, signer, tags, stubs):
    buf, found, order, length = verify(folder, name, signer)
    assert found[1] == b"\1\2" and text(found[14]) == "ITLFile.tlv"
    assert order == tags, order
    assert int.from_bytes(found[15], "big") == 1795000000
    roles = []
    for rec, order in records(buf, length):
        roles.append(ROLES[int.from_bytes(rec[4], "big")])
        if 9 not in rec:
            assert order == [1, 2, 4, 10], order
            assert rec[10] == bytes([192, 0, 2, 10])
            continue
        assert order == ([1, 3, 5, 6, 4, 7, 8, 9] if stubs == 0 else
                         list(range(1, 11))), order
        subject = check_record(folder, rec)
        if stubs == 0:
            assert text(rec[3]) == text(rec[5]) == subject, subject
        else:
            cn = subject.split(",")[0]
            assert text(rec[3]) == (cn + ";OU=Voice\\+Lab;O=Example\\, Org;"
                                    "2.5.4.5=0b6f4a62-0000-4000-8000-"
                                    "000000000001"), text(rec[3])
        if rec[6] == found[5]:
            assert rec[5] == found[6] and rec[3] == found[4]
    assert roles == ["TFTP", "SAST", "SAST", "CAPF"] + ["TVS"] * stubs, roles


def check_signed(folder, name, signer, size):
    buf, found, order, length = verify(folder, name, signer)
    assert found[1] == b"\1\0" and len(found[12]) == size
    assert order == [1, 2, 3, 4, 6, 5, 7, 8, 9, 10, 11, 12, 14, 15], order
    assert text(found[14]) == "Lab/tones.xml.sgn"
    assert buf[length:] == b"<tones/>\n"


def check_certs(folder):
    """Our own certificates by openssl's rules, strict ones included."""
    for name in ("recovery", "ccm", "ec", "capf"):
        path = os.path.join(folder, name + ".pem")
        said = openssl("verify", "-check_ss_sig", "-x509_strict",
                       "-auth_level", "0", "-CAfile", path, path)
        assert said.decode().strip().endswith(": OK"), said
        dump = openssl("x509", "-in", path, "-noout", "-text").decode()
        for want in ("Version: 3", f"CN = {name}, O = \"Example, Org\"",
                     "X509v3 Subject Key Identifier",
                     "X509v3 Authority Key Identifier",
                     "X509v3 Key Usage: critical",
                     "DNS:cm1.example.org, IP Address:192.0.2.10"):
            assert want in dump, f"{name}: {want}\n{dump}"
        assert ("CA:TRUE, pathlen:0" in dump) == (name == "capf")
    for purpose in ("sslserver", "sslclient"):
        path = os.path.join(folder, "ec.pem")
        openssl("verify", "-check_ss_sig", "-purpose", purpose, "-CAfile",
                path, path)


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(BUILD, "tests/make_list"), folder],
                       check=True)
        check_certs(folder)
        check_list(folder, "peer.sha1.tlv", "recovery.pem",
                   [1, 2, 28, 3, 4, 6, 5, 7, 8, 9, 10, 11, 12, 14, 15], 0)
        check_list(folder, "cucm.sha512.tlv", "ccm.pem",
                   [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15], 1)
        check_signed(folder, "tones.sha1.sgn", "ccm.pem", 128)
        check_signed(folder, "tones.sha512.sgn", "recovery.pem", 256)
    print("4 certificates, 2 lists, 2 signed files agree")
    return 0


sys.exit(main())
