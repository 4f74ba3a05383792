#!/usr/bin/env python3
"""The admin: prompt, driven through a pseudo terminal, and the pager."""
import fcntl
import os
import pty
import re
import select
import signal
import stat
import struct
import termios
import time

from node import DEADLINE, Node, contains, environment, equal, fails, main, ok, program, run

PROMPT = "admin:"
CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"
REDRAW = "\x0c"


class Terminal:
    """ctltool on a terminal of its own."""

    def __init__(self, n, *words, rows=40, env=None, home=None):
        self.seen = ""
        extra = {"TERM": "xterm", "PHONETRUST_STATE": n.state, "HOME": home or n.work,
                 "PAGER": "", "LC_ALL": "C.UTF-8"}
        extra.update(env or {})
        # libedit keeps copies of the names of keys' functions for good
        known = os.path.join(n.work, "known-leaks")
        with open(known, "w", encoding="ascii") as f:
            f.write("leak:wcsdup\n")
        extra["LSAN_OPTIONS"] = f"suppressions={known}:print_suppressions=0"
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
            os.chdir(n.work)
            os.execve(program("ctltool"), ["ctltool", *words], environment(extra))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if exc[0] is not None:
            print("--- the terminal showed\n" + self.seen)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def until(self, pattern):
        """Read until the new text matches; it is returned."""
        end = time.monotonic() + DEADLINE
        text = ""
        while not re.search(pattern, text):
            if time.monotonic() > end:
                raise AssertionError(f"not within {DEADLINE} s: {pattern!r} in {text!r}")
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    text += self.decode(os.read(self.fd, 65536))
                except OSError as e:
                    raise AssertionError(f"ended before {pattern!r}: {text!r}") from e
        self.seen += text
        return text

    @staticmethod
    def decode(data):
        # cursor movements of the line editor are of no interest
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", data.decode("utf-8", "replace"))

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def line(self, text):
        """A whole line; what comes up to the next prompt."""
        self.type(text + "\r")
        return self.until(f"\n{PROMPT}$")

    def end(self):
        """Its exit status; what was still said is in seen."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                self.seen += self.decode(os.read(self.fd, 65536))
            except OSError:     # all of it is read, and nobody holds the terminal
                _, status = os.waitpid(self.pid, 0)
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it does not end")


def test_lines():
    with Node() as n:
        with Terminal(n) as t:
            t.until(PROMPT)
            contains(t.line("phone add SEP000000000001 --model 8861"), "added")
            contains(t.line("sh ph SEP000000000001"), "8861")
            contains(t.line("phone list # and a comment"), "1 phone")
            contains(t.line("phone add 'SEP 1'"), "\"SEP 1\"")
            contains(t.line("phone list 'x"), "close the quote")
            contains(t.line("nosuch"), "exit 2")
            contains(t.line("sh"), "short for several commands")
            contains(t.line("phone show SEP000000000009"), "exit 1")
            contains(t.line("shell"), "open already")
            equal(t.line("").count("exit"), 0)
            t.type("exit\r")
            equal(t.end(), 2)
        with Terminal(n, "shell") as t:
            t.until(PROMPT)
            t.line("phone list")
            t.type("quit\r")
            equal(t.end(), 0)
        with Terminal(n, "--json") as t:
            t.until(PROMPT)
            contains(t.line("phone list"), '"schema": "phonetrust/1"')
            t.type(CTRL_D)
            equal(t.end(), 0)


def test_question_mark():
    with Node() as n, Terminal(n) as t:
        t.until(PROMPT)
        t.type("show ?")
        text = t.until(f"{PROMPT}show $")
        contains(text, "itl                Show the Identity Trust List")
        t.type("i?")
        text = t.until(f"{PROMPT}show i$")
        assert "param" not in text, text
        t.type(CTRL_C)
        t.until(f"\n{PROMPT}$")
        t.type("phone add ?")
        text = t.until(f"{PROMPT}phone add $")
        contains(text, "device name")
        contains(text, "--model MODEL")
        assert "<cr>" not in text, text
        t.type("X ?")
        contains(t.until(f"{PROMPT}phone add X $"), "<cr>")
        t.type("--model ?")
        contains(t.until(f"{PROMPT}phone add X --model $"), "8861")
        t.type(CTRL_C)
        t.until(f"\n{PROMPT}$")
        contains(t.line("file list tftp 'x?'"), "Static files")     # quoted: a pattern
        t.type("preflight ph?")
        contains(t.until(f"{PROMPT}preflight ph$"), "phone")


def test_tab():
    with Node() as n:
        for i in range(3):
            ok(n.ctl("phone", "add", f"SEP00000000000{i}"))
        n.write("ring tone.raw", b"x")
        with open(os.path.join(n.work, "changes.csv"), "w", encoding="ascii") as f:
            f.write("name,model\n")
        for name in (b"chan\x1b]0;title\x07ged", b"chan\xffge", b"chan\nge"):
            with open(os.path.join(n.work.encode(), name), "wb"):
                pass        # nothing that could drive the terminal is offered
        n.write("ring\x1b[31m.raw", b"x")
        with Terminal(n) as t:
            t.until(PROMPT)

            def typed(keys, becomes, listed=()):
                t.type(keys + TAB + REDRAW)
                text = t.until(re.escape(PROMPT + becomes) + "$")
                for name in listed:
                    contains(text, name)
                t.type(CTRL_C)
                t.until(f"\n{PROMPT}$")

            typed("sho", "show ")
            typed("sh it", "sh itl ")
            typed("phone sh", "phone show ")
            typed("phone show sep0", "phone show SEP00000000000")
            typed("phone show SEP00000000000", "phone show SEP00000000000",
                  ["SEP000000000000", "SEP000000000001", "SEP000000000002"])
            typed("show param itl.d", "show param itl.digest ")
            typed("set param itl.digest ", "set param itl.digest sha")
            typed("set param itl.digest sha5", "set param itl.digest sha512 ")
            typed("show cert own capf", "show cert own CAPF ")
            typed("set cli pagination of", "set cli pagination off ")
            typed("utils service start tf", "utils service start tftpd ")
            typed("file view tftp ring", "file view tftp ring\\ tone.raw ")
            typed("file view tftp \"ring", "file view tftp \"ring tone.raw\" ")
            typed("phone add X --mo", "phone add X --model ")
            typed("phone import chan", "phone import changes.csv ")
            typed("show param --node ", "show param --node cm1 ")
            typed("preflight phone rem", "preflight phone remove ")
            typed("preflight phone remove SEP", "preflight phone remove SEP00000000000")
            typed("phone show nosuch", "phone show nosuch")
            typed("phone show --state=", "phone show --state=state/")
            typed("phone add X --protocol=sc", "phone add X --protocol=SCCP ")
            typed("phone add X --proto=si", "phone add X --proto=SIP ")
            typed("phone add X --profile='Standard SC",
                  "phone add X '--profile=Standard SCCP Non-Secure Profile' ")
            typed("phone add X --config=chan", "phone add X --config=changes.csv ")
            t.type("exit\r")
            equal(t.end(), 0)


def test_terminal():
    """Other characters, very long lines, a terminal that changes its size, option's short forms."""
    with Node() as n, Terminal(n) as t:
        t.until(PROMPT)
        contains(t.line("phone add SEP000000000001 --desc 'Bürö 日本語'"), "added")
        contains(t.line("phone show SEP000000000001"), "Bürö 日本語")
        t.type("phone set SEP000000000001 --description Zoë\x7f\x7fö\r")
        contains(t.until(f"\n{PROMPT}$"), "changed")
        contains(t.line("phone show SEP000000000001"), "Zö")
        contains(t.line("phone set SEP000000000001 --p x"), "--protocol, --profile")
        fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 30, 0, 0))
        contains(t.line("phone list --js").replace("\r", ""), '"count": 1')
        t.type(CTRL_C)
        t.until(f"{PROMPT}$")
        t.type("phone add " + "x" * 10000 + "\r")
        contains(t.until(f"exit 2\r\n{PROMPT}$"), "exit 2")
        contains(t.line("phone li --sort=-name"), "SEP000000000001")
        t.type(CTRL_D)
        equal(t.end(), 2)


