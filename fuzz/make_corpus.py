#!/usr/bin/env python3
"""Makes seeds (FOLDER/TARGET/) and dictionaries (FOLDER/TARGET.dict) for all fuzz targets: make_corpus.py FOLDER.

Python's standard library is all it needs."""

import collections
import io
import json
import pathlib
import pickle
import pickletools
import re
import struct
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/data/golden"
LARGEST_RECORD = 16 * 1024


class Seeds:
    """The seeds of one target."""

    def __init__(self, folder, target):
        self.folder = pathlib.Path(folder) / target
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def add(self, content):
        if isinstance(content, str):
            content = content.encode()
        (self.folder / f"seed-{self.count:03}").write_bytes(content)
        self.count += 1


def small_archive(path):
    """The checkpoint without most of its tensors' records, which are large; stored as PyTorch does."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".pkl") or (len(content) <= LARGEST_RECORD and new.fp.tell() < 2 * LARGEST_RECORD):
                new.writestr(name, content)
    return out.getvalue()


def without_checksums(archive):
    """The same archive with checksums of 0, which stand for none: what is in it can be changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for record in opened.infolist():
            archive = archive.replace(struct.pack("<I", record.CRC), bytes(4))
    return archive


def pickles(path):
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")]


def plain_pickles():
    values = [
        {"epoch": 3, "params": {"lr": 1e-4, "name": "x", "flags": [True, False, None], "sizes": (1, 2, 3, 4)}},
        collections.OrderedDict(encoder=[1 << 40, -(1 << 70), 1.5], text="ümlaut", data=b"\x00\xff"),
    ]
    repeated = [1]
    repeated.append(repeated)  # contains itself
    values.append(repeated)
    return [pickle.dumps(value, protocol) for value in values for protocol in (2, 3, 4, 5)]


def archives(seeds):
    checkpoints = sorted((GOLDEN / "models").glob("*.pth"))
    for path in checkpoints:
        seeds["archive"].add(small_archive(path))
        seeds["archive"].add(without_checksums(small_archive(path)))
        for content in pickles(path):
            seeds["pickle"].add(content)
    for content in plain_pickles():
        seeds["pickle"].add(content)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("model/data.pkl", content)
            archive.writestr("model/byteorder", "little")
        seeds["archive"].add(out.getvalue())
        seeds["archive"].add(without_checksums(out.getvalue()))


CONFIGURATIONS = [
    '[task]\nplugin = "transpose"\n',
    '[task]\nplugin = "eigenvalues"\ngenerator = "gaussian"\neigen_distribution = ["laplace", "uniform"]\n'
    'noisy_input = true\nsigma = 0.1\nmin_input_coeff = 1\n[encoding]\ninput = "FP15"\noutput = "P1000"\n',
    '[task]\nplugin = "cotraining"\ncotraining_tasks = "TADMEFI"\n',
    '[task]\nplugin = "cotraining"\ntasks = [{ plugin = "transpose", code = "T", weight = 2.0 }, '
    '{ plugin = "invert_matrix", code = "XY" }]\n',
    '[task]\nplugin = "singularvectors"\nrectangular = true\nmin_dimension = 1\n[encoding]\n'
    'input = { plugin = "positional", precision = 2, base = 100 }\noutput = "float,2,10"\nmax_dimension = 12\n'
    '[model]\nplugin = "transformer"\nencoder = { layers = 6, width = 512, heads = 8 }\n'
    '[optimizer]\nplugin = "adam"\nlearning_rate = 1e-4\n[schedule]\nplugin = "cosine"\nwarmup_updates = 10\n'
    '[data]\nseed = 3\nreload_data = "a.txt"\nbatch_load = true\nreload_size = 5\n[training]\nmax_epoch = 2\n'
    '[evaluation]\ntolerances = [0.05, 0.01]\nnorm = "d1"\ntask = { max_dimension = 3 }\n'
    '[[evaluation.sets]]\nname = "small"\ntask = { max_dimension = 2 }\n',
    'optimizer = "adam_cosine,warmup_updates=10000,lr=0.0001"\nplugin_path = ["plugins"]\n'
    '[task]\nplugin = "syminverse"\n[encoding]\ninput = "floatsymbol,2"\noutput = "FP15,2,16"\n',
    "--operation eigenvalues --n_enc_layers 6 --optimizer adam_cosine,lr=0.0001 --fp16=true --cpu",
    "--operation transpose --reload_data numeric,a.train,a.valid --reload_size 10 --beam_eval true --beam_size 5 "
    "--stopping_criterion valid_numeric_acc,10 --validation_metrics _valid_numeric_xe_loss",
]


