// Data files: what is written is read back, what is wrong is refused by line, and the order of training examples is a
// pure function of the seed and the example's number.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "configuration/experiment.h"
#include "data/batch_pipeline.h"
#include "data/data_check.h"
#include "data/experiment_data.h"
#include "data/file_examples.h"
#include "data/streamed_examples.h"
#include "encoders.h"
#include "generate_command.h"
#include "make_task.h"
#include "matseq/error.h"
#include "temporary_folder.h"
#include "tokens/token_text.h"

namespace matseq {
namespace {

class ExampleFileTest : public ::testing::Test {
 protected:
  std::string write(const std::string& content) const {
    write_file(folder_ / "examples.txt", content);
    return folder_ / "examples.txt";
  }
  /// The examples "V1 V1 + LINE E0", TAB, "V1 V1 - LINE E0" for lines 0, 1, ...
  std::string write_numbered(int lines) const {
    std::string text;
    for (int line = 0; line < lines; ++line) {
      const std::string number = " " + std::to_string(line) + " E0";
      text += "V1 V1 +" + number + "\tV1 V1 -" + number + "\n";
    }
    return write(text);
  }
  /// Which of these lines an example is.
  int line_of(const ExampleSource& examples, std::uint64_t number) const {
    SequencePair example;
    examples.get(number, example);
    EXPECT_EQ(example.source.at(3), example.target.at(3));
    return std::stoi(format_.vocabulary->token(example.source.at(3)));
  }
  std::vector<int> lines_of(const ExampleSource& examples, std::uint64_t begin, std::uint64_t count) const {
    std::vector<int> lines;
    for (std::uint64_t number = begin; number < begin + count; ++number) lines.push_back(line_of(examples, number));
    return lines;
  }
  std::string text_of(const ExampleSource& examples, std::uint64_t number) const {
    SequencePair example;
    examples.get(number, example);
    std::string text;
    append_tokens(example.source, *format_.vocabulary, text);
    text += '\t';
    append_tokens(example.target, *format_.vocabulary, text);
    return text;
  }
  void expect_refused(const std::string& content, const std::string& part) const {
    const std::string file = write(content);
    try {
      const FileExamples examples(file, format_, FileExamples::all, std::nullopt);
      FAIL() << "accepted: " << content.substr(0, 100);
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(file)) << message;
      EXPECT_NE(message.find(part), std::string::npos) << message;
      EXPECT_LT(message.size(), 1000U);
    }
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Encoder> p1000_ = testing::encoder("P1000");
  ExampleFormat format_{std::make_shared<Vocabulary>(*p1000_, *p1000_), 10, nullptr};
};

std::set<int> distinct(const std::vector<int>& lines) { return {lines.begin(), lines.end()}; }

TEST_F(ExampleFileTest, ExamplesInTheFilesOrder) {
  const FileExamples examples(write_numbered(900), format_, FileExamples::all, std::nullopt);
  EXPECT_EQ(examples.size(), 900U);
  EXPECT_EQ(text_of(examples, 0), "V1 V1 + 0 E0\tV1 V1 - 0 E0");
  EXPECT_EQ(text_of(examples, 899), "V1 V1 + 899 E0\tV1 V1 - 899 E0");
  EXPECT_THROW(line_of(examples, 900), Error);
  const FileExamples some(write_numbered(9), format_, 4, std::nullopt);
  EXPECT_EQ(some.size(), 4U);
  EXPECT_EQ(line_of(some, 3), 3);
  EXPECT_THROW(line_of(some, 4), Error);
}

TEST_F(ExampleFileTest, ManyBlocksOfExamples) {
  std::string text;
  for (int i = 0; i < 13; ++i) text += read_file(write_numbered(900));
  const FileExamples examples(write(text), format_, FileExamples::all, std::nullopt);
  ASSERT_EQ(examples.size(), 11700U);
  for (int number = 0; number < 11700; ++number) ASSERT_EQ(line_of(examples, number), number % 900);
}

TEST_F(ExampleFileTest, LineEndsAndBlanks) {
  const std::string file = write("V1 V1 + 1 E0\tV1 V1\r\n  V2   V1 \t V3\r\nV4\tV5");
  const FileExamples examples(file, format_, FileExamples::all, std::nullopt);
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(text_of(examples, 0), "V1 V1 + 1 E0\tV1 V1");
  EXPECT_EQ(text_of(examples, 1), "V2 V1\tV3");
  EXPECT_EQ(text_of(examples, 2), "V4\tV5");
  const StreamedExamples streamed(file, format_, 2, 1);
  EXPECT_EQ(text_of(streamed, 2), "V4\tV5");
}

TEST_F(ExampleFileTest, BadLinesAreRefusedByNumber) {
  const std::string good = "V1\tV2\n";
  expect_refused("", "no examples");
  expect_refused("\n", ":1: the line has no TAB");
  expect_refused(good + "\n", ":2: the line has no TAB");
  expect_refused(good + good + "V1 V2\n" + good, ":3: the line has no TAB");
  expect_refused(good + "V1\tV2\tV3\n", ":2: the line has several TABs");
  expect_refused(good + "\tV2\n", ":2: the input has no tokens");
  expect_refused(good + "V1\t \n", ":2: the target has no tokens");
  expect_refused(good + "V1 what V2\tV2\n", ":2: the token 'what' is not in the vocabulary");
  expect_refused(good + "V1 \x1b[31m\tV2\n", ":2: the token '\\x1b[31m' is not in the vocabulary");
  expect_refused(good + std::string("V1\0\tV2\n", 7), ":2: the token 'V1\\x00' is not in the vocabulary");
  expect_refused(good + "V1 <s> V2\tV2\n", ":2: the token '<s>' ends or fills");
  expect_refused(good + "V1\t</s>\n", ":2: the token '</s>' ends or fills");
  expect_refused(good + "V1\rV1\tV2\n", ":2: the token 'V1\\rV1'");
}

TEST_F(ExampleFileTest, SequencesOfMaxLenTokensAreRefused) {
  const std::string nine = "1 2 3 4 5 6 7 8 9";
  const FileExamples examples(write(nine + "\t" + nine), format_, FileExamples::all, std::nullopt);
  EXPECT_EQ(text_of(examples, 0), nine + "\t" + nine);
  expect_refused(nine + " 0\tV1\n", ":1: the input has 10 tokens or more (data.max_len)");
  expect_refused("V1\tV1\nV1\t" + nine + " 0\n", ":2: the target has 10 tokens or more (data.max_len)");
}

// A line is given up once it is longer than any example can be.
TEST_F(ExampleFileTest, EndlessLinesAreRefused) {
  const std::string limit = "longer than " + std::to_string(format_.longest_line()) + " bytes";
  expect_refused("V1\tV2\n" + std::string(100, ' ') + std::string(format_.longest_line(), 'V') + "\n", ":2: the line");
  expect_refused("V1\tV2\n" + std::string(3 << 20, '7'), limit);
  expect_refused("V1\tV2\n" + std::string(3 << 20, ' ') + "\nV1\tV2\n", limit);
  const std::string holes = folder_ / "holes";
  write_file(holes, "V1\tV2\n");
  std::filesystem::resize_file(holes, std::uint64_t{1} << 40U);  // a terabyte of zeros, without space on the disk
  EXPECT_THROW(FileExamples(holes, format_, FileExamples::all, std::nullopt), Error);
}

TEST_F(ExampleFileTest, WhatIsNoFileIsRefused) {
  for (const std::filesystem::path& file : {folder_ / "missing", folder_.path(), std::filesystem::path("/dev/zero")}) {
    try {
      const FileExamples examples(file, format_, FileExamples::all, std::nullopt);
      FAIL() << file;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
    EXPECT_THROW(StreamedExamples(file, format_, 10, 1), Error);
  }
  EXPECT_THROW(StreamedExamples(write(""), format_, 10, 1), Error);
}

TEST_F(ExampleFileTest, EveryPassHasEveryLineOnceInItsOwnOrder) {
  const std::string file = write_numbered(700);
  const FileExamples examples(file, format_, FileExamples::all, 1);
  EXPECT_FALSE(examples.size());
  const std::vector<int> first = lines_of(examples, 0, 700);
  const std::vector<int> second = lines_of(examples, 700, 700);
  const std::vector<int> far = lines_of(examples, 700 * 1'000'000'000ULL, 700);
  for (const auto& pass : {first, second, far}) EXPECT_EQ(distinct(pass).size(), 700U);
  EXPECT_NE(first, second);
  EXPECT_NE(first, far);
  EXPECT_FALSE(std::ranges::is_sorted(first));
  EXPECT_EQ(lines_of(FileExamples(file, format_, FileExamples::all, 1), 0, 700), first);
  EXPECT_NE(lines_of(FileExamples(file, format_, FileExamples::all, 2), 0, 700), first);
  const FileExamples some(file, format_, 20, 1);
  EXPECT_LT(*distinct(lines_of(some, 0, 20)).rbegin(), 20);
  EXPECT_EQ(distinct(lines_of(some, 20, 20)).size(), 20U);
}

TEST_F(ExampleFileTest, StreamingShufflesWithinPieces) {
  const std::string file = write_numbered(103);
  for (const std::uint64_t piece : {1, 7, 10, 50, 102, 103, 104, 1000}) {
    const StreamedExamples examples(file, format_, piece, 1);
    for (const std::uint64_t pass : {0, 1, 5}) {
      for (std::uint64_t begin = 0; begin < 103; begin += piece) {
        const std::uint64_t count = std::min<std::uint64_t>(piece, 103 - begin);
        const std::set<int> lines = distinct(lines_of(examples, pass * 103 + begin, count));
        EXPECT_EQ(lines.size(), count);
        EXPECT_EQ(*lines.begin(), static_cast<int>(begin));
        EXPECT_EQ(*lines.rbegin(), static_cast<int>(begin + count - 1));
      }
    }
    if (piece >= 10) {
      EXPECT_NE(lines_of(examples, 0, 103), lines_of(examples, 103, 103));
    }
  }
  // One piece for all of the file is what reading it into memory gives.
  EXPECT_EQ(lines_of(StreamedExamples(file, format_, 103, 9), 0, 500),
            lines_of(FileExamples(file, format_, FileExamples::all, 9), 0, 500));
}

TEST_F(ExampleFileTest, StreamingIsTheSameFromAnyPlaceAndForManyThreads) {
  const std::string file = write_numbered(200);
  const std::vector<int> whole = lines_of(StreamedExamples(file, format_, 30, 4), 0, 1000);
  for (const std::uint64_t place : {0, 29, 30, 199, 200, 777}) {
    const StreamedExamples examples(file, format_, 30, 4);
    const std::vector<int> expected(whole.begin() + static_cast<std::ptrdiff_t>(place), whole.end());
    EXPECT_EQ(lines_of(examples, place, 1000 - place), expected);
  }
  const StreamedExamples shared(file, format_, 30, 4);
  std::vector<std::vector<int>> found(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t n = i; n < 1000; n += found.size()) found[i].push_back(line_of(shared, n));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t n = 0; n < 1000; ++n) EXPECT_EQ(found[n % 8].at(n / 8), whole[n]);
}

TEST_F(ExampleFileTest, StreamingRefusesABadLineWhenItComesToIt) {
  std::string text = read_file(write_numbered(100));
  text.replace(text.find("V1 V1 + 57"), 2, "no");
  const std::string file = write(text);
  const StreamedExamples examples(file, format_, 10, 1);
  EXPECT_EQ(distinct(lines_of(examples, 0, 50)).size(), 50U);
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      line_of(examples, 50);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), file + ":58: the token 'no' is not in the vocabulary");
    }
  }
  EXPECT_EQ(distinct(lines_of(examples, 60, 40)).size(), 40U);
}

