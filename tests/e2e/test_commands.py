#!/usr/bin/env python3
"""The administrator's commands: what they say, what they refuse, exit codes."""
import contextlib
import os
import pwd
import re
import shlex
import sqlite3
import subprocess
import time

from node import (SOURCE, Node, Skip, contains, environment, equal, example, fails, main, ok,
                  program, run)

PHONE = "SEP0011223344AA"
VECTORS = os.path.join(SOURCE, "tests", "data", "vectors")


def envelope(result, code=0):
    fails(result, code)
    j = result.json
    equal(j["schema"], "phonetrust/1")
    equal(j["exit"], code)
    assert isinstance(j["warnings"], list)
    assert isinstance(j["command"], str)
    return j


def file(n, name, text):
    path = os.path.join(n.work, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


@contextlib.contextmanager
def disk(folder, options):
    """A small disk of its own on the folder."""
    if os.geteuid() != 0:
        raise Skip("only root can mount")
    if run("mount", "-t", "tmpfs", "-o", options, "phonetrust-e2e", folder).code != 0:
        raise Skip("nothing can be mounted here")
    try:
        yield
    finally:
        ok(run("umount", folder))


def test_usage():
    with Node() as n:
        fails(run(program("ctltool")), 2)
        fails(n.ctl("fone", "add"), 2, "phone")
        fails(n.ctl("phone", "add"), 2)
        for words in (("phone", "\x1b[31m"), ("show", "itl", "--\x1b[31m"), ("\x1b[31m",),
                      ("phone", "add", "X", "--protocol", "\x1b[31m")):
            for json in ((), ("--json",)):
                assert "\x1b" not in fails(n.ctl(*json, *words), 2).err, words
        fails(n.ctl("phone", "add", "7up", "--model", "8861"), 2)
        ok(n.ctl("--help"))
        contains(ok(n.ctl("phone", "add", "--help")).out, "--config")
        ok(n.ctl("help", "show", "itl"))
        for p in ("tftpd", "phonesim", "ctltool"):
            contains(ok(run(program(p), "--version")).out, "phonetrust")
            ok(run(program(p), "--help"))
            fails(run(program(p), "--no-such-option"), 2)


def test_show_itl():
    with Node() as n:
        text = ok(n.ctl("show", "itl")).out
        for part in ("The checksum value of the ITL file:", "(MD5)", "(SHA1)",
                     "Length of ITL file: ", "The ITL File was last modified on ",
                     "Parse ITL File", "Version:\t1.2" if "Version:\t" in text else "1.2",
                     "BYTEPOS", "DIGESTALGORTITHM", "SIGNATUREALGORTITHM",
                     "ITL Record #:1", "System Administrator Security Token",
                     "This etoken was used to sign the ITL file.",
                     "This etoken was not used to sign the ITL file.",
                     "The ITL file was verified successfully."):
            contains(text, part)
        roles = [r["role"] for r in envelope(n.ctl("show", "itl", "--json"))["result"]["records"]]
        equal(roles, ["SAST", "SAST", "CCM+TFTP", "TVS", "CAPF"])
        ok(n.ctl("--yes", "set", "param", "itl.signer_version", "1.1"))
        records = envelope(n.ctl("show", "itl", "--json"))["result"]["records"]
        equal(sorted(r["role"] for r in records),
              sorted(["SAST", "SAST", "CCM+TFTP", "TVS", "CAPF", "TFTP"]))
        ok(n.ctl("--yes", "set", "param", "itl.tftp_role", "tftp"))
        records = envelope(n.ctl("show", "itl", "--json"))["result"]["records"]
        equal(sum(r["role"] == "TFTP" for r in records), 2)


def test_show_itl_of_any_file():
    """No state folder is needed."""
    lists = os.path.join(VECTORS, "trust-list")
    for name in sorted(os.listdir(lists)):
        if not name.endswith(".tlv"):
            continue
        path = os.path.join(lists, name)
        contains(ok(run(program("ctltool"), "show", "itl", "--file", path)).out,
                 "verified successfully")
        ok(run(program("ctltool"), "explain", path))
        with open(path, "rb") as f:
            data = f.read()
        bad = os.path.join("/tmp", f"phonetrust-{os.getpid()}.tlv")
        try:
            for at in (3, 200, len(data) // 2, len(data) - 1):
                with open(bad, "wb") as f:
                    f.write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                fails(run(program("ctltool"), "show", "itl", "--file", bad), 4)
                fails(run(program("ctltool"), "explain", bad), 4)
        finally:
            os.unlink(bad)
    fails(run(program("ctltool"), "show", "itl", "--file", "/no/such/file"), 1)


def test_explain():
    signed = os.path.join(VECTORS, "signed", "RingList.xml.sha1.sgn")
    with Node() as n:
        fails(n.ctl("explain", signed), 4, "CCM")
        n.start()
        for name in ("ITLFile.tlv",):
            path = file(n, name, n.http("/" + name)[2])
            contains(ok(n.ctl("explain", path)).out, "ITLRecovery")
            contains(ok(run(program("ctltool"), "explain", path)).out, "ITLRecovery")
        fails(n.ctl("explain", example("dialplan.xml")), 4)


def test_cert():
    with Node() as n:
        for unit in ("CallManager", "CallManager-ECDSA", "TVS", "CAPF", "ITLRecovery"):
            pem = ok(n.ctl("show", "cert", "own", unit, "--pem")).out
            text = run("openssl", "x509", "-noout", "-text", data=pem.encode()).out
            contains(text, "127.0.0.1", unit)
            years = 20 if unit == "ITLRecovery" else 5
            seconds = years * 365 * 86400
            equal(run("openssl", "x509", "-noout", "-checkend", str(seconds - 30 * 86400),
                      data=pem.encode()).code, 0, f"{unit} lives {years} years")
            equal(run("openssl", "x509", "-noout", "-checkend", str(seconds + 30 * 86400),
                      data=pem.encode()).code, 1, f"{unit} lives {years} years")
            if unit == "CAPF":
                contains(text, "CA:TRUE, pathlen:0")
            if unit == "CallManager-ECDSA":
                contains(text, "secp384r1")
            ok(n.ctl("show", "cert", "own", unit.lower()))
        fails(n.ctl("show", "cert", "own", "nosuch"), 2)


def test_params():
    with Node() as n:
        rows = envelope(n.ctl("show", "param", "--json"))["result"]
        names = {p["name"] for p in (rows if isinstance(rows, list) else rows["parameters"])}
        assert {"itl.digest", "itl.signer_version", "file.digest", "tftp.root"} <= names
        ok(n.ctl("set", "param", "tftp.retries", "7"))
        contains(ok(n.ctl("show", "param", "tftp.retries")).out, "7")
        fails(n.ctl("set", "param", "tftp.retries", "lots"), 2)
        fails(n.ctl("set", "param", "tftp.retries", "100000"), 2)
        fails(n.ctl("set", "param", "no.such", "1"), 2)
        fails(n.ctl("set", "param", "itl.digest", "md5"), 2)
        before = ok(n.ctl("show", "itl")).out
        # Touches the list: asks, and without a terminal needs --yes.
        fails(n.ctl("set", "param", "itl.digest", "sha512"), 1, "--yes")
        equal(ok(n.ctl("show", "itl")).out.split("last modified")[0],
              before.split("last modified")[0], "nothing changed")
        ok(n.ctl("set", "param", "itl.digest", "sha512", "--yes"))
        assert ok(n.ctl("show", "itl")).out != before


def test_phones():
    with Node() as n:
        added = envelope(n.ctl("phone", "add", PHONE, "--model", "8861", "--config",
                               example(f"{PHONE}.cnf.xml"), "--json"))
        equal(added["result"]["name"], PHONE)
        ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--config",
                 example(f"{PHONE}.cnf.xml")))
        fails(n.ctl("phone", "add", PHONE, "--model", "7841"), 1, "8861")
        contains(ok(n.ctl("phone", "list")).out, PHONE)
        contains(ok(n.ctl("show", "phone", PHONE)).out, "8861")
        fails(n.ctl("phone", "show", "SEP00AABBCCDDEE"), 1)
        fails(n.ctl("phone", "remove", PHONE), 1, "--yes")
        contains(ok(n.ctl("phone", "list")).out, PHONE)
        ok(n.ctl("phone", "remove", PHONE, "--yes"))
        assert PHONE not in ok(n.ctl("phone", "list")).out


