#!/usr/bin/env python3
"""Speed of the file service beside its peers, in one run.

    make bench                     all rows
    make bench BENCH_ROWS="burst list"

Every server runs pinned to core 0, the load to core 1, on loopback only.  Each
row is measured REPEAT times in turn over all servers; the median counts.  CPU
is what all processes of a server used, per 1,000 transfers; rates come second,
since machines differ and are noisy: compare the ratios.  Peers come from
Debian's packages (tftpd-hpa, atftpd, dnsmasq-base, nginx-light, wrk); the
limit server (bench/tftpbound.c) does the least work that the same traffic
allows: all in memory, no timers, no checks, no log.
"""
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..")
BUILD = os.environ.get("top_builddir") or "."
REPEAT = 3
SERVER_CORE, LOAD_CORE = "0", "1"
PHONE = "SEP0011223344AA"

# name -> (what, arguments of tftpload, what a transfer is)
TFTP_ROWS = {
    "burst": ("burst of 1,000 phones, 3 KB",
              ["--files", "f3k.bin", "--clients", 1000, "--transfers", 1000, "--tsize", 1]),
    "storm": ("storm, 1,000 clients, 3 KB",
              ["--files", "f3k.bin", "--clients", 1000, "--transfers", 30000, "--tsize", 1]),
    "list": ("12 KB list, 100 clients",
             ["--files", "f12k.bin", "--clients", 100, "--transfers", 10000]),
    "image": ("20 MB x 32 clients, blksize 1428",
              ["--files", "f20m.bin", "--clients", 32, "--transfers", 32, "--blksize", 1428]),
    "window": ("20 MB x 32 clients, windowsize 32",
               ["--files", "f20m.bin", "--clients", 32, "--transfers", 64, "--blksize", 1428,
                "--windowsize", 32]),
    "loss": ("12 KB list, 100 clients, 1 % loss",
             ["--files", "f12k.bin", "--clients", 100, "--transfers", 2000, "--loss", 10000]),
}
HTTP_ROWS = {
    "http-new": ("HTTP 3 KB, new connections", "f3k.bin", ["-H", "Connection: close"]),
    "http-kept": ("HTTP 3 KB, kept connections", "f3k.bin", []),
    "http-image": ("HTTP 20 MB", "f20m.bin", []),
}


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def descendants(pid):
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                for child in f.read().split():
                    found += descendants(int(child))
    return found


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
            # own time and that of ended children (forking servers)
            ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


