#include "data/experiment_data.h"

#include <fmt/format.h>

#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

DataSet make_data_set(const Experiment& experiment, const ExperimentData& data, const std::string& name,
                      std::shared_ptr<const Task> task) {
  DataSet set;
  set.name = name;
  set.examples = std::make_shared<GeneratedExamples>(task, data.input, data.output, experiment.data.seed, name,
                                                     experiment.data.max_len);
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
  throw Error(fmt::format("there is no data set '{}'; this experiment has {}", name, quoted_list(names)));
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
  data.training = make_data_set(experiment, data, "train", task);
  for (const TestSet& set : experiment.evaluation.sets) {
    std::shared_ptr<const Task> test_task = loader.make_task(experiment.task.plugin, set.task);
    if (test_task->codes() != codes) {
      throw Error(fmt::format("the test set '{}' has other code tokens than the training task: {} instead of {}",
                              set.name, quoted_list(test_task->codes()), quoted_list(codes)));
    }
    data.tests.push_back(make_data_set(experiment, data, set.name, std::move(test_task)));
  }
  return data;
}

}  // namespace matseq
