#!/usr/bin/env python3
"""Batches in one transaction, rehearsals, roles."""
import contextlib
import grp
import hashlib
import os
import pwd
import shutil
import sqlite3
import subprocess

from node import (Node, Skip, contains, equal, example, fails, main, ok,
                  program, run)

ONE, TWO, THREE = (f"SEP00000000000{i}" for i in (1, 2, 3))


def phones(n):
    return [p["name"] for p in ok(n.ctl("--json", "phone", "list")).json["result"]["phones"]]


def content(n):
    """Every row of every table, and the bytes of the file."""
    path = os.path.join(n.state, "phonetrust.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = list(db.iterdump())
    with open(path, "rb") as f:
        return rows, hashlib.sha256(f.read()).hexdigest()


def batch(n, text, *words):
    return n.ctl(*words, "-f", "-", data=text.encode() if isinstance(text, str) else text)


def test_batch():
    with Node() as n:
        text = (f"# three phones\r\nphone add {ONE} --model 8861\r\n\r\n"
                f"  ph add '{TWO}'   # with a comment\nset param tftp.retries 7\nphone list")
        got = ok(batch(n, text))
        contains(got.out, "2 phones")
        contains(got.out, "4 commands done")
        equal(phones(n), [ONE, TWO])
        path = os.path.join(n.work, "changes")
        with open(path, "wb") as f:
            f.write(b"\xef\xbb\xbfphone add " + THREE.encode() + b"\nphone add " + THREE.encode())
        got = ok(n.ctl("--batch", path, "--json")).json
        equal((got["command"], got["result"]["count"], got["exit"]), ("batch", 2, 0))
        equal([c["result"]["added"] for c in got["result"]["commands"]], [True, False])
        for empty in ("", "\n\n", "# nothing\n", "\r\n"):
            contains(ok(batch(n, empty)).out, "0 commands done")
        fails(n.ctl("-f", "/no/such/file"), 1, "/no/such/file")
        fails(n.ctl("-f", "/dev/zero"), 4, "split it")     # it has no end
        fails(n.ctl("-f", path, "phone", "list"), 2, "leave out")
        # parameter and phones together, one list made from both
        ok(batch(n, f"set param itl.digest sha512\nphone remove {ONE}\n", "--yes"))
        contains(ok(n.ctl("show", "param", "itl.digest")).out, "sha512")


def test_each_its_own_secret():
    """Several commands of a batch take secrets of the same kind from different files."""
    with Node() as n:
        for name in ("ann", "bob"):
            with open(os.path.join(n.work, name), "w", encoding="ascii") as f:
                f.write(f"secret of {name}\n")
        ok(batch(n, "".join(f"user add {u} --digest-credentials-file {n.work}/{u}\n"
                            for u in ("ann", "bob"))))
        for name in ("ann", "bob"):
            got = ok(n.ctl("--json", "user", "set", name, "--digest-credentials-file",
                           os.path.join(n.work, name))).json
            equal(got["result"]["changed"], False, f"{name} had another's credentials")


def test_answer_lost():
    """Done, but nobody was told: exit 3, for 1 promises that nothing changed."""
    with Node() as n:
        for text, words, code, known in (
                (f"phone add {ONE}\n", (), 3, [ONE]), ("phone list\n", (), 1, [ONE]),
                (f"phone add {ONE}\n", (), 1, [ONE]),
                (f"phone add {TWO}\n", ("--dry-run",), 1, [ONE]),
                (f"phone add {TWO}\n", ("--json",), 3, [ONE, TWO])):
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [program("ctltool"), "--state", n.state, *words, "-f", "-"],
                    input=text.encode(), stdout=full, stderr=subprocess.PIPE, check=False,
                    timeout=300)
            equal(done.returncode, code, f"{text} {done.stderr}")
            equal(phones(n), known)


def test_all_or_none():
    with Node() as n:
        ok(n.ctl("phone", "add", ONE, "--model", "8861"))
        before = content(n)
        for what, text, line in (
                ("another model", f"phone add {TWO}\nphone add {ONE} --model 7841\n", 2),
                ("not there", f"phone add {TWO}\n\nphone remove {THREE}\nphone add X\n", 3),
                ("nobody asks", f"phone add {TWO}\nphone remove {ONE}\n", 2),
                ("bad value", f"phone add {TWO}\nset param tftp.retries lots\n", 2),
                ("no such file", f"phone add {TWO} --config /no/such.xml", 1),
                ("bad name", f"phone add {TWO}\nphone add 7up", 2)):
            got = fails(batch(n, text), 1, f"line {line}, ")
            contains(got.err, "nothing changed", what)
            assert "added" not in got.out, f"{what}: nothing is said that is not so"
            equal(content(n), before, what)
            j = fails(batch(n, text, "--json"), 1).json
            equal(j["result"]["line"], line, what)
            contains(j["error"]["message"], f"line {line}, ", what)
        # a command that fails within a group leaves nothing to those before
        ok(batch(n, f"phone add {TWO}\n"))
        equal(phones(n), [ONE, TWO])


