#!/usr/bin/env python3
"""What --json answers: a JSON Schema for every command, and answers that fit.

tests/schema/NAME.json describes the envelope of a command (its words joined
with '-').  For a new command: add a line to GOOD below, then

    test_schema.py --learn 'phone set'

writes a first schema from the answer; read it and correct it.  The calls are
made by test_rehearsals.py, which tries each with --dry-run first.
"""
import contextlib
import copy
import json
import os
import re
import shutil
import sqlite3
import sys
import time
import warnings

from gateway import Gateway, make_certificate
from node import BUILD, SOURCE, Node, example, main, ok, program, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = os.path.join(SOURCE, "tests", "schema")
ONE, TWO = "SEP000000000001", "SEP000000000002"
LIST = os.path.join(SOURCE, "tests", "data", "vectors", "trust-list")
SIGNED = os.path.join(SOURCE, "tests", "data", "vectors", "signed", "RingList.xml.sha1.sgn")

# One line is one call; together they show all forms of an answer.
GOOD = [
    "phone add SEP000000000001 --model 8861",
    "phone add SEP000000000001",
    "phone add SEP000000000002 --config {example}",
    "phone import {csv}",
    "phone import {bad_csv}",
    "phone import {json}",
    "user add ann --description Ann --digest-credentials-file {secret}",
    "user add bob",
    "user set bob --description Bob",
    "user import {users_csv}",
    "user import {bad_users} --application",
    "user export",
    "user export {export}",
    "user list",
    "user show ann",
    "user remove bob --dry-run",
    "user remove bob --yes",
    "phone set SEP000000000001 --digest-user ann --phone-password-file {secret}",
    "phone set --all --pc-port disabled",
    "phone set --all --pc-port disabled --dry-run",
    "phone copy SEP000000000001 copied --with-secrets",
    "phone copy SEP000000000001 copied",
    "phone copy SEP000000000001 copied2",
    "phone add templated --template plain",
    "user show ann",
    "user passwd ann {long}",
    "user pin ann {pin}",
    "user verify ann {long}",
    "user verify ann {pin} --pin",
    "user pin ann --remove",
    "user add app --application",
    "user list --application",
    "user show app --application",
    "user passwd app {long} --application",
    "user add old --password-hash-file {hash}",
    "report user hashes",
    "user list --shared",
    "phone login SEP000000000002 ann",
    "phone login SEP000000000002 ann",
    "phone login SEP000000000002 ann --pin-file {pin}",
    "phone show SEP000000000002",
    "phone list --restart-owed",
    "user show ann",
    "phone logout SEP000000000002",
    "phone logout SEP000000000002",
    "phone logout --all",
    "phone export",
    "phone export --format json",
    "phone export {export}",
    "phone list",
    "phone list --columns name,seen,web-access --unseen 3 --limit 1",
    "phone list --sort -model --setting pc-port=disabled",
    "phone list --columns name,lsc,operation --sort lsc",
    "utils capf install SEP000000000001 --auth auth-string --key rsa2048 --print",
    "utils capf install SEP000000000001 --auth auth-string",
    "utils capf install --all",
    "utils capf authstring SEP000000000001",
    "utils capf authstring SEP000000000001 --print",
    "utils capf authstring SEP000000000001 --generate --print",
    "utils capf authstring SEP000000000001 --remove --yes",
    "utils capf status",
    "utils capf status --pending",
    "utils capf status SEP000000000001",
    "phone show SEP000000000001",
    "utils capf cancel SEP000000000001",
    "utils capf fetch SEP000000000001 --auth null-string --by 2099-01-01T00:00:00Z",
    "utils capf cancel SEP000000000001",
    "utils capf delete SEP000000000001 --yes",
    "utils capf cancel --all",
    "utils capf upgrade SEP000000000001 --auth null-string",
    "utils capf cancel --all",
    "utils capf install SEP000000000001 --auth null-string --batch 1 --pause-on-errors 1",
    "utils capf status",
    "watch rollout --once",
    "watch rollout {rollout} --count 1",
    "utils capf pause {rollout}",
    "utils capf resume {rollout}",
    "utils capf cancel {rollout}",
    "utils capf lsc list",
    "utils capf lsc list --expiring 30 --issuer nobody",
    "utils capf revoke SEP000000000001 --dry-run",
    "utils capf revoke SEP000000000001 --yes",
    "utils capf lsc list --with-state revoked",
    "utils capf stale-lsc list",
    "utils capf stale-lsc delete all --dry-run",
    "utils capf stale-lsc delete all --yes",
    "utils capf set keep_alive 20",
    "utils capf set keep_alive 20",
    "utils capf profile add ann 1 --kind user --operation install-upgrade --generate-string"
    " --print",
    "utils capf profile add ann 2 --kind user",
    "utils capf profile set ann 2 --kind user --key-order ec-only --ec-key-size 256",
    "utils capf profile show ann 1 --kind user",
    "utils capf profile list",
    "utils capf authstring ann.1 --generate --print",
    "utils capf status ann.1",
    "utils capf profile remove ann 2 --kind user --dry-run",
    "utils capf profile remove ann 2 --kind user --yes",
    "phone show SEP000000000001",
    "phone show SEP000000000002",
    "utils capf mic-allow add SEP000000000001 SEP000000000002 --dry-run",
    "utils capf mic-allow add SEP000000000001 SEP000000000002",
    "utils capf mic-allow list",
    "utils capf mic-allow remove SEP000000000001",
    "utils capf mic-allow remove SEP000000000001",
    "phone remove SEP000000000001 --dry-run",
    "phone remove SEP000000000001 --yes",
    "phone remove copied copied2 --yes",
    "phone remove --of-model 7960 --yes",
    "phone profile add enc --tftp-encrypted-config yes",
    "phone profile add enc --tftp-encrypted-config yes",
    "phone add crypted --model 8861 --profile enc",
    "phone set crypted --plain-until {soon}",
    "phone list --plain",
    "phone show crypted",
    "phone set crypted --plain-until none",
    "phone show crypted",
    "phone remove crypted --yes",
    "phone profile add hard --template hardened",
    "phone profile add old --protocol SCCP --description words",
    "phone profile set enc --description words",
    "phone profile set enc --description words",
    "phone profile copy enc enc2",
    "phone profile rename enc2 enc3",
    "phone profile show enc",
    "phone profile list",
    "phone profile remove enc3 --dry-run",
    "phone profile remove enc3 --yes",
    "show models",
    "show models 8861",
    "show models 9999",
    "report sbd",
    "run sql",
    "run sql select 1 as a, null as b",
    "run sql select cast(x'ff41' as text) as a, 'select first 5' as b",
    "run sql select name from device",
    "run sql delete from device",
    "set cli pagination off",
    "set param itl.digest sha512 --yes",
    "set param tftp.retries 7 --node cm1",
    "set param tftp.retries 7 --node cm1",
    "preflight set param itl.digest sha1",
    "show param",
    "show param tftp.root",
    "set cert subject",
    "set cert subject --organization Orbit --province UT --country NL",
    "set cert regen https --yes --dry-run",
    "set cert regen https --yes",
    "set cert rollback https --yes",
    "set cert purge https --now --yes",
    "set cert regen CallManager --yes",
    "set cert promote CallManager --yes",
    "set cert promote CallManager --sacrifice all --yes",
    "show cert expiry",
    "show cert expiry --within 30",
    "utils cert plan",
    "utils cert plan --expire-within 9000 --cycle-days 3",
    "utils cert check",
    "utils cert check --dry-run",
    "utils cert alarm test",
    "utils cert alarm password {secret}",
    "utils cert alarm password --remove",
    "set param alarm.exec /bin/true --yes",
    "utils cert alarm test",
    "utils cert alarm test --dry-run",
    "show status",
    "show cert list own",
    "show cert list own --long --retired --sort expiry",
    "show cert list own --expiring 10",
    "show cert own CallManager/CallManager-1.pem",
    "set csr gen https --key ec256 --add-san 10.0.0.9 --yes",
    "set csr gen https --key ec256 --out {csr} --yes",
    "show csr list own",
    "show csr list trust",
    "show csr own https",
    "show csr own https/https.csr --pem",
    "set cert import trust tomcat {ca} --note words --ttl 600 --yes",
    "set cert import trust https {ca} --yes",
    "set crl import {crl}",
    "set crl import {crl}",
    "show crl",
    "set crl delete CN=status --yes",
    "set cert import trust CAPF {folder} --yes",
    "set cert import trust CAPF {folder} --dry-run",
    "set cert import own https {p12} --password-file {secret} --dry-run",
    "set cert import own https {p12} --password-file {secret} --yes",
    "set cert import own https {p12} --password-file {secret} --yes",
    "set cert import own CallManager-ECDSA {p12} --password-file {secret} --yes",
    "set cert chain-for https",
    "set cert chain-for CallManager-ECDSA --announced",
    "set cert chain-for status",
    "show cert trust status",
    "set cert delete https-trust status --yes",
    "set cert undelete https-trust status --yes",
    "set cert import trust CAPF {vendor} --yes",
    "show cert list trust",
    "show cert trust CAP-RTP-001",
    "set cert delete CAPF CAP-RTP-001 --dry-run",
    "set cert delete CAPF CAP-RTP-001 --yes",
    "set cert delete CAPF CAP-RTP-001 --yes",
    "set cert undelete CAPF CAP-RTP-001",
    "set cert default-ca-list enable all {vendor} --yes",
    "set cert default-ca-list disable all --yes",
    "show cert default-ca-list",
    "file get tftp ITLRecovery.p12 --to {new}.p12 --password-file {long} --dry-run",
    "file get tftp ITLRecovery.p12 --to {new}.p12 --password-file {long} --yes",
    "set cert export https --to {work} --dry-run",
    "set cert export https --to {work} --yes",
    "set tls server min-version 1.2",
    "show tls server min-version",
    "show cert list trust tomcat --unused --duplicates",
    "show cert own CAPF",
    "show cert own TVS --pem",
    "srst add branch --address 127.0.0.1 --certificate-port {gateway} --secure yes",
    "srst add branch --address 127.0.0.1 --certificate-port {gateway} --secure yes",
    "srst set branch --sip-address none --sip-port 5070",
    "srst check",
    "srst list",
    "srst fetch branch",
    "srst fetch branch",
    "srst show branch",
    "srst accept branch --yes",
    "phone set templated --srst-reference branch",
    "srst check --all",
    "srst check branch --dry-run",
    "srst show",
    "show srst branch",
    "phone set templated --srst-reference default",
    "srst remove branch --dry-run",
    "srst remove branch --yes",
    "show itl",
    "show itl --file {list}",
    "show ctl",
    "show ctl --file {ctl}",
    "show status",
    "show tvs asks",
    "show tvs asks SEP000000000001 --limit 5",
    "show version",
    "show version inactive",
    "utils service restart Cisco Tomcat",
    "explain {list}",
    "explain {list} (no state)",
    "explain {signed}",
    "explain {enc}",
    "explain {example}",
    "file list tftp",
    "file list tftp --all",
    "file list tftp * reverse size",
    "file list tftp '*.sgn' --signed",
    "file verify tftp plain.xml",
    "file verify tftp --all",
    "file view tftp plain.xml",
    "file view tftp SEP000000000002.cnf.xml",
    "file get tftp plain.xml --dry-run --to {new}",
    "file get tftp plain.xml --to {new}",
    "file dump tftp plain.xml --bytes 20",
    "file tail tftp plain.xml --lines 2",
    "file search tftp * '<'",
    "file delete tftp plain.xml --dry-run",
    "file delete tftp plain.xml --yes",
    "help",
    "help phone add",
    "phone add --help",
    "--version",
    "utils service start all",
    "utils service list",
    "watch tftp --once --interval 1",
    "utils service start all",
    "utils service restart tftpd --dry-run",
    "utils service restart tftpd",
    "utils service stop all",
    "utils service list",
    "node init --name a --cluster b --address 127.0.0.1 --dry-run --state {other}",
    "node init --name a --cluster b --address 127.0.0.1 --port-offset 9000 --state {other}",
    "set cert bulk export --to {bulk} --dry-run",
    "set cert bulk export capf https --to {bulk}",
    "set cert bulk consolidate {bulk}",
    "set cert bulk export --to {bulk} --state {other}",
    "set cert bulk consolidate {bulk}",
    "set cert bulk import --from {bulk} --yes --dry-run",
    "set cert bulk import --from {bulk} --yes",
    "set cert bulk import itlrecovery --from {bulk} --yes",
    "set cert bulk import --from {bulk} --expect-sha256 00",
    "utils capf ca certificate {client} {client_key} --dry-run",
    "utils capf ca certificate {client} {client_key}",
    "utils capf ca certificate --remove",
    "utils capf ca password {secret}",
    "utils capf ca password --remove",
    "utils capf csr list",
    "utils capf csr list --with-state issued",
    "utils capf csr count",
    "utils capf csr dump {work}/requests.pem --dry-run",
    "utils capf csr dump {work}/requests.pem",
    "utils capf csr dump {folder} --all",
    "utils capf csr dump {work}/none.pem",
    "utils capf cert import {ca}",
    "utils capf cert import {folder}",
    "utils capf csr delete SEP001100000000 --dry-run",
    "utils capf csr delete all --yes",
    "exit",
    "shell nothing",
    "--batch {batch}",
    "--batch {batch} --dry-run",
    "--batch {bad_batch}",
    "--batch {late_batch}",
]
# These never answer with an envelope when they succeed.
NO_ANSWER = {"shell", "exit", "preflight"}


