#!/usr/bin/env python3
"""What ends: the list, the plan, and alarms by every channel."""
import base64
import contextlib
import http.server
import json
import os
import re
import socketserver
import ssl
import subprocess
import threading

from node import (Node, contains, environment, equal, fails, main, ok, program, run,
                  wait_for)

DAY = 86400
YEARS5 = 1826 * DAY


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what was posted; answers what the server says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def webhook():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as s:
        s.got = []
        s.status = 204
        threading.Thread(target=s.serve_forever, daemon=True).start()
        s.url = f"http://127.0.0.1:{s.server_address[1]}/hooks/path-that-is-secret"
        try:
            yield s
        finally:
            s.shutdown()


class Smtp(socketserver.StreamRequestHandler):
    """A mail server of a few words (RFC 5321)."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        mail = {"to": [], "login": None}
        self.say("220 sink")
        while True:
            line = self.rfile.readline().decode("utf-8", "replace").strip()
            word = line.upper()
            if not line or word.startswith("QUIT"):
                self.say("221 bye")
                return
            if word.startswith("EHLO"):
                mail["hello"] = line[5:]
                self.say("250-sink")
                self.say("250 AUTH PLAIN")
            elif word.startswith("AUTH PLAIN"):
                said = line[10:].strip()
                if not said:
                    self.say("334 ")
                    said = self.rfile.readline().decode().strip()
                mail["login"] = base64.b64decode(said)
                self.say("235 ok" if mail["login"] == b"\0ann\0tell-nobody" else "535 no")
            elif word.startswith("MAIL FROM"):
                mail["from"] = line
                self.say("250 ok")
            elif word.startswith("RCPT TO"):
                mail["to"].append(line)
                self.say("250 ok" if self.server.takes else "550 unknown")
            elif word == "DATA":
                self.say("354 go on")
                text = b""
                while True:
                    line = self.rfile.readline()
                    if line in (b".\r\n", b""):
                        break
                    text += line
                mail["text"] = text.decode()
                self.server.got.append(mail)
                mail = {"to": [], "login": mail["login"]}
                self.say("250 taken")
            else:
                self.say("250 ok")


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def smtp():
    with SmtpServer(("127.0.0.1", 0), Smtp) as s:
        s.got = []
        s.takes = True
        threading.Thread(target=s.serve_forever, daemon=True).start()
        s.url = f"smtp://127.0.0.1:{s.server_address[1]}"
        try:
            yield s
        finally:
            s.shutdown()


def set_param(n, name, value):
    ok(n.ctl("--yes", "set", "param", f"alarm.{name}", value))


def ctl(n, offset, *words):
    return n.ctl("--time-offset", offset, *words)


def check(n, offset):
    return ok(ctl(n, offset, "--json", "utils", "cert", "check")).json["result"]


def channel(result, name):
    return next(c for c in result["channels"] if c["channel"] == name)


def script(n, name, text, mode=0o755):
    """A program for the hook, where the daemons' user can reach it."""
    os.chmod(n.work, 0o755)
    path = os.path.join(n.work, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def place(n, name):
    """A folder that the hook may write to."""
    path = os.path.join(n.work, name)
    os.mkdir(path)
    os.chmod(path, 0o777)
    return path


def test_list():
    with Node(args=["--test"]) as n:
        rows = ok(n.ctl("--json", "show", "cert", "expiry")).json["result"]["expiries"]
        units = [r["unit"] for r in rows]
        equal(sorted(units), ["CAPF", "CallManager", "CallManager-ECDSA", "ITLRecovery", "TVS",
                              "https"])
        equal(units[-1], "ITLRecovery")
        assert all(1824 <= r["days_left"] <= 1826 for r in rows[:-1]), rows
        rows = ok(n.ctl("--json", "show", "cert", "expiry", "--within", "30")).json["result"]
        equal(rows["expiries"], [])
        rows = ok(ctl(n, YEARS5 + DAY, "--json", "show", "cert", "expiry", "--within", "30")).json
        assert [r["days_left"] for r in rows["result"]["expiries"]] == [-2] * 5 or \
            all(-3 <= r["days_left"] < 0 for r in rows["result"]["expiries"]), rows
        fails(n.ctl("show", "cert", "expiry", "--within", "-1"), 2)


def test_plan():
    with Node(args=["--test"]) as n:
        ok(n.ctl("phone", "add", "SEP0011223344AA", "--model", "8861"))
        ok(n.ctl("phone", "add", "SEP0011223344AB", "--model", "8861"))
        plan = ok(n.ctl("--json", "utils", "cert", "plan")).json["result"]
        equal((plan["days"], plan["steps"], plan["resets"]), (180, [], 0))
        r = ok(n.ctl("--json", "utils", "cert", "plan", "--expire-within", "9000")).json["result"]
        units = [s["what"]["unit"] for s in r["steps"] if s["anchor"]]
        equal(units, ["CAPF", "TVS", "CallManager", "ITLRecovery"])
        equal([s["cycles"] for s in r["steps"] if s["anchor"]], [1, 1, 1, 2])
        equal((r["cycles"], r["resets"], r["by_urgency"]), (5, 10, False))
        begin = [s["begin_by"] for s in r["steps"] if s["anchor"]]
        equal(begin, sorted(begin))
        equal(r["steps"][2]["commands"], ["set cert regen CallManager",
                                          "set cert promote CallManager --sacrifice all"])
        # What is typed is understood; then only the second step is left.
        ok(n.ctl(*r["steps"][2]["commands"][0].split(), "--yes"))
        r = ok(n.ctl("--json", "utils", "cert", "plan", "--expire-within", "1827")).json["result"]
        cm = next(s for s in r["steps"] if s["what"]["unit"] == "CallManager")
        # (a successor made now ends as early as the first, so it is of no use for 1827 days)
        assert cm["announced"] in (True, False), cm
        # Too late for the usual order: by date.
        late = ok(ctl(n, 1820 * DAY, "--json", "utils", "cert", "plan")).json
        assert late["result"]["by_urgency"] and late["warnings"], late
        text = ok(ctl(n, 1820 * DAY, "utils", "cert", "plan")).out
        contains(text, "LATE: begin now")
        contains(text, "phone resets")


def test_each_threshold_once():
    with Node(args=["--test"]) as n, webhook() as hook:
        set_param(n, "webhook", hook.url)
        equal(check(n, 0)["alarms"], [])
        for before, threshold in ((200, None), (179, 180), (100, None), (89, 90), (29, 30),
                                  (6, 7), (0.5, 1), (0.4, None)):
            result = check(n, int(YEARS5 - before * DAY))
            equal({a["threshold"] for a in result["alarms"]},
                  {threshold} if threshold is not None else set(), f"{before} days")
        equal([len(json.loads(b)["alarms"]) for _, _, b in hook.got], [5] * 5)
        head, body = hook.got[0][1], json.loads(hook.got[0][2])
        equal(head["Content-Type"], "application/json")
        equal((body["schema"], body["event"], body["test"], body["cluster"], body["node"]),
              ("phonetrust/1", "alarm", False, "lab", "cm1"))
        alarm = next(a for a in body["alarms"] if a["unit"] == "CAPF")
        equal((alarm["of"], alarm["kind"], alarm["threshold"], alarm["ended"]),
              ("own", "expiry", 180, False))
        # It has ended: what is in use alarms daily.
        for at, count in ((0.1, 5), (0.5, 0), (1.2, 5), (1.5, 0), (2.3, 5)):
            equal(len(check(n, int(YEARS5 + at * DAY))["alarms"]), count, f"{at} days after")
        # What is replaced is forgotten, and the new one has its own alarms.
        ok(ctl(n, YEARS5, "set", "cert", "regen", "https", "--yes"))
        result = check(n, YEARS5 + 3 * DAY + 7200)
        assert not any("https" in a["key"] for a in result["alarms"]), result


def test_late_start_alarms_once():
    with Node(args=["--test"]) as n:
        result = check(n, YEARS5 - 5 * DAY)
        equal({a["threshold"] for a in result["alarms"]}, {7})
        equal(len(result["alarms"]), 5)
        equal(check(n, YEARS5 - 5 * DAY)["alarms"], [])


def test_exec():
    with Node(args=["--test"]) as n:
        out = place(n, "out")
        hook = script(n, "hook", f"""#!/bin/sh
cat > {out}/stdin
env | sort > {out}/env
id -u > {out}/uid
pwd > {out}/pwd
ls /proc/self/fd > {out}/fds
""")
        set_param(n, "exec", hook)
        ok(ctl(n, 0, "utils", "cert", "alarm", "test"))

        def read(name):
            with open(os.path.join(out, name), encoding="utf-8") as f:
                return f.read()
        body = json.loads(read("stdin"))
        equal((body["test"], body["alarms"][0]["kind"]), (True, "test"))
        names = {line.split("=")[0] for line in read("env").splitlines()}
        equal(names - {"PWD", "SHLVL", "_", "OLDPWD"}, {"PATH", "LANG"})
        equal(read("pwd"), "/\n")
        if os.getuid() == 0:
            assert read("uid") != "0\n", "a program out of the database ran as root"
        # Bad programs: said, and the exit status tells.
        for text, mode, why in (("#!/bin/sh\nexit 3\n", 0o755, "status 3"),
                                ("#!/bin/sh\nkill -9 $$\n", 0o755, "signal 9"),
                                ("#!/bin/sh\n", 0o644, "cannot be run")):
            set_param(n, "exec", script(n, f"bad{mode}{why[-1]}", text, mode))
            fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, why)
        set_param(n, "exec", "/nowhere/hook")
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "cannot be run")
        fails(n.ctl("--yes", "set", "param", "alarm.exec", "hook"), 2)
        # No shell: a name is a name.
        marker = os.path.join(out, "shell")
        set_param(n, "exec", f"/bin/true; touch {marker}")
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1)
        assert not os.path.exists(marker)


