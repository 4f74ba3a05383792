#!/usr/bin/env python3
"""A roll-out of certificates is watched to its end: batch after batch, with
phones that fail on purpose, and told so by name.  phonesim(1) has the same
with 1,000 phones as an example."""
import json
import os
import re
import subprocess

from node import (SOURCE, Node, contains, environment, equal, main, ok, program, run, wait_for)

FIRST = 0x001122330000
COUNT, FAILING, BATCH = 40, 3, 16


def name(i):
    return f"SEP{FIRST + i:012X}"


def failing(i):
    """As phonesim spreads them."""
    return i * FAILING // COUNT != (i + 1) * FAILING // COUNT


def prepare(n):
    path = os.path.join(n.work, "phones.csv")
    with open(path, "w", encoding="ascii") as f:
        f.write("name,model\n")
        f.writelines(f"{name(i)},8861\n" for i in range(COUNT))
    ok(n.ctl("phone", "import", path))
    # The first refusal counts; by default the third, half a minute apart.
    ok(n.ctl("set", "param", "capf.key_generation_attempts", "1", "--yes"))
    n.ec_keys()
    n.start()


def storm(n, *more):
    return ok(run(program("phonesim"), "boot", name(0), "--count", COUNT, "--enrol", "--server",
                  "127.0.0.1", "--port-offset", n.ports.offset, "--state", n.phones,
                  "--key-pool", os.path.join(n.work, "pool"), "--json", *more)).json["result"]


def look(n):
    return json.loads(ok(n.ctl("watch", "rollout", "--once", "--json")).out)["result"]


def test_to_its_end():
    with Node() as n:
        prepare(n)
        ok(n.ctl("utils", "capf", "install", "--all", "--key", "ec256", "--batch", BATCH, "--yes"))
        path = os.path.join(n.work, "watched")
        with open(path, "wb") as out:
            watch = subprocess.Popen([program("ctltool"), "--state", n.state, "--json", "watch",
                                      "rollout", "--interval", "0.2"], stdout=out,
                                     env=environment())
        try:
            sums = []

            def boot():
                sums.append(storm(n, "--failing", FAILING))
                return look(n)["state"] == "done"

            wait_for("the end of the roll-out", boot)
            equal(watch.wait(timeout=300), 0, "watch ends by itself")
        finally:
            if watch.poll() is None:
                watch.kill()
                watch.wait()
        last = look(n)
        equal((last["total"], last["done"], last["failed"]), (COUNT, COUNT - FAILING, FAILING))
        failed = {p["name"]: p["reason"] for p in last["phones"] if p["state"] == "failed"}
        equal(sorted(failed), [name(i) for i in range(COUNT) if failing(i)])
        for why in failed.values():
            contains(why, "did not store")
        equal(sum(s["capf"]["installed"] for s in sums), COUNT - FAILING, "installed")
        equal(sum(s["capf"]["broken"] for s in sums), FAILING, "failed")
        # Never more at it than a batch.
        assert all(s["capf"]["sessions"] <= BATCH for s in sums), sums
        with open(path, encoding="ascii") as f:
            looks = [json.loads(line)["result"] for line in f]
        equal((looks[-1]["state"], looks[-1]["done"]), ("done", COUNT - FAILING), "watched")
        # A key of its own each, kept for the next time.
        pool = os.listdir(os.path.join(n.work, "pool"))
        equal(len(pool), COUNT)
        # Those that failed get theirs when they behave.
        ok(n.ctl("utils", "capf", "install", *sorted(failed), "--key", "ec256", "--yes"))
        equal(storm(n)["capf"]["installed"], FAILING, "afterwards")


def test_pauses_on_errors():
    with Node() as n:
        prepare(n)
        ok(n.ctl("utils", "capf", "install", "--all", "--key", "ec256", "--batch", BATCH,
                 "--pause-on-errors", "1", "--yes"))
        storm(n, "--failing", FAILING)
        wait_for("the pause", lambda: look(n)["state"] == "paused")
        equal((look(n)["done"], look(n)["failed"]), (BATCH - 1, 1))
        # Nobody else is asked meanwhile.
        equal(storm(n)["capf"]["sessions"], 0)
        ok(n.ctl("utils", "capf", "resume", look(n)["rollout"], "--yes"))
        equal(storm(n)["capf"]["installed"], BATCH)


def test_example_of_the_manual():
    """What phonesim(1) says to type does what it says, here with 100 phones."""
    with open(os.path.join(SOURCE, "man", "phonesim.1"), encoding="utf-8") as f:
        text = f.read()
    example = re.search(r"A roll-out of certificates.*?\.Bd [^\n]*\n(.*?)\.Ed", text, re.S)[1]
    script = re.sub("^[$] ", "", example, flags=re.M).replace("\\e", "\\").replace("\\\\", "\\")
    with Node() as n:
        for a, b in (("999", "99"), ("1000", "100"), ("250", "25"), ("--server 192.0.2.10",
                     f"--server 127.0.0.1 --port-offset {n.ports.offset}")):
            assert a in script, (a, script)
            script = script.replace(a, b)
        # One that never ends is to fail, too.
        tail = script.rindex("; done")
        script = "n=0\n" + script[:tail] + "; [ $((++n)) -lt 20 ] || exit 9; done\n"
        n.start()
        r = run("bash", "-uc", script, cwd=n.work, timeout=300, env=environment({
            "PHONETRUST_STATE": n.state, "PATH": ":".join(
                [os.path.dirname(program(p)) for p in ("ctltool", "phonesim")] +
                [os.environ["PATH"]])}))
        equal(r.code, 0, r)
        last = look(n)
        equal((last["state"], last["done"], last["failed"]), ("done", 95, 5))


if __name__ == "__main__":
    main([test_to_its_end, test_pauses_on_errors, test_example_of_the_manual])