def path_of(command):
    return os.path.join(FOLDER, command.replace(" ", "-") + ".json")


def load():
    schemas = {}
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".json"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
                schemas[name] = json.load(f)
    return schemas


def commands():
    got = ok(run(program("ctltool"), "help", "--json")).json
    return [c["words"] for c in got["result"]["commands"]]


class Rollout:
    """The newest one, when a line is made that names it."""

    def __init__(self, state):
        self.path = os.path.join(state, "phonetrust.db")

    def __format__(self, spec):
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            row = db.execute("SELECT max(id) FROM rollout").fetchone()
        return row[0] or "none"


def certificates(n, phone):
    """As if a phone had stored one certificate and never confirmed another."""
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "phonetrust.db"))) as db, db:
        sha256, der = db.execute("SELECT sha256, der FROM certificate LIMIT 1").fetchone()
        db.execute("INSERT INTO device_cert VALUES "
                   "('phone', ?, '', 'lsc', ?, x'', 'current', 1795251284, 1795251284)",
                   (phone, sha256))
    with contextlib.closing(sqlite3.connect(os.path.join(n.state, "observed.db"))) as db, db:
        db.execute("INSERT INTO capf_issued (sha256, kind, name, instance, at, der) "
                   "VALUES (?, 'phone', ?, '', 1795251284, ?)", (sha256, phone, der))


