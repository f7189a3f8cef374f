// Mistakes that are easily made, and what matseq must say of each: what is wrong, where it stands, and what is accepted
// or was probably meant.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr int usage = 2;  ///< the exit status where the command line itself is wrong

/// A mistake. "@" stands for the folder with the files that `write_files` writes.
struct Mistake {
  const char* what;
  std::vector<std::string> arguments;
  std::vector<std::string> said;
  int status = 1;
};

std::string replaced(std::string text, const std::string& old, const std::string& now) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size())) {
    text.replace(at, old.size(), now);
  }
  return text;
}

/// The small experiment with one thing wrong.
std::string experiment(const std::string& old, const std::string& now) {
  EXPECT_NE(small_experiment.find(old), std::string::npos) << old;
  std::string text = small_experiment;
  return text.replace(text.find(old), old.size(), now);
}

class Mistakes : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder();
    write_files();
    const CommandResult trained = run_matseq({"train", path("right.toml"), "--run", path("run")});
    ASSERT_EQ(trained.status, 0) << trained.errors;
    write_wrong_runs();
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static fs::path path(const std::string& name) { return folder_->path() / name; }

  static void write_files() {
    write_file(path("right.toml"), small_experiment);
    write_file(path("table.toml"), experiment("[evaluation]", "[evaluaton]"));
    write_file(path("key.toml"), experiment("epoch_size", "epoch_sise"));
    write_file(path("type.toml"), experiment("max_dimension = 2", "max_dimension = \"two\""));
    write_file(path("negative.toml"), experiment("batch_size = 8", "batch_size = -8"));
    write_file(path("quote.toml"), experiment("\"transpose\"", "\"transpose"));
    write_file(path("bracket.toml"), experiment("[model]", "[model"));
    write_file(path("twice.toml"), experiment("input = ", "output = "));
    write_file(path("component.toml"),
               experiment("plugin = \"transpose\"\nmin_dimension = 2\nmax_dimension = 2",
                          "plugin = \"cotraining\"\ncomponents = [{ plugin = \"transpose\", wieght = 2 }]"));
    write_file(path("empty.toml"), "");
    write_file(path("empty.data"), "");
    write_file(path("no_tab.data"), "V2 V2 + 1 2\n");
    const CommandResult generated = run_matseq({"generate", path("right.toml"), "--count", "2"});
    write_file(path("token.data"), generated.output + replaced(generated.output, "V2", "Q2"));
    fs::create_directories(path("plugins"));
    write_file(path("plugins/matseq_task_mine.so"), "not a library");
    fs::create_directories(path("nothing"));
  }

  static void write_wrong_runs() {
    for (const char* copy : {"old", "weightless", "torn"}) {
      fs::copy(path("run"), path(copy), fs::copy_options::recursive);
    }
    for (const char* state : {"old/state.json", "old/state.previous.json"}) {
      const std::string text = read_file(path(state));
      ASSERT_NE(text.find("\"format\": "), std::string::npos);
      write_file(path(state), replaced(text, "\"format\": ", "\"format\": 9"));
    }
    for (const char* weights : {"model.safetensors", "model.previous.safetensors", "best-valid.accuracy.safetensors"}) {
      fs::remove(path("weightless") / weights);
    }
    // The checkpoint before has the same weights, with which a damaged file would be replaced.
    fs::remove(path("torn/model.previous.safetensors"));
    const std::string weights = read_file(path("torn/model.safetensors"));
    write_file(path("torn/model.safetensors"), weights.substr(0, weights.size() / 2));
  }

  static void expect_said(const std::vector<Mistake>& mistakes) {
    for (const Mistake& mistake : mistakes) {
      SCOPED_TRACE(mistake.what);
      std::vector<std::string> arguments;
      for (const std::string& argument : mistake.arguments) {
        arguments.push_back(replaced(argument, "@", folder_->path().string()));
      }
      const CommandResult result = run_matseq(arguments);
      EXPECT_EQ(result.status, mistake.status) << result.errors;
      EXPECT_TRUE(result.errors.starts_with("matseq: ")) << result.errors;
      for (const std::string& part : mistake.said) {
        const std::string expected = replaced(part, "@", folder_->path().string());
        EXPECT_NE(result.errors.find(expected), std::string::npos)
            << "'" << expected << "' is not in: " << result.errors;
      }
      for (const char* trace : {"frame #", "terminate called", "what():", "filesystem error"}) {
        EXPECT_EQ(result.errors.find(trace), std::string::npos) << result.errors;
      }
    }
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* Mistakes::folder_ = nullptr;

/// Arguments that draw examples of the right experiment with one setting changed.
std::vector<std::string> drawing(const std::string& setting) {
  return {"generate", "@/right.toml", "--count", "1", "--set", setting};
}

/// Arguments that begin a new run of it.
std::vector<std::string> training(const std::string& setting) {
  return {"train", "@/right.toml", "--run", "@/new", "--set", setting};
}

std::vector<std::string> drawing_from(const std::string& file) { return {"generate", file, "--count", "1"}; }

TEST_F(Mistakes, InTheFile) {
  expect_said({
      {"unknown table", drawing_from("@/table.toml"), {"@/table.toml:25: ", "[evaluaton], did you mean 'evaluation'?"}},
      {"unknown key",
       drawing_from("@/key.toml"),
       {"@/key.toml:20: ", "'training.epoch_sise'", "did you mean 'epoch_size'?", "Known keys: "}},
      {"wrong type",
       drawing_from("@/type.toml"),
       {"@/type.toml:4: 'task.max_dimension' must be an integer, found \"two\""}},
      {"negative size",
       drawing_from("@/negative.toml"),
       {"@/negative.toml:19: 'training.batch_size': -8 is out of range, accepted is from 1 to"}},
      {"quote missing", drawing_from("@/quote.toml"), {"@/quote.toml:2:", "is a closing quote missing?"}},
      {"bracket missing", drawing_from("@/bracket.toml"), {"@/bracket.toml:8:", "expected ']'"}},
      {"key given twice", drawing_from("@/twice.toml"), {"@/twice.toml:7:", "redefine existing string 'output'"}},
      {"key of a component",
       drawing_from("@/component.toml"),
       {"@/component.toml:3: ", "'task.components.wieght'", "did you mean 'weight'?"}},
      {"empty file", drawing_from("@/empty.toml"), {"@/empty.toml", "'task.plugin' is missing", "`matseq plugins`"}},
      {"missing file", drawing_from("@/missing.toml"), {"@/missing.toml: cannot be read: No such file"}},
      {"folder instead of a file", drawing_from("@/nothing"), {"@/nothing: this is a folder; accepted is a TOML file"}},
  });
}

TEST_F(Mistakes, InNamesOfPlugins) {
  expect_said({
      {"task",
       drawing("task.plugin=transpos"),
       {"no task plugin 'transpos', did you mean 'transpose'?", "Known: '", "'cotraining'",
        "plugin_path = [\"FOLDER\"]"}},
      {"encoder",
       drawing("encoding.input={plugin=\"positionl\"}"),
       {"no encoder plugin 'positionl', did you mean 'positional'?"}},
      {"encoding's preset",
       drawing("encoding.output=P100"),
       {"--set encoding.output=P100: unknown encoding 'P100', did you mean 'P10'?", "Accepted: 'P10', 'P1000'"}},
      {"optimizer", training("optimizer.plugin=adma"), {"no optimizer plugin 'adma', did you mean 'adam'?"}},
      {"schedule", training("schedule.plugin=cosin"), {"no schedule plugin 'cosin', did you mean 'cosine'?"}},
      {"model", training("model.plugin=transformr"), {"no model plugin 'transformr', did you mean 'transformer'?"}},
      {"plugin of another kind",
       training("optimizer.plugin=cosine"),
       {"no optimizer plugin 'cosine'", "There is a plugin of this name, but it is of kind schedule."}},
      {"to explain", {"plugins", "eigenvalue"}, {"no plugin 'eigenvalue', did you mean 'eigenvalues'?"}},
      {"to check", {"check", "eigenvalue"}, {"no plugin 'eigenvalue', did you mean 'eigenvalues'?", "its file"}},
      {"kind of a new one", {"new", "tsk", "mine"}, {"no kind of plugin 'tsk', did you mean 'task'?"}},
      {"name of a new one", {"new", "task", "My-Task"}, {"'My-Task' cannot be a plugin's name", "lower case letters"}},
      {"path that is not there",
       drawing("plugin_path=[\"@/nowhere\"]"),
       {"plugin_path: there is no folder or library '@/nowhere'"}},
      {"another ABI",
       {"generate", "@/right.toml", "--count", "1", "--set", "task.plugin=trial", "--set",
        "plugin_path=[\"" MATSEQ_TEST_PLUGINS "/wrong_abi\"]"},
       {"wrong_abi/matseq_task_trial.so: it was built for plugin ABI version 999", "rebuild the plugin"}},
      {"no shared library",
       {"generate", "@/right.toml", "--count", "1", "--set", "task.plugin=mine", "--set",
        "plugin_path=[\"@/plugins\"]"},
       {"@/plugins/matseq_task_mine.so: it cannot be loaded: it is not a shared library"}},
  });
}

TEST_F(Mistakes, InValues) {
  expect_said({
      {"parameter of a plugin",
       drawing("task.min_dimensin=2"),
       {"--set task.min_dimensin=2: ", "task 'transpose'", "did you mean 'min_dimension'?"}},
      {"choice", drawing("task.generator=gausian"), {"'gausian' is not accepted, did you mean 'gaussian'?"}},
      {"smallest above largest",
       drawing("task.min_dimension=7"),
       {"--set task.min_dimension=7: ", "'min_dimension' is 7, above 'max_dimension', which is 2"}},
      {"true or false", training("model.fused=maybe"), {"'model.fused' must be true or false, found \"maybe\""}},
      {"negative learning rate",
       training("optimizer.learning_rate=-1"),
       {"--set optimizer.learning_rate=-1: ", "-1 is out of range, accepted is at least 0"}},
      {"dropout above 1", training("model.dropout=1.5"), {"1.5 is out of range, accepted is from 0 to 1"}},
      {"precision",
       training("training.precision=float61"),
       {"'float61' is not accepted, did you mean 'float32'?", "'bfloat16'"}},
      {"device", training("training.device=gpu"), {"'gpu' is not accepted; accepted: 'auto', 'cpu', 'cuda'"}},
      {"device that no machine has", training("training.device=cuda:99"), {"'training.device': 'cuda:99' "}},
      {"norm", training("evaluation.norm=d3"), {"'d3' is not accepted, did you mean 'd1'?", "'max', 'd1', 'd2'"}},
      {"no tolerance", training("evaluation.tolerances=[]"), {"needs at least one tolerance"}},
      {"metric",
       training("training.validation_metrics=[\"valid.acuracy\"]"),
       {"--set training.validation_metrics=", "no metric 'valid.acuracy', did you mean 'valid.accuracy'?"}},
      {"metric of the stopping criterion",
       training("training.stopping_criterion=valid.perfekt,3"),
       {"'training.stopping_criterion'", "no metric 'valid.perfekt', did you mean 'valid.perfect'?"}},
      {"stopping criterion without patience",
       training("training.stopping_criterion=valid.accuracy"),
       {"--set training.stopping_criterion=valid.accuracy: 'training.stopping_criterion'",
        "accepted is \"METRIC,PATIENCE\" such as \"valid.accuracy,30\""}},
      {"override without a value",
       drawing("task.min_dimension"),
       {"--set task.min_dimension: accepted is table.key=value"}},
      {"override without a table", drawing("min_dimension=3"), {"--set min_dimension=3: ", "'min_dimension'"}},
      {"test set named twice",
       drawing("evaluation.sets=[{name=\"a\"}, {name=\"a\"}]"),
       {"the test set name 'a' is taken; names must differ"}},
      {"test set of a wrong parameter",
       drawing("evaluation.sets=[{name=\"a\", task={generater=\"gaussian\"}}]"),
       {"did you mean 'generator'?"}},
  });
}

TEST_F(Mistakes, InWhatDoesNotFitTogether) {
  expect_said({
      {"width and heads",
       training("model.encoder.heads=3"),
       {"model 'transformer': --set model.encoder.heads=3: ", "a width of 16 cannot be shared out to 3 heads"}},
      {"encoding too small for the coefficients",
       {"train", "@/right.toml", "--run", "@/new", "--set", "encoding.output={plugin=\"floating_point\", exponents=2}",
        "--set", "task.max_input_coeff=1000000"},
       {"rejected every time", "the target reached the output encoding's limit of 100"}},
      {"max_len too small",
       training("data.max_len=5"),
       {"rejected every time", "the input had data.max_len = 5 tokens or more"}},
      {"max_output_len too small",
       training("evaluation.max_output_len=5"),
       {"data set 'valid': no target could be decoded", "evaluation.max_output_len = 5", "the shortest", "has 22"}},
      {"dimensions without tokens",
       {"generate", "@/right.toml", "--count", "1", "--set", "task.min_dimension=101", "--set",
        "task.max_dimension=101", "--set", "data.max_len=50000"},
       {"dimension 101", "tokens for 1 to 100", "encoding.max_dimension"}},
      {"too few positions",
       training("model.positions=3"),
       {"'model.positions': 3 are too few for sequences of up to 41 tokens", "lower data.max_len"}},
      {"a test set's dimensions",
       drawing("evaluation.sets=[{name=\"b\", task={min_dimension=9}}]"),
       {"'min_dimension' is 9, above 'max_dimension', which is 2"}},
  });
}

TEST_F(Mistakes, InDataFiles) {
  expect_said({
      {"missing training data",
       training("data.reload_data=@/missing.data"),
       {"--set data.reload_data=@/missing.data: 'data.reload_data': cannot read '@/missing.data'", "No such file"}},
      {"missing test data",
       training("evaluation.data=@/missing.data"),
       {"'evaluation.data': cannot read '@/missing.data'", "No such file"}},
      {"empty data", training("data.reload_data=@/empty.data"), {"@/empty.data: there are no examples in this file"}},
      {"no tab",
       training("data.reload_data=@/no_tab.data"),
       {"@/no_tab.data:1: the line has no TAB; an example is input tokens, one TAB, target tokens"}},
      {"unknown token",
       training("data.reload_data=@/token.data"),
       {"@/token.data:3: the token 'Q2' is not in the vocabulary"}},
  });
}

TEST_F(Mistakes, InRuns) {
  expect_said({
      {"no such run", {"eval", "@/rnu"}, {"@/rnu: there is no such folder"}},
      {"a folder that is no run", {"eval", "@/nothing"}, {"@/nothing: this is no run: it has no config.toml"}},
      {"to continue a folder that is no run", {"train", "@/nothing"}, {"@/nothing/config.toml: cannot be read"}},
      {"another experiment's run",
       {"train", "@/right.toml", "--run", "@/run", "--set", "task.max_dimension=3"},
       {"@/run: this folder holds a run of another experiment", "task.max_dimension differs: 2 in the run, 3",
        "name another folder with --run"}},
      {"a run of another version",
       {"train", "@/old", "--set", "training.max_epoch=3"},
       {"@/old/state", "it has format 92, of another version of matseq; this one reads format 2"}},
      {"no weights", {"eval", "@/weightless"}, {"@/weightless/model.safetensors: it is missing or damaged"}},
      {"damaged weights", {"eval", "@/torn"}, {"@/torn/model.safetensors: it is missing or damaged"}},
      {"best of a metric that is not there",
       {"eval", "@/run", "--checkpoint", "best-valid.acuracy"},
       {"there is no checkpoint 'best-valid.acuracy', did you mean 'best-valid.accuracy'?", "'model.previous'"}},
      {"another model's weights",
       {"eval", "@/run", "--set", "model.encoder.width=32"},
       {"@/run/model.safetensors: its tensor 'encoder.", "has shape (", "the experiment's has ("}},
      {"predictions missing",
       {"analyze", "@/run"},
       {"'@/run' has no predictions.jsonl; `matseq eval @/run --verbose 1` writes it"}},
      {"a file instead of a run's folder",
       {"train", "@/right.toml", "--run", "@/empty.data"},
       {"@/empty.data: cannot be made: this or a folder above it is a file"}},
      {"a folder that cannot be written",
       {"train", "@/right.toml", "--run", "/proc/matseq/run"},
       {"/proc/matseq/run: cannot be made"}},
      {"a checkpoint that is none",
       {"import", "@/right.toml", "-o", "@/imported"},
       {"'@/right.toml' is not a usable zip archive"}},
      {"an export into nowhere",
       {"export", "@/run", "-o", "@/nowhere/run.pth"},
       {"cannot write '@/nowhere/run.pth", "No such file or directory"}},
  });
}

TEST_F(Mistakes, OnTheCommandLine) {
  expect_said({
      {"command", {"trian", "@/right.toml"}, {"there is no command 'trian', did you mean 'train'?"}, usage},
      {"option", {"train", "@/right.toml", "--rnu", "x"}, {"there is no option '--rnu', did you mean '--run'?"}, usage},
      {"argument too many", {"train", "@/right.toml", "more"}, {"not expected: more"}, usage},
      {"argument missing", {"train"}, {"config is required"}, usage},
      {"count", {"generate", "@/right.toml", "--count", "many"}, {"--count", "many"}, usage},
      {"negative count",
       {"schedule", "@/right.toml", "--updates", "-3"},
       {"--updates: Value -3 not in range 0 to 9223372036854775807"},
       usage},
      {"data set",
       {"generate", "@/right.toml", "--count", "1", "--set-name", "vaild"},
       {"there is no data set 'vaild', did you mean 'valid'?", "'train', 'valid'"}},
      {"settings of a table", {"help", "trainin"}, {"no table [trainin], did you mean 'training'?"}},
      {"flag of the reference",
       {"convert-flags", "--operaton eigenvalues"},
       {"no setting '--operaton', did you mean 'operation'?"}},
      {"setting of a check", {"check", "transpose", "--set", "max_dimensoin=3"}, {"did you mean 'max_dimension'?"}},
      {"setting of a check without a value",
       {"check", "transpose", "--set", "max_dimension"},
       {"the setting 'max_dimension' has no value; accepted is key=value"}},
      {"a check of no plugin", {"check", "@/nowhere.so"}, {"plugin @/nowhere.so: there is no such file"}},
  });
}

// What looks odd but is right.
TEST_F(Mistakes, TabsAndAByteOrderMarkAreNone) {
  write_file(path("odd.toml"), "\xef\xbb\xbf" + replaced(replaced(small_experiment, " = ", "\t=\t"), "\n", "\r\n"));
  const CommandResult odd = run_matseq({"generate", path("odd.toml"), "--count", "3"});
  EXPECT_EQ(odd.status, 0) << odd.errors;
  EXPECT_EQ(odd.output, run_matseq({"generate", path("right.toml"), "--count", "3"}).output);
}

}  // namespace
}  // namespace matseq
