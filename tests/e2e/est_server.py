"""An EST server for tests, made from RFC 7030 (no such server is packaged in
Debian 12): python's http.server and ssl in front, the OpenSSL command line
behind.  It is no product: one CA, one login, what a test wants to go wrong.

As a registration authority's requests are not signed with the phone's key, it
takes the key out of the request and certifies that (openssl x509
-force_pubkey); with pop=True it asks for proof of possession as many servers
do, and refuses.
"""
import base64
import http.server
import os
import ssl
import subprocess
import threading


def openssl(*words, data=None, check=True):
    return subprocess.run(["openssl", *[str(w) for w in words]], input=data, check=check,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


USES = "digitalSignature,keyEncipherment"


class Ca:
    """A CA of files in a folder, EC P-256, or RSA that may be encrypted to."""

    def __init__(self, folder, cn, days=300, rsa=False):
        self.folder, self.cn = folder, cn
        self.key = os.path.join(folder, "ca.key")
        self.pem = os.path.join(folder, "ca.pem")
        os.makedirs(folder, exist_ok=True)
        key = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        more = ",digitalSignature,keyEncipherment" if rsa else ""
        openssl("req", "-x509", "-newkey", *key,
                "-nodes", "-keyout", self.key, "-out", self.pem, "-subj", f"/CN={cn}",
                "-days", days, "-addext", "keyUsage=critical,keyCertSign,cRLSign" + more)

    def leaf(self, pub, cn, uses=USES, days=100, san=None, extended="serverAuth,clientAuth"):
        """PEM over a public key in PEM."""
        ext = os.path.join(self.folder, "ext.cnf")
        with open(ext, "w", encoding="ascii") as f:
            f.write("basicConstraints=critical,CA:FALSE\n"
                    f"keyUsage=critical,{uses}\nextendedKeyUsage={extended}\n"
                    + (f"subjectAltName={san}\n" if san else ""))
        with open(os.path.join(self.folder, "pub.pem"), "wb") as f:
            f.write(pub)
        return openssl("x509", "-new", "-force_pubkey", f.name, "-subj", f"/CN={cn}",
                       "-CA", self.pem, "-CAkey", self.key, "-days", days,
                       "-extfile", ext).stdout

    def cross(self, other):
        """Another CA's name and key, signed by this one; its path."""
        ext = os.path.join(self.folder, "cross.cnf")
        with open(ext, "w", encoding="ascii") as f:
            f.write("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        pub = openssl("x509", "-in", other.pem, "-noout", "-pubkey").stdout
        with open(os.path.join(self.folder, "cross.pub"), "wb") as f:
            f.write(pub)
        path = os.path.join(self.folder, "cross.pem")
        openssl("x509", "-new", "-force_pubkey", f.name, "-subj", f"/CN={other.cn}", "-CA",
                self.pem, "-CAkey", self.key, "-days", "100", "-extfile", ext, "-out", path)
        return path

    def take(self, csr, form="PEM", **more):
        """PEM for a PKCS#10 request, whoever has signed it."""
        pub = openssl("req", "-inform", form, "-noout", "-pubkey", data=csr).stdout
        subject = openssl("req", "-inform", form, "-noout", "-subject", "-nameopt",
                          "multiline", data=csr).stdout.decode()
        cn = next(line.split("=", 1)[1].strip() for line in subject.splitlines()
                  if "commonName" in line)
        return self.leaf(pub, cn, **more)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say_chunked(self, body):
        """As servers do that do not know how much is to come."""
        self.send_response(200)
        self.send_header("Content-Type", "application/pkcs7-mime")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 100):
            part = body[at:at + 100]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def say_certs(self, *files):
        est = self.server.est
        args = [w for f in files for w in ("-certfile", f)]
        der = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *args).stdout
        if est.chunked:
            return self.say_chunked(est.encode(der))
        return self.say(200, est.encode(der),
                        Content_Type="application/pkcs7-mime; smime-type=certs-only",
                        Content_Transfer_Encoding="base64")

    def note_client(self, est):
        cert = self.connection.getpeercert()
        if cert:
            est.seen.append(next(v for rdn in cert["subject"] for k, v in rdn
                                 if k == "commonName"))

    def do_GET(self):
        est = self.server.est
        est.asked.append(self.path)
        self.note_client(est)
        if self.path != est.path + "cacerts":
            return self.say(404)
        return self.say_certs(*(est.shown_files or [est.shown.pem]))

    def do_POST(self):
        est = self.server.est
        body = self.rfile.read(int(self.headers["Content-Length"]))
        est.asked.append(self.path)
        self.note_client(est)
        if self.path != est.path + "simpleenroll" or \
                self.headers["Content-Type"] != "application/pkcs10":
            return self.say(404)
        want = "Basic " + base64.b64encode((est.login or "").encode()).decode()
        if est.login is not None and self.headers.get("Authorization") != want:
            return self.say(401, WWW_Authenticate='Basic realm="est"')
        if est.wait > 0:
            est.wait -= 1
            return self.say(202, **({"Retry_After": est.retry_after} if est.retry_after else {}))
        return self.enroll(est, base64.b64decode(body))

    def enroll(self, est, csr):
        verify = openssl("req", "-inform", "DER", "-noout", "-verify", data=csr,
                         check=False)
        if est.pop and b"verify failure" in verify.stderr:
            return self.say(400, b"no proof of possession\r\nsecond line",
                            Content_Type="text/plain")
        out = os.path.join(est.ca.folder, "issued.pem")
        with est.one:
            with open(out, "wb") as f:
                f.write(est.ca.take(csr, "DER", uses=est.uses))
            return self.say_certs(out)


class Est:
    """with Est(ca, folder, ...) as est: est.port; what goes wrong by members."""

    def __init__(self, ca, folder, label="phones", login="ra:geheim", clients=None):
        self.ca, self.folder, self.login = ca, folder, login
        self.clients = clients          # its TLS clients are of this CA; None: anybody
        self.one = threading.Lock()     # files have fixed names
        self.shown = ca                 # by /cacerts
        self.seen = []                  # common names of TLS clients that asked
        self.shown_files = None         # or these
        self.retry_after = "1"          # with a 202; None: without
        self.encode = base64.encodebytes    # RFC 8951: of any form
        self.chunked = False
        self.path = f"/.well-known/est/{label}/" if label else "/.well-known/est/"
        self.uses = USES
        self.pop = False
        self.wait = 0
        self.asked = []

    def __enter__(self):
        key = os.path.join(self.folder, "est.key")
        pem = os.path.join(self.folder, "est.pem")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        pub = openssl("pkey", "-in", key, "-pubout").stdout
        with open(pem, "wb") as f:
            f.write(self.ca.leaf(pub, "localhost", uses="digitalSignature",
                                 san="DNS:localhost"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        if self.clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.clients.pem)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.est = self
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