def test_two_at_once_tell_once():
    """A check beside another, as beside tvsd: what waits is sent by one of them."""
    with Node(args=["--test"]) as n:
        out = place(n, "out")
        go = os.path.join(n.work, "go")
        os.mkfifo(go)
        os.chmod(go, 0o666)
        hook = script(n, "hook", f"#!/bin/sh\nmktemp {out}/XXXXXX\nread x < {go}\n")
        set_param(n, "exec", hook)

        def start():
            return subprocess.Popen(
                [program("ctltool"), "--state", n.state, "--time-offset", str(YEARS5 - 20 * DAY),
                 "--json", "utils", "cert", "check"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=environment())

        def waits(p):
            with contextlib.suppress(OSError):
                return any(os.readlink(f"/proc/{p.pid}/fd/{fd}") == os.path.join(n.state, "run")
                           for fd in os.listdir(f"/proc/{p.pid}/fd"))

        first = start()
        wait_for("the first message", lambda: os.listdir(out))
        second = start()
        wait_for("the second check", lambda: waits(second) or len(os.listdir(out)) > 1)
        with open(go, "w", encoding="ascii") as f:
            f.write("on\n" * 9)
        outcomes = [channel(json.loads(p.communicate(timeout=60)[0])["result"], "exec")["outcome"]
                    for p in (first, second)]
        equal(outcomes, ["sent", "idle"])
        equal(len(os.listdir(out)), 1)


def test_mail():
    with Node(args=["--test"]) as n, smtp() as sink:
        set_param(n, "mail_to", "ann@example.org,bob@example.org")
        set_param(n, "mail_from", "trust@example.org")
        set_param(n, "smtp_url", sink.url)
        result = check(n, YEARS5 - 20 * DAY)
        equal(channel(result, "mail")["outcome"], "sent")
        mail = sink.got[0]
        contains(mail["from"], "<trust@example.org>")
        equal(len(mail["to"]), 2)
        equal(mail["hello"], "cm1")
        text = mail["text"]
        for part in ("From: trust@example.org\r\n", "To: ann@example.org,\r\n bob@example.org\r\n",
                     "Subject: [phonetrust lab] 5 alarms\r\n", "MIME-Version: 1.0\r\n",
                     "CAPF ends in 19 days", "ctltool utils cert plan"):
            contains(text, part)
        assert re.search(r"^Date: \w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d \+0000\r$", text, re.M)
        assert re.search(r"^Message-ID: <[0-9a-f]+@cm1\.phonetrust\.invalid>\r$", text, re.M)
        # With a login.
        set_param(n, "smtp_user", "ann")
        r = fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "no password")
        ok(n.ctl("utils", "cert", "alarm", "password", "-", data=b"tell-nobody\n"))
        ok(ctl(n, 0, "utils", "cert", "alarm", "test"))
        equal(sink.got[-1]["login"], b"\0ann\0tell-nobody")
        ok(n.ctl("utils", "cert", "alarm", "password", "-", data=b"wrong-one\n"))
        r = fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "refuses the login")
        # Nowhere in the clear: not in what is said, logged, kept or audited.
        said = r.out + r.err + ok(n.ctl("show", "status")).out
        for root, _, files in os.walk(n.state):
            for name in files:
                with open(os.path.join(root, name), "rb") as f:
                    said += f.read().decode("latin-1")
        assert "wrong-one" not in said and "tell-nobody" not in said
        # Over the line in the clear: to this machine alone.
        set_param(n, "smtp_url", "smtp://mail.example.invalid")
        set_param(n, "smtp_tls", "none")
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "in the clear")
        ok(n.ctl("utils", "cert", "alarm", "password", "--remove"))
        fails(n.ctl("utils", "cert", "alarm", "password", "--remove"), 1)
        fails(n.ctl("utils", "cert", "alarm", "password"), 2)


