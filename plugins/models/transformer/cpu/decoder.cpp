#include "decoder.h"

#include <algorithm>
#include <utility>

#include "common/cpu/rows.h"
#include "layers.h"

namespace matseq::cpu {

namespace {

constexpr std::int64_t first_capacity = 16;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

// Rows of `from`, (rows, rest), in a new order.
std::vector<float> selected(const std::vector<float>& from, const std::vector<std::int64_t>& rows, std::int64_t rest) {
  std::vector<float> result(rows.size() * index(rest));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float* row = from.data() + rows[i] * rest;
    std::copy(row, row + rest, result.data() + i * index(rest));
  }
  return result;
}

}  // namespace

Decoder::Decoder(const Network& network)
    : network_(network),
      width_(network.decoder.width),
      head_width_(network.decoder.width / network.decoder.heads),
      cross_(network.decoder_layers.size()),
      self_(network.decoder_layers.size()) {}

void Decoder::add(const Sequences& sources, const float* values) {
  arena_.reset();
  const Operand encoded = make_operand(network_.output, values, sources.total() * network_.encoder.width, arena_);
  for (std::size_t layer = 0; layer < cross_.size(); ++layer) {
    look_at(sources, network_.decoder_layers[layer].cross_attention, encoded, cross_[layer]);
  }
  for (std::int64_t i = 0; i < sources.count(); ++i) {
    source_of_row_.push_back(rows());
    source_begin_.push_back(source_begin_.back() + sources.length(i));
    keys_begin_.push_back(keys_begin_.back() + padded(sources.length(i)));
    longest_source_ = std::max(longest_source_, sources.length(i));
  }
}

void Decoder::look_at(const Sequences& sources, const Attention& layer, const Operand& encoded, CrossCache& cache) {
  const float* keys = apply(layer.key, encoded, sources.total(), arena_);
  const float* values = apply(layer.value, encoded, sources.total(), arena_);
  cache.values.insert(cache.values.end(), values, values + sources.total() * width_);
  for (std::int64_t i = 0; i < sources.count(); ++i) {
    const std::int64_t row = padded(sources.length(i));
    const std::size_t begin = cache.keys.size();
    cache.keys.resize(begin + index(row * width_));
    transpose(sources.length(i), width_, {keys + sources.first(i) * width_, width_}, {cache.keys.data() + begin, row});
  }
}

void Decoder::grow() {
  const std::int64_t wider = std::max(first_capacity, 2 * capacity_);
  for (SelfCache& cache : self_) {
    const SelfCache old = std::exchange(cache, {});
    cache.keys.assign(index(rows() * width_ * wider), 0.0F);
    cache.values.assign(index(rows() * wider * width_), 0.0F);
    for (std::int64_t channel = 0; channel < rows() * width_; ++channel) {
      const float* key = old.keys.data() + channel * capacity_;
      std::copy(key, key + capacity_, cache.keys.data() + channel * wider);
    }
    for (std::int64_t row = 0; row < rows(); ++row) {
      const float* value = old.values.data() + row * capacity_ * width_;
      std::copy(value, value + capacity_ * width_, cache.values.data() + row * wider * width_);
    }
  }
  capacity_ = wider;
}

void Decoder::append(SelfCache& cache, const float* keys, const float* values) const {
  for (std::int64_t row = 0; row < rows(); ++row) {
    const float* value = values + row * width_;
    std::copy(value, value + width_, cache.values.data() + (row * capacity_ + position_) * width_);
    float* key = cache.keys.data() + row * width_ * capacity_ + position_;
    for (std::int64_t channel = 0; channel < width_; ++channel) key[channel * capacity_] = keys[row * width_ + channel];
  }
}