def calls(n):
    """(line, words) of every call, with the files it needs."""
    def file(name, text):
        path = os.path.join(n.work, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def openssl(*words):
        ok(run("openssl", *words))

    def in_work(name):
        return os.path.join(n.work, name)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", in_work("key"), "-out", in_work("ca.pem"), "-days", "90",
            "-subj", "/CN=status", "-addext", "subjectAltName=DNS:cm1.orbit.example")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", in_work("vendor.key"), "-out", in_work("vendor.pem"), "-days", "90",
            "-subj", "/CN=CAP-RTP-001")
    openssl("pkcs12", "-export", "-inkey", in_work("key"), "-in", in_work("ca.pem"),
            "-passout", "pass:4711", "-out", in_work("pair.p12"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", in_work("client.key"), "-out", in_work("client.pem"), "-days", "90",
            "-subj", "/CN=client", "-addext", "basicConstraints=critical,CA:FALSE")
    with open(in_work("index"), "w", encoding="ascii") as f:
        f.write("R\t491231000000Z\t260101000000Z\t07\tunknown\t/CN=a\n")
    file("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\n" % in_work("index"))
    openssl("ca", "-config", in_work("ca.cnf"), "-gencrl", "-md", "sha256", "-crldays", "30",
            "-keyfile", in_work("key"), "-cert", in_work("ca.pem"), "-out", in_work("crl.pem"))
    os.mkdir(in_work("bulk"))
    os.mkdir(in_work("folder"))
    shutil.copy(in_work("ca.pem"), in_work("folder"))
    shutil.copy(in_work("key"), in_work("folder"))
    n.write("plain.xml", b"<x/>")
    with open(SIGNED, "rb") as f:
        n.write("ring.sgn", f.read())
    certificates(n, ONE)
    names = {
        "rollout": Rollout(n.state),
        "example": example("SEP0011223344AA.cnf.xml"), "csv": example("phones.csv"),
        "bad_csv": file("bad.csv", "name,model\n!!,8861\nSEP0000000000A1,8861\n"),
        "users_csv": file("users.csv", "name,description,pin\neve,,24680\n"),
        "bad_users": file("bad-users.csv", "name,pin\na b,\n"),
        "json": file("p.json", '[{"name": "j", "idle-timer": 5}]'),
        "secret": file("secret", "4711\n"), "pin": file("pin", "47110\n"),
        "hash": file("hash", "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4\n"),
        "export": os.path.join(n.work, "out.csv"),
        "long": file("long", "correct horse battery\n"), "work": n.work, "vendor": in_work("vendor.pem"),
        "soon": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)),
        "enc": os.path.join(LIST, "../encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn"),
        "list": os.path.join(LIST, "ITLFile.sha1.v10.tlv"),
        "ctl": os.path.join(LIST, "CTLFile.sha512.tlv"), "signed": SIGNED,
        "other": os.path.join(n.work, "other"), "new": os.path.join(n.work, "new.xml"),
        "ca": in_work("ca.pem"), "p12": in_work("pair.p12"),
        "client": in_work("client.pem"), "client_key": in_work("client.key"), "csr": in_work("https.csr"),
        "crl": in_work("crl.pem"),
        "bulk": in_work("bulk"), "folder": in_work("folder"),
        "batch": file("b1", f"phone add {TWO}9\nshow itl\n"),
        "bad_batch": file("b2", "nosuch\nphone list\n"),
        "late_batch": file("b3", f"phone list\nphone remove {ONE} --yes\n"),
    }
    ok(run(os.path.join(BUILD, "tests", "make_capf_csr"), n.state, 3))
    with Gateway(*make_certificate(n.work)) as gateway:
        names["gateway"] = gateway.port
        for line in GOOD:
            yield line, [w.format(**names).strip("'")
                         for w in line.replace("(no state)", "").split()]


