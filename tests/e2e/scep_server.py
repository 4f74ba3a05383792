"""A SCEP server for tests, made from RFC 8894 on the OpenSSL command line and
python's http.server: Debian's scepserver issues at once or not at all, this
one thinks about a request first, refuses with a reason, and answers as the RFC
has it where that differs from what others do.  It is no product: one CA.
"""
import hashlib
import http.server
import os
import threading
import urllib.parse

from est_server import Ca, openssl

SET, SEQUENCE, OCTETS, PRINTABLE = 0x31, 0x30, 0x04, 0x13
DATA, SIGNED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SHA256, RSA_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11"
VERISIGN = "2.16.840.1.113733.1.9."
TYPE, STATUS, FAIL_INFO, SENDER, RECIPIENT, TRANSACTION = (VERISIGN + str(i) for i in range(2, 8))
FAIL_TEXT = "1.3.6.1.5.5.7.24.1"
REQUEST, POLL, ANSWER = "19", "20", "3"
SUCCESS, FAILURE, PENDING = "0", "2", "3"


# --- DER ---

def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(text):
    arcs = [int(x) for x in text.split(".")]
    out = b""
    for arc in [40 * arcs[0] + arcs[1], *arcs[2:]]:
        part = bytes([arc & 0x7f])
        while arc > 0x7f:
            arc >>= 7
            part = bytes([0x80 | arc & 0x7f]) + part
        out += part
    return tlv(6, out)


def items(data):
    """(tag, value, whole) of what stands side by side."""
    at = 0
    while at < len(data):
        start, tag, size = at, data[at], data[at + 1]
        at += 2
        if size & 0x80:
            n = size & 0x7f
            size = int.from_bytes(data[at:at + n], "big")
            at += n
        at += size
        yield tag, data[at - size:at], data[start:at]


def attributes(message):
    """The signed attributes of a message's only signer: {OID as DER: value}."""
    (_, info, _), = items(message)
    (_, signed, _), = items(list(items(info))[1][1])
    signers = list(items(signed))[-1][1]
    (_, signer, _), = items(signers)
    attrs = next(value for tag, value, _ in items(signer) if tag == 0xa0)
    found = {}
    for _, attr, _ in items(attrs):
        (_, _, name), (_, values, _) = items(attr)
        found[name] = next(items(values))[1]
    return found


