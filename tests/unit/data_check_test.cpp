// What is thrown away is counted by reason and class, the same for any number of workers, and said; a class that never
// survives and targets that cannot be decoded are errors.
#include "data/data_check.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "data/batch_pipeline.h"
#include "make_task.h"
#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

/// Transposes matrices of 2 x 2 to 3 x 3, unless `task` says otherwise.
ExperimentData data_of(const std::string& more, const std::string& task = "min_dimension = 2\nmax_dimension = 3\n",
                       const std::string& encoding = "") {
  const std::string text = "[task]\nplugin = \"transpose\"\nrectangular = true\n" + task + encoding + more;
  return make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), "/"), test::plugins());
}

const std::string fp15 = "[encoding]\ninput = \"FP15\"\noutput = \"FP15\"\n";
const std::string fp15_input = "[encoding]\ninput = \"FP15\"\noutput = \"P1000\"\n";
const std::string single = "min_dimension = 1\nmax_dimension = 1\n";

void expect_error(const ExperimentData& data, const std::vector<std::string>& parts) {
  try {
    check_data(data);
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const std::string& part : parts) EXPECT_NE(message.find(part), message.npos) << part << " in: " << message;
    EXPECT_LT(message.size(), 600U);
  }
}

void expect_remark(const std::vector<std::string>& remarks, const std::vector<std::string>& parts) {
  for (const std::string& remark : remarks) {
    bool all = true;
    for (const std::string& part : parts) all = all && remark.find(part) != remark.npos;
    if (all) return;
  }
  std::string text;
  for (const std::string& remark : remarks) text += "\n" + remark;
  FAIL() << "no remark has '" << parts.at(0) << "' and the rest; there are:" << text;
}

/// What a pipeline counts over examples 0 to `end`.
ExampleCounts counted(const DataSet& set, std::uint64_t end, std::size_t workers, std::size_t batch_size = 16) {
  PipelineOptions options;
  options.plan = consecutive_batches(0, end, batch_size);
  options.workers = workers;
  BatchPipeline batches(set.examples, options);
  ExampleCounts counts;
  while (const HostBatch* batch = batches.next()) counts.add(batch->counts());
  return counts;
}

TEST(DataCheck, NothingToSayOfGoodData) {
  EXPECT_TRUE(check_data(data_of("")).empty());
  const ExampleCounts counts = counted(data_of("").training, 320, 2);
  EXPECT_EQ(counts.examples, 320U);
  EXPECT_EQ(counts.rejections(), 0U);
  EXPECT_EQ(counts.sources_out_of_range, 0U);
}

TEST(DataCheck, AClassThatNeverSurvivesIsAnError) {
  expect_error(data_of("[data]\nmax_len = 24\n"),
               {"'train'", "the class '3-3'", "data.max_len = 24", "the shortest had 29"});
  // A class of which a few survive is none.
  EXPECT_NO_THROW(check_data(data_of("[data]\nmax_len = 30\n")));
}

TEST(DataCheck, LossesAboveOnePercentAreSaid) {
  // Half of the numbers reach the limit.
  const ExperimentData data = data_of("", "max_input_coeff = 2000000000\n" + single, fp15);
  expect_remark(check_data(data), {"'train'", "% of", "output encoding's limit of 1000000000", "class 1-1", "smaller"});
  expect_remark(check_data(data), {"'valid'", "output encoding's limit"});
  const ExampleCounts counts = counted(data.training, 1000, 0);
  EXPECT_EQ(counts.examples, 1000U);
  EXPECT_EQ(counts.rejections(), counts.rejections(Rejection::beyond_limit));
  EXPECT_EQ(counts.rejected.at("1-1")[static_cast<std::size_t>(Rejection::beyond_limit)], counts.rejections());
  EXPECT_NEAR(static_cast<double>(counts.rejections()), 1000, 150);  // one in two draws is kept
}

TEST(DataCheck, InputsOutsideTheEncodingsRangeAreSaid) {
  const ExperimentData data = data_of("", "max_input_coeff = 1000000000000\n" + single, fp15_input);
  expect_remark(check_data(data), {"'train'", "100% of 256 examples have inputs of 1000000000 or more"});
  const ExampleCounts counts = counted(data.training, 2000, 2);
  EXPECT_EQ(counts.rejections(), 0U);
  EXPECT_GT(counts.sources_out_of_range, 1980U);
  EXPECT_LT(counts.sources_out_of_range, 2000U);
}

