#include "reference/tensors/reference_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "configuration/experiment_plugins.h"
#include "data/experiment_data.h"
#include "files/atomic_file.h"
#include "matseq/error.h"
#include "reference/tensors/parameter_mapping.h"
#include "reference/tensors/reference_checkpoint.h"
#include "run/metrics.h"
#include "run/progress_bar.h"
#include "run/run_lock.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/model_tensors.h"
#include "training/experiment_model.h"
#include "training/parameter_roles.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t reference_positions = 4096;
constexpr const char* tied_output = "decoder.proj.weight";
constexpr const char* output_embedding = "decoder.embeddings.weight";
constexpr const char* position_table = "position_embeddings.weight";

using Tensors = std::vector<NamedTensor>;

const torch::Tensor& require(const Tensors& tensors, const std::string& name, const std::string& what) {
  const torch::Tensor* found = find_tensor(tensors, name);
  if (found == nullptr) throw Error(fmt::format("{}: it has no tensor '{}'", what, name));
  return *found;
}

/// A tied output layer, which here has no tensor of its own, must be what the settings say it is.
void untie(Tensors& tensors, bool tied, const std::string& what) {
  if (!tied) return;
  const auto output = std::ranges::find(tensors, tied_output, &NamedTensor::name);
  if (output == tensors.end()) return;
  if (!torch::equal(output->tensor, require(tensors, output_embedding, what))) {
    throw Error(fmt::format("{}: its setting share_inout_emb is true, but {} differs from {}", what, tied_output,
                            output_embedding));
  }
  tensors.erase(output);
}

/// Loss scale and growth of `torch.cuda.amp.GradScaler`.
void take_scaler(const ReferenceCheckpoint& checkpoint, TrainingState& state) {
  if (!checkpoint.scaler || !checkpoint.scaler->is_object()) return;
  const auto& scaler = *checkpoint.scaler;
  const auto scale = scaler.find("scale");
  if (scale != scaler.end() && scale->is_number() && scale->get<double>() >= 1 && std::isfinite(scale->get<double>())) {
    state.loss_scale = scale->get<double>();
  }
  const auto growth = scaler.find("_growth_tracker");
  if (growth != scaler.end() && growth->is_number_integer() && growth->get<std::int64_t>() >= 0 &&
      growth->get<std::int64_t>() < scale_growth_interval) {
    state.scale_growth = growth->get<std::int64_t>();
  }
}

nlohmann::ordered_json scaler_of(const TrainingState& state) {
  return {{"scale", state.loss_scale},
          {"growth_factor", 2.0},
          {"backoff_factor", 0.5},
          {"growth_interval", scale_growth_interval},
          {"_growth_tracker", state.scale_growth}};
}

TrainingState state_of(const ReferenceCheckpoint& checkpoint, const Experiment& experiment, const std::string& what) {
  if (checkpoint.epoch < 0 || checkpoint.n_total_iter < 0) {
    throw Error(fmt::format("{}: its counters are negative: epoch {}, n_total_iter {}", what, checkpoint.epoch,
                            checkpoint.n_total_iter));
  }
  TrainingState state;
  state.update = checkpoint.n_total_iter / experiment.training.accumulate_gradients;
  state.epoch = checkpoint.epoch + 1;
  take_scaler(checkpoint, state);
  return state;
}

bool is_step(const NamedTensor& quantity) { return quantity.name.ends_with("/step"); }

/// Copies the optimizer's state; newer versions of PyTorch count steps in another type.
void take_optimizer(const Optimizer& optimizer, Tensors state, const std::string& what) {
  for (NamedTensor& quantity : state) {
    if (is_step(quantity)) quantity.tensor = quantity.tensor.reshape({});
  }
  copy_into(optimizer.state(), state, what);
}

void claim(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  if (!fs::is_empty(folder, error) || error) {
    throw Error(fmt::format("{}: this folder is not empty; name another one with -o, or remove it", folder.string()));
  }
}

