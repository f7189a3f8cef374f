/// \file
/// An experiment that trains in a second.
#pragma once

#include <string>

namespace matseq {

/// Transposition of 2 x 2 matrices by a small transformer, on one thread of the CPU: every table but [training] and
/// [evaluation]. Test by test, what the experiment is about comes after it, or in `--set`.
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

/// The same as a whole: two epochs of ten updates.
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

}  // namespace matseq
