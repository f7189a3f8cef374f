/// \file
/// The sections of a report, each as HTML; empty when there is nothing to say.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "report/report.h"

namespace matseq {

std::string run_section(const Report& report);  ///< all runs in one table
std::string test_set_section(const Report& report, const ReportDetail& detail);
std::string prediction_section(const Report& report, const ReportDetail& detail);
std::string analysis_section(const Report& report, const ReportDetail& detail);
std::string configuration_section(const Report& report);
std::string time_section(const Report& report);
std::string failure_section(const Report& report);

/// The curves, for the page's script: `{"runs": [...], "sets": [...], "figures": [...]}`.
nlohmann::ordered_json curve_data(const Report& report, const ReportDetail& detail);

/// Right and wrong predictions as cards.
std::string prediction_cards(const PredictionSample& sample, std::size_t most);

/// `<section>` with a heading; `introduction` is HTML.
std::string section(const std::string& id, const std::string& title, const std::string& introduction,
                    const std::string& content);

}  // namespace matseq