TEST_F(ExampleFileTest, StreamingNoticesThatTheFileWasCutOff) {
  const std::string file = write_numbered(100);
  const StreamedExamples examples(file, format_, 10, 1);
  EXPECT_NO_THROW(line_of(examples, 0));
  std::filesystem::resize_file(file, 100);
  EXPECT_THROW(line_of(examples, 80), Error);
}

/// Resident memory, in bytes.
std::size_t resident() {
  std::ifstream status("/proc/self/statm");
  std::size_t all = 0;
  std::size_t present = 0;
  status >> all >> present;
  return present * 4096;
}

TEST_F(ExampleFileTest, StreamingHoldsAFewPiecesOnly) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizers' own memory is many times the program's";
#endif
  const std::string lines = read_file(write_numbered(900));
  std::string text;
  while (text.size() < (std::size_t{32} << 20U)) text += lines;
  const std::string file = write(text);
  text = {};
  const StreamedExamples examples(file, format_, 900, 1);
  for (std::uint64_t number = 0; number < 1000; ++number) line_of(examples, number);
  const std::size_t before = resident();
  SequencePair example;
  for (std::uint64_t number = 0; number < 600'000; number += 450) examples.get(number, example);
  EXPECT_LT(resident(), before + (std::size_t{8} << 20U));
}

