/// \file
/// What an optimizer is told of a model's parameters.
#pragma once

#include <cstdint>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"

namespace matseq {

/// The parameters to train, each once, in the model's order. A parameter's role is what the model says; else tables of
/// LibTorch's embedding modules are embeddings, other tensors of fewer than two dimensions biases or gains, those with
/// a row for each token of the vocabulary the output's, and all others matrices.
std::vector<TrainedTensor> parameters_to_train(Model& model, std::int64_t vocabulary_size);

}  // namespace matseq
