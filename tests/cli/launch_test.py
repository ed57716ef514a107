#!/usr/bin/env python3
"""`credence launch` starts ranks, and whatever befalls one of them, all end soon, with one message."""

import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

from kill_runs import children
from program import HAS_MPI, LAUNCHER, PROGRAM, RECIPES, SMALL, ProgramTest, Run, main, needs_mpi

RECIPE = "mnist_bnn_conv_flipout.yaml"
LONG = ("train.epochs=200", "train.global_batch_size=32", "predict.samples=2",
        "train.log_every_steps=1", "checkpoint.every_steps=5", "distributed.deterministic=true")
IS_MPICH = "mpich" in " ".join(LAUNCHER)
LIMIT_S = 10


def rank_of(process):
    """The rank that a process was started as."""
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    for variable in environment:
        name, _, value = variable.partition(b"=")
        if name in (b"OMPI_COMM_WORLD_RANK", b"PMI_RANK"):
            return int(value)
    return None


class Launched:
    """A job under way."""

    def __init__(self, folder, *arguments, ranks, options=(), variables=None):
        self.folder = folder
        self.ranks = ranks
        launcher = ("--launcher", LAUNCHER[0])
        self.process = subprocess.Popen(
            [PROGRAM, "launch", "-n", str(ranks), *launcher, *options, "--",
             *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(variables or {})})

    def process_of(self, rank, but=None):
        for _ in range(2000):
            for child in children(self.process.pid):
                if rank_of(child) == rank and child != but:
                    return child
            time.sleep(0.01)
        raise AssertionError(f"no rank {rank}")

    def wait_for_steps(self, output, count):
        metrics = self.folder / output / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            if metrics.exists() and metrics.read_text().count('"event":"step"') >= count:
                return
            time.sleep(0.01)
        raise AssertionError(f"no {count} steps: {self.end()}")

    def end(self):
        """Exit code, what it wrote, the lines that are its messages, and seconds."""
        begin = time.monotonic()
        left = children(self.process.pid)
        try:
            out, err = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        self.left = [child for child in left if Path(f"/proc/{child}/stat").exists() and
                     Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "Z"]
        messages = [line for line in err.splitlines() if line.startswith("credence: ")]
        return self.process.returncode, out, err, messages, time.monotonic() - begin


