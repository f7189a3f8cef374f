#include "data/experiment_data.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "data/file_examples.h"
#include "data/lazy_examples.h"
#include "data/recoded_task.h"
#include "data/streamed_examples.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

/// Test examples are scored, so they must be matrices; training may be on any tokens.
void require_matrices(const SequenceCodec& input, const SequenceCodec& output, const SequencePair& example) {
  const std::optional<DecodedMatrix> source = input.decode_any(example.source);
  if (!source) throw Error("the input is not a matrix in the experiment's input encoding");
  const std::optional<DecodedMatrix> target = output.decode_any(example.target);
  if (!target) throw Error("the target is not a matrix in the experiment's output encoding");
  if (source->code != target->code) throw Error("input and target begin with different code tokens");
}

/// Settings say "all" by a negative number.
std::uint64_t size_limit(std::int64_t setting) {
  return setting < 0 ? FileExamples::all : static_cast<std::uint64_t>(setting);
}

/// A file that a setting names and that is not there is told with that setting.
void require_file(const std::string& file, const std::string& place) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return;
  throw Error(fmt::format("{}: cannot read '{}': No such file or directory", place, printable(file)));
}

std::shared_ptr<const ExampleSource> training_file(const Experiment& experiment, const ExperimentData& data) {
  const DataConfiguration& settings = experiment.data;
  const ExampleFormat format{data.vocabulary, static_cast<std::size_t>(settings.max_len), nullptr};
  // No data set's name has a blank: these numbers are nobody else's.
  const std::uint64_t key = random_key(settings.seed, "train order");
  const std::uint64_t size = size_limit(settings.reload_size);
  return std::make_shared<LazyExamples>(
      [file = settings.reload_data, streamed = settings.batch_load, format, size, key,
       place = setting_place(experiment, "data", "reload_data")]() -> std::unique_ptr<const ExampleSource> {
        require_file(file, place);
        if (streamed) return std::make_unique<StreamedExamples>(file, format, size, key);
        return std::make_unique<FileExamples>(file, format, size, key);
      });
}

std::shared_ptr<const ExampleSource> test_file(const Experiment& experiment, const ExperimentData& data) {
  ExampleFormat format{data.vocabulary, static_cast<std::size_t>(experiment.data.max_len), nullptr};
  format.check = [input = data.input, output = data.output](const SequencePair& example) {
    require_matrices(*input, *output, example);
  };
  const std::uint64_t size = size_limit(experiment.evaluation.size);
  return std::make_shared<LazyExamples>(
      [file = experiment.evaluation.data, format, size, place = setting_place(experiment, "evaluation", "data")] {
        require_file(file, place);
        return std::make_unique<FileExamples>(file, format, size, std::nullopt);
      });
}

/// The task with other parameters, which may have fewer codes, such as cotraining's with some components. `title` is of
/// what has it, for messages.
std::shared_ptr<const Task> other_task(const Experiment& experiment, const ParameterTable& table,
                                       const std::string& title, const std::vector<std::string>& codes,
                                       PluginLoader& loader) {
  std::unique_ptr<const Task> task = loader.make_task(experiment.task.plugin, table);
  try {
    return with_codes(std::move(task), codes);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", title, error.what()));
  }
}

DataSet make_data_set(const Experiment& experiment, const ExperimentData& data, const std::string& name,
                      std::shared_ptr<const Task> task) {
  DataSet set;
  set.name = name;
  set.examples = std::make_shared<GeneratedExamples>(Curriculum(task), data.input, data.output, experiment.data.seed,
                                                     name, data.limits);
  set.task = std::move(task);
  return set;
}

DataSet make_training_set(const Experiment& experiment, ExperimentData& data, std::shared_ptr<const Task> task,
                          PluginLoader& loader) {
  DataSet set;
  set.name = "train";
  Curriculum tasks(task, random_key(experiment.data.seed, "curriculum mixture"));
  for (const CurriculumStage& stage : experiment.data.curriculum) {
    const std::string title = fmt::format("the curriculum from example {} on", stage.from);
    tasks.add(other_task(experiment, stage.task, title, task->codes(), loader), static_cast<std::uint64_t>(stage.from),
              static_cast<std::uint64_t>(stage.over));
  }
  data.training_tasks = tasks.tasks();
  set.examples =
      experiment.data.reload_data.empty()
          ? std::make_shared<GeneratedExamples>(std::move(tasks), data.input, data.output, experiment.data.seed,
                                                set.name, data.limits, ExampleOrder(experiment.data))
          : training_file(experiment, data);
  set.task = std::move(task);
  return set;
}

}  // namespace

const DataSet& ExperimentData::find(const std::string& name) const {
  std::vector<std::string> names = {training.name};
  if (name == training.name) return training;
  for (const DataSet& set : tests) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  const std::string hint = nearest_name(name, names);
  throw Error(fmt::format("there is no data set '{}'{} This experiment has {}", printable(name),
                          hint.empty() ? "." : hint, quoted_list(names)));
}

ExperimentData make_experiment_data(const Experiment& experiment, PluginLoader& loader) {
  ExperimentData data;
  const std::shared_ptr<const Task> task = loader.make_task(experiment.task.plugin, experiment.task.table);
  const std::vector<std::string> codes = task->codes();
  const std::shared_ptr<const Encoder> input =
      loader.make_encoder(experiment.input_encoding.plugin, experiment.input_encoding.table);
  const std::shared_ptr<const Encoder> output =
      loader.make_encoder(experiment.output_encoding.plugin, experiment.output_encoding.table);
  data.vocabulary =
      std::make_shared<Vocabulary>(*input, *output, static_cast<std::size_t>(experiment.max_dimension), codes);
  data.input = std::make_shared<SequenceCodec>(input, *data.vocabulary, codes);
  data.output = std::make_shared<SequenceCodec>(output, *data.vocabulary, codes);
  data.grammar = std::make_shared<MatrixGrammar>(data.output, *data.vocabulary,
                                                 static_cast<std::size_t>(experiment.evaluation.max_output_len));
  data.limits = {.max_len = experiment.data.max_len,
                 .max_output_len = experiment.evaluation.max_output_len,
                 .source = input->limit(),
                 .target = output->limit()};
  data.training = make_training_set(experiment, data, task, loader);
  for (const TestSet& set : experiment.evaluation.sets) {
    if (set.name == training_set_name) {
      data.tests.push_back({set.name, data.training.task, data.training.examples});
      continue;
    }
    data.tests.push_back(
        make_data_set(experiment, data, set.name,
                      other_task(experiment, set.task, fmt::format("the test set '{}'", set.name), codes, loader)));
  }
  if (!experiment.evaluation.data.empty()) data.tests.front().examples = test_file(experiment, data);
  return data;
}

}  // namespace matseq
