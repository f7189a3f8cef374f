#!/usr/bin/env python3
"""The same work as matseq's in plain PyTorch and NumPy, as a researcher would write it: what matseq is measured against.

Reads the experiment files of matseq as far as the comparisons need them: the papers' tasks, the encodings P1000, B1999
and FP15, the models (others than the transformer are in models.py), Adam with warm-up, greedy evaluation of the transformer.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

BOUNDARY, PADDING = 0, 1
LIMIT = 1e101


class P1000:
    """Sign, three digits as one token, exponent."""

    tokens = ["+", "-", *map(str, range(1000)), *(f"E{e}" for e in range(-100, 101))]

    @staticmethod
    def encode(x: float) -> list[str]:
        sign = "-" if x < 0 else "+"
        mantissa, exponent = f"{abs(x):.2e}".split("e")
        digits, power = int(mantissa.replace(".", "")), int(exponent) - 2
        return ["+", "0", "E0"] if digits == 0 or power < -100 else [sign, str(digits), f"E{power}"]

    @staticmethod
    def decode(tokens: list[str]) -> list[float] | None:
        values = []
        for i in range(0, len(tokens) - 2, 3):
            sign, digits, power = tokens[i : i + 3]
            if sign not in "+-" or not digits.isdigit() or not power.startswith("E"):
                return None
            values.append((1 if sign == "+" else -1) * int(digits) * 10.0 ** int(power[1:]))
        return values


class B1999:
    """Signed digits, exponent."""

    tokens = [*(f"N{i}" for i in range(-1000, 1001)), *(f"E{e}" for e in range(-100, 101))]

    @staticmethod
    def encode(x: float) -> list[str]:
        sign, digits, power = P1000.encode(x)
        return [f"N{-int(digits) if sign == '-' else int(digits)}", power]

    @staticmethod
    def decode(tokens: list[str]) -> list[float] | None:
        values = []
        for digits, power in zip(tokens[::2], tokens[1::2]):
            if not digits.startswith("N") or not power.startswith("E"):
                return None
            values.append(int(digits[1:]) * 10.0 ** int(power[1:]))
        return values


class FP15:
    """One token a number."""

    tokens = [
        *("NaN", "-NaN"),
        *(f"N{i}e0" for i in range(-99, 100)),
        *(f"N{s * m}e{e}" for s in (1, -1) for m in range(100, 1000) for e in range(16)),
    ]

    @staticmethod
    def encode(x: float) -> list[str]:
        value = abs(x) * 1e7
        if abs(x) > 1e9:
            return ["-NaN" if x < 0 else "NaN"]
        exponent = max(0, int(math.log10(value))) if value > 0 else 0
        mantissa = math.floor(value * 10.0 ** (2 - exponent) + 0.5)
        if mantissa == 0:
            return ["N0e0"]
        if mantissa == 1000:
            mantissa, exponent = 100, exponent + 1
        if exponent >= 16:
            return ["-NaN" if x < 0 else "NaN"]
        return [f"N{-mantissa if x < 0 else mantissa}e{exponent}"]

    @staticmethod
    def decode(tokens: list[str]) -> list[float] | None:
        values = []
        for token in tokens:
            if not token.startswith("N") or "e" not in token:
                return None
            mantissa, exponent = token[1:].split("e")
            values.append(int(mantissa) * 10.0 ** int(exponent) / 1e9)
        return values


ENCODINGS = {"P1000": P1000, "B1999": B1999, "FP15": FP15}
TABLES = {
    "P1000": {"plugin": "positional", "base": 1000, "precision": 2},
    "B1999": {"plugin": "float_symbol", "precision": 2},
    "FP15": {"plugin": "floating_point", "precision": 2, "exponents": 16},
}


def encoding_of(setting: str | dict) -> type:
    """By its name, or by its table in a run's config.toml."""
    names = [name for name in ENCODINGS if setting in (name, TABLES[name])]
    if not names:
        raise SystemExit(f"the peer has no encoding {setting}; it has {', '.join(ENCODINGS)}")
    return ENCODINGS[names[0]]


def uniform_matrix(rng: np.random.Generator, task: dict) -> np.ndarray:
    low, high = task.get("min_dimension", 5), task.get("max_dimension", 5)
    rows = rng.integers(low, high + 1)
    columns = rng.integers(low, high + 1) if task.get("rectangular") else rows
    return rng.uniform(-10, 10, (rows, columns))


