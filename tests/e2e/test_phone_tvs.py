#!/usr/bin/env python3
"""A phone that slept through changes of certificates asks TVS, and refuses
what TVS does not vouch for."""
import contextlib
import hashlib
import os
import re
import socket
import ssl
import threading

from node import PORTS, SOURCE, Node, contains, equal, example, fails, main, ok, program, run

PHONE = "SEP0011223344AA"
ITL = f"ITL{PHONE}.tlv"
CONFIG = f"{PHONE}.cnf.xml.sgn"
DAY = 86400


class Front:
    """Another address of the node's machine in front of it: it passes on, but
    answers for itself where it has an answer to the name asked for."""

    def __init__(self, n, address="127.0.0.2"):
        self.address = address
        self.own = {}                   # name -> body, None: not found
        self.listeners = []
        self._listen(n.port("http"), self._http)
        self._listen(n.port("https"), self._pass)

    def _listen(self, port, serve):
        s = socket.create_server((self.address, port))
        self.listeners.append(s)
        threading.Thread(target=self._accept, args=(s, port, serve), daemon=True).start()

    def _accept(self, listener, port, serve):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client, port, serve),
                                 daemon=True).start()

    @staticmethod
    def _serve(client, port, serve):
        with contextlib.suppress(OSError), client:
            with socket.create_connection(("127.0.0.1", port), 30) as server:
                serve(client, server)

    def _http(self, client, server):
        request = b""
        while b"\r\n\r\n" not in request:
            part = client.recv(65536)
            if not part:
                return
            request += part
        name = request.split()[1].decode().lstrip("/")
        if name in self.own:
            body = self.own[name]
            client.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
                b"404 Not Found" if body is None else b"200 OK", len(body or b""), body or b""))
            return
        server.sendall(re.sub(rb"(?i)\r\nconnection:[^\r]*", b"",
                              request).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        self._copy(server, client)

    def _pass(self, client, server):
        threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
        self._copy(server, client)

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while True:
                part = source.recv(65536)
                if not part:
                    break
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    def close(self):
        for s in self.listeners:
            s.shutdown(socket.SHUT_RDWR)    # else who waits in accept keeps the port
            s.close()


@contextlib.contextmanager
def cluster(phones=(PHONE,), args=()):
    """A node whose phones have booted once, and then slept."""
    with Node(args=args) as n:
        n.start()
        for phone in phones:
            ok(n.ctl("phone", "add", phone, "--model", "8861", *(
                ("--config", example(f"{PHONE}.cnf.xml")) if phone == PHONE else ())))
            ok(n.boot(phone))
        yield n


def promote(n, unit):
    ok(n.ctl("set", "cert", "regen", unit, "--yes"))
    ok(n.ctl("set", "cert", "promote", unit, "--sacrifice", "all", "--yes"))
    # Its signer is to have the new key.
    ok(n.ctl("utils", "service", "restart", "all"))


def steps(result):
    return {s["asked"]: s for s in result.json["result"]["steps"]}


def asked(result):
    return [s for s in result.json["result"]["steps"] if s["kind"] == "tvs"]


def show(n, phone=PHONE):
    return ok(run(program("phonesim"), "show", phone, "--state", n.phones, "--json")).json[
        "result"]["tvs"]


def trimmed(pem):
    with open(pem, encoding="ascii") as f:
        text = f.read()
    return text[text.index("-----BEGIN"):].strip()


def tvs_of(n):
    return f"127.0.0.1:{n.port('tvs')}"


def test_itl_recovery_promoted():
    """The next list is signed by neither SAST of the one held: TVS alone
    speaks for the new ITLRecovery."""
    with cluster() as n:
        promote(n, "ITLRecovery")
        got = ok(n.boot(PHONE, "--json"))
        s = steps(got)
        equal(s[ITL]["path"], "tvs", "the list")
        equal(s[CONFIG]["path"], "tftp_itl", "the file")
        q, = asked(got)
        equal((q["server"], q["transport"], q["status"], q["tvs"]["command"],
               q["tvs"]["valid"], q["tvs"]["roles"], q["tvs"]["ttl_s"]),
              (tvs_of(n), "tls", "got", "query", True, [0], DAY), "question")
        equal(got.json["result"]["verified"], True)
        # The list names it now.
        again = ok(n.boot(PHONE, "--json"))
        equal(steps(again)[ITL]["path"], "sast_itl", "next boot")
        equal(asked(again), [], "next boot")


def test_trace_names_tvs():
    with cluster() as n:
        promote(n, "ITLRecovery")
        text = ok(n.boot(PHONE)).out
        contains(text, f"asks TVS {tvs_of(n)}")
        contains(text, "valid, roles SAST, 86400 s")
        contains(text, f"for whom TVS {tvs_of(n)} vouches (SAST)")
        text = ok(run(program("phonesim"), "show", PHONE, "--state", n.phones)).out
        contains(text, f"TVS   {tvs_of(n)}")
        contains(text, "as SAST, until")


def test_call_manager_promoted():
    """The list comes by ITLRecovery; where it does not come, the files' new
    signer is TVS's to vouch for."""
    with cluster() as n:
        front = Front(n)
        promote(n, "CallManager")
        front.own = {ITL: None, "ITLFile.tlv": None}
        behind = ok(n.boot(PHONE, "--json", transport="http", server=front.address))
        s = steps(behind)
        equal(s[CONFIG]["path"], "tvs", "file")
        q, = asked(behind)
        equal((q["tvs"]["valid"], sorted(q["tvs"]["roles"])), (True, [1, 3]), "question")
        front.close()
        got = ok(n.boot(PHONE, "--json"))
        s = steps(got)
        equal(s[ITL]["path"], "sast_itl", "list")
        equal(s[CONFIG]["path"], "tftp_itl", "file")
        equal(asked(got), [], "nothing more to ask")


def test_tvs_stopped():
    """No answer is no."""
    with cluster() as n:
        promote(n, "ITLRecovery")
        ok(n.ctl("utils", "service", "stop", "tvsd"))
        before = show(n)
        got = fails(n.boot(PHONE, "--json"), 4)
        s = steps(got)[ITL]
        equal((s["accepted"], s["step"]), (False, "tvs"))
        contains(s["why"], "TVS did not answer")
        contains(s["why"], tvs_of(n))
        q, = asked(got)
        equal((q["status"], q["tvs"]["valid"]), ("no_answer", None))
        equal(show(n), before, "nothing was remembered")
        contains(fails(n.boot(PHONE), 4).out, "no answer: Connection refused")
        ok(n.ctl("utils", "service", "start", "tvsd"))
        equal(steps(ok(n.boot(PHONE, "--json")))[ITL]["path"], "tvs", "afterwards")


def test_next_server():
    """Servers that are not there, or not TVS, are passed over."""
    with cluster() as n:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            path = os.path.join(n.phones, PHONE, "phone.json")
            with open(path, encoding="utf-8") as f:
                text = f.read()
            first = '"tvs": ['
            contains(text, first)
            members = "".join(f'{{"address": "127.0.0.1", "port": {p}}},'
                              for p in (1, n.port("https"), mute.getsockname()[1]))
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(first, first + members))
            promote(n, "ITLRecovery")
            got = ok(n.boot(PHONE, "--json"))
        equal(steps(got)[ITL]["path"], "tvs")
        equal([q["status"] for q in asked(got)], ["no_answer", "failed", "no_answer", "got"])
        contains(asked(got)[1]["note"], "TVS record of the ITL")


