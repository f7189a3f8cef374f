#!/usr/bin/env python3
"""Checks an entry of the speed record, trains it, and prints its row. The rules stand in docs/speedrun.md.

    python3 bench/speedrun/speedrun.py bench/speedrun/entries/TASK/NAME.toml            # again: goes on
    python3 bench/speedrun/speedrun.py bench/speedrun/entries/TASK/NAME.toml --check    # only whether it is accepted
    python3 bench/speedrun/speedrun.py bench/speedrun/entries/TASK/NAME.toml --time     # and what it takes in seconds
    python3 bench/speedrun/speedrun.py --table                                          # all that are kept
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TASKS, KEPT = HERE / "tasks", ROOT / "docs" / "results" / "speedrun"
PEER = ROOT / "bench" / "compare" / "peer.py"
FIXED = ("task.", "evaluation.", "data.max_len", "training.validation_metrics")
FREE = ("task.signs", "evaluation.batch_size")  # neither changes what is right
ENCODERS = ("positional", "float_symbol", "floating_point")
FEWEST_STEPS = 2000  # of "normalized", from -A to A: each at most a thousandth of A
FEWEST_SEEDS, SIGNIFICANT = 3, 0.01
DEVICES = ("cpu", "cuda")
UPDATES_TIMED, WINDOWS = 300, 10
MOST_BUSY = 0.1  # of the processors, by others, while seconds are measured


class Refused(SystemExit):
    """What is wrong, and what is accepted."""

    def __init__(self, message: str) -> None:
        super().__init__(f"speedrun: {message}")


def flat(table: dict, prefix: str = "") -> dict:
    """{"optimizer.learning_rate": 0.001, ...}"""
    settings = {}
    for key, value in table.items():
        settings |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return settings


def matseq(arguments: argparse.Namespace, *words: str | Path) -> str:
    command = [str(word) for word in (arguments.matseq, *words)]
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        raise Refused(f"there is no {arguments.matseq}; build it, or name it by --matseq") from None
    except subprocess.CalledProcessError as error:  # it has said why
        raise Refused(f"`{' '.join(command)}` ended with status {error.returncode}") from None


def configurations(arguments: argparse.Namespace, sweep: Path) -> list[str]:
    """The whole config.toml of each run of a sweep."""
    with tempfile.TemporaryDirectory() as empty:
        runs = json.loads(matseq(arguments, "sweep", sweep, "--dry-run", "--json", "--dir", Path(empty) / "runs"))["runs"]
    return [run["configuration"] for run in runs]


def task_of(entry: Path) -> str:
    base = tomllib.loads(entry.read_text()).get("base", "")
    task = (entry.parent / base).resolve()
    if task.parent != TASKS:
        raise Refused(f"{entry}: its base is '{base}'; accepted is a file of {TASKS}")
    return task.stem


def is_fine(encoding: dict) -> bool:
    if encoding["plugin"] == "normalized":
        return encoding["base"] ** encoding["digits"] >= FEWEST_STEPS
    if encoding["plugin"] == "floating_point" and encoding["exponents"] < 16:
        return False
    return encoding["plugin"] in ENCODERS and encoding["precision"] >= 2


def check_encoding(entry: Path, side: str, encoding: dict) -> None:
    if not is_fine(encoding):  # what is scored is the matrix as encoded: with fewer digits, another and easier task
        raise Refused(f"{entry}: 'encoding.{side}' is {encoding}; accepted are {', '.join(ENCODERS)} with a precision of at "
                      f"least 2, floating_point with at least 16 exponents, and normalized with at least {FEWEST_STEPS} steps")  # fmt: skip


def of_test_set(arguments: argparse.Namespace, run: str, command: str, *words: str) -> str:
    """What a command of matseq says of the test set of a run's config.toml."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(run)
        config.flush()
        size = tomllib.loads(run)["evaluation"]["size"]
        return matseq(arguments, command, config.name, "--set-name", "valid", "--count", size, *words)


