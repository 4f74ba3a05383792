#!/usr/bin/env python3
"""TLS with keys of a signer process, and the openssl command as the peer.

tls_peer has the certificates of the vectors and never their keys.  As server
it meets `openssl s_client` at each version and with the suites that phones and
SIP trunks use, as client with a certificate `openssl s_server`.
"""
import os
import re
import subprocess
import sys

SOURCE = os.environ.get("top_srcdir") or "."
BUILD = os.environ.get("top_builddir") or "."
PEER = os.path.join(BUILD, "tests", "tls_peer")
LIMIT = 60  # s: a hang is a failure

VERSIONS = {"tls1": 0x301, "tls1_1": 0x302, "tls1_2": 0x303, "tls1_3": 0x304}
OLD = ("tls1", "tls1_1", "tls1_2")
SUITES = {
    "ccm": [
        ("NULL-SHA", OLD),
        ("AES128-SHA", OLD),
        ("AES256-SHA", OLD),
        ("ECDHE-RSA-AES128-SHA", OLD),
        ("DHE-RSA-AES256-SHA", OLD),
        ("AES128-GCM-SHA256", ("tls1_2",)),
        ("ECDHE-RSA-AES256-GCM-SHA384", ("tls1_2",)),
        ("TLS_AES_256_GCM_SHA384", ("tls1_3",)),
    ],
    "tftp-ec": [
        ("ECDHE-ECDSA-NULL-SHA", OLD),
        ("ECDHE-ECDSA-AES128-SHA", OLD),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", ("tls1_2",)),
        ("TLS_AES_128_GCM_SHA256", ("tls1_3",)),
    ],
}


def pem(name):
    return os.path.join(SOURCE, "tests/data/vectors/keys", name + ".pem")


def s_client(port, name, version, suite):
    """What s_client says; it must trust exactly this certificate."""
    suites = ["-ciphersuites", suite] if version == "tls1_3" else \
        ["-cipher", suite + ":@SECLEVEL=0"]
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-" + version,
         *suites, "-CAfile", pem(name), "-partial_chain", "-no_check_time",
         "-verify_return_error", "-ign_eof"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    return done.stdout.decode(errors="replace")


def check_server(name):
    """Each suite at each version it is for; how many handshakes that was."""
    done = 0
    with subprocess.Popen([PEER, "serve", pem(name)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as peer:
        port = int(peer.stdout.readline())
        for suite, versions in SUITES[name]:
            for version in versions:
                said = s_client(port, name, version, suite)
                where = f"{name} {version} {suite}:\n{said}"
                assert f"Cipher is {suite}" in said, where
                assert "Verification: OK" in said, where
                assert "heard by the server" in said, where
                done += 1
        peer.stdin.close()
        assert peer.wait(LIMIT) == 0, "tls_peer"
    return done


def check_client(name, version):
    """s_server asks for a certificate and checks that its key is there."""
    args = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1",
            "-cert", pem("capf"), "-key", pem("capf"), "-CAfile", pem(name),
            "-cipher", "ALL:@SECLEVEL=0", "-Verify", "1", "-partial_chain",
            "-no_check_time", "-verify_return_error", "-www"]
    with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as server:
        port = None
        while port is None:
            line = server.stdout.readline()
            assert line, "s_server did not start"
            found = re.match(r"ACCEPT .*:(\d+)$", line.strip())
            port = found and found.group(1)
        peer = subprocess.run([PEER, "connect", pem(name), port,
                               hex(VERSIONS[version])], timeout=LIMIT,
                              stdout=subprocess.PIPE, text=True, check=False)
        server.communicate(timeout=LIMIT)
    where = f"{name} {version}: {peer.stdout}"
    assert peer.returncode == 0, where
    assert f"Protocol  : TLSv{version[3:].replace('_', '.') or '1'}" in peer.stdout, where
    assert "Verify return code: 0 (ok)" in peer.stdout, where
    assert "no client certificate available" not in peer.stdout, where


def main():
    done = 0
    for name in SUITES:
        done += check_server(name)
        for version in VERSIONS:
            check_client(name, version)
            done += 1
    print(f"{done} handshakes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
