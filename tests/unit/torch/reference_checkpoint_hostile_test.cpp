// Files that are damaged, hostile or something else: an Error that says so, never a crash or a runaway allocation.
#include <gtest/gtest.h>

#include <random>
#include <span>
#include <string>
#include <string_view>

#include "matseq/error.h"
#include "reference/tensors/reference_checkpoint.h"
#include "reference/zip_archive.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

ReferenceCheckpoint small_checkpoint() {
  ReferenceCheckpoint checkpoint;
  const torch::Tensor tied = torch::arange(6, torch::kFloat32).reshape({3, 2});
  checkpoint.encoder = {{"embeddings.weight", torch::ones({2, 2})}, {"mask", torch::tensor({true, false})}};
  checkpoint.decoder = {
      {"embeddings.weight", tied}, {"proj.weight", tied}, {"half", torch::ones({3}, torch::kFloat16)}};
  checkpoint.params = {
      {"operation", "transpose"}, {"lr", 0.5}, {"none", nullptr}, {"list", {1, -70000, 5'000'000'000}}};
  checkpoint.best_metrics = {{"valid_acc", 12.5}};
  checkpoint.best_stopping_criterion = 12.5;
  checkpoint.epoch = 3;
  checkpoint.optimizer = to_reference_optimizer({"encoder.embeddings.weight"},
                                                {{"encoder.embeddings.weight/step", torch::tensor(std::int64_t{7})},
                                                 {"encoder.embeddings.weight/exp_avg", torch::ones({2, 2})}},
                                                {{"lr", 0.1}, {"betas", {0.9, 0.999}}});
  checkpoint.scaler = {{"scale", 65536.0}};
  return checkpoint;
}

/// A checkpoint file without checksums, so that what the reader makes of damaged content is tested too.
std::string small_file() {
  const TemporaryFolder folder;
  write_reference_checkpoint(folder / "small.pth", small_checkpoint());
  std::string file = read_file(folder / "small.pth");
  constexpr std::size_t checksum_place = 16;
  for (std::size_t entry = file.find("PK\x01\x02"); entry != std::string::npos;
       entry = file.find("PK\x01\x02", entry + 1)) {
    file.replace(entry + checksum_place, 4, "\0\0\0\0"s);
  }
  return file;
}

/// A file with this pickle and one storage "0" of four floats.
std::string file_with_pickle(const std::string& pickle) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "made.pth");
  writer.add("made/data.pkl", pickle);
  writer.add("made/data/0", std::string(16, '\0'));
  writer.commit();
  return read_file(folder / "made.pth");
}

std::string text(const std::string& value) {
  std::string instruction = "X";
  instruction += std::string{static_cast<char>(value.size()), 0, 0, 0};
  instruction += value;
  return instruction;
}

/// A pickled checkpoint whose encoder and params are these instructions.
std::string pickled(const std::string& encoder, const std::string& params = "}") {
  return "\x80\x02}("s + text("encoder") + encoder + text("decoder") + "}"s + text("params") + params + "u.";
}

/// Instructions for a dict with one tensor.
std::string one_tensor(const std::string& elements, const std::string& offset, const std::string& sizes,
                       const std::string& strides) {
  return "}"s + text("t") + "ctorch._utils\n_rebuild_tensor_v2\n(("s + text("storage") + "ctorch\nFloatStorage\n"s +
         text("0") + text("cpu") + elements + "tQ"s + offset + sizes + strides + "\x89"s + "}tR"s + "s";
}

std::string reason(const std::string& file) {
  try {
    read_reference_checkpoint(bytes_of(file), "test.pth");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& file, const std::string& part) {
  const std::string why = reason(file);
  EXPECT_NE(why.find(part), std::string::npos) << why;
  EXPECT_NE(why.find("test.pth"), std::string::npos) << why;
}

TEST(HostileCheckpoint, SmallFileIsReadBack) {
  const ReferenceCheckpoint expected = small_checkpoint();
  const std::string file = small_file();
  const ReferenceCheckpoint checkpoint = read_reference_checkpoint(bytes_of(file), "small.pth");
  EXPECT_EQ(checkpoint.params, expected.params);
  EXPECT_EQ(checkpoint.best_metrics, expected.best_metrics);
  EXPECT_EQ(checkpoint.best_stopping_criterion, 12.5);
  EXPECT_EQ(checkpoint.epoch, 3);
  EXPECT_EQ(*checkpoint.scaler, *expected.scaler);
  ASSERT_EQ(checkpoint.encoder.size(), 2U);
  EXPECT_TRUE(torch::equal(checkpoint.encoder[1].tensor, expected.encoder[1].tensor));
  EXPECT_EQ(checkpoint.optimizer->groups, expected.optimizer->groups);
  EXPECT_EQ(checkpoint.optimizer->state.at(0)[0].tensor.item<std::int64_t>(), 7);
}

TEST(HostileCheckpoint, RefusesToCallAnything) {
  expect_refused(file_with_pickle("\x80\x02"
                                  "cos\nsystem\n"s +
                                  text("echo hello") + "\x85R."),
                 "'os.system'");
  expect_refused(file_with_pickle("\x80\x04"s + "\x8c\x08"s + "builtins"s + "\x8c\x04"s + "eval"s + "\x93"s + "."),
                 "'builtins.eval'");
  expect_refused(file_with_pickle(pickled("}", "cargparse\nArgumentParser\n)R")), "'argparse.ArgumentParser'");
}

TEST(HostileCheckpoint, NamesWhatIsWrongWithAFile) {
  const std::string file = small_file();
  expect_refused("", "too short");
  expect_refused("this is a text, not a checkpoint at all, but long enough", "no directory");
  expect_refused(file.substr(0, file.size() / 2), "truncated");
  expect_refused(file.substr(0, file.size() - 1), "truncated");
  expect_refused(file_with_pickle("\x80\x02}."), "no 'encoder'");
  expect_refused(file_with_pickle("\x80\x02]."), "a list instead of a dict");
  expect_refused(file_with_pickle("\x80\x02K"), "ends too early");
  expect_refused(file_with_pickle("\x80\x00."s), "protocol");
}

TEST(HostileCheckpoint, NoticesDamagedTensors) {
  const TemporaryFolder folder;
  write_reference_checkpoint(folder / "small.pth", small_checkpoint());
  std::string file = read_file(folder / "small.pth");
  const std::size_t content = file.find(std::string("\0\0\x80\x3f\0\0\x80\x3f", 8));
  ASSERT_NE(content, std::string::npos);
  file[content] = 1;
  expect_refused(file, "checksum");
}

TEST(HostileCheckpoint, ReadsATensorThatLiesInItsStorage) {
  const std::string file = file_with_pickle(pickled(one_tensor("K\4", "K\1", "K\3\x85", "K\1\x85")));
  EXPECT_EQ(reason(file), "");
}

TEST(HostileCheckpoint, RefusesTensorsOutsideTheirStorage) {
  const std::string most = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
  const std::string four = "K\4";
  const auto refused = [](const std::string& tensor) {
    expect_refused(file_with_pickle(pickled(tensor)), "beyond its storage");
  };
  refused(one_tensor(four, "K\1", "K\4\x85", "K\1\x85"));
  refused(one_tensor(four, "K\5", "K\1\x85", "K\1\x85"));
  refused(one_tensor(four, "J\xff\xff\xff\xff", "K\1\x85", "K\1\x85"));  // offset -1
  refused(one_tensor(four, "K\0"s, "K\2\x85", "K\4\x85"));
  refused(one_tensor(four, "K\0"s, "K\2\x85", "J\xff\xff\xff\xff\x85"));  // stride -1
  refused(one_tensor(four, "K\0"s, most + "\x85", "K\0\x85"s));           // stretched without memory behind it
  refused(one_tensor(four, "K\0"s, most + most + "\x86", most + most + "\x86"));
  refused(one_tensor(four, most, "K\4\x85", "K\1\x85"));
  refused(one_tensor(four, "K\0"s, "K\4\x85", ")"));
  expect_refused(file_with_pickle(pickled(one_tensor(most, "K\0"s, "K\4\x85", "K\1\x85"))), "should hold");
  expect_refused(file_with_pickle(pickled(one_tensor("K\3", "K\0"s, "K\3\x85", "K\1\x85"))), "should hold");
}

TEST(HostileCheckpoint, RefusesSettingsThatContainThemselves) {
  expect_refused(file_with_pickle(pickled("}", "}q\x01"s + text("a") + "h\x01s")), "nested too deeply");
}

TEST(HostileCheckpoint, RefusesSettingsThatMultiply) {
  // Ten times in each other: 10^12 values from some hundred bytes.
  std::string nested = "]q\x01"s + text("lol") + "a";
  for (int level = 0; level < 12; ++level) {
    nested = nested + "0]("s + "h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01"s + "eq\x01";
  }
  expect_refused(file_with_pickle(pickled("}", "}"s + text("a") + nested + "s")), "too large");
}

TEST(HostileCheckpoint, RefusesCopiesOfCopies) {
  // One long list of pairs, given to OrderedDict again and again.
  std::string pickle =
      "\x80\x02NN\x86q\x01"
      "0](";
  for (int pair = 0; pair < 20000; ++pair) pickle += "h\x01";
  pickle +=
      "e\x85q\x02"
      "0";
  for (int call = 0; call < 20000; ++call) pickle += "ccollections\nOrderedDict\nh\x02R0";
  expect_refused(file_with_pickle(pickle + "N."), "copies more");
}

TEST(HostileCheckpoint, SurvivesDeepNesting) {
  expect_refused(file_with_pickle("\x80\x02"s + std::string(1'000'000, ']') + "."), "middle of a value");
  std::string nested = "\x80\x02]";
  for (int depth = 0; depth < 200000; ++depth) nested += "\x85";
  expect_refused(file_with_pickle(nested + "."), "instead of a dict");
}

TEST(HostileCheckpoint, ReadsNumPyNumbersAndNamespaces) {
  const std::string type = "cnumpy\ndtype\n"s + text("f8") + "\x89\x88\x87R(K\3"s + text("<") +
                           "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"s;
  const std::string encoded = "c_codecs\nencode\n"s + text("\0\0\0\0\0\0\xc3\xb8?"s) + text("latin1") + "\x86R";
  const std::string scalar = "cnumpy.core.multiarray\nscalar\n"s + type + encoded + "\x86R";
  const std::string space = "cargparse\nNamespace\n)\x81}"s + text("score") + scalar + "sb";
  const std::string file = file_with_pickle(pickled("}", space));
  EXPECT_EQ(read_reference_checkpoint(bytes_of(file), "x").params["score"], 1.5);
}

TEST(HostileCheckpoint, MutatedFilesGiveErrorsOnly) {
  const std::string original = small_file();
  std::mt19937_64 random(20240531);
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string file = original;
    for (std::size_t change = 1 + below(4); change > 0; --change) {
      switch (below(5)) {
        case 0:
          file.resize(below(file.size()) + 1);
          break;
        case 1:
          file.insert(below(file.size()), 1 + below(8), static_cast<char>(random()));
          break;
        case 2:
          file.replace(below(file.size()), 4, "\xff\xff\xff\x7f");
          break;
        default:
          file[below(file.size())] = static_cast<char>(random());
      }
    }
    accepted += reason(file).empty() ? 1 : 0;
  }
  // Bytes of tensors and padding may change unnoticed, since this file has no checksums.
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 20000);
}

TEST(HostileCheckpoint, MutatedPicklesGiveErrorsOnly) {
  const std::string file = small_file();
  const ReferenceCheckpoint whole = read_reference_checkpoint(bytes_of(file), "x");
  const std::size_t begin = file.find("\x80\x02}(");
  const std::size_t end = file.find("PK\x03\x04", begin);
  ASSERT_LT(begin, end);
  std::mt19937_64 random(20240601);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string changed = file;
    for (std::size_t change = 1 + random() % 3; change > 0; --change) {
      changed[begin + random() % (end - begin)] = static_cast<char>(random());
    }
    refused += reason(changed).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace matseq
