#!/usr/bin/env python3
"""Own certificates through their stages, as an administrator does it."""
import contextlib
import os
import pty
import re
import select
import sqlite3
import subprocess

from node import DEADLINE, Node, SlowDownload, environment, main, ok, program, run, wait_for
from test_service import children, gone, processes

PHONE = "SEP0011223344AA"


@contextlib.contextmanager
def node():
    with Node() as n:
        yield n


def ctl(n, *words):
    return run(program("ctltool"), "--state", n.state, *words)


def own(n, unit):
    """[(generation, stage)] of a unit, by generation."""
    with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                            uri=True)) as db:
        return db.execute("SELECT generation, stage FROM own WHERE unit = ? "
                          "ORDER BY generation", (unit,)).fetchall()


def itl(n):
    text = ok(ctl(n, "show", "itl")).out
    return {"roles": re.findall(r"FUNCTION\s+\d+\s+(.+)", text),
            "sha1": re.search(r"^([0-9a-f]{40})\(SHA1\)", text, re.M).group(1)}


ANNOUNCED, ACTIVE, RETIRED = 0, 1, 2


def test_regen_announces_only():
    with node() as n:
        before = itl(n)
        r = ok(ctl(n, "set", "cert", "regen", "callmanager", "--yes"))
        assert "Successfully regenerated certificate for CallManager." in r.out
        assert own(n, "CallManager") == [(1, ACTIVE), (2, ANNOUNCED)]
        after = itl(n)
        # One record more, and no third signer of lists.
        assert len(after["roles"]) == len(before["roles"]) + 1, after
        assert after["roles"].count("System Administrator Security Token") == 2
        # Announced again: the first is withdrawn, and that is said.
        r = ok(ctl(n, "set", "cert", "regen", "CallManager", "--yes"))
        assert "withdrawn" in r.err, r
        assert own(n, "CallManager") == [(1, ACTIVE), (2, ANNOUNCED)]
        # Back: the very bytes of the list before.
        ok(ctl(n, "set", "cert", "rollback", "CallManager", "--yes"))
        assert itl(n) == before


def test_recovery_gains_no_record():
    with node() as n:
        before = itl(n)
        ok(ctl(n, "set", "param", "itlrecovery.validity_years", "10"))
        r = ok(ctl(n, "set", "cert", "regen", "ITLRecovery", "--yes"))
        assert "ITLRecovery" in r.err, r
        assert itl(n) == before
        ok(ctl(n, "set", "cert", "promote", "ITLRecovery", "--sacrifice", "all", "--yes"))
        assert itl(n)["sha1"] != before["sha1"]
        assert "verified successfully" in ctl(n, "show", "itl").out
        text = ok(ctl(n, "show", "cert", "own", "ITLRecovery")).out
        years = [int(y) for y in re.findall(r"Not (?:Before|After).* (\d{4}) GMT", text)]
        assert years[1] - years[0] == 10, text


def test_nobody_is_lost_in_silence():
    with node() as n:
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        r = ctl(n, "set", "cert", "promote", "CallManager", "--sacrifice", "all", "--yes")
        assert r.code == 1 and "no announced" in r.err, r
        r = ok(ctl(n, "set", "cert", "regen", "CallManager", "--yes"))
        assert f"1 of 1 phones asked for nothing for 7 days" in r.err and PHONE in r.err, r
        r = ctl(n, "set", "cert", "promote", "CallManager", "--yes")
        assert r.code == 4 and "--sacrifice all" in r.err and PHONE in r.err, r
        assert own(n, "CallManager") == [(1, ACTIVE), (2, ANNOUNCED)]
        # TVS is what is left to ask: never in the same cycle.
        r = ctl(n, "set", "cert", "regen", "TVS", "--yes")
        assert r.code == 4 and "CallManager" in r.err, r
        ok(ctl(n, "set", "cert", "promote", "CallManager", "--sacrifice", "all", "--yes"))
        r = ctl(n, "set", "cert", "regen", "TVS", "--yes")
        assert r.code == 4 and "1 of 1 phones" in r.err and PHONE in r.err, r
        n.start()
        boot = n.boot(PHONE)
        assert boot.code == 0, boot
        n.ctl("utils", "service", "stop", "all")
        ok(ctl(n, "set", "cert", "regen", "TVS", "--yes"))