def test_history():
    with Node() as n:
        path = os.path.join(n.work, ".phonetrust_history")
        with Terminal(n) as t:
            t.until(PROMPT)
            t.line("phone list")
            t.line(" show version")
            t.line("phone add X --password geheim")
            t.type(UP + REDRAW)
            t.until(f"{PROMPT}phone list$")     # neither the blank's nor the secret's
            t.type(CTRL_C)
            t.until(PROMPT)
            t.type("exit\r")
            t.end()
        with open(path, encoding="utf-8") as f:
            equal(f.read(), "phone list\nexit\n")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        os.chmod(path, 0o644)       # as an older copy may be
        with open(path, "a", encoding="utf-8") as f:
            f.write("show status\n" * 2000)
        with Terminal(n) as t:
            t.until(PROMPT)
            t.type(UP + REDRAW)
            t.until(f"{PROMPT}show status$")
            t.type(CTRL_C)
            t.until(PROMPT)
            t.type("exit\r")
            t.end()
        with open(path, encoding="utf-8") as f:
            equal(len(f.readlines()), 501)
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        os.chmod(path, 0o644)
        with Terminal(n) as t:
            t.until(PROMPT)
            t.line("phone list")
            t.type("exit\r")
            t.end()
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        # a link to somewhere else is not followed
        other = os.path.join(n.work, "other")
        os.unlink(path)
        os.symlink(other, path)
        with Terminal(n) as t:
            t.until(PROMPT)
            t.line("phone list")
            t.type("exit\r")
            t.end()
        assert not os.path.exists(other)


