#!/usr/bin/env python3
"""`credence serve` answers as `credence predict` does, and stands what comes to a port."""

import csv
import json
import signal
import socket
import struct
import threading
import time

from program import ProgramTest, main, needs_mpi
from service import Service, ask, npy, read_all, request, unpack_npz

TOKEN = "0123456789abcdef0123"


def image(number):
    """784 numbers in [0, 1], exact in float32."""
    return [(number * 31 + pixel * 7) % 32 / 32 for pixel in range(784)]


def as_images(rows):
    return [[[[value] for value in row[28 * y:28 * y + 28]] for y in range(28)] for row in rows]


def wait_until(holds, timeout_s=60):
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not so within {timeout_s} s")
        time.sleep(0.01)


class ServeTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train("mnist_bnn_fc_flipout.yaml", "predict.samples=7")

    def serve(self, *arguments, **options):
        return Service(self.folder, "run", *arguments, **options)


class Answers(ServeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = Service(cls.folder, "run", "--max-body-bytes", 1000000, "--max-samples", 50,
                              "--max-rows", 100)
        cls.addClassCleanup(cls.service.__exit__, None)

    def predicted(self, content, *arguments):
        """What `credence predict` says of an .npy file: figure -> values."""
        (self.folder / "inputs.npy").write_bytes(content)
        self.succeed("predict", "run", "-i", "inputs.npy", "-o", "y.csv", *arguments)
        with open(self.folder / "y.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
        columns["mean"] = [[columns[f"mean_{i}"][n] for i in range(10)] for n in range(len(rows))]
        return {name: values for name, values in columns.items() if not name.startswith("mean_")}

    def test_are_those_of_predict(self):
        rows = [image(number) for number in range(5)]
        content = struct.pack("<3920f", *(value for row in rows for value in row))
        array = npy((5, 28, 28), "<f4", content)
        expected = self.predicted(array)
        self.assertEqual(self.service.predict(as_images(rows)), expected)
        status, _, answer = self.service.ask("POST", "/v1/predict", array,
                                             content_type="application/x-npy")
        self.assertEqual((status, answer), (200, expected))
        self.assertEqual(self.service.predict(as_images(rows), samples=3),
                         self.predicted(array, "--samples", 3))
        status, _, answer = self.service.ask("POST", "/v1/predict?samples=3", array,
                                             content_type="application/x-npy")
        self.assertEqual((status, answer), (200, self.predicted(array, "--samples", 3)))

    def test_bytes_are_read_as_those_of_files(self):
        array = npy((3, 28, 28, 1), "|u1", bytes(n * 5 % 256 for n in range(3 * 784)))
        expected = self.predicted(array)
        status, headers, answer = self.service.ask(
            "POST", "/v1/predict", array, content_type="application/octet-stream",
            accept="application/x-npz")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/x-npz"))
        arrays = unpack_npz(answer)
        self.assertEqual(sorted(arrays), sorted(expected))
        self.assertEqual(arrays["mean"][0], (3, 10))
        mean = [p for row in expected["mean"] for p in row]
        self.assertEqual(arrays["mean"][1], list(struct.unpack("<30f", struct.pack("<30f", *mean))))

    def test_warn_of_inputs_on_the_scale_of_bytes(self):
        rows = [[255 * value for value in image(2)]]
        says = "inputs reach 247.031, those of training 1; give bytes (uint8), or divide by 255"
        answer = self.service.predict(as_images(rows))
        self.assertEqual(answer.pop("warning"), says)
        array = npy((1, 28, 28), "<f4", struct.pack("<784f", *rows[0]))
        self.assertEqual(answer, self.predicted(array))
        self.assertIn(says, self.succeed("predict", "run", "-i", "inputs.npy", "-o", "y.csv").stderr)
        headers = self.service.ask("POST", "/v1/predict", array, content_type="application/x-npy",
                                   accept="application/x-npz")[1]
        self.assertEqual(headers["Credence-Warning"], says)

    def test_do_not_depend_on_what_else_is_asked(self):
        asked = [as_images([image(100 * n + i) for i in range(1 + n % 5)]) for n in range(24)]
        alone = [self.service.predict(rows) for rows in asked]
        together = [None] * len(asked)

        def work(n):
            connection = self.service.connect()
            got = [ask(connection, "POST", "/v1/predict", request(asked[n]),
                       content_type="application/json")[2] for _ in range(5)]
            connection.close()
            together[n] = got

        before = self.service.metrics()
        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(asked))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for n, answers in enumerate(together):
            self.assertEqual(answers, [alone[n]] * 5)
        after = self.service.metrics()
        requests, batches = (after[name] - before[name] for name in
                             ("credence_batch_requests_sum", "credence_batch_requests_count"))
        self.assertEqual(requests, 120)
        self.assertLess(batches, requests, "none were answered together")
        self.assertEqual(after["credence_rows_total"] - before["credence_rows_total"],
                         5 * sum(map(len, asked)))

    def test_model_health_and_metrics(self):
        self.assertEqual(self.service.ask("GET", "/healthz")[::2], (200, {"status": "ok"}))
        status, _, card = self.service.ask("GET", "/v1/model")
        self.assertEqual(status, 200)
        self.assertEqual((card["inputs"]["shape"], card["classes"], card["samples"]),
                         (["n", 28, 28, 1], 10, 7))
        metrics = self.service.metrics()
        self.assertGreaterEqual(metrics['credence_requests_total{path="/healthz",code="200"}'], 1)
        self.assertGreaterEqual(metrics["credence_connections"], 1)
        status, headers, content = self.service.ask("HEAD", "/healthz")
        self.assertEqual((status, content), (200, None))
        self.assertEqual(headers["Content-Length"], "16")

    def test_bad_requests_are_told_what_is_wrong(self):
        good = request(as_images([image(0)]))
        json_type = {"content_type": "application/json"}
        for status, says, method, path, body, headers in [
                (400, "byte 2: expected JSON", "POST", "/v1/predict", "{", json_type),
                (400, "body: expected an object", "POST", "/v1/predict", "", json_type),
                (400, "body: expected an .npy array, got an empty one", "POST", "/v1/predict", "",
                 {"content_type": "application/x-npy"}),
                (400, "body", "POST", "/v1/predict", "{}", {"content_type": "application/x-npy"}),
                (404, "did you mean", "POST", "/v1/predic", good, json_type),
                (404, "unknown path", "GET", "/" + "x" * 5000, None, {}),
                (414, "path: expected at most 8192 bytes", "GET", "/" + "x" * 9000, None, {}),
                (400, "expected a request of HTTP/1.1, got none", "FOO", "/healthz", None, {}),
                (400, "expected a request of HTTP/1.1, got none", "GET", "/v1/model", None,
                 {"range": "nonsense"}),
                (405, "expected POST, got GET", "GET", "/v1/predict", None, {}),
                (405, "expected GET", "DELETE", "/v1/model", None, {}),
                (405, "got PATCH", "PATCH", "/v1/model", None, {}),
                (413, "at most 1000000 bytes", "POST", "/v1/predict", "x" * 1000001, json_type),
                (413, "inputs: expected at most 100 rows, got 101", "POST", "/v1/predict",
                 npy((101, 28, 28), "|u1", bytes(101 * 784)),
                 {"content_type": "application/x-npy"}),
                (415, "got text/plain", "POST", "/v1/predict", good,
                 {"content_type": "text/plain"}),
                (415, "Content-Encoding", "POST", "/v1/predict", good,
                 json_type | {"content_encoding": "gzip"}),
                (422, "expected examples of shape [28, 28, 1], got an array [1, 784]", "POST",
                 "/v1/predict", request([image(0)]), json_type),
                (422, "inputs[0][0]: expected a number or an array, got null", "POST",
                 "/v1/predict", '{"inputs": [[null]]}', json_type),
                (422, "inputs[0][1]: expected a finite number, got NaN", "POST", "/v1/predict",
                 json.dumps({"inputs": [[1, float("nan")]]}), json_type),
                (422, "inputs[0][0]: expected a finite number, got -Infinity", "POST",
                 "/v1/predict", json.dumps({"inputs": [[-float("inf")]]}), json_type),
                (422, "inputs[0][0]: expected a finite number, got 1e999", "POST", "/v1/predict",
                 '{"inputs": [[1e999]]}', json_type),
                (422, "inputs[0][0][1]: expected a finite number, got nan", "POST", "/v1/predict",
                 npy((1, 28, 28), "<f4", struct.pack("<784f", 0, float("nan"), *[0] * 782)),
                 {"content_type": "application/x-npy"}),
                (422, "samples: expected 1 to 50, got 51", "POST", "/v1/predict",
                 good[:-1] + ', "samples": 51}', json_type),
                (422, "samples: expected 1 to 50, got 51", "POST", "/v1/predict?samples=51", good,
                 json_type),
                (422, "samples: expected a whole number, got abc", "POST",
                 "/v1/predict?samples=abc", good, json_type),
                (422, "samples: expected once", "POST", "/v1/predict?samples=3",
                 good[:-1] + ', "samples": 3}', json_type),
                (400, "query: expected samples=N alone, got foo", "POST", "/v1/predict?foo=1",
                 good, json_type)]:
            with self.subTest(says=says):
                got, _, answer = self.service.ask(method, path, body, **headers)
                self.assertEqual(got, status, answer)
                self.assertEqual(answer["error"]["status"], status)
                self.assertIn(says, answer["error"]["message"])

    def exchange(self, content):
        with self.service.socket() as connected:
            connected.sendall(content)
            return read_all(connected)

    def test_what_is_no_http_is_refused_and_closed(self):
        start = b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
        get = b"GET /healthz HTTP/1.1\r\n"
        inner = get + b"Connection: close\r\n\r\n"
        for content in [b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"nonsense\r\n\r\n",
                        b"GET /healthz HTTP/1.1\r\nA: " + b"x" * 100000 + b"\r\n\r\n",
                        b"GET /healthz HTTP/1.1\r\n" + b"A: x\r\n" * 20000 + b"\r\n",
                        start + b"Content-Length: -1\r\n\r\n",
                        start + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                        start + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                        start + b"Content-Length: %30\r\n\r\n", start + b"\r\n",
                        # What nobody announced would be a second request:
                        get + b"Content-Length : %d\r\n\r\n" % len(inner) + inner,
                        get + b"Transfer-Encoding: chunked\n\r\n" + inner,
                        get + b"A: b\r\n Content-Length: %d\r\n\r\n" % len(inner) + inner]:
            with self.subTest(content=content[:80]):
                try:
                    answer = self.exchange(content)
                except ConnectionError:
                    continue  # closed before all was sent
                self.assertRegex(answer, rb"^HTTP/1.1 400 (?s:.*)\"status\":400")
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1 + answer.count(b"of HTTP/1.1 "))
                self.assertIn(b"\r\nConnection: close\r\n", answer)

    def test_chunks(self):
        body = request(as_images([image(3)])).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in
                          (body[i:i + 1000] for i in range(0, len(body), 1000))) + b"0\r\n\r\n"
        start = (b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n")
        answer = self.exchange(start + chunks)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:200])
        self.assertEqual(json.loads(answer.split(b"\r\n\r\n", 1)[1]),
                         self.service.predict(as_images([image(3)])))
        large = b"f0000\r\n%s\r\n" % (b" " * 0xf0000) * 2
        try:
            self.assertTrue(self.exchange(start + large).startswith(b"HTTP/1.1 413"))
        except ConnectionError:
            pass

    def test_a_connection_takes_several_requests(self):
        connection = self.service.connect()
        for _ in range(3):
            self.assertEqual(ask(connection, "GET", "/healthz")[0], 200)
            taken = connection.sock
            self.assertIsNotNone(taken)
        connection.close()
        both = b"GET /healthz HTTP/1.1\r\n\r\n" * 2
        answer = self.exchange(both + b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 3)

    def test_a_body_that_is_not_read_is_no_request(self):
        inner = b"GET /v1/model HTTP/1.1\r\n\r\n"
        answer = self.exchange(b"POST /v1/predict HTTP/1.1\r\nContent-Type: text/plain\r\n"
                               b"Content-Length: %d\r\n\r\n%s" % (len(inner), inner))
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
        self.assertIn(b"415", answer)
        self.assertIn(b"Connection: close", answer)  # else its client would go on

    def test_a_body_that_is_refused_is_not_asked_for(self):
        with self.service.socket() as connected:
            connected.sendall(b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
                              b"Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n")
            self.assertTrue(read_all(connected).startswith(b"HTTP/1.1 413"))