def test_refused_before_anything_runs():
    with Node() as n:
        before = content(n)
        for line in ("utils service start all", "file delete tftp x", "file view tftp x",
                     f"phone import {example('phones.csv')}", "shell", "exit",
                     "set cli pagination off", "node init --name a --cluster b --address 1.2.3.4",
                     "nosuch", "phone add", "show", "phone add 'x", "phone add x \\",
                     "phone list --json", "phone list --state /tmp", "phone list --dry-run",
                     "preflight phone list", "phone list -f x", "--yes", "phone add A B"):
            got = fails(batch(n, f"phone add {ONE}\n{line}\n"), 2, "line 2: ")
            contains(got.err, "nothing was run", line)
        fails(batch(n, b"phone add \0\n"), 2, "NUL")
        fails(batch(n, b"phone add " + b"x" * 70000), 2, "at most 65536")
        got = fails(batch(n, "nosuch\n" * 30), 2, "30 lines")
        equal(got.err.count("did you mean") + got.err.count("unknown command"), 20)
        equal(content(n), before)


def test_long():
    with Node() as n:
        lines = "".join(f"phone add SEP{i:012X} --model 8861\n" for i in range(10000))
        contains(ok(batch(n, lines)).out, "10000 commands done")
        equal(len(phones(n)), 10000)
        got = fails(batch(n, lines + "phone add SEP000000000001 "
                          "--model 7841\n" + lines), 1)
        contains(got.err, "line 10001, phone add")


def test_dry_run():
    with Node() as n:
        ok(n.ctl("phone", "add", ONE, "--model", "8861"))
        n.write("x.xml", b"<x/>")
        before = content(n)
        for words, code, says in (
                (("phone", "add", TWO), 0, f"phone      1: {TWO}"),
                (("phone", "add", ONE, "--model", "8861"), 0, "Effect: none"),
                (("phone", "add", ONE, "--model", "7841"), 1, "7841"),
                (("phone", "remove", ONE), 0, f"1: {ONE}"),
                (("phone", "remove", TWO), 1, TWO),
                (("phone", "import", example("phones.csv")), 0, "3 added"),
                (("set", "param", "itl.digest", "sha512"), 0, "itl.digest"),
                (("set", "param", "itl.digest", "md5"), 2, "sha1|sha512"),
                (("file", "delete", "tftp", "x.xml"), 0, "deleted = 0"),
                (("file", "delete", "tftp", "y.xml"), 1, "y.xml"),
                (("utils", "service", "start", "all"), 0, "would be started"),
                (("utils", "service", "stop", "all"), 0, "left as it is"),
                (("utils", "service", "restart", "nosuch"), 2, "nosuch"),
                (("show", "itl"), 0, "verified successfully"),
                (("phone", "list"), 0, "1 phone"),
                (("-f", os.devnull), 0, "0 commands"),
        ):
            fails(n.ctl("--dry-run", *words), code, says)
            if words[0] != "-f":
                fails(n.ctl("preflight", *words), code, says)
            equal(content(n), before, " ".join(words))
        assert os.path.exists(os.path.join(n.state, "tftp", "x.xml"))
        j = ok(n.ctl("--json", "preflight", "set", "param", "itl.digest", "sha512")).json
        equal(j["dry_run"], True)
        equal(sorted(c["kind"] for c in j["effect"]["changes"]), ["list", "parameter"])
        sha1 = j["effect"]["itl"]["before"]["sha1"]
        contains(ok(n.ctl("show", "itl")).out, sha1)
        got = ok(batch(n, f"phone add {TWO}\nphone remove {ONE}\n", "--dry-run"))
        contains(got.out, f"phone      2: {ONE}, {TWO}" if f"{ONE}, {TWO}" in got.out else
                 f"phone      2: {TWO}, {ONE}")
        equal(content(n), before)
        # what was rehearsed comes true, with the very same list
        ok(n.ctl("--yes", "set", "param", "itl.digest", "sha512"))
        assert sha1 not in ok(n.ctl("show", "itl")).out
    with Node(init=False) as n:
        contains(ok(n.init("--dry-run")).out, "would be made")
        assert not os.path.exists(n.state)


def under_sudo(n, uid, *words):
    return run(program("ctltool"), "--state", n.state, *words, env={"SUDO_UID": str(uid)})