def test_ctrl_c():
    """It drops a line; it ends a command, and the prompt goes on."""
    with Node() as n, Terminal(n) as t:
        t.until(PROMPT)
        t.type("phone remove everything" + CTRL_C)
        t.until(rf"\^C\r\n{PROMPT}$")
        t.type(CTRL_C)
        t.until(f"{PROMPT}$")
        ok(n.ctl("phone", "add", "SEP000000000001"))
        t.type("phone remove SEP000000000001\r")
        t.until(r"\(y/n\):")
        t.type(CTRL_C)
        contains(t.until(f"{PROMPT}$"), "exit 130")
        contains(t.line("phone list"), "1 phone")
        t.type("phone remove SEP000000000001\r")
        t.until(r"\(y/n\):")
        t.type("y\r")
        t.until(rf"removed\r\n{PROMPT}$")     # both may come at once
        contains(t.line("phone list"), "0 phones")


def test_pager():
    with Node() as n:
        pager = os.path.join(n.work, "pager.sh")
        with open(pager, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\necho PAGED\ncat\n")
        os.chmod(pager, 0o755)
        with Terminal(n, rows=10, env={"PAGER": pager}) as t:
            t.until(PROMPT)
            contains(t.line("show itl"), "PAGED")
            assert "PAGED" not in t.line("show version")        # short
            assert "PAGED" not in t.line("show itl --no-pager")
            assert "PAGED" not in t.line("show itl --json")
            t.line("set cli pagination off")
            assert "PAGED" not in t.line("show itl")
            t.line("set cli pagination on")
            contains(t.line("show itl"), "PAGED")
            contains(t.line("help"), "PAGED")
        with Terminal(n, "show", "itl", rows=10, env={"PAGER": "/no/such/pager"}) as t:
            equal(t.end(), 0)
            contains(t.seen, "verified successfully")
        with Terminal(n, "show", "itl", rows=10, env={"PAGER": "head -n 1"}) as t:
            equal(t.end(), 0)       # left early
        # not a terminal: as it is
        out = run(program("ctltool"), "--state", n.state, "show", "itl", env={"PAGER": pager})
        assert "PAGED" not in ok(out).out
        assert "\x1b" not in out.out


def test_without_terminal():
    with Node() as n:
        text = ("phone add SEP000000000001\r\n\n# comment\n"
                "phone show SEP000000000009\nphone add \"SEP000000000002\"\nphone li\n"
                "show ?\nnosuch\nexit\nphone add SEP000000000003\n")
        got = fails(n.ctl("shell", data=text.encode()), 2, "line 4: exit 1")
        contains(got.out, "2 phones")
        contains(got.out, "Show the Identity Trust List")
        contains(got.err, "line 8: exit 2")
        assert PROMPT not in got.out, "no prompt"
        contains(ok(n.ctl("phone", "list")).out, "2 phones")
        path = os.path.join(n.work, "lines")
        with open(path, "wb") as f:
            f.write(b"\xef\xbb\xbfphone add SEP000000000003\nphone remove SEP000000000003\n"
                    + b"x" * 100000 + b"\nphone\0list\nphone list")
        with open(path, "rb") as f:     # a file, which a child could rewind
            got = fails(n.ctl("shell", data=f.read()), 2, "--yes")
        contains(got.err, "at most 65536")
        contains(got.err, "NUL byte")
        contains(got.out, "3 phones")
        ok(run("sh", "-c", f"'{program('ctltool')}' --state '{n.state}' shell < '{path}' "
               "| grep -c '3 phones' | grep -qx 1"))
        ok(n.ctl("shell", data=b""))
        fails(n.ctl(), 2, "no command")


if __name__ == "__main__":
    main([test_lines, test_question_mark, test_tab, test_terminal, test_history, test_ctrl_c, test_pager,
          test_without_terminal])
