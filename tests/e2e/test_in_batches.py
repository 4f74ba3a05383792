#!/usr/bin/env python3
"""Every call of test_schema.py within a batch."""
import re

from node import Node, main, ok, program, run
from test_schema import calls


def test_in_batches():
    """What may stand in a batch works within its transaction as it does alone."""
    can = {c["words"] for c in ok(run(program("ctltool"), "help", "--json")).json
           ["result"]["commands"] if c["batch"]}
    tried = set()
    with Node() as n:
        for line, words in calls(n):
            text = " ".join(f"'{w}'" for w in words).encode()
            # rehearsed: the call itself comes after
            batch = n.ctl("--json", "--dry-run", "--yes", "-f", "-", data=text)
            alone = n.ctl("--json", *words).json
            if alone["command"] not in can or alone["exit"] != 0 or "dry_run" in alone or \
                    re.search("--(help|version|state|batch)", line):
                continue
            assert batch.code == 0, f"{line}: {batch!r}"
            inner = batch.json["result"]["commands"][0]
            assert inner["command"] == alone["command"], line
            tried.add(alone["command"])
    # these need more than this test has at hand
    assert can - tried <= {"preflight", "explain", "show ctl"}, can - tried


if __name__ == "__main__":
    main([test_in_batches])
