#!/usr/bin/env python3
"""Every call of test_schema.py, rehearsed, in a batch and made: --dry-run changes
nothing, whatever the command, and answers fit their schemas."""
import contextlib
import fcntl
import os
import re
import sqlite3

from node import Node, main, ok, program, run
from test_schema import Answers, ask, calls, envelope, failures


def runs(n, daemon):
    """Its lock is held; a number of a process may be another's by now."""
    with contextlib.suppress(FileNotFoundError):
        with open(os.path.join(n.state, "run", daemon + ".lock"), encoding="ascii") as f:
            try:
                fcntl.lockf(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return f.read().strip()
    return None


def snapshot(n):
    """What a rehearsal must leave as it is: every row, file and service."""
    path = os.path.join(n.state, "phonetrust.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = list(db.iterdump())
    return rows, sorted(os.listdir(os.path.join(n.state, "tftp"))), runs(n, "tftpd"), \
        os.path.exists(os.path.join(n.work, "other"))


class Batches:
    """What may stand in a batch works within its transaction as it does alone."""

    def __init__(self):
        self.can = {c["words"] for c in ok(run(program("ctltool"), "help", "--json")).json
                    ["result"]["commands"] if c["batch"]}
        self.tried = set()

    def rehearse(self, n, line, words):
        """As the call itself comes after; None: it stands in no batch."""
        text = " ".join(words) + " "
        if not any(text.startswith(c + " ") for c in self.can) or \
                re.search("--(help|version|state|batch)|no state", line):
            return None
        return n.ctl("--json", "--dry-run", "--yes", "-f", "-",
                     data=" ".join(f"'{w}'" for w in words).encode())

    def judge(self, line, batch, alone):
        if batch is None or alone["exit"] != 0 or "dry_run" in alone:
            return
        assert batch.code == 0, f"{line}: {batch!r}"
        assert batch.json["result"]["commands"][0]["command"] == alone["command"], line
        self.tried.add(alone["command"])

    def all_tried(self):
        # these need more than this test has at hand
        left = self.can - self.tried
        assert left <= {"preflight", "explain", "show ctl"}, left


def test_rehearsals():
    """--dry-run changes nothing, whatever the command, and ends as the command does."""
    answers, batches = Answers(), Batches()
    with Node() as n:
        for line, words in calls(n):
            rehearsed = None
            if "(no state)" not in line and words[0] != "preflight":
                before = snapshot(n)
                rehearsed = ask(n, line, words, "--dry-run")
                assert snapshot(n) == before, f"{line}: {rehearsed!r}"
            batch = batches.rehearse(n, line, words)
            alone = ask(n, line, words)
            answer = envelope(line, alone)
            answers.take(line, answer)
            batches.judge(line, batch, answer)
            if rehearsed and "shell" not in words and "--dry-run" not in words:
                assert rehearsed.code == alone.code, f"{line}: {rehearsed!r} {alone!r}"
        for line, answer in failures(n):
            answers.take(line, answer)
    answers.all_tried()
    batches.all_tried()


if __name__ == "__main__":
    main([test_rehearsals])
