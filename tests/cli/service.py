"""A `credence serve` for tests, and requests to it."""

import ast
import http.client
import io
import json
import math
import os
import socket
import struct
import subprocess
import tempfile
import threading
import zipfile

from program import PROGRAM


class Service:
    """Runs from `with` to its end; then it must stop by itself, with exit code 0."""

    def __init__(self, folder, run, *arguments, variables=None, exit_code=0):
        self.exit_code = exit_code
        self.errors = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would stop the service
        self.process = subprocess.Popen(
            [PROGRAM, "serve", run, "--port", "0", *map(str, arguments)], cwd=folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
            env={**os.environ, **(variables or {})})
        limit = threading.Timer(60, self.process.kill)
        limit.start()
        line = self.process.stdout.readline()
        limit.cancel()
        if " at http://" not in line:
            self.process.kill()
            raise AssertionError(line + self.said())
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        errors = self.said()
        self.errors.close()
        if kind is None and self.process.returncode != self.exit_code:
            raise AssertionError(f"exit code {self.process.returncode}\n{errors}")

    def said(self):
        """What it has written to its standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def socket(self):
        connected = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def ask(self, method, path, body=None, **headers):
        """Status, headers and the body, read if it is JSON."""
        connection = self.connect()
        try:
            return ask(connection, method, path, body, **headers)
        finally:
            connection.close()

    def predict(self, rows, samples=None):
        status, _, answer = self.ask("POST", "/v1/predict", request(rows, samples),
                                     content_type="application/json")
        if status != 200:
            raise AssertionError(f"{status}: {answer}")
        return answer

    def metrics(self):
        """Name with labels -> value."""
        _, _, text = self.ask("GET", "/metrics")
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}


def request(rows, samples=None):
    return json.dumps({"inputs": rows} | ({} if samples is None else {"samples": samples}))


def ask(connection, method, path, body=None, **headers):
    connection.request(method, path, body,
                       {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    content = response.read()
    kind = response.headers.get("Content-Type", "")
    if kind == "application/json":
        content = json.loads(content) if content else None
    elif kind.startswith("text/"):
        content = content.decode()
    return response.status, response.headers, content


def read_all(connected):
    """What comes until the other side closes."""
    content = b""
    while piece := connected.recv(65536):
        content += piece
    return content


def npy(shape, descr, content):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def unpack_npz(content):
    """Name -> (shape, values), of float32 arrays."""
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            array = archive.read(name)
            length = struct.unpack("<H", array[8:10])[0]
            header = ast.literal_eval(array[10:10 + length].decode().strip())
            values = struct.unpack(f"<{math.prod(header['shape'])}f", array[10 + length:])
            arrays[name.removesuffix(".npy")] = (header["shape"], list(values))
    return arrays
