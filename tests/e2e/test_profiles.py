#!/usr/bin/env python3
"""Phone security profiles, models and the parameters behind them, as administrators use them."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node, contains, equal, fails, main, ok


def result(got):
    return ok(got).json["result"]


def settings(got):
    return result(got)["settings"]


def profiles(n):
    return {p["name"]: p for p in result(n.ctl("phone", "profile", "list", "--json"))["profiles"]}


def test_life_of_a_profile():
    with Node() as n:
        made = result(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes",
                            "--device-security-mode", "encrypted", "--json"))
        equal((made["name"], made["protocol"], made["changed"]), ("enc", "SIP", True))
        equal(made["settings"]["transport-type"],
              {"name": "Transport Type", "value": "tls", "from": "derived", "secret": False})
        again = result(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "on",
                             "--device-security-mode", "Encrypted", "--json"))
        equal(again["changed"], False)
        fails(n.ctl("phone", "profile", "add", "enc"), 1, "phone profile set")
        ok(n.ctl("phone", "profile", "set", "enc", "--pc-port", "no", "--description", "café"))
        contains(ok(n.ctl("phone", "profile", "show", "enc")).out, "café")
        ok(n.ctl("phone", "profile", "copy", "enc", "second one"))
        ok(n.ctl("phone", "profile", "rename", "second one", "third"))
        listed = profiles(n)
        equal(sorted(listed), ["Standard SCCP Non-Secure Profile",
                               "Standard SIP Non-Secure Profile", "enc", "third"])
        equal(listed["third"]["description"], "café")
        equal(listed["enc"]["tftp_encrypted_config"], True)
        fails(n.ctl("phone", "profile", "remove", "third"), 1, "--yes")
        ok(n.ctl("phone", "profile", "remove", "third", "--yes"))
        fails(n.ctl("phone", "profile", "show", "third"), 1, "phone profile list")
        contains(ok(n.ctl("phone", "profile", "list", "--protocol", "sccp")).out, "SCCP")


def test_wrong_settings_are_refused_where_typed():
    with Node() as n:
        got = fails(n.ctl("phone", "profile", "add", "p", "--transport-type", "tls"), 4)
        contains(got.err, "Transport Type TLS does not go with Device Security Mode Non Secure")
        contains(got.err, "--transport-type default")
        fails(n.ctl("phone", "profile", "add", "p", "--rsa-key-size", "512"), 4, "refused")
        fails(n.ctl("phone", "profile", "add", "p", "--rsa-key-size", "1024"), 4, "--allow-weak")
        fails(n.ctl("phone", "profile", "add", "p", "--nonce-validity-time", "5"), 2, "10 to 86400")
        fails(n.ctl("phone", "profile", "add", "p", "--no-such-setting", "5"), 2, "no option")
        fails(n.ctl("phone", "profile", "add", 'a"b'), 2, "profile name")
        fails(n.ctl("phone", "profile", "add", "p", "--protocol", "SCCP", "--transport-type",
                    "udp"), 4, "not applicable to SCCP")
        equal(len(profiles(n)), 2, "nothing of it stayed")
        ok(n.ctl("phone", "profile", "add", "p", "--rsa-key-size", "1024", "--allow-weak"))
        standard = "Standard SIP Non-Secure Profile"
        for words in (("set", standard, "--pc-port", "no"), ("remove", standard, "--yes"),
                      ("rename", standard, "x"), ("add", standard)):
            fails(n.ctl("phone", "profile", *words), 4, "predefined")


def test_dry_run():
    with Node() as n:
        said = ok(n.ctl("phone", "profile", "add", "p", "--dry-run")).out
        contains(said, "p added")
        equal(len(profiles(n)), 2)
        ok(n.ctl("phone", "profile", "add", "p"))
        contains(ok(n.ctl("preflight", "phone", "profile", "set", "p", "--pc-port", "no")).out,
                 "PC Port")
        shown = settings(n.ctl("phone", "profile", "show", "p", "--json"))
        equal(shown["pc-port"]["from"], "default")


def test_templates():
    with Node() as n:
        for template in ("plain", "hardened", "secure-when-ready"):
            ok(n.ctl("phone", "profile", "add", template, "--template", template))
        hard = settings(n.ctl("phone", "profile", "show", "hardened", "--json"))
        equal(hard["web-access"]["value"], "disabled")
        equal(hard["device-security-mode"]["value"], "encrypted")
        other = settings(n.ctl("phone", "profile", "add", "h2", "--template", "hardened",
                               "--web-access", "read-only", "--json"))
        equal(other["web-access"]["value"], "read-only")
        fails(n.ctl("phone", "profile", "add", "x", "--template", "none"), 2, "hardened")


def test_defaults_for_all_phones():
    with Node() as n:
        ok(n.ctl("phone", "profile", "add", "p"))
        ok(n.ctl("set", "param", "phone.web_access", "read-only"))
        shown = settings(n.ctl("phone", "profile", "show", "p", "--json"))
        equal((shown["web-access"]["value"], shown["web-access"]["from"]),
              ("read-only", "parameter"))
        fails(n.ctl("set", "param", "phone.secured_services_url", "http://h/"), 2, "https://")
        contains(ok(n.ctl("show", "param", "capf.phone_port")).out, "CAPF Phone Port")
        ok(n.ctl("set", "param", "phone.device_security_mode", "encrypted"))
        listed = profiles(n)
        equal(listed["p"]["device_security_mode"], "encrypted")
        equal(listed["Standard SIP Non-Secure Profile"]["device_security_mode"], "non-secure")


BARGE = ("If you configure encryption for Cisco Unified IP Phone models 7960 and 7940, those "
         "encrypted devices cannot accept a barge request when they are participating in an "
         "encrypted call. When the call is encrypted, the barge attempt fails.")


def assign(n, profile):
    """All phones to a profile, past the commands."""
    db = sqlite3.connect(os.path.join(n.state, "phonetrust.db"))
    with db:
        db.execute("UPDATE phone SET profile = ?", (profile,))
    db.close()


def test_phones_of_a_profile():
    with Node() as n:
        for i in range(7):
            ok(n.ctl("phone", "add", f"SEP00112233440{i}", "--model", "7960"))
        ok(n.ctl("phone", "profile", "add", "p"))
        assign(n, "p")
        equal(profiles(n)["p"]["phones"], 7)
        fails(n.ctl("phone", "profile", "remove", "p", "--yes"), 4,
              "used by 7 phones (SEP001122334400, SEP001122334401, SEP001122334402, ...)")
        contains(ok(n.ctl("phone", "profile", "set", "p", "--pc-port", "no", "--dry-run")).out,
                 "Effect: 7 phones with profile p (SEP001122334400, SEP001122334401, "
                 "SEP001122334402, SEP001122334403, SEP001122334404, ...)")
        fails(n.ctl("phone", "profile", "set", "p", "--tftp-encrypted-config", "yes"), 4,
              "phone SEP001122334400, which uses profile p: TFTP Encrypted Config on 7960/SIP "
              "needs a Symmetric Key")
        fails(n.ctl("phone", "profile", "set", "p", "--protocol", "SCCP"), 4, "7 phones")
        fails(n.ctl("phone", "profile", "set", "p", "--device-security-mode", "encrypted"), 4,
              "phone SEP001122334400, which uses profile p: Device Security Mode Encrypted needs "
              "a certificate on the phone")
        said = ok(n.ctl("phone", "profile", "set", "p", "--device-security-mode", "encrypted",
                        "--secure-when-ready", "yes", "--builtin-bridge", "on", "--json")).json
        assert BARGE in said["warnings"], said["warnings"]
        ok(n.ctl("phone", "profile", "set", "p", "--builtin-bridge", "default"))
        said = ok(n.ctl("set", "param", "phone.builtin_bridge", "on", "--json")).json
        assert BARGE in said["warnings"], said["warnings"]
        assert "This concerns 7 phones." in said["warnings"]
        contains(ok(n.ctl("phone", "profile", "rename", "p", "q")).out, "7 phones with profile q")
        equal(profiles(n)["q"]["phones"], 7)


def test_models():
    with Node(init=False) as n:
        report = result(n.ctl("report", "sbd", "--json"))
        equal(report["feature"], "Security By Default")
        by = {m["model"]: m for m in report["models"]}
        equal((by["8861"]["supported"], by["7960"]["supported"]), (True, False))
        assert "7960" not in ok(n.ctl("report", "sbd")).out
        one = result(n.ctl("show", "models", "CP-7960", "--json"))["models"]
        equal([m["model"] for m in one], ["7960"])
        equal(one[0]["sccp"]["srtp"], {"value": True, "source": "SO5"})
        equal(len(result(n.ctl("show", "models", "--json"))["models"]), len(by))
        fails(n.ctl("show", "models", "9999"), 1, "show models")


def test_completion_knows_settings():
    with Node() as n:
        ok(n.ctl("phone", "profile", "add", "enc"))
        contains(ok(n.ctl("complete", "--", "ctltool phone profile set enc --key-")).out,
                 "--key-order")
        got = ok(n.ctl("complete", "--", "ctltool phone profile set enc --key-order ")).out
        equal(got.split(), ["rsa-only", "ec-only", "ec-preferred-rsa-backup", "default"])
        contains(ok(n.ctl("complete", "--", "ctltool phone profile show e")).out, "enc")
        contains(ok(n.ctl("complete", "--", "ctltool show models 88")).out, "8861")


if __name__ == "__main__":
    main([test_life_of_a_profile, test_wrong_settings_are_refused_where_typed, test_dry_run,
          test_templates, test_defaults_for_all_phones, test_phones_of_a_profile, test_models,
          test_completion_knows_settings])
