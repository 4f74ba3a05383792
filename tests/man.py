#!/usr/bin/env python3
"""Every program has a manual page, and no page has a fault mandoc can see."""
import json
import os
import re
import shutil
import subprocess
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..")
BUILD = os.environ.get("top_builddir") or "."
# written by hand, and made from the programs' tables
FOLDERS = [os.path.join(TOP, "man"), os.path.join(BUILD, "man")]

if shutil.which("mandoc") is None:
    print("SKIP: mandoc is not installed")
    sys.exit(77)
faults = []
pages = {name: os.path.join(folder, name) for folder in FOLDERS if os.path.isdir(folder)
         for name in os.listdir(folder) if re.search(r"\.[1-9]$", name)}
for page in sorted(pages):
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", pages[page]],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    faults += done.stdout.decode().splitlines()
for program in ("tftpd", "tvsd", "capfd", "ctltool", "phonesim"):
    page = next((p for p in pages if p.split(".")[0] == program), None)
    if page is None:
        faults.append(f"no page for {program}")
        continue
    with open(pages[page], encoding="utf-8") as f:
        text = f.read()
    # each long option of --help stands in the page
    usage = subprocess.run([os.path.join(BUILD, program, program), "--help"],
                           stdout=subprocess.PIPE, check=True).stdout.decode()
    for option in sorted(set(re.findall(r"^ *(?:-\w, *)?--([a-z][a-z-]+)", usage, re.M))):
        if not re.search(r"Fl\s+(\\-|-)?" + re.escape(option).replace("\\-", r"\\?-"), text):
            faults.append(f"{page} says nothing of --{option}")
# the pages that are made name every command and parameter, in full
for page in ("ctltool.8", "phonetrust-params.5"):
    if page not in pages:
        faults.append(f"{page} is not made")
ctltool = os.path.join(BUILD, "ctltool", "ctltool")
if "ctltool.8" in pages:
    listed = json.loads(subprocess.run([ctltool, "help", "--json"], stdout=subprocess.PIPE,
                                       check=True).stdout)["result"]["commands"]
    with open(pages["ctltool.8"], encoding="utf-8") as f:
        text = f.read()
    plain = subprocess.run(["mandoc", "-Tascii", "-O", "width=1000", pages["ctltool.8"]],
                           stdout=subprocess.PIPE, check=True).stdout.decode()
    plain = re.sub(".\x08", "", plain)
    for command in listed:
        if f"\n.It Cm {command['words']} Xo\n" not in text:
            faults.append(f"ctltool.8 lacks {command['words']}")
        for sentence in re.split(r"  +|\n", command["help"]):
            if sentence not in re.sub(r"\s+", " ", plain):
                faults.append(f"ctltool.8, {command['words']}: lacks \"{sentence}\"")
if "phonetrust-params.5" in pages:
    with open(pages["phonetrust-params.5"], encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(TOP, "db", "param_table.c"), encoding="utf-8") as f:
        names = re.findall(r'\{ PARAM_[A-Z0-9_]+,\s+"([a-z0-9._]+)"', f.read())
    for name in names:
        if f"\n.It Cm {name}\n" not in text:
            faults.append(f"phonetrust-params.5 lacks {name}")
    if len(names) < 20:
        faults.append(f"only {len(names)} parameters found")
for fault in faults:
    print(fault)
print(f"{len(pages)} pages, {len(faults)} faults")
sys.exit(1 if faults or not pages else 0)
