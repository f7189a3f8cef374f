#include "run/tensors/model_copy.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <vector>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/safetensors.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

NamedTensor in_float16(const NamedTensor& tensor, const RunFolder& run) {
  if (!tensor.tensor.is_floating_point()) return tensor;
  NamedTensor half = {tensor.name, tensor.tensor.to(torch::kFloat16)};
  if (!half.tensor.isfinite().all().item<bool>()) {
    throw Error(fmt::format("{}: '{}' has values that float16 cannot hold", run.path().string(), tensor.name));
  }
  return half;
}

}  // namespace

void copy_model(const RunFolder& run, const std::string& checkpoint, const fs::path& folder) {
  if (fs::exists(folder)) throw Error(fmt::format("{}: this is there already; name a new folder", folder.string()));
  const std::string config = FileDescriptor(run.config(), O_RDONLY).content();
  std::vector<NamedTensor> weights = read_weights(run, checkpoint);
  for (NamedTensor& tensor : weights) tensor = in_float16(tensor, run);
  fs::create_directories(folder);
  const RunFolder copy(folder);
  const fs::path metrics = run.path() / "metrics.jsonl";
  if (fs::exists(metrics)) {
    write_atomically(folder / "metrics.jsonl", FileDescriptor(metrics, O_RDONLY).content());
  }
  write_safetensors(copy.weights(), weights, {{"format", "pt"}});
  write_atomically(copy.config(), config);
}

}  // namespace matseq
