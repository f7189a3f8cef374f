#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "distributed/local_ranks.h"
#include "own_executable.h"
#include "threads/stop_signals.h"
#include "train_arguments.h"

namespace matseq {
namespace {

struct LaunchArguments {
  TrainArguments train;
  std::size_t ranks = 1;
  std::int64_t restarts = 0;
};

std::vector<std::string> command_of(const TrainArguments& train) {
  std::vector<std::string> command = {own_executable(), "train", train.config, "--run", train.folder().string()};
  for (const std::string& setting : train.experiment.overrides) command.insert(command.end(), {"--set", setting});
  if (train.experiment.trust_plugins) command.emplace_back("--trust-plugins");
  return command;
}

void launch(const LaunchArguments& arguments) {
  await_stop_signals();
  arguments.train.experiment.read(arguments.train.file());  // what is wrong with it is said once, not by every rank
  LocalRanks ranks;
  ranks.command = command_of(arguments.train);
  ranks.count = arguments.ranks;
  ranks.restarts = arguments.restarts;
  const HeedStopSignals heed;
  const int status = run_local_ranks(ranks, [](const std::string& line) {
    std::cerr << line << '\n' << std::flush;
    notice_broken_pipe();
  });
  if (status != 0) throw CLI::RuntimeError(status);
}

}  // namespace

void add_launch_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "launch",
      "Trains with several processes (ranks) of this machine, which change no bit of what is learned. On several\n"
      "machines, torchrun or SLURM's srun start `matseq train`.");
  command->footer("Example: matseq launch -n 4 configs/quickstart.toml --run runs/four --restarts 3");
  const auto arguments = std::make_shared<LaunchArguments>();
  arguments->train.add_to(*command);
  command->add_option("-n,--ranks", arguments->ranks, "how many: a power of two, at most 'training.micro_batches'")
      ->required()
      ->check(CLI::Range(1, 4096));
  command
      ->add_option("--restarts", arguments->restarts,
                   "how often all are started again from the last checkpoint when one has failed (default: 0)")
      ->check(CLI::Range(0, 1'000'000));
  command->callback([arguments] { launch(*arguments); });
}

}  // namespace matseq