/// Position tables padded to the reference's length: by its row count, a tensor of state belongs to one too.
torch::Tensor as_long_as_the_reference(const torch::Tensor& table) {
  const torch::Tensor on_cpu = table.detach().cpu();
  if (on_cpu.dim() != 2 || on_cpu.size(0) >= reference_positions) return on_cpu;
  torch::Tensor padded = torch::zeros({reference_positions, on_cpu.size(1)}, on_cpu.options());
  padded.slice(0, 0, on_cpu.size(0)).copy_(on_cpu);
  return padded;
}

/// One side's tensors, in the order in which the file of the model has them.
Tensors side_of(const Tensors& tensors, const std::string& side) {
  Tensors chosen;
  for (const NamedTensor& named : tensors) {
    if (!named.name.starts_with(side + ".")) continue;
    const std::string name = named.name.substr(side.size() + 1);
    chosen.push_back({name, name == position_table ? as_long_as_the_reference(named.tensor) : named.tensor});
  }
  return chosen;
}

/// The reference's state dict begins with the position table, which may be a buffer here, and names a tied output
/// weight just before its bias.
Tensors in_reference_order(Tensors side) {
  const auto table = std::ranges::find(side, position_table, &NamedTensor::name);
  if (table != side.end()) std::rotate(side.begin(), table, table + 1);
  const auto bias = std::ranges::find(side, "proj.bias", &NamedTensor::name);
  if (bias != side.end() && find_tensor(side, "proj.weight") == nullptr) {
    const torch::Tensor shared = *find_tensor(side, "embeddings.weight");
    side.insert(bias, {"proj.weight", shared});
  }
  return side;
}

nlohmann::ordered_json optimizer_group(const Parameters& settings, double rate) {
  nlohmann::ordered_json group = {{"lr", rate}};
  group["betas"] = {settings.real("beta1"), settings.real("beta2")};
  group["eps"] = settings.real("eps");
  group["weight_decay"] = settings.real("weight_decay");
  return group;
}

std::int64_t megabytes(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes / 1'000'000); }

ReferenceCheckpoint read_with_bar(const fs::path& path) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);  // reading says what is wrong
  ProgressBar bar("reading", error ? 0 : megabytes(size), "MB");
  return read_reference_checkpoint(path, [&](std::uint64_t bytes) { bar.show(megabytes(bytes)); });
}

void save_with_bar(const RunFolder& run, const SavedState& state, Model& model, Optimizer& optimizer) {
  std::uint64_t total = 0;
  for (const NamedTensor& named : model_tensors(model)) total += named.tensor.nbytes();
  for (const NamedTensor& named : optimizer.state()) total += named.tensor.nbytes();
  ProgressBar bar("writing", megabytes(total), "MB");
  std::uint64_t written = 0;
  save_checkpoint(run, state, {model, optimizer}, [&](std::uint64_t more) { bar.show(megabytes(written += more)); });
}

}  // namespace

std::vector<std::string> import_reference(const fs::path& checkpoint_path, const fs::path& folder,
                                          PluginLoader& loader) {
  const std::string what = checkpoint_path.string();
  const ReferenceCheckpoint checkpoint = read_with_bar(checkpoint_path);
  ReferenceConversion conversion = experiment_from_params(checkpoint.params);
  Tensors weights = model_parameters(checkpoint);
  conversion.experiment.name = what + " (its settings)";
  conversion.experiment.tables["model"].set("positions",
                                            require(weights, std::string("encoder.") + position_table, what).size(0));
  const Experiment experiment = read_experiment(conversion.experiment, fs::absolute(folder));
  const ExperimentData data = make_experiment_data(experiment, loader);
  const auto tokens = static_cast<std::int64_t>(data.vocabulary->size());
  const std::int64_t embedded = require(weights, output_embedding, what).size(0);
  if (embedded != tokens) {
    throw Error(fmt::format("{}: its model knows {} tokens, but its encodings have {}", what, embedded, tokens));
  }

  const std::unique_ptr<Model> model = make_experiment_model(experiment, model_setup(experiment, tokens), loader);
  const auto tied = conversion.experiment.tables["model"].entries.find("share_inout_emb");
  untie(weights, tied == conversion.experiment.tables["model"].entries.end() || std::get<bool>(tied->second.value),
        what);
  copy_into(model_tensors(*model), weights, what);

  const auto fresh_optimizer = [&] {
    return make_optimizer(loader, experiment.optimizer.plugin, experiment.optimizer.table,
                          parameters_to_train(*model, tokens));
  };
  std::unique_ptr<Optimizer> optimizer = fresh_optimizer();
  std::vector<std::string> remarks = conversion.notes;
  if (!checkpoint.optimizer) {
    remarks.emplace_back("the file has no optimizer state: further training begins with a fresh one");
  } else {
    try {
      take_optimizer(*optimizer, optimizer_state(checkpoint), what);
    } catch (const Error& error) {
      optimizer = fresh_optimizer();
      remarks.push_back(
          fmt::format("the optimizer's state was not taken over, further training begins with a fresh "
                      "one: {}",
                      error.what()));
    }
  }

  claim(folder);
  const RunFolder run(folder);
  const RunLock lock(folder);
  SavedState state;
  state.training = state_of(checkpoint, experiment, what);
  state.records = Metrics::begin(folder);
  write_atomically(run.config(), resolved_toml(experiment, loader));
  save_with_bar(run, state, *model, *optimizer);
  return remarks;
}