class ExperimentFilesTest : public ::testing::Test {
 protected:
  ExperimentData data_of(const std::string& more) const {
    const std::string text =
        "[task]\nplugin = \"transpose\"\nrectangular = true\nmin_dimension = 1\nmax_dimension = 3\n" + more;
    return make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), folder_.path()), test::plugins());
  }
  std::string generated(const ExperimentData& data, const std::string& set, std::uint64_t count) const {
    GenerateOptions options;
    options.count = count;
    std::ostringstream out;
    generate_examples(data.find(set), *data.vocabulary, "transpose", options, out);
    return out.str();
  }

  TemporaryFolder folder_;
};

TEST_F(ExampleFileTest, TheReferencesNumbersAndAByteOrderMarkSayNothing) {
  const std::string plain = "V1 V1 + 1 E0\tV1 V1 - 1 E0\nV1 V1 + 2 E0\tV1 V1 - 2 E0\n";
  const std::string as_written =
      "\xEF\xBB\xBF"
      "1|V1 V1 + 1 E0\tV1 V1 - 1 E0\r\n20|V1 V1 + 2 E0\tV1 V1 - 2 E0\n";
  const std::string file = write(as_written);
  const FileExamples examples(file, format_, FileExamples::all, std::nullopt);
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(text_of(examples, 0) + "\n" + text_of(examples, 1) + "\n", plain);
  const StreamedExamples streamed(file, format_, 1, 1);
  EXPECT_EQ(text_of(streamed, 0), text_of(examples, 0));
  EXPECT_EQ(text_of(streamed, 1), text_of(examples, 1));
  // Nowhere else.
  expect_refused("V1 V1 + 1 E0\t1|V1 V1 - 1 E0\n", "'1|V1'");
  expect_refused("|V1 V1 + 1 E0\tV1 V1 - 1 E0\n", "'|V1'");
  expect_refused("x1|V1 V1 + 1 E0\tV1 V1 - 1 E0\n", "'x1|V1'");
  expect_refused("123456789012345678901|V1 V1 + 1 E0\tV1 V1 - 1 E0\n", "|V1'");
  expect_refused(plain + "\xEF\xBB\xBF" + plain, "is not in the vocabulary");
}