def draw(rng: np.random.Generator, task: dict) -> tuple[np.ndarray, np.ndarray]:
    matrix = uniform_matrix(rng, task)
    match task["plugin"]:
        case "transpose":
            return matrix, matrix.T
        case "matrix_sum":
            other = rng.uniform(-10, 10, matrix.shape)
            return np.hstack([matrix, other]), matrix + other
        case "matrix_vector":
            vector = rng.uniform(-10, 10, (matrix.shape[0], 1))
            return np.hstack([matrix, vector]), matrix.T @ vector
        case "matrix_product":
            other = rng.uniform(-10, 10, matrix.shape)
            return np.hstack([matrix, other]), matrix.T @ other
        case "invert_matrix":
            return matrix, np.linalg.inv(matrix)
        case "eigenvalues":
            symmetric = np.tril(matrix) + np.tril(matrix, -1).T
            return symmetric, np.linalg.eigvalsh(symmetric)[::-1].reshape(-1, 1)
        case "eigenvectors":
            symmetric = np.tril(matrix) + np.tril(matrix, -1).T
            values, vectors = np.linalg.eigh(symmetric)
            return symmetric, np.vstack([values, vectors])
    raise ValueError(f"the peer has no task {task['plugin']!r}")


class Codec:
    """Matrices to token ids and back, in the joint vocabulary."""

    def __init__(self, encoding: dict) -> None:
        self.input, self.output = encoding_of(encoding["input"]), encoding_of(encoding["output"])
        sizes = [f"V{i}" for i in range(1, 101)]
        fixed = ["<s>", "</s>", "<pad>", "(", ")", *(f"<SPECIAL_{i}>" for i in range(10)), *"TADMEFI"]
        fixed += ["+", "-", "10^", ".", "|"]
        others = sorted({*self.input.tokens, *self.output.tokens, *sizes} - set(fixed))
        self.tokens = fixed + others
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    def encode(self, matrix: np.ndarray, encoding: type) -> list[int]:
        tokens = [f"V{matrix.shape[0]}", f"V{matrix.shape[1]}"]
        for x in matrix.ravel().tolist():
            tokens += encoding.encode(x)
        return [BOUNDARY, *(self.ids[token] for token in tokens), BOUNDARY]

    def decode(self, ids: list[int], encoding: type) -> np.ndarray | None:
        tokens = [self.tokens[i] for i in ids]
        if len(tokens) < 3 or not tokens[0].startswith("V") or not tokens[1].startswith("V"):
            return None
        rows, columns = int(tokens[0][1:]), int(tokens[1][1:])
        values = encoding.decode(tokens[2:])
        return None if values is None or len(values) < rows * columns else np.reshape(values[: rows * columns], (rows, columns))


class Examples(IterableDataset):
    def __init__(self, experiment: dict, codec: Codec, seed: int, count: int | None = None) -> None:
        self.task, self.codec, self.seed, self.count = experiment["task"], codec, seed, count
        self.max_len = experiment.get("data", {}).get("max_len", 512)

    def __iter__(self) -> Iterator[tuple[list[int], list[int]]]:
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id if worker else 0))
        made = 0
        while self.count is None or made < self.count:
            source, target = draw(rng, self.task)
            if not np.isfinite(target).all() or np.abs(target).max() >= LIMIT:
                continue
            x, y = self.codec.encode(source, self.codec.input), self.codec.encode(target, self.codec.output)
            if max(len(x), len(y)) < self.max_len + 2:
                made += 1
                yield x, y


