/// \file
/// What `matseq compare` prints.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/sequence_survey.h"
#include "report/comparison.h"

namespace matseq {

/// How long the sequences of each row are; empty where that was not asked for, none where it is not known.
using RowSurveys = std::vector<std::optional<SequenceSurvey>>;

enum class TableStyle : std::uint8_t { terminal, markdown };

/// The table, a row each, with a line that says what was compared before it and notes behind.
std::string to_table(const Comparison& comparison, const std::optional<double>& target, const RowSurveys& surveys,
                     TableStyle style);

/// {"metric", "smaller_is_better", "further", "target", "budget", "cut_examples", "cut_seconds", "columns", "rows",
/// "notes"}; null for what is not known.
nlohmann::ordered_json to_json(const Comparison& comparison, const std::optional<double>& target,
                               const RowSurveys& surveys);

}  // namespace matseq