TEST_F(ExperimentFilesTest, WhatOfAFileIsNotUsedIsSaid) {
  write_file(folder_ / "test.txt", generated(data_of(""), "valid", 60));
  const std::string file = "[evaluation]\ndata = \"test.txt\"\n";
  const std::vector<std::string> remarks = check_data(data_of(file + "size = 7\n"));
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_EQ(remarks[0],
            "'valid': " + (folder_ / "test.txt").string() + ": only the first 7 lines of this file are used");
  EXPECT_TRUE(check_data(data_of(file + "size = 60\n")).empty());
  const ExperimentData all = data_of(file + "size = -1\n");
  EXPECT_TRUE(check_data(all).empty());
  EXPECT_EQ(all.find("valid").examples->size(), 60U);
  EXPECT_THROW(data_of("[evaluation]\nsize = -1\n"), Error);
  EXPECT_THROW(data_of(file + "size = -1\nsets = [{ name = \"more\" }]\n"), Error);
  EXPECT_THROW(data_of(file + "size = 0\n"), Error);
}

TEST_F(ExperimentFilesTest, GeneratedExamplesAreReadBack) {
  const std::string text = generated(data_of(""), "valid", 600);
  write_file(folder_ / "test.txt", text);
  const ExperimentData data = data_of("[evaluation]\ndata = \"test.txt\"\nsize = 1000\n");
  EXPECT_EQ(data.find("valid").examples->size(), 600U);
  EXPECT_TRUE(generated(data, "valid", 600) == text);
  EXPECT_EQ(generated(data, "train", 10), generated(data_of(""), "train", 10));
  EXPECT_THROW(generated(data, "valid", 601), Error);
  EXPECT_EQ(data_of("[evaluation]\ndata = \"test.txt\"\nsize = 7\n").find("valid").examples->size(), 7U);
}