@unittest.skipUnless(HAS_MPI, "this build has no MPI")
class Lost(ProgramTest):
    def train(self, output, *arguments, ranks=3, options=()):
        return Launched(self.folder, "train", RECIPES / RECIPE, *SMALL, *LONG, *arguments,
                        "--threads", 1, "--output", output, ranks=ranks, options=options)

    def assert_lost(self, job, rank, says):
        code, out, err, messages, seconds = job.end()
        self.assertEqual(code, 75, out[-500:] + err)
        self.assertLess(seconds, LIMIT_S)
        # "[host:1]": Open MPI, of a message that did not come.
        self.assertEqual([line for line in err.splitlines()
                          if not line.startswith(("warning: ", "["))], messages)
        self.assertEqual(len(messages), 1, err)
        self.assertRegex(messages[0], rf"^credence: rank {rank} on \S+ \(process \d+\) {says}")
        self.assertEqual(job.left, [])
        return messages[0]

    def test_killed_in_training(self):
        job = self.train("killed")
        job.wait_for_steps("killed", 8)
        os.kill(job.process_of(1), signal.SIGKILL)
        message = self.assert_lost(
            job, 1, r"(was ended by signal 9 \(Killed\)|has died), last seen ")
        self.assertRegex(message, r"; ranks 0, 2 on \S+ |; rank 0 on \S+ .*; rank 2 on \S+ |"
                                  r"; rank 2 on \S+ .*; rank 0 on \S+ ")

    def test_stopped_in_training(self):
        job = self.train("stopped")
        job.wait_for_steps("stopped", 8)
        saved = sorted(Run(self.folder / "stopped").checkpoints.glob("step-*"))
        os.kill(job.process_of(0), signal.SIGSTOP)
        time.sleep(0.5)
        last = Run(self.folder / "stopped").curve("step")[-1]
        message = self.assert_lost(job, 0, r"has been stopped \(SIGSTOP\) for \d s, last seen ")
        self.assertRegex(message, "waiting in (MPI_|shared-memory sum)")
        # The end saves nothing that was not saved on the way.
        newest = max(Run(self.folder / "stopped").checkpoints.glob("step-*")).name
        self.assertLessEqual(int(re.search(r"\d+", newest)[0]), last + 1, saved)

    def test_stopped_before_it_begins(self):
        job = self.train("early")
        os.kill(job.process_of(2), signal.SIGSTOP)
        code, out, err, messages, seconds = job.end()
        self.assertEqual(code, 75, out[-500:] + err)
        self.assertLess(seconds, LIMIT_S)
        self.assertEqual(len(messages), 1, err)
        self.assertIn("rank 2", messages[0])
        self.assertEqual(job.left, [])

    def test_restart_gives_the_same_bits(self):
        short = ("train.epochs=2",)
        alone = self.train("alone", *short, ranks=4)
        code, out, err, _, _ = alone.end()
        self.assertEqual(code, 0, out[-500:] + err)
        job = self.train("again", *short, ranks=4, options=("--on-failure", "restart"))
        job.wait_for_steps("again", 12)
        os.kill(job.process_of(3), signal.SIGKILL)
        code, out, err, messages, _ = job.end()
        self.assertEqual(code, 0, out[-500:] + err)
        self.assertEqual(messages, [], err)
        self.assertRegex(err, r"warning: rank 3 .*; started again on 2 ranks, 1 of 3")
        again, whole = Run(self.folder / "again"), Run(self.folder / "alone")
        self.assertEqual(again.summary["ranks"], 2)
        self.assertEqual(again.summary["weights_sha256"], whole.summary["weights_sha256"])
        self.assertEqual(again.curve("loss"), whole.curve("loss"))

    def test_what_fails_where_it_did_is_not_started_again(self):
        # Saves nothing, and is killed at its first step each time.
        job = self.train("repeated", "checkpoint.every_steps=0", ranks=3,
                         options=("--on-failure", "restart"))
        first = job.process_of(0)
        os.kill(first, signal.SIGKILL)
        os.kill(job.process_of(0, but=first), signal.SIGKILL)
        code, out, err, messages, _ = job.end()
        self.assertEqual(code, 75, out[-500:] + err)
        self.assertEqual(len(messages), 1, err)
        self.assertIn("not started again: it has failed where it had before", messages[0])

    def test_restart_keeps_the_batch_of_a_recipe_that_gives_it_by_rank(self):
        job = Launched(self.folder, "train", RECIPES / RECIPE, *SMALL, "train.epochs=4",
                       "train.batch_size=8", "train.log_every_steps=1", "predict.samples=2",
                       "checkpoint.every_steps=5", "--threads", 1, "--output", "by-rank", ranks=3,
                       options=("--on-failure", "restart"))
        job.wait_for_steps("by-rank", 12)
        os.kill(job.process_of(1), signal.SIGKILL)
        code, out, err, _, _ = job.end()
        self.assertEqual(code, 0, out[-500:] + err)
        run = Run(self.folder / "by-rank")
        self.assertEqual(run.summary["ranks"], 2)
        self.assertIn("batch 12 a rank, 24 in all", run.text("log.txt"))
        self.assertEqual(run.curve("step"), list(range(1, 4 * 25 + 1)))


@unittest.skipUnless(HAS_MPI, "this build has no MPI")
class Signals(ProgramTest):
    def ended_by(self, number, output):
        job = Launched(self.folder, "train", RECIPES / RECIPE, *SMALL, *LONG,
                       "checkpoint.every_steps=0", "--threads", 1, "--output", output, ranks=2)
        job.wait_for_steps(output, 8)
        job.process.send_signal(number)
        code, out, err, messages, seconds = job.end()
        self.assertLess(seconds, LIMIT_S)
        self.assertEqual(len(messages), 1, err)
        self.assertIn("saved after step", messages[0])
        self.assertTrue(Run(self.folder / output).checkpoint.exists())
        self.assertEqual(job.left, [])
        return code

    def test_sigterm_saves_and_ends(self):
        self.assertEqual(self.ended_by(signal.SIGTERM, "term"), 128 + signal.SIGTERM)

    def test_sigint_saves_and_ends(self):
        self.assertEqual(self.ended_by(signal.SIGINT, "int"), 128 + signal.SIGINT)

    def test_the_warning_of_a_scheduler_saves_and_ends_well(self):
        self.assertEqual(self.ended_by(signal.SIGUSR1, "usr1"), 0)

    def test_killed_itself_leaves_no_ranks(self):
        job = Launched(self.folder, "train", RECIPES / RECIPE, *SMALL, *LONG, "--threads", 1,
                       "--output", "orphans", ranks=2)
        job.wait_for_steps("orphans", 3)
        ranks = [job.process_of(rank) for rank in range(2)]
        job.process.kill()
        job.process.communicate()
        deadline = time.monotonic() + LIMIT_S
        while any(rank_of(rank) is not None for rank in ranks) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([rank for rank in ranks if rank_of(rank) is not None], [])


