#!/usr/bin/env python3
"""Writes what fuzzers begin with: small valid files of each format, and some that are just not.

    tests/fuzz/make_seeds.py FOLDER     makes FOLDER/<reader>/<name> for each reader

It writes the formats by itself, so that no mistake of Credence's own writers is in them.
"""

import gzip
import hashlib
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

RECIPES = Path(__file__).resolve().parent.parent.parent / "recipes"


def idx(shape, elements=None, kind=8):
    size = 1
    for extent in shape:
        size *= extent
    elements = bytes(range(size)) if elements is None else elements
    return struct.pack(f">I{len(shape)}I", kind << 8 | len(shape), *shape) + elements


def npy(descr, shape, elements, version=1, order=False):
    header = repr({"descr": descr, "fortran_order": order, "shape": shape}).encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + elements


def npz(method=zipfile.ZIP_STORED, **arrays):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in arrays.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), content, method)
    return file.getvalue()


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def safetensors(tensors, metadata=None, checksums=False):
    """Tensors as name -> (dtype, shape, bytes)."""
    metadata = dict(metadata or {})
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
        if checksums:
            metadata["credence.sha256." + name] = hashlib.sha256(content).hexdigest()

    def text(digest):
        own = {"credence.sha256": digest} if checksums else {}
        content = {"__metadata__": {**metadata, **own}} if {**metadata, **own} else {}
        return json.dumps({**content, **header}, separators=(",", ":")).encode()

    digest = hashlib.sha256(text("")).hexdigest() if checksums else ""
    return struct.pack("<Q", len(text(digest))) + text(digest) + data


WEIGHTS = {"a.bias": ("F32", [2], floats(1, 2)),
           "a.weight": ("F32", [2, 3], floats(1, 2, 3, 4, 5, 6)),
           "b.weight": ("F32", [5, 1], floats(1, 2, 3, 4, 5))}


def kronecker(inputs, bias=b""):
    prefix = "posterior.kronecker."
    square = {2: floats(1, 0, 0, 1), 3: floats(1, 0, 0, 0, 1, 0, 0, 0, 1),
              4: floats(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)}
    tensors = {
        prefix + "inputs.a.weight": ("F32", [inputs, inputs], square[inputs]),
        prefix + "mean.a.weight": WEIGHTS["a.weight"],
        prefix + "outputs.a.weight": ("F32", [2, 2], square[2]),
        prefix + "scale.a.weight": ("F32", [inputs], floats(*[1] * inputs)),
        prefix + "sigma.a.weight": ("F32", [2, inputs], floats(*[1] * 2 * inputs))}
    if bias:
        tensors[prefix + bias] = ("F32", [2], floats(0, 0))
    return tensors


def gaussian():
    prefix = "posterior.gaussian."
    return {prefix + "deviations.a.bias": ("F32", [1, 2], floats(0, 1)),
            prefix + "mean.a.bias": ("F32", [2], floats(1, 2)),
            prefix + "sigma.a.bias": ("F32", [2], floats(1, 0))}


def full_gaussian():
    prefix = "posterior.full_gaussian."
    return {prefix + "mean.a.bias": ("F32", [2], floats(1, 2)),
            prefix + "root.a.bias": ("F32", [2, 2], floats(1, 0, 0, 1))}


def stored(samples):
    content = {name: shape for name, (_, shape, _) in WEIGHTS.items()}
    return {f"posterior.stored.{name}":
            ("F32", [samples, *shape], WEIGHTS[name][2] * samples)
            for name, shape in content.items()}


def beside():
    one = struct.pack("<d", 1)
    return {"calibration.conformal_scores": ("F32", [4, 1], floats(1, 2, 3, 4)),
            "calibration.temperature": ("F64", [1], one),
            "data.src_scale": ("F64", [3], one * 3), "data.src_shift": ("F64", [3], one * 3),
            "data.target_scale": ("F64", [2], one * 2), "data.target_shift": ("F64", [2], one * 2)}


