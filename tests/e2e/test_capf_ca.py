"""CAs elsewhere that certify phones' keys: offline through files, a program,
and CAPF as a subordinate CA.  Those on a network: test_capf_online.py.
"""
import os

from capf_requests import (EC, Keys, RSA, asking, param, pub, request, rows, settled, tool, tried,
                           trust, write)
from est_server import Ca, openssl
from node import Node, main, ok, run, wait_for

# --- offline ---

def test_offline_dump_and_import():
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "Lab CA")
        param(n, issuer="offline")
        request(n, **{RSA: "rsa", EC: "ec"})
        counts = ok(n.ctl("--json", "utils", "capf", "csr", "count")).json["result"]
        assert counts["requests"]["waiting"] == 2 and counts["all"] == 2, counts
        bundle = os.path.join(n.work, "bundle.pem")
        r = ok(n.ctl("--json", "utils", "capf", "csr", "dump", bundle, "--dry-run"))
        assert not os.path.exists(bundle) and set(rows(n, "waiting")) == {RSA, EC}
        r = ok(n.ctl("--json", "utils", "capf", "csr", "dump", bundle)).json["result"]
        assert r["count"] == 2 and sorted(r["names"]) == [RSA, EC], r
        assert set(rows(n, "sent")) == {RSA, EC}
        # What was dumped is not dumped again, and no file is lost.
        r = ok(n.ctl("--json", "utils", "capf", "csr", "dump", bundle + "2"))
        assert r.json["result"]["count"] == 0 and not os.path.exists(bundle + "2")
        assert n.ctl("utils", "capf", "csr", "dump", bundle, "--all").code != 0
        folder = os.path.join(n.work, "csr")
        os.mkdir(folder)
        ok(n.ctl("utils", "capf", "csr", "dump", folder, "--all"))
        assert sorted(os.listdir(folder)) == [RSA + ".csr", EC + ".csr"]
        csr = {x: open(os.path.join(folder, x + ".csr"), "rb").read() for x in (RSA, EC)}
        assert csr[RSA] in open(bundle, "rb").read()

        # The request is not signed with the phone's key: who insists on that
        # refuses it, -force_pubkey takes it.
        r = openssl("x509", "-req", "-CA", ca.pem, "-CAkey", ca.key, "-CAcreateserial",
                    data=csr[RSA], check=False)
        assert r.returncode != 0 and b"self-signature" in r.stderr, r.stderr
        good = {x: ca.take(csr[x]) for x in csr}

        # Nothing is taken before the CA is trusted, and the row says why; no
        # capfd runs that would take it then.
        one = write(n, "one.pem", good[RSA])
        r = n.ctl("--json", "utils", "capf", "cert", "import", one)
        assert r.code != 0 and "CAPF-trust" in r.json["result"]["bad"][0]["why"], r
        assert "Lab CA" in rows(n)[RSA]["note"]
        assert rows(n)[RSA]["state"] == "sent"

        trust(n, ca)
        # Any container, the chain with it, which is not taken by that.
        p7 = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", one,
                     "-certfile", ca.pem).stdout
        r = ok(n.ctl("--json", "utils", "capf", "cert", "import", write(n, "x", p7)))
        assert r.json["result"]["issued"] == [RSA], r
        assert r.json["result"]["issuers"] == ["Lab CA"], r
        assert {x: v["state"] for x, v in rows(n).items()} == {RSA: "issued", EC: "sent"}
        # The other half comes later, with text around; the first half is there.
        r = ok(n.ctl("--json", "utils", "capf", "cert", "import",
                     write(n, "all.txt", b"Certificates:\n" + good[RSA] + b"and\n" +
                           good[EC] + b"bye\n")))
        assert r.json["result"]["issued"] == [EC] and r.json["result"]["same"] == 1, r
        assert set(rows(n, "issued")) == {RSA, EC}


