#include "run/saved_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "matseq/error.h"

namespace matseq {
namespace {

SavedState example() {
  SavedState state;
  state.training.update = 50;
  state.training.epoch = 2;
  state.training.update_in_epoch = 10;
  state.training.loss_sum = 0.1 + 0.2;
  state.training.loss_count = 3;
  state.training.best = {{"valid.accuracy", 1.0 / 3}};
  state.records = {120, "events.out.tfevents.0.matseq", 77};
  state.data = 12345;
  state.model = "00000001";
  state.optimizer = "00000002";
  return state;
}

std::string refusal(const std::string& text) {
  try {
    saved_state_from_text(text, "state.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(SavedState, ComesBackToTheBit) {
  const std::string text = to_text(example());
  const SavedState read = saved_state_from_text(text, "state.json");
  EXPECT_EQ(to_text(read), text);
  EXPECT_EQ(read.training.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(read.training.best, example().training.best);
  EXPECT_EQ(read.records, example().records);
  EXPECT_EQ(read.data, 12345U);
}

TEST(SavedState, EveryChangedByteIsNoticed) {
  const std::string text = to_text(example());
  for (std::size_t place = 0; place < text.size(); ++place) {
    std::string damaged = text;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    if (!refusal(damaged).empty()) continue;
    // The last digit of a long number need not matter.
    EXPECT_EQ(to_text(saved_state_from_text(damaged, "state.json")), text) << place << ": " << text[place];
  }
  EXPECT_NE(refusal(text.substr(0, text.size() / 2)).find("state.json"), std::string::npos);
  EXPECT_NE(refusal(""), "");
}

TEST(SavedState, CountersThatNoTrainingComesToAreRefused) {
  const auto refused = [](const std::string& counter, const std::function<void(TrainingState&)>& change) {
    SavedState state = example();
    change(state.training);
    const std::string message = refusal(to_text(state));
    EXPECT_NE(message.find("'" + counter + "'"), std::string::npos) << counter << ": " << message;
  };
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_EQ(refusal(to_text(example())), "");
  refused("update", [](TrainingState& state) { state.update = -1; });
  refused("update", [](TrainingState& state) { state.update = huge; });
  refused("epoch", [](TrainingState& state) { state.epoch = huge; });
  refused("epoch", [](TrainingState& state) { state.epoch = 41; });
  refused("epoch", [](TrainingState& state) { state.epoch = -1; });
  refused("epoch", [](TrainingState& state) { state.epoch = 0; });
  refused("update_in_epoch", [](TrainingState& state) { state.update_in_epoch = 51; });
  refused("update_in_epoch", [](TrainingState& state) { state.update_in_epoch = -1; });
  refused("loss_count", [](TrainingState& state) { state.loss_count = -1; });
  refused("loss_count", [](TrainingState& state) { state.loss_count = 51; });
  refused("loss_sum", [](TrainingState& state) { state.loss_sum = std::nan(""); });
  refused("skipped", [](TrainingState& state) { state.skipped = -1; });
  refused("loss_scale", [](TrainingState& state) { state.loss_scale = 0; });
  refused("scale_growth", [](TrainingState& state) { state.scale_growth = huge; });
  refused("epochs_without_improvement", [](TrainingState& state) { state.epochs_without_improvement = 3; });
}

// The event file is shortened: it must not be another folder's.
TEST(SavedState, EventFilesLieInTheFolder) {
  for (const char* name : {"../events.out.tfevents.1", "events.out.tfevents./../../x", "model.safetensors"}) {
    SavedState state = example();
    state.records.events = name;
    EXPECT_NE(refusal(to_text(state)).find("no event file"), std::string::npos) << name;
  }
}

TEST(SavedState, OtherVersionsAreNamedAsSuch) {
  EXPECT_NE(refusal(R"({"format": 1, "update": 3})").find("another version"), std::string::npos);
}

}  // namespace
}  // namespace matseq
