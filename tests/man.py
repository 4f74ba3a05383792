#!/usr/bin/env python3
"""Every program has a manual page, and no page has a fault mandoc can see."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..")
BUILD = os.environ.get("top_builddir") or "."
MAN = os.path.join(TOP, "man")

if shutil.which("mandoc") is None:
    print("SKIP: mandoc is not installed")
    sys.exit(77)
faults = []
pages = sorted(os.listdir(MAN))
for page in pages:
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(MAN, page)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    faults += done.stdout.decode().splitlines()
for program in ("tftpd", "ctltool", "phonesim"):
    page = next((p for p in pages if p.split(".")[0] == program), None)
    if page is None:
        faults.append(f"no page for {program}")
        continue
    with open(os.path.join(MAN, page), encoding="utf-8") as f:
        text = f.read()
    # each long option of --help stands in the page
    usage = subprocess.run([os.path.join(BUILD, program, program), "--help"],
                           stdout=subprocess.PIPE, check=True).stdout.decode()
    for option in sorted(set(re.findall(r"^ *(?:-\w, *)?--([a-z][a-z-]+)", usage, re.M))):
        if not re.search(r"Fl\s+(\\-|-)?" + re.escape(option).replace("\\-", r"\\?-"), text):
            faults.append(f"{page} says nothing of --{option}")
for fault in faults:
    print(fault)
print(f"{len(pages)} pages, {len(faults)} faults")
sys.exit(1 if faults or not pages else 0)
