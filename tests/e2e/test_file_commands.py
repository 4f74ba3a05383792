#!/usr/bin/env python3
"""file get, dump, search and tail: looking at what phones fetch."""
import hashlib
import os

from node import Node, contains, equal, example, fails, main, ok, program, run

PHONE = "SEP0011223344AA"


def ctl_in(folder, n, *words):
    return run(program("ctltool"), "--state", n.state, *words, cwd=folder)


def test_get():
    with Node() as n:
        image = os.urandom(3_000_000)
        n.write("load/image.bin", image)
        here = os.path.join(n.work, "here")
        os.mkdir(here)
        answer = ok(ctl_in(here, n, "--json", "file", "get", "tftp", "load/image.bin")).json
        with open(os.path.join(here, "image.bin"), "rb") as f:
            equal(f.read(), image, "the copy")
        equal(answer["result"]["sha256"], hashlib.sha256(image).hexdigest())
        # never over another file, and a rehearsal makes none
        fails(ctl_in(here, n, "file", "get", "tftp", "load/image.bin"), 1, "--to")
        ok(ctl_in(here, n, "--dry-run", "file", "get", "tftp", "load/image.bin", "--to", "b"))
        equal(os.listdir(here), ["image.bin"])
        # a phone's own configuration, as it gets it
        ok(n.ctl("phone", "add", PHONE, "--model", "8861", "--config",
                 example(f"{PHONE}.cnf.xml")))
        ok(ctl_in(here, n, "file", "get", "tftp", f"{PHONE}.cnf.xml", "--to", "own.xml"))
        with open(os.path.join(here, "own.xml"), "rb") as f:
            contains(f.read().decode(), "versionStamp")
            equal(os.fstat(f.fileno()).st_mode & 0o777, 0o600, "it may carry passwords")
        fails(ctl_in(here, n, "file", "get", "tftp", "../phonetrust.db"), 4)
        fails(ctl_in(here, n, "file", "get", "tftp", "none.bin"), 1)
        fails(ctl_in(here, n, "file", "get", "tftp", f"{PHONE}.cnf.xml.sgn"), 4)
        equal(sorted(os.listdir(here)), ["image.bin", "own.xml"])


def test_get_to_a_full_disk():
    with Node() as n:
        n.write("a.bin", bytes(100_000))
        fails(ctl_in(n.work, n, "file", "get", "tftp", "a.bin", "--to", "/dev/full"), 1)
        fails(ctl_in(n.work, n, "file", "get", "tftp", "a.bin", "--to", "no/such/folder"), 1)


def test_dump():
    with Node() as n:
        n.write("a.bin", bytes(range(256)) * 40)
        out = ok(n.ctl("file", "dump", "tftp", "a.bin", "--offset", "64", "--bytes", "20"))
        contains(out.out, "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  "
                          "@ABCDEFGHIJKLMNO")
        contains(out.out, "00000050  50 51 52 53")
        contains(out.err, "10156 bytes follow: --offset 84")
        answer = ok(n.ctl("--json", "file", "dump", "tftp", "a.bin", "--offset", "10240")).json
        equal(answer["result"]["hex"], "")
        for bad in ("0", "x", "1048577"):
            fails(n.ctl("file", "dump", "tftp", "a.bin", "--bytes", bad), 2, "--bytes")


def test_tail():
    with Node() as n:
        n.write("a.txt", b"".join(b"line %d\n" % i for i in range(200_000)))
        n.write("b.txt", b"one\ntwo\nthree")
        n.write("c.bin", b"\0\1\2")
        equal(ok(n.ctl("file", "tail", "tftp", "a.txt", "--lines", "2")).out,
              "line 199998\nline 199999\n")
        equal(len(ok(n.ctl("file", "tail", "tftp", "a.txt")).out.splitlines()), 10)
        equal(ok(n.ctl("file", "tail", "tftp", "b.txt", "--lines", "2")).out, "two\nthree\n")
        equal(ok(n.ctl("file", "tail", "tftp", "b.txt")).out, "one\ntwo\nthree\n")
        fails(n.ctl("file", "tail", "tftp", "c.bin"), 4, "not text")


def test_search():
    with Node() as n:
        n.write("a.xml", b"<x>\r\n <ring>Bell</ring>\r\n</x>\r\n")
        n.write("sub/b.xml", b"<ring>Horn</ring>")
        n.write("c.bin", b"\0<ring>")
        out = ok(n.ctl("file", "search", "tftp", "*", "<ring>[BH]"))
        equal(out.out, "a.xml:2: <ring>Bell</ring>\nsub/b.xml:1:<ring>Horn</ring>\n")
        contains(out.err, "1 files are not text")
        equal(ok(n.ctl("file", "search", "tftp", "a.*", "Horn")).out, "")
        fails(n.ctl("file", "search", "tftp", "*", "(["), 2, "regular expression")


if __name__ == "__main__":
    main([test_get, test_get_to_a_full_disk, test_dump, test_tail, test_search])
