"""The servers of the bench: how each is found, started, asked and stopped."""
import contextlib
import ctypes
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

BUILD = os.environ.get("top_builddir") or "."
SERVER_CORE, LOAD_CORE = "0", "1"
PROBE = "f3k.bin"
CLOCK_OF_PROCESS = 2        # CPUCLOCK_SCHED, see clock_getcpuclockid(3)


def descendants(pid):
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                for child in f.read().split():
                    found += descendants(int(child))
    return found


def process_seconds(pid):
    """Processor time of a process with all threads it has had, in nanoseconds'
    steps, and of its ended children, which the kernel tells in ticks."""
    with contextlib.suppress(OSError):
        own = time.clock_gettime(~pid << 3 | CLOCK_OF_PROCESS)
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        return own + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def task_clock(pid):
    """A descriptor that counts nanoseconds of a process and of all that it
    starts from now on, see perf_event_open(2)."""
    number = {"x86_64": 298, "aarch64": 241}.get(platform.machine())
    if number is None:
        raise RuntimeError(f"no way to count processor time on {platform.machine()}")
    software, clock, inherit = 1, 1, 1 << 1
    attr = struct.pack("=IIQQQQQ72x", software, 120, clock, 0, 0, 0, inherit)
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(number, attr, pid, -1, -1, ctypes.c_ulong(0))
    if fd == -1:
        raise RuntimeError(f"perf_event_open: {os.strerror(ctypes.get_errno())}")
    return fd