def test_offline_what_is_refused():
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "Lab CA")
        other = Ca(os.path.join(n.work, "other"), "Other CA")
        trust(n, ca)
        param(n, issuer="offline")
        key = pub(Keys.get(RSA, "rsa"))
        stranger = pub(Keys.get("stranger", "ec"))
        for what, pem, words in (
                ("use", ca.leaf(key, RSA, uses="digitalSignature"), ["keyEncipherment"]),
                ("use", ca.leaf(key, RSA, uses="keyEncipherment"), ["digitalSignature"]),
                ("name", ca.leaf(key, EC), [RSA, EC])):
            request(n, **{RSA: "rsa", EC: "ec"})
            r = n.ctl("--json", "utils", "capf", "cert", "import", write(n, "x", pem))
            bad = r.json["result"]["bad"][0]
            assert r.code != 0 and bad["outcome"] == "refused" and bad["name"] == RSA, r
            assert all(w in bad["why"] for w in words), (what, bad)
            got = rows(n)
            assert got[RSA]["state"] == "refused" and words[0] in got[RSA]["note"], got
            assert got[EC]["state"] == "waiting", got
        # One that lacks nothing but its issuer is kept, and a bad one does
        # not take its place; nor is the CA given the request again.
        r = n.ctl("--json", "utils", "capf", "cert", "import",
                  write(n, "x", other.leaf(key, RSA)))
        bad = r.json["result"]["bad"][0]
        assert r.code == 3 and bad["outcome"] == "held" and "Other CA" in bad["why"], r
        r = n.ctl("--json", "utils", "capf", "cert", "import",
                  write(n, "x", ca.leaf(key, RSA, uses="digitalSignature")))
        assert r.json["result"]["bad"][0]["outcome"] == "kept", r
        assert rows(n)[RSA]["state"] == "sent" and "Other CA" in rows(n)[RSA]["note"]
        r = ok(n.ctl("--json", "utils", "capf", "csr", "dump", "--all", "--dry-run",
                     os.path.join(n.work, "again.pem"))).json["result"]
        assert r["names"] == [EC], r
        # A certificate that will do makes it good; a bad one does not undo it.
        good = write(n, "good", ca.leaf(key, RSA))
        ok(n.ctl("utils", "capf", "cert", "import", good))
        r = n.ctl("--json", "utils", "capf", "cert", "import",
                  write(n, "x", ca.leaf(key, RSA, uses="digitalSignature")))
        assert r.json["result"]["bad"][0]["outcome"] == "kept", r
        assert rows(n)[RSA]["state"] == "issued"
        # A key that nobody asked for.
        r = n.ctl("--json", "utils", "capf", "cert", "import",
                  write(n, "x", ca.leaf(stranger, EC)))
        assert r.json["result"]["bad"][0]["outcome"] == "unknown", r
        assert rows(n)[EC]["state"] == "waiting"
        # A damaged file among good ones is named, the others are taken.
        folder = os.path.join(n.work, "in")
        os.mkdir(folder)
        write(n, "in/a.pem", b"nothing")
        write(n, "in/b.pem", ca.leaf(pub(Keys.get(EC, "ec")), EC))
        r = n.ctl("--json", "utils", "capf", "cert", "import", folder)
        assert r.code == 3 and r.json["result"]["issued"] == [EC], r
        assert r.json["result"]["failed_files"][0]["file"].endswith("a.pem"), r
        # Away with them, all or by name.
        assert n.ctl("--yes", "utils", "capf", "csr", "delete", RSA,
                     "--with-state", "waiting").code != 0
        ok(n.ctl("--yes", "utils", "capf", "csr", "delete", RSA))
        assert set(rows(n)) == {EC}
        assert n.ctl("--yes", "utils", "capf", "csr", "delete", "SEP000000000000").code != 0
        ok(n.ctl("--yes", "utils", "capf", "csr", "delete", "all"))
        assert rows(n) == {}


def test_offline_many():
    """More than one piece of a file and one transaction."""
    with Node() as n:
        count = 1100
        ok(run(tool("make_capf_csr"), n.state, count))
        ca = Ca(os.path.join(n.work, "ca"), "Lab CA")
        trust(n, ca)
        param(n, issuer="offline")
        bundle = os.path.join(n.work, "bundle.pem")
        r = ok(n.ctl("--json", "utils", "capf", "csr", "dump", bundle))
        assert r.json["result"]["count"] == count
        text = open(bundle, "rb").read()
        assert text.count(b"-----BEGIN CERTIFICATE REQUEST-----") == count
        # A bundle of certificates in any order, of which all but two are
        # over other keys: the last two pieces of the file matter as well.
        blocks = text.split(b"-----BEGIN CERTIFICATE REQUEST-----")[1:]
        pems = [ca.take(b"-----BEGIN CERTIFICATE REQUEST-----" + blocks[i])
                for i in (count - 1, 0)]
        filler = ca.leaf(pub(Keys.get("stranger", "ec")), "SEP000000000000")
        r = n.ctl("--json", "utils", "capf", "cert", "import",
                  write(n, "x", pems[0] + filler * 1200 + pems[1]))
        got = r.json["result"]
        assert sorted(got["issued"]) == ["SEP001100000000", f"SEP0011{count - 1:08X}"], got
        assert set(rows(n, "issued")) == set(got["issued"])