def checkpoints():
    counters = {"step": "3", "epoch": "1", "seed": "2", "config_hash": "c0"}
    return {
        "weights": safetensors(WEIGHTS),
        "counters": safetensors(WEIGHTS, counters),
        "whole": safetensors(WEIGHTS, counters, checksums=True),
        "optimizer": safetensors({**WEIGHTS, "optimizer.a.bias.velocity": WEIGHTS["a.bias"]}),
        "beside": safetensors({**WEIGHTS, **beside()}),
        "scores_without_targets": safetensors(
            {**WEIGHTS, "calibration.conformal_scores": ("F32", [1 << 50, 0], b"")}),
        "scores_that_are_nan": safetensors(
            {**WEIGHTS, "calibration.conformal_scores": ("F32", [40, 1], b"\0\0\xc0\x7f" * 40)}),
        "stored": safetensors({**WEIGHTS, **stored(2)}),
        "stored_none": safetensors({**WEIGHTS, **stored(0)}),
        "gaussian": safetensors({**WEIGHTS, **gaussian()}),
        "full_gaussian": safetensors({**WEIGHTS, **full_gaussian()}),
        "kronecker": safetensors({**WEIGHTS, **kronecker(3)}),
        "kronecker_bias": safetensors({**WEIGHTS, **kronecker(4, "mean.a.bias")}),
        "kronecker_bias_of_another": safetensors({**WEIGHTS, **kronecker(4, "mean.b.weight")}),
    }


def safetensors_files():
    one = {"a": ("U8", [2], b"xy")}
    header = b'{"a":{"dtype":"U8","shape":[0,1000000000000000000],"data_offsets":[0,0]}}'
    return {
        "none": safetensors({}),
        "one": safetensors(one),
        "metadata": safetensors(one, {"format": "pt", "n": "\u00e9\""}),
        "checksums": safetensors(one, {"step": "1"}, checksums=True),
        "types": safetensors({"d": ("F64", [1], bytes(8)), "f": ("F32", [1, 2], bytes(8)),
                              "h": ("BF16", [], bytes(2)), "u": ("U8", [0, 3], b"")},
                             checksums=True),
        "short": safetensors(one)[:-1],
        "long": safetensors(one) + b"z",
        "uncountable": struct.pack("<Q", len(header)) + header,
        "zero_byte": struct.pack("<Q", 4) + b"{}\0x",
    }


def npy_files():
    return {
        "f4": npy("<f4", (2, 3), floats(1, 2, 3, 4, 5, 6)),
        "f8": npy("<f8", (2,), struct.pack("<2d", 0.1, 1e300)),
        "u1": npy("|u1", (3,), b"abc", version=2),
        "bool": npy("|b1", (2,), b"\0\1", version=3),
        "i4": npy("<i4", (2,), struct.pack("<2i", -1, 5)),
        "i8": npy("<i8", (1,), struct.pack("<q", 1 << 60)),
        "scalar": npy("<f4", (), floats(1)),
        "empty": npy("<f4", (0, 4), b""),
        "uncountable": npy("|u1", (0, 10**18), b""),
        "fortran": npy("<f4", (1,), floats(1), order=True),
        "record": npy([("x", "<f4")], (1,), floats(1)),
    }


def npz_files():
    array = npy("<f4", (2, 2), floats(1, 2, 3, 4))
    zeros = npy("|u1", (20000,), bytes(20000))
    return {
        "stored": npz(x=array, y=npy("|u1", (2,), b"ab")),
        "deflated": npz(zipfile.ZIP_DEFLATED, x_test=array),
        "packed": npz(zipfile.ZIP_DEFLATED, x=zeros),
        "bzip2": npz(zipfile.ZIP_BZIP2, x=array),
        "none": npz(),
        "cut": npz(x=array)[:-30],
    }


def idx_files():
    images = idx((2, 3, 2))
    return {
        "labels": idx((5,)), "images": images, "empty": idx((0, 28, 28)),
        "packed": gzip.compress(images, mtime=0),
        "packed_twice": gzip.compress(images[:9], mtime=0) + gzip.compress(images[9:], mtime=0),
        "packed_cut": gzip.compress(images, mtime=0)[:-9],
        "cut": images[:-1], "long": images + b"x", "floats": idx((2,), floats(1, 2), kind=13),
        "huge": idx((1 << 31, 1 << 31, 4), b""),
        "uncountable": idx((0, (1 << 32) - 1, (1 << 32) - 1), b""),
    }


