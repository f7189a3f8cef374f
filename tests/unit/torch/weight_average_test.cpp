// The averaged weights of a training, and a model that has them for a while.
#include "training/weight_average.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "make_model.h"
#include "run/tensors/model_tensors.h"

namespace matseq {
namespace {

std::unique_ptr<Model> make() {
  test::ParameterEntries entries = {{"sinusoidal_embeddings", true}};  // tables that are not trained
  for (const std::string stack : {"encoder", "decoder"}) {
    entries.emplace_back(stack + ".layers", std::int64_t{1});
    entries.emplace_back(stack + ".width", std::int64_t{4});
    entries.emplace_back(stack + ".heads", std::int64_t{2});
  }
  return test::make_transformer({.vocabulary_size = 12, .longest_source = 8, .longest_target = 8}, entries);
}

void set_all(Model& model, double value) {
  const torch::NoGradGuard no_gradients;
  for (const NamedTensor& parameter : trained_parameters(model)) parameter.tensor.fill_(value);
}

double first_of(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor.tensor.flatten()[0].item<double>();
  }
  return std::nan("");
}

constexpr const char* trained = "encoder.embeddings.weight";
constexpr const char* frozen = "encoder.position_embeddings.weight";

TEST(WeightAverage, CountsAnUpdateByHowLongAgoItWas) {
  const auto model = make();
  WeightAverage average(*model, 0.75);
  TrainingState state;
  double sum = 0, counts = 0;
  for (const double value : {8.0, -4.0, 2.0, 16.0, 1.0}) {
    set_all(*model, value);
    ++state.update;
    average.on_update({state, 100});
    sum = 0.75 * sum + value;
    counts = 0.75 * counts + 1;
    EXPECT_NEAR(first_of(average.tensors(), trained), sum / counts, 1e-5) << state.update;
  }
}

TEST(WeightAverage, HasTheModelsNamesAndItsFrozenTables) {
  const auto model = make();
  WeightAverage average(*model, 0.9);
  const auto names = [](const std::vector<NamedTensor>& tensors) {
    std::set<std::string> all;
    for (const NamedTensor& tensor : tensors) all.insert(tensor.name);
    return all;
  };
  EXPECT_EQ(names(average.tensors()), names(model_tensors(*model)));
  EXPECT_EQ(average.tensors().size(), model_tensors(*model).size());
  EXPECT_EQ(first_of(average.tensors(), frozen), first_of(model_tensors(*model), frozen));
}

TEST(WeightAverage, IsInUseForAWhileAndChangesNothing) {
  const auto model = make();
  WeightAverage average(*model, 0.5);
  TrainingState state;
  for (const double value : {3.0, 6.0}) {
    set_all(*model, value);
    ++state.update;
    average.on_update({state, 100});
  }
  const auto of_model = [&](const char* name) { return first_of(model_tensors(*model), name); };
  const double table = of_model(frozen);
  {
    const WeightAverage::InUse averaged(average);
    EXPECT_NEAR(of_model(trained), 5, 1e-6);
    EXPECT_EQ(of_model(frozen), table);
  }
  EXPECT_EQ(of_model(trained), 6);
  EXPECT_NEAR(first_of(average.tensors(), trained), 5, 1e-6);
}

TEST(WeightAverage, ItsMetricsAreTold) {
  EXPECT_EQ(averaged_set("valid"), "valid.ema");
  EXPECT_TRUE(is_of_average("valid.ema.accuracy"));
  EXPECT_TRUE(is_of_average("valid.median.ema.within.d1.0.05"));
  EXPECT_FALSE(is_of_average("valid.accuracy"));
  EXPECT_FALSE(is_of_average("ema.accuracy"));  // a set that somebody calls so
}

}  // namespace
}  // namespace matseq