@contextlib.contextmanager
def tls_webhook(folder):
    """A webhook over TLS, and the file of its certificate."""
    cert, key = os.path.join(folder, "hook.pem"), os.path.join(folder, "hook.key")
    done = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=hook",
               "-addext", "subjectAltName=IP:127.0.0.1")
    assert done.code == 0, done
    with webhook() as s:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        s.socket = context.wrap_socket(s.socket, server_side=True)
        s.url = s.url.replace("http:", "https:")
        yield s, cert


def test_tls():
    with Node(args=["--test"]) as n, tls_webhook(n.work) as (hook, cert):
        set_param(n, "webhook", hook.url)
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "not trusted")
        equal(hook.got, [])
        ok(n.ctl("set", "cert", "import", "trust", "https", cert, "--yes"))
        ok(ctl(n, 0, "utils", "cert", "alarm", "test"))
        equal(len(hook.got), 1)
        # Trusted, but another's name.
        set_param(n, "webhook", hook.url.replace("127.0.0.1", "localhost"))
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1)
        equal(len(hook.got), 1)
        # A certificate of another is alarmed about once it ends.
        equal([a["threshold"] for a in fails(ctl(n, 20 * DAY, "--json", "utils", "cert", "check"),
                                             3).json["result"]["alarms"]], [14])