TEST(DataCheck, TargetsLongerThanHypothesesAreSaid) {
  // Targets of 2 x 2 to 3 x 3 numbers of three tokens.
  expect_error(data_of("[evaluation]\nmax_output_len = 5\n"), {"'valid'", "max_output_len = 5", "has 14"});
  expect_remark(check_data(data_of("[evaluation]\nmax_output_len = 20\n")),
                {"'valid'", "evaluation.max_output_len = 20", "% of 256 targets"});
  EXPECT_TRUE(check_data(data_of("[evaluation]\nmax_output_len = 29\n")).empty());
}

TEST(DataCheck, TargetsOfATestFileAreLookedAtToo) {
  const TemporaryFolder folder;
  write_file(folder / "test.txt", "V1 V1 + 1 E0\tV1 V1 + 1 E0\nV1 V1 + 1 E0\tV1 V2 + 1 E0 + 1 E0\n");
  const std::string file = "[evaluation]\ndata = \"" + (folder / "test.txt").string() + "\"\n";
  expect_remark(check_data(data_of(file + "max_output_len = 5\n")), {"'valid'", "50% of 2 targets"});
  expect_error(data_of(file + "max_output_len = 4\n"), {"'valid'", "has 5"});
}

TEST(DataCheck, CountsDoNotDependOnWorkersOrPieces) {
  const ExperimentData data = data_of("[data]\nmax_len = 24\n");
  const ExampleCounts alone = counted(data.training, 1000, 0);
  EXPECT_GT(alone.rejected.at("3-3")[static_cast<std::size_t>(Rejection::source_too_long)], 200U);
  EXPECT_EQ(alone.rejected.size(), 1U);
  EXPECT_EQ(counted(data.training, 1000, 1), alone);
  EXPECT_EQ(counted(data.training, 1000, 5, 7), alone);
  EXPECT_NE(counted(data.find("valid"), 1000, 0), alone);
}

TEST(DataCheck, CountsAreReadBack) {
  ExampleCounts counts = counted(data_of("[data]\nmax_len = 24\n").training, 300, 0);
  counts.targets_not_decodable = 7;
  counts.sources_out_of_range = 3;
  counts.reject("", Rejection::not_finite);
  const nlohmann::json json = nlohmann::json::parse(to_json(counts).dump());
  EXPECT_EQ(example_counts_from_json(json), counts);
  EXPECT_EQ(json["rejected"], counts.rejections());
  EXPECT_EQ(json["classes"]["3-3"].size(), 1U);
}

/// Two components, "good" and "bad", of which the second refuses whatever it draws; a class that only it has would not
/// be an error in a task without components.
class Components : public Task {
 public:
  explicit Components(bool with_codes) : with_codes_(with_codes) {}

  bool draw(RandomStream& random, Example& example) const override {
    example.source.resize(1, random.unit() < 0.5 ? 1 : 2);
    example.source(0, 0) = 1;
    example.target = Matrix(1, 1);
    if (with_codes_) example.code = example.source.columns() == 1 ? 0 : 1;
    return example.source.columns() == 1;
  }
  Score score(const Example& /*truth*/, const Matrix& /*hypothesis*/, double /*coeff_tolerance*/) const override {
    return {};
  }
  std::vector<std::string> codes() const override {
    return with_codes_ ? std::vector<std::string>{"T", "A"} : std::vector<std::string>{};
  }

 private:
  bool with_codes_;
};

/// The data of `task` in the place of a training set.
ExperimentData data_with(std::shared_ptr<const Task> task) {
  ExperimentData data = data_of("");
  const std::vector<std::string> codes = task->codes();
  const std::shared_ptr<const Encoder> encoder = test::plugins().make_encoder("positional", {});
  const auto codec = std::make_shared<SequenceCodec>(encoder, *data.vocabulary, codes);
  data.training.examples = std::make_shared<GeneratedExamples>(Curriculum(task), codec, codec, 1, "train", data.limits);
  data.training.task = std::move(task);
  return data;
}

TEST(DataCheck, AComponentThatNeverSurvivesIsAnError) {
  expect_error(data_with(std::make_shared<Components>(true)),
               {"'train'", "the class '1-2'", "the task itself refused"});
  // Without components it is the task's own affair, which is said.
  expect_remark(check_data(data_with(std::make_shared<Components>(false))),
                {"'train'", "the task itself refused them, class 1-2"});
}

/// Refuses everything.
class Nothing : public Task {
 public:
  bool draw(RandomStream& /*random*/, Example& /*example*/) const override { return false; }
  Score score(const Example& /*truth*/, const Matrix& /*hypothesis*/, double /*coeff_tolerance*/) const override {
    return {};
  }
};

TEST(DataCheck, NothingToDrawIsAnError) {
  expect_error(data_with(std::make_shared<Nothing>()),
               {"example 0 of 'train' was drawn 10000 times", "the task itself refused them (10000)"});
}

}  // namespace
}  // namespace matseq