std::vector<std::string> export_reference(const fs::path& folder, const std::string& weights,
                                          const fs::path& checkpoint_path, bool trust_plugins) {
  const RunFolder run(folder);
  const Experiment experiment = read_experiment(run.config(), {});
  if (experiment.model.plugin != "transformer") {
    throw Error(fmt::format("{}: the reference has no model '{}', so this run cannot be exported", folder.string(),
                            experiment.model.plugin));
  }
  PluginLoader loader = experiment_plugins(experiment, trust_plugins);
  const ExperimentData data = make_experiment_data(experiment, loader);
  const auto tokens = static_cast<std::int64_t>(data.vocabulary->size());
  const std::unique_ptr<Model> model = make_experiment_model(experiment, model_setup(experiment, tokens), loader);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(
      loader, experiment.optimizer.plugin, experiment.optimizer.table, parameters_to_train(*model, tokens));

  std::vector<std::string> remarks;
  ReferenceCheckpoint checkpoint;
  checkpoint.params = params_from_experiment(experiment.document, tokens);
  TrainingState state;
  const std::optional<SavedState> saved = run.last_state();
  const bool adam = experiment.optimizer.plugin == "adam" && weights == "model" && saved;
  if (adam) {
    state = read_checkpoint(run, {*model, *optimizer}).training;
  } else {
    load_weights(run, weights, *model);
    if (saved) state = saved->training;
    remarks.push_back(fmt::format("the optimizer's state is left out: {}",
                                  weights == "model"
                                      ? "the reference has another one for this optimizer, or the run has none"
                                      : "it belongs to the last checkpoint, not to " + weights));
  }
  const Tensors tensors = model_tensors(*model);
  checkpoint.encoder = in_reference_order(side_of(tensors, "encoder"));
  checkpoint.decoder = in_reference_order(side_of(tensors, "decoder"));
  checkpoint.epoch = std::max<std::int64_t>(0, state.epoch - 1);
  checkpoint.n_total_iter = state.update * experiment.training.accumulate_gradients;
  if (experiment.training.precision == "float16") checkpoint.scaler = scaler_of(state);
  if (adam) {
    std::vector<std::string> names;
    for (const NamedTensor& parameter : trained_parameters(*model)) names.push_back(parameter.name);
    Tensors quantities = optimizer->state();
    for (NamedTensor& quantity : quantities) {
      const std::string owner = quantity.name.substr(0, quantity.name.rfind('/'));
      if (owner.ends_with(position_table)) quantity.tensor = as_long_as_the_reference(quantity.tensor);
    }
    const ParameterSchema& schema = loader.schema(PluginKind::optimizer, experiment.optimizer.plugin);
    const Parameters settings = Parameters::check(schema, experiment.optimizer.table, "the optimizer");
    const std::unique_ptr<Schedule> schedule =
        loader.make_schedule(experiment.schedule.plugin, experiment.schedule.table);
    checkpoint.optimizer = to_reference_optimizer(
        names, quantities, optimizer_group(settings, schedule->rate(state.update, settings.real("learning_rate"))));
  }
  write_reference_checkpoint(checkpoint_path, checkpoint);
  return remarks;
}

}  // namespace matseq
