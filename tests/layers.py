#!/usr/bin/env python3
"""Fail when an include breaks the layer drawing of ARCHITECTURE.md.

programs -> trust, cluster, sip -> net, proc, certs, db -> crypt -> base
Arrows never point up nor sideways, programs never include one another, and a
third-party library is included only where it may be.
"""
import os
import re
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..")

PROGRAMS = ["tftpd", "tvsd", "capfd", "trunkd", "clusterd", "ctltool", "phonesim"]
DOMAIN = ["trust", "cluster", "sip"]
MIDDLE = ["net", "proc", "certs", "db"]
BELOW = {"base": set(), "crypt": {"base"}}
for name in MIDDLE:
    BELOW[name] = {"crypt", "base"}
for name in DOMAIN:
    BELOW[name] = set(MIDDLE) | {"crypt", "base"}
for name in PROGRAMS:
    BELOW[name] = set(DOMAIN) | set(MIDDLE) | {"crypt", "base"}

# library header prefix -> folders or files that may include it
LIBRARIES = {
    "openssl/": ["crypt/", "certs/", "net/"],
    "sqlite3": ["db/", "cluster/"],
    "libxml/": ["trust/xml.c", "trust/xml_edit.c", "trust/xml_mem.c",
                "trust/xml_part.h"],
    "curl/": ["net/fetch.c", "net/fetch_cert.c", "net/mail.c", "net/transfer.c"],
    "event2/": ["net/loop.c"],
    "jansson": ["ctltool/", "phonesim/"],
    "systemd/": ["proc/"],
    "histedit": ["ctltool/prompt.c"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def faults(path, text):
    """The faults of one file, as sentences."""
    folder = path.split("/")[0]
    for kind, target in INCLUDE.findall(text):
        top = target.split("/")[0]
        if kind == '"' and "/" in target and top in BELOW:
            if top != folder and top not in BELOW[folder]:
                yield f"{path}: {folder}/ may not include {target}"
        elif kind == '"' and target != "config.h":
            yield f"{path}: include {target} by its path from the top"
        for lib, places in LIBRARIES.items():
            if kind == "<" and target.startswith(lib):
                if not any(path.startswith(p) for p in places):
                    yield f"{path}: <{target}> belongs in {', '.join(places)}"


def scan(top):
    found = []
    count = 0
    for folder in BELOW:
        for where, _, names in os.walk(os.path.join(top, folder)):
            for name in names:
                if not name.endswith((".c", ".h")):
                    continue
                full = os.path.join(where, name)
                with open(full, encoding="utf-8") as f:
                    text = f.read()
                count += 1
                found += faults(os.path.relpath(full, top), text)
    return count, found


def self_test():
    """The rules themselves: what must be found is found."""
    bad = [
        ("base/x.c", '#include "crypt/digest.h"\n'),
        ("certs/x.c", '#include "db/db.h"\n'),
        ("db/x.c", '#include "certs/cert.h"\n'),
        ("proc/x.c", '#include "certs/sign.h"\n'),
        ("tftpd/x.c", '#include "phonesim/sim.h"\n'),
        ("trust/x.c", '#include <openssl/evp.h>\n'),
        ("trust/x.c", '#include <sqlite3.h>\n'),
        ("tftpd/x.c", '#include "tftpd.h"\n'),
    ]
    for path, text in bad:
        if not list(faults(path, text)):
            return f"the rule for {path}: {text.strip()} does not act"
    good = [("trust/x.c", '#include "db/db.h"\n#include <stdio.h>\n'),
            ("tftpd/x.c", '#include "tftpd/tftp_msg.h"\n')]
    for path, text in good:
        for fault in faults(path, text):
            return f"wrongly found: {fault}"
    return None


def main():
    wrong = self_test()
    if wrong:
        print(wrong)
        return 1
    count, found = scan(TOP)
    for fault in found:
        print(fault)
    print(f"{count} files, {len(found)} faults")
    return 1 if found or count == 0 else 0


sys.exit(main())