class Regression(ProgramTest):
    def test_gives_intervals(self):
        rows = "\n".join(f"{x},{3 * x + x % 5}" for x in range(100))
        (self.folder / "line.csv").write_text(f"speed,force\n{rows}\n")
        (self.folder / "line.yaml").write_text(
            "model: {layers: [{type: Dense, units: 2}], bayesian: {layers: all}}\n"
            "data: {name: csv, path: line.csv, test_fraction: 0.5}\n"
            "train: {epochs: 3, batch_size: 10, loss: gaussian}\n")
        self.succeed("train", "line.yaml", "--output", "line")
        (self.folder / "x.csv").write_text("speed\n10\n200\n")
        self.succeed("predict", "line", "-i", "x.csv", "-o", "y.csv")
        with open(self.folder / "y.csv", newline="") as file:
            expected = list(csv.DictReader(file))
        with Service(self.folder, "line") as service:
            answer = service.predict([[10], [200]])
            self.assertEqual(list(answer), ["mean", "sigma", "epistemic_sigma", "lower", "upper"])
            for name, values in answer.items():
                self.assertEqual(values, [[float(row[f"{name}_0"])] for row in expected])
            card = service.ask("GET", "/v1/model")[2]
            self.assertEqual(card["inputs"]["names"], ["speed"])
            self.assertEqual(len(card["inputs"]["standardised_by"]["scale"]), 1)