def test_roles():
    """As under sudo: root's rights, and another account."""
    if os.geteuid() != 0:
        raise Skip("only root can be another account")
    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    viewer, operator, owner = ("phone", "list"), ("phone", "add", ONE), \
        ("set", "param", "tftp.retries", "7")
    with Node() as n:
        n.write("x.xml", b"<x/>")
        for words in (viewer, operator, owner):      # none set: root by sudo is root
            ok(under_sudo(n, nobody.pw_uid, *words))
        ok(n.ctl("set", "param", "role.owner_groups", "root"))
        for words in (viewer, operator, owner, ("utils", "service", "stop", "all"),
                      ("file", "list", "tftp"), ("file", "delete", "tftp", "x.xml", "--yes"),
                      ("show", "cert", "own", "CAPF"), ("utils", "service", "list")):
            got = fails(under_sudo(n, nobody.pw_uid, *words), 4, "nobody has no role")
            contains(got.err, "set param role.")
            ok(n.ctl("--dry-run", *words))           # root itself
        ok(under_sudo(n, nobody.pw_uid, "help", "phone", "add"))
        ok(n.ctl("set", "param", "role.viewer_groups", f"nosuchgroup,{group}"))
        ok(under_sudo(n, nobody.pw_uid, *viewer))
        ok(under_sudo(n, nobody.pw_uid, "utils", "service", "list"))
        fails(under_sudo(n, nobody.pw_uid, *operator), 4, "takes the role operator")
        fails(under_sudo(n, nobody.pw_uid, "utils", "service", "start", "all"), 4, "operator")
        fails(under_sudo(n, nobody.pw_uid, *operator, "--dry-run"), 4, "operator")
        ok(n.ctl("set", "param", "role.operator_groups", group))
        ok(under_sudo(n, nobody.pw_uid, "phone", "add", TWO))
        got = fails(under_sudo(n, nobody.pw_uid, *owner, "--json"), 4, "takes the role owner")
        equal(got.json["error"]["code"], "refused")
        ok(n.ctl("set", "param", "role.owner_groups", group))
        ok(under_sudo(n, nobody.pw_uid, "set", "param", "role.owner_groups", "root"))
        path = os.path.join(n.work, "b")
        with open(path, "w", encoding="ascii") as f:
            f.write(f"phone add {THREE}\nset param tftp.retries 9\n")
        fails(under_sudo(n, nobody.pw_uid, "-f", path), 1, "line 2, set param: ")
        equal(phones(n), [ONE, TWO])
        contains(ok(n.ctl("help", "phone", "add")).out, "Level: operator (1).")


def test_roles_of_another_uid():
    """Really another account: SUDO_UID is nobody's word but root's."""
    if os.geteuid() != 0:
        raise Skip("only root can become another account")
    if shutil.which("setpriv") is None:
        raise Skip("setpriv is not installed")
    nobody = pwd.getpwnam("nobody")
    with Node() as n:
        ok(n.ctl("set", "param", "role.operator_groups", "root"))
        for where, folders, files in os.walk(n.state):
            for name in [where] + [os.path.join(where, f) for f in folders + files]:
                if not name.endswith("master.key"):
                    os.chmod(name, os.stat(name).st_mode | 0o666 |
                             (0o111 if os.path.isdir(name) else 0))
        os.chmod(n.work, 0o755)

        def as_nobody(*words, **env):
            return run("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
                       "--clear-groups", program("ctltool"), "--state", n.state, *words, env=env)

        if as_nobody("--version").code != 0:
            raise Skip("the program cannot be run by nobody here")
        fails(as_nobody("phone", "list"), 4, "nobody has no role")
        fails(as_nobody("phone", "list", SUDO_UID="0"), 4, "nobody has no role")
        group = grp.getgrgid(nobody.pw_gid).gr_name
        ok(n.ctl("set", "param", "role.viewer_groups", group))
        ok(as_nobody("phone", "list"))
        fails(as_nobody("phone", "add", ONE), 4, "operator")
    # the owner of a folder of its own needs no parameter
    with Node(init=False) as n:
        os.chmod(n.work, 0o777)
        ok(run("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
               "--clear-groups", program("ctltool"), "--state", n.state, "node", "init",
               "--name", "cm1", "--cluster", "lab", "--address", "127.0.0.1", "--port-offset",
               str(n.ports.offset)))
        ok(run("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
               "--clear-groups", program("ctltool"), "--state", n.state, "set", "param",
               "tftp.retries", "7"))


if __name__ == "__main__":
    main([test_batch, test_each_its_own_secret, test_answer_lost, test_all_or_none,
          test_refused_before_anything_runs, test_long, test_dry_run, test_roles, test_roles_of_another_uid])