def test_removed_and_ttl():
    """Removed from the cluster's trust it is refused, but a phone that was
    told yes believes so until its time is over."""
    with cluster(args=("--test",)) as n:
        front = Front(n)
        front.own = {ITL: None, "ITLFile.tlv": None}
        promote(n, "CallManager")

        def boot(*more):
            return n.boot(PHONE, "--json", *more, transport="http", server=front.address)

        before = n.http(f"/{CONFIG}")[2]
        first = ok(boot())
        equal(len(asked(first)), 1, "asked")
        known, = show(n)["known"]
        equal(known["roles"], "CCM,TFTP", "remembered")
        # Retired by the next one: not vouched for any more, its files linger.
        promote(n, "CallManager")
        front.own[CONFIG] = before
        within = ok(boot())
        equal(steps(within)[CONFIG]["path"], "tvs", "within its time")
        contains(steps(within)[CONFIG]["why"], "remembered")
        equal(asked(within), [], "within its time")
        equal(asked(ok(boot("--time-offset", DAY - 3600))), [], "just within its time")
        later = fails(boot("--time-offset", DAY + 60), 4)
        s = steps(later)[CONFIG]
        equal((s["accepted"], s["step"]), (False, "tvs"), "after its time")
        contains(s["why"], f"TVS {tvs_of(n)} says: not valid")
        equal(asked(later)[0]["tvs"]["valid"], False)
        front.close()


