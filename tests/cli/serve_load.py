#!/usr/bin/env python3
"""serve_load.py PROGRAM [--seconds 600] [--connections 64]: `credence serve` under load.

64 connections ask without a pause, one request in a hundred malformed, while other clients send a
byte now and then. Every good request must be answered, each with what it is answered alone; bad
ones must be refused; and the service's memory must not grow. Prints latencies.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from program import PROGRAM, RECIPES, SMALL, ProgramTest
from service import Service, ask, npy, request

BAD = [("{", "application/json", 400), ('{"inputs": [[1]]}', "application/json", 422),
       ("{}", "text/plain", 415), (b"\x93NUMPY", "application/x-npy", 400)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--dawdlers", type=int, default=8)
    return parser.parse_args()


def bodies():
    """(body, type) of good requests, of one to four images."""
    draw = random.Random(1)
    made = []
    for count in (1, 1, 2, 3, 4):
        pixels = bytes(draw.randrange(256) for _ in range(784 * count))
        made.append((npy((count, 28, 28), "|u1", pixels), "application/x-npy"))
        rows = [[pixel / 256 for pixel in pixels[784 * n:784 * n + 784]] for n in range(count)]
        images = [[[[value] for value in row[28 * y:28 * y + 28]] for y in range(28)]
                  for row in rows]
        made.append((request(images), "application/json"))
    return made


class Load:
    def __init__(self, service, seconds):
        self.service = service
        self.end = time.monotonic() + seconds
        self.good = bodies()
        self.expected = [self.post(service.connect(), *good) for good in self.good]
        for status, _ in self.expected:
            assert status == 200, self.expected
        self.lock = threading.Lock()
        self.seconds, self.errors, self.refused = [], [], 0

    @staticmethod
    def post(connection, body, kind):
        status, _, answer = ask(connection, "POST", "/v1/predict", body, content_type=kind)
        return status, answer

    def work(self, number):
        draw = random.Random(number)
        connection = self.service.connect()
        while time.monotonic() < self.end:
            is_bad = draw.random() < 0.01
            which = draw.randrange(len(BAD if is_bad else self.good))
            begin = time.monotonic()
            try:
                if is_bad:
                    *bad, expected = BAD[which]
                    got = self.post(connection, *bad)[0]
                else:
                    expected = self.expected[which]
                    got = self.post(connection, *self.good[which])
            except OSError as error:
                got = repr(error)
                connection.close()
            with self.lock:
                if got != expected:
                    self.errors.append(f"expected {str(expected)[:80]}, got {str(got)[:200]}")
                elif is_bad:
                    self.refused += 1
                else:
                    self.seconds.append(time.monotonic() - begin)
        connection.close()

    def dawdle(self, number):
        draw = random.Random(number)
        while time.monotonic() < self.end:
            try:
                with self.service.socket() as connected:
                    connected.sendall(b"POST /v1/predict HTTP/1.1\r\nContent-Length: 9\r\n")
                    for _ in range(draw.randrange(1, 100)):
                        connected.sendall(b"x")
                        time.sleep(0.2)
                        if time.monotonic() > self.end:
                            break
            except OSError:
                pass

    def resident(self):
        status = Path(f"/proc/{self.service.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines()
                    if line.startswith("VmRSS")) / 1024


def measure(folder, options):
    with Service(folder, "run", "--timeout-s", 5) as service:
        load = Load(service, options.seconds)
        threads = [threading.Thread(target=load.work, args=(n,))
                   for n in range(options.connections)]
        threads += [threading.Thread(target=load.dawdle, args=(n,))
                    for n in range(options.dawdlers)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(0.3 * options.seconds)  # by then every buffer and thread is made
        early = load.resident()
        for thread in threads:
            thread.join()
        late, seconds = load.resident(), time.monotonic() - begin
        metrics = service.metrics()
    times = sorted(load.seconds)
    batches = metrics["credence_batch_requests_count"]
    print(json.dumps({
        "good": len(times), "refused": load.refused, "errors": len(load.errors),
        "requests_per_s": round(len(times) / seconds, 1),
        "requests_per_batch": round(metrics["credence_batch_requests_sum"] / batches, 2),
        "p50_ms": round(1000 * times[len(times) // 2], 2),
        "p99_ms": round(1000 * times[len(times) * 99 // 100], 2),
        "max_ms": round(1000 * times[-1], 2),
        "resident_mib": [round(early, 1), round(late, 1)]}))
    for error in load.errors[:5]:
        print(error, file=sys.stderr)
    assert not load.errors, f"{len(load.errors)} wrong answers"
    assert load.refused > 0, "no malformed request was sent: a longer run is needed"
    assert late < 1.05 * early + 8, f"memory grew from {early:.1f} to {late:.1f} MiB"


def main():
    options = arguments()
    assert options.program == PROGRAM
    with tempfile.TemporaryDirectory(prefix="credence-") as folder:
        ProgramTest.folder = Path(folder)
        ProgramTest.succeed("train", RECIPES / "mnist_bnn_fc_flipout.yaml", *SMALL,
                            "predict.samples=10", "--output", "run")
        measure(folder, options)


if __name__ == "__main__":
    main()
