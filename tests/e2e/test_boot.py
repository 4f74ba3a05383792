#!/usr/bin/env python3
"""A phone boots from one node, and refuses what was changed on the way."""
import hashlib
import os

from node import Node, contains, equal, example, fails, main, ok, wait_for
from relay import Http

PHONE = "SEP0011223344AA"


def ready(n):
    """A running node with one phone on the administrator's own file."""
    n.start()
    ok(n.ctl("phone", "add", PHONE, "--model", "8861",
             "--config", example(f"{PHONE}.cnf.xml")))


def steps(result):
    return {s["asked"]: s for s in result.json["result"]["steps"]}


def test_first_and_second_boot():
    with Node() as n:
        ready(n)
        for transport in ("http", "tftp", "auto"):
            first = ok(n.boot(PHONE, "--json", transport=transport, remember=False))
            s = steps(first)
            equal(s[f"ITL{PHONE}.tlv"]["path"], "blank", transport)
            equal(s[f"CTL{PHONE}.tlv"]["status"], "not_found", transport)
            equal(s[f"{PHONE}.cnf.xml.sgn"]["path"], "tftp_itl", transport)
            assert f"{PHONE}.cnf.xml" not in s, "a phone with a list asks signed names"
        ok(n.boot(PHONE))
        second = ok(n.boot(PHONE, "--json"))
        equal(steps(second)[f"ITL{PHONE}.tlv"]["path"], "sast_itl", "second boot")


def test_trace_is_readable():
    with Node() as n:
        ready(n)
        text = ok(n.boot(PHONE)).out
        for part in (f"CTL{PHONE}.tlv", f"ITL{PHONE}.tlv", f"{PHONE}.cnf.xml.sgn", "trusts"):
            contains(text, part)


def test_phone_from_model_alone():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", "sep0011223344ab", "--model", "CP-8851"))
        ok(n.boot("SEP0011223344AB"))


def test_unknown_phone():
    with Node() as n:
        n.start()
        fails(n.boot("SEP00AABBCCDDEE"), 1)


def test_no_server():
    with Node() as n:
        fails(n.boot(PHONE), 6)


def test_changed_bytes_are_refused():
    """One byte anywhere in list, signature or payload."""
    with Node() as n:
        ready(n)
        ok(n.boot(PHONE))
        memory = snapshot(n.phones)
        sizes = {"ITL": len(n.http(f"/ITL{PHONE}.tlv")[2]),
                 f"{PHONE}.cnf": len(n.http(f"/{PHONE}.cnf.xml.sgn")[2])}
        for what, size in sizes.items():
            for at in sorted({6, 200, 300, 470, size // 2, size - 1}):
                relay = Http(n.port("http"), flip(what, at))
                got = n.boot(PHONE, "--json", transport="http",
                             port_offset=relay.port - 6970)
                relay.close()
                fails(got, 4)
                equal(got.json["result"]["trusted"], False, f"{what} byte {at}")
                equal(snapshot(n.phones), memory, f"memory after {what} byte {at}")
        ok(n.boot(PHONE))


def test_changed_first_list_is_refused():
    """Leap of faith is no leap over a list that breaks its own signature."""
    with Node() as n:
        ready(n)
        relay = Http(n.port("http"), flip("ITL", 1000))
        got = n.boot(PHONE, transport="http", remember=False,
                     port_offset=relay.port - 6970)
        relay.close()
        fails(got, 4)


def test_new_list_of_own_signer():
    with Node() as n:
        ready(n)
        ok(n.boot(PHONE))
        before = n.http("/ITLFile.tlv")[2]
        ok(n.ctl("--yes", "set", "param", "itl.digest", "sha512"))
        after = n.http("/ITLFile.tlv")[2]
        assert before != after, "the running tftpd still serves the old list"
        second = ok(n.boot(PHONE, "--json"))
        equal(steps(second)[f"ITL{PHONE}.tlv"]["path"], "sast_itl")
        equal(steps(second)[f"ITL{PHONE}.tlv"]["sha256"], hashlib.sha256(after).hexdigest())
        ok(n.ctl("--yes", "set", "param", "itl.digest", "sha1"))
        equal(n.http("/ITLFile.tlv")[2], before, "same content, same bytes")


def test_list_of_a_stranger():
    with Node() as mine, Node(name="cm9", cluster="elsewhere") as other:
        ready(mine)
        ready(other)
        ok(mine.boot(PHONE))
        memory = snapshot(mine.phones)
        got = fails(other.boot(PHONE, "--json", "--state", mine.phones, remember=False), 4)
        equal(steps(got)[f"ITL{PHONE}.tlv"]["accepted"], False)
        equal(snapshot(mine.phones), memory, "the old list stays")
        ok(mine.boot(PHONE))


def test_memory_only_where_told():
    with Node() as n:
        ready(n)
        ok(n.boot(PHONE, remember=False))
        assert not os.path.exists(n.phones)
        assert not os.path.exists(os.path.join(n.state, PHONE))


def flip(what, at):
    def change(request, body):
        if what.encode() not in request.split(b"\r\n")[0] or len(body) <= at:
            return body
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    return change


def test_own_configuration_over_https():
    """With signer version 1.1, from the server in the list and no other."""
    signed = f"{PHONE}.cnf.xml.sgn"
    with Node() as n, Node() as stranger:
        ready(n)
        equal(steps(ok(n.boot(PHONE, "--json", remember=False)))[signed]["transport"], "http")
        fails(n.boot(PHONE, transport="https", remember=False), 4, "EC key")
        ok(n.ctl("--yes", "set", "param", "itl.signer_version", "1.1"))
        for transport in ("auto", "https"):
            s = steps(ok(n.boot(PHONE, "--json", transport=transport, remember=False)))
            equal(s[signed]["transport"], "https", transport)
            equal(s[signed]["path"], "tftp_itl", transport)
            equal(s[f"ITL{PHONE}.tlv"]["transport"], "http", transport)
        ok(n.ctl("set", "param", "https.plain_sgn", "no"))
        # the loops look at such parameters a few times a second
        wait_for("a signed file on 6971", lambda: "signed by CN=CallManager-lab" in steps(
            ok(n.boot(PHONE, "--json", transport="https")))[signed]["why"])
        ready(stranger)
        ok(stranger.ctl("--yes", "set", "param", "itl.signer_version", "1.1"))
        got = fails(n.boot(PHONE, "--json", transport="https",
                           port_offset=stranger.ports.offset), 4)
        equal(steps(got)[signed]["status"], "failed")
        contains(steps(got)[signed]["note"], "EC key")
        stranger.stop()
        fails(n.boot(PHONE, transport="https", port_offset=stranger.ports.offset), 6)


def snapshot(folder):
    """Names and content below a folder."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


if __name__ == "__main__":
    main([test_first_and_second_boot, test_trace_is_readable, test_phone_from_model_alone,
          test_unknown_phone, test_no_server, test_changed_bytes_are_refused,
          test_changed_first_list_is_refused, test_new_list_of_own_signer,
          test_list_of_a_stranger, test_memory_only_where_told,
          test_own_configuration_over_https])
