#!/usr/bin/env python3
"""scripts/check_layers.py finds each kind of planted violation, at its line, and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
sys.dont_write_bytecode = True
import check_layers  # noqa: E402


def planted(files):
    """A temporary folder with the given files (path -> text)."""
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        file = Path(folder.name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def violations(files):
    with planted(files) as folder:
        return check_layers.check(Path(folder))


def run(files, *arguments):
    with planted(files) as folder:
        return subprocess.run([sys.executable, SCRIPTS / "check_layers.py", *arguments, folder],
                              text=True, stdout=subprocess.PIPE, check=False)


class CheckLayers(unittest.TestCase):
    def accept(self, path, include):
        self.assertEqual(violations({path: include + "\n"}), [])

    def reject(self, path, include, why):
        found = violations({path: "// first line\n" + include + "\n"})
        self.assertEqual(len(found), 1, f"{path}: {include}: {found}")
        self.assertIn(f"{path}:2: ", found[0])
        self.assertIn(why, found[0])

    def test_exit_code(self):
        good = run({"base/text.cpp": "#include <string>\n"})
        self.assertEqual((good.returncode, good.stdout), (0, "1 files: layers in order\n"))
        bad = run({"base/text.cpp": '#include "credence/cli/main.h"\n'})
        self.assertEqual(bad.returncode, 1)
        self.assertIn("base/text.cpp:1: ", bad.stdout)

    def test_a_folder_includes_itself_and_those_below(self):
        self.accept("layers/dense.cpp", '#include "credence/layers/dense.h"')
        self.accept("layers/dense.cpp", '#include "credence/kernels/linear_map.h"')
        self.accept("config/data.cpp", '#include "credence/waveforms/target.h"')
        self.accept("train/trainer.h", '#include "credence/comm/communicator.h"')

    def test_upward(self):
        self.reject("base/text.cpp", '#include "credence/tensor/tensor.h"', "base stands below tensor")
        self.reject("kernels/cpu/dense.cpp", '#  include "credence/layers/layer.h"', "below layers")

    def test_sideways(self):
        self.reject("layers/dense.h", '#include "credence/losses/loss.h"', "side by side")

    def test_reserved_folder(self):
        self.reject("serve/service.cpp", '#include "credence/waveforms/target.h"',
                    "only cli and config include waveforms")

    def test_no_communicator_in_layers(self):
        self.reject("optim/lars.cpp", '#include "credence/comm/communicator.h"', "StepContext::sum")

    def test_unknown_folder(self):
        self.reject("train/trainer.cpp", '#include "credence/util/misc.h"', "no folder util")
        self.assertIn("util/misc.cpp:1: no folder util", violations({"util/misc.cpp": ""})[0])

    def test_short_path(self):
        self.reject("layers/dense.cpp", '#include "dense.h"', '"credence/layers/dense.h"')

    def test_fences(self):
        for path, header, inside in [
                ("train/trainer.cpp", "mpi.h", "comm/mpi.cpp"),
                ("comm/self.cpp", "mpi.h", "comm/mpi_request.cpp"),
                ("comm/mpi.cpp", "nccl.h", "comm/nccl.cpp"),
                ("tensor/tensor.cpp", "cuda_runtime.h", "kernels/cuda/memory.cu"),
                ("layers/dense.cpp", "cudnn.h", "comm/nccl.cpp"),
                ("data/csv.cpp", "hdf5.h", "data/hdf5.cpp"),
                ("train/options.cpp", "yaml-cpp/yaml.h", "config/load.cpp"),
                ("serve/api.cpp", "httplib.h", "serve/http_connection.cpp")]:
            self.reject(path, f"#include <{header}>", "may be included only in")
            self.reject(path, f'#include "{header}"', "may be included only in")
            self.accept(inside, f"#include <{header}>")

    def test_heavy_headers(self):
        self.reject("base/json.h", "#include <nlohmann/json.hpp>", "keep headers light")
        self.accept("base/json.h", "#include <nlohmann/json_fwd.hpp>")
        self.accept("base/json.cpp", "#include <nlohmann/json.hpp>")

    def test_comments_are_not_includes(self):
        self.accept("base/text.cpp", '// #include "credence/cli/main.h"')
        self.accept("base/text.cpp", '/* of old:\n#include "credence/cli/main.h"\n*/')
        found = violations({"base/text.cpp": '/* two\nlines */\n#include "credence/cli/main.h"\n'})
        self.assertIn("base/text.cpp:3: ", found[0])

    def test_map(self):
        text = '#include "credence/kernels/map.h"\n#include "credence/base/errors.h"\n'
        result = run({"layers/dense.cpp": text}, "--map")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"(?m)^layers +1 +2  base kernels$")


if __name__ == "__main__":
    unittest.main()