def test_smtps():
    with Node(args=["--test"]) as n, smtp() as sink:
        cert, key = os.path.join(n.work, "mail.pem"), os.path.join(n.work, "mail.key")
        ok(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=mail",
               "-addext", "subjectAltName=IP:127.0.0.1"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        sink.socket = context.wrap_socket(sink.socket, server_side=True)
        set_param(n, "mail_to", "ann@example.org")
        set_param(n, "smtp_url", sink.url.replace("smtp:", "smtps:"))
        set_param(n, "smtp_user", "ann")
        ok(n.ctl("utils", "cert", "alarm", "password", "-", data=b"tell-nobody\n"))
        fails(ctl(n, 0, "utils", "cert", "alarm", "test"), 1, "not trusted")
        equal(sink.got, [])
        ok(n.ctl("set", "cert", "import", "trust", "https", cert, "--yes"))
        ok(ctl(n, 0, "utils", "cert", "alarm", "test"))
        equal((sink.got[0]["login"], len(sink.got)), (b"\0ann\0tell-nobody", 1))


def test_failed_channels():
    with Node(args=["--test"]) as n, webhook() as hook, smtp() as sink:
        hook.status = 500
        set_param(n, "webhook", hook.url)
        set_param(n, "mail_to", "ann@example.org")
        set_param(n, "smtp_url", sink.url)
        r = fails(ctl(n, YEARS5 - 20 * DAY, "--json", "utils", "cert", "check"), 3)
        result = r.json["result"]
        equal(channel(result, "webhook")["outcome"], "failed")
        equal(channel(result, "mail")["outcome"], "sent")
        contains(channel(result, "webhook")["why"], "HTTP status 500")
        assert "path-that-is-secret" not in r.out + r.err, r
        status = ok(n.ctl("--json", "show", "status")).json
        state = {a["channel"]: a for a in status["result"]["alarms"]}
        equal((state["webhook"]["waiting"], state["webhook"]["failures"]), (5, 1))
        equal((state["mail"]["waiting"], state["mail"]["failures"]), (0, 0))
        assert any("webhook" in w for w in status["warnings"]), status
        # It comes back: what waited arrives once, nothing is sent twice by mail.
        hook.status = 200
        result = check(n, YEARS5 - 20 * DAY)
        equal(result["alarms"], [])
        equal(channel(result, "webhook")["sent"], 5)
        equal(len(sink.got), 1)
        equal(len(json.loads(hook.got[-1][2])["alarms"]), 5)
        # A channel that is switched off has nothing waiting.
        hook.status = 500
        fails(ctl(n, YEARS5 - 10 * DAY, "utils", "cert", "check"), 3)
        set_param(n, "webhook", "")
        check(n, YEARS5 - 10 * DAY)
        set_param(n, "webhook", hook.url)
        state = ok(n.ctl("--json", "show", "status")).json["result"]["alarms"]
        equal([a["waiting"] for a in state if a["channel"] == "webhook"], [0])


def test_nobody_is_told_in_a_rehearsal():
    with Node(args=["--test"]) as n, webhook() as hook:
        set_param(n, "webhook", hook.url)
        for words in (("check",), ("alarm", "test")):
            ok(ctl(n, YEARS5, "--dry-run", "utils", "cert", *words))
        equal(hook.got, [])
        equal(len(check(n, YEARS5)["alarms"]), 5)


def log(n, name="tvsd"):
    with contextlib.suppress(FileNotFoundError):
        with open(os.path.join(n.state, "run", f"{name}.log"), encoding="utf-8") as f:
            return f.read()
    return ""


def monitor_pid(n):
    found = re.findall(r"proc\.monitor pid=(\d+)", log(n))
    return int(found[-1]) if found else None


def test_daemon():
    """tvsd's monitor: by itself, after changes, and with a life of its own."""
    with Node(args=["--test"]) as n, webhook() as hook, smtp() as sink:
        set_param(n, "webhook", hook.url)
        ok(run(program("tvsd"), "--state", n.state, "--time-offset", YEARS5 - 20 * DAY))
        try:
            wait_for("the first round", lambda: hook.got)
            equal(len(json.loads(hook.got[0][2])["alarms"]), 5)
            wait_for("its line", lambda: "cert.expiry" in log(n))
            first = monitor_pid(n)
            engine = re.search(r"proc\.ready .*engine=(\d+)", log(n)).group(1)
            with open(f"/proc/{first}/status", encoding="ascii") as f:
                status = f.read()
            if os.getuid() == 0:
                assert re.search(r"^Uid:\t[1-9]", status, re.M), status
            # A change: another round, with what is new alone; and a password, with which
            # it begins anew.
            set_param(n, "mail_to", "ann@example.org")
            set_param(n, "smtp_url", sink.url)
            set_param(n, "smtp_user", "ann")
            ok(n.ctl("utils", "cert", "alarm", "password", "-", data=b"tell-nobody\n"))
            wait_for("another monitor", lambda: monitor_pid(n) != first)
            set_param(n, "days", "180,20")
            wait_for("a mail", lambda: sink.got)
            equal(sink.got[0]["login"], b"\0ann\0tell-nobody")
            # Its end is nobody else's.
            os.kill(monitor_pid(n), 9)
            wait_for("it is seen", lambda: 'role="monitor"' in log(n))
            assert os.path.exists(f"/proc/{engine}"), log(n)
            assert "proc.restart" not in log(n), log(n)
        finally:
            ok(n.ctl("utils", "service", "stop", "all"))


if __name__ == "__main__":
    main([test_list, test_plan, test_each_threshold_once, test_late_start_alarms_once, test_exec, test_two_at_once_tell_once,
          test_mail, test_tls, test_smtps, test_failed_channels, test_nobody_is_told_in_a_rehearsal, test_daemon])