def test_bad_configurations():
    bad = {
        "bomb": '<!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><device>&b;</device>',
        "external": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><device>&x;</device>',
        "root": "<Default><x/></Default>",
        "cut": "<device><fullConfig>true</fullConfig>",
        "empty": "",
        "binary": b"\x00\x01\x02\xff\xfe",
        "huge": "<device>" + "<a>x</a>" * 200_000 + "</device>",
        "deep": "<device>" + "<a>" * 3000 + "</a>" * 3000 + "</device>",
    }
    with Node() as n:
        for what, text in bad.items():
            got = n.ctl("phone", "add", PHONE, "--config", file(n, what + ".xml", text))
            assert got.code in (1, 4), f"{what}: {got!r}"
            contains(got.err, what + ".xml")
            assert "root:" not in got.err
        equal(ok(n.ctl("--json", "phone", "list")).json["result"]["phones"], [])
        fails(n.ctl("phone", "add", PHONE, "--config", "/no/such.xml"), 1)


def test_import():
    with Node() as n:
        ok(n.ctl("phone", "import", example("phones.csv")))
        again = envelope(n.ctl("phone", "import", example("phones.csv"), "--json"))
        equal(again["result"]["added"], 0)
        equal(again["result"]["same"], 3)
        mixed = file(n, "mixed.csv", "name,model\nSEP0000000000A1,8851\n!!,8851\n"
                                     "SEP0000000000A2,\"88\n")
        got = fails(n.ctl("phone", "import", mixed), 3, "3")
        contains(got.out + got.err, "!!")
        # Where there are secrets, the columns may be swapped.
        secret = file(n, "swapped.csv", "name,authentication-string\n0815!!,SEP0000000000A3\n")
        got = fails(n.ctl("phone", "import", secret), 3, 'line 2: "(name)" is not a phone name')
        assert "0815" not in got.out + got.err, got
        # Also when the row has none, and in what a transaction finds.
        shifted = file(n, "shifted.csv", "name,authentication-string,digest-user,profile\n"
                       "SEP0000000000A3,,swordfish1,\nSEP0000000000A4,,,swordfish2\n")
        got = fails(n.ctl("phone", "import", shifted), 3, "line 2: Digest User (digest-user)")
        contains(got.err, 'line 3: there is no profile "(profile)"')
        assert "swordfish" not in got.out + got.err, got
        broken = file(n, "broken.json", '{"name": "SEP0000000000A3", "ssh-password": swordfish}\n')
        got = fails(n.ctl("phone", "import", broken), 3, "line 1: not JSON: invalid token in line 1")
        assert "swordfish" not in got.out + got.err, got
        contains(ok(n.ctl("phone", "list")).out, "SEP0000000000A1")
        fails(n.ctl("phone", "import", file(n, "none.csv", "a,b\n1,2\n")), 1, "name")
        many = "name,model\n" + "".join(f"SEP0000AA{i:06X},8851\n" for i in range(5000))
        equal(envelope(n.ctl("phone", "import", file(n, "many.csv", many),
                             "--json"))["result"]["added"], 5000)