class Limits(ServeTest):
    def test_who_dawdles_is_cut_off_and_holds_up_nobody(self):
        with self.serve("--timeout-s", 5) as service:
            start = b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
            slow = [(service.socket(), b"G"), (service.socket(), start),
                    (service.socket(), start + b"Content-Length: 100\r\n\r\n")]
            begin = time.monotonic()
            for connected, content in slow:
                connected.sendall(content)

            def dribble(connected):
                try:
                    while time.monotonic() < begin + 40:
                        connected.sendall(b"x")
                        time.sleep(0.1)
                except OSError:
                    pass

            threads = [threading.Thread(target=dribble, args=(connected,)) for connected, _ in slow]
            for thread in threads:
                thread.start()
            service.predict(as_images([image(1)]))
            for thread in threads:
                thread.join()
            self.assertLess(time.monotonic() - begin, 30)
            answers = []
            for connected, _ in slow:
                try:
                    answers.append(connected.recv(65536))
                except OSError:
                    answers.append(b"")
                connected.close()
            for answer in answers:
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408"), answer)
            codes = [name for name in service.metrics() if 'code="408"' in name]
            self.assertGreaterEqual(len(codes), 1)

    def test_a_silent_connection_is_closed(self):
        with self.serve("--keep-alive-s", 0.3) as service, service.socket() as connected:
            self.assertEqual(read_all(connected), b"")

    def test_too_many_connections_are_told_to_come_again(self):
        with self.serve("--max-connections", 2) as service:
            held = [service.connect() for _ in range(2)]
            for connection in held:
                self.assertEqual(ask(connection, "GET", "/healthz")[0], 200)
            with service.socket() as third:
                answer = read_all(third)
            self.assertTrue(answer.startswith(b"HTTP/1.1 503"), answer)
            self.assertIn(b"Retry-After: 1", answer)
            self.assertIn(b"at most 2", answer)
            held.pop().close()
            for _ in range(100):
                try:
                    status = service.ask("GET", "/healthz")[0]
                except OSError:  # refused, and closed before it was asked
                    status = 503
                if status == 200:
                    break
                time.sleep(0.05)
            self.assertEqual(status, 200)
            held.pop().close()

    def test_a_prediction_that_takes_too_long_is_given_up(self):
        with self.serve("--timeout-s", 0.5, "--max-samples", 60000) as service:
            status, headers, answer = service.ask(
                "POST", "/v1/predict", request(as_images([image(0)] * 20), samples=60000),
                content_type="application/json")
            self.assertEqual((status, headers["Retry-After"]), (503, "1"), answer)

    def test_the_token_is_asked_for(self):
        (self.folder / "token").write_text(TOKEN + "\n")
        (self.folder / "token").chmod(0o600)
        for options in ({"arguments": ["--token-file", "token"]},
                        {"variables": {"CREDENCE_TOKEN": TOKEN}},
                        {"arguments": ["--host", "0.0.0.0", "--token-file", "token"]}):
            with self.serve(*options.get("arguments", ()),
                            variables=options.get("variables")) as service:
                status, headers, _ = service.ask("GET", "/v1/model")
                self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"))
                self.assertEqual(service.ask("GET", "/v1/model",
                                             authorization="Bearer " + TOKEN[:-1])[0], 401)
                self.assertEqual(service.ask("GET", "/v1/model",
                                             authorization="Bearer " + TOKEN)[0], 200)
                self.assertEqual(service.ask("GET", "/healthz")[0], 200)