class CommandLine(ProgramTest):
    @needs_mpi
    def test_mistakes(self):
        self.fail_with(64, ["expected -- and what"], "launch", "-n", 2)
        self.fail_with(64, ["expected -- and what"], "launch", "-n", 2, "--")
        self.fail_with(64, ['"train" belongs behind --'], "launch", "-n", 2, "train", "x.yaml")
        self.fail_with(64, ["--on-failur", "--on-failure"], "launch", "--on-failur=stop", "--",
                       "train")
        self.fail_with(64, ["--on-failure", "stop, restart"], "launch", "-n", 2, "--on-failure",
                       "hope", "--", "train")
        self.fail_with(64, ["as in -n 4"], "launch", "--", "models",
                       variables={"SLURM_NTASKS": ""})
        self.fail_with(64, ["the hosts take 3 ranks"], "launch", "-n", 4, "-H", "a:2,b", "--",
                       "models")
        self.fail_with(64, ["expected train after --"], "launch", "-n", 2, "--on-failure",
                       "restart", "--launcher", LAUNCHER[0], "--", "models")
        self.fail_with(64, ["cannot launch"], "launch", "-n", 2, "--", "launch")

    @needs_mpi
    def test_without_an_mpirun(self):
        self.fail_with(75, ["expected the mpirun of"], "launch", "-n", 2, "--", "models",
                       variables={"PATH": "/nowhere"})
        self.fail_with(75, ["no-such-mpirun"], "launch", "-n", 2, "--launcher", "no-such-mpirun",
                       "--", "models")

    @unittest.skipIf(HAS_MPI, "this build has MPI")
    def test_without_mpi(self):
        self.fail_with(75, ["this build has no MPI"], "launch", "-n", 2, "--", "models")

    @needs_mpi
    def test_the_ranks_errors_stand(self):
        for code, arguments in ((78, ("train", RECIPES / RECIPE, "train.epochz=1")),
                                (64, ("trian",)),
                                (65, ("evaluate", "no-such-run"))):
            job = Launched(self.folder, *arguments, ranks=2)
            ended, out, err, messages, _ = job.end()
            self.assertEqual(ended, code, out[-500:] + err)
            self.assertEqual(err.splitlines(), messages)
            self.assertEqual(len(messages), 1, err)

    @needs_mpi
    def test_output_passes_through(self):
        job = Launched(self.folder, "models", ranks=2)
        code, out, err, _, _ = job.end()
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.replace("\r\n", "\n"), self.succeed("models").stdout)


@unittest.skipUnless(HAS_MPI, "this build has no MPI")
class Deadline(ProgramTest):
    def start_bare(self, output, deadline):
        command = ["3" if word == "RANKS" else word for word in LAUNCHER]
        return subprocess.Popen(
            [*command, "train", str(RECIPES / RECIPE), *SMALL, *LONG, "--threads", "1", "--output",
             output], cwd=self.folder, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CREDENCE_DEADLINE_S": deadline})

    def test_ends_ranks_that_wait_for_one_that_is_stopped(self):
        process = self.start_bare("bare", "3")
        job = Launched.__new__(Launched)
        job.folder, job.process, job.ranks = self.folder, process, 3
        job.wait_for_steps("bare", 8)
        os.kill(job.process_of(1), signal.SIGSTOP)
        code, out, err, messages, seconds = job.end()
        self.assertEqual(code, 75, out[-500:] + err)
        self.assertLess(seconds, LIMIT_S)
        self.assertEqual(len(messages), 1, err)
        self.assertRegex(messages[0], r"^credence: rank [02]: waited for other ranks for \d s, in "
                                      r"(MPI_\S+|shared-memory sum).* at step \d+: ")

    def test_that_is_no_number_is_one_message(self):
        self.fail_with(78, ["CREDENCE_DEADLINE_S", '"soon"'], "models", ranks=2,
                       variables={"CREDENCE_DEADLINE_S": "soon"})


if __name__ == "__main__":
    main()
