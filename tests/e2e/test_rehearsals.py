#!/usr/bin/env python3
"""Every call of test_schema.py rehearsed: --dry-run changes nothing, whatever the command."""
import contextlib
import os
import sqlite3

from node import Node, main
from test_schema import calls


def snapshot(n):
    """What a rehearsal must leave as it is: every row, file and service."""
    path = os.path.join(n.state, "phonetrust.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = list(db.iterdump())
    pid = None
    with contextlib.suppress(FileNotFoundError):        # written by who runs, and left
        with open(os.path.join(n.state, "run", "tftpd.lock"), encoding="ascii") as f:
            pid = f.read().strip()
    return rows, sorted(os.listdir(os.path.join(n.state, "tftp"))), pid, \
        os.path.exists(f"/proc/{pid}"), os.path.exists(os.path.join(n.work, "other"))


def test_rehearsals():
    """--dry-run changes nothing, whatever the command, and ends as the command does."""
    with Node() as n:
        for line, words in calls(n):
            if "(no state)" in line or words[0] == "preflight":
                continue
            before = snapshot(n)
            rehearsed = n.ctl("--json", "--dry-run", *words)
            assert snapshot(n) == before, f"{line}: {rehearsed!r}"
            alone = n.ctl("--json", *words)
            if "shell" not in words and "--dry-run" not in words:
                assert rehearsed.code == alone.code, f"{line}: {rehearsed!r} {alone!r}"


if __name__ == "__main__":
    main([test_rehearsals])
