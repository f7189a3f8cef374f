// Plugins that break their interface's contract, or throw, are named with what they did.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "matseq/error.h"
#include "matseq/measures.h"
#include "plugins/plugin_loader.h"
#include "tokens/sequence_codec.h"

namespace matseq {
namespace {

/// A way to be wrong, and what must be said of it.
struct Fault {
  const char* name;
  std::vector<const char*> said;
};

ParameterTable table_of(const std::string& fault) {
  ParameterTable table;
  table.where = "test.toml:1";
  table.set("fault", fault);
  return table;
}

PluginLoader& loader() {
  const std::filesystem::path folder(MATSEQ_TEST_PLUGINS);
  static PluginLoader plugins({folder / "wrong_task", folder / "wrong_encoder", folder / "wrong_schedule"});
  return plugins;
}

/// Runs `action`, which must end in an Error of one line that says all this.
template <typename Action>
void expect_said(const Fault& fault, const std::string& title, const Action& action) {
  SCOPED_TRACE(fault.name);
  try {
    action();
    ADD_FAILURE() << "nothing was said";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_NE(message.find(title), std::string::npos) << message;
    for (const char* part : fault.said) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

constexpr const char* task_file = "matseq_task_wrong.so";
constexpr const char* encoder_file = "matseq_encoder_wrong.so";
constexpr const char* schedule_file = "matseq_schedule_wrong.so";

std::unique_ptr<Task> make_task(const std::string& fault) { return loader().make_task("wrong", table_of(fault)); }

TEST(PluginContracts, ATaskIsHeldToItsOwnWhenItIsMade) {
  const std::vector<Fault> faults = {{"constructor_throws", {task_file, "constructor", ": no fuel"}},
                                     {"codes_throw", {task_file, "codes()", "no fuel"}},
                                     {"code_twice", {task_file, "'X' twice"}},
                                     {"code_with_blank", {task_file, "'Y Z'"}}};
  for (const Fault& fault : faults) expect_said(fault, "task 'wrong'", [&] { make_task(fault.name); });
}

TEST(PluginContracts, ATracesFramesAreNotShown) {
  try {
    make_task("constructor_throws");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).ends_with(": no fuel")) << error.what();
  }
}

TEST(PluginContracts, DrawsOfATask) {
  const std::vector<Fault> faults = {{"draw_throws", {task_file, "draw()", "no fuel"}},
                                     {"draw_throws_number", {task_file, "draw()", "not a std::exception"}},
                                     {"draw_throws_error", {"task 'wrong': fill it up"}},
                                     {"draw_needs_memory", {task_file, "draw()", "out of memory"}},
                                     {"no_input", {task_file, "input of 0 x 3"}},
                                     {"target_moved_away", {task_file, "target of 2 x 2 with 0 entries"}},
                                     {"too_large", {task_file, "target of 4294967296 x 4294967296"}},
                                     {"code_without_codes", {task_file, "code 0"}},
                                     {"code_too_large", {task_file, "code 2", "0 to 1"}},
                                     {"no_code", {task_file, "code -1", "0 to 1"}}};
  for (const Fault& fault : faults) {
    const auto task = make_task(fault.name);
    RandomStream random(1, 0);
    Example example;
    expect_said(fault, "task 'wrong'", [&] { task->draw(random, example); });
  }
  for (const char* right : {"", "right_codes"}) {
    RandomStream random(1, 0);
    Example example;
    EXPECT_TRUE(make_task(right)->draw(random, example));
  }
}

TEST(PluginContracts, ScoresAndCategoriesOfATask) {
  const Matrix matrix(2, 2);
  const Example truth{matrix, matrix, Example::no_code};
  const std::vector<Fault> scores = {{"score_throws_number", {task_file, "score()", "not a std::exception"}},
                                     {"share_of_7", {task_file, "share of 7", "0 to 1"}},
                                     {"share_not_a_number", {task_file, "share of nan"}},
                                     {"negative_error", {task_file, "d1 = -1"}},
                                     {"error_not_a_number", {task_file, "max = nan"}}};
  for (const Fault& fault : scores) {
    const auto task = make_task(fault.name);
    expect_said(fault, "task 'wrong'", [&] { task->score(truth, matrix, 0.01); });
  }
  EXPECT_FALSE(make_task("invalid_score")->score(truth, matrix, 0.01).valid);
  EXPECT_TRUE(std::isinf(make_task("infinite_error")->score(truth, matrix, 0.01).d2));

  const std::vector<Fault> categories = {{"no_category", {task_file, "category of 0 bytes"}},
                                         {"unprintable_category", {task_file, "category of 2 bytes"}},
                                         {"category_throws", {task_file, "category()", "no fuel"}}};
  for (const Fault& fault : categories) {
    const auto task = make_task(fault.name);
    expect_said(fault, "task 'wrong'", [&] { task->category(truth); });
  }
}

TEST(PluginContracts, AnswersOfATask) {
  const Fault faults[] = {{"answer_throws", {task_file, "answer()", "no fuel"}},
                          {"answer_without_rows", {task_file, "answers a target of 0 x 2 with 0 entries"}}};
  Example example{Matrix(2, 2), Matrix(2, 2)};
  for (const Fault& fault : faults) {
    const auto task = make_task(fault.name);
    expect_said(fault, "task 'wrong'", [&] { task->answer(example); });
  }
  EXPECT_TRUE(make_task("none")->answer(example));
  EXPECT_FALSE(make_task("no_answer")->answer(example));
  for (const Fault& fault : {Fault{"unfamiliar_throws", {"unfamiliar()"}},
                             Fault{"too_many_differences", {"101 differences", "at most 100"}}}) {
    const auto task = make_task(fault.name);
    expect_said(fault, "task 'wrong'", [&] { task->unfamiliar(example); });
  }
  EXPECT_EQ(make_task("none")->unfamiliar(example), std::vector<std::string>{"it is odd"});
}

TEST(PluginContracts, MeasuresOfATask) {
  const Matrix matrix(2, 2);
  const Example truth{matrix, matrix, Example::no_code};
  const std::vector<Fault> faults = {{"measures_throw", {task_file, "measures()", "no fuel"}},
                                     {"deviations_throw", {task_file, "deviations()", "not a std::exception"}},
                                     {"deviations_missing", {task_file, "0 deviations of 1 properties"}},
                                     {"deviation_negative", {task_file, "-1 from 'weight'"}}};
  for (const Fault& fault : faults) {
    const auto task = make_task(fault.name);
    expect_said(fault, "task 'wrong'", [&] { task->measures()->deviations(truth, matrix); });
  }
  EXPECT_EQ(make_task("deviation_none")->measures()->deviations(truth, matrix), std::vector<double>{0});
  EXPECT_EQ(make_task("")->measures(), nullptr);
}

std::shared_ptr<const Encoder> make_encoder(const std::string& fault) {
  return loader().make_encoder("wrong", table_of(fault));
}

TEST(PluginContracts, AnEncoderIsHeldToItsOwnWhenItIsMade) {
  const std::vector<Fault> faults = {{"no_tokens", {encoder_file, "0 tokens"}},
                                     {"empty_token", {encoder_file, "''"}},
                                     {"token_with_blank", {encoder_file, "'c d'"}},
                                     {"token_twice", {encoder_file, "'a' twice"}},
                                     {"boundary_token", {encoder_file, "'<s>'"}},
                                     {"tokens_throw", {encoder_file, "tokens()", "no fuel"}},
                                     {"limit_not_a_number", {encoder_file, "limit() of nan"}},
                                     {"negative_limit", {encoder_file, "limit() of -1"}},
                                     {"longest_0", {encoder_file, "longest() of 0"}},
                                     {"longest_absurd", {encoder_file, "longest() of 1099511627776"}},
                                     {"longest_too_small", {encoder_file, "2 tokens for 1 numbers", "longest() = 1"}},
                                     {"encode_throws", {encoder_file, "encode()", "no fuel"}},
                                     {"returns_nothing", {encoder_file, "tokens for 1 numbers"}},
                                     {"returns_beginning", {encoder_file, "0 tokens for 1 numbers"}},
                                     {"token_77", {encoder_file, "token 77", "0 to 2"}},
                                     {"token_-1", {encoder_file, "token -1", "0 to 2"}},
                                     {"writes_behind", {encoder_file, "further than the 2 tokens"}},
                                     {"thousands_too_many", {encoder_file, "4002 tokens for 1 numbers"}},
                                     {"decode_throws", {encoder_file, "decode()", "not a std::exception"}},
                                     {"reads_nothing", {encoder_file, "0 tokens out of 2"}},
                                     {"reads_too_much", {encoder_file, "3 tokens out of 2"}}};
  for (const Fault& fault : faults) expect_said(fault, "encoder 'wrong'", [&] { make_encoder(fault.name); });
}

TEST(PluginContracts, EncodersAreCheckedWheneverTheyWrite) {
  const std::vector<Fault> faults = {{"seldom_token_77", {encoder_file, "token 77", "0 to 2"}},
                                     {"seldom_throws", {encoder_file, "encode()", "not a std::exception"}},
                                     {"seldom_too_long", {encoder_file, "106 tokens for 3 numbers"}}};
  for (const Fault& fault : faults) {
    const auto encoder = make_encoder(fault.name);
    std::vector<Token> out(6);
    out.reserve(200);
    const std::array<double, 3> often = {1, 2, 3};
    EXPECT_EQ(encoder->encode(often, out.data()), out.data() + 6);
    EXPECT_EQ(out, std::vector<Token>({0, 1, 0, 1, 0, 1}));
    const std::array<double, 3> seldom = {1, 0.5, 3};
    expect_said(fault, "encoder 'wrong'", [&] { encoder->encode(seldom, out.data()); });
  }
}

TEST(PluginContracts, SequencesOfAWrongEncoderAreNotWritten) {
  const auto encoder = make_encoder("seldom_token_77");
  const SequenceCodec codec(encoder, Vocabulary(*encoder, *encoder));
  Matrix matrix(1, 2);
  std::vector<TokenId> tokens;
  codec.encode(matrix, Example::no_code, tokens);
  EXPECT_EQ(tokens.size(), 6U);
  matrix(0, 1) = 0.5;
  EXPECT_THROW(codec.encode(matrix, Example::no_code, tokens), Error);
}

TEST(PluginContracts, RatesOfASchedule) {
  const std::vector<Fault> faults = {{"throws", {schedule_file, "rate()", "no fuel"}},
                                     {"not_a_number", {schedule_file, "update 5", "nan"}},
                                     {"infinite", {schedule_file, "update 5", "inf"}},
                                     {"negative", {schedule_file, "update 5", "-0.25"}}};
  for (const Fault& fault : faults) {
    const auto schedule = loader().make_schedule("wrong", table_of(fault.name));
    EXPECT_EQ(schedule->rate(4, 0.25), 0.25);
    expect_said(fault, "schedule 'wrong'", [&] { schedule->rate(5, 0.25); });
  }
  EXPECT_EQ(loader().make_schedule("wrong", table_of("none"))->rate(5, 0.25), 0);
}

TEST(PluginContracts, AComponentOfCotrainingIsChecked) {
  ParameterTable component = table_of("no_input");
  component.set("plugin", std::string("wrong"));
  ParameterTable table;
  table.set("components", std::vector<ParameterTable>{component});
  const std::filesystem::path folder(MATSEQ_TEST_PLUGINS);
  PluginLoader plugins({folder / "wrong_task", MATSEQ_PLUGIN_DIR});
  const auto task = plugins.make_task("cotraining", table);
  RandomStream random(1, 0);
  Example example;
  const Fault fault = {"component", {task_file, "'cotraining'", "input of 0 x 3"}};
  expect_said(fault, "task 'wrong'", [&] { task->draw(random, example); });
}

}  // namespace
}  // namespace matseq
