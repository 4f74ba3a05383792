"""What the figures were to reach, and what they reached."""
from rows import CAPF_ROWS, COLD_ROW, HTTP_ROWS, TFTP_ROWS, TVS_ROWS

OURS, LIMIT = "phonetrust", "limit"
CPU_OF_LIMIT = 1.5
RATE_OF_LIMIT = 0.79       # 25,000/s on a machine whose limit was 31,600/s
WINDOW_OF_PEER = 4.0
LOSS_OF_PEER = 5.0
HTTP_OF_NGINX = 0.9
PSS_MB = 20.0
TVS_CPU_OF_LIMIT = 1.15
TVS_RATE_OF_LIMIT = 0.9
CAPF_RATE = 1000         # installations a second on two cores
TVS_FLAT = 1.1             # more certificates may cost so much, which is noise


def aim(text, met):
    return {"aim": text, "met": met}


def times(a, b):
    return a / b if b > 0 else float("inf")


def cpu_of_limit(name, servers, most=CPU_OF_LIMIT):
    ratio = times(servers[OURS]["cpu"], servers[LIMIT]["cpu"])
    return aim(f"{name}: CPU {ratio:.2f}x the limit server's, at most {most}x", ratio <= most)


def rate_of_limit(name, servers, least=RATE_OF_LIMIT):
    ours, limit = servers[OURS]["rate"], servers[LIMIT]["rate"]
    return aim(f"{name}: {ours:,.0f}/s of the limit server's {limit:,.0f}/s, "
               f"{times(ours, limit):.2f}x, at least {least:.2f}x",
               times(ours, limit) >= least)


def flat(name, servers):
    few = servers[OURS]["cpu"]
    many = next(r["cpu"] for other, r in servers.items() if other != OURS)
    return aim(f"{name}: with 100,000 certificates {times(many, few):.2f}x the CPU, "
               f"at most {TVS_FLAT}x", times(many, few) <= TVS_FLAT)


def rate_of_peer(name, servers, least):
    peers = {k: v["rate"] for k, v in servers.items() if k not in (OURS, LIMIT)}
    if not peers:
        return aim(f"{name}: at least {least:.1f}x the best peer, but there is none", None)
    best = max(peers, key=peers.get)
    ratio = times(servers[OURS]["rate"], peers[best])
    return aim(f"{name}: rate {ratio:.2f}x that of {best}, the best peer, at least {least:.1f}x",
               ratio >= least)


def cold_of_limit(servers):
    ours, limit = servers[OURS]["rate"], servers["RSA-2048"]["rate"]
    return aim(f"{COLD_ROW}: {ours:,.0f}/s of the {limit:,.0f} RSA-2048 signatures/s of a core, "
               f"{times(ours, limit):.2f}x, without an aim", None)


def installs(name, servers):
    ours, limit = servers[OURS], servers[LIMIT]
    return aim(f"{name}: {ours['rate']:,.0f}/s, each durable, at least {CAPF_RATE:,}/s; CPU "
               f"{times(ours['cpu'], limit['cpu']):.2f}x that of a handshake and an answer",
               ours["rate"] >= CAPF_RATE)


def aims_of(row):
    """The aims that a row speaks of, each with whether it is met."""
    name, servers = row["name"], row["servers"]
    aims = []
    if name in TFTP_ROWS:
        aims.append(cpu_of_limit(name, servers))
    if name in ("burst", "storm"):
        aims.append(rate_of_limit(name, servers))
    if name == "window":
        aims.append(rate_of_peer(name, servers, WINDOW_OF_PEER))
    if name == "loss":
        aims.append(rate_of_peer(name, servers, LOSS_OF_PEER))
    if name == COLD_ROW:
        aims.append(cold_of_limit(servers))
    if name in TVS_ROWS and LIMIT in servers:
        aims.append(cpu_of_limit(name, servers, TVS_CPU_OF_LIMIT))
        aims.append(rate_of_limit(name, servers, TVS_RATE_OF_LIMIT))
    elif name in TVS_ROWS:
        aims.append(flat(name, servers))
    if name in CAPF_ROWS:
        aims.append(installs(name, servers))
    if name in HTTP_ROWS:
        aims.append(rate_of_peer(name, servers, HTTP_OF_NGINX))
    return aims


def memory_row(pss_kb):
    mb = pss_kb * 1024 / 1e6
    return {"name": "memory", "row": "memory of all tftpd processes, empty cache", "servers": {},
            "pss_kb": pss_kb,
            "aims": [aim(f"memory: {mb:.1f} MB PSS of all tftpd processes with an empty cache, "
                         f"less than {PSS_MB:.0f} MB", mb < PSS_MB)]}


def print_aims(rows):
    words = {True: "met", False: "MISSED", None: "-"}
    print("\nAims:")
    for a in (a for row in rows for a in row["aims"]):
        print(f"  {words[a['met']]:<7} {a['aim']}")


def faults(rows):
    """What may not be: wrong bytes from anybody, or a transfer that we lost."""
    found = []
    for row in rows:
        for name, r in row["servers"].items():
            if r["wrong"] > 0:
                found.append(f"{row['name']}: {name} sent wrong bytes {r['wrong']} times")
            if name == OURS and r["lost"] > 0:
                found.append(f"{row['name']}: {name} lost {r['lost']} transfers")
    return found
