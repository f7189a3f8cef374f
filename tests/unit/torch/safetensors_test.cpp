#include "run/tensors/safetensors.h"

#include <gtest/gtest.h>

#include <random>
#include <span>
#include <string>

#include "matseq/error.h"
#include "python.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<NamedTensor> tensors_of_all_types() {
  torch::manual_seed(1);
  return {{"half", torch::randn({3, 5}).to(torch::kFloat16)},
          {"brain", torch::randn({7}).to(torch::kBFloat16)},
          {"single", torch::randn({2, 3, 4})},
          {"double", torch::randn({3}, torch::kFloat64)},
          {"long", torch::tensor({std::int64_t{-1}, std::int64_t{1} << 40})},
          {"int", torch::tensor({1, -2}, torch::kInt32)},
          {"byte", torch::tensor({255}, torch::kUInt8)},
          {"bool", torch::tensor({true, false, true})},
          {"scalar", torch::tensor(2.5)},
          {"empty", torch::zeros({0, 3})},
          {"transposed", torch::randn({4, 3}).t()}};
}

std::string file_of(const std::vector<NamedTensor>& tensors, const std::map<std::string, std::string>& metadata) {
  const TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", tensors, metadata);
  return read_file(folder / "x.safetensors");
}

/// A file with this header and `content` bytes after it.
std::string file_with_header(const std::string& header, std::size_t content) {
  std::string file(8, '\0');
  for (std::size_t place = 0; place < 8; ++place) file[place] = static_cast<char>(header.size() >> (8 * place) & 0xFF);
  return file + header + std::string(content, '\0');
}

std::string reason(const std::string& file) {
  try {
    read_safetensors(bytes_of(file), "x.safetensors");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Safetensors, RoundTripKeepsEverything) {
  const TemporaryFolder folder;
  const auto tensors = tensors_of_all_types();
  write_safetensors(folder / "x.safetensors", tensors, {{"update", "12"}, {"quote", "\"\n"}});
  const SafetensorsFile read = read_safetensors(folder / "x.safetensors");
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const NamedTensor& named : tensors) {
    EXPECT_EQ(read.at(named.name).scalar_type(), named.tensor.scalar_type()) << named.name;
    EXPECT_TRUE(torch::equal(read.at(named.name), named.tensor)) << named.name;
  }
  EXPECT_EQ(read.metadata.at("quote"), "\"\n");
  EXPECT_EQ(read_safetensors_metadata(folder / "x.safetensors").at("update"), "12");
  EXPECT_THROW(read.at("missing"), Error);
}

TEST(Safetensors, HeaderIsAligned) {
  for (const std::string& name : {std::string("a"), std::string("ab"), std::string("abcde")}) {
    const std::string file = file_of({{name, torch::ones({2})}}, {});
    EXPECT_EQ(static_cast<unsigned char>(file[0]) % 8, 0);
    EXPECT_EQ(file[8], '{');
  }
}

TEST(Safetensors, EqualContentsGiveEqualFiles) {
  auto tensors = tensors_of_all_types();
  const std::string first = file_of(tensors, {{"a", "b"}});
  std::ranges::reverse(tensors);
  EXPECT_EQ(first, file_of(tensors, {{"a", "b"}}));
}