def configurations(seeds):
    for text in CONFIGURATIONS:
        seeds["configuration"].add(text)
    for path in sorted((ROOT / "configs").glob("*.toml")):
        seeds["configuration"].add(path.read_text())


def data_files(seeds):
    lines = (
        "V1 V2 + 1 E0 - 250 E-2\tV2 V1 + 1 E0 - 250 E-2",
        "V1 V1 + 0 E0\tV1 V1 + 0 E0",
        "V1 V1 - 999 E100\tV1 V1 - 1 0 E-100",
    )
    for piece in range(3):
        seeds["data_file"].add(bytes([piece]) + ("\n".join(lines * (piece + 1)) + "\n" * (piece % 2)).encode())
    seeds["data_file"].add(b"\x02" + "\r\n".join(lines).encode())
    seeds["data_file"].add(b"\x01" + (lines[0] + "\n\n" + lines[1]).encode())


WORDS = {
    0: "V1 V2 + 1 2 3 E-2 - 4 5 6 10^ - 7",
    1: "V2 V1 + 12 . 500 E3 - 999 E-100",
    2: "V1 V2 N-100 E-2 N999 E100",
    3: "V2 V2 N100e0 N-999e15 NaN -NaN",
}


def vocabularies():
    """The words of the targets' four encodings, by id."""
    found = {}
    fixed = "<s> </s> <pad> ( )".split() + [f"<SPECIAL_{i}>" for i in range(10)]
    fixed += "T A D M E F I + - 10^ . |".split()
    exponents = [f"E{i}" for i in range(-100, 101)]
    sizes = [f"V{i}" for i in range(1, 101)]
    digits = lambda base: [str(i) for i in range(base)]
    floating = ["NaN", "-NaN"] + [f"N{i}e0" for i in range(-99, 100)]
    floating += [f"N{s * m}e{i}" for m in range(100, 1000) for s in (1, -1) for i in range(16)]
    own = {0: digits(10) + exponents, 1: digits(1000) + exponents,
           2: [f"N{i}" for i in range(-1000, 1001)] + exponents, 3: floating}
    for index, words in own.items():
        known = fixed + sorted(set(words + sizes) - set(fixed))
        found[index] = {word: number for number, word in enumerate(known)}
    return found


def sequences(seeds):
    ids = vocabularies()
    for index, text in WORDS.items():
        numbers = [ids[index][word] for word in text.split()]
        coded = [ids[index]["A"]] + numbers
        for words in (numbers, coded, numbers[:-1]):
            seeds["decoder"].add(bytes([index]) + struct.pack(f"<{len(words)}H", *words))
            seeds["decoder"].add(bytes([0x80 | index]) + struct.pack(f"<{len(words)}i", *words))


def commands(seeds):
    examples = [json.loads(line) for line in (GOLDEN / "evaluation.jsonl").read_text().splitlines()[:400:20]]
    for index, text in WORDS.items():
        first = 4 * index
        seeds["token_commands"].add(bytes([first]) + b"1.5\n-2e-3\ninf\n0\nnan\n1e400\n")
        seeds["token_commands"].add(bytes([first + 1]) + b"[[1.5, -2],[3e7, 0]]\n[[1]]\n")
        seeds["token_commands"].add(bytes([first + 2]) + f"{text}\n{text} V1\nV1 V1\n".encode())
    for example in examples:
        seeds["token_commands"].add(b"\x03" + json.dumps(example).encode() + b"\n")


def npy(descr, order, shape, content):
    """As numpy.save writes it."""
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