def ask(n, line, words, *options):
    """ctltool's answer to a call, in JSON."""
    if "--state" not in words and "(no state)" not in line:
        words = ["--state", n.state, *words]
    return run(program("ctltool"), "--json", *options, *words)


def envelope(line, result):
    try:
        return result.json
    except json.JSONDecodeError as e:
        raise AssertionError(f"{line}: no JSON: {result!r}") from e


def failures(n):
    """(line, envelope) of every command, wrongly called."""
    for command in commands():
        line = command + " --no-such-option"
        yield line, envelope(line, ask(n, line, line.split()))


def samples(n):
    """(line, envelope) of every call."""
    for line, words in calls(n):
        yield line, envelope(line, ask(n, line, words))
    yield from failures(n)


# As GOOD, of phonesim: {state} is where its phones remember.
PHONESIM = [
    "boot SEP000000000001 {node} --state {state}",
    "boot SEP000000000001 {node} --state {state} --transport tftp",
    "boot SEP000000000002 {node}",
    "boot SEP000000000002 --server 127.0.0.1 --port-offset 25000",
    "boot SEP0000000000FF {node}",
    "boot SEP000000000001 --count 3 {node}",
    "boot SEP000000000001 --count 2 {node} --enrol --failing 1 --key-pool {pool}",
    "capf SEP000000000001 {node} --state {state}",
    "capf SEP000000000003 {node}",
    "capf SEP000000000003 {node} --misbehave cut-after=1",
    "capf SEP000000000003 --server 127.0.0.1 --port-offset 25000",
    "tvs {node} --cert {cert}",
    "tvs {node} --cert {cert} --query",
    "tvs {node} --cert {strange} --count 5 --connections 2",
    "tvs SEP000000000001 {node} --cert {cert} --state {state}",
    "tvs --server 127.0.0.1 --port-offset 25000 --cert {cert}",
    "show SEP000000000001 --state {state}",
    "show SEP000000000002 --state {state}",
    "reset SEP000000000001 --state {state}",
    "reset SEP000000000001 --state {state}",
]
PHONESIM_COMMANDS = sorted({"phonesim " + line.split()[0] for line in PHONESIM})


