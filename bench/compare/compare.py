#!/usr/bin/env python3
"""Runs matseq and the peer in plain PyTorch alternately and prints medians and ratios.

    python3 bench/compare/compare.py [--only generate,train,...] [--repeats 5] [--device cuda] [--json FILE]

Never runs both at once. Both get the same experiment files, threads and precision.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIGS = HERE / "configs"
QUICKSTART = ROOT / "configs" / "quickstart.toml"
UPDATES = {"cpu": 40, "cuda": 200}
UPDATES_OF_MODELS = 16
UPDATES_OF_SMALL = {"cpu": 400, "cuda": 2000}


@dataclass
class Row:
    group: str
    name: str
    unit: str
    matseq: Callable[[], float]
    peer: Callable[[], float]

    @property
    def more_is_better(self) -> bool:
        return self.unit != "s"


class Comparison:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.folder = Path(tempfile.mkdtemp(prefix="matseq-compare-"))
        self.libtorch = ""
        self.remarks = ""  # on matseq's last run
        self.peer_rates: dict[tuple, float] = {}
        self.seed = 1  # of both, where how fast something is learned counts

    def peer(self, *words: str) -> dict:
        command = [sys.executable, str(HERE / "peer.py"), *words, "--device", self.arguments.device]
        command += ["--threads", str(self.arguments.threads)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def command(self, *words: str) -> list[str]:
        threads = ["--set", f"training.threads={self.arguments.threads}", "--set", f"training.device={self.arguments.device}"]
        return [str(self.arguments.matseq), *words, *threads]

    def with_model(self, config: Path, name: str, model: dict) -> Path:
        """The experiment with another model."""
        before, after = config.read_text().split("[model]")
        table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in model.items())
        file = self.folder / f"{name}.toml"
        file.write_text(f"{before}[model]\n{table}\n[{after.split('[', 1)[1]}")
        return file

    def updates(self, config: Path) -> int:
        if config.parent == self.folder:
            return UPDATES_OF_MODELS
        return (UPDATES_OF_SMALL if config == QUICKSTART else UPDATES)[self.arguments.device]

    def train(self, config: Path, *settings: str) -> float:
        """Examples a second: the median of the log's lines but the first."""
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        updates = self.updates(config)
        batch = tomllib.loads(config.read_text())["training"]["batch_size"]
        for setting in settings:
            batch = int(setting.split("=")[1]) if setting.startswith("training.batch_size=") else batch
        options = [f"training.epoch_size={updates * batch}", "training.max_epoch=1", f"training.log_every={updates // 8}",
                   "evaluation.size=1", *settings]  # fmt: skip
        words = [word for option in options for word in ("--set", option)]
        subprocess.run(self.command("train", str(config), "--run", str(run), *words), check=True, capture_output=True)
        log = (run / "train.log").read_text()
        self.libtorch = re.search(r"LibTorch (\S+)", log)[1]
        rates = [float(rate) for rate in re.findall(r"([\d.]+) examples/s", log)]
        waits = [int(percent) for percent in re.findall(r"waited (\d+)% for data", log)]
        utilisations = [float(percent) for percent in re.findall(r"MFU +([\d.]+)%", log)]
        self.remarks = f"  MFU {statistics.median(utilisations[1:]):.0f}%, waited {max(waits[1:], default=0)}% for data"
        return statistics.median(rates[1:])

    def train_peer(self, config: Path, *options: str) -> float:
        """Rows that differ in matseq's settings only share one run a repetition."""
        key = (config, options, self.seed)
        if key not in self.peer_rates:
            updates = self.updates(config)
            words = ["--updates", str(updates), "--every", str(updates // 8), *options]
            self.peer_rates[key] = self.peer("train", str(config), *words)["examples_per_second"]
        return self.peer_rates[key]

    def seconds_to_target(self) -> float:
        """From the start of the process until 99% of 1,000 test examples are valid, tested every 100 updates. How many
        updates that takes is a matter of luck: every repetition has its own seed."""
        run = self.folder / "target"
        shutil.rmtree(run, ignore_errors=True)
        options = ["training.epoch_size=6400", "training.max_epoch=100", "evaluation.size=1000", f"data.seed={self.seed}"]
        words = [word for option in options for word in ("--set", option)]
        begin = time.time()
        with subprocess.Popen(self.command("train", str(QUICKSTART), "--run", str(run), *words), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:  # fmt: skip
            while process.poll() is None:
                time.sleep(0.05)
                metrics = run / "metrics.jsonl"
                lines = metrics.read_text().splitlines() if metrics.exists() else []
                results = [json.loads(line) for line in lines if '"valid"' in line and line.endswith("}")]
                if any(line["valid"]["accuracy"] >= 99 for line in results):
                    seconds = time.time() - begin
                    process.send_signal(signal.SIGINT)
                    process.wait()
                    return seconds
        raise SystemExit("matseq did not reach 99%")

    def trained_quickstart(self) -> Path:
        """A run that is right in some cases and wrong in others, so that both ways of evaluation count."""
        run = self.folder / "quickstart"
        if not run.exists():
            options = ["training.epoch_size=12800", "training.max_epoch=1", "evaluation.size=10000"]
            words = [word for option in options for word in ("--set", option)]
            subprocess.run(self.command("train", str(QUICKSTART), "--run", str(run), *words), check=True, capture_output=True)
            examples = subprocess.run(
                [str(self.arguments.matseq), "generate", str(QUICKSTART), "--count", "10000", "--set-name", "valid"],
                check=True, capture_output=True, text=True).stdout  # fmt: skip
            (run / "valid.txt").write_text(examples)
        return run

    def evaluate(self) -> float:
        run = self.trained_quickstart()
        command = self.command("eval", str(run), "--data", str(run / "valid.txt"))
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return float(re.search(r"evaluated in ([\d.]+) s", output)[1])

    def evaluate_peer(self) -> float:
        run = self.trained_quickstart()
        return self.peer("evaluate", str(QUICKSTART), "--weights", str(run / "model.safetensors"), "--data",
                         str(run / "valid.txt"))["seconds"]  # fmt: skip

    def generate(self, benchmark: str) -> float:
        command = [str(self.arguments.benchmark), f"--benchmark_filter=^{benchmark}$", "--benchmark_format=json"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(output)["benchmarks"][0]["examples"]

    def rows(self) -> list[Row]:
        rows = []
        for task, benchmark in GENERATION.items():
            config = str(CONFIGS / f"{task}.toml")
            rows.append(Row("generate", f"{task} 5x5, P1000, one core", "examples/s",
                            lambda b=benchmark: self.generate(b),
                            lambda c=config: self.peer("generate", c)["examples_per_second"]))  # fmt: skip
        eigenvalues = CONFIGS / ("eigenvalues.toml" if self.arguments.device == "cpu" else "eigenvalues_papers.toml")
        on_gpu = self.arguments.device == "cuda"
        for precision in self.arguments.precisions.split(","):
            for batch in [64, 512] if on_gpu else [64]:
                for graphs in ["false", "true"] if on_gpu else ["false"]:
                    settings = [f"training.precision={precision}", f"training.batch_size={batch}",
                                f"training.cuda_graphs={graphs}"]  # fmt: skip
                    options = ["--batch-size", str(batch)] + (["--bfloat16"] if precision == "bfloat16" else [])
                    name = f"{eigenvalues.stem}, batch {batch}, {precision}" + (", CUDA graphs" if graphs == "true" else "")
                    rows.append(Row("train", name, "examples/s",
                                    lambda s=settings: self.train(eigenvalues, *s),
                                    lambda o=options: self.train_peer(eigenvalues, *o)))  # fmt: skip
        rows.append(Row("small", "quickstart: transpose 2-3, 1/1, width 64, batch 64", "examples/s",
                        lambda: self.train(QUICKSTART), lambda: self.train_peer(QUICKSTART)))  # fmt: skip
        for name, model in MODELS.items() if not on_gpu else ():
            config = self.with_model(eigenvalues, name, model)
            rows.append(Row("models", f"{eigenvalues.stem}, {name}", "examples/s", lambda c=config: self.train(c), lambda c=config: self.train_peer(c)))
        rows.append(Row("target", "quickstart: time to 99% valid", "s", self.seconds_to_target,
                        lambda: self.peer("train", str(QUICKSTART), "--every", "100", "--until", "99", "--seed", str(self.seed))["seconds_to_target"]))  # fmt: skip
        rows.append(Row("evaluate", "10,000 examples, beam 1", "s", self.evaluate, self.evaluate_peer))
        only = set(self.arguments.only.split(",")) if self.arguments.only else None
        return [row for row in rows if only is None or row.group in only]


MODELS = {
    "decoder_only": {"plugin": "decoder_only", "layers": 7, "width": 256, "heads": 8},
    "encoder_only": {"plugin": "encoder_only", "layers": 7, "width": 256, "heads": 8},
    "modern_transformer": {"plugin": "modern_transformer", "encoder_layers": 6, "decoder_layers": 1, "width": 256, "heads": 8},
    "rnn, LSTM": {"plugin": "rnn", "cell": "lstm", "width": 256},
    "rnn, GRU": {"plugin": "rnn", "cell": "gru", "width": 256},
    "universal_transformer": {"plugin": "universal_transformer", "encoder_loops": 6, "width": 256, "heads": 8},
}
GENERATION = {
    "transpose": "generate_examples/transpose",
    "eigenvalues": "generate_examples/eigenvalues",
    "eigenvectors": "generate_examples/eigenvectors_canonical",
    "invert_matrix": "generate_examples/invert_matrix",
}


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matseq", type=Path, default=ROOT / "build/bin/matseq")
    parser.add_argument("--benchmark", type=Path, default=ROOT / "build/bench/generation_benchmark")
    parser.add_argument("--only", help="generate, train, small, models, target, evaluate: some of them, separated by commas")
    parser.add_argument("--precisions", default="float32,bfloat16",
                        help="of the group train; bfloat16 takes very long on processors without instructions for it")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--json", type=Path, help="write all measurements here, too")
    arguments = parser.parse_args()
    missing = [name for name in ("torch", "numpy", "safetensors") if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(f"This Python lacks {', '.join(missing)}. In a virtual environment:\n"
                         "  python3 -m venv peer && peer/bin/pip install torch numpy safetensors\n"
                         "  peer/bin/python bench/compare/compare.py")  # fmt: skip
    comparison = Comparison(arguments)
    rates = comparison.peer("rates")
    print(f"{processor()}, {arguments.threads} threads, PyTorch {rates['torch']}; matrix products of {1024 if arguments.device == 'cpu' else 8192}: "
          f"{rates['float32'] / 1e9:.0f} GFLOP/s in float32, {rates['bfloat16'] / 1e9:.0f} in bfloat16", flush=True)  # fmt: skip
    measured = []
    for row in comparison.rows():
        pairs = []
        comparison.remarks = ""
        for comparison.seed in range(1, arguments.repeats + 1):
            pairs.append((row.matseq(), row.peer()))
        ours, theirs = (statistics.median(side) for side in zip(*pairs))
        ratio = ours / theirs if row.more_is_better else theirs / ours
        print(f"{row.name:55} matseq {ours:10.1f} {row.unit:10}  PyTorch {theirs:10.1f}  {ratio:6.1f}x{comparison.remarks}", flush=True)
        measured.append({"name": row.name, "unit": row.unit, "matseq": ours, "peer": theirs, "ratio": ratio, "runs": pairs})
    print(f"medians of {arguments.repeats} alternating runs; matseq with LibTorch {comparison.libtorch or '(not used)'}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"processor": processor(), "rates": rates, "rows": measured}, indent=1) + "\n")
    shutil.rmtree(comparison.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
