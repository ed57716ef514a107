#!/usr/bin/env python3
"""serve_load.py PROGRAM [--seconds 600] [--connections 64]: `credence serve` under load.

64 connections ask without a pause, one request in a hundred malformed, and are made anew now and
then, while other clients send a byte now and then. Every good request must be answered, each with
what it is answered alone, or told to come again where the machine is too slow (503); most must be
answered, many of them together, bad ones refused, and slow clients cut, but not before their time.
The service's memory must not grow under load, nor may it keep a descriptor behind it. Time limits
are longer on a busy machine. Prints a table.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from program import PROGRAM, RECIPES, SMALL, ProgramTest
from service import Service, ask, npy, read_all, request

# How many times longer than on an idle machine a thing may take.
SLOWNESS = min(4, max(1, os.getloadavg()[0] / os.cpu_count()))
TIMEOUT_S = 5 * SLOWNESS
HEAD = b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
BAD = [("{", "application/json", 400), ('{"inputs": [[1]]}', "application/json", 422),
       ("", "application/json", 400), ('{"inputs": [[NaN]]}', "application/json", 422),
       ("{}", "text/plain", 415), (b"\x93NUMPY", "application/x-npy", 400)]
NO_HTTP = [b"nonsense\r\n\r\n", HEAD + b"Content-Length: -1\r\n\r\n",
           HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--dawdlers", type=int, default=8)
    return parser.parse_args()


def good_requests():
    """(body, headers), of one to four images each, and of as many draws as the recipe's or not."""
    draw = random.Random(1)
    made = []
    for count, samples in ((1, None), (1, 3), (2, None), (3, 20), (4, None)):
        pixels = bytes(draw.randrange(256) for _ in range(784 * count))
        array = npy((count, 28, 28), "|u1", pixels)
        made.append((array, {"content_type": "application/x-npy"}))
        made.append((array, {"content_type": "application/x-npy", "accept": "application/x-npz"}))
        rows = [[pixel / 256 for pixel in pixels[784 * n:784 * n + 784]] for n in range(count)]
        images = [[[[value] for value in row[28 * y:28 * y + 28]] for y in range(28)]
                  for row in rows]
        made.append((request(images, samples), {"content_type": "application/json"}))
    return made