def phonesim_samples(n):
    """(line, envelope) of every call of PHONESIM."""
    names = {"node": f"--server 127.0.0.1 --port-offset {n.ports.offset}",
             "state": os.path.join(n.work, "phones"), "pool": os.path.join(n.work, "pool"),
             "cert": os.path.join(n.work, "own.pem"), "strange": make_certificate(n.work)[0]}
    ok(n.ctl("phone", "profile", "add", "enc", "--template", "secure-when-ready"))
    for phone in (ONE, TWO, "SEP000000000003"):
        ok(n.ctl("phone", "add", phone, "--model", "8861", "--profile", "enc"))
    ok(n.ctl("utils", "capf", "install", "--all"))
    ok(n.ctl("set", "param", "capf.key_generation_attempts", "1", "--yes"))
    with open(names["cert"], "w", encoding="ascii") as f:
        f.write(ok(n.ctl("show", "cert", "own", "CallManager")).out)
    n.start()
    for line in PHONESIM:
        yield line, envelope(line, run(program("phonesim"), "--json",
                                       *line.format(**names).split()))


# --- learning ---

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def learn(value, key=""):
    """A schema of one value."""
    if value is None:
        return {"type": "null"}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, float):
        return {"type": "number"}
    if isinstance(value, str):
        if TIME.match(value):
            return {"$ref": "envelope.json#/$defs/time"}
        if re.search("sha1|sha256|md5|serial|fingerprint|hash|sha512", key) and \
                re.fullmatch("[0-9a-f]+", value):
            return {"$ref": "envelope.json#/$defs/hex"}
        return {"type": "string"}
    if isinstance(value, list):
        schema = {"type": "array"}
        for item in value:
            one = learn(item, key)
            schema["items"] = merge(schema["items"], one) if "items" in schema else one
        return schema
    return {"type": "object", "required": sorted(value), "additionalProperties": False,
            "properties": {k: learn(v, k) for k, v in value.items()}}


