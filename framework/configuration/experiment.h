/// \file
/// An experiment file as typed values: the one place where TOML becomes settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "configuration/toml_document.h"
#include "matseq/parameter.h"
#include "plugins/plugin_loader.h"
#include "tokens/encoding_spec.h"

namespace matseq {

/// A plugin that a table names by its key `plugin`, and the rest of that table.
struct PluginChoice {
  std::string plugin;
  ParameterTable table;
};

/// Table `[encoding]`, where the encodings are named by a string.
struct EncodingConfiguration {
  std::string input = "P1000";
  std::string output = "P1000";
  std::int64_t max_dimension = 100;  ///< largest matrix dimension that has a token
};

/// A table of `[[data.curriculum]]`.
struct CurriculumStage {
  std::int64_t from = 0;  ///< number of the first example that it draws
  std::int64_t over = 0;  ///< so many examples it shares with the stage before
  ParameterTable task;    ///< the task's parameters with this stage's overrides
};

/// Table `[data]`: which examples there are.
struct DataConfiguration {
  std::uint64_t seed = 1;                   ///< of all random numbers: examples and initial values
  std::int64_t workers = 2;                 ///< threads that make batches ahead of the trainer; 0: none
  std::int64_t max_len = 512;               ///< examples with a sequence of this many tokens or more are thrown away
  std::string reload_data;                  ///< file of training examples; empty: generate them
  std::int64_t reload_size = -1;            ///< use only this many of the file's examples; negative: all
  bool batch_load = false;                  ///< stream the file, rather than keep its examples in memory
  std::int64_t distinct_examples = 0;       ///< how many different ones there are; 0: all differ
  std::int64_t repeated_examples = 0;       ///< how many of them are repeated more often than the rest
  double repeated_share = 0.25;             ///< of examples that are one of these
  std::vector<CurriculumStage> curriculum;  ///< generated examples after the first ones
};

/// Table `[training]`.
struct TrainingConfiguration {
  std::int64_t batch_size = 64;
  std::int64_t epoch_size = 300000;  ///< examples between evaluations
  std::int64_t max_epoch = 100000;
  double clip_grad_norm = 5;              ///< largest global gradient norm; 0: no clipping
  std::int64_t accumulate_gradients = 1;  ///< batches an update
  std::int64_t micro_batches = 0;         ///< that an update's examples are cut into, a power of two; 0: by the device
  std::int64_t save_periodic = 0;         ///< keep the model every so many epochs; 0: never
  std::int64_t save_every = 5000;         ///< updates between checkpoints within an epoch; 0: none
  std::string stopping_criterion;         ///< "METRIC,PATIENCE"; empty: train to max_epoch
  /// keep the best model of each; leading '_': smaller is better
  std::vector<std::string> validation_metrics = {"valid.accuracy"};
  std::string precision = "float32";
  std::string device = "auto";
  std::int64_t threads = 0;         ///< of the device "cpu"; 0: as many as there are cores
  bool cuda_graphs = false;         ///< capture an update's passes and replay them; without effect on a CPU
  std::int64_t rank_timeout = 300;  ///< seconds after which a rank that does not answer ends the run on all others
  double ema = 0;                   ///< decay of an average of the weights, an update; 0: there is none
  double label_smoothing = 0;       ///< share of a target token's probability that the loss spreads over all tokens
  std::int64_t log_every = 200;     ///< updates between log lines
  std::int64_t max_skipped = 10;  ///< updates in a row whose loss is not finite that are skipped; 0: stop at the first
};

/// What the training examples are called among the test sets (`evaluation.training_set`).
inline constexpr const char* training_set_name = "training";

/// A further test set: `[[evaluation.sets]]`, or the main one, "valid".
struct TestSet {
  std::string name;
  ParameterTable task;  ///< the task's parameters with this set's overrides
};

/// Table `[evaluation]`.
struct EvaluationConfiguration {
  std::int64_t size = 10000;  ///< examples of a set; -1: all of the file `data`
  std::int64_t batch_size = 128;
  bool beam_search = false;  ///< search with a beam of one hypothesis, too, instead of greedily
  std::int64_t beam_size = 1;
  double beam_length_penalty = 1;
  bool beam_early_stopping = true;
  double sampling_temperature = 0;    ///< draw tokens from softmax(logits / temperature); 0: do not sample
  std::int64_t samples = 1;           ///< drawn for each example
  double sample_interval = 0.9;       ///< share of the samples in the interval of a coefficient
  bool constrained = false;           ///< search among tokens that continue a matrix only
  bool constrained_shape = false;     ///< of the true target's shape, too
  std::int64_t max_output_len = 512;  ///< most tokens of a hypothesis
  std::vector<double> tolerances = {0.05, 0.02, 0.01, 0.005};  ///< the first decides the headline accuracy
  double coeff_tolerance = 0.01;
  std::string norm = "d1";      ///< "max", "d1" or "d2": the error that the tolerances bound
  bool decode_perfect = false;  ///< decode examples that teacher forcing already finds perfect, too
  std::string data;             ///< file of test examples for "valid"; empty: generate them
  bool training_set = false;    ///< evaluate on training examples, too, as the set "training"
  std::vector<TestSet> sets;    ///< "valid" first, "training" last
};

/// All of an experiment file.
struct Experiment {
  PluginChoice task;
  EncodingSpec input_encoding;
  EncodingSpec output_encoding;
  std::int64_t max_dimension = 100;  ///< largest matrix dimension that has a token
  PluginChoice model;
  PluginChoice optimizer;
  PluginChoice schedule;
  DataConfiguration data;
  TrainingConfiguration training;
  EvaluationConfiguration evaluation;
  std::vector<std::filesystem::path> plugin_path;  ///< made absolute against the file's folder
  TomlDocument document;                           ///< what it was read from
};

/// Checks everything that does not need plugins. Throws Error with file, line, key, what was found and what is
/// accepted. Relative paths in it are relative to `folder`.
Experiment read_experiment(const TomlDocument& document, const std::filesystem::path& folder);

/// Reads a TOML file with "table.key=value" overrides.
Experiment read_experiment(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                           const Shorthands& shorthands = {});

/// The experiment as a complete TOML file, with every parameter of every plugin and of the framework, which reproduces
/// it. Checks all plugins' tables.
std::string resolved_toml(const Experiment& experiment, PluginLoader& loader);

/// Where a setting was given, for messages: "experiment.toml:12: 'training.device'".
std::string setting_place(const Experiment& experiment, const std::string& table, const std::string& key);

}  // namespace matseq
