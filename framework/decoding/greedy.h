/// \file
/// Decoding that follows one hypothesis a sentence: the likeliest token each time, or a drawn one.
#pragma once

#include <vector>

#include "decoding/decoding_options.h"
#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// Greedy decoding (spec section 7): the likeliest next token, the first of equals, until it is 0 or
/// `max_output_length` tokens stand. `rows`, (rows) int64 on the model's device, are those of the sources to decode;
/// the model is in evaluation mode. Returns each sentence's tokens without the 0 at either end.
std::vector<TokenSequence> decode_greedy(EncodedSource& sources, const torch::Tensor& rows,
                                         const DecodingOptions& options);

/// Of all sources: `source` is (batch, length) and `source_lengths` (batch), int64 on the model's device.
std::vector<TokenSequence> decode_greedy(Model& model, const torch::Tensor& source, const torch::Tensor& source_lengths,
                                         const DecodingOptions& options);

/// Likewise with every token drawn from softmax(logits / temperature). `generator` belongs to the model's device and
/// decides the result together with the batch.
std::vector<TokenSequence> decode_sampling(EncodedSource& sources, const torch::Tensor& rows,
                                           const DecodingOptions& options, const torch::Generator& generator);
std::vector<TokenSequence> decode_sampling(Model& model, const torch::Tensor& source,
                                           const torch::Tensor& source_lengths, const DecodingOptions& options,
                                           const torch::Generator& generator);

}  // namespace matseq
