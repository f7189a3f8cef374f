#include "data/curriculum.h"

#include <utility>

#include "matseq/random_stream.h"

namespace matseq {

Curriculum::Curriculum(std::shared_ptr<const Task> task, std::uint64_t key) : key_(key) {
  stages_.push_back({std::move(task), 0, 0});
}

void Curriculum::add(std::shared_ptr<const Task> task, std::uint64_t from, std::uint64_t over) {
  stages_.push_back({std::move(task), from, over});
}

const Task& Curriculum::task_of(std::uint64_t number) const {
  std::size_t stage = stages_.size() - 1;
  while (number < stages_[stage].from) --stage;
  const auto& [task, from, over] = stages_[stage];
  if (number - from < over) {
    const double share = (static_cast<double>(number - from) + 0.5) / static_cast<double>(over);
    if (RandomStream(key_, number).unit() >= share) return *stages_[stage - 1].task;
  }
  return *task;
}

std::vector<std::shared_ptr<const Task>> Curriculum::tasks() const {
  std::vector<std::shared_ptr<const Task>> tasks;
  for (const Stage& stage : stages_) tasks.push_back(stage.task);
  return tasks;
}

std::vector<std::uint64_t> Curriculum::beginnings() const {
  std::vector<std::uint64_t> beginnings;
  for (const Stage& stage : stages_) beginnings.push_back(stage.from + stage.over);
  return beginnings;
}

}  // namespace matseq
