"""matseq's other models in plain PyTorch, as a researcher would write them, with matseq's names of parameters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from peer import Attention, Decoder, Encoder, FeedForward, Transformer
from torch import Tensor, nn


def longest(experiment: dict) -> tuple[int, int]:
    """Positions of sources, and of what is read of targets."""
    source = experiment.get("data", {}).get("max_len", 512) + 1
    return source, max(source, experiment.get("evaluation", {}).get("max_output_len", 512) + 2) - 1


class Layers(nn.Module):
    """A table of embeddings by token and position, and layers of one kind."""

    def embedding(self, rows: int, width: int) -> nn.Embedding:
        table = nn.Embedding(rows, width)
        nn.init.normal_(table.weight, std=width**-0.5)
        return table


class PreNormLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.attention, self.ffn = Attention(width, width, heads), FeedForward(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, self.attention.keys_values(normed), mask)
        return x + self.ffn(self.norm2(x))


class DecoderOnly(Layers):
    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        model, width = experiment["model"], experiment["model"]["width"]
        self.prefix = model.get("prefix", True)
        self.embeddings = self.embedding(tokens, width)
        self.position_embeddings = self.embedding(sum(longest(experiment)), width)
        self.layers = nn.ModuleList(PreNormLayer(width, model["heads"]) for _ in range(model["layers"]))
        self.norm, self.output = nn.LayerNorm(width, 1e-12), nn.Linear(width, tokens)

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        source, target = x.size(1), y.size(1) - 1
        place = torch.arange(source + target)
        real = (place < x_lengths.unsqueeze(1)) | (place >= source)
        order = place <= place.unsqueeze(1)
        if self.prefix:
            order = order | ((place < source) & (place.unsqueeze(1) < source))
        positions = torch.cat([place[:source].expand(len(x), -1), x_lengths.unsqueeze(1) + torch.arange(target)], 1)
        states = self.embeddings(torch.cat([x, y[:, :-1]], 1)) + self.position_embeddings(positions)
        for layer in self.layers:
            states = layer(states, (real.unsqueeze(1) & order).unsqueeze(1))
        return self.output(self.norm(states[:, source:]))


class EncoderOnly(Layers):
    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        model, width = experiment["model"], experiment["model"]["width"]
        source, target = longest(experiment)
        self.embeddings = self.embedding(tokens, width)
        self.position_embeddings, self.place_embeddings = self.embedding(source, width), self.embedding(target, width)
        self.layers = nn.ModuleList(PreNormLayer(width, model["heads"]) for _ in range(model["layers"]))
        self.norm, self.output = nn.LayerNorm(width, 1e-12), nn.Linear(width, tokens)

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        source, target = x.size(1), y.size(1) - 1
        place = torch.arange(source + target)
        mask = (place < x_lengths.unsqueeze(1)).unsqueeze(1) | ((place <= place.unsqueeze(1)) & (place >= source))
        read = self.embeddings(x) + self.position_embeddings.weight[:source]
        states = torch.cat([read, self.place_embeddings.weight[:target].expand(len(x), -1, -1)], 1)
        for layer in self.layers:
            states = layer(states, mask.unsqueeze(1))
        return self.output(self.norm(states[:, source:]))


class Recurrent(nn.Module):
    def __init__(self, cell: str, width: int, size: int, layers: int, bidirectional: bool) -> None:
        super().__init__()
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        self.add_module(cell, kind(width, size, layers, bidirectional=bidirectional, batch_first=True))
        self.cells = [self._modules[cell]]


class Rnn(nn.Module):
    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        model, width = experiment["model"], experiment["model"]["width"]
        cell, self.layers = model.get("cell", "lstm"), model.get("layers", 1)
        self.bidirectional, self.attention = model.get("bidirectional", True), model.get("attention", True)
        self.embedding = nn.Embedding(tokens, width)
        self.encoder = Recurrent(cell, width, width // (1 + self.bidirectional), self.layers, self.bidirectional)
        self.decoder = Recurrent(cell, width, width, self.layers, False)
        self.output = nn.Linear(width, tokens)
        if self.attention:
            self.query, self.combine = nn.Linear(width, width, bias=False), nn.Linear(2 * width, width)

    def join(self, state: Tensor) -> Tensor:
        if not self.bidirectional:
            return state
        return state.view(self.layers, 2, state.size(1), -1).transpose(1, 2).flatten(2).contiguous()

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(x), x_lengths, batch_first=True, enforce_sorted=False)
        packed, last = self.encoder.cells[0](packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=x.size(1))
        last = tuple(map(self.join, last)) if isinstance(last, tuple) else self.join(last)
        hidden, _ = self.decoder.cells[0](self.embedding(y[:, :-1]), last)
        if self.attention:
            scores = self.query(hidden) @ states.transpose(1, 2)
            visible = (torch.arange(x.size(1)) < x_lengths.unsqueeze(1)).unsqueeze(1)
            seen = scores.masked_fill(~visible, -torch.inf).softmax(-1) @ states
            hidden = self.combine(torch.cat([seen, hidden], -1)).tanh()
        return self.output(hidden)


class RmsNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, 1e-6)


class RotaryAttention(nn.Module):
    def __init__(self, width: int, heads: int, rotary: bool) -> None:
        super().__init__()
        self.heads, self.rotary = heads, rotary
        self.query, self.key = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.value, self.output = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.query_norm, self.key_norm = RmsNorm(width // heads), RmsNorm(width // heads)

    def split(self, x: Tensor) -> Tensor:
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def turn(self, x: Tensor) -> Tensor:
        if not self.rotary:
            return x
        half = x.size(-1) // 2
        angle = torch.arange(x.size(2)).unsqueeze(1) * 10000.0 ** (-torch.arange(half) / half)
        one, other = x[..., :half], x[..., half:]
        return torch.cat([one * angle.cos() - other * angle.sin(), one * angle.sin() + other * angle.cos()], -1)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        queries, keys = self.turn(self.query_norm(self.split(self.query(x)))), self.turn(self.key_norm(self.split(self.key(source))))
        out = F.scaled_dot_product_attention(queries, keys, self.split(self.value(source)), attn_mask=mask, is_causal=causal)
        return self.output(out.transpose(1, 2).flatten(2))


class SwiGlu(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        inner = (8 * width // 3 + 7) // 8 * 8
        self.inner, self.gate = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.output = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(F.silu(self.gate(x)) * self.inner(x))


class ModernLayer(nn.Module):
    def __init__(self, width: int, heads: int, decodes: bool) -> None:
        super().__init__()
        self.decodes = decodes
        self.norm1, self.norm2, self.ffn = RmsNorm(width), RmsNorm(width), SwiGlu(width)
        if decodes:
            self.self_attention, self.cross_attention = RotaryAttention(width, heads, True), RotaryAttention(width, heads, False)
            self.norm3 = RmsNorm(width)
        else:
            self.attention = RotaryAttention(width, heads, True)

    def forward(self, x: Tensor, mask: Tensor, encoded: Tensor | None = None) -> Tensor:
        normed = self.norm1(x)
        if not self.decodes:
            x = x + self.attention(normed, normed, mask)
            return x + self.ffn(self.norm2(x))
        x = x + self.self_attention(normed, normed, causal=True)
        x = x + self.cross_attention(self.norm2(x), encoded, mask)
        return x + self.ffn(self.norm3(x))


class ModernTransformer(Layers):
    """With the plugin's defaults."""

    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        model, width = experiment["model"], experiment["model"]["width"]
        self.embeddings = self.embedding(tokens, width)
        self.encoder = nn.ModuleList(ModernLayer(width, model["heads"], False) for _ in range(model["encoder_layers"]))
        self.decoder = nn.ModuleList(ModernLayer(width, model["heads"], True) for _ in range(model["decoder_layers"]))
        self.encoder_norm, self.decoder_norm = RmsNorm(width), RmsNorm(width)
        self.output = nn.Linear(width, tokens, bias=False)

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        mask = Transformer.mask(x_lengths, x.size(1))
        encoded, states = self.embeddings(x), self.embeddings(y[:, :-1])
        for layer in self.encoder:
            encoded = layer(encoded, mask)
        encoded = self.encoder_norm(encoded)
        for layer in self.decoder:
            states = layer(states, mask, encoded)
        return self.output(self.decoder_norm(states))


