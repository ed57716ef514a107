#!/usr/bin/env python3
"""Checks which folder of src/credence includes which, and where other libraries' headers may stand.

    scripts/check_layers.py          prints each violation as file:line, and exits 1 if there is one
    scripts/check_layers.py --map    prints the folders, their size and what they include
"""

import argparse
import re
import sys
from pathlib import Path

# A folder includes only itself and folders on lines above its own.
ORDER = """
base
tensor
random
comm
kernels
distributions
layers losses optim data
bayes
model
zoo checkpoint
predict
train
inference diagnostics
waveforms
machine serve search jobs
records
terminal scaling
report
config
c_api cli
"""
LEVEL = {folder: level for level, line in enumerate(ORDER.split("\n")) for folder in line.split()}

# Folder -> the only other folders that may include it.
USERS = {"waveforms": {"config", "cli"}}

# Folder -> a folder below it that it must not include, and what to do instead.
BLIND = {
    folder: {"comm": "it never sees a communicator: sum over ranks by StepContext::sum(span)"}
    for folder in ("layers", "losses", "optim")
}

# (what, its headers, where they may be included: a regular expression of paths in src/credence)
FENCES = [
    ("MPI", r"mpi(-ext)?\.h", r"comm/mpi[a-z_]*\.cpp"),
    ("NCCL", r"nccl.*\.h", r"comm/nccl\.cpp"),
    ("CUDA", r"(cuda|cublas|cudnn|curand|nvtx|thrust/|cub/|cooperative_groups).*",
     r"kernels/cuda/.*|comm/nccl\.cpp"),
    ("HDF5", r"(hdf5|H5|highfive/).*", r"data/hdf5\.cpp"),
    ("Eigen", r"Eigen/.*", r"kernels/linear_algebra\.cpp"),
    ("yaml-cpp", r"yaml-cpp/.*", r"config/.*"),
    ("CLI11", r"CLI/.*", r"cli/.*"),
    ("cpp-httplib", r"httplib\.h", r"serve/http_[a-z_]*\.(h|cpp)"),
]

# What is costly to include, or not installed with Credence, stays out of headers.
NOT_IN_HEADERS = r"(nlohmann/json\.hpp|spdlog/|fmt/|yaml-cpp/|curl/).*"

INCLUDE = re.compile(r'^\s*#\s*(?:include|import)\s*(?:"([^"]*)"|<([^>]*)>)')
SOURCES = {".h", ".hpp", ".c", ".cpp", ".cu", ".cuh", ".inc"}


def includes(text):
    """(line number, path, whether quoted) of each #include that is not in a comment."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.split("\n"), 1):
        if match := INCLUDE.match(line):
            yield number, match[1] or match[2], match[1] is not None


def check_include(path, included, quoted):
    """Why the file at `path` (relative to src/credence) may not include `included`: a list."""
    for what, headers, places in FENCES:
        if re.fullmatch(headers, included) and not re.fullmatch(places, path):
            return [f"{what} may be included only in src/credence/{places}, not <{included}>"]
    if path.endswith(".h") and re.fullmatch(NOT_IN_HEADERS, included):
        return [f"<{included}> belongs in a .cpp file: keep headers light"]

    folder = path.split("/")[0]
    if not included.startswith("credence/"):
        return [f'write "credence/{folder}/{included}", the whole path'] if quoted else []
    target = included.split("/")[1]
    if target == folder:
        return []
    if target not in LEVEL:
        return [f'"{included}": no folder {target} in the order of scripts/check_layers.py']
    if LEVEL[target] == LEVEL[folder]:
        return [f'"{included}": {folder} and {target} stand side by side; neither includes the other']
    if LEVEL[target] > LEVEL[folder]:
        return [f'"{included}": {folder} stands below {target} and may not include it; '
                "let the upper one pass in what the lower one needs"]
    if folder not in USERS.get(target, {folder}):
        return [f'"{included}": only {" and ".join(sorted(USERS[target]))} include {target}']
    if target in BLIND.get(folder, {}):
        return [f'"{included}": {folder}: {BLIND[folder][target]}']
    return []


def source_files(source):
    return sorted(file for file in source.rglob("*") if file.suffix in SOURCES)


def check(source):
    """All violations below `source`, the folder src/credence."""
    violations = []
    for file in source_files(source):
        path = file.relative_to(source).as_posix()
        folder = path.split("/")[0]
        if folder not in LEVEL:
            violations.append(f"{file}:1: no folder {folder} in the order of scripts/check_layers.py")
            continue
        for number, included, quoted in includes(file.read_text()):
            violations += [f"{file}:{number}: {why}" for why in check_include(path, included, quoted)]
    return violations


def print_map(source):
    print(f"{'folder':<15}{'files':>5}{'lines':>7}  includes")
    for folder in LEVEL:
        files = source_files(source / folder)
        texts = [file.read_text() for file in files]
        targets = {included.split("/")[1] for text in texts for _, included, _ in includes(text)
                   if included.startswith("credence/")} - {folder}
        lines = sum(text.count("\n") for text in texts)
        ordered = sorted(targets, key=lambda target: (LEVEL.get(target, 99), target))
        print(f"{folder:<15}{len(files):>5}{lines:>7}  {' '.join(ordered)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", action="store_true", help="print folders and includes")
    parser.add_argument("source", nargs="?", type=Path, help="default: src/credence",
                        default=Path(__file__).resolve().parent.parent / "src" / "credence")
    arguments = parser.parse_args()
    if not arguments.source.is_dir():
        parser.error(f"{arguments.source}: not a folder")
    if arguments.map:
        print_map(arguments.source)
        return 0
    violations = check(arguments.source)
    print("\n".join(violations) or f"{len(source_files(arguments.source))} files: layers in order")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