class Ends(ServeTest):
    def test_when_it_is_told_to_finishing_what_is_under_way(self):
        with self.serve("--max-samples", 5000, "--timeout-s", 60) as service:
            idle = service.connect()
            self.assertEqual(ask(idle, "GET", "/healthz")[0], 200)
            answers = []
            body = request(as_images([image(i) for i in range(3)]), samples=5000)
            threads = [threading.Thread(target=lambda: answers.append(service.ask(
                "POST", "/v1/predict", body, content_type="application/json")))
                for _ in range(3)]
            for thread in threads:
                thread.start()
            wait_until(lambda: self.submitted(service) == 3)
            service.process.send_signal(signal.SIGTERM)
            wait_until(lambda: self.is_refused(service))
            self.assertEqual(answers, [], "clients are refused while others are answered")
            for thread in threads:
                thread.join()
            self.assertEqual([status for status, _, _ in answers], [200] * 3)
            self.assertEqual(answers[0][2], answers[1][2])
            self.assertEqual(service.process.wait(timeout=30), 0)
            with self.assertRaises(ConnectionError):
                service.socket()
            idle.close()

    @staticmethod
    def submitted(service):
        """Requests whose prediction waits or has begun."""
        metrics = service.metrics()
        return metrics["credence_queue_length"] + metrics["credence_batch_requests_sum"]

    @staticmethod
    def is_refused(service):
        try:
            service.socket().close()
        except ConnectionError:
            return True
        return False

    def test_before_a_request_that_has_come_but_not_begun(self):
        with self.serve("--max-samples", 5000, "--timeout-s", 60) as service:
            body = request(as_images([image(0)]), samples=5000).encode()
            with service.socket() as connected:
                connected.sendall(b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
                                  b"Content-Length: %d\r\n\r\n%s"
                                  b"GET /healthz HTTP/1.1\r\n\r\n" % (len(body), body))
                connected.settimeout(60)
                wait_until(lambda: self.submitted(service) == 1)
                service.process.send_signal(signal.SIGTERM)
                answer = read_all(connected)
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:200])
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
            self.assertEqual(service.process.wait(timeout=30), 0)

    def test_on_an_interrupt_too(self):
        with self.serve() as service:
            service.process.send_signal(signal.SIGINT)
            self.assertEqual(service.process.wait(timeout=30), 0)

    def test_at_once_when_it_is_told_twice(self):
        with self.serve("--max-samples", 60000, "--timeout-s", 60,
                        exit_code=-signal.SIGTERM) as service:
            body = request(as_images([image(i) for i in range(9)]), samples=60000).encode()
            with service.socket() as connected:
                connected.sendall(b"POST /v1/predict HTTP/1.1\r\nContent-Type: application/json\r\n"
                                  b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                wait_until(lambda: self.submitted(service) == 1)
                service.process.send_signal(signal.SIGINT)
                wait_until(lambda: self.is_refused(service))
                service.process.send_signal(signal.SIGTERM)
                self.assertEqual(service.process.wait(timeout=30), -signal.SIGTERM)

    def test_with_the_exit_code_of_what_is_wrong(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.fail_with(73, ["port", "in use"], "serve", "run", "--port",
                           taken.getsockname()[1])
        self.fail_with(65, ["nothing", "found none"], "serve", "nothing", "--port", 0)
        self.fail_with(64, ["--host 0.0.0.0", "token"], "serve", "run", "--port", 0, "--host",
                       "0.0.0.0")
        self.fail_with(73, ["192.0.2.1"], "serve", "run", "--port", 0, "--host", "192.0.2.1")
        self.fail_with(64, ["--port"], "serve", "run", "--port", 70000)
        self.fail_with(64, ["--max-batch"], "serve", "run", "--port", 0, "--max-batch", 0)
        for option, value in (("max-body-bytes", 2**30 + 1), ("max-rows", 2**30 + 1),
                              ("max-samples", 65537), ("max-connections", 4097),
                              ("max-batch", 2**30 + 1), ("max-queue", 2**63 - 1),
                              ("max-queue-rows", 2**63 - 1)):
            self.fail_with(64, [f"{option}: expected 1 to", f"got {value}"], "serve", "run",
                           "--port", 0, "--" + option, value)
        self.fail_with(64, ["--token"], "serve", "run", "--token", TOKEN)
        self.fail_with(78, ["CREDENCE_TOKEN", "at least 16"], "serve", "run", "--port", 0,
                       variables={"CREDENCE_TOKEN": "short"})
        self.fail_with(64, ["CREDENCE_TOKEN", "without %"], "serve", "run", "--port", 0,
                       variables={"CREDENCE_TOKEN": "0123456789ab%41cd"})

    @needs_mpi
    def test_if_it_is_one_of_several_ranks(self):
        self.fail_with(64, ["expected 1 rank, got 2"], "serve", "run", "--port", 0, ranks=2)


if __name__ == "__main__":
    main()
