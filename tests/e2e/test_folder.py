#!/usr/bin/env python3
"""An administrator's own configurations among the files: dropped, changed,
broken, overridden, removed."""
import os
import re
import socket
import ssl
import time

from node import (DEADLINE, Node, Skip, contains, equal, example, fails, main, ok, wait_for)

PHONE = "SEP0011223344AA"
FILE = f"{PHONE}.cnf.xml"
OLD = 1_500_000_000     # a time of files long before any row


def own(mark="one"):
    return (f"<device><deviceProtocol>SIP</deviceProtocol><mark>{mark}</mark>"
            "<deviceSecurityMode>3</deviceSecurityMode></device>\n").encode()


def drop(n, name, data):
    """As it should be done: written elsewhere, then renamed into place."""
    path = n.write(name + ".new", data)
    os.rename(path, path[:-4])
    return path[:-4]


def served(n, name=FILE):
    code, _, body = n.http("/" + name)
    return body.decode() if code == 200 else None


def wait_served(n, part, name=FILE):
    """The row's form of it: with our security elements, not the file as it is."""
    def there():
        body = served(n, name)
        return body is not None and part in body and "versionStamp" in body
    wait_for(f"{part} is served as {name}", there)


def tftp_error(n, name):
    """The code of the error that answers a request, None when it is no error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(DEADLINE)
        s.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("127.0.0.1", n.port("tftp")))
        data = s.recv(65536)
        return int.from_bytes(data[2:4], "big") if data[1] == 5 else None


def http_status(n, name):
    return n.http("/" + name)[0]


def https_status(n, name, port):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", n.port(port)), DEADLINE) as raw:
        with tls.wrap_socket(raw) as s:
            s.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return int(s.recv(4096).split()[1])


def not_served(n, phone, part=0, parts=1):
    """No form of a file that is no row, over any transport; or a part of these requests."""
    asks = []
    for name in (f"{phone}.cnf.xml", f"{phone}.cnf.xml.sgn", f"{phone}.cnf.xml.enc.sgn",
                 f"{phone.lower()}.cnf.xml"):
        asks += [(f"{name} over TFTP", 1, tftp_error, (n, name)),
                 (f"{name} over HTTP", 404, http_status, (n, name)),
                 (f"{name} over https", 404, https_status, (n, name, "https")),
                 (f"{name} over https2", 404, https_status, (n, name, "https2"))]
    for what, expected, ask, words in asks[part::parts]:
        equal(ask(*words), expected, what)


def log(n):
    with open(os.path.join(n.state, "run", "tftpd.log"), encoding="utf-8") as f:
        return f.read()


def wait_log(n, pattern):
    return wait_for(pattern, lambda: re.search(pattern, log(n)))


def show(n, phone=PHONE):
    return ok(n.ctl("--json", "phone", "show", phone)).json


def noted(n):
    """The phone as shown; it is there, and served, before what became of its file is noted."""
    def look():
        phone = show(n)["result"]
        return phone if phone["folder_file"] else None
    return wait_for("it is noted", look)


def status(n):
    return ok(n.ctl("--json", "show", "status")).json


def test_dropped_file_boots_its_phone():
    with Node() as n:
        n.start()
        with open(example(FILE), "rb") as f:
            drop(n, FILE, f.read())
        wait_served(n, "<sshUserId>admin</sshUserId>")
        contains(served(n), "<deviceSecurityMode>1</deviceSecurityMode>")
        phone = noted(n)
        equal((phone["origin"], phone["config"]["origin"], phone["folder_file"]["state"]),
              ("import", "folder", "used"))
        equal(phone["folder_file"]["file"], f"tftp/{FILE}")
        equal(status(n)["result"]["folder_faults"], [])
        ok(n.boot(PHONE))


def test_bad_file_keeps_the_last_good_one():
    with Node() as n:
        n.start()
        drop(n, FILE, own("good"))
        wait_served(n, "<mark>good</mark>")
        good = served(n)
        drop(n, FILE, b"<device>\n<mark>worse\n</device>\n")
        wait_log(n, rf'folder\.bad device="{PHONE}" file="tftp/{FILE}" why="line \d+: ')
        equal(served(n), good, "what is served beside a bad file")
        said = show(n)
        equal(said["result"]["folder_file"]["state"], "bad")
        contains(said["warnings"][0], f"tftp/{FILE} is not used for {PHONE}: line ")
        faults = status(n)
        equal([f["device"] for f in faults["result"]["folder_faults"]], [PHONE])
        contains(faults["warnings"][0], f"tftp/{FILE} is not used")
        drop(n, FILE, own("repaired"))
        wait_served(n, "<mark>repaired</mark>")
        wait_for("it is noted", lambda: status(n)["result"]["folder_faults"] == [])
        equal(len(re.findall(r"folder\.bad", log(n))), 1, "told once")


def test_bad_files_are_told_by_reason():
    bad = {
        "SEP000000000001": (b"", "empty"),
        "SEP000000000002": (b"<Default></Default>", "device"),
        "SEP000000000003": (b'<!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><device>&b;</device>',
                            "DOCTYPE"),
        "SEP000000000004": (b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><device/>', "DOCTYPE"),
        "SEP000000000005": (b"<device>" + b" " * 10_000_000 + b"</device>", "1048576"),
        "SEP000000000006": (b"<a>" * 5000 + b"</a>" * 5000, ""),
        "SEP000000000007": (b"<device>\xff</device>", "UTF-8"),
    }
    with Node() as n:
        for phone, (data, _) in bad.items():
            n.write(f"{phone}.cnf.xml", data)
        n.start()
        wait_for("all are told", lambda: len(status(n)["result"]["folder_faults"]) == len(bad))
        faults = {f["device"]: f["reason"] for f in status(n)["result"]["folder_faults"]}
        for phone, (_, part) in bad.items():
            contains(faults[phone].lower(), part.lower(), phone)
            fails(n.ctl("phone", "show", phone), 1, "is not used")
            not_served(n, phone)
        equal(ok(n.ctl("--json", "phone", "list")).json["result"]["count"], 0)


def test_half_written_file_is_waited_for():
    with Node() as n:
        n.start()
        data = own("whole")
        path = n.write(FILE, data[:20])
        rest = range(20, len(data), 20)
        for part, i in enumerate(rest):
            time.sleep(0.2)     # a slow copy is what is tested
            not_served(n, PHONE, part, len(rest))   # in parts: three seconds would be too slow
            with open(path, "ab") as f:
                f.write(data[i:i + 20])
        wait_served(n, "<mark>whole</mark>")
        equal(re.findall(r"folder\.bad", log(n)), [])


def test_removed_file_takes_its_configuration_along():
    with Node() as n:
        n.start()
        path = drop(n, FILE, own())
        wait_served(n, "<mark>one</mark>")
        os.unlink(path)
        wait_log(n, rf'folder\.removed device="{PHONE}"')
        phone = show(n)["result"]
        equal((phone["config"], phone["folder_file"]), (None, None))
        contains(served(n), "<deviceProtocol>SIP</deviceProtocol>")
        assert "<mark>" not in served(n)


def test_the_last_act_counts():
    with Node() as n:
        by_command = os.path.join(n.work, "by-command.xml")
        with open(by_command, "wb") as f:
            f.write(own("command"))
        ok(n.ctl("phone", "add", PHONE, "--config", by_command))
        path = n.write(FILE, own("file"))
        os.utime(path, (OLD, OLD))
        n.start()
        wait_log(n, rf'folder\.older device="{PHONE}"')
        wait_served(n, "<mark>command</mark>")
        contains(show(n)["warnings"][0], "touch")
        ago = time.time()
        wait_for("a second passes", lambda: time.time() > ago + 1.1)
        os.utime(path)
        wait_served(n, "<mark>file</mark>")
        equal(show(n)["result"]["config"]["origin"], "folder")


def test_removed_phone_stays_removed_until_the_file_changes():
    with Node() as n:
        n.start()
        drop(n, FILE, own("one"))
        wait_served(n, "<mark>one</mark>")
        noted(n)
        said = ok(n.ctl("--yes", "phone", "remove", PHONE))
        contains(said.err, f"tftp/{FILE} stays, but nobody gets it")
        for name, effect in ((FILE, "own configuration that came from it"),
                             ("Ringlist.xml", "phones get Ringlist.xml no longer")):
            n.write("Ringlist.xml", b"x")
            contains(ok(n.ctl("preflight", "file", "delete", "tftp", name)).out, effect)
        n.stop()
        n.start()
        wait_for("it was looked at", lambda: any(
            f["device"] == PHONE and f["state"] == "older"
            for f in status(n)["result"]["folder_faults"]))
        fails(n.ctl("phone", "show", PHONE), 1, "no phone")
        not_served(n, PHONE)
        drop(n, FILE, own("two"))
        wait_served(n, "<mark>two</mark>")


def test_restart_changes_nothing():
    with Node() as n:
        n.start()
        drop(n, FILE, own())
        wait_served(n, "<mark>one</mark>")
        before = noted(n)
        n.stop()
        n.start()
        drop(n, "SEP0011223344AB.cnf.xml", own("mark of a look"))
        wait_served(n, "mark of a look", "SEP0011223344AB.cnf.xml")
        after = show(n)["result"]
        for key in ("changed_at", "config", "folder_file"):
            equal(after[key], before[key], key)
        equal(len(re.findall(rf'folder\.imported device="{PHONE}"', log(n))), 1)


def test_further_root_is_looked_at_live():
    with Node() as n:
        n.start()
        more = os.path.join(n.work, "more")
        os.mkdir(more, 0o755)
        os.chmod(n.work, 0o755)
        with open(os.path.join(more, FILE), "wb") as f:
            f.write(own("elsewhere"))
        os.chmod(os.path.join(more, FILE), 0o644)
        ok(n.ctl("--yes", "set", "param", "tftp.root", more))
        wait_served(n, "<mark>elsewhere</mark>")
        equal(noted(n)["folder_file"]["file"], f"{more}/{FILE}")
        with open(os.path.join(more, "SEP0011223344AB.cnf.xml"), "wb") as f:
            f.write(own("later"))
        wait_served(n, "<mark>later</mark>", "SEP0011223344AB.cnf.xml")
        # The first root counts, as for any other file.
        drop(n, FILE, own("first root"))
        wait_served(n, "<mark>first root</mark>")


def test_many_files_at_once():
    with Node() as n:
        for i in range(350):
            n.write(f"SEP{i:012X}.cnf.xml", own(f"m{i}"))
        n.write("sepAABBCCDDEEFF.cnf.xml", own("other case"))
        n.write("XMLDefault.cnf.xml", b"<Default/>")
        n.write("gateway.cnf.xml", own("not a phone's"))
        n.start()
        wait_for("all are phones", lambda: ok(
            n.ctl("--json", "phone", "list")).json["result"]["count"] == 351)
        wait_served(n, "<mark>other case</mark>", "SEPAABBCCDDEEFF.cnf.xml")


def test_files_are_read_without_privileges():
    if os.getuid() != 0:
        raise Skip("only root's daemon has privileges to give up")
    with Node() as n:
        n.start()
        pid = re.search(r"writer=(\d+)", log(n)).group(1)
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            text = f.read()
        assert not re.search(r"^Uid:.*\b0\b", text, re.M), text
        contains(text, "CapEff:\t0000000000000000")
        contains(text, "NoNewPrivs:\t1")
        n.write(FILE, own(), mode=0o600)        # root's alone
        wait_log(n, rf'folder\.bad device="{PHONE}".*Permission denied')


def test_copies_become_no_phones():
    """What may be a copy of an encrypted file, by its name, is no new phone's."""
    copies = ["SEP-0011223344AA", "SEPann-old", "Sep24-" + PHONE, "sepann"]
    with Node() as n:
        xml = os.path.join(n.work, "own.xml")
        with open(xml, "wb") as f:
            f.write(own("secret"))
        ok(n.ctl("phone", "profile", "add", "enc", "--tftp-encrypted-config", "yes"))
        for phone in (PHONE, "SEPann"):
            ok(n.ctl("phone", "add", phone, "--model", "8861", "--profile", "enc",
                     "--config", xml))
        n.start()
        for copy in copies:
            drop(n, f"{copy}.cnf.xml", own("secret"))
        drop(n, "sepzoe.cnf.xml", own("zoe"))    # the last one in order
        wait_served(n, "zoe", "sepzoe.cnf.xml")
        for copy in copies:
            assert "secret" not in (served(n, f"{copy}.cnf.xml") or ""), copy
            fails(n.ctl("phone", "show", copy), 1)


if __name__ == "__main__":
    main([test_dropped_file_boots_its_phone, test_bad_file_keeps_the_last_good_one,
          test_bad_files_are_told_by_reason, test_half_written_file_is_waited_for,
          test_removed_file_takes_its_configuration_along, test_the_last_act_counts,
          test_removed_phone_stays_removed_until_the_file_changes,
          test_restart_changes_nothing, test_further_root_is_looked_at_live,
          test_many_files_at_once, test_files_are_read_without_privileges,
          test_copies_become_no_phones])