def test_file_list():
    with Node() as n:
        n.write("Ringlist.xml", b"<x/>")
        files = ok(n.ctl("file", "list", "tftp")).out
        contains(files, "Ringlist.xml")
        envelope(n.ctl("file", "list", "tftp", "--json"))
        n.write("a.bin", b"x" * 100)
        n.write("b.bin", b"x" * 50)
        for name, at in (("Ringlist.xml", 1_000_000_002), ("a.bin", 1_000_000_000),
                         ("b.bin", 1_000_000_001)):
            os.utime(os.path.join(n.state, "tftp", name), (at, at))

        def order(*words):
            got = ok(n.ctl("file", "list", "tftp", "*", *words, "--json")).json["result"]
            return [f["name"] for f in got["files"]]

        every = ["Ringlist.xml", "a.bin", "b.bin"]
        equal(order(), every)
        equal(order("page", "detail"), every)
        equal(order("reverse"), every[::-1])
        equal(order("date"), ["Ringlist.xml", "b.bin", "a.bin"])
        equal(order("detail", "REVERSE", "date"), ["a.bin", "b.bin", "Ringlist.xml"])
        equal(order("size"), ["a.bin", "b.bin", "Ringlist.xml"])
        fails(n.ctl("file", "list", "tftp", "*", "sized"), 2, "date, size")