TEST_F(ExperimentFilesTest, FilesOfTheReferenceAreReadAsTheyAre) {
  const auto read_back = [&](const std::string& name, const std::string& task) {
    const std::string file = std::string(MATSEQ_TEST_DATA) + "/golden/models/" + name;
    const std::string text = "[task]\n" + task + "\n[evaluation]\ndata = \"" + file + "\"\n";
    const ExperimentData data =
        make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), "/"), test::plugins());
    const std::uint64_t count = data.find("valid").examples->size().value();
    EXPECT_GT(count, 100U);
    EXPECT_TRUE(generated(data, "valid", count) == read_file(file)) << name;
  };
  read_back("trained_eigenvalues.data", "plugin = \"eigenvalues\"");
  read_back("trained_cotraining.data", "plugin = \"cotraining\"\ncotraining_tasks = \"TADMEFI\"");
}

TEST_F(ExperimentFilesTest, TrainingExamplesAreShuffledBySeed) {
  const std::string text = generated(data_of(""), "train", 64);
  write_file(folder_ / "train.txt", text);
  const auto sorted = [](const std::string& examples) {
    std::multiset<std::string> lines;
    std::istringstream stream(examples);
    for (std::string line; std::getline(stream, line);) lines.insert(line);
    return lines;
  };
  const std::string file = "[data]\nreload_data = \"train.txt\"\n";
  const std::string one = generated(data_of(file), "train", 64);
  EXPECT_NE(one, text);
  EXPECT_EQ(sorted(one), sorted(text));
  const std::string two = generated(data_of(file + "seed = 2\n"), "train", 64);
  EXPECT_NE(one, two);
  EXPECT_EQ(sorted(two), sorted(text));
  const std::string streamed = generated(data_of(file + "batch_load = true\nreload_size = 20\n"), "train", 64);
  EXPECT_EQ(sorted(streamed), sorted(text));
  const std::string some = generated(data_of(file + "reload_size = 20\n"), "train", 20);
  EXPECT_EQ(sorted(some), sorted(generated(data_of(""), "train", 20)));
}

TEST_F(ExperimentFilesTest, TestExamplesMustBeMatrices) {
  write_file(folder_ / "test.txt", "V1 V1 + 1 E0\tV1 V1 + 1 E0\nV1 V1 +\tV1 V1 + 1 E0\n");
  const ExperimentData data = data_of("[evaluation]\ndata = \"test.txt\"\n");
  try {
    check_data(data);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              (folder_ / "test.txt").string() + ":2: the input is not a matrix in the experiment's input encoding");
  }
}

TEST_F(ExperimentFilesTest, FilesAreOpenedWhenTheyAreNeeded) {
  const ExperimentData data = data_of("[data]\nreload_data = \"missing.txt\"\n");
  SequencePair example;
  EXPECT_NO_THROW(data.find("valid").examples->get(0, example));
  EXPECT_THROW(check_data(data), Error);
  EXPECT_THROW(data.training.examples->get(0, example), Error);
}

TEST_F(ExperimentFilesTest, SettingsThatContradictEachOther) {
  EXPECT_THROW(data_of("[data]\nbatch_load = true\n"), Error);
  EXPECT_THROW(data_of("[data]\nbatch_load = true\nreload_size = 5\n"), Error);
  EXPECT_THROW(data_of("[data]\nbatch_load = true\nreload_data = \"train.txt\"\n"), Error);
  EXPECT_THROW(data_of("[data]\nreload_size = 0\nreload_data = \"train.txt\"\n"), Error);
}

TEST_F(ExperimentFilesTest, BatchesAreTheSameForAnyNumberOfWorkers) {
  write_file(folder_ / "train.txt", generated(data_of(""), "train", 100));
  const ExperimentData data =
      data_of("[data]\nreload_data = \"train.txt\"\nbatch_load = true\nreload_size = 30\nmax_len = 100\n");
  const auto tokens_with = [&](std::size_t workers) {
    PipelineOptions options;
    options.plan = consecutive_batches(5, 405, 16);
    options.workers = workers;
    BatchPipeline batches(data.training.examples, options);
    std::vector<std::int64_t> tokens;
    while (const HostBatch* batch = batches.next()) {
      const PaddedSequences& source = batch->source();
      tokens.insert(tokens.end(), source.tokens.get(), source.tokens.get() + source.sequences * source.length);
    }
    return tokens;
  };
  const std::vector<std::int64_t> alone = tokens_with(0);
  EXPECT_FALSE(alone.empty());
  EXPECT_EQ(tokens_with(1), alone);
  EXPECT_EQ(tokens_with(6), alone);
}

}  // namespace
}  // namespace matseq