class Server:
    """One server under test: a process tree and a port."""
    name = "?"
    http = False

    def __init__(self, root, work):
        self.root, self.work = root, work
        self.process = None
        self.port = free_port(socket.SOCK_STREAM if self.http else socket.SOCK_DGRAM)

    def command(self):
        raise NotImplementedError

    def start(self):
        argv = ["taskset", "-c", SERVER_CORE] + [str(a) for a in self.command()]
        with open(os.path.join(self.work, self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log,
                                            start_new_session=True)
        self.wait_up()

    def wait_up(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if self.answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not answer, see its log")

    def answers(self):
        if self.http:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            return False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            with contextlib.suppress(OSError):
                s.sendto(b"\0\1f3k.bin\0octet\0", ("127.0.0.1", self.port))
                data, peer = s.recvfrom(600)
                s.sendto(b"\0\5\0\0enough\0", peer)
                return data[:2] == b"\0\3"
        return False

    def cpu(self):
        return cpu_seconds(descendants(self.process.pid))

    def stop(self):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Limit(Server):
    name = "limit"

    def command(self):
        return [os.path.join(BUILD, "bench", "tftpbound"), self.port, self.root, "gso"]


class Hpa(Server):
    """tftpd-hpa has no foreground mode on a free port as root without a
    chroot; -L stays in the foreground."""
    name = "tftpd-hpa"
    binary = None

    def command(self):
        return [self.binary, "-L", "-s", "-u", "root", "-a", f"127.0.0.1:{self.port}", self.root]


class Atftpd(Server):
    name = "atftpd"

    def command(self):
        return ["/usr/sbin/atftpd", "--daemon", "--no-fork", "--bind-address", "127.0.0.1",
                "--port", self.port, "--user", "root", "--group", "root", "--maxthread", "2000",
                "--logfile", os.path.join(self.work, "atftpd.out"), self.root]


class Dnsmasq(Server):
    name = "dnsmasq"

    def command(self):
        # its TFTP port is fixed: 69, on an address of loopback of its own
        return ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--port=0", "--enable-tftp",
                f"--tftp-root={self.root}", "--listen-address=127.0.0.69", "--bind-interfaces",
                "--conf-file=/dev/null", "--user=root", "--tftp-max=2000", "--pid-file="]

    def __init__(self, root, work):
        super().__init__(root, work)
        self.host, self.port = "127.0.0.69", 69

    def answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            with contextlib.suppress(OSError):
                s.sendto(b"\0\1f3k.bin\0octet\0", (self.host, self.port))
                return s.recvfrom(600)[0][:2] == b"\0\3"
        return False


class Nginx(Server):
    name = "nginx"
    http = True

    def command(self):
        conf = os.path.join(self.work, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"""daemon off; worker_processes 1; user root;
pid {self.work}/nginx.pid; error_log {self.work}/nginx.err;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
client_body_temp_path {self.work}/n1; proxy_temp_path {self.work}/n2;
fastcgi_temp_path {self.work}/n3; uwsgi_temp_path {self.work}/n4; scgi_temp_path {self.work}/n5;
server {{ listen 127.0.0.1:{self.port} backlog=4096; root {self.root}; }} }}
""")
        return ["/usr/sbin/nginx", "-c", conf]


class Ours(Server):
    """A whole node at its defaults: log level info, observations on."""
    name = "phonetrust"
    state = None

    def start(self):
        self.state = os.path.join(self.work, "state")
        ctl = os.path.join(BUILD, "ctltool", "ctltool")
        for offset in range(9000, 25000, 500):
            with contextlib.suppress(OSError):
                for kind, port in ((socket.SOCK_DGRAM, 69), (socket.SOCK_STREAM, 6970)):
                    with socket.socket(socket.AF_INET, kind) as s:
                        s.bind(("127.0.0.1", port + offset))
                break
        subprocess.run([ctl, "--state", self.state, "node", "init", "--name", "cm1",
                        "--cluster", "bench", "--address", "127.0.0.1", "--port-offset",
                        str(offset)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        for name in os.listdir(self.root):
            path = os.path.join(self.state, "tftp", name)
            shutil.copyfile(os.path.join(self.root, name), path)
            os.chmod(path, 0o644)
        self.ports = {False: 69 + offset, True: 6970 + offset}
        self.port = self.ports[self.http]
        with open(os.path.join(self.work, "phonetrust.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", SERVER_CORE, os.path.join(BUILD, "tftpd", "tftpd"), "--state",
                 self.state, "--foreground"], stdout=log, stderr=log, start_new_session=True)
        self.wait_up()

    def pss(self):
        total = 0
        for pid in descendants(self.process.pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup",
                                                   encoding="ascii") as f:
                total += int(re.search(r"^Pss: +(\d+)", f.read(), re.M).group(1))
        return total


class OursHttp(Ours):
    http = True


def tftp_load(server, args):
    argv = ["taskset", "-c", LOAD_CORE, os.path.join(BUILD, "bench", "tftpload"),
            "--host", getattr(server, "host", "127.0.0.1"), "--port", server.port,
            "--root", server.root, "--max-seconds", 60] + args
    before = server.cpu()
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.DEVNULL)
    row = json.loads(done.stdout.decode().splitlines()[-1])
    n = max(row["ok"], 1)
    return {"rate": row["rate"], "cpu": (server.cpu() - before) * 1000 / n, "MBps": row["MBps"],
            "lost": row["timeouts"] + row["protocol"] + row["unfinished"] + row["wrong"],
            "retrans": row["resent"], "p99": row["p99_ms"]}


def http_load(server, name, args):
    argv = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", "32", "-d", "4s"] + args + \
        [f"http://127.0.0.1:{server.port}/{name}"]
    before = server.cpu()
    out = subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout.decode()
    n = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec: +([\d.]+)", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    size = os.path.getsize(os.path.join(server.root, name))
    return {"rate": rate, "cpu": (server.cpu() - before) * 1000 / max(n, 1),
            "MBps": rate * size / 1e6, "lost": int(bad.group(1)) if bad else 0,
            "retrans": 0, "p99": 0.0}


def median(rows):
    rows = sorted(rows, key=lambda r: r["cpu"])
    return rows[len(rows) // 2]


def measure(title, servers, load):
    got = {s.name: [] for s in servers}
    for _ in range(REPEAT):
        for s in servers:
            got[s.name].append(load(s))
    print(f"\n{title}")
    print(f"  {'server':<12} {'CPU s/1000':>11} {'rate /s':>10} {'MB/s':>8} {'p99 ms':>8} "
          f"{'lost':>5} {'resent':>7}   CPU ours/its  rate ours/its")
    best = {name: median(rows) for name, rows in got.items()}
    ours = best["phonetrust"]
    for name, r in best.items():
        ratio = "" if name == "phonetrust" else \
            f"{ours['cpu'] / max(r['cpu'], 1e-9):12.2f} {ours['rate'] / max(r['rate'], 1e-9):14.2f}"
        print(f"  {name:<12} {r['cpu']:11.4f} {r['rate']:10.0f} {r['MBps']:8.1f} {r['p99']:8.1f} "
              f"{r['lost']:5d} {r['retrans']:7d}   {ratio}", flush=True)
    return {"row": title, "servers": best}


def find_peers(work):
    """Peers that are installed; tftpd-hpa conflicts with atftpd, so one of
    the two is unpacked from its package without being installed."""
    peers = []
    if os.path.exists("/usr/sbin/in.tftpd"):
        Hpa.binary = "/usr/sbin/in.tftpd"
    elif shutil.which("apt-get"):
        done = subprocess.run(["apt-get", "-q", "download", "tftpd-hpa"], cwd=work, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        debs = [f for f in os.listdir(work) if f.startswith("tftpd-hpa")]
        if done.returncode == 0 and debs:
            subprocess.run(["dpkg", "-x", os.path.join(work, debs[0]),
                            os.path.join(work, "hpa")], check=True)
            Hpa.binary = os.path.join(work, "hpa", "usr", "sbin", "in.tftpd")
    if Hpa.binary:
        peers.append(Hpa)
    if os.path.exists("/usr/sbin/atftpd"):
        peers.append(Atftpd)
    if os.path.exists("/usr/sbin/dnsmasq"):
        peers.append(Dnsmasq)
    return peers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[[], *TFTP_ROWS, *HTTP_ROWS])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    rows = options.rows or [*TFTP_ROWS, *HTTP_ROWS]
    if os.cpu_count() < 2:
        sys.exit("bench: two cores are needed, one for the servers and one for the load")
    work = tempfile.mkdtemp(prefix="phonetrust-bench.")
    root = os.path.join(work, "root")
    os.mkdir(root)
    os.chmod(work, 0o755)
    for name, size in (("f3k.bin", 3000), ("f12k.bin", 12000), ("f20m.bin", 20_000_000)):
        with open(os.path.join(root, name), "wb") as f:
            f.write(os.urandom(size))
    results = []
    running = []
    try:
        wanted = [Ours, Limit] + find_peers(work)
        tftp = [cls(root, work) for cls in wanted] if set(rows) & set(TFTP_ROWS) else []
        missing = {"tftpd-hpa", "atftpd", "dnsmasq"} - {s.name for s in tftp}
        if tftp and missing:
            print("not measured, not installed: " + ", ".join(sorted(missing)))
        for s in list(tftp):
            running.append(s)
            try:
                s.start()
            except RuntimeError as why:
                if isinstance(s, (Ours, Limit)):
                    raise
                print(f"not measured: {why}")
                tftp.remove(s)
        if tftp:
            print(f"memory of all tftpd processes, empty cache: {tftp[0].pss()} KB PSS")
        for name in (r for r in rows if r in TFTP_ROWS):
            title, args = TFTP_ROWS[name]
            results.append(measure(title, tftp, lambda s, a=args: tftp_load(s, a)))
        for s in running:
            s.stop()
        running = []
        if set(rows) & set(HTTP_ROWS):
            if not shutil.which("wrk") or not os.path.exists("/usr/sbin/nginx"):
                print("HTTP not measured: install nginx-light and wrk")
            else:
                shutil.rmtree(os.path.join(work, "state"), ignore_errors=True)
                http = [OursHttp(root, work), Nginx(root, work)]
                for s in http:
                    s.start()
                    running.append(s)
                for name in (r for r in rows if r in HTTP_ROWS):
                    title, file, args = HTTP_ROWS[name]
                    results.append(measure(title, http,
                                           lambda s, f=file, a=args: http_load(s, f, a)))
    finally:
        for s in running:
            s.stop()
        shutil.rmtree(work, ignore_errors=True)
    if options.json:
        with open(options.json, "w", encoding="ascii") as f:
            json.dump(results, f, indent=1)


main()
