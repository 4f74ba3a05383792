"""An sftp server in a thread, for tests: one account, one folder, password.

It needs paramiko (Debian: python3-paramiko); without it available() is False.
"""
import base64
import contextlib
import hashlib
import os
import socket
import threading

try:
    import paramiko
except ImportError:
    paramiko = None

USER, PASSWORD = "bulk", "s3cret words"


def available():
    return paramiko is not None


def _classes(root):
    class Server(paramiko.ServerInterface):
        def check_auth_password(self, username, password):
            good = (username, password) == (USER, PASSWORD)
            return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

        def get_allowed_auths(self, username):
            return "password"

        def check_channel_request(self, kind, chanid):
            return paramiko.OPEN_SUCCEEDED

    class Handle(paramiko.SFTPHandle):
        def stat(self):
            return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    class Files(paramiko.SFTPServerInterface):
        def _path(self, path):
            return os.path.join(root, self.canonicalize(path).lstrip("/"))

        def _stat(self, path):
            try:
                return paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))
            except OSError as e:
                return paramiko.SFTPServer.convert_errno(e.errno)

        stat = lstat = _stat

        def list_folder(self, path):
            found = []
            for name in os.listdir(self._path(path)):
                a = paramiko.SFTPAttributes.from_stat(os.stat(os.path.join(self._path(path), name)))
                a.filename = name
                found.append(a)
            return found

        def open(self, path, flags, attr):
            try:
                fd = os.open(self._path(path), flags, 0o600)
            except OSError as e:
                return paramiko.SFTPServer.convert_errno(e.errno)
            h = Handle(flags)
            writes = flags & (os.O_WRONLY | os.O_RDWR)
            h.readfile = h.writefile = os.fdopen(fd, "r+b" if flags & os.O_RDWR else
                                                 "wb" if writes else "rb")
            return h

    return Server, Files


@contextlib.contextmanager
def serve(root):
    """(port, host key as ssh-keygen -l shows it)"""
    server, files = _classes(root)
    key = paramiko.ECDSAKey.generate(bits=256)
    listener = socket.create_server(("127.0.0.1", 0))
    transports = []

    def loop():
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            t = paramiko.Transport(conn)
            transports.append(t)
            t.add_server_key(key)
            t.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            with contextlib.suppress(Exception):
                t.start_server(server=server())

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    try:
        yield listener.getsockname()[1], "SHA256:" + digest
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for t in transports:
            t.close()
