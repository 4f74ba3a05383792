#!/usr/bin/env python3
"""Speed of the file service, of TVS and of CAPF beside their peers, in one run.

    make bench                                  all rows
    make bench BENCH_ROWS="burst list"          some
    make bench BENCH_JSON=figures.json          also as JSON

Every server runs pinned to core 0, the load to core 1, on loopback only.  Each
row is measured several times in turn over all servers; the median counts.  CPU
is what all processes of a server used, per 1,000 transfers; rates come second,
since machines differ and are noisy: compare the ratios.  README.md says more.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time

import aims
import capf
import rows
import servers
import tvs

REST_S = 2.1    # files are kept in memory once they have not changed for two seconds


def start(cls, root, work, running):
    """A server that answers; of peers also None, with a word why."""
    server = cls(root, work)
    running.callback(server.stop)
    try:
        server.start()
    except RuntimeError as why:
        if isinstance(server, (servers.Ours, servers.Limit, tvs.LimitTls)):
            raise
        print(f"not measured: {why}")
        return None
    return server


def start_all(classes, root, work, running):
    started = [start(cls, root, work, running) for cls in classes]
    return [s for s in started if s is not None]


def run_tftp(wanted, root, work):
    with contextlib.ExitStack() as running:
        classes = [servers.Ours]
        if set(wanted) & set(rows.TFTP_ROWS):
            classes += [servers.Limit, *servers.tftp_peers(work)]
        started = start_all(classes, root, work, running)
        yield aims.memory_row(started[0].pss_kb())
        for name in wanted:
            if name in rows.TFTP_ROWS:
                yield rows.tftp_row(name, started)
        if rows.COLD_ROW in wanted:
            yield rows.cold_row(started[0])


def run_http(wanted, root, work):
    if not shutil.which("wrk") or not os.path.exists("/usr/sbin/nginx"):
        return
    with contextlib.ExitStack() as running:
        started = start_all([servers.OursHttp, servers.Nginx], root, work, running)
        for name in wanted:
            if name in rows.HTTP_ROWS:
                yield rows.http_row(name, started)


def run_tvs(wanted, root, work):
    with contextlib.ExitStack() as running:
        started = start_all([tvs.OursTvs, tvs.LimitTls, tvs.OursMany], root, work, running)
        for name in wanted:
            if name in rows.TVS_ROWS:
                yield tvs.row(name, started)


def run_capf(wanted, root, work):
    with contextlib.ExitStack() as running:
        started = start_all([capf.OursCapf, capf.LimitBoth], root, work, running)
        for name in wanted:
            if name in rows.CAPF_ROWS:
                yield capf.row(name, started)


def run(wanted, work):
    root = os.path.join(work, "root")
    os.mkdir(root)
    for name, size in (("f3k.bin", 3000), ("f12k.bin", 12000), ("f20m.bin", 20_000_000)):
        with open(os.path.join(root, name), "wb") as f:
            f.write(os.urandom(size))
        os.chmod(f.name, 0o644)
    for folder in (work, root):
        os.chmod(folder, 0o755)     # servers may give up their rights
    time.sleep(REST_S)
    results = []
    if set(wanted) & {*rows.TFTP_ROWS, rows.COLD_ROW}:
        results += run_tftp(wanted, root, work)
    if set(wanted) & set(rows.HTTP_ROWS):
        results += run_http(wanted, root, work)
    if set(wanted) & set(rows.TVS_ROWS):
        results += run_tvs(wanted, root, work)
    if set(wanted) & set(rows.CAPF_ROWS):
        results += run_capf(wanted, root, work)
    return [{"aims": aims.aims_of(row), **row} for row in results]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[[], *rows.ALL_ROWS])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    if os.cpu_count() < 2:
        sys.exit("bench: two cores are needed, one for the servers and one for the load")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # servers go too
    missing = servers.missing_packages()
    if missing:
        print("left out what is not here: apt-get install " + " ".join(missing))
    work = tempfile.mkdtemp(prefix="phonetrust-bench.")
    try:
        results = run(options.rows or rows.ALL_ROWS, work)
    except RuntimeError as why:
        sys.exit(f"bench: {why}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    aims.print_aims(results)
    if options.json:
        with open(options.json, "w", encoding="ascii") as f:
            json.dump(results, f, indent=1)
    found = aims.faults(results)
    for fault in found:
        print(f"bench: {fault}", file=sys.stderr)
    sys.exit(1 if found else 0)


main()