class Recurrence(nn.Module):
    def __init__(self, model: dict, width: int, loops: int) -> None:
        super().__init__()
        self.loops = loops
        self.register_parameter("step_embeddings", nn.Parameter(torch.randn(loops, width) * width**-0.5) if loops > 1 else None)
        gate = model.get("gate", "none")
        self.gate = None if gate == "none" else nn.Linear(width, width if gate == "channel" else 1)

    def forward(self, x: Tensor, step: int, layers: nn.ModuleList, *others: Tensor) -> Tensor:
        after = x if self.step_embeddings is None else x + self.step_embeddings[step]
        for layer in layers:
            if len(others) == 1:
                after = layer(after, *others)
            else:
                encoded, mask = others
                own, source = layer.self_attention.keys_values(after), layer.cross_attention.keys_values(encoded)
                after = layer(after, own, source, mask, True)
        return after if self.gate is None else torch.lerp(x, after, self.gate(x).sigmoid().expand_as(x))


class UniversalTransformer(nn.Module):
    """Without adaptive halting."""

    def __init__(self, experiment: dict, tokens: int) -> None:
        super().__init__()
        model, width, heads = experiment["model"], experiment["model"]["width"], experiment["model"]["heads"]
        positions = max(longest(experiment))
        self.encoder = Encoder(tokens, positions, model.get("encoder_layers", 1), width, heads)
        self.decoder = Decoder(tokens, positions, model.get("decoder_layers", 1), width, heads, width)
        self.encoder.recurrence = Recurrence(model, width, model.get("encoder_loops", 6))
        self.decoder.recurrence = Recurrence(model, width, model.get("decoder_loops", 1))

    def forward(self, x: Tensor, x_lengths: Tensor, y: Tensor) -> Tensor:
        mask = Transformer.mask(x_lengths, x.size(1))
        encoded, states = self.encoder.embed(x), self.decoder.embed(y[:, :-1])
        for step in range(self.encoder.recurrence.loops):
            encoded = self.encoder.recurrence(encoded, step, self.encoder.layers, mask)
        for step in range(self.decoder.recurrence.loops):
            states = self.decoder.recurrence(states, step, self.decoder.layers, encoded, mask)
        return self.decoder.proj(states)


MODELS = {
    "decoder_only": DecoderOnly,
    "encoder_only": EncoderOnly,
    "modern_transformer": ModernTransformer,
    "rnn": Rnn,
    "universal_transformer": UniversalTransformer,
}
