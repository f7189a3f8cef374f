#include "configuration/framework_settings.h"

#include <algorithm>
#include <limits>

namespace matseq {
namespace {

using E = Setting<EncodingConfiguration>;
using D = Setting<DataConfiguration>;
using T = Setting<TrainingConfiguration>;
using V = Setting<EvaluationConfiguration>;

// Far beyond use; sums of them, and the products that are made of them, do not overflow.
constexpr double most_examples = 1e12;
constexpr double most_updates = 1e12;
constexpr double most_epochs = 1e6;
constexpr double largest_batch = 1 << 20;
constexpr double most_batches_an_update = 1e5;
constexpr double longest_sequence = 100000;
constexpr double any_seed = std::numeric_limits<double>::infinity();

template <typename Settings>
void append(const char* table, const SettingsTable<Settings>& all, std::vector<FrameworkSetting>& to) {
  for (const Setting<Settings>& setting : all.settings()) {
    to.push_back({table, setting.parameter(), setting.is_changeable(), setting.is_path()});
  }
}

}  // namespace

const SettingsTable<EncodingConfiguration>& encoding_settings() {
  using S = EncodingConfiguration;
  static const SettingsTable<S> all({
      E("input", &S::input,
        "encoding of the input: a preset (P10, P1000, B1999, FP15), a reference's spec, or a table"),
      E("output", &S::output, "encoding of the target, likewise"),
      E("max_dimension", &S::max_dimension, "largest matrix dimension that has a token").from(1, 10000),
  });
  return all;
}

const SettingsTable<DataConfiguration>& data_settings() {
  using S = DataConfiguration;
  static const SettingsTable<S> all({
      D("seed", &S::seed, "of all random numbers: examples and initial values").from(0, any_seed),
      D("workers", &S::workers, "threads that make batches ahead of the trainer; 0: none").from(0, 256).changeable(),
      D("max_len", &S::max_len, "examples with a sequence of this many tokens or more are thrown away")
          .from(4, longest_sequence),
      D("reload_data", &S::reload_data, "file of training examples; empty: generate them").path(),
      D("reload_size", &S::reload_size, "use only this many examples of that file; -1: all").from(-1, most_examples),
      D("batch_load", &S::batch_load, "stream the file rather than keep its examples in memory"),
      D("distinct_examples", &S::distinct_examples,
        "generate only so many different training examples, and go through them again and again; 0: all differ")
          .from(0, most_examples),
      D("repeated.examples", &S::repeated_examples,
        "two sets: so many training examples are repeated more often than the rest; 0: none")
          .from(0, most_examples),
      D("repeated.share", &S::repeated_share, "probability with which an example is one of these").from(0, 1),
      D(Parameter::tables("curriculum",
                          "other parameters of the task later: 'from' which example, mixed in 'over' how many (0), and "
                          "task = { overrides }")),
  });
  return all;
}

const SettingsTable<TrainingConfiguration>& training_settings() {
  using S = TrainingConfiguration;
  static const SettingsTable<S> all({
      T("batch_size", &S::batch_size, "examples a batch").from(1, largest_batch),
      T("epoch_size", &S::epoch_size, "examples between evaluations").from(1, most_examples),
      T("max_epoch", &S::max_epoch, "most epochs; 0: save the untrained model").from(0, most_epochs).changeable(),
      T("clip_grad_norm", &S::clip_grad_norm, "largest global gradient norm; 0: no clipping").at_least(0),
      T("label_smoothing", &S::label_smoothing,
        "share of a target token's probability that the loss, also the one reported, spreads evenly over all tokens")
          .from(0, 1),
      T("ema", &S::ema,
        "evaluate and save an average of the weights, too, as the sets NAME.ema and the checkpoint ema: those of i "
        "updates ago count ema^i times as much as the last; 0: none")
          .from(0, 0.999999999),
      T("accumulate_gradients", &S::accumulate_gradients, "batches an update").from(1, most_batches_an_update),
      T("micro_batches", &S::micro_batches,
        "pieces of an update, a power of two, whose gradients are added in one fixed order, whatever works on them; 0: "
        "one "
        "on a GPU, on a CPU one for each 16 examples, at most 8")
          .from(0, largest_batch),
      T("save_periodic", &S::save_periodic, "keep the model every so many epochs; 0: never")
          .from(0, most_epochs)
          .changeable(),
      T("save_every", &S::save_every, "updates between checkpoints within an epoch; 0: only at its end")
          .from(0, most_updates)
          .changeable(),
      T("stopping_criterion", &S::stopping_criterion,
        "\"METRIC,PATIENCE\": stop when the metric has not improved for more than so many epochs in a row")
          .changeable(),
      T("validation_metrics", &S::validation_metrics,
        "keep the best model of each; a leading '_' means smaller is better")
          .changeable(),
      T("precision", &S::precision, "of the model's arithmetic")
          .one_of({"float32", "bfloat16", "float16"})
          .changeable(),
      T("device", &S::device, "auto, cpu, cuda or cuda:N").changeable(),
      T("threads", &S::threads, "of the device cpu; 0: as many as there are cores").from(0, 4096).changeable(),
      T("cuda_graphs", &S::cuda_graphs, "on a CUDA device, capture the passes of an update as a graph and replay it")
          .changeable(),
      T("rank_timeout", &S::rank_timeout,
        "seconds that a rank of several waits for another; then all stop, and say which did not answer")
          .from(1, 1'000'000)
          .changeable(),
      T("log_every", &S::log_every, "updates between log lines").from(1, most_updates).changeable(),
      T("max_skipped", &S::max_skipped, "updates in a row with a loss that is not finite to skip; 0: stop at the first")
          .from(0, most_updates)
          .changeable(),
  });
  return all;
}

const SettingsTable<EvaluationConfiguration>& evaluation_settings() {
  using S = EvaluationConfiguration;
  static const SettingsTable<S> all({
      V("size", &S::size, "examples of each test set; -1: all of the file 'data'").from(-1, most_examples).changeable(),
      V("batch_size", &S::batch_size, "examples a batch").from(1, largest_batch).changeable(),
      V("beam_search", &S::beam_search, "search with a beam of one hypothesis, too, instead of greedily").changeable(),
      V("beam_size", &S::beam_size, "hypotheses of the beam search; 1: greedy decoding").from(1, 1000).changeable(),
      V("beam_length_penalty", &S::beam_length_penalty,
        "power of the length that divides a hypothesis' log-probability")
          .changeable(),
      V("beam_early_stopping", &S::beam_early_stopping, "a sentence is done when it has beam_size hypotheses")
          .changeable(),
      V("sampling_temperature", &S::sampling_temperature,
        "draw each token from softmax(logits / temperature) instead of searching; 0: do not sample")
          .at_least(0)
          .changeable(),
      V("samples", &S::samples,
        "drawn for each example at that temperature: the best one counts, and the sets NAME.median judge the median of "
        "their coefficients")
          .from(1, 10000)
          .changeable(),
      V("sample_interval", &S::sample_interval,
        "of several samples' coefficients, the share that is in the middle: NAME.median.coverage says how many true "
        "coefficients are there, too")
          .from(0, 1)
          .changeable(),
      V("constrained", &S::constrained,
        "search only among tokens that can still become a matrix as the output encoding writes it")
          .changeable(),
      V("constrained_shape", &S::constrained_shape, "likewise, a matrix of the true target's shape").changeable(),
      // The model is made for hypotheses of this length.
      V("max_output_len", &S::max_output_len, "most tokens of a hypothesis").from(1, longest_sequence),
      V("tolerances", &S::tolerances, "errors below which a prediction counts; the first is the headline")
          .at_least(0)
          .changeable(),
      V("coeff_tolerance", &S::coeff_tolerance, "error below which a coefficient is right").at_least(0).changeable(),
      V("norm", &S::norm, "the error that tolerances bound").one_of({"max", "d1", "d2"}).changeable(),
      V("decode_perfect", &S::decode_perfect, "decode examples that teacher forcing already finds perfect, too")
          .changeable(),
      V("data", &S::data, "file of test examples for the set 'valid'; empty: generate them").path().changeable(),
      V("training_set", &S::training_set,
        "evaluate on the first examples of the training set, too, as the set 'training'")
          .changeable(),
      V(Parameter::tables("sets", "further test sets: a name, and task = { overrides of the task's parameters }"))
          .changeable(),
  });
  return all;
}

const std::vector<FrameworkSetting>& framework_settings() {
  static const std::vector<FrameworkSetting> all = [] {
    std::vector<FrameworkSetting> settings;
    append("encoding", encoding_settings(), settings);
    append("data", data_settings(), settings);
    append("training", training_settings(), settings);
    append("evaluation", evaluation_settings(), settings);
    return settings;
  }();
  return all;
}

bool is_changeable(const std::string& table, const std::string& key) {
  if (table == "evaluation" && key.starts_with("task.")) return true;
  return std::ranges::any_of(framework_settings(), [&](const FrameworkSetting& setting) {
    return setting.changeable && setting.table == table && setting.parameter.name == key;
  });
}

}  // namespace matseq