def test_offline_with_a_phone():
    """A phone asks, an administrator carries, the phone comes again."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "Lab CA")
        trust(n, ca)
        n.start()
        ok(n.ctl("phone", "add", RSA, "--model", "8861"))
        ok(n.boot(RSA))
        param(n, issuer="offline")
        ok(n.ctl("--yes", "utils", "capf", "install", RSA))
        n.boot(RSA)             # it has made a key, and has to wait
        assert rows(n)[RSA]["state"] == "waiting", rows(n)
        bundle = os.path.join(n.work, "bundle.pem")
        ok(n.ctl("utils", "capf", "csr", "dump", bundle))
        pem = ca.take(open(bundle, "rb").read())
        ok(n.ctl("utils", "capf", "cert", "import", write(n, "lsc.pem", pem)))
        assert rows(n)[RSA]["state"] == "issued"
        # Before it comes the CA is not trusted any more, for a while.
        ok(n.ctl("--yes", "set", "cert", "delete", "CAPF", "Lab CA"))
        n.boot(RSA)
        kept = os.path.join(n.phones, RSA, "lsc.pem")
        assert not os.path.exists(kept)
        got = settled(n, RSA, states=("sent",))[RSA]
        assert 'lacks its issuer "Lab CA": set cert import trust' in got["note"], got
        trust(n, ca, "CAPF")
        settled(n, RSA, states=("issued",))
        ok(n.boot(RSA))
        assert openssl("verify", "-CAfile", ca.pem, kept).returncode == 0
        with open(kept, "rb") as f:
            assert openssl("x509", data=f.read()).stdout == openssl("x509", data=pem).stdout
        r = ok(n.ctl("--json", "utils", "capf", "lsc", "list")).json["result"]
        assert "Lab CA" in str(r), r
        # Now the CA is needed: it cannot be taken away without a word.
        r = n.ctl("--yes", "set", "cert", "delete", "CAPF", "Lab CA")
        assert r.code == 4 and "1 phone" in r.err, r


# --- a program ---

SIGN = """#!/bin/sh
# A CA in a few lines: whose request it is says the environment.
umask 022
csr=$(mktemp) pub=$(mktemp) ext=$(mktemp)
trap 'rm -f "$csr" "$pub" "$ext"' EXIT
cat > "$csr"
[ "$KIND" = phone ] || exit 9
[ -e {work}/later ] && exit 75
[ -e {work}/broken ] && {{ echo broken >&2; exit 7; }}
if [ -e {work}/refuse ]; then echo "not $DEVICE today" >&2; echo more >&2; exit 1; fi
openssl req -in "$csr" -noout -pubkey > "$pub" || exit 9
echo "keyUsage=digitalSignature,keyEncipherment" > "$ext"
openssl x509 -new -force_pubkey "$pub" -subj "/CN=$DEVICE" -days "$DAYS" \\
    -CA {ca}/ca.pem -CAkey {ca}/ca.key -extfile "$ext"
"""


def exec_node(n):
    """The program runs as the daemons' user, who must reach it."""
    os.chmod(n.work, 0o755)
    ca = Ca(os.path.join(n.work, "ca"), "Exec CA")
    os.chmod(ca.key, 0o644)
    trust(n, ca)
    sign = write(n, "sign", SIGN.format(work=n.work, ca=ca.folder).encode(), 0o755)
    param(n, issuer="exec", exec=sign, validity_days=33)
    return ca


def test_exec():
    with Node() as n:
        exec_node(n)
        request(n, **{RSA: "rsa"})
        with asking(n):
            got = settled(n, RSA)
            assert got[RSA]["state"] == "issued", got
            # While it runs: another one, refused with the program's words.
            write(n, "refuse", b"")
            request(n, **{EC: "ec"})
            got = settled(n, EC)
            assert got[EC]["state"] == "refused", got
            assert got[EC]["note"] == f"not {EC} today", got
            os.unlink(os.path.join(n.work, "refuse"))
            # Later is neither.
            write(n, "later", b"")
            request(n, **{EC: "ec"})
            got = settled(n, EC, states=("sent",))
            assert got[EC]["next_at"] is not None and got[EC]["tries"] == 0, got
            # A failure is tried again, and says what it was.
            os.rename(os.path.join(n.work, "later"), os.path.join(n.work, "broken"))
            request(n, **{RSA: "rsa"})
            got = tried(n, RSA)
            assert got["state"] == "waiting" and "status 7: broken" in got["note"], got
            os.unlink(os.path.join(n.work, "broken"))
            # An administrator who has mended something is not kept waiting.
            ok(n.ctl("--yes", "utils", "capf", "csr", "delete", RSA))
            request(n, **{RSA: "rsa"})
            param(n, validity_days=34)
            assert settled(n, RSA)[RSA]["state"] == "issued"


