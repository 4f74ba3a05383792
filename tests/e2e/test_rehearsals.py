#!/usr/bin/env python3
"""Every call of test_schema.py, rehearsed and made: --dry-run changes nothing,
whatever the command, and answers fit their schemas."""
import contextlib
import fcntl
import os
import sqlite3

from node import Node, main
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


def test_rehearsals():
    """--dry-run changes nothing, whatever the command, and ends as the command does."""
    answers = Answers()
    with Node() as n:
        for line, words in calls(n):
            rehearsed = None
            if "(no state)" not in line and words[0] != "preflight":
                before = snapshot(n)
                rehearsed = ask(n, line, words, "--dry-run")
                assert snapshot(n) == before, f"{line}: {rehearsed!r}"
            alone = ask(n, line, words)
            answers.take(line, envelope(line, alone))
            if rehearsed and "shell" not in words and "--dry-run" not in words:
                assert rehearsed.code == alone.code, f"{line}: {rehearsed!r} {alone!r}"
        for line, answer in failures(n):
            answers.take(line, answer)
    answers.all_tried()


if __name__ == "__main__":
    main([test_rehearsals])
