#!/usr/bin/env python3
"""Daemons: starting, refusing to start, separation, stopping."""
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess

from node import (Node, Skip, contains, equal, example, fails, have_user, main, ok, program,
                  run, wait_for)

PHONE = "SEP0011223344AA"


def children(pid):
    """role -> pid of a daemon's processes; one that ends meanwhile is left out."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        pids = [int(p) for p in f.read().split()]
    roles = {}
    for p in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            roles[status(p, "Name").rpartition("-")[2]] = p
    return roles


def processes(pid):
    """The same once all are there, each by its name."""
    def all_there():
        roles = children(pid)
        return roles if sorted(roles) == ["engine", "keeper", "signer", "writer"] else None
    return wait_for("all processes", all_there, seen=lambda: children(pid))


def status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith(field + ":"):
                return line.split(":", 1)[1].strip()
    raise AssertionError(f"no {field} in /proc/{pid}/status")


def gone(pid):
    try:
        return status(pid, "State").startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_start_stop_are_idempotent():
    with Node() as n:
        ok(n.ctl("utils", "service", "stop", "all"))
        n.start()
        pid = n.daemon_pid()
        n.start()
        equal(n.daemon_pid(), pid, "started twice")
        contains(ok(n.ctl("utils", "service", "list")).out, "[STARTED]")
        ok(n.ctl("utils", "service", "restart", "tftpd"))
        assert n.daemon_pid() != pid
        n.stop()
        contains(ok(n.ctl("utils", "service", "list")).out, "[STOPPED]")
        ok(n.ctl("utils", "service", "start", "Cisco Tftp"))
        fails(n.ctl("utils", "service", "start", "nosuchd"), 2)


def test_second_daemon_is_refused():
    with Node() as n:
        n.start()
        fails(run(program("tftpd"), "--state", n.state), 1, str(n.daemon_pid()))


def at_once(n, *words):
    """The same command four times at the same time."""
    argv = [program("ctltool"), "--state", n.state, *words]
    runs = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(4)]
    for r in runs:
        said = r.communicate(timeout=300)[0].decode()
        equal(r.returncode, 0, said)


def test_several_at_once():
    """Each waits for its turn, so each is told what became of it."""
    with Node() as n:
        at_once(n, "utils", "service", "start", "all")
        pid = n.daemon_pid()
        at_once(n, "utils", "service", "restart", "all")
        assert n.daemon_pid() not in (pid, None)
        at_once(n, "utils", "service", "stop", "all")
        equal(n.daemon_pid(), None)


def test_root_in_the_state_of_another():
    """Refused before anything changes that its owner could not undo."""
    if os.geteuid() != 0:
        raise Skip("only root can be another user's root")
    with Node() as n:
        for folder, _, files in os.walk(n.state):
            for name in [".", *files]:
                os.chown(os.path.join(folder, name), 65534, 65534)
        fails(n.ctl("utils", "service", "start", "all"), 1, "belongs to user 65534")
        for folder, _, files in os.walk(n.state):
            for name in files:
                if not name.endswith(".lock"):
                    equal(os.stat(os.path.join(folder, name)).st_uid, 65534, name)


def test_port_taken():
    with Node() as n:
        for kind, name in ((socket.SOCK_DGRAM, "tftp"), (socket.SOCK_STREAM, "http")):
            with socket.socket(socket.AF_INET, kind) as s:
                s.bind(("127.0.0.1", n.port(name)))
                if kind == socket.SOCK_STREAM:
                    s.listen()
                got = fails(n.ctl("utils", "service", "start", "all"), 1, "taken")
                contains(got.out + got.err, str(n.port(name)))
        n.start()


def test_state_not_initialised():
    with Node(init=False) as n:
        fails(run(program("tftpd"), "--state", n.state), 1, "node init")
        os.mkdir(n.state)
        fails(run(program("tftpd"), "--state", n.state), 1, "node init")
        fails(n.ctl("show", "itl"), 1, "node init")
        ok(n.init())
        fails(n.init(), 1)
        n.start()


def test_folder_not_empty():
    with Node(init=False) as n:
        os.mkdir(n.state)
        with open(os.path.join(n.state, "letters.txt"), "w", encoding="ascii") as f:
            f.write("dear diary")
        fails(n.init(), 4, "empty")
        assert os.listdir(n.state) == ["letters.txt"], "nothing of the user's is touched"


def test_schema_newer_than_the_binary():
    with Node() as n:
        with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"))) as db:
            db.execute("PRAGMA user_version = 999")
        fails(run(program("tftpd"), "--state", n.state), 1, "999")
        fails(n.ctl("phone", "list"), 1, "999")


def test_key_file_readable_by_others():
    with Node() as n:
        key = os.path.join(n.state, "master.key")
        os.chmod(key, 0o644)
        fails(run(program("tftpd"), "--state", n.state), 1, "chmod 600")
        os.chmod(key, 0o600)
        n.start()


def test_wrong_master_key():
    with Node() as n:
        with open(os.path.join(n.state, "master.key"), "r+b") as f:
            f.write(b"\0" * 32)
        fails(run(program("tftpd"), "--state", n.state), 1, "master.key")


def test_time_offset_needs_a_test_state():
    with Node() as n:
        fails(run(program("tftpd"), "--state", n.state, "--time-offset", "3600"), 1, "--test")
    with Node(args=("--test",)) as n:
        ok(run(program("tftpd"), "--state", n.state, "--time-offset", "3600"))


def test_processes():
    with Node() as n:
        n.start()
        parent = n.daemon_pid()
        kids = processes(parent)
        if os.getuid() != 0:
            raise Skip("separation by account needs root")
        user = have_user("phonetrust") or have_user("nobody")
        for role in ("engine", "signer", "writer"):
            pid = kids[role]
            # Not dumpable: /proc/PID belongs to root, no core can hold a key.
            equal(os.stat(f"/proc/{pid}/environ").st_uid, 0)
            equal(status(pid, "Uid").split(), [str(user.pw_uid)] * 4)
            equal(status(pid, "Gid").split(), [str(user.pw_gid)] * 4)
            equal(int(status(pid, "CapEff"), 16), 0)
            equal(status(pid, "NoNewPrivs"), "1")
        # mkdtemp made the folder above the state 0700 root: served all the same.
        equal(os.stat(n.work).st_mode & 0o777, 0o700)
        equal(n.http("/ITLFile.tlv")[0], 200)


def test_killed_children_come_back():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--config", example(f"{PHONE}.cnf.xml")))
        parent = n.daemon_pid()
        for role in ("engine", "signer", "writer", "keeper"):
            pid = processes(parent)[role]
            os.kill(pid, signal.SIGKILL)
            wait_for("another", lambda p=pid: p not in processes(parent).values())
            wait_for("the phone boots", lambda: n.boot(PHONE, remember=False).code == 0)


def test_killed_parent_leaves_nothing():
    with Node() as n:
        n.start()
        parent = n.daemon_pid()
        kids = processes(parent).values()
        os.kill(parent, signal.SIGKILL)
        for pid in kids:
            wait_for(f"child {pid} ends", lambda p=pid: gone(p))
        n.start()


def test_term_drains():
    """A transfer under way is finished before the daemon goes."""
    with Node() as n:
        n.start()
        data = os.urandom(20_000)
        n.write("slow.bin", data)
        pid = n.daemon_pid()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(300)
            s.sendto(b"\0\1slow.bin\0octet\0", ("127.0.0.1", n.port("tftp")))
            block, peer = s.recvfrom(2048)
            os.kill(pid, signal.SIGTERM)
            got = block[4:]
            while len(block) == 516:
                s.sendto(b"\0\4" + block[2:4], peer)
                last = block[:4]
                while block[:4] == last:        # repeated when we are slow
                    block, peer = s.recvfrom(2048)
                got += block[4:]
            s.sendto(b"\0\4" + block[2:4], peer)
        equal(got, data)
        wait_for("tftpd ends", lambda: gone(pid))


def test_no_secret_in_logs():
    with Node() as n:
        n.start()
        ok(n.ctl("phone", "add", PHONE, "--config", example(f"{PHONE}.cnf.xml")))
        ok(n.boot(PHONE))
        n.stop()
        with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
            log = f.read()
        assert "change-me" not in log
        contains(log, PHONE)


if __name__ == "__main__":
    main([test_start_stop_are_idempotent, test_second_daemon_is_refused,
          test_several_at_once, test_root_in_the_state_of_another, test_port_taken,
          test_state_not_initialised, test_folder_not_empty, test_schema_newer_than_the_binary,
          test_key_file_readable_by_others, test_wrong_master_key,
          test_time_offset_needs_a_test_state, test_processes,
          test_killed_children_come_back, test_killed_parent_leaves_nothing, test_term_drains,
          test_no_secret_in_logs])