def merge(a, b):
    """A schema for both."""
    if a == b:
        return a
    if a.get("type") == b.get("type") == "object":
        out = {"type": "object",
               "required": sorted(set(a["required"]) & set(b["required"])),
               "additionalProperties": False, "properties": dict(a["properties"])}
        for k, v in b["properties"].items():
            out["properties"][k] = merge(out["properties"][k], v) \
                if k in out["properties"] else v
        return out
    if a.get("type") == b.get("type") == "array":
        if "items" not in a or "items" not in b:
            return a if "items" in a else b
        return {"type": "array", "items": merge(a["items"], b["items"])}
    choices = list(a.get("anyOf", [a]))
    for one in b.get("anyOf", [b]):
        for i, c in enumerate(choices):
            if c == one:
                break
            if c.get("type") == one.get("type") and c.get("type") in ("object", "array"):
                choices[i] = merge(c, one)
                break
        else:
            choices.append(one)
    return {"anyOf": choices} if len(choices) > 1 else choices[0]


def write(command, answers):
    result = None
    for answer in answers:
        one = learn(answer["result"])
        result = one if result is None else merge(result, one)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema",
              "$id": os.path.basename(path_of(command)),
              "title": f"phonesim --json {command[9:]}" if command in PHONESIM_COMMANDS
              else f"ctltool --json {command}",
              "allOf": [{"$ref": "envelope.json"}],
              "properties": {"command": {"const": command}, "result": result}}
    with open(path_of(command), "w", encoding="utf-8") as f:
        json.dump(schema, f, indent=1)
        f.write("\n")
    print("wrote", path_of(command))


def learn_all(only):
    """--learn: schemas of these commands ('' for those without one)."""
    seen = {}
    with Node() as n:
        for _, answer in samples(n):
            seen.setdefault(answer["command"], []).append(answer)
    with Node() as n:
        for _, answer in phonesim_samples(n):
            seen.setdefault(answer["command"], []).append(answer)
    for command, answers in seen.items():
        if command in only or (not only and command and not os.path.exists(path_of(command))):
            write(command, answers)