def csv_files():
    return {
        "commas": b"a,b,c\n1,2,3\n4,5,6\n7,8,9.5e-3\n",
        "semicolons": b"\xef\xbb\xbf\"a;b\";c\r\n1;+2\r\n-3;4\r\n\r\n",
        "tabs": b"1\t2\n3\t4\n", "blanks": b"  1 2   3\n4  5 6 \n",
        "quotes": b'"a ""b""","c"\n"1", 2\n3,"4"\n',
        "column": b"1\n2\n3\n", "header": b"a,b\n", "nan": b"1,nan\n2,3\n", "far": b"1e39,2\n3,4\n",
        "ragged": b"1,2\n3\n", "open_quote": b'"1,2\n', "empty_cell": b"1,\n2,3\n",
        "tiny": b"1e-400,2\n3,1e-320\n", "constant": b"1,1\n1,1\n1,1\n1,1\n",
    }


def yaml_files():
    deep = "".join("  " * i + "a:\n" for i in range(30))
    return {
        "mapping": b"a: 1\nb: [1, 2.5, x]\nc: {d: null, e: 'q', f: \"\\n\"}\n",
        "anchors": b"a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
        "expand": b"a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        "block": b"a: |\n  two\n  lines\nb: >-\n  folded\n  text\n", "flow": b"[[[[{a: [}]]]]]",
        "deep": deep.encode(), "brackets": b"[" * 70, "tag": b"a: !!int 3\n", "twice": b"a: 1\na: 2\n",
        "documents": b"--- 1\n--- 2\n", "comment": b"# only\n", "keys": b"? [1]\n: 2\n",
        "quoted": b"'1': \"true\"\n\"null\": '~'\n\"\": ''\n", "dashes": b"- - - 1\n    - 2\n",
        "utf8": "\u00e9: \"\u2028\\u0085\"\n".encode(),
    }


def recipe_files():
    files = {path.stem: path.read_bytes() for path in RECIPES.glob("*.yaml")}
    small = b"model: {layers: [{Dense: {units: 3}}, ReLU, {Dense: {units: 2}}]}\ndata: {name: digits}\n"
    overrides = [b"train.optimizer=SGD", b"model.layers.0.units=4", b"model.name=CNN_FC",
                 b"train.kl.warmup_steps=3", b"train=null", b"predict.samples=1e3", b"seed=-1",
                 b"data.name=csv", b"data.path=x.csv", b"data.target=[a, 2]"]
    for number, override in enumerate(overrides):
        files[f"override_{number}"] = small + b"\0" + override
    for number, method in enumerate(["swag", "laplace", "hmc", "ensemble", "pbp", "ivon", "sghmc"]):
        files[f"inference_{number}"] = small + b"inference: " + method.encode() + b"\n"
    return files


def input_files():
    images = bytes(24)
    return {
        "npy": npy("|u1", (2, 4, 3), images), "npz": npz(x=npy("<f4", (1, 3), floats(1, 2, 3))),
        "idx": idx((2, 4, 3)), "gzip": gzip.compress(idx((1, 4, 3)), mtime=0),
        "csv": b"1,2,3\n4,5,6\n", "order": b"b,c,a\n1,2,3\n", "one": npy("<f8", (4, 3), bytes(96)),
        "four_axes": npy("<f4", (1, 4, 3, 1), bytes(48)), "nan": npy("<f4", (1, 3), b"\xff" * 12),
        "beyond": npy("<f8", (1, 3), struct.pack("<3d", 1e300, 0, 0)), "nothing": b"",
    }


def summary_files():
    summary = {"version": "0.1.0", "model": "m", "dataset": "d", "seed": 1, "ranks": 1,
               "threads_per_rank": 1, "device": "cpu", "parameters": 2, "epochs": 3, "steps": 4,
               "train_seconds": 0.5, "samples_per_sec": None, "peak_rss_bytes": 9,
               "weights_sha256": "00", "test": {"nll": None, "accuracy": 0.5}}
    variants = {
        "usual": summary, "inference": {**summary, "inference": {"acceptance": 0.8}},
        "far": {**summary, "epochs": 1e300}, "negative": {**summary, "seed": -1},
        "large": {**summary, "ranks": 1 << 40}, "list": {**summary, "test": [1]},
        "text": {**summary, "test": {"nll": "x"}}, "none": {},
    }
    files = {name: json.dumps(value).encode() for name, value in variants.items()}
    return {**files, "deep": b"[" * 200, "bytes": b'{"version":"\xff"}', "number": b"1e999"}


