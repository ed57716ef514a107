#!/usr/bin/env python3
"""credence doctor: what it says of the machine, in tables and as JSON, on one rank and on several."""

import os
import time

from program import ProgramTest, main, needs_mpi, numbers


class DoctorTest(ProgramTest):
    @classmethod
    def doctor(cls, *arguments, variables=None, **options):
        variables = {"CREDENCE_DATA_DIR": "", "XDG_CACHE_HOME": "/nowhere", **(variables or {})}
        return cls.succeed("doctor", *arguments, variables=variables, **options)

    @classmethod
    def examine(cls, *arguments, **options):
        return numbers(cls.doctor("--json", *arguments, **options).stdout)

    def assert_plausible(self, rank):
        for key, low, high in (("gflops_one_thread", 0.01, 2 * 2 * 16 * 7),
                               ("gflops", 0.01, 1e5), ("copy_gb_per_sec", 0.01, 1e4),
                               ("triad_gb_per_sec", 0.01, 1e4), ("normals_per_sec", 1e4, 1e13)):
            with self.subTest(key):
                rate = rank[key]
                self.assertGreater(rate["best"], low)
                self.assertLess(rate["best"], high)
                self.assertGreater(rate["mean"], 0)
                self.assertLessEqual(rate["mean"], rate["best"] * 1.000001)


class OneRank(DoctorTest):
    def test_json_describes_build_machine_and_speed(self):
        found = self.examine("--threads", 1)
        self.assertRegex(found["version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(found["libraries"]["openmp"], r"^\d+")
        self.assertIn(found["simd"]["compiled"], found["simd"]["processor"])
        self.assertGreaterEqual(found["numa_nodes"], 1)
        self.assertGreater(found["memory_bytes"], found["free_memory_bytes"])
        self.assertLessEqual(found["available_cores"], os.cpu_count())
        self.assertEqual(found["output"]["path"], str(self.folder / "runs"))
        self.assertTrue(found["output"]["writable"])
        self.assertGreater(found["output"]["free_bytes"], 0)
        self.assertEqual(found["datasets"], {"mnist": None})
        self.assertIsNone(found["sum_gb_per_sec"])
        self.assertEqual(len(found["ranks"]), 1)
        self.assertEqual(found["ranks"][0]["threads"], 1)
        self.assert_plausible(found["ranks"][0])

    def test_json_is_all_that_is_printed_and_nothing_is_left(self):
        before = sorted(self.folder.iterdir())
        done = self.doctor("--json")
        self.assertEqual(done.stderr, "")
        self.assertTrue(done.stdout.startswith("{") and done.stdout.endswith("}\n"))
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_tables_fit_a_terminal_and_take_a_few_seconds(self):
        start = time.monotonic()
        text = self.doctor("--threads", 2).stdout
        self.assertLess(time.monotonic() - start, 60)  # 2 s where nothing else runs
        for row in ("build ", "processor ", "memory ", "huge pages ", "runs ", "mnist ",
                    "float32 multiply-adds, 1 thread ", "float32 multiply-adds, 2 threads ",
                    "memory triad ", "standard normals "):
            self.assertIn("\n" + row, text)
        self.assertRegex(text, r"\n(no problems found|\d+ problems?)\n")
        paths = str(self.folder)
        for line in text.splitlines():
            self.assertTrue(len(line) <= 80 or paths in line or " (CPUs " in line, line)
            self.assertEqual(line, line.rstrip())

    def test_data_sets_are_found_where_they_are(self):
        source = self.folder / "data" / "mnist"
        source.mkdir(parents=True)
        (source / "mnist.npz").write_bytes(b"")
        found = self.examine(variables={"CREDENCE_DATA_DIR": str(self.folder / "data")})
        self.assertEqual(found["datasets"]["mnist"],
                         {"path": str(source), "place": "CREDENCE_DATA_DIR"})

    def test_a_wrong_data_folder_is_a_problem(self):
        text = self.doctor(variables={"CREDENCE_DATA_DIR": "/no/such/folder"}).stdout
        self.assertIn("- CREDENCE_DATA_DIR is /no/such/folder, which is no folder\n", text)
        self.assertIn("\n  -> Correct the variable", text)

    def test_more_threads_than_cores_are_a_problem_with_advice(self):
        found = self.examine("--threads", 2 * os.cpu_count())
        problem = next(p for p in found["problems"] if p["what"].startswith("Too many threads"))
        self.assertIn("--threads", problem["advice"])
        self.assertFalse(problem["fatal"])

    def test_a_run_directory_that_cannot_be_is_fatal(self):
        (self.folder / "file").write_text("")
        for flags in ([], ["--json"]):
            with self.subTest(flags):
                done = self.fail_with(70, ["no training is possible", str(self.folder / "file/runs")],
                                      "doctor", "-o", "file/runs", *flags)
                if flags:
                    found = numbers(done.stdout)
                    self.assertFalse(found["output"]["writable"])
                    self.assertEqual([p["what"] for p in found["problems"] if p["fatal"]],
                                     [f"No run can be written to {self.folder}/file/runs"])
                else:
                    self.assertIn("- FATAL: No run can be written", done.stdout)
                    self.assertIn("file: not a directory", done.stdout)

    def test_no_threads_are_a_mistake(self):
        self.fail_with(64, ["--threads"], "doctor", "--threads=-1")


@needs_mpi
class Ranks(DoctorTest):
    def test_two_ranks_are_measured_together(self):
        found = self.examine("--threads", 1, ranks=2)
        self.assertEqual(len(found["ranks"]), 2)
        self.assertEqual(len(found["hosts"]), 2)
        for rank in found["ranks"]:
            self.assert_plausible(rank)
        self.assertGreater(found["sum_latency_s"], 1e-8)
        self.assertLess(found["sum_latency_s"], 1)
        self.assertGreater(found["sum_gb_per_sec"], 1e-3)
        self.assertLess(found["sum_gb_per_sec"], 1e4)
        self.assertEqual([sum["bytes"] for sum in found["sums"]],
                         [8, 1 << 10, 1 << 15, 1 << 20, 1 << 24])
        self.assertLess(found["sums"][0]["seconds"], found["sums"][-1]["seconds"])

    def test_two_ranks_print_one_table(self):
        text = self.doctor("--threads", 1, ranks=2).stdout
        self.assertEqual(text.count("slowest rank  all 2 ranks"), 1)
        self.assertEqual(text.count("sum of 16.0 MiB over ranks"), 1)
        self.assertEqual(text.count("processor"), 1)

    def test_a_fatal_problem_ends_all_ranks(self):
        (self.folder / "file").write_text("")
        self.fail_with(70, ["no training is possible"], "doctor", "-o", "file/runs", ranks=2)


if __name__ == "__main__":
    main()
