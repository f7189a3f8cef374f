#include "distributed/rank_place.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "distributed/network_address.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using Variables = std::map<std::string, std::string>;

RankPlace place_in(const Variables& variables) {
  return find_rank_place([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

void expect_refused(const Variables& variables, const std::string& part) {
  try {
    place_in(variables);
    ADD_FAILURE() << "accepted; not refused with '" << part << "'";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

const Variables of_torchrun = {{"RANK", "5"},         {"WORLD_SIZE", "8"},
                               {"LOCAL_RANK", "1"},   {"LOCAL_WORLD_SIZE", "4"},
                               {"MASTER_ADDR", "n1"}, {"MASTER_PORT", "29500"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

TEST(RankPlace, IsAloneWithoutALauncher) {
  EXPECT_TRUE(place_in({}).alone());
  EXPECT_TRUE(place_in({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).alone());
  // A batch script of a job of several tasks is none of them.
  EXPECT_TRUE(place_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}).alone());
}

TEST(RankPlace, IsWhatTorchrunSays) {
  const RankPlace place = place_in(of_torchrun);
  EXPECT_EQ(place.rank, 5U);
  EXPECT_EQ(place.size, 8U);
  EXPECT_EQ(place.local_rank, 1U);
  EXPECT_EQ(place.local_size, 4U);
  EXPECT_EQ(place.address, "n1");
  EXPECT_EQ(place.port, 29500);
  // That port may be in use by torchrun itself.
  EXPECT_EQ(place_in(with(of_torchrun, "TORCHELASTIC_USE_AGENT_STORE", "True")).port, 29501);
}

TEST(RankPlace, IsThatOfAStepOfSlurm) {
  const Variables step = {{"SLURM_PROCID", "3"},
                          {"SLURM_STEP_NUM_TASKS", "4"},
                          {"SLURM_LOCALID", "1"},
                          {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
                          {"SLURM_STEP_NODELIST", "n[07-08]"},
                          {"SLURM_JOB_ID", "41"},
                          {"SLURM_STEP_ID", "2"}};
  const RankPlace place = place_in(step);
  EXPECT_EQ(place.rank, 3U);
  EXPECT_EQ(place.size, 4U);
  EXPECT_EQ(place.local_rank, 1U);
  EXPECT_EQ(place.local_size, 2U);
  EXPECT_EQ(place.address, "n07");
  EXPECT_GE(place.port, 1024);
  EXPECT_EQ(place_in(with(step, "SLURM_PROCID", "0")).port, place.port);
  EXPECT_NE(place_in(with(step, "SLURM_STEP_ID", "3")).port, place.port);
  EXPECT_EQ(place_in(with(step, "MASTER_ADDR", "10.0.0.1")).address, "10.0.0.1");
  EXPECT_EQ(place_in(with(step, "MASTER_PORT", "1234")).port, 1234);
  // What torchrun says inside of a job counts.
  Variables both = step;
  both.insert(of_torchrun.begin(), of_torchrun.end());
  EXPECT_EQ(place_in(both).size, 8U);
}

TEST(RankPlace, RefusesWhatMakesNoSense) {
  expect_refused(with(of_torchrun, "RANK", "8"), "RANK is '8'; accepted are whole numbers from 0 to 7");
  expect_refused(with(of_torchrun, "RANK", "-1"), "RANK is '-1'");
  expect_refused(with(of_torchrun, "WORLD_SIZE", "two"), "WORLD_SIZE is 'two'");
  expect_refused(with(of_torchrun, "WORLD_SIZE", "0"), "WORLD_SIZE is '0'");
  expect_refused(with(of_torchrun, "LOCAL_RANK", "9"), "LOCAL_RANK is '9'");
  expect_refused(with(of_torchrun, "MASTER_PORT", "70000"), "MASTER_PORT is '70000'");
  expect_refused(with(of_torchrun, "MASTER_ADDR", ""), "MASTER_ADDR is missing");
  expect_refused({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}}, "SLURM_STEP_NODELIST");
}

TEST(RankPlace, TheFirstOfSlurmsMachines) {
  EXPECT_EQ(first_host("n1"), "n1");
  EXPECT_EQ(first_host("n1,n2"), "n1");
  EXPECT_EQ(first_host("n[07-09,11],m1"), "n07");
  EXPECT_EQ(first_host("n[3,5]-ib"), "n3-ib");
  EXPECT_EQ(first_host("rack[1-2]n[4-5],x"), "rack1n4");
  EXPECT_EQ(first_host(""), "");
  EXPECT_EQ(first_host("n[1"), "n1");
}

TEST(NetworkAddress, OfRanksOnOneMachineIsItsOwn) {
  RankPlace place;
  place.size = place.local_size = 2;
  place.address = "127.0.0.1";
  place.port = 9;
  EXPECT_EQ(own_address(place), "127.0.0.1");
  place.address = "no.such.machine.invalid";
  EXPECT_THROW(own_address(place), Error);
}

}  // namespace
}  // namespace matseq
