// Device and precision of an experiment are held against the machine before anything is computed.
#include "device/device.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "configuration/toml_document.h"
#include "matseq/error.h"

namespace matseq {
namespace {

Experiment experiment(const std::string& training) {
  return read_experiment(parse_toml("[task]\nplugin = \"transpose\"\n[training]\n" + training, "test.toml", {}), "/");
}

std::string refusal(const std::string& training) {
  try {
    computation_to_train(experiment(training));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Device, EveryDeviceCanDoFloat32) {
  EXPECT_TRUE(can_compute(torch::kCPU, torch::kFloat32));
  const Computation chosen = computation_to_train(experiment("device = \"cpu\"\n"));
  EXPECT_TRUE(chosen.device.is_cpu());
  EXPECT_EQ(chosen.precision, torch::kFloat32);
}

TEST(Device, WhatIsNotHereIsRefusedByFileAndKey) {
  for (const char* name : {"gpu", "cuda0", "CPU", ""}) {
    const std::string message = refusal("device = \"" + std::string(name) + "\"\n");
    EXPECT_EQ(message.find("test.toml:4: 'training.device'"), 0U) << message;
    EXPECT_NE(message.find("accepted: 'auto', 'cpu', 'cuda', 'cuda:N'"), std::string::npos) << message;
  }
  // No machine has these.
  for (const char* name : {"cuda:127", "cuda:300", "cuda:99999999999999999999", "cuda:-1", "cuda:x", "cuda:"}) {
    const std::string message = refusal("device = \"" + std::string(name) + "\"\n");
    EXPECT_EQ(message.find("test.toml:4: 'training.device'"), 0U) << message;
    EXPECT_NE(message.find("is not here"), std::string::npos) << message;
  }
}

// Whether this LibTorch has float16 on a CPU or not: what is said to work does.
TEST(Device, APrecisionThatTheDeviceCannotIsRefusedInTrainingAndReplacedInEvaluation) {
  for (const std::string name : {"float16", "bfloat16"}) {
    const Experiment wanted = experiment("device = \"cpu\"\nprecision = \"" + name + "\"\n");
    const torch::ScalarType precision = choose_precision(name);
    const std::string message = refusal("device = \"cpu\"\nprecision = \"" + name + "\"\n");
    std::string warning;
    const Computation evaluated = computation_to_evaluate(wanted, warning);
    if (can_compute(torch::kCPU, precision)) {
      EXPECT_EQ(message, "");
      EXPECT_EQ(warning, "");
      EXPECT_EQ(evaluated.precision, precision);
    } else {
      EXPECT_EQ(message.find("test.toml:5: 'training.precision'"), 0U) << message;
      EXPECT_NE(message.find("write \"float32\""), std::string::npos) << message;
      EXPECT_NE(warning.find("evaluating in float32"), std::string::npos) << warning;
      EXPECT_EQ(evaluated.precision, torch::kFloat32);
    }
  }
}

}  // namespace
}  // namespace matseq