def test_capfd_asks():
    """The same in its place: a process of capfd, which has given up root."""
    with Node() as n:
        exec_node(n)
        ok(n.ctl("utils", "service", "start", "capfd"))
        try:
            request(n, **{RSA: "rsa"})
            assert settled(n, RSA)[RSA]["state"] == "issued"
        finally:
            ok(n.ctl("utils", "service", "stop", "capfd"))


def test_refused_at_once():
    """A phone whose request the CA will not have: it and whoever looks hear so at
    once, and a roll-out stops for it; nobody waits until it comes again."""
    with Node() as n:
        exec_node(n)
        write(n, "refuse", b"")
        n.start()
        for p in (RSA, EC):
            ok(n.ctl("phone", "add", p, "--model", "8861"))
            ok(n.boot(p))
        r = ok(n.ctl("--json", "--yes", "utils", "capf", "install", RSA, EC, "--batch", 1,
                     "--pause-on-errors", 1)).json["result"]
        first = min(RSA, EC)
        n.boot(first)

        def failed():
            owners = ok(n.ctl("--json", "utils", "capf", "status", "--failed")).json["result"][
                "owners"]
            return owners if owners else None

        owner, = wait_for("the failure", failed)
        assert owner["name"] == first and owner["outcome"]["result"] == "failed", owner
        assert owner["outcome"]["reason"] == f"not {first} today", owner
        assert owner["operation"] == "no-pending-operation", owner
        look = ok(n.ctl("--json", "watch", "rollout", r["rollout"], "--once")).json["result"]
        assert (look["state"], look["failed"], look["waiting"]) == ("paused", 1, 1), look
        # It got no certificate of it, and gets one when the CA will.
        assert rows(n) == {}, rows(n)
        os.unlink(os.path.join(n.work, "refuse"))
        ok(n.ctl("--yes", "utils", "capf", "install", first))
        n.boot(first)
        n.boot(first)
        assert os.path.exists(os.path.join(n.phones, first, "lsc.pem"))


def test_issuer_is_imported_later():
    """A program's certificate is by a CA that is not trusted here: it is kept,
    nobody is asked anew, also not by another process, and it is taken by itself
    once the administrator has imported the CA; the phone gets it."""
    with Node() as n:
        exec_node(n)
        late = Ca(os.path.join(n.work, "late"), "Late CA")
        os.chmod(late.key, 0o644)
        asked = write(n, "asked", b"", 0o666)
        sign = SIGN.replace("cat >", f"echo x >> {asked}; cat >").format(
            work=n.work, ca=late.folder)
        param(n, exec=write(n, "sign", sign.encode(), 0o755))
        n.start()
        ok(n.ctl("phone", "add", RSA, "--model", "8861"))
        ok(n.boot(RSA))
        ok(n.ctl("--yes", "utils", "capf", "install", RSA))
        n.boot(RSA)
        got = wait_for("the program's answer", lambda: rows(n)[RSA]
                       if "Late CA" in (rows(n)[RSA]["note"] or "") else None)
        assert got["state"] == "sent" and got["next_at"] is None, got
        ok(n.ctl("utils", "service", "restart", "capfd"))
        n.boot(RSA)
        again = rows(n)[RSA]
        assert (again["key"], again["state"]) == (got["key"], "sent"), again
        assert open(asked, encoding="ascii").read() == "x\n"
        trust(n, late)
        assert settled(n, RSA)[RSA]["state"] == "issued"
        assert open(asked, encoding="ascii").read() == "x\n"
        ok(n.boot(RSA))
        kept = os.path.join(n.phones, RSA, "lsc.pem")
        assert openssl("verify", "-CAfile", late.pem, kept).returncode == 0


