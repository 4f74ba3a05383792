"""Relays between a phone and a server that change what passes: the only way
to lose, reorder or alter bytes on a machine without netem."""
import contextlib
import socket
import threading


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
        self.listener.close()
