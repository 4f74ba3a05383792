"""The rows of the bench: what each asks for and what came of it."""
import http.client
import json
import os
import re
import resource
import statistics
import subprocess
import time

from servers import BUILD, LOAD_CORE, SERVER_CORE

REPEAT = 3          # measurements of each server, in turn; the median counts
SETTLE_S = 0.5      # what a server puts off until after the load counts too
BURST_S = 3.0       # bursts of one measurement begin within this time
BURSTS = 10         # and are so many at most
BUSY = 0.9          # of its core: this side was the limit
WRK_S = 4
COLD_PHONES = 2000
COLD_FIRST = 0x001122330000

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
COLD_ROW = "cold"
HTTP_ROWS = {
    "http-new": ("HTTP 3 KB, new connections", "f3k.bin", ["-H", "Connection: close"]),
    "http-kept": ("HTTP 3 KB, kept connections", "f3k.bin", []),
    "http-image": ("HTTP 20 MB", "f20m.bin", []),
}
TVS_ROWS = {
    # title, options of tlsload, beside the limit server; else beside a node with more trust
    "tvs-4": ("TVS: full handshake and an answer, 4 connections",
              ["--connections", 4, "--total", 3000], True),
    "tvs-64": ("TVS: full handshake and an answer, 64 connections",
               ["--connections", 64, "--total", 3000], True),
    "tvs-1000": ("TVS: full handshake and an answer, 1,000 connections",
                 ["--connections", 1000, "--total", 3000], True),
    "tvs-resumed": ("TVS: resumed handshake and an answer, 4 connections",
                    ["--connections", 4, "--total", 20000, "--resume", 1], True),
    "tvs-kept": ("TVS: answers on 8 kept connections",
                 ["--connections", 8, "--total", 8, "--requests", 25000], True),
    "tvs-known": ("TVS: a certificate among 10 trusted ones, and among 100,000",
                  ["--connections", 64, "--total", 3000], False),
    "tvs-strangers": ("TVS: strangers where 10 are trusted, and 100,000",
                      ["--connections", 8, "--total", 8, "--requests", 2500, "--strangers", 1],
                      False),
}
CAPF_ROWS = {
    # title, connections at a time, installations of a run
    "capf-32": ("CAPF: whole installations, 32 connections", 32, 2000),
    "capf-500": ("CAPF: whole installations, 500 connections", 500, 2000),
}
ALL_ROWS = [*TFTP_ROWS, COLD_ROW, *HTTP_ROWS, *TVS_ROWS, *CAPF_ROWS]


def tftpload(server, args):
    """One run of the load, as the JSON it printed."""
    argv = ["taskset", "-c", LOAD_CORE, os.path.join(BUILD, "bench", "tftpload"),
            "--host", server.host, "--port", server.port, "--root", server.root,
            "--max-seconds", 60] + args
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)


def figures(server, before, runs):
    """Of one measurement, from the runs of the load in it."""
    time.sleep(SETTLE_S)
    cpu = server.cpu() - before
    total = {k: sum(r[k] for r in runs) for k in
             ("ok", "seconds", "cpu_s", "bytes", "wrong", "resent", "timeouts", "protocol",
              "unfinished")}
    return {"rate": total["ok"] / total["seconds"], "cpu": cpu * 1000 / max(total["ok"], 1),
            "MBps": total["bytes"] / total["seconds"] / 1e6,
            "lost": total["timeouts"] + total["protocol"] + total["unfinished"],
            "wrong": total["wrong"], "retrans": total["resent"],
            "p99": statistics.median(r["p99_ms"] for r in runs),
            "server_busy": cpu / total["seconds"], "load_busy": total["cpu_s"] / total["seconds"]}


def load_tftp(server, args):
    before = server.cpu()
    return figures(server, before, [tftpload(server, args)])


def load_bursts(server, args):
    """A burst is over in some ticks of the clock: one measurement is several."""
    before, end, runs = server.cpu(), time.monotonic() + BURST_S, []
    while len(runs) < BURSTS and (not runs or time.monotonic() < end):
        runs.append(tftpload(server, args))
    return figures(server, before, runs)