def check_range(arguments: argparse.Namespace, entry: Path, run: str) -> None:
    """That a range fits: steps of a wider one are coarser than they look, and of a narrower one, examples are lost."""
    encodings = tomllib.loads(run)["encoding"]
    sides = [side for side in ("input", "output") if encodings[side]["plugin"] == "normalized"]
    if not sides:
        return
    data = json.loads(of_test_set(arguments, run, "data", "--json"))
    lost = {"input": data["drawn"]["sources_out_of_range"],
            "output": sum(why.get("beyond_limit", 0) for why in data["drawn"]["classes"].values())}  # fmt: skip
    for side in sides:
        coefficients = data["input" if side == "input" else "target"]["coefficients"]
        largest, bound = max(-coefficients["minimum"], coefficients["maximum"]), encodings[side]["range"]
        if lost[side] or largest < bound / 2:
            raise Refused(f"{entry}: the range of 'encoding.{side}' is {bound}, the largest coefficient of the test set {largest:.4g}, and {lost[side]} of "
                          "its matrices are beyond the range; accepted is a range that holds all, and is at most twice the largest")  # fmt: skip


def check_training_file(arguments: argparse.Namespace, entry: Path, run: str) -> None:
    file = tomllib.loads(run)["data"].get("reload_data", "")
    if not file:
        return
    test = set(of_test_set(arguments, run, "generate").splitlines())
    with open(file) as lines:
        held = sum(line.rstrip("\n").split("|", 1)[-1] in test for line in lines)
    if held:
        raise Refused(f"{entry}: '{file}' holds {held} examples of the test set; accepted are none")


def check(arguments: argparse.Namespace, entry: Path) -> str:
    """The entry's task; Refused when it changes what is fixed."""
    task = task_of(entry)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as sweep:
        sweep.write(f'base = "{TASKS / task}.toml"\nseeds = 1\n')
        sweep.flush()
        fixed = flat(tomllib.loads(configurations(arguments, Path(sweep.name))[0]))
    runs = configurations(arguments, entry)
    settings = [flat(tomllib.loads(run)) for run in runs]
    for run in settings:
        for key in sorted(fixed.keys() | run.keys()):
            if key.startswith(FIXED) and key not in FREE and run.get(key) != fixed.get(key):
                raise Refused(f"{entry}: '{key}' is {run.get(key, 'not set')}, where the task {task} has "
                              f"{fixed.get(key, 'none')}; it is fixed")  # fmt: skip
    seeds = [run.pop("data.seed") for run in settings]
    if len(set(seeds)) < max(FEWEST_SEEDS, len(seeds)) or any(run != settings[0] for run in settings):
        raise Refused(f"{entry}: accepted is one configuration with at least {FEWEST_SEEDS} seeds, each once; it has "
                      f"{len(seeds)} runs with the seeds {sorted(seeds)}")  # fmt: skip
    for side in ("input", "output"):
        check_encoding(entry, side, tomllib.loads(runs[0])["encoding"][side])
    check_range(arguments, entry, runs[0])
    for run in runs:
        check_training_file(arguments, entry, run)
    return task


@contextlib.contextmanager
def nobody_else():
    """Refused afterwards when more than MOST_BUSY of the processors' time went to others than this process and its children."""

    def ticks() -> tuple[int, int]:
        user, nice, system, idle, wait, *rest = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
        return user + nice + system + sum(rest), idle + wait

    def own() -> float:
        return sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")

    (busy, idle), mine = ticks(), own()
    yield
    (busy_then, idle_then), mine_then = ticks(), own()
    others = busy_then - busy - (mine_then - mine)
    share = max(0, others) / max(1, busy_then - busy + idle_then - idle)
    if share > MOST_BUSY:
        raise Refused(f"the machine was {100 * share:.0f}% busy with other work, so that seconds would say nothing of the entry; accepted "
                      f"is at most {100 * MOST_BUSY:.0f}%. Examples to the target hold all the same: leave out --time")  # fmt: skip


def hardware(device: str) -> str:
    if device == "cuda":
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    facts = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines())
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in facts.get("flags", "").split()]
    model = ", ".join(facts.get(key, "?") for key in ("model name", "cpu family", "model"))
    return f"{model}; {', '.join(flags)}"


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


def stages_of(settings: dict) -> list[dict]:
    """The curriculum's stages, whose examples may differ in size: {"from": ..., "over": ..., "task": ...}"""
    given = settings["data"].get("curriculum", [])
    own = [] if given and given[0]["from"] <= 1 else [{"from": 1}]
    return [{"over": 0, "task": {}, **stage} for stage in own + given]


