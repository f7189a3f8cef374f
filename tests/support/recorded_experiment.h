/// \file
/// An experiment that trains in a moment, for tests of what surrounds training.
#pragma once

namespace matseq::test {

/// Two epochs of 8 updates; a checkpoint falls on the last update of each.
inline constexpr const char* recorded_experiment = R"([task]
plugin = "transpose"
min_dimension = 2
max_dimension = 2
[encoding]
input = "P10"
output = "P10"
[model]
plugin = "transformer"
encoder = { layers = 1, width = 16, heads = 2 }
decoder = { layers = 1, width = 16, heads = 2 }
dropout = 0.1
[optimizer]
plugin = "adam"
learning_rate = 1e-3
[data]
max_len = 40
workers = 1
[training]
batch_size = 4
epoch_size = 32
max_epoch = 2
save_every = 4
save_periodic = 1
log_every = 3
threads = 1
device = "cpu"
validation_metrics = ["_valid.cross_entropy"]
stopping_criterion = "_valid.cross_entropy,50"
[evaluation]
size = 8
max_output_len = 30
)";

}  // namespace matseq::test