class Cold:
    """Phones that ask for their signed file, none of which was asked before."""

    def __init__(self, server):
        self.next = COLD_FIRST
        path = os.path.join(server.work, "phones.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("name,model\n")
            for i in range(COLD_PHONES * REPEAT):
                f.write(f"SEP{COLD_FIRST + i:012X},8861\n")
        server.ctl("phone", "import", path)

    def load(self, server):
        first, self.next = self.next, self.next + COLD_PHONES
        # a signed file begins with its version, then the length of its header
        return load_tftp(server, ["--first", f"SEP{first:012X}", "--suffix", ".cnf.xml.sgn",
                                  "--begins", "0100020100020002", "--clients", 100,
                                  "--transfers", COLD_PHONES])


class Signatures:
    """What the core can sign in all, in place of a server."""
    name = "RSA-2048"

    @staticmethod
    def load():
        said = subprocess.run(["taskset", "-c", SERVER_CORE, "openssl", "speed", "-seconds", "2",
                               "rsa2048"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True).stdout.decode()
        rate = float(re.search(r"^rsa +2048 bits +\S+s +\S+s +([\d.]+)", said, re.M).group(1))
        return {"rate": rate, "cpu": 1000 / rate, "MBps": 0.0, "lost": 0, "wrong": 0,
                "retrans": 0, "p99": 0.0, "server_busy": 1.0, "load_busy": 0.0}


def count_wrong(server, name):
    """wrk counts answers; that their bytes are right is seen once a time."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    connection.request("GET", "/" + name)
    got = connection.getresponse().read()
    connection.close()
    with open(os.path.join(server.root, name), "rb") as f:
        return int(got != f.read())


def wrk_errors(said):
    """Answers that are none, and connections that broke."""
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)",
                       said)
    return sum(int(n) for m in (bad, broken) if m for n in m.groups())


def wrk_p99_ms(said):
    value, unit = re.search(r"99% +([\d.]+)(us|ms|s)", said).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load_http(server, name, args):
    wrong = count_wrong(server, name)
    argv = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", "32", "-d", f"{WRK_S}s",
            "--timeout", "30s", "--latency", *args, f"http://{server.host}:{server.port}/{name}"]
    before, mine = server.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout.decode()
    load = resource.getrusage(resource.RUSAGE_CHILDREN)
    time.sleep(SETTLE_S)
    cpu = server.cpu() - before
    n = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec: +([\d.]+)", said).group(1))
    used = load.ru_utime + load.ru_stime - mine.ru_utime - mine.ru_stime
    return {"rate": rate, "cpu": cpu * 1000 / max(n, 1),
            "MBps": rate * os.path.getsize(os.path.join(server.root, name)) / 1e6,
            "lost": wrk_errors(said), "wrong": wrong, "retrans": 0, "p99": wrk_p99_ms(said),
            "server_busy": cpu / WRK_S, "load_busy": used / WRK_S}


def merge(runs):
    """The median of each figure; of faults the sum."""
    faults = ("lost", "wrong")
    return {k: sum(r[k] for r in runs) if k in faults else statistics.median(r[k] for r in runs)
            for k in runs[0]}


def bound_by(r):
    sides = [name for name in ("server", "load") if r[name + "_busy"] >= BUSY]
    return "+".join(sides) or "neither"


def significant(x):
    """Four digits that mean something, whatever the size."""
    return f"{x:.4g}" if x < 1000 else f"{x:.0f}"


def print_table(title, best):
    print(f"\n{title}")
    print(f"  {'server':<11} {'CPU s/1000':>10} {'rate /s':>9} {'MB/s':>7} {'p99 ms':>7} "
          f"{'lost':>5} {'wrong':>5} {'resent':>6} {'server':>6} {'load':>5} {'bound by':>11} "
          "  CPU ours/its  rate ours/its")
    ours = best["phonetrust"]
    for name, r in best.items():
        ratios = "" if name == "phonetrust" or r["cpu"] <= 0 or r["rate"] <= 0 else \
            f"{ours['cpu'] / r['cpu']:14.2f} {ours['rate'] / r['rate']:14.2f}"
        print(f"  {name:<11} {significant(r['cpu']):>10} {significant(r['rate']):>9} "
              f"{r['MBps']:7.1f} {r['p99']:7.1f} {r['lost']:5d} {r['wrong']:5d} "
              f"{r['retrans']:6.0f} {r['server_busy']:6.0%} {r['load_busy']:5.0%} "
              f"{bound_by(r):>11} {ratios}", flush=True)


def measure(name, title, loads):
    """loads: name of a server -> what measures it once."""
    got = {server: [] for server in loads}
    for _ in range(REPEAT):
        for server, load in loads.items():
            got[server].append(load())
    best = {server: merge(runs) for server, runs in got.items()}
    print_table(f"{name}: {title}", best)
    return {"name": name, "row": title, "servers": best}


def tftp_row(name, servers):
    title, args = TFTP_ROWS[name]
    load = load_bursts if name == "burst" else load_tftp
    return measure(name, title, {s.name: (lambda s=s: load(s, args)) for s in servers})


def cold_row(ours):
    cold = Cold(ours)
    title = f"{COLD_PHONES:,} phones' own signed files, none asked before"
    return measure(COLD_ROW, title, {ours.name: lambda: cold.load(ours),
                                     Signatures.name: Signatures.load})


def http_row(name, servers):
    title, file, args = HTTP_ROWS[name]
    return measure(name, title, {s.name: (lambda s=s: load_http(s, file, args)) for s in servers})
