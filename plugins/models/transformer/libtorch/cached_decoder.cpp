#include "libtorch/cached_decoder.h"

#include <string>
#include <utility>

#include "matseq/error.h"

namespace matseq::transformer {

namespace {

std::vector<KeysValues> cross_keys_values(DecoderStackImpl& decoder, const torch::Tensor& encoded, std::int64_t batch) {
  std::vector<KeysValues> layers;
  for (std::size_t layer = 0; layer < decoder.layers(); ++layer) {
    layers.push_back(decoder.layer(layer).cross_attention()->keys_values(encoded, batch));
  }
  return layers;
}

// How many consecutive rows belong together when every run of equal sources is a whole number of groups of one size;
// 1 when there is no such larger size.
std::int64_t common_group_size(const torch::Tensor& source_of_row) {
  const std::int64_t rows = source_of_row.size(0);
  if (rows < 2) return 1;
  const torch::Tensor changes = source_of_row.slice(0, 1).ne(source_of_row.slice(0, 0, rows - 1));
  const std::int64_t runs = changes.sum().item<std::int64_t>() + 1;
  if (rows % runs != 0) return 1;
  const torch::Tensor groups = source_of_row.view({runs, rows / runs});
  return torch::equal(groups, groups.slice(1, 0, 1).expand_as(groups)) ? rows / runs : 1;
}

}  // namespace

void SelfCache::append(const torch::Tensor& keys, const torch::Tensor& values) {
  if (!keys_.defined()) {
    keys_ = keys.new_empty({longest_, keys.size(0), keys.size(1)});
    values_ = torch::empty_like(keys_);
  }
  keys_.select(0, filled_).copy_(keys);
  values_.select(0, filled_).copy_(values);
  ++filled_;
}

KeysValues SelfCache::view(std::int64_t heads) const {
  const std::int64_t rows = keys_.size(1);
  const auto by_head = [&](const torch::Tensor& buffer) {
    return buffer.slice(0, 0, filled_).view({filled_, rows, heads, -1}).permute({1, 2, 0, 3});
  };
  return {by_head(keys_), by_head(values_)};
}

void SelfCache::select(const torch::Tensor& rows) {
  if (!keys_.defined()) return;
  keys_ = selected(keys_, rows);
  values_ = selected(values_, rows);
}

torch::Tensor SelfCache::selected(const torch::Tensor& buffer, const torch::Tensor& rows) const {
  torch::Tensor result = buffer.new_empty({longest_, rows.size(0), buffer.size(2)});
  torch::Tensor filled = result.slice(0, 0, filled_);
  torch::index_select_out(filled, buffer.slice(0, 0, filled_), 1, rows);
  return result;
}

CrossCache::CrossCache(std::vector<KeysValues> layers, torch::Tensor visible, std::int64_t sources)
    : layers_(std::move(layers)),
      visible_(std::move(visible)),
      source_of_row_(torch::arange(sources, layers_.front().keys.options().dtype(torch::kInt64))) {}

torch::Tensor CrossCache::attend(std::size_t layer, AttentionImpl& attention, const torch::Tensor& queries) const {
  const std::int64_t groups = queries.size(0) / group_size_;
  return attention.attend(attention.queries(queries, groups), layers_[layer], visible_);
}

void CrossCache::select(const torch::Tensor& rows) {
  const torch::Tensor sources = source_of_row_.index_select(0, rows);
  if (torch::equal(sources, source_of_row_)) return;  // a beam's rows changed places among themselves
  const std::int64_t new_group_size = common_group_size(sources);
  const torch::Tensor groups = rows.slice(0, 0, rows.size(0), new_group_size).div(group_size_, "floor");
  for (KeysValues& layer : layers_) {
    layer.keys = layer.keys.index_select(0, groups);
    layer.values = layer.values.index_select(0, groups);
  }
  if (visible_.defined()) visible_ = visible_.index_select(0, groups);
  source_of_row_ = sources;
  group_size_ = new_group_size;
}

void require_tokens_left(std::int64_t taken, std::int64_t longest) {
  if (taken < longest) return;
  throw Error("transformer: decoding was started for at most " + std::to_string(longest) + " tokens a row");
}

CachedDecoder::CachedDecoder(DecoderStack decoder, std::int64_t heads, const torch::Tensor& encoded,
                             const torch::Tensor& visible, std::int64_t batch, std::int64_t longest)
    : decoder_(std::move(decoder)),
      heads_(heads),
      longest_(longest),
      self_(decoder_->layers(), SelfCache(longest)),
      cross_(cross_keys_values(*decoder_, encoded, batch), visible, batch) {
  for (std::size_t index = 0; index < decoder_->layers(); ++index) {
    Attention& attention = decoder_->layer(index).self_attention();
    const Linear &query = attention->query_layer(), &key = attention->key_layer(), &value = attention->value_layer();
    projections_.push_back(
        {torch::cat({query->weight, key->weight, value->weight}), torch::cat({query->bias, key->bias, value->bias})});
  }
}

torch::Tensor CachedDecoder::step(const torch::Tensor& tokens) {
  const torch::NoGradGuard no_gradients;
  require_tokens_left(position_, longest_);
  torch::Tensor x = decoder_->embed(tokens.unsqueeze(1), position_++);  // (rows, width)
  for (std::size_t index = 0; index < decoder_->layers(); ++index) {
    DecoderLayerImpl& layer = decoder_->layer(index);
    const auto projected = linear(x, projections_[index].weight, projections_[index].bias).chunk(3, 1);
    self_[index].append(projected[1], projected[2]);
    Attention& attention = layer.self_attention();
    const torch::Tensor query = projected[0].reshape({x.size(0), heads_, 1, -1});
    const torch::Tensor self_attended = attention->attend(query, self_[index].view(heads_), torch::Tensor());
    x = layer.combine(x, self_attended, cross_.attend(index, *layer.cross_attention(), x));
  }
  return decoder_->project(x).to(torch::kFloat32);
}

void CachedDecoder::select(const torch::Tensor& rows) {
  const torch::NoGradGuard no_gradients;
  for (SelfCache& cache : self_) cache.select(rows);
  cross_.select(rows);
}

}  // namespace matseq::transformer
