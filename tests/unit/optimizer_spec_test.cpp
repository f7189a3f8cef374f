#include "reference/optimizer_spec.h"

#include <gtest/gtest.h>

#include "matseq/error.h"

namespace matseq {
namespace {

OptimizerSpec parse(const std::string& spec) { return parse_optimizer_spec(spec, "test.toml:3"); }

std::string message_of(const std::string& spec) {
  try {
    parse(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

void expect_complaint(const std::string& spec, std::initializer_list<std::string> parts) {
  const std::string message = message_of(spec);
  for (const std::string& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << spec << ": " << message;
  }
}

double real(const ParameterTable& table, const std::string& key) {
  return std::get<double>(table.entries.at(key).value);
}

TEST(OptimizerSpec, SplitsNamesAndParameters) {
  const OptimizerSpec spec = parse("adam_cosine,warmup_updates=10000,lr=0.0001,min_lr=1e-5,beta2=0.98");
  EXPECT_EQ(spec.optimizer, "adam");
  EXPECT_EQ(spec.schedule, "cosine");
  EXPECT_EQ(spec.optimizer_table.entries.size(), 2U);
  EXPECT_EQ(real(spec.optimizer_table, "learning_rate"), 0.0001);
  EXPECT_EQ(real(spec.optimizer_table, "beta2"), 0.98);
  EXPECT_EQ(spec.schedule_table.entries.size(), 2U);
  EXPECT_EQ(std::get<std::int64_t>(spec.schedule_table.entries.at("warmup_updates").value), 10000);
  EXPECT_EQ(real(spec.schedule_table, "min_lr"), 1e-5);
  EXPECT_EQ(spec.schedule_table.where, "test.toml:3");
  EXPECT_EQ(spec.schedule_table.entries.at("min_lr").where, "test.toml:3");
}

TEST(OptimizerSpec, NamesAlone) {
  EXPECT_EQ(parse("adam_smooth_cosine").schedule, "smooth_cosine");
  EXPECT_EQ(parse("adam_inverse_sqrt").schedule, "inverse_sqrt");
  EXPECT_EQ(parse("rmsprop").optimizer, "rmsprop");
  EXPECT_EQ(parse("rmsprop").schedule, "constant");
  EXPECT_EQ(parse("muon_warmup").optimizer, "muon");
}

TEST(OptimizerSpec, AdamsDefaultRateIsThatOfTheReferencesSpecs) {
  EXPECT_EQ(real(parse("adam_warmup").optimizer_table, "learning_rate"), 1e-3);
  EXPECT_TRUE(parse("adadelta").optimizer_table.entries.empty());
}

TEST(OptimizerSpec, ReadsNumbersInAnyForm) {
  const OptimizerSpec spec = parse("adam_cosine, warmup_updates = 1e4, init_period=4000000, lr=+.5");
  EXPECT_EQ(std::get<std::int64_t>(spec.schedule_table.entries.at("warmup_updates").value), 10000);
  EXPECT_EQ(real(spec.schedule_table, "init_period"), 4e6);
  EXPECT_EQ(real(spec.optimizer_table, "learning_rate"), 0.5);
  EXPECT_TRUE(
      std::get<bool>(parse("sgd,lr=1,momentum=0.9,nesterov=True").optimizer_table.entries.at("nesterov").value));
}

TEST(OptimizerSpec, ErrorsSayWhatIsAccepted) {
  expect_complaint("adam_cosin", {"test.toml:3", "unknown name 'adam_cosin'", "'adam_cosine'", "'rprop'"});
  expect_complaint("", {"unknown name ''"});
  expect_complaint("_cosine", {"unknown name '_cosine'"});
  expect_complaint("adam_warmup,warmup_update=3", {"unknown key 'warmup_update'", "'warmup_updates'", "'lr'"});
  expect_complaint("adam,warmup_updates=3", {"unknown key 'warmup_updates'", "'beta1'"});
  expect_complaint("adam_warmup,warmup_updates=2.5", {"'warmup_updates' must be an integer, found '2.5'"});
  expect_complaint("adam_warmup,warmup_updates=1e300", {"'warmup_updates' must be an integer"});
  for (const char* value : {"", "fast", "1e-4x", "nan", "inf", "1e999", "--1", "+-1"}) {
    expect_complaint(std::string("adam,lr=") + value, {"'lr' must be a number, found '" + std::string(value) + "'"});
  }
  expect_complaint("adam,lr", {"'lr' is no key=value"});
  expect_complaint("adam,", {"'' is no key=value"});
  expect_complaint("adam,lr=1,lr=2", {"'lr' is given twice"});
  expect_complaint("sgd,nesterov=maybe", {"'nesterov' must be true or false"});
}

}  // namespace
}  // namespace matseq
