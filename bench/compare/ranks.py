#!/usr/bin/env python3
"""Training by N ranks of one thread each against one process of N threads, in turn, on this machine.

    python3 bench/compare/ranks.py bench/compare/configs/eigenvalues.toml --ranks 2 --updates 40 --repeat 5
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def rate(arguments: argparse.Namespace, command: list[str], threads: int) -> float:
    """Examples a second of a training, without its first part."""
    settings = tomllib.loads(arguments.config.read_text())["training"]
    an_update = settings.get("batch_size", 64) * settings.get("accumulate_gradients", 1)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = {"training.epoch_size": arguments.updates * an_update, "training.max_epoch": 1, "training.save_every": 0,
                   "training.log_every": max(1, arguments.updates // 5), "training.threads": threads, "training.device": "cpu",
                   "evaluation.size": 1, "data.workers": arguments.workers}  # fmt: skip
        words = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
        subprocess.run([arguments.matseq, *command, arguments.config, "--run", run, *words], check=True, stderr=subprocess.DEVNULL)
        lines = [json.loads(line) for line in (run / "times.jsonl").read_text().splitlines()]
    return statistics.harmonic_mean([line["examples_per_second"] for line in lines if line["examples_per_second"]][1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1, help="threads that make data, of each process (default: 1)")
    parser.add_argument("--matseq", type=Path, default=ROOT / "build" / "bin" / "matseq")
    arguments = parser.parse_args()
    threads, ranks, ratios = [], [], []
    for number in range(arguments.repeat):
        threads.append(rate(arguments, ["train"], arguments.ranks))
        ranks.append(rate(arguments, ["launch", "-n", str(arguments.ranks)], 1))
        ratios.append(ranks[-1] / threads[-1])
        print(f"{number + 1}: {arguments.ranks} threads {threads[-1]:.1f}, {arguments.ranks} ranks {ranks[-1]:.1f} examples/s, "
              f"ratio {ratios[-1]:.3f}", flush=True)  # fmt: skip
    print(f"medians: threads {statistics.median(threads):.1f}, ranks {statistics.median(ranks):.1f} examples/s, "
          f"ratio of the pairs {statistics.median(ratios):.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
