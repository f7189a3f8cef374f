/// \file
/// The task, encodings, vocabulary and data sets of an experiment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "data/data_remarks.h"
#include "data/generated_examples.h"
#include "matseq/task.h"
#include "plugins/plugin_loader.h"
#include "tokens/matrix_grammar.h"
#include "tokens/sequence_codec.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// A data set with what scores its examples.
struct DataSet {
  std::string name;
  std::shared_ptr<const Task> task;
  std::shared_ptr<const ExampleSource> examples;
};

/// All of an experiment that has to do with numbers and tokens, not with tensors.
struct ExperimentData {
  std::shared_ptr<const Vocabulary> vocabulary;
  std::shared_ptr<const SequenceCodec> input;
  std::shared_ptr<const SequenceCodec> output;
  std::shared_ptr<const MatrixGrammar> grammar;  ///< of hypotheses, which the output encoding writes
  DataSet training;
  /// That draw training examples: the training's own, and those that follow it in a curriculum.
  std::vector<std::shared_ptr<const Task>> training_tasks;
  std::vector<DataSet> tests;  ///< "valid" first
  DataLimits limits;

  /// "train" or a test set; throws Error that lists the names.
  const DataSet& find(const std::string& name) const;
};

/// Makes them with the loader's plugins. Data files are read when an example of theirs is first asked for.
ExperimentData make_experiment_data(const Experiment& experiment, PluginLoader& loader);

}  // namespace matseq
