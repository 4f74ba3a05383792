"""Relays between a phone and a server that change what passes: the only way
to lose, reorder or alter bytes on a machine without netem."""
import contextlib
import heapq
import selectors
import socket
import threading
import time


class Http:
    """A TCP relay on a free loopback port; change(data) sees each whole
    answer of one connection (the requests of the client close it)."""

    def __init__(self, port, change, listen_port=0):
        self.target = port
        self.change = change
        self.listener = socket.create_server(("127.0.0.1", listen_port))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client:
            request = b""
            while b"\r\n\r\n" not in request:
                part = client.recv(65536)
                if not part:
                    return
                request += part
            head = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
            head = [h for h in head if not h.lower().startswith(b"connection:")]
            with socket.create_connection(("127.0.0.1", self.target), 30) as server:
                server.sendall(b"\r\n".join(head) + b"\r\nConnection: close\r\n\r\n")
                answer = b""
                while True:
                    part = server.recv(65536)
                    if not part:
                        break
                    answer += part
            head, sep, body = answer.partition(b"\r\n\r\n")
            client.sendall(head + sep + self.change(request, body))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)    # else who waits in accept keeps the port
        self.listener.close()


class Udp:
    """A UDP relay in front of a TFTP server, on a free loopback port.  Each
    client has a line of its own, and script(to_client, i, packet) says what
    becomes of the i-th packet (from 0) of a direction on it: a list with the
    seconds after which each copy goes on; [] loses it, [0, 0] doubles it."""

    def __init__(self, port, script):
        self.target = ("127.0.0.1", port)
        self.script = script
        self.lines = {}         # client -> _Line
        self.late = []          # heap of (when, number, send, packet)
        self.numbers = 0
        self.watch = selectors.DefaultSelector()
        self.listener = self._socket(self._request)
        self.port = self.listener.getsockname()[1]
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _socket(self, ready):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        s.setblocking(False)
        self.watch.register(s, selectors.EVENT_READ, ready)
        return s

    def pass_on(self, to_client, i, packet, send):
        for after in self.script(to_client, i, packet):
            self.numbers += 1
            heapq.heappush(self.late, (time.monotonic() + after, self.numbers, send, packet))

    def _request(self, sock):
        packet, client = sock.recvfrom(70000)
        if client not in self.lines:
            self.lines[client] = _Line(self, client)
        self.lines[client].request(packet)

    def _run(self):
        while not self.closing:
            wait = max(self.late[0][0] - time.monotonic(), 0) if self.late else 0.2
            for key, _ in self.watch.select(min(wait, 0.2)):
                with contextlib.suppress(OSError):
                    key.data(key.fileobj)
            while self.late and self.late[0][0] <= time.monotonic():
                _, _, send, packet = heapq.heappop(self.late)
                with contextlib.suppress(OSError):
                    send(packet)
        for key in list(self.watch.get_map().values()):
            key.fileobj.close()
        self.watch.close()

    def close(self):
        self.closing = True
        self.thread.join()


class _Line:
    """Of one client: a socket towards each side, whose port is the TID."""

    def __init__(self, relay, client):
        self.relay, self.client = relay, client
        self.tid = None                 # of the server, once it has answered
        self.count = {True: 0, False: 0}
        self.up = relay._socket(self._answer)
        self.down = relay._socket(self._packet)

    def _pass(self, to_client, packet, send):
        i = self.count[to_client]
        self.count[to_client] += 1
        self.relay.pass_on(to_client, i, packet, send)

    def request(self, packet):
        self._pass(False, packet, lambda p: self.up.sendto(p, self.relay.target))

    def _packet(self, sock):
        packet, _ = sock.recvfrom(70000)
        tid = self.tid
        self._pass(False, packet, lambda p: self.up.sendto(p, tid))

    def _answer(self, sock):
        packet, self.tid = sock.recvfrom(70000)
        self._pass(True, packet, lambda p: self.down.sendto(p, self.client))