def test_exec_program_missing():
    with Node() as n:
        param(n, issuer="exec")
        request(n, **{RSA: "rsa"})
        with asking(n):
            assert "capf.exec" in tried(n, RSA)["note"]
        param(n, exec="/nonexistent/sign")
        with asking(n):
            pass
        assert rows(n)[RSA]["state"] == "waiting"


# --- CAPF as a subordinate CA ---

def sign_capf(n, ca, extensions):
    """What a CA makes of CAPF's request."""
    csr = ok(n.ctl("show", "csr", "own", "CAPF", "--pem")).out.encode()
    text = openssl("req", "-noout", "-text", data=csr).stdout.decode()
    assert "CA:TRUE, pathlen:0" in text and "Certificate Sign" in text, text
    ext = write(n, "ext.cnf", extensions.encode() + b"\nsubjectKeyIdentifier=hash\n")
    return openssl("x509", "-req", "-CA", ca.pem, "-CAkey", ca.key, "-CAcreateserial",
                   "-days", 200, "-extfile", ext, "-copy_extensions", "copy",
                   data=csr).stdout


def test_subordinate():
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "Root CA")
        root = open(ca.pem, "rb").read()
        ok(n.ctl("--yes", "set", "csr", "gen", "CAPF"))
        capf = ("basicConstraints=critical,CA:TRUE,pathlen:0\n"
                "keyUsage=critical,digitalSignature,keyCertSign\n"
                "subjectAltName=IP:127.0.0.1")
        for extensions, word in ((capf.replace(",keyCertSign", ""), "keyCertSign"),
                                 (capf.replace("digitalSignature,", ""), "digitalSignature"),
                                 (capf.replace("CA:TRUE,pathlen:0", "CA:FALSE"), "CA")):
            csr = ok(n.ctl("show", "csr", "own", "CAPF", "--pem")).out.encode()
            pub_key = openssl("req", "-noout", "-pubkey", data=csr).stdout
            subject = openssl("req", "-noout", "-subject", "-nameopt", "compat",
                              data=csr).stdout.decode().strip().split("=", 1)[1]
            ext = write(n, "ext.cnf", extensions.encode())
            bad = openssl("x509", "-new", "-force_pubkey", write(n, "pub", pub_key),
                          "-subj", subject, "-CA", ca.pem, "-CAkey", ca.key, "-days", 9,
                          "-extfile", ext).stdout
            r = n.ctl("--yes", "set", "cert", "import", "own", "CAPF",
                      write(n, "bad.pem", bad + root))
            assert r.code != 0 and word in r.err, (extensions, r)
        pem = sign_capf(n, ca, "authorityKeyIdentifier=keyid")
        ok(n.ctl("--yes", "set", "cert", "import", "own", "CAPF",
                 write(n, "capf.pem", pem + root)))
        ok(n.ctl("--yes", "set", "cert", "promote", "CAPF", "--sacrifice", "all"))
        # Its certificates chain to the root: phone, CAPF, root.
        spki = write(n, "spki", pub(Keys.get(RSA, "rsa"), "DER"))
        ok(run(tool("make_capf_csr"), n.state, "lsc", RSA, spki,
               os.path.join(n.work, "lsc.der")))
        lsc = openssl("x509", "-inform", "DER", "-in",
                      os.path.join(n.work, "lsc.der")).stdout
        r = openssl("verify", "-x509_strict", "-show_chain", "-CAfile", ca.pem,
                    "-untrusted", write(n, "one.pem", pem), write(n, "lsc.pem", lsc),
                    check=False)
        assert r.returncode == 0, r
        assert b"depth=2: CN = Root CA" in r.stdout, r
        # The root is where phones' certificates and peers are judged.
        for store in ("CAPF-trust", "CallManager-trust"):
            r = ok(n.ctl("--json", "show", "cert", "list", "trust", store))
            assert any("Root CA" in str(x) for x in r.json["result"]["certificates"]), r


