#include "distributed/rank_place.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr std::size_t most_ranks = 1 << 20;
constexpr std::size_t most_ports = 65535;

std::string text_of(const EnvironmentVariable& variable, const char* name) {
  const char* value = variable(name);
  return value == nullptr ? "" : value;
}

std::size_t number_of(const EnvironmentVariable& variable, const char* name, std::size_t least, std::size_t most) {
  const std::string text = text_of(variable, name);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    throw Error(fmt::format("the environment variable {} is '{}'; accepted are whole numbers from {} to {}{}", name,
                            printable(text), least, most, text.empty() ? ", and a launcher sets it" : ""));
  }
  return number;
}

/// The number that the text begins with, "12" of "12(x3),7"; 1 where it begins with none.
std::size_t first_number(const EnvironmentVariable& variable, const char* name) {
  const std::string text = text_of(variable, name);
  std::size_t number = 1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_set(const EnvironmentVariable& variable, const char* name) { return variable(name) != nullptr; }

RankPlace place_of_launcher(const EnvironmentVariable& variable) {
  RankPlace place;
  place.size = number_of(variable, "WORLD_SIZE", 1, most_ranks);
  place.rank = number_of(variable, "RANK", 0, place.size - 1);
  if (is_set(variable, "LOCAL_WORLD_SIZE")) {
    place.local_size = number_of(variable, "LOCAL_WORLD_SIZE", 1, place.size);
  }
  if (is_set(variable, "LOCAL_RANK")) place.local_rank = number_of(variable, "LOCAL_RANK", 0, place.size - 1);
  if (place.alone()) return place;
  place.address = text_of(variable, "MASTER_ADDR");
  if (place.address.empty()) {
    throw Error("the environment variable MASTER_ADDR is missing: where the ranks meet, which a launcher sets");
  }
  place.port = static_cast<std::uint16_t>(number_of(variable, "MASTER_PORT", 1, most_ports - 1));
  // There torchrun itself waits, in the language of its own version.
  if (text_of(variable, "TORCHELASTIC_USE_AGENT_STORE") == "True") ++place.port;
  return place;
}

/// A batch script has the job's variables, but only what `srun` starts is one of several tasks.
RankPlace place_of_slurm(const EnvironmentVariable& variable) {
  constexpr std::size_t first_port = 15000, ports = 15000;  // below those that systems give out
  RankPlace place;
  place.size = number_of(variable, "SLURM_STEP_NUM_TASKS", 1, most_ranks);
  if (place.alone()) return place;
  place.rank = number_of(variable, "SLURM_PROCID", 0, place.size - 1);
  if (is_set(variable, "SLURM_LOCALID")) place.local_rank = number_of(variable, "SLURM_LOCALID", 0, place.size - 1);
  place.local_size = first_number(variable, "SLURM_STEP_TASKS_PER_NODE");
  place.address = text_of(variable, "MASTER_ADDR");
  if (place.address.empty()) place.address = first_host(text_of(variable, "SLURM_STEP_NODELIST"));
  if (place.address.empty()) {
    throw Error("neither the environment variable SLURM_STEP_NODELIST nor MASTER_ADDR says where the ranks meet");
  }
  if (is_set(variable, "MASTER_PORT")) {
    place.port = static_cast<std::uint16_t>(number_of(variable, "MASTER_PORT", 1, most_ports));
  } else {  // all tasks come to the same one, other steps to another
    const std::size_t step = first_number(variable, "SLURM_JOB_ID") * 16 + first_number(variable, "SLURM_STEP_ID");
    place.port = static_cast<std::uint16_t>(first_port + step % ports);
  }
  return place;
}

}  // namespace

RankPlace find_rank_place(const EnvironmentVariable& variable) {
  if (is_set(variable, "RANK") && is_set(variable, "WORLD_SIZE")) return place_of_launcher(variable);
  if (is_set(variable, "SLURM_PROCID") && is_set(variable, "SLURM_STEP_NUM_TASKS")) return place_of_slurm(variable);
  return {};
}

std::string first_host(const std::string& list) {
  const std::size_t bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const std::size_t close = list.find(']', bracket);
  const std::string numbers = list.substr(bracket + 1, close == std::string::npos ? close : close - bracket - 1);
  std::string rest = close == std::string::npos ? "" : list.substr(close + 1);
  rest = rest.substr(0, rest.find(','));
  return first_host(list.substr(0, bracket) + numbers.substr(0, numbers.find_first_of("-,")) + rest);
}

}  // namespace matseq