def pss_kb(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return int(re.search(r"^Pss: +(\d+)", f.read(), re.M).group(1))
    return 0


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One server under test: a process tree, an address and a port."""
    name = "?"
    http = False
    host = "127.0.0.1"
    cores = SERVER_CORE

    def __init__(self, root, work):
        self.root, self.work = root, work
        self.process = None
        self.port = free_port(socket.SOCK_STREAM if self.http else socket.SOCK_DGRAM)

    def command(self):
        raise NotImplementedError

    def start(self):
        # waits for a line, so that nothing has run before count_begins
        argv = ["sh", "-c", 'read -r _ && exec "$0" "$@" </dev/null',
                "taskset", "-c", self.cores] + [str(a) for a in self.command()]
        with open(self.log(), "ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.PIPE,
                                            start_new_session=True)
        self.count_begins()
        self.process.stdin.write(b"\n")
        self.process.stdin.close()
        end = time.monotonic() + 10
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"{self.name} does not answer: {self.last_words()}")
            time.sleep(0.05)

    def log(self):
        return os.path.join(self.work, self.name + ".log")

    def last_words(self):
        with open(self.log(), encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
        return lines[-1] if lines else "it said nothing"

    def answers(self):
        if self.http:
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), 1).close()
                return True
            return False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            with contextlib.suppress(OSError):
                s.sendto(b"\0\1" + PROBE.encode() + b"\0octet\0", (self.host, self.port))
                data, peer = s.recvfrom(600)
                s.sendto(b"\0\5\0\0enough\0", peer)
                return data[:2] == b"\0\3"
        return False

    def count_begins(self):
        """Before the server runs: for one that cpu() cannot do."""

    def cpu(self):
        return sum(process_seconds(pid) for pid in descendants(self.process.pid))

    def stop(self):
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Limit(Server):
    name = "limit"

    def command(self):
        return [os.path.join(BUILD, "bench", "tftpbound"), self.port, self.root, "gso"]


class Hpa(Server):
    """-L alone stays in the foreground.  It ignores SIGCHLD: nobody is told
    what its children have used, one a transfer, so they are counted live."""
    name = "tftpd-hpa"
    binary = None
    clock = None

    def count_begins(self):
        self.clock = task_clock(self.process.pid)

    def cpu(self):
        return struct.unpack("=Q", os.read(self.clock, 8))[0] / 1e9

    def stop(self):
        super().stop()
        if self.clock is not None:
            os.close(self.clock)

    def command(self):
        return [self.binary, "-L", "-s", "-u", "root", "-a", f"{self.host}:{self.port}", self.root]


class Atftpd(Server):
    name = "atftpd"

    def command(self):
        return ["/usr/sbin/atftpd", "--daemon", "--no-fork", "--bind-address", self.host,
                "--port", self.port, "--user", "root", "--group", "root", "--maxthread", "2000",
                "--logfile", os.path.join(self.work, "atftpd.out"), self.root]


class Dnsmasq(Server):
    """Its port is always 69: it gets an address of loopback of its own."""
    name = "dnsmasq"
    host = "127.0.0.69"

    def __init__(self, root, work):
        super().__init__(root, work)
        self.port = 69

    def command(self):
        return ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--port=0", "--enable-tftp",
                f"--tftp-root={self.root}", f"--listen-address={self.host}", "--bind-interfaces",
                "--conf-file=/dev/null", "--user=root", "--tftp-max=2000", "--pid-file="]


class Nginx(Server):
    name = "nginx"
    http = True

    def command(self):
        conf = os.path.join(self.work, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"""daemon off; worker_processes 1; user root;
pid {self.work}/nginx.pid; error_log {self.work}/nginx.err;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
client_body_temp_path {self.work}/n1; proxy_temp_path {self.work}/n2;
fastcgi_temp_path {self.work}/n3; uwsgi_temp_path {self.work}/n4; scgi_temp_path {self.work}/n5;
server {{ listen {self.host}:{self.port} backlog=4096; root {self.root}; }} }}
""")
        return ["/usr/sbin/nginx", "-c", conf]


def free_offset():
    """For --port-offset: all ports that our daemons listen on are free."""
    wanted = ((socket.SOCK_DGRAM, 69), (socket.SOCK_STREAM, 6970), (socket.SOCK_STREAM, 6971),
              (socket.SOCK_STREAM, 6972), (socket.SOCK_STREAM, 2445))
    for offset in range(9000, 25000, 500):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for kind, port in wanted:
                held.enter_context(socket.socket(socket.AF_INET, kind)).bind(
                    ("127.0.0.1", port + offset))
            return offset
    raise RuntimeError("phonetrust: no free ports on 127.0.0.1")


class Ours(Server):
    """A whole node at its defaults: log level info, observations on."""
    name = "phonetrust"
    first_port = 69         # of the service, before the offset

    def __init__(self, root, work):
        super().__init__(root, work)
        self.state = os.path.join(work, "state-http" if self.http else "state")

    def ctl(self, *words):
        done = subprocess.run([os.path.join(BUILD, "ctltool", "ctltool"), "--state", self.state,
                               *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ctltool {' '.join(words)}: {done.stdout.decode()}")

    def start(self):
        offset = free_offset()
        self.port = self.first_port + offset
        self.ctl("node", "init", "--name", "cm1", "--cluster", "bench", "--address", self.host,
                 "--port-offset", str(offset))
        for name in os.listdir(self.root):
            path = os.path.join(self.state, "tftp", name)
            shutil.copyfile(os.path.join(self.root, name), path)
            os.chmod(path, 0o644)
        super().start()

    def command(self):
        return [os.path.join(BUILD, "tftpd", "tftpd"), "--state", self.state, "--foreground"]

    def pss_kb(self):
        return sum(pss_kb(pid) for pid in descendants(self.process.pid))


class OursHttp(Ours):
    http = True
    first_port = 6970


def is_hpa(path):
    """Several packages have an in.tftpd: the program says which it is."""
    try:
        said = subprocess.run([path, "-V"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.startswith(b"tftp-hpa")


def unpack_hpa(work):
    """tftpd-hpa conflicts with atftpd: taken out of its package, not installed."""
    subprocess.run(["apt-get", "-q", "download", "tftpd-hpa"], cwd=work, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deb = next(f for f in os.listdir(work) if f.startswith("tftpd-hpa"))
    subprocess.run(["dpkg", "-x", os.path.join(work, deb), os.path.join(work, "hpa")], check=True)
    return os.path.join(work, "hpa", "usr", "sbin", "in.tftpd")


def find_hpa(work):
    path = "/usr/sbin/in.tftpd"
    with contextlib.suppress(OSError, subprocess.CalledProcessError, StopIteration):
        if not is_hpa(path):
            path = unpack_hpa(work)
        return path if is_hpa(path) else None
    return None


def tftp_peers(work):
    """Those that can be measured here."""
    Hpa.binary = find_hpa(work)
    if Hpa.binary is None:
        print("not measured: tftpd-hpa: apt-get download tftpd-hpa brings nothing that runs")
    return [cls for cls, there in ((Hpa, Hpa.binary is not None),
                                   (Atftpd, os.path.exists("/usr/sbin/atftpd")),
                                   (Dnsmasq, os.path.exists("/usr/sbin/dnsmasq"))) if there]


def missing_packages():
    """Debian packages without which rows or columns are left out."""
    wanted = (("/usr/sbin/atftpd", "atftpd"), ("/usr/sbin/dnsmasq", "dnsmasq-base"),
              ("/usr/sbin/nginx", "nginx-light"), ("/usr/bin/wrk", "wrk"),
              ("/usr/bin/openssl", "openssl"))
    return [package for path, package in wanted if not os.path.exists(path)]