class Scep:
    """with Scep(folder) as scep: scep.port; what it does by members."""

    def __init__(self, folder):
        self.ca = Ca(os.path.join(folder, "scep"), "SCEP test CA", rsa=True)
        self.folder = self.ca.folder
        self.to = self.ca.pem, self.ca.key      # whom messages are encrypted to
        self.more = []              # GetCACert: certificates beside the CA's
        self.one = threading.Lock()             # files have fixed names
        self.think = 0              # times it answers PENDING
        self.fail = None            # failInfo, as a digit
        self.fail_text = ""
        self.asked = []             # (messageType, transaction, signer)
        self.requests = {}          # transaction: the PKCS#10 of it

    # --- messages ---

    def path(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def read(self, message):
        """messageType, transaction, nonce, signer (a path), content."""
        attrs = attributes(message)
        signer = os.path.join(self.folder, "signer.pem")
        envelope = openssl("cms", "-verify", "-inform", "DER", "-binary", "-noverify",
                           "-signer", signer, data=message).stdout
        pem, key = self.to
        content = openssl("cms", "-decrypt", "-inform", "DER", "-binary", "-recip", pem,
                          "-inkey", key, data=envelope).stdout
        return (attrs[oid(TYPE)].decode(), attrs[oid(TRANSACTION)].decode(),
                attrs[oid(SENDER)], signer, content)

    def answer(self, transaction, nonce, *more, content=None):
        """A CertRep; without content there is none, not an empty one (3.3.2)."""
        def attr(name, value):
            return tlv(SEQUENCE, oid(name), tlv(SET, value))
        attrs = [attr(CONTENT_TYPE, oid(DATA)),
                 attr(MESSAGE_DIGEST, tlv(OCTETS, hashlib.sha256(content or b"").digest())),
                 attr(TYPE, tlv(PRINTABLE, ANSWER.encode())),
                 attr(TRANSACTION, tlv(PRINTABLE, transaction.encode())),
                 attr(SENDER, tlv(OCTETS, os.urandom(16))), attr(RECIPIENT, tlv(OCTETS, nonce)),
                 *(attr(name, value) for name, value in more)]
        attrs = b"".join(sorted(attrs))
        signature = openssl("dgst", "-sha256", "-sign", self.ca.key, data=tlv(SET, attrs)).stdout
        der = openssl("x509", "-in", self.ca.pem, "-outform", "DER").stdout
        (_, cert, _), = items(der)
        fields = list(items(list(items(cert))[0][1]))       # of the tbsCertificate
        serial, issuer = fields[1][2], fields[3][2]
        digest = tlv(SEQUENCE, oid(SHA256), tlv(5))
        signer = tlv(SEQUENCE, integer(1), tlv(SEQUENCE, issuer, serial), digest,
                     tlv(0xa0, attrs), tlv(SEQUENCE, oid(RSA_SHA256), tlv(5)),
                     tlv(OCTETS, signature))
        inner = [oid(DATA)] + ([tlv(0xa0, tlv(OCTETS, content))] if content is not None else [])
        signed = tlv(SEQUENCE, integer(1), tlv(SET, digest), tlv(SEQUENCE, *inner),
                     tlv(0xa0, der), tlv(SET, signer))
        return tlv(SEQUENCE, oid(SIGNED), tlv(0xa0, signed))

    def issue(self, csr, signer):
        """The certificate, encrypted for who has signed the message."""
        pem = self.path("issued.pem", self.ca.take(csr, "DER"))
        der = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", pem).stdout
        return openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-aes-128-cbc", signer,
                       data=der).stdout

    def operate(self, message):
        kind, transaction, nonce, signer, content = self.read(message)
        with open(signer, "rb") as f:
            self.asked.append((kind, transaction, f.read()))
        if kind == REQUEST:
            self.requests[transaction] = content

        def status(word):
            return STATUS, tlv(PRINTABLE, word.encode())
        if self.fail is not None:
            return self.answer(transaction, nonce, status(FAILURE),
                               (FAIL_INFO, tlv(PRINTABLE, self.fail.encode())),
                               *([(FAIL_TEXT, tlv(0x0c, self.fail_text.encode()))]
                                 if self.fail_text else []))
        if transaction not in self.requests:
            return self.answer(transaction, nonce, status(FAILURE),
                               (FAIL_INFO, tlv(PRINTABLE, b"4")))
        if self.think > 0:
            self.think -= 1
            return self.answer(transaction, nonce, status(PENDING))
        return self.answer(transaction, nonce, status(SUCCESS),
                           content=self.issue(self.requests[transaction], signer))

    # --- the server ---

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.scep = self
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, kind, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def operation(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        return query.get("operation", [""])[0]

    def do_GET(self):
        scep = self.server.scep
        if self.operation() == "GetCACaps":
            return self.say("text/plain", b"POSTPKIOperation\nAES\nSHA-256\nSCEPStandard\n")
        if self.operation() == "GetCACert" and scep.more:
            files = [w for f in [scep.ca.pem, *scep.more] for w in ("-certfile", f)]
            return self.say("application/x-x509-ca-ra-cert", openssl(
                "crl2pkcs7", "-nocrl", "-outform", "DER", *files).stdout)
        if self.operation() == "GetCACert":
            return self.say("application/x-x509-ca-cert", openssl(
                "x509", "-in", scep.ca.pem, "-outform", "DER").stdout)
        return self.say("text/plain", b"?", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # Polls are not to take a minute here (Retry-After is not SCEP's).
        with self.server.scep.one:
            body = self.server.scep.operate(body)
        return self.say("application/x-pki-message", body, Retry_After="1")