def test_words_of_the_reference():
    """What its administrators type, where there is nothing to do."""
    with Node() as n:
        for service in ("Cisco CTIManager", "cisco tomcat", "Cisco HAProxy"):
            got = ok(n.ctl("utils", "service", "restart", *service.split()))
            contains(got.err, "not part of this product")
        fails(n.ctl("utils", "service", "restart", "Cisco Nothing"), 2, "no service")
        equal(ok(n.ctl("utils", "service", "list", "page")).out,
              ok(n.ctl("utils", "service", "list")).out)
        equal(ok(n.ctl("show", "version", "active")).out, ok(n.ctl("show", "version")).out)
        contains(ok(n.ctl("show", "version", "inactive")).out, "no inactive version")
        equal(ok(n.ctl("show", "version", "inactive", "--json")).json["result"], None)
        fails(n.ctl("show", "version", "other"), 2, "active|inactive")
        fails(n.ctl("set", "tls", "client", "min-version", "1.2"), 4, "TLS 1.2 and above")
        fails(n.ctl("file", "delete", "activelog", "cm/tftpdata/CTLFile.tlv"), 4,
              "file delete tftp")


def test_yes_everywhere():
    with Node() as n:
        for words in (("show", "itl"), ("phone", "list"), ("utils", "service", "list"),
                      ("show", "param"), ("file", "list", "tftp"), ("show", "status"),
                      ("phone", "add", PHONE)):
            ok(n.ctl(*words, "--yes"))


def test_json_errors():
    with Node() as n:
        j = envelope(n.ctl("--json", "phone", "show", "SEP00AABBCCDDEE"), 1)
        contains(j["error"]["message"], "SEP00AABBCCDDEE")


def test_two_writers_at_once():
    with Node() as n:
        jobs = [subprocess.Popen(
            [program("ctltool"), "--state", n.state, "phone", "add", f"SEP{i:012X}"],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for i in range(12)]
        for job in jobs:
            _, err = job.communicate(timeout=300)
            equal(job.returncode, 0, err.decode())
        equal(len(ok(n.ctl("--json", "phone", "list")).json["result"]["phones"]), 12)


def test_state_by_environment():
    with Node() as n:
        ok(run(program("ctltool"), "show", "itl", env={"PHONETRUST_STATE": n.state}))
        missing = run(program("ctltool"), "show", "itl",
                      env={"PHONETRUST_STATE": n.state + ".none"})
        fails(missing, 1, "node init")


def test_bad_init():
    with Node(init=False) as n:
        for args in (("--name", "cm 1"), ("--cluster", "a/b"), ("--address", "999.1.1.1x"),
                     ("--port-offset", "60000"), ("--port-offset", "-5")):
            base = {"--name": "cm1", "--cluster": "lab", "--address": "127.0.0.1"}
            base[args[0]] = args[1]
            words = [w for pair in base.items() for w in pair]
            fails(n.ctl("node", "init", *words), 2)
            assert not os.path.exists(n.state), "a refused init leaves nothing"


def audit(n):
    """The rows of the audit log without their times, oldest first."""
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"))) as db:
        rows = db.execute("SELECT node, account, command, detail, at FROM audit "
                          "ORDER BY node, seq").fetchall()
    for row in rows:
        assert abs(row[4] - time.time()) < 600, row
    return [row[:4] for row in rows]


def test_audit():
    """Every change leaves one row, what changes nothing leaves none."""
    me = pwd.getpwuid(os.getuid()).pw_name

    with Node() as n:
        expected = [("cm1", me, "node init", "node cm1, cluster lab")]
        equal(audit(n), expected)

        def leaves(result, code, *details):
            if code == 0:
                ok(result)
            else:
                fails(result, code)
            command = " ".join(result.argv[3:5])
            expected.extend(("cm1", me, command, d) for d in details)
            equal(audit(n), expected)

        leaves(n.ctl("phone", "add", PHONE, "--model", "8861"), 0, PHONE)
        leaves(n.ctl("phone", "add", PHONE, "--model", "8861"), 0)
        leaves(n.ctl("phone", "add", "7up"), 2)
        leaves(n.ctl("set", "param", "tftp.retries", "7"), 0, "tftp.retries: 5 -> 7")
        leaves(n.ctl("set", "param", "tftp.retries", "7"), 0)
        leaves(n.ctl("set", "param", "itl.digest", "sha512"), 1)
        leaves(n.ctl("set", "param", "itl.digest", "sha512", "--yes"), 0,
               "itl.digest: sha1 -> sha512")
        csv = file(n, "p.csv", "name,model\nSEP000000000001,8861\nbad name,1\n")
        leaves(n.ctl("phone", "import", csv), 3, f"{csv}: 1 added, 0 changed, 1 failed")
        leaves(n.ctl("phone", "import", csv), 3)
        leaves(n.ctl("phone", "remove", PHONE), 1)
        leaves(n.ctl("phone", "remove", PHONE, "--yes"), 0, PHONE)
        leaves(n.ctl("phone", "remove", PHONE, "--yes"), 1)


def test_observations_are_not_trusted():
    """observed.db is the engine's: what it says is shown without control characters."""
    bad = "a\x1b[m\x9b"
    with Node() as n:
        ok(n.ctl("phone", "add", PHONE))
        path = os.path.join(n.state, "observed.db")
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("INSERT INTO fetch (device, seq, address, kind, name, version, "
                       "transport, started_us, completed_us, bytes, result) "
                       "VALUES (?, 1, ?, ?, ?, zeroblob(32), ?, ?, ?, -5, ?)",
                       (PHONE, bad, bad, bad, bad, 2 ** 63 - 1, -2 ** 63, bad))
        text = ok(n.ctl("phone", "show", PHONE)).out
        contains(text, r"a\x1b[m")
        assert "\x1b" not in text and "\x9b" not in text, text
        got = envelope(n.ctl("phone", "show", PHONE, "--json"))["result"]["fetches"][0]
        for key in ("name", "address", "kind", "transport", "result"):
            assert got[key].isprintable(), (key, got)
        with open(path, "r+b") as f:
            f.write(b"no database any more")
        fails(n.ctl("utils", "service", "start", "all"), 1, "remove it")
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + end)
        n.start()