# --- checking ---

def validator(schemas, name):
    store = {s["$id"]: s for s in schemas.values()}
    warnings.simplefilter("ignore", DeprecationWarning)     # Debian 12 has the old way only
    resolver = jsonschema.RefResolver("", schemas[name], store=store)
    return jsonschema.Draft202012Validator(schemas[name], resolver=resolver)


class Answers:
    """Do ctltool's answers fit their schemas?  Without jsonschema nobody knows."""

    def __init__(self):
        schemas = load()
        self.checks = {name: validator(schemas, name) for name in schemas} if jsonschema else None
        self.good, self.bad = set(), set()

    def take(self, line, answer):
        (self.bad if "error" in answer else self.good).add(answer["command"])
        # only a failure, and what there is none of, has nothing to tell
        assert answer["result"] is not None or "error" in answer or \
            "dry_run" in answer or line == "show version inactive", f"{line}: no result"
        if self.checks is not None:
            check = self.checks[os.path.basename(path_of(answer["command"] or "envelope"))]
            self._fits(check, line, answer)

    @staticmethod
    def _fits(check, line, answer):
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
                  for e in check.iter_errors(answer)]
        assert not faults, f"{line}: {faults}"
        # what the schema does not know is refused
        if isinstance(answer["result"], dict) and answer["command"]:
            more = copy.deepcopy(answer)
            more["result"]["no_such_member"] = 1
            assert not check.is_valid(more), f"{line}: takes anything"
        for key in ("schema", "exit", "warnings", "command", "result"):
            less = {k: v for k, v in answer.items() if k != key}
            assert not check.is_valid(less), f"{line}: {key} is not required"

    def all_tried(self):
        for command in commands():
            assert command in self.bad or command in ("help", "preflight"), \
                f"{command}: no failure was tried"
            assert command in self.good or command in NO_ANSWER, f"{command}: no success was tried"


def test_schemas_are_schemas():
    schemas = load()
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == name, name
    known = {os.path.basename(path_of(c)) for c in commands() + PHONESIM_COMMANDS} | {
        "envelope.json", "phonesim.json", "batch.json", "trust-list.json"}
    missing = known - set(schemas)
    assert not missing, f"commands without a schema: {sorted(missing)}"
    assert not set(schemas) - known, f"no such command: {sorted(set(schemas) - known)}"


def test_phonesim():
    schemas = load()
    good, bad = set(), set()
    with Node() as n:
        for line, answer in phonesim_samples(n):
            name = os.path.basename(path_of(answer["command"]))
            check = validator(schemas, name)
            faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
                      for e in check.iter_errors(answer)]
            assert not faults, f"{line}: {faults}"
            (bad if answer["exit"] else good).add(answer["command"])
            if answer["result"] is not None:
                more = copy.deepcopy(answer)
                more["result"]["no_such_member"] = 1
                assert not check.is_valid(more), f"{line}: takes anything"
    assert good == set(PHONESIM_COMMANDS), f"no success was tried: {set(PHONESIM_COMMANDS) - good}"
    # what is erased already is no failure
    assert bad == good - {"phonesim reset"}, f"no failure was tried: {good - bad}"


def test_rules_of_names():
    """snake_case everywhere, and no object that takes any member."""
    def walk(schema, where):
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                # a map says what its values are
                assert schema.get("additionalProperties") is False or (
                    isinstance(schema.get("additionalProperties"), dict)
                    and "description" in schema), f"{where} is open"
                for k, v in schema.get("properties", {}).items():
                    assert re.fullmatch("[a-z][a-z0-9_]*", k), f"{where}: {k}"
                    walk(v, f"{where}.{k}")
            for k in ("items", "anyOf", "result"):
                walk(schema.get(k), where)
        elif isinstance(schema, list):
            for s in schema:
                walk(s, where)

    for name, schema in load().items():
        walk(schema if "allOf" not in schema else schema["properties"]["result"], name)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--learn"]:
        learn_all(sys.argv[2:])
    elif jsonschema is None:
        print("SKIP: python3-jsonschema is not installed")
        sys.exit(77)
    else:
        main([test_schemas_are_schemas, test_rules_of_names, test_phonesim])