def rates(arguments: argparse.Namespace, config: Path, settings: dict, task: dict) -> list[float]:
    """Examples a second of training alone on what a stage of the curriculum draws, by window."""
    an_update = settings["training"]["batch_size"] * settings["training"]["accumulate_gradients"]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = {"training.epoch_size": UPDATES_TIMED * an_update, "training.max_epoch": 1, "training.save_every": 0,
                   "training.log_every": UPDATES_TIMED // WINDOWS, "training.threads": arguments.threads,
                   "training.device": arguments.device, "evaluation.size": 1,
                   "data.curriculum": toml([{"from": 1, "task": task}])}  # fmt: skip
        words = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
        matseq(arguments, "train", config, "--run", run, *words)
        lines = [json.loads(line) for line in (run / "times.jsonl").read_text().splitlines()]
    return [line["examples_per_second"] for line in lines if line["examples_per_second"]]


def measured(arguments: argparse.Namespace, config: Path, with_peer: bool) -> dict:
    """Examples a second of each stage of the training. Refused where others are at work: they would be measured, too."""
    settings = tomllib.loads(config.read_text())
    if with_peer and settings["optimizer"]["plugin"] != "adam":
        raise Refused(f"the peer has Adam only, this entry '{settings['optimizer']['plugin']}': leave out --peer")
    with nobody_else():
        time.sleep(3)
    result = {"device": arguments.device, "threads": arguments.threads, "hardware": hardware(arguments.device), "stages": []}  # fmt: skip
    with nobody_else():
        for stage in stages_of(settings):
            windows = rates(arguments, config, settings, stage["task"])
            result["stages"].append({"from": stage["from"], "over": stage["over"],
                                     "examples_per_second": statistics.harmonic_mean(windows[1:]), "windows": windows})  # fmt: skip
        if with_peer:
            python = os.environ.get("MATSEQ_TEST_PYTHON", sys.executable)
            command = [python, PEER, "train", config, "--updates", str(UPDATES_TIMED // 5), "--every", "10", "--device", arguments.device,
                       "--threads", str(arguments.threads)]  # fmt: skip
            output = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            result["peer"] = {"torch": output["torch"], "examples_per_second": output["examples_per_second"]}
    return result


def training_seconds(timing: dict, examples: float) -> float:
    """For the first so many examples. Over a stage's beginning, as many as it says, its share rises evenly from 0 to 1."""
    seconds = 0.0
    stages = timing.get("stages") or [{"from": 1, "over": 0, **timing}]
    for k, stage in enumerate(stages):
        end = min(examples, stages[k + 1]["from"] - 1 if k + 1 < len(stages) else examples)
        length = max(0, end - stage["from"] + 1)
        mixed = min(length, stage["over"])
        earlier = mixed - mixed * mixed / (2 * stage["over"]) if mixed else 0
        seconds += (length - earlier) / stage["examples_per_second"]
        seconds += earlier / stages[max(0, k - 1)]["examples_per_second"]
    return seconds


def keep(runs: Path, kept: Path) -> None:
    """A run's small files: what compare reads, and how long it took there, whatever else ran."""
    for metrics in runs.glob("*/metrics.jsonl"):
        seed = tomllib.loads((metrics.parent / "config.toml").read_text())["data"]["seed"]
        (kept / f"seed-{seed}").mkdir(parents=True, exist_ok=True)
        for name in ("config.toml", "metrics.jsonl", "state.json", "times.jsonl"):
            if (metrics.parent / name).exists():
                shutil.copyfile(metrics.parent / name, kept / f"seed-{seed}" / name)


def time_file(kept: Path, device: str) -> Path:
    return kept / f"time-{device}.json"


def seconds_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def last_update(metrics: Path) -> int:
    return max(line["update"] for line in map(json.loads, metrics.read_text().splitlines()) if "valid" in line)


def rows(arguments: argparse.Namespace, kept: Path) -> list[str]:
    """An entry's row by its kept logs, and the peer's if it was measured."""
    task, name = kept.parts[-2:]
    target = tomllib.loads((HERE / "targets.toml").read_text())[task]
    compared = json.loads(matseq(arguments, "compare", kept, "--target", target, "--json"))
    if len(compared["rows"]) != 1:
        raise Refused(f"{kept}: its runs have {len(compared['rows'])} configurations; accepted is one")
    row = compared["rows"][0]
    runs = row["runs"]
    examples = max(run["examples"] for run in runs)
    ends = {last_update(metrics) for metrics in kept.glob("*/metrics.jsonl")}
    if len(ends) > 1:
        raise Refused(f"{kept}: its runs end after {', '.join(map(str, sorted(ends)))} updates; accepted are seeds of one length")
    reached = [run["examples_to_target"] for run in runs if run["examples_to_target"]]
    spread = f" ± {statistics.stdev(reached):,.0f}" if len(reached) > 1 else ""
    first = f"{statistics.mean(reached):,.0f}{spread}" if reached else "not"
    if 0 < len(reached) < len(runs):
        first += f" ({len(reached)} of {len(runs)})"
    p = row["target_p"]
    record = len(runs) >= FEWEST_SEEDS and p is not None and p < SIGNIFICANT
    accuracy = ", ".join(f"{run['value']:.2f}" for run in runs)
    p_text = "" if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"

    # Of an entry that meets its target, all its training; of one that does not surely, up to where it first did.
    length = examples if record else statistics.mean(reached) if reached else examples

    def took(seconds: float) -> str:
        return ("" if reached else "more than ") + seconds_text(seconds)

    def line(timing: dict | None = None, track: str = "") -> str:
        taken = training_seconds(timing, length) if timing else 0
        speed = f"{length / taken:,.0f}" if timing else ""
        seconds = took(taken) if timing else ""
        return f"| {task} | {link} | {len(runs)} | {examples:,} | {first} | {accuracy} | {p_text} | {track} | {speed} | {seconds} |"

    def peer_line(rate: float, track: str) -> str:
        """The same examples: what it learns of them is what the entry has learned."""
        return f"| {task} | {name}, PyTorch |  | {examples:,} |  |  |  | {track} | {rate:,.0f} | {took(length / rate)} |"

    link = f"[{name}](../bench/speedrun/entries/{task}/{name}.toml)"
    lines = []
    for device in DEVICES:
        if not time_file(kept, device).exists():
            continue
        timing = json.loads(time_file(kept, device).read_text())
        track = "GPU" if device == "cuda" else f"{timing['threads']} cores"
        lines.append(line(timing, track))
        if "peer" in timing:
            lines.append(peer_line(timing["peer"]["examples_per_second"], track))
    return lines or [line()]


HEADER = """| task | entry | n | examples | first reached after | accuracy at the end, by seed | p | track | examples/s | seconds |
|---|---|---|---|---|---|---|---|---|---|"""


def kept_entries() -> list[Path]:
    return sorted({config.parent.parent for config in KEPT.glob("*/*/*/config.toml")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entry", type=Path, nargs="*", help="files of bench/speedrun/entries")
    parser.add_argument("--check", action="store_true", help="only say whether the entries are accepted")
    parser.add_argument("--table", action="store_true", help="print the rows of all entries that are kept")
    parser.add_argument("--no-train", action="store_true", help="train nothing: the row of what there is")
    parser.add_argument("--time", action="store_true", help="measure examples a second, on a quiet machine")
    parser.add_argument("--peer", action="store_true", help="with --time, measure plain PyTorch with the same recipe, too")
    parser.add_argument("--keep", action="store_true", help=f"keep the small logs in {KEPT.relative_to(ROOT)}/TASK/ENTRY")
    parser.add_argument("--runs", type=Path, default=Path("runs/speedrun"), help="where runs stand, in TASK/ENTRY")
    parser.add_argument("--device", default="cpu", choices=DEVICES, help="of the track: two cores, or one GPU")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--matseq", type=Path, default=ROOT / "build/bin/matseq")
    arguments = parser.parse_args()
    if bool(arguments.entry) == arguments.table:
        parser.error("name an entry, or give --table")
    if arguments.table:
        print(HEADER, *(row for kept in kept_entries() for row in rows(arguments, kept)), sep="\n")
    for entry in arguments.entry:
        task = check(arguments, entry)
        if arguments.check:
            print(f"{entry}: accepted")
            continue
        runs = arguments.runs / task / entry.stem
        if not arguments.no_train:
            matseq(arguments, "sweep", entry, "--dir", runs)
        with tempfile.TemporaryDirectory() as folder:
            kept = KEPT / task / entry.stem if arguments.keep else Path(folder) / task / entry.stem
            if runs.exists():
                keep(runs, kept)
            if not kept.exists():
                raise Refused(f"{entry}: there is no run in {runs}")
            if arguments.time:
                config = next(kept.glob("*/config.toml"))
                timing = measured(arguments, config, arguments.peer)
                time_file(kept, arguments.device).write_text(json.dumps(timing, indent=1) + "\n")
            print(HEADER, *rows(arguments, kept), sep="\n")


if __name__ == "__main__":
    main()