Operand Decoder::attend_to_self(const Attention& layer, SelfCache& cache, const Operand& x) {
  const float* queries = apply(layer.query, x, rows(), arena_);
  append(cache, apply(layer.key, x, rows(), arena_), apply(layer.value, x, rows(), arena_));
  float* attended = arena_.take(rows() * width_);
  const HeadShape shape = {1, position_ + 1, head_width_, false};
  float* weights = arena_.take(padded(shape.keys));
  for (std::int64_t row = 0; row < rows(); ++row) {
    const float* keys = cache.keys.data() + row * width_ * capacity_;
    const float* values = cache.values.data() + row * width_ * capacity_;
    for (std::int64_t channel = 0; channel < width_; channel += head_width_) {
      attend(shape, {queries + row * width_ + channel, width_}, {keys + channel * capacity_, capacity_},
             {values + channel, width_}, weights, {attended + row * width_ + channel, width_});
    }
  }
  return make_operand(layer.output, attended, rows() * width_, arena_);
}

// Neighbouring rows of one source, such as a beam's, attend together.
Operand Decoder::attend_to_sources(const Attention& layer, const CrossCache& cache, const Operand& x) {
  const float* queries = apply(layer.query, x, rows(), arena_);
  float* attended = arena_.take(rows() * width_);
  float* weights = arena_.take(rows() * padded(longest_source_));
  for (std::int64_t first = 0, end = 0; first < rows(); first = end) {
    const std::int64_t source = source_of_row_[index(first)];
    while (end < rows() && source_of_row_[index(end)] == source) ++end;
    const std::int64_t tokens = source_begin_[index(source)], keys_begin = keys_begin_[index(source)];
    const std::int64_t keys_row = keys_begin_[index(source + 1)] - keys_begin;
    const HeadShape shape = {end - first, source_begin_[index(source + 1)] - tokens, head_width_, false};
    const float* keys = cache.keys.data() + keys_begin * width_;
    for (std::int64_t channel = 0; channel < width_; channel += head_width_) {
      attend(shape, {queries + first * width_ + channel, width_}, {keys + channel * keys_row, keys_row},
             {cache.values.data() + tokens * width_ + channel, width_}, weights,
             {attended + first * width_ + channel, width_});
    }
  }
  return make_operand(layer.output, attended, rows() * width_, arena_);
}

void Decoder::step(const std::vector<std::int64_t>& tokens, float* logits) {
  arena_.reset();
  if (position_ == capacity_) grow();
  const Sequences here = {tokens, std::vector<std::int64_t>(tokens.size(), position_), {}};
  const float* x = embed(network_.decoder, here, arena_).result;
  for (std::size_t i = 0; i < self_.size(); ++i) {
    const DecoderLayer& layer = network_.decoder_layers[i];
    const Operand input = make_operand(layer.self_attention.query, x, rows() * width_, arena_);
    const Operand self_attended = attend_to_self(layer.self_attention, self_[i], input);
    const Operand cross_attended = attend_to_sources(layer.cross_attention, cross_[i], input);
    x = add_branch(x, self_attended, layer.self_attention.output, layer.norm1, rows(), arena_).result;
    x = add_branch(x, cross_attended, layer.cross_attention.output, layer.norm15, rows(), arena_).result;
    x = feed_forward(layer.first, layer.second, layer.norm2, x, rows(), arena_).norm.result;
  }
  ++position_;
  const Linear& output = network_.output;
  fill_rows({rows(), output.out}, output.bias.value, logits);
  forward(output, make_operand(output, x, rows() * width_, arena_), rows(), logits, Accumulate::yes);
}

void Decoder::select(const std::vector<std::int64_t>& rows) {
  for (SelfCache& cache : self_) {
    if (capacity_ == 0) break;
    cache.keys = selected(cache.keys, rows, width_ * capacity_);
    cache.values = selected(cache.values, rows, width_ * capacity_);
  }
  std::vector<std::int64_t> sources;
  for (const std::int64_t row : rows) sources.push_back(source_of_row_[index(row)]);
  source_of_row_ = std::move(sources);
}

}  // namespace matseq::cpu