def record_files():
    def lines(*events):
        return b"".join(json.dumps(event).encode() + b"\n" for event in events)

    header = {"event": "header", "model": "m", "dataset": "d", "parameters": 2, "ranks": 1,
              "global_batch_size": 4, "epochs": 2, "steps_per_epoch": 3}
    step = {"event": "step", "epoch": 1, "step": 2, "loss": 0.5, "samples_per_sec": 9.0}
    epoch = {"event": "epoch", "epoch": 1, "step": 3, "member": 1, "loss": 0.4, "val_nll": None}
    end = {"event": "end", "epochs": 2, "steps": 6, "train_seconds": 0.5}
    histogram = {"epoch": 1, "step": 3, "layer": "dense1.weight", "quantity": "mu",
                 "edges": [0, 1, 2], "counts": [3, 4]}
    row = {"phase": "forward", "layer": "dense1", "seconds": 0.5, "flops": 10}
    profile = {"steps": 3, "seconds": 0.5, "examples_per_step": 4, "rows": [row]}
    return {
        "metrics": lines(header, step, epoch, end), "half": lines(header, step)[:-9],
        "ensemble": lines(header, epoch, {**epoch, "member": 2}),
        "far": lines({**header, "epochs": 1e300}, {**step, "step": -1, "epoch": 1 << 62}),
        "histograms": lines(histogram, {**histogram, "quantity": "sigma"}),
        "no_bins": lines({**histogram, "edges": [0], "counts": []}),
        "edges": lines({**histogram, "edges": [2, 1, 0]}), "profile": lines(profile),
        "rows": lines({**profile, "rows": {}}), "other": b"[]\n\"x\"\n{}\n", "deep": b"[" * 200,
    }


def uci_files():
    def folder(data=b"1 2 3\n4 5 6\n7 8 9.5\n2 1 0\n", features=b"0\n1\n", target=b"2\n",
               splits=b"1\n", train=b"0\n1\n2\n", test=b"3\n"):
        return b"\0".join([data, features, target, splits, train, test])

    return {
        "whole": folder(), "tabs": folder(data=b"1\t2\t3\r\n4 5 6\r\n7 8 9\n1 2 3\n\n"),
        "floats": folder(features=b"0.000e+00\n1.0\n"), "target_twice": folder(target=b"0\n"),
        "row_beyond": folder(test=b"4\n"), "in_both": folder(test=b"0\n"),
        "no_splits": folder(splits=b"0\n"), "many_splits": folder(splits=b"1e300\n"),
        "no_rows": folder(train=b""), "half": folder(test=b"0.5\n"), "nothing": b"",
    }


def system_files():
    return {
        "cpus": b"0-3,5,7-8\n", "many_cpus": b"0-2147483647", "backwards": b"3-1,-4--2",
        "quota": b"150000 100000\n", "no_quota": b"max 100000\n", "no_period": b"1 0",
        "mounts": b"36 35 98:0 / / rw - ext4 /dev/root rw\n"
                  b"37 36 0:5 / /a/b\\040c rw,noatime master:1 - nfs4 host:/x rw\n38 - -\n",
        "group": b"0::/user.slice/a/../..\n4:cpu,cpuacct:/slurm/job_7\n:::\n",
    }


def http_bodies():
    return {
        "images": b'{"samples": 7, "inputs": [[[1, -2.5]], [[3e2, 0]]]}', "row": b'{"inputs":[1,2]}',
        "none": b"{}", "no_rows": b'{"inputs":[]}', "twice": b'{"inputs":[[1]],"inputs":[[1]]}',
        "ragged": b'{"inputs":[[1,2],[3]]}', "deep": b'{"inputs":' + b"[" * 70,
        "far": b'{"inputs":[[1e999]],"samples":1e999}', "nan": b'{"inputs":[[NaN]]}',
        "samples": b'{"samples":-99999999999999999999,"inputs":[[1]]}', "text": b'{"inputs":"\xff"}',
        "npy": npy("<f4", (1, 3), floats(1, 2, 3)), "scalar": npy("<f8", (), bytes(8)),
        "uncountable": npy("|u1", (0, 1 << 62, 1 << 62), b""),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    readers = {"idx": idx_files, "npy": npy_files, "npz": npz_files, "csv": csv_files,
               "yaml": yaml_files, "recipe": recipe_files, "inputs": input_files,
               "safetensors": safetensors_files, "checkpoint": checkpoints,
               "summary": summary_files, "records": record_files, "uci": uci_files,
               "system": system_files, "http_body": http_bodies}
    for reader, files in readers.items():
        folder = Path(sys.argv[1]) / reader
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files().items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