def test_one_anchor_at_a_time():
    """In either order, by request or by import; and going back twice loses no key."""
    with node() as n:
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        ok(ctl(n, "set", "cert", "regen", "TVS", "--yes"))
        for unit in ("CallManager", "ITLRecovery"):
            r = ctl(n, "set", "cert", "regen", unit, "--yes")
            assert r.code == 4 and "TVS has a new certificate announced" in r.err, r
        ok(ctl(n, "set", "cert", "rollback", "TVS", "--yes"))
        ok(ctl(n, "set", "cert", "regen", "ITLRecovery", "--yes"))
        ok(ctl(n, "set", "cert", "promote", "ITLRecovery", "--sacrifice", "all", "--yes"))
        r = ctl(n, "set", "cert", "regen", "TVS", "--yes")
        assert r.code == 4 and "the ITLRecovery certificate" in r.err, r
        ok(ctl(n, "set", "cert", "rollback", "ITLRecovery", "--sacrifice", "all", "--yes"))
        # Phones may hold a list that names what was in use: that is no draft.
        r = ctl(n, "set", "cert", "rollback", "ITLRecovery", "--yes")
        assert r.code == 4 and "--sacrifice all" in r.err, r
        ok(ctl(n, "set", "cert", "rollback", "ITLRecovery", "--sacrifice", "all", "--yes"))
        assert own(n, "ITLRecovery") == [(1, ACTIVE), (2, RETIRED)]
        r = ok(ctl(n, "set", "cert", "purge", "ITLRecovery", "--now", "--yes"))
        assert "1 of 1 phones" in r.err and "last one they trust" in r.err, r


def test_asked_about_something_else():
    """What is agreed to is what was shown, not what another session made of it."""
    with node() as n:
        ok(ctl(n, "set", "cert", "regen", "CallManager", "--yes"))
        main_end, end = pty.openpty()
        # To withdraw what nobody used needs no --sacrifice.
        slow = subprocess.Popen([program("ctltool"), "--state", n.state, "set", "cert", "rollback",
                                 "CallManager"], stdin=end, stdout=end, stderr=end,
                                env=environment())
        os.close(end)
        said = b""
        while b"continue?" not in said:
            assert select.select([main_end], [], [], DEADLINE)[0], said
            said += os.read(main_end, 4096)
        ok(ctl(n, "set", "cert", "promote", "CallManager", "--sacrifice", "all", "--yes"))
        os.write(main_end, b"yes\n")
        assert slow.wait(DEADLINE) == 4, said
        os.close(main_end)
        assert own(n, "CallManager") == [(1, RETIRED), (2, ACTIVE)]


def test_recovery_comes_back():
    """The retired key signs a list that was never signed before."""
    with node() as n:
        for unit in ("ITLRecovery", "TVS"):
            ok(ctl(n, "set", "cert", "regen", unit, "--yes"))
            ok(ctl(n, "set", "cert", "promote", unit, "--sacrifice", "all", "--yes"))
        before = itl(n)
        ok(ctl(n, "set", "cert", "rollback", "ITLRecovery", "--sacrifice", "all", "--yes"))
        assert own(n, "ITLRecovery") == [(1, ACTIVE), (2, ANNOUNCED)]
        assert itl(n)["sha1"] != before["sha1"]
        assert "verified successfully" in ctl(n, "show", "itl").out


def test_keys_come_live():
    """A new key is in use without a restart, and a download goes on meanwhile."""
    with node() as n:
        ok(n.ctl("phone", "add", PHONE, "--model", "8861"))
        data = os.urandom(8 << 20)
        n.write("big.bin", data)
        n.start()
        boot = n.boot(PHONE)
        assert boot.code == 0, boot
        pid = n.daemon_pid()
        before = processes(pid)
        with SlowDownload(n, "big.bin") as slow:
            ok(ctl(n, "set", "cert", "regen", "CallManager", "--yes"))
            announced = wait_for("another signer", lambda: (
                lambda now: now if now != before["signer"] else None)(
                children(pid).get("signer")))
            assert n.boot(PHONE).code == 0
            ok(ctl(n, "set", "cert", "promote", "CallManager", "--sacrifice", "all", "--yes"))
            boot = n.boot(PHONE)
            assert boot.code == 0, boot
            assert slow.rest() == data, "the download was cut"
        wait_for("the one before is gone", lambda: gone(before["signer"]))
        after = processes(pid)
        assert after["signer"] == announced, "it held both keys"
        assert after["engine"] == before["engine"] and after["keeper"] == before["keeper"], after