def test_disk_full():
    """Refused with cause and cure, and afterwards as if nothing had been tried."""
    with Node(init=False) as n, disk(n.work, "size=2m"):
        fill = os.path.join(n.work, "fill")
        with contextlib.suppress(OSError), open(fill, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        result = fails(n.init(), 1, "disk is full")
        equal(result.err.count("phonetrust.db"), 1, "named once")
        equal(os.listdir(n.state), [])
        os.unlink(fill)
        ok(n.init())
        with contextlib.suppress(OSError), open(fill, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
        fails(n.ctl("phone", "add", PHONE), 1, "disk is full")
        contains(ok(n.ctl("phone", "list")).out, "0 phones")
        os.unlink(fill)
        ok(n.ctl("phone", "add", PHONE))


def test_disk_read_only():
    with Node(init=False) as n, disk(n.work, "size=8m"):
        ok(n.init())
        ok(n.ctl("phone", "add", PHONE))    # a writer that is the last leaves no -shm
        ok(run("mount", "-o", "remount,ro", n.work))
        fails(n.ctl("phone", "remove", PHONE, "--yes"), 1, "mounted read-only")
        fails(n.ctl("phone", "list"), 1, "mounted read-only")
        fails(n.ctl("utils", "service", "start", "all"), 1, "Read-only")
        ok(n.ctl("utils", "service", "list"))
        ok(run("mount", "-o", "remount,rw", n.work))
        contains(ok(n.ctl("phone", "list")).out, "1 phone")


def bash_completes(n, line, breaks=True, name="ctltool"):
    """What bash offers for a line, with our file of that name; breaks: words end at "=", as in a shell
    whose COMP_WORDBREAKS nobody has changed."""
    words = [w for part in re.split(r"(?<!\\) ", line) for w in
             (re.findall("=|[^=]+", part) if breaks else [part]) or [""]]
    script = (f"compopt() {{ :; }}; . '{SOURCE}/completions/{name}'; "
              f"COMP_LINE={shlex.quote(line)}; COMP_POINT=${{#COMP_LINE}}; "
              f"COMP_WORDS=({' '.join(shlex.quote(w) for w in words)}); "
              f"COMP_CWORD={len(words) - 1}; _{name}; "
              "[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"")
    return ok(run("bash", "-c", script, cwd=n.work,
                  env={"PATH": os.path.dirname(program("ctltool")) + ":" + os.environ["PATH"],
                       "PHONETRUST_STATE": n.state})).out.splitlines()


def test_completion():
    with Node() as n:
        ok(n.ctl("phone", "add", PHONE))
        n.write("ring tone.raw", b"x")
        file(n, "own.xml", "<x/>")
        contains(ok(n.ctl("complete", "--", "ctltool pho")).out, "phone")
        contains(ok(n.ctl("complete", "--", "ctltool show ")).out, "itl")
        for line, wanted in (("ctltool sho", ["show"]), ("ctltool sh i", ["itl"]),
                             ("ctltool phone show SE", [PHONE]),
                             ("ctltool ph sh sep", [PHONE]),
                             (f"ctltool --state {n.state} phone show S", [PHONE]),
                             ("ctltool set param itl.digest ", ["sha1", "sha512"]),
                             ("ctltool set cli pagination ", ["on", "off"]),
                             ("ctltool show param --node c", ["cm1"]),
                             ("ctltool file view tftp ring", ["ring\\ tone.raw"]),
                             ("ctltool phone add X --config own", ["own.xml"]),
                             ("ctltool preflight phone rem", ["remove"]),
                             ("ctltool show param itl.", ["itl.digest", "itl.signer_version",
                                                          "itl.tftp_role"]),
                             ("ctltool nosuch ", [])):
            equal(bash_completes(n, line), wanted, line)
        for line, wanted in (("ctltool phone list --protocol=", ["SIP", "SCCP"]),
                             ("ctltool phone list --protocol=sc", ["SCCP"]),
                             ("ctltool phone show X --config=own", []),
                             ("ctltool phone add X --config=own", ["own.xml"]),
                             ("ctltool phone add X --profile=Standard\\ SC",
                              ["Standard\\ SCCP\\ Non-Secure\\ Profile"])):
            equal(bash_completes(n, line), wanted, line)
            before = line[line.rindex(" --") + 1:line.rindex("=") + 1]
            equal(bash_completes(n, line, breaks=False), [before + w for w in wanted], line)


def test_completion_of_phonesim():
    """All that its help names and nothing else, where it counts."""
    with Node(init=False) as n:
        os.makedirs(os.path.join(n.work, "phones"))
        file(n, "own.pem", "x")
        offered = set()
        commands = ["boot", "capf", "tvs", "show", "reset"]
        usage = ok(run(program("phonesim"), "--help")).out
        equal(bash_completes(n, "phonesim ", name="phonesim"),
              [*commands, "--version", "--json", "--help"])
        for command in commands:
            for option in bash_completes(n, f"phonesim {command} --", name="phonesim"):
                offered.add(option)
                # it is one of the command: anything but that it goes with another
                r = run(program("phonesim"), command, option, "1")
                assert "unknown option" not in r.err and "go with" not in r.err, r
        equal(offered, set(re.findall("--[a-z]+(?:-[a-z]+)*", usage)) | {"--help"})
        for words, wanted in (("bo", ["boot"]), ("boot --transport t", ["tftp"]),
                              ("capf X --auth ", ["null", "string", "lsc", "mic"]),
                              ("boot X --log-level=w", ["warning"]),
                              ("capf X --misbehave cut", ["cut-after="]),
                              ("show X --state ph", ["phones"]),
                              ("tvs --cert own", ["own.pem"]), ("boot X --count ", [])):
            equal(bash_completes(n, "phonesim " + words, name="phonesim"), wanted, words)
        equal(bash_completes(n, "phonesim boot X --log-level=w", breaks=False, name="phonesim"),
              ["--log-level=warning"])


if __name__ == "__main__":
    main([test_usage, test_show_itl, test_show_itl_of_any_file, test_explain, test_cert,
          test_params, test_phones, test_bad_configurations, test_import, test_file_list,
          test_words_of_the_reference,
          test_yes_everywhere, test_json_errors, test_two_writers_at_once,
          test_state_by_environment, test_bad_init, test_audit, test_observations_are_not_trusted,
          test_disk_full, test_disk_read_only, test_completion,
          test_completion_of_phonesim])
