/// \file
/// An experiment that trains in a second.
#pragma once

#include <string>

namespace matseq {

/// Transposition of 2 x 2 matrices by a small transformer: every table but [training] and [evaluation].
inline const std::string small_model = R"([task]
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
)";

/// The same with two epochs of ten updates on one thread of the CPU. What a test changes comes in `--set`, or after it.
inline const std::string small_experiment = small_model + R"([training]
batch_size = 8
epoch_size = 80
max_epoch = 2
device = "cpu"
threads = 1
log_every = 5
[evaluation]
size = 32
max_output_len = 30
)";

/// Two epochs of 8 updates; a checkpoint falls on the last update of each.
inline const std::string often_saved_experiment = small_model + R"(workers = 1
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

}  // namespace matseq