def test_without_a_word_nothing_happens():
    with node() as n:
        before = own(n, "CAPF")
        r = ctl(n, "set", "cert", "regen", "CAPF")
        assert r.code == 1 and "--yes" in r.err, r
        r = ok(ctl(n, "set", "cert", "regen", "CAPF", "--dry-run"))
        assert "ITL file" in r.out, r
        assert own(n, "CAPF") == before


def test_not_in_a_list():
    with node() as n:
        # What no program does so far is not called a use.
        for unit, use in (("https", "Used by: nothing\n"),
                          ("CAPF", "Used by:\n  ITL record 5, CAPF\n"),
                          ("CallManager", "Used by:\n  signs phone files\n  ITL record")):
            shown = ok(ctl(n, "show", "cert", "own", unit)).out
            assert use in shown, shown
        before = itl(n)
        ok(ctl(n, "set", "cert", "regen", "tomcat", "--key", "ec384", "--yes"))
        assert own(n, "https") == [(1, RETIRED), (2, ACTIVE)]
        ok(ctl(n, "set", "cert", "purge", "https", "--yes"))
        assert own(n, "https") == [(1, RETIRED), (2, ACTIVE)]    # 30 days
        ok(ctl(n, "set", "cert", "purge", "https", "--now", "--yes"))
        assert own(n, "https") == [(2, ACTIVE)]
        r = ctl(n, "set", "cert", "rollback", "https", "--yes")
        assert r.code == 1 and "go back" in r.err, r
        ok(ctl(n, "set", "cert", "regen", "ipsec", "--yes"))
        assert own(n, "ipsec") == [(1, ACTIVE)]
        assert itl(n) == before


def test_keys_that_cannot_be():
    with node() as n:
        for unit, key in [("CallManager", "rsa3072"), ("CallManager", "ec256"),
                          ("ITLRecovery", "ec521"), ("TVS", "ec256"),
                          ("CallManager-ECDSA", "rsa2048")]:
            r = ctl(n, "set", "cert", "regen", unit, "--key", key, "--yes")
            assert r.code == 4 and key in r.err, r
            assert len(own(n, unit)) == 1
        r = ctl(n, "set", "cert", "regen", "CallManager", "--key", "dsa", "--yes")
        assert r.code == 2, r
        r = ok(ctl(n, "set", "cert", "regen", "CallManager", "--key", "rsa1024", "--yes"))
        assert "rsa1024" in r.err, r
        r = ctl(n, "set", "cert", "regen", "nothing", "--yes")
        assert r.code == 2 and "show cert list own" in r.err, r


def test_subject():
    with node() as n:
        ok(ctl(n, "set", "cert", "subject", "--organization", "Orbit", "--locality", "Delft",
               "--country", "NL"))
        ok(ctl(n, "set", "cert", "regen", "https", "--yes"))
        text = ok(ctl(n, "show", "cert", "own", "https")).out
        assert "O = Orbit" in text and "L = Delft" in text and "C = NL" in text, text
        r = ctl(n, "set", "cert", "subject", "--locality", "none", "--country", "Holland")
        assert r.code == 2, r
        shown = ok(ctl(n, "--json", "set", "cert", "subject")).json["result"]
        assert shown["locality"] == "Delft" and shown["country"] == "NL", shown


def make_ca(n, cn, *more):
    """A self-signed certificate; its file."""
    path = os.path.join(n.work, cn.replace(" ", "_") + ".pem")
    ok(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
           "ec_paramgen_curve:P-256", "-nodes", "-keyout", path + ".key", "-out", path,
           "-subj", f"/CN={cn}", "-days", "100", *more))
    return path