def pad(sequences: list[list[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(s) for s in sequences])
    padded = torch.full((len(sequences), int(lengths.max())), PADDING)
    for row, sequence in zip(padded, sequences):
        row[: len(sequence)] = torch.tensor(sequence)
    return padded, lengths


def collate(batch: list[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    sources, targets = zip(*batch)
    return *pad(list(sources)), *pad(list(targets))


class Attention(nn.Module):
    def __init__(self, width: int, source_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_lin, self.out_lin = nn.Linear(width, width), nn.Linear(width, width)
        self.k_lin, self.v_lin = nn.Linear(source_width, width), nn.Linear(source_width, width)

    def split(self, x: Tensor) -> Tensor:
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def keys_values(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return self.split(self.k_lin(source)), self.split(self.v_lin(source))

    def forward(self, x: Tensor, keys_values: tuple[Tensor, Tensor], mask: Tensor | None = None, causal: bool = False) -> Tensor:
        out = F.scaled_dot_product_attention(self.split(self.q_lin(x)), *keys_values, attn_mask=mask, is_causal=causal)
        return self.out_lin(out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lin1, self.lin2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(F.relu(self.lin1(x)))


class EncoderLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, width, heads)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.ffn = FeedForward(width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = self.layer_norm1(x + self.self_attention(x, self.self_attention.keys_values(x), mask))
        return self.layer_norm2(x + self.ffn(x))


class DecoderLayer(nn.Module):
    def __init__(self, width: int, source_width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, width, heads)
        self.cross_attention = Attention(width, source_width, heads)
        self.layer_norm1, self.layer_norm15 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.layer_norm2 = nn.LayerNorm(width, 1e-12)
        self.ffn = FeedForward(width)

    def forward(self, x: Tensor, own: tuple[Tensor, Tensor], source: tuple[Tensor, Tensor], mask: Tensor | None, causal: bool) -> Tensor:
        x1 = self.layer_norm1(x + self.self_attention(x, own, causal=causal))
        x2 = self.layer_norm15(x1 + self.cross_attention(x, source, mask))  # the query is the layer's input
        return self.layer_norm2(x2 + self.ffn(x2))


class Stack(nn.Module):
    def __init__(self, tokens: int, positions: int, width: int) -> None:
        super().__init__()
        self.position_embeddings = nn.Embedding(positions, width)
        self.embeddings = nn.Embedding(tokens, width, padding_idx=PADDING)
        self.layer_norm_emb = nn.LayerNorm(width, 1e-12)
        nn.init.normal_(self.position_embeddings.weight, std=width**-0.5)
        nn.init.normal_(self.embeddings.weight, std=width**-0.5)
        nn.init.zeros_(self.embeddings.weight[PADDING])

    def embed(self, tokens: Tensor, first: int = 0) -> Tensor:
        positions = torch.arange(first, first + tokens.size(1), device=tokens.device)
        return self.layer_norm_emb(self.embeddings(tokens) + self.position_embeddings(positions))


class Encoder(Stack):
    def __init__(self, tokens: int, positions: int, layers: int, width: int, heads: int) -> None:
        super().__init__(tokens, positions, width)
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x, mask)
        return x


class Decoder(Stack):
    def __init__(self, tokens: int, positions: int, layers: int, width: int, heads: int, source_width: int) -> None:
        super().__init__(tokens, positions, width)
        self.layers = nn.ModuleList(DecoderLayer(width, source_width, heads) for _ in range(layers))
        self.proj = nn.Linear(width, tokens)
        self.proj.weight = self.embeddings.weight

    def forward(self, tokens: Tensor, encoded: Tensor, mask: Tensor | None) -> Tensor:
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x, layer.self_attention.keys_values(x), layer.cross_attention.keys_values(encoded), mask, True)
        return self.proj(x)

    @torch.no_grad()
    def greedy(self, encoded: Tensor, mask: Tensor | None, longest: int) -> Tensor:
        """The tokens of each sequence, (batch, length), zeros after its end; with cached keys and values."""
        batch = encoded.size(0)
        sources = [layer.cross_attention.keys_values(encoded) for layer in self.layers]
        caches: list[tuple[Tensor, Tensor] | None] = [None] * len(self.layers)
        tokens = torch.zeros(batch, 1, dtype=torch.long, device=encoded.device)
        ended = torch.zeros(batch, dtype=torch.bool, device=encoded.device)
        generated = []
        for step in range(longest):
            x = self.embed(tokens, step)
            for i, layer in enumerate(self.layers):
                own = layer.self_attention.keys_values(x)
                if caches[i] is not None:
                    own = tuple(torch.cat(pair, 2) for pair in zip(caches[i], own))
                caches[i] = own
                x = layer(x, own, sources[i], mask, False)
            chosen = self.proj(x[:, -1]).argmax(-1).masked_fill(ended, 0)
            ended = chosen == 0
            if ended.all():
                break
            generated.append(chosen)
            tokens = chosen.unsqueeze(1)
        return torch.stack(generated, 1) if generated else tokens[:, :0]


class Transformer(nn.Module):
    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        encoder, decoder = experiment["model"]["encoder"], experiment["model"]["decoder"]
        longest = experiment.get("data", {}).get("max_len", 512) + 1
        positions = max(longest, experiment.get("evaluation", {}).get("max_output_len", 512) + 1)
        self.encoder = Encoder(tokens, positions, encoder["layers"], encoder["width"], encoder["heads"])
        self.decoder = Decoder(tokens, positions, decoder["layers"], decoder["width"], decoder["heads"], encoder["width"])

    @staticmethod
    def mask(lengths: Tensor, longest: int) -> Tensor | None:
        return (torch.arange(longest, device=lengths.device) < lengths.unsqueeze(1))[:, None, None]

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        mask = self.mask(x_lengths, x.size(1))
        return self.decoder(y[:, :-1], self.encoder(x, mask), mask)


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1).float(), y[:, 1:].flatten(), ignore_index=PADDING)


@torch.no_grad()
def evaluate(model: nn.Module, batches: DataLoader, codec: Codec, longest: int, device: str) -> dict:
    """Accuracy (d1 error below 5%) and mean cross-entropy, as matseq has them: perfect examples are not decoded, and others
    by the transformer only."""
    model.eval()
    examples = right = 0
    entropy = 0.0
    for batch in batches:
        x, x_lengths, y, y_lengths = (tensor.to(device) for tensor in batch)
        logits = model(x, x_lengths, y).float()
        truth, real = y[:, 1:], y[:, 1:] != PADDING
        entropy += float(F.cross_entropy(logits.transpose(1, 2), truth, ignore_index=PADDING, reduction="sum"))
        perfect = ((logits.argmax(-1) == truth) | ~real).all(1)
        examples, right = examples + len(x), right + int(perfect.sum())
        rest = (~perfect).nonzero().flatten()
        if len(rest) == 0 or not isinstance(model, Transformer):
            continue
        mask = model.mask(x_lengths[rest], x.size(1))
        tokens = model.decoder.greedy(model.encoder(x[rest], mask), mask, longest).tolist()
        for row, found in zip(rest.tolist(), tokens):
            hypothesis = codec.decode([token for token in found if token != 0], codec.output)
            target = codec.decode(y[row, 1 : y_lengths[row] - 1].tolist(), codec.output)
            if hypothesis is not None and hypothesis.shape == target.shape:
                right += int(np.abs(hypothesis - target).sum() < 0.05 * np.abs(target).sum())
    model.train()
    return {"accuracy": 100 * right / examples, "cross_entropy": entropy / examples, "examples": examples}


def loader(experiment: dict, codec: Codec, arguments: argparse.Namespace, batch_size: int, seed: int, count: int | None = None) -> DataLoader:
    workers = arguments.workers if count is None else 0
    return DataLoader(Examples(experiment, codec, seed, count), batch_size, num_workers=workers, collate_fn=collate,
                      pin_memory=arguments.device == "cuda")  # fmt: skip


def test_examples(experiment: dict, codec: Codec, arguments: argparse.Namespace) -> DataLoader:
    if arguments.data is None:
        return loader(experiment, codec, arguments, 128, seed=2, count=arguments.examples)
    lines = Path(arguments.data).read_text().splitlines()
    pairs = [tuple([BOUNDARY, *(codec.ids[w] for w in side.split()), BOUNDARY] for side in line.split("\t")) for line in lines]
    return DataLoader(pairs, 128, collate_fn=collate)


def make_model(experiment: dict, codec: Codec, arguments: argparse.Namespace) -> nn.Module:
    plugin = experiment["model"]["plugin"]
    if plugin == "transformer":
        model = Transformer(experiment, len(codec.tokens))
    else:
        from models import MODELS

        model = MODELS[plugin](experiment, len(codec.tokens))
    if arguments.weights:
        from safetensors.torch import load_file

        missing, unexpected = model.load_state_dict(load_file(arguments.weights), strict=False)
        if unexpected or set(missing) - {"decoder.proj.weight"}:  # tied
            raise SystemExit(f"other parameters: missing {missing}, unexpected {unexpected}")
    return model.to(arguments.device)


def train(experiment: dict, codec: Codec, arguments: argparse.Namespace, begin: float) -> dict:
    torch.manual_seed(arguments.seed)
    model = make_model(experiment, codec, arguments)
    rate = experiment["optimizer"]["learning_rate"]
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    warmup = experiment.get("schedule", {}).get("warmup_updates", 1)
    period = experiment.get("schedule", {}).get("init_period", math.inf)

    def factor(update: int) -> float:
        return (update + 1) / warmup if update < warmup else 0.5 + 0.5 * math.cos(math.pi * (update - warmup) / period)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    batch_size = arguments.batch_size or experiment.get("training", {}).get("batch_size", 64)
    longest = experiment.get("evaluation", {}).get("max_output_len", 512)
    rates, seconds_to_target = [], None
    since = time.perf_counter()
    for update, batch in enumerate(loader(experiment, codec, arguments, batch_size, arguments.seed), 1):
        x, x_lengths, y, _ = (tensor.to(arguments.device, non_blocking=True) for tensor in batch)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(arguments.device, torch.bfloat16, enabled=arguments.bfloat16):
            loss = cross_entropy(model(x, x_lengths, y), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        if update % arguments.every == 0:
            last = loss.item()
            now = time.perf_counter()
            rates.append(arguments.every * batch_size / (now - since))
            if arguments.until is not None:
                result = evaluate(model, test_examples(experiment, codec, arguments), codec, longest, arguments.device)
                print(f"update {update} loss {last:.4f} accuracy {result['accuracy']:.1f}", file=sys.stderr)
                if result["accuracy"] >= arguments.until:
                    seconds_to_target = time.time() - begin
                    break
            since = time.perf_counter()
        if update == arguments.updates:
            break
    steady = rates[1:] or rates
    return {"examples_per_second": statistics.median(steady), "updates": update, "seconds_to_target": seconds_to_target}


def generate(experiment: dict, codec: Codec, seconds: float) -> dict:
    examples = iter(Examples(experiment, codec, seed=1))
    next(examples)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        for _ in range(100):
            next(examples)
        count += 100
    return {"examples_per_second": count / (time.perf_counter() - begin)}


def matrix_rate(dtype: torch.dtype, device: str) -> float:
    """Floating-point operations a second of a product of square matrices."""
    size = 1024 if device == "cpu" else 8192
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    rates = []
    start = time.perf_counter()
    while len(rates) < 12 and time.perf_counter() - start < 5:  # a type without instructions for it takes seconds
        begin = time.perf_counter()
        for _ in range(5):
            a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        rates.append(10 * size**3 / (time.perf_counter() - begin))
    return statistics.median(rates[2:] or rates)


def main() -> None:
    begin = time.time()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["generate", "train", "evaluate", "rates", "vocabulary"])
    parser.add_argument("config", nargs="?", help="an experiment file of matseq")
    parser.add_argument("--weights", help="model.safetensors of a run of matseq")
    parser.add_argument("--data", help="test examples, as `matseq generate` writes them")
    parser.add_argument("--examples", type=int, default=1000, help="test examples to draw, without --data")
    parser.add_argument("--batch-size", type=int, help="instead of the experiment's")
    parser.add_argument("--updates", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1, help="of the initial parameters and the training examples")
    parser.add_argument("--every", type=int, default=10, help="updates between measurements")
    parser.add_argument("--until", type=float, help="train until this accuracy in percent")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--bfloat16", action="store_true")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    result: dict[str, object] = {"torch": torch.__version__}
    if arguments.mode == "rates":
        result |= {str(d).removeprefix("torch."): matrix_rate(d, arguments.device) for d in (torch.float32, torch.bfloat16)}
    else:
        experiment = tomllib.loads(Path(arguments.config).read_text())
        codec = Codec(experiment["encoding"])
        actions: dict[str, Callable[[], dict]] = {
            "generate": lambda: generate(experiment, codec, arguments.seconds),
            "train": lambda: train(experiment, codec, arguments, begin),
            "evaluate": lambda: timed_evaluation(experiment, codec, arguments),
            "vocabulary": lambda: {"tokens": codec.tokens},
        }
        result |= actions[arguments.mode]()
    print(json.dumps(result))


def timed_evaluation(experiment: dict, codec: Codec, arguments: argparse.Namespace) -> dict:
    model = make_model(experiment, codec, arguments)
    batches = test_examples(experiment, codec, arguments)
    begin = time.perf_counter()
    longest = experiment.get("evaluation", {}).get("max_output_len", 512)
    result = evaluate(model, batches, codec, longest, arguments.device)
    result["seconds"] = time.perf_counter() - begin
    result["parameters"] = sum(p.numel() for p in model.parameters())
    return result


if __name__ == "__main__":
    main()