BANNER = "%%MatrixMarket matrix "
MATRICES = {
    0: ['[[1.5, -2],[3e7, "nan"]]\n\n[[1]]\n', '{"source": [[1, 2], [3, 4]], "task": "E"}\n[["-inf", 1e400]]\n'],
    1: ["1,2\n3,4\n\n5; -6.5e-3\r\n", "# remark\n1 2\t3\nnan inf 0 # more\n\n\n7\n", "\ufeff1,2\n"],
    2: [BANNER + "coordinate real general\n% remark\n2 3 2\n1 1 1.5\n2 3 -2\n",
        BANNER + "coordinate integer symmetric\n2 2 2\n1 1 3\n2 1 7\n",
        BANNER + "coordinate real skew-symmetric\n2 2 1\n2 1 7\n",
        BANNER + "array real general\n2 2\n1\n2\n\n3\n4e-5\n", BANNER + "array double symmetric\n2 2\n1\n2\n3\n"],
    3: [npy("<f8", False, (2, 3), struct.pack("<6d", 1, 2, 3, 4, 5, 6)),
        npy(">f4", True, (2, 1, 2), struct.pack(">4f", 1, -2, 3.5, float("nan"))),
        npy("<f2", False, (2,), struct.pack("<2e", 0.1, 65504)), npy("|u1", False, (3, 1), b"\x00\x80\xff"),
        npy(">i8", False, (1, 2), struct.pack(">2q", -1, 1 << 60)), npy("<i2", True, (0, 2, 2), b"")],
}


def matrices(seeds):
    for kind, files in MATRICES.items():
        for content in files:
            seeds["matrices"].add(bytes([kind]) + (content.encode() if isinstance(content, str) else content))


def dictionaries(folder):
    words = set(re.findall(r"[A-Za-z_][A-Za-z_0-9.]+", " ".join(CONFIGURATIONS)))
    sources = [*(ROOT / "framework/configuration").glob("*.cpp"), *(ROOT / "framework/reference").glob("*.cpp"),
               *(ROOT / "plugins").glob("*/*/*.cpp")]
    for source in sorted(sources):
        words.update(re.findall(r'P::[a-z]+\("([a-z_0-9]+)"', source.read_text()))
    words.update(["[[", "]]", "{ ", " }", "\\x0a", "1e400", "-1", "9223372036854775807", "inf", "nan", "--"])
    names = set()
    for path in (GOLDEN / "models").glob("*.pth"):
        for content in pickles(path):
            for code, argument, _ in pickletools.genops(content):
                if isinstance(argument, str):
                    names.add(argument.replace(" ", "\\x0a") + "\\x0a" if code.name == "GLOBAL" else argument)
    tokens = set(" ".join(WORDS.values()).split()) | {"\\x09", "\\x0d\\x0a", "V100", "T", "<s>", "</s>"}
    tokens |= {'\\"task\\":', '\\"source\\":', '\\"target\\":', '\\"hypothesis\\":', "[[", "]]", "null"}
    marks = set("coordinate array real integer double general symmetric skew-symmetric False True".split())
    marks |= {BANNER, "'descr': '", "'fortran_order': ", "'shape': (", "<f2", ">f8", "|i1", "[[", "]]", "inf", "nan",
              "1e400", "\\x0a\\x0a", "\\x0d\\x0a", "18446744073709551615", "1000000", '{\\"source\\":', '\\"task\\":'}
    for target, entries in {"configuration": words, "matrices": marks, "pickle": names, "archive": names,
                            "data_file": tokens, "token_commands": tokens}.items():
        text = "".join(f'"{entry}"\n' for entry in sorted(entries) if entry and entry.isascii())
        (pathlib.Path(folder) / f"{target}.dict").write_text(text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    targets = ("archive", "pickle", "configuration", "data_file", "decoder", "matrices", "token_commands")
    seeds = {target: Seeds(sys.argv[1], target) for target in targets}
    for make in (archives, configurations, data_files, sequences, matrices, commands):
        make(seeds)
    dictionaries(sys.argv[1])


if __name__ == "__main__":
    main()