def make_leaf(n, cn, ca):
    """Signed by the authority in file ca."""
    path = os.path.join(n.work, cn + ".pem")
    ok(run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-keyout", path + ".key", "-out", path + ".csr", "-subj", f"/CN={cn}"))
    ok(run("openssl", "x509", "-req", "-in", path + ".csr", "-CA", ca, "-CAkey", ca + ".key",
           "-CAcreateserial", "-days", "10", "-out", path))
    return path


def listed(n, *words):
    got = ok(ctl(n, "--json", "show", "cert", "list", "trust", *words)).json["result"]
    return [c["subject"] for c in got["certificates"]]


def test_certificates_of_others():
    with node() as n:
        ca = make_ca(n, "lab root")
        gw = make_leaf(n, "gw1", ca)
        ok(ctl(n, "set", "cert", "import", "trust", "CallManager", ca, gw, "--yes"))
        assert listed(n) == ["CN=gw1", "CN=lab root"], listed(n)
        assert listed(n, "CAPF") == []
        assert listed(n, "--expiring", "20") == ["CN=gw1"]
        assert listed(n, "--unused") == ["CN=gw1"]
        assert listed(n, "--sort", "expiry") == ["CN=gw1", "CN=lab root"]
        shown = ok(ctl(n, "show", "cert", "trust", "lab root")).out
        assert "Used by:\n  CallManager-trust/gw1-" in shown, shown
        for name in ("MD5", "SHA1", "SHA256"):
            assert f"fingerprint ({name})" in shown.lower().replace(name.lower(), name), shown
        r = ctl(n, "set", "cert", "delete", "CallManager", "lab root", "--yes")
        assert r.code == 4 and "gw1" in r.err, r
        r = ctl(n, "set", "cert", "delete", "CallManager", "gw1")
        assert r.code == 1 and "--yes" in r.err, r
        r = ok(ctl(n, "set", "cert", "delete", "CallManager", "gw1", "--yes"))
        assert "set cert undelete" in r.out, r
        assert listed(n) == ["CN=lab root"]
        assert ctl(n, "show", "cert", "trust", "gw1").code == 1
        ok(ctl(n, "set", "cert", "undelete", "CallManager-trust", "gw1"))
        assert listed(n) == ["CN=gw1", "CN=lab root"]
        r = ok(ctl(n, "set", "cert", "delete", "CallManager", "lab root", "--sacrifice", "all",
                   "--yes"))
        assert "this breaks CallManager-trust/gw1" in r.err, r
        assert ctl(n, "set", "cert", "delete", "nothing", "gw1", "--yes").code == 2


def test_duplicates():
    with node() as n:
        first = make_ca(n, "same")
        ok(ctl(n, "set", "cert", "import", "trust", "https", first, "--yes"))
        second = make_ca(n, "same")
        other = make_ca(n, "other")
        ok(ctl(n, "set", "cert", "import", "trust", "tomcat", second, other, "--yes"))
        assert listed(n, "https", "--duplicates") == ["CN=same"] * 2
        r = ctl(n, "show", "cert", "trust", "same")
        assert r.code == 2 and "several" in r.err, r


def test_authorities_of_a_vendor():
    with node() as n:
        def states():
            got = ok(ctl(n, "--json", "show", "cert", "default-ca-list")).json["result"]
            return {a["common_name"]: a["state"] for a in got["authorities"]}

        assert set(states().values()) == {"not supplied"}
        r = ctl(n, "set", "cert", "default-ca-list", "enable", "all", "--yes")
        assert r.code == 1 and "name the files" in r.err, r
        ca = make_ca(n, "Cisco Root CA 2048")
        other = make_ca(n, "somebody")
        r = ok(ctl(n, "set", "cert", "default-ca-list", "enable", "all", ca, other, "--yes"))
        assert "every phone of that vendor" in r.err, r
        assert states()["Cisco Root CA 2048"] == "enabled"
        assert listed(n) == ["CN=Cisco Root CA 2048"] * 2
        ok(ctl(n, "set", "cert", "default-ca-list", "disable", "cisco root ca 2048", "--yes"))
        assert states()["Cisco Root CA 2048"] == "disabled" and listed(n) == []
        ok(ctl(n, "set", "cert", "default-ca-list", "enable", "Cisco Root CA 2048", "--yes"))
        assert states()["Cisco Root CA 2048"] == "enabled"
        leaf = make_leaf(n, "CAP-RTP-001", ca)
        r = ctl(n, "set", "cert", "default-ca-list", "enable", "all", leaf, "--yes")
        assert r.code == 4 and "authority" in r.err, r
        r = ctl(n, "set", "cert", "default-ca-list", "enable", "nobody", "--yes")
        assert r.code == 2 and "show cert default-ca-list" in r.err, r


def test_export_for_another_program():
    with node() as n:
        folder = os.path.join(n.work, "swanctl")
        os.mkdir(folder)
        r = ctl(n, "set", "cert", "export", "ipsec", "--to", folder, "--yes")
        assert r.code == 1 and "set cert regen ipsec" in r.err, r
        ok(ctl(n, "set", "cert", "regen", "ipsec", "--yes"))
        ok(ctl(n, "set", "cert", "export", "ipsec", "--to", folder, "--dry-run"))
        assert os.listdir(folder) == []
        ok(ctl(n, "set", "cert", "export", "ipsec", "--to", folder, "--yes"))
        key = os.path.join(folder, "pkcs8", "ipsec.der")
        assert os.stat(key).st_mode & 0o777 == 0o600
        of_key = ok(run("openssl", "pkey", "-inform", "DER", "-in", key, "-pubout")).out
        cert = os.path.join(folder, "x509", "ipsec.pem")
        assert ok(run("openssl", "x509", "-in", cert, "-noout", "-pubkey")).out == of_key
        for unit in ("CallManager", "ITLRecovery", "TVS", "CAPF"):
            r = ctl(n, "set", "cert", "export", unit, "--to", folder, "--yes")
            assert r.code == 4 and "phones rely on" in r.err, r
        with contextlib.closing(sqlite3.connect(f"file:{n.state}/phonetrust.db?mode=ro",
                                                uri=True)) as db:
            assert db.execute("SELECT count(*) FROM audit WHERE detail = 'ipsec, key included'"
                              ).fetchone()[0] == 1
        # It is no copy of the recovery key, which alarms are about.
        ends = ok(ctl(n, "--json", "show", "cert", "expiry")).json["result"]["expiries"]
        assert {e["kind"] for e in ends} == {"own"}, ends


def test_recovery_key_leaves():
    with node() as n:
        to = os.path.join(n.work, "r.p12")
        secret = os.path.join(n.work, "pass")
        for words, code in (("short", 2), ("correct horse battery", 0)):
            with open(secret, "w", encoding="ascii") as f:
                f.write(words + "\n")
            r = ctl(n, "file", "get", "tftp", "ITLRecovery.p12", "--to", to,
                    "--password-file", secret, "--yes")
            assert r.code == code, r
            assert "horse" not in r.out + r.err
            assert os.path.exists(to) == (code == 0)
        assert os.stat(to).st_mode & 0o777 == 0o600
        cert = ok(run("openssl", "pkcs12", "-in", to, "-passin", "file:" + secret, "-nokeys",
                      "-clcerts")).out
        assert "CN = ITLRecovery-lab" in cert.replace("CN=", "CN = "), cert
        # A copy of a key that is not the one in use any more is told of.
        assert "opy" not in ok(ctl(n, "show", "cert", "expiry", "--within", "1")).out
        ok(ctl(n, "set", "cert", "regen", "ITLRecovery", "--yes"))
        ok(ctl(n, "set", "cert", "promote", "ITLRecovery", "--sacrifice", "all", "--yes"))
        r = ok(ctl(n, "--json", "show", "cert", "expiry", "--within", "36500")).json["result"]
        assert "key_export" in str(r), r
        # ... and the key itself can come back.
        r = ctl(n, "set", "cert", "import", "own", "ITLRecovery", to, "--password-file", secret,
                "--yes")
        assert r.code == 4 and "rollback" in r.err, r


def test_lowest_version_of_all():
    with node() as n:
        r = ok(ctl(n, "set", "tls", "server", "min-version", "1.0"))
        assert "broken" in r.err, r
        for name in ("https", "https2", "tvs", "capf"):
            shown = ok(ctl(n, "--json", "show", "param", f"{name}.min_version")).json["result"]
            assert shown["parameters"][0]["value"] == "1.0", shown
        ok(ctl(n, "set", "tls", "server", "min-version", "1.2"))
        assert ctl(n, "set", "tls", "server", "min-version", "1.1").code == 2


if __name__ == "__main__":
    main([test_regen_announces_only, test_recovery_gains_no_record,
          test_nobody_is_lost_in_silence, test_one_anchor_at_a_time, test_recovery_comes_back,
          test_asked_about_something_else, test_keys_come_live,
          test_without_a_word_nothing_happens,
          test_not_in_a_list, test_keys_that_cannot_be, test_subject,
          test_certificates_of_others, test_duplicates, test_authorities_of_a_vendor,
          test_export_for_another_program, test_recovery_key_leaves,
          test_lowest_version_of_all])
