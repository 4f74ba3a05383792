#!/usr/bin/env python3
"""What we sign, read by someone else: an independent reading of lists and
signed files after spec/trust-list.md, verified by the openssl command line."""
import hashlib
import os

from node import Node, contains, equal, example, main, ok, run

PHONE = "SEP0011223344AA"


def tlvs(data):
    """(tag, offset, value) of a header or container."""
    at = 0
    while at < len(data):
        tag = data[at]
        if tag == 13:
            at += 1
            continue
        size = int.from_bytes(data[at + 1:at + 3], "big")
        yield tag, at, data[at + 3:at + 3 + size]
        at += 3 + size


class Signed:
    """Header fields and the bytes under the signature."""

    def __init__(self, data):
        self.header_length = int.from_bytes(data[8:10], "big")
        header = data[:self.header_length]
        equal(self.header_length % 4, 0, "header padding")
        self.fields = {}
        for tag, at, value in tlvs(header):
            self.fields[tag] = value
            if tag == 12:
                self.signature = value
                self.signed = data[:at] + data[at + 3 + len(value):]
        info = {t: v for t, _, v in tlvs(self.fields[7])}
        self.digest = {1: "sha1", 3: "sha512"}[info[8][0]]
        signer = {t: v for t, _, v in tlvs(self.fields[3])}
        self.signer_name, self.serial, self.issuer_name = signer[4], signer[5], signer[6]
        self.payload = data[self.header_length:]


def records(data):
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 3:at + 5], "big")
        yield {t: v for t, _, v in tlvs(data[at:at + size])}
        at += size


def verify(n, signed, der):
    paths = {}
    for name, data in (("cert", der), ("sig", signed.signature), ("data", signed.signed)):
        paths[name] = os.path.join(n.work, name)
        with open(paths[name], "wb") as f:
            f.write(data)
    key = os.path.join(n.work, "key.pem")
    ok(run("openssl", "x509", "-inform", "DER", "-in", paths["cert"], "-noout", "-pubkey",
           "-out", key))
    return run("openssl", "dgst", f"-{signed.digest}", "-verify", key, "-signature",
               paths["sig"], paths["data"]).code == 0


def pem_to_der(n, unit):
    pem = ok(n.ctl("show", "cert", "own", unit, "--pem")).out
    path = os.path.join(n.work, unit + ".pem")
    with open(path, "w", encoding="ascii") as f:
        f.write(pem)
    der = path + ".der"
    ok(run("openssl", "x509", "-in", path, "-outform", "DER", "-out", der))
    with open(der, "rb") as f:
        return f.read()


def test_list_and_files():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--config", example(f"{PHONE}.cnf.xml")))
        n.write("United_Kingdom/g3-tones.xml", b"<tones/>\n")
        recovery, callmanager = pem_to_der(n, "ITLRecovery"), pem_to_der(n, "CallManager")
        for digest in ("sha1", "sha512"):
            ok(n.ctl("--yes", "set", "param", "itl.digest", digest))
            ok(n.ctl("--yes", "set", "param", "file.digest", digest))
            data = n.http("/ITLFile.tlv")[2]
            itl = Signed(data)
            equal(itl.digest, digest)
            equal(itl.fields[1], b"\1\2")
            equal(itl.fields[14], b"ITLFile.tlv\0")
            found = list(records(itl.payload))
            sast = [r for r in found if r[4] == b"\0\0"]
            equal([r[9] for r in sast], [recovery, callmanager], "two SAST records")
            assert verify(n, itl, sast[0][9]), "ITLRecovery's key verifies the list"
            assert not verify(n, itl, sast[1][9]), "CallManager's does not"
            equal((itl.signer_name, itl.issuer_name, itl.serial),
                  (sast[0][3], sast[0][5], sast[0][6]), "header and record say the same")
            tftp = next(r for r in found if r[4] in (b"\0\2", b"\0\3"))
            for r in found:
                contains(r[2].decode(), "127.0.0.1")
                equal(r[10], b"\x7f\0\0\1")
            for name in (f"{PHONE}.cnf.xml.sgn", "United_Kingdom/g3-tones.xml.sgn"):
                sgn = Signed(n.http("/" + name)[2])
                equal(sgn.fields[1], b"\1\0")
                equal(sgn.fields[14], name.encode() + b"\0")
                equal((sgn.digest, sgn.serial, sgn.issuer_name),
                      (digest, tftp[6], tftp[5]))
                assert verify(n, sgn, tftp[9]), name
                equal(sgn.payload, n.http("/" + name[:-4])[2], "payload is the plain file")


def test_checksums_shown():
    with Node() as n:
        n.start()
        data = n.http("/ITLFile.tlv")[2]
        shown = ok(n.ctl("show", "itl")).out
        contains(shown, hashlib.md5(data).hexdigest())
        contains(shown, hashlib.sha1(data).hexdigest())
        contains(shown, f"Length of ITL file: {len(data)}")


def test_private_files():
    """Modes and owners of the state folder; keys only sealed."""
    with Node() as n:
        equal(os.stat(os.path.join(n.state, "master.key")).st_mode & 0o777, 0o600)
        equal(os.stat(n.state).st_mode & 0o007, 0)
        for name in ("phonetrust.db", "observed.db"):
            equal(os.stat(os.path.join(n.state, name)).st_mode & 0o007, 0, name)
        with open(os.path.join(n.state, "phonetrust.db"), "rb") as f:
            data = f.read()
        for suffix in ("-wal",):
            if os.path.exists(os.path.join(n.state, "phonetrust.db" + suffix)):
                with open(os.path.join(n.state, "phonetrust.db" + suffix), "rb") as f:
                    data += f.read()
        # rsaEncryption in a PKCS#8 PrivateKeyInfo: version 0, then the algorithm
        assert bytes.fromhex("020100300d06092a864886f70d0101010500") not in data


if __name__ == "__main__":
    main([test_list_and_files, test_checksums_shown, test_private_files])