class Watch:
    """The memory and the open descriptors of a process."""

    def __init__(self, process):
        self.folder = Path(f"/proc/{process}")
        self.samples = []

    def resident_mib(self):
        status = (self.folder / "status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines()
                    if line.startswith("VmRSS")) / 1024

    def descriptors(self):
        return len(list((self.folder / "fd").iterdir()))

    def follow(self, end):
        while time.monotonic() < end:
            self.samples.append(self.resident_mib())
            time.sleep(0.2)

    def medians(self):
        """When every buffer and thread is made, and at the end, under the same load."""
        count = len(self.samples)
        return (statistics.median(self.samples[3 * count // 10:count // 2]),
                statistics.median(self.samples[8 * count // 10:]))


class Load:
    def __init__(self, service, watch, seconds):
        self.service, self.watch = service, watch
        self.end = time.monotonic() + seconds
        self.good = good_requests()
        self.expected = [self.post_alone(*good) for good in self.good]
        for status, _ in self.expected:
            assert status == 200, self.expected
        different = {str(answer) for _, answer in self.expected}
        assert len(different) == len(self.good), "answers cannot be told from each other"
        self.lock = threading.Lock()
        self.seconds, self.lives, self.errors, self.refused = [], [], [], 0
        self.put_off = 0

    @staticmethod
    def post(connection, body, headers):
        status, _, answer = ask(connection, "POST", "/v1/predict", body, **headers)
        return status, answer

    def post_alone(self, body, headers):
        connection = self.service.connect()
        answer = self.post(connection, body, headers)
        connection.close()
        return answer

    def send_no_http(self, content):
        with self.service.socket() as connected:
            connected.sendall(content)
            return int(read_all(connected).split()[1])

    def ask_badly(self, draw, connection):
        """The status that comes, and the one that should."""
        if draw.random() < 0.3:
            return self.send_no_http(draw.choice(NO_HTTP)), 400
        body, kind, status = draw.choice(BAD)
        return self.post(connection, body, {"content_type": kind})[0], status

    def ask_well(self, draw, connection):
        which = draw.randrange(len(self.good))
        return self.post(connection, *self.good[which]), self.expected[which]

    def work(self, number):
        draw = random.Random(number)
        connection = self.service.connect()
        while time.monotonic() < self.end:
            if draw.random() < 0.02:
                connection.close()  # the next request opens it again
            is_bad = draw.random() < 0.01
            begin = time.monotonic()
            try:
                got, expected = (self.ask_badly if is_bad else self.ask_well)(draw, connection)
            except Exception as error:  # whatever it is, it is no answer
                got, expected = repr(error), "an answer"
                connection.close()
            self.note(is_bad, got, expected, time.monotonic() - begin)
        connection.close()

    def note(self, is_bad, got, expected, seconds):
        with self.lock:
            if not is_bad and got[0] == 503:
                self.put_off += 1
            elif got != expected:
                self.errors.append(f"expected {str(expected)[:80]}, got {str(got)[:200]}")
            elif is_bad:
                self.refused += 1
            else:
                self.seconds.append(seconds)

    def dawdle(self, number):
        """Sends a byte now and then, of a head or of a body, until it is cut off."""
        draw = random.Random(number)
        while time.monotonic() < self.end:
            begin = time.monotonic()
            try:
                with self.service.socket() as connected:
                    connected.sendall(HEAD + draw.choice([b"A: ", b"Content-Length: 999\r\n\r\n"]))
                    while time.monotonic() < begin + 4 * TIMEOUT_S:
                        connected.sendall(b"x")
                        time.sleep(0.2)
            except OSError:
                pass
            with self.lock:
                self.lives.append(time.monotonic() - begin)

    def run(self, options):
        threads = [threading.Thread(target=self.watch.follow, args=(self.end,))]
        threads += [threading.Thread(target=self.work, args=(n,))
                   for n in range(options.connections)]
        threads += [threading.Thread(target=self.dawdle, args=(n,))
                    for n in range(options.dawdlers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def percentile_ms(seconds, percent):
    if not seconds:
        return "none"
    return f"{1000 * sorted(seconds)[(len(seconds) - 1) * percent // 100]:.1f} ms"


def descriptors_left(load, before):
    """Open ones more than before the load, once connections have had the time to end."""
    end = time.monotonic() + 10 * SLOWNESS
    while (left := load.watch.descriptors() - before) > 0 and time.monotonic() < end:
        time.sleep(0.1)
    return left


def show(load, memory, left, metrics, options):
    batches = metrics["credence_batch_requests_count"]
    for name, value in [
            ("seconds of load, by so many connections",
             f"{options.seconds:g}, {options.connections}"),
            ("good requests, answered as alone", len(load.seconds)),
            ("good requests, told to come again", load.put_off),
            ("malformed requests, refused", load.refused),
            ("anything else", len(load.errors)),
            ("good requests a second", f"{len(load.seconds) / options.seconds:.0f}"),
            ("requests predicted together, mean",
             f"{metrics['credence_batch_requests_sum'] / batches:.1f}"),
            ("latency, median", percentile_ms(load.seconds, 50)),
            ("latency, 99 %", percentile_ms(load.seconds, 99)),
            ("latency, longest", percentile_ms(load.seconds, 100)),
            (f"slow clients, cut after {TIMEOUT_S:g} s", len(load.lives)),
            ("shortest and longest life of one",
             f"{min(load.lives, default=0):.1f}, {max(load.lives, default=0):.1f} s"),
            ("memory, early and at the end", f"{memory[0]:.1f}, {memory[1]:.1f} MiB"),
            ("descriptors left open", left)]:
        print(f"{name:<44} {value:>16}")
    for error in load.errors[:5]:
        print(error, file=sys.stderr)


def measure(folder, options):
    with Service(folder, "run", "--timeout-s", TIMEOUT_S) as service:
        watch = Watch(service.process.pid)
        descriptors = watch.descriptors()
        load = Load(service, watch, options.seconds)
        before = service.metrics()
        load.run(options)
        left = descriptors_left(load, descriptors)
        metrics = {name: value - before.get(name, 0) for name, value in service.metrics().items()}
    early, late = load.watch.medians()
    show(load, (early, late), left, metrics, options)
    assert not load.errors, f"{len(load.errors)} wrong answers"
    assert load.put_off < 0.1 * len(load.seconds), "too many were told to come again"
    assert load.refused > 0, "no malformed request was sent: a longer run is needed"
    together = metrics["credence_batch_requests_sum"] / metrics["credence_batch_requests_count"]
    assert together > 1.5, f"hardly any were predicted together: {together:.2f}"
    assert load.lives, "no slow client was cut off: a longer run is needed"
    assert min(load.lives) > 0.9 * TIMEOUT_S, "a slow client was cut off before its time"
    # One second more to read what was said, and what a busy machine takes.
    assert max(load.lives) < TIMEOUT_S + 4 * SLOWNESS, "a slow client was not cut off"
    assert late < 1.02 * early + 3, f"memory grew from {early:.1f} to {late:.1f} MiB"
    assert left <= 0, f"{left} descriptors were left open"


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
