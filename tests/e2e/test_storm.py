#!/usr/bin/env python3
"""Many phones boot at once from one node, and all trust what they get."""
import os
import signal
import subprocess

from node import Node, environment, equal, fails, main, ok, program, run

FIRST = 0x001122330000


def name(i, first=FIRST):
    return f"SEP{first + i:012X}"


def with_phones(n, count, first=FIRST):
    """A running node that knows the phones of a storm."""
    path = os.path.join(n.work, "phones.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("name,model\n")
        f.writelines(f"{name(i, first)},8851\n" for i in range(count))
    ok(n.ctl("phone", "import", path))
    n.start()


def storm(n, *args):
    return run(program("phonesim"), "boot", "--server", "127.0.0.1", "--port-offset",
               n.ports.offset, *args, "--json")


def summary(result):
    return result.json["result"]


def all_trust(result, count):
    got = summary(ok(result))
    for what in ("phones", "done", "trusted"):
        equal(got[what], count, what)
    for what in ("unverified", "not_trusted", "no_config", "gave_up", "failed"):
        equal(got[what], 0, what)
    equal(got["reasons"], [])
    return got


def test_thousand_at_once():
    """Each file is verified by its phone: one wrong byte is one refusal."""
    with Node() as n:
        with_phones(n, 1000)
        got = all_trust(storm(n, "--count", 1000), 1000)
        # a list and a configuration each
        assert got["files"] >= 2000, got
        assert got["bytes"] > 2000 * 1000, got
        assert 0 < got["latency_ms"]["p50"] <= got["latency_ms"]["max"], got
        equal(got["lost"], 0)


def test_lossy():
    with Node() as n:
        with_phones(n, 200)
        got = all_trust(storm(n, "--count", 200, "--lossy", 5, "--seed", 7), 200)
        assert got["lost"] > 50, got
        assert got["retransmissions"] > 0, got
        equal(got["seed"], 7)


def test_http():
    with Node() as n:
        with_phones(n, 200)
        got = all_trust(storm(n, "--count", 200, "--transport", "http"), 200)
        assert got["files"] >= 400, got
        equal(got["retransmissions"], 0)


def test_names_carry():
    """From ...FFFE on the fourth digit counts; memory tells who was there."""
    first = 0x00112233FFFE
    with Node() as n:
        with_phones(n, 4, first)
        all_trust(storm(n, name(0, first), "--count", 4, "--state", n.phones), 4)
        equal(sorted(os.listdir(n.phones)), [name(i, first) for i in range(4)])
        # with their lists they boot again, by those
        all_trust(storm(n, name(0, first), "--count", 4, "--state", n.phones), 4)


def test_rate():
    with Node() as n:
        with_phones(n, 20)
        got = all_trust(storm(n, "--count", 20, "--rate", 20), 20)
        assert got["seconds"] >= 0.94, got


def test_strangers_have_no_configuration():
    with Node() as n:
        with_phones(n, 2)
        got = fails(storm(n, "--count", 5), 1)
        equal(summary(got)["trusted"], 2)
        equal(summary(got)["no_config"], 3)
        reason, = summary(got)["reasons"]
        equal(reason["phones"], 3)
        assert "NAME" in reason["why"] and "SEP" not in reason["why"], reason


def test_nobody_there():
    with Node() as n:
        for transport in ("tftp", "http"):
            got = fails(storm(n, "--count", 3, "--transport", transport), 6)
            equal(summary(got)["gave_up"], 3, transport)


def test_interrupted():
    """SIGINT: the phones done so far are summed up."""
    with Node() as n:
        with_phones(n, 5)
        p = subprocess.Popen([program("phonesim"), "boot", "--server", "127.0.0.1",
                              "--port-offset", str(n.ports.offset), "--count", "1000",
                              "--rate", "1", "--state", n.phones],
                             stdout=subprocess.PIPE, env=environment())
        while not os.path.isdir(os.path.join(n.phones, name(1))):
            assert p.poll() is None, "ended by itself"
        p.send_signal(signal.SIGINT)
        out = p.communicate(timeout=300)[0].decode()
        equal(p.returncode, 1)
        assert "1000 phones (interrupted): " in out, out


if __name__ == "__main__":
    main([test_thousand_at_once, test_lossy, test_http, test_names_carry, test_rate,
          test_strangers_have_no_configuration, test_nobody_there, test_interrupted])