TEST(Safetensors, RefusesWhatItCannotWrite) {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  EXPECT_THROW(write_safetensors(path, {{"a", torch::ones({1})}, {"a", torch::ones({1})}}), Error);
  EXPECT_THROW(write_safetensors(path, {{"a", torch::ones({1}, torch::kComplexFloat)}}), Error);
  EXPECT_THROW(write_safetensors(path, {{"__metadata__", torch::ones({1})}}), Error);
  EXPECT_THROW(write_safetensors(path, {{"\xff", torch::ones({1})}}), Error);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Safetensors, RefusesHostileHeaders) {
  const auto refused = [](const std::string& header, std::size_t content) {
    const std::string why = reason(file_with_header(header, content));
    EXPECT_NE(why.find("x.safetensors"), std::string::npos) << header;
  };
  EXPECT_EQ(reason(file_with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8)), "");
  refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8);
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4);
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 12);
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8);
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8);
  refused(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8);
  refused(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8);
  refused(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8);
  refused(R"({"a":{"dtype":"F32","shape":[4611686018427387905,1],"data_offsets":[0,4]}})", 4);  // 4 x it overflows
  refused(R"({"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})", 0);
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
          R"("b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
          8);
  refused(R"({"__metadata__":{"a":1}})", 0);
  refused(R"(["a"])", 0);
  refused("{", 0);
  refused(std::string(100000, '['), 0);
  EXPECT_NE(reason("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), "");
  EXPECT_NE(reason("short"), "");
}

TEST(Safetensors, MutatedFilesGiveErrorsOnly) {
  const std::string original = file_of(tensors_of_all_types(), {{"a", "b"}});
  std::mt19937_64 random(7);
  int refused = 0;
  for (int round = 0; round < 10000; ++round) {
    std::string file = original;
    for (std::size_t change = 1 + random() % 3; change > 0; --change) {
      file[random() % file.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) file.resize(random() % file.size());
    refused += reason(file).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);
}

TEST(Safetensors, EveryChangedBitIsNoticed) {
  const std::string original = file_of(tensors_of_all_types(), {{"a", "b"}});
  const std::string key = "crc32c";
  const std::size_t without_effect = original.find(key);  // without checksum the file is what it is
  for (std::size_t place = 0; place < original.size(); ++place) {
    if (place >= without_effect && place < without_effect + key.size()) continue;
    if (original[place] == ' ') continue;  // which fills the header up
    std::string file = original;
    file[place] = static_cast<char>(file[place] ^ 4);
    EXPECT_NE(reason(file), "") << place;
  }
}

TEST(Safetensors, TheChecksumIsOfEverything) {
  const TemporaryFolder folder;
  const auto written = [&](double value, const std::string& name, const std::string& update) {
    return write_safetensors(folder / "x", {{name, torch::full({2}, value)}}, {{"update", update}});
  };
  const std::string checksum = written(1, "a", "1");
  EXPECT_EQ(checksum.size(), 8U);
  EXPECT_EQ(safetensors_checksum(read_safetensors_metadata(folder / "x")), checksum);
  EXPECT_EQ(written(1, "a", "1"), checksum);
  EXPECT_NE(written(2, "a", "1"), checksum);
  EXPECT_NE(written(1, "b", "1"), checksum);
  EXPECT_NE(written(1, "a", "2"), checksum);
}

TEST(Safetensors, PythonReadsAndWritesTheSame) {
  const auto python = find_python({"safetensors", "torch"});
  if (!python) GTEST_SKIP() << "no Python with safetensors and torch";
  const TemporaryFolder folder;
  const auto tensors = tensors_of_all_types();
  write_safetensors(folder / "ours.safetensors", tensors, {{"update", "12"}});
  write_file(folder / "check_file.py",
             "import safetensors.torch as s, safetensors\n"
             "folder = '" +
                 folder.path().string() +
                 "/'\n"
                 "with safetensors.safe_open(folder + 'ours.safetensors', 'pt') as f:\n"
                 "    assert f.metadata()['update'] == '12', f.metadata()\n"
                 "tensors = s.load_file(folder + 'ours.safetensors')\n"
                 "s.save_file(tensors, folder + 'theirs.safetensors', {'update': '12'})\n");
  ASSERT_TRUE(run_python(*python, folder / "check_file.py").has_value());
  const SafetensorsFile theirs = read_safetensors(folder / "theirs.safetensors");
  ASSERT_EQ(theirs.tensors.size(), tensors.size());
  for (const NamedTensor& named : tensors) {
    EXPECT_EQ(theirs.at(named.name).scalar_type(), named.tensor.scalar_type()) << named.name;
    EXPECT_TRUE(torch::equal(theirs.at(named.name), named.tensor)) << named.name;
  }
}

}  // namespace
}  // namespace matseq