def test_other_cluster():
    """A phone moves: the TVS of the cluster it comes from vouches for the
    recovery key of the other one, for as long as that is trusted there."""
    with cluster() as n, Node(name="cm9", cluster="elsewhere") as other:
        other.start()
        ok(other.ctl("phone", "add", PHONE, "--model", "8861",
                     "--config", example(f"{PHONE}.cnf.xml")))
        pem = os.path.join(other.work, "recovery.pem")
        with open(pem, "w", encoding="ascii") as f:
            f.write(ok(other.ctl("show", "cert", "own", "ITLRecovery", "--pem")).out)

        def move():
            return other.boot(PHONE, "--json", "--state", n.phones, remember=False)

        got = fails(move(), 4)
        contains(steps(got)[ITL]["why"], f"TVS {tvs_of(n)} says: not valid")
        ok(n.ctl("set", "cert", "import", "trust", "Phone-SAST-trust", pem, "--yes"))
        sha = hashlib.sha256(ssl.PEM_cert_to_DER_cert(trimmed(pem))).hexdigest()
        ok(n.ctl("set", "cert", "delete", "Phone-SAST-trust", sha, "--yes"))
        got = fails(move(), 4)
        contains(steps(got)[ITL]["why"], "says: not valid", "removed")
        ok(n.ctl("set", "cert", "undelete", "Phone-SAST-trust", sha, "--yes"))
        got = ok(move())
        equal(steps(got)[ITL]["path"], "tvs")
        equal(asked(got)[0]["tvs"]["roles"], [0, 3])
        equal(show(n)["servers"], [tvs_of(other)], "the new cluster's")
        # Home again: the new cluster's TVS knows nothing of the old one.
        fails(n.boot(PHONE), 4)


def test_https_server():
    """Its certificate as a whole: lists that do not have it leave it to TVS."""
    with cluster() as n:
        front = Front(n)

        def boot(*more):
            return n.boot(PHONE, "--json", *more, transport="https", server=front.address)

        promote(n, "CallManager-ECDSA")
        front.own = {ITL: None, "ITLFile.tlv": None}
        got = ok(boot())
        s = steps(got)[CONFIG]
        equal((s["transport"], s["accepted"]), ("https", True))
        q = asked(got)[0]
        equal((q["tvs"]["command"], q["tvs"]["valid"]), ("verify", True))
        ok(n.ctl("utils", "service", "stop", "tvsd"))
        equal(asked(ok(boot())), [], "remembered")
        late = fails(boot("--time-offset", DAY + 60), 4)
        equal(late.json["result"]["outcome"], "not_trusted")
        contains(late.json["result"]["why"], "TVS did not answer")
        front.close()


def test_storm():
    phones = [f"SEP0011223300{i:02X}" for i in range(12)]
    with cluster(phones) as n:
        promote(n, "ITLRecovery")

        def storm():
            return run(program("phonesim"), "boot", phones[0], "--count", len(phones), "--server",
                       "127.0.0.1", "--port-offset", n.ports.offset, "--state", n.phones, "--json")

        ok(n.ctl("utils", "service", "stop", "tvsd"))
        r = fails(storm(), 4).json["result"]
        equal(r["not_trusted"], len(phones))
        equal(r["tvs"], {"questions": len(phones), "valid": 0, "invalid": 0,
                         "unanswered": len(phones)}, "without TVS")
        ok(n.ctl("utils", "service", "start", "tvsd"))
        r = ok(storm()).json["result"]
        equal(r["tvs"], {"questions": len(phones), "valid": len(phones), "invalid": 0,
                         "unanswered": 0}, "with TVS")
        equal(ok(storm()).json["result"]["tvs"]["questions"], 0, "known by now")


def test_test_client():
    with cluster() as n:
        pem = os.path.join(n.work, "cm.pem")
        with open(pem, "w", encoding="ascii") as f:
            f.write(ok(n.ctl("show", "cert", "own", "CallManager", "--pem")).out)
        common = ["--server", "127.0.0.1", "--port-offset", n.ports.offset, "--cert"]
        sim = [program("phonesim"), "tvs"]
        one = ok(run(*sim, *common, pem))
        contains(one.out, "valid, roles CCM,TFTP, 86400 s")
        contains(one.err, "not checked")
        one = ok(run(*sim, PHONE, "--state", n.phones, *common, pem, "--query"))
        contains(one.out, "query of CN=CallManager-lab")
        equal(one.err, "")
        many = ok(run(*sim, *common, pem, "--count", 200, "--connections", 20,
                      "--json")).json["result"]
        equal((many["questions"], many["valid"], many["unanswered"]), (200, 200, 0))
        stranger = os.path.join(SOURCE, "tests", "data", "vectors", "keys", "ccm.pem")
        contains(fails(run(*sim, *common, stranger), 4).out, "not valid")
        # Another server than the phone's: tftpd's own TLS port.
        wrong = ["--server", "127.0.0.1", "--port-offset",
                 n.port("https") - PORTS["tvs"], "--cert", pem]
        contains(fails(run(*sim, PHONE, "--state", n.phones, *wrong), 6).out,
                 "TVS record of the ITL held")
        ok(n.ctl("utils", "service", "stop", "tvsd"))
        contains(fails(run(*sim, *common, pem), 6).out, "no answer")


if __name__ == "__main__":
    main([v for k, v in list(globals().items()) if k.startswith("test_") and callable(v)])