def test_renewal():
    """CAPF before stays trusted until the last phone has a new certificate."""
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", RSA, "--model", "8861"))
        ok(n.boot(RSA))
        ok(n.ctl("--yes", "utils", "capf", "install", RSA))
        ok(n.boot(RSA))
        old = ok(n.ctl("--json", "show", "cert", "own", "CAPF"))
        assert "1 phone" in str(old.json["result"]), old
        ok(n.ctl("--yes", "set", "cert", "regen", "CAPF"))
        r = ok(n.ctl("--yes", "set", "cert", "promote", "CAPF", "--sacrifice", "all"))
        assert "stays trusted" in r.err and "1 phone" in r.err, r
        for store in ("CAPF-trust", "CallManager-trust"):
            r = ok(n.ctl("--json", "show", "cert", "list", "trust", store))
            assert "CAPF-" in str(r.json["result"]), r
        r = n.ctl("--yes", "set", "cert", "purge", "CAPF", "--now")
        assert r.code == 4 and "1 phone" in r.err, r
        # Its next certificate is of the CAPF of now.
        n.wait_shown("CAPF", "capf")
        ok(n.ctl("--yes", "utils", "capf", "upgrade", RSA))
        ok(n.boot(RSA))
        # Nobody needs the old one now: when it goes, and how at once.
        r = ok(n.ctl("--yes", "set", "cert", "purge", "CAPF"))
        assert "0 retired" in r.out and "keep_days" in r.err and "--now" in r.err, r
        ok(n.ctl("--yes", "set", "cert", "purge", "CAPF", "--now"))
        r = ok(n.ctl("--json", "show", "cert", "list", "trust", "CAPF-trust"))
        assert "CAPF-" not in str(r.json["result"]), r


def test_renewal_subordinate():
    """The same where another CA signs CAPF: two phones, counted down."""
    with Node() as n:
        ca = Ca(os.path.join(n.work, "ca"), "Root CA")
        root = open(ca.pem, "rb").read()

        def new_capf():
            ok(n.ctl("--yes", "set", "csr", "gen", "CAPF"))
            pem = sign_capf(n, ca, "authorityKeyIdentifier=keyid")
            ok(n.ctl("--yes", "set", "cert", "import", "own", "CAPF",
                     write(n, "capf.pem", pem + root)))
            return pem, ok(n.ctl("--yes", "set", "cert", "promote", "CAPF", "--sacrifice",
                                 "all")).err

        def chains(phone, capf):
            r = openssl("verify", "-x509_strict", "-CAfile", ca.pem, "-untrusted",
                        write(n, "one.pem", capf), os.path.join(n.phones, phone, "lsc.pem"),
                        check=False)
            assert r.returncode == 0, r

        def stores(word):
            for store in ("CAPF-trust", "CallManager-trust"):
                r = ok(n.ctl("--json", "show", "cert", "list", "trust", store))
                yield word in str(r.json["result"])
        first, _ = new_capf()
        n.start()
        for p in (RSA, EC):
            ok(n.ctl("phone", "add", p, "--model", "8861"))
            ok(n.boot(p))
            ok(n.ctl("--yes", "utils", "capf", "install", p))
            ok(n.boot(p))
            chains(p, first)
        assert "certificates of 2 phones" in ok(n.ctl("show", "cert", "own", "CAPF")).out
        second, said = new_capf()
        n.wait_shown("CAPF", "capf")
        assert "stays trusted" in said and "2 phones" in said, said
        assert all(stores("CAPF-lab")), "the one before is trusted"
        assert all(stores("Root CA"))
        # What to do about it is not what is done about others' certificates.
        plan = ok(n.ctl("utils", "cert", "plan", "--expire-within", "3000")).out
        part = plan.split("CAPF-trust/CAPF-lab", 1)[1].split("\n\n", 1)[0]
        assert "utils capf upgrade" in part and "set cert purge CAPF" in part, part
        assert "import trust" not in part, part
        for left, p in ((2, RSA), (1, EC)):
            # The self-signed one of before them goes at once.
            r = n.ctl("--yes", "set", "cert", "purge", "CAPF", "--now")
            assert f"certificates of {left} phone" in r.err, r
            # By its certificate of the CAPF before.
            ok(n.ctl("--yes", "utils", "capf", "upgrade", p, "--auth", "existing-lsc"))
            ok(n.boot(p))
            chains(p, second)
        ok(n.ctl("--yes", "set", "cert", "purge", "CAPF", "--now"))
        assert not any(stores("CAPF-lab")) and all(stores("Root CA"))
        # Their CA is needed by CAPF, and by phones through it.
        r = n.ctl("--yes", "set", "cert", "delete", "CAPF", "Root CA")
        assert r.code == 4 and "is needed by" in r.err, r


main([test_offline_dump_and_import, test_offline_what_is_refused, test_offline_many,
      test_offline_with_a_phone, test_exec, test_capfd_asks, test_refused_at_once,
      test_issuer_is_imported_later,
      test_exec_program_missing, test_subordinate, test_renewal, test_renewal_subordinate])
