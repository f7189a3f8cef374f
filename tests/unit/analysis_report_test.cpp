#include "analysis/analysis_report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stack>
#include <string>

#include "make_task.h"
#include "matrices.h"
#include "matseq/error.h"
#include "python.h"
#include "report/analysis_plots.h"
#include "report/svg_plot.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// An eigenvector prediction with Q = diag(first, second).
PredictedExample eigenvectors(double first, double second, double error) {
  PredictedExample example;
  example.set = "valid";
  example.task = "eigenvectors";
  example.truth.source = matrix({{1, 0}, {0, 3}});
  example.truth.target = matrix({{1, 3}, {1, 0}, {0, 1}});
  example.hypotheses = {matrix({{1, 3}, {first, 0}, {0, second}})};
  example.correct = true;
  example.d1 = error;
  return example;
}

PredictedExample not_decodable() {
  PredictedExample example = eigenvectors(1, 1, infinity);
  example.hypotheses = {std::nullopt};
  example.correct = false;
  return example;
}

/// Right at 5%: two of five, one of them perfect; wrong: one with its norms kept within 1%, one not, one not decodable.
FailureAnalysis five_predictions() {
  FailureAnalysis analysis(test::make_named_task);
  PredictedExample perfect = eigenvectors(1, 1, 0);
  perfect.perfect = true;
  perfect.hypotheses.clear();
  analysis.add(perfect);
  analysis.add(eigenvectors(1, 1.005, 0.015));
  analysis.add(eigenvectors(1.001, 1, 0.06));
  analysis.add(eigenvectors(1.5, 1, 0.5));
  analysis.add(not_decodable());
  return analysis;
}

TEST(AnalysisReportFigures, AccuracyPropertiesAndConditions) {
  const AnalysisReport figures = report(five_predictions(), {0.05, 0.02, 0.01});
  EXPECT_EQ(figures.property_tolerances, figures.tolerances);  // 1% is among them
  ASSERT_EQ(figures.groups.size(), 1U);
  const GroupReport& group = figures.groups[0];
  EXPECT_EQ(group.examples, 5U);
  EXPECT_EQ(group.wrong, 3U);
  EXPECT_DOUBLE_EQ(group.perfect, 20);
  EXPECT_DOUBLE_EQ(group.correct, 80);
  EXPECT_DOUBLE_EQ(group.not_decodable, 20);
  EXPECT_EQ(group.accuracy, (std::vector<double>{40, 40, 20}));
  ASSERT_EQ(group.properties.size(), 3U);
  const PropertyReport& norms = group.properties[1];
  EXPECT_EQ(std::string(norms.property.name), "norms");
  EXPECT_DOUBLE_EQ(norms.kept[2], 60);
  EXPECT_DOUBLE_EQ(norms.kept_by_wrong[2], 100.0 / 3);
  EXPECT_DOUBLE_EQ(group.properties[0].kept_by_wrong[2], 200.0 / 3);  // both decodable ones have the eigenvalues
  EXPECT_EQ(norms.deviation.wrong.count, 2U);
  EXPECT_NEAR(norms.deviation.wrong.maximum, 0.5, 1e-15);
  EXPECT_EQ(group.condition.right.count, 2U);
  EXPECT_NEAR(group.condition.right.maximum, 1.005, 1e-14);
  EXPECT_NEAR(group.condition.right.mean, 1.0025, 1e-14);
  EXPECT_NEAR(group.condition.wrong.minimum, 1.001, 1e-14);
  EXPECT_NEAR(group.condition.wrong.median, (1.001 + 1.5) / 2, 1e-14);
  EXPECT_EQ(group.error.wrong.count, 2U);
  EXPECT_EQ(group.error.wrong.infinite, 1U);
  EXPECT_NEAR(group.error.wrong.mean, 0.28, 1e-15);
}

TEST(BestThreshold, IsWhereTheSmallerShareIsLargest) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const Threshold apart = best_threshold({1, 3, 2, nothing}, {5, infinity, 4});
  EXPECT_EQ(apart.value, 4);
  EXPECT_EQ(apart.below, 100);
  EXPECT_EQ(apart.not_below, 100);
  const Threshold mixed = best_threshold({1, 2, 3, 9}, {2.5, 8, 10, 11});
  EXPECT_EQ(mixed.value, 8);
  EXPECT_EQ(mixed.below, 75);
  EXPECT_EQ(mixed.not_below, 75);
  EXPECT_EQ(best_threshold({1}, {}).below, 0);
  EXPECT_EQ(best_threshold({nothing}, {1}).not_below, 0);
}

TEST(AnalysisReportFigures, OnePercentIsAlwaysLookedAt) {
  const AnalysisReport figures = report(five_predictions(), {0.05});
  EXPECT_EQ(figures.property_tolerances, (std::vector<double>{0.05, 0.01}));
  EXPECT_EQ(figures.groups[0].accuracy.size(), 1U);
  EXPECT_EQ(figures.groups[0].properties[0].kept.size(), 2U);
}

TEST(AnalysisReportFigures, AnErrorOfTheToleranceIsWrong) {
  FailureAnalysis analysis(test::make_named_task);
  analysis.add(eigenvectors(1, 1, 0.05));
  EXPECT_EQ(report(analysis, {0.05}).groups[0].wrong, 1U);
}

TEST(AnalysisReportFigures, TolerancesAreChecked) {
  for (const std::vector<double>& bad : {std::vector<double>{},
                                         {0.0},
                                         {-0.1},
                                         {infinity},
                                         {std::numeric_limits<double>::quiet_NaN()},
                                         {0.05, 0.05},
                                         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}) {
    EXPECT_THROW(report(five_predictions(), bad), Error);
    EXPECT_THROW(plots(five_predictions(), bad), Error);
  }
}

/// A task of somebody else's that measures one property and no condition number.
class Parity : public Task {
 public:
  class Oddness : public Measures {
   public:
    std::vector<Property> properties() const override { return {{"odd/even", "distance to the nearest even number"}}; }
    void check(const Example& truth) const override { require_shape("source", truth.source, 1, 1); }
    std::vector<double> deviations(const Example& /*truth*/, const Matrix& hypothesis) const override {
      return {std::abs(std::remainder(hypothesis(0, 0), 2.0))};
    }
  };

  bool draw(RandomStream& /*random*/, Example& /*example*/) const override { return false; }
  Score score(const Example& /*truth*/, const Matrix& /*hypothesis*/, double /*coeff_tolerance*/) const override {
    return {};
  }
  std::unique_ptr<const Measures> measures() const override { return std::make_unique<Oddness>(); }
};

TEST(AnalysisReportFigures, AnyTasksMeasures) {
  FailureAnalysis analysis([](const std::string&) { return std::make_unique<Parity>(); });
  PredictedExample example;
  example.set = "valid";
  example.task = "parity";
  example.truth.source = matrix({{1}});
  example.truth.target = matrix({{2}});
  example.hypotheses = {matrix({{2.25}})};
  example.d1 = 0.125;
  analysis.add(example);
  const GroupReport group = report(analysis, {0.05}).groups.at(0);
  ASSERT_EQ(group.properties.size(), 1U);
  EXPECT_EQ(group.properties[0].deviation.wrong.maximum, 0.25);
  EXPECT_EQ(group.conditioned_matrix, "");
  const nlohmann::ordered_json json = to_json(report(analysis, {0.05}));
  EXPECT_TRUE(json["groups"][0]["properties"].contains("odd/even"));
  EXPECT_FALSE(json["groups"][0].contains("condition_number"));
  const std::vector<AnalysisPlot> all = plots(analysis, {0.05});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].file_name, "valid-parity.odd_even.svg");
  example.truth.source = matrix({{1, 2}});
  EXPECT_THROW(analysis.add(example), Error);
}

TEST(AnalysisReportFigures, Json) {
  FailureAnalysis analysis = five_predictions();
  PredictedExample other;
  other.set = "valid";
  other.task = "transpose";
  other.d1 = 0.03;
  analysis.add(other);
  const nlohmann::json json = nlohmann::json::parse(to_json(report(analysis, {0.05, 0.02})).dump());
  ASSERT_EQ(json["groups"].size(), 2U);
  const nlohmann::json& group = json["groups"][0];
  EXPECT_EQ(group["accuracy"]["0.05"], 40);
  EXPECT_EQ(group["properties"]["norms"]["kept"]["0.01"], 60);
  EXPECT_EQ(group["d1"]["wrong"]["infinite"], 1);
  EXPECT_NEAR(group["condition_number"]["wrong"]["min"].get<double>(), 1.001, 1e-14);
  EXPECT_EQ(group["condition_number"]["of"], "the predicted Q");
  EXPECT_EQ(group["condition_number"]["threshold"]["right_below"], 50);
  EXPECT_EQ(json["groups"][1]["accuracy"]["0.02"], 0);
  EXPECT_FALSE(json["groups"][1].contains("properties"));
  EXPECT_FALSE(json["groups"][1]["d1"]["wrong"].contains("nothing"));
}

TEST(AnalysisReportFigures, Table) {
  const std::string table = to_table(report(five_predictions(), {0.05, 0.02}));
  EXPECT_NE(table.find("valid, eigenvectors: 5 examples"), table.npos) << table;
  EXPECT_NE(table.find("norms: the 3 wrong at 5%"), table.npos) << table;
  EXPECT_NE(table.find("condition number of the predicted Q"), table.npos) << table;
  EXPECT_NE(table.find("told apart best by 1.001: 50.00% of the right are below it, 100.00% of the wrong are not"),
            table.npos)
      << table;
  EXPECT_NE(table.find("and 1 infinite"), table.npos) << table;
  EXPECT_NE(table.find("   40.00    40.00\n"), table.npos) << table;
}

TEST(AnalysisPlots, NamesAreOneForEachGroupAndSafe) {
  FailureAnalysis analysis(test::make_named_task);
  for (const char* set : {"../../etc", ".._.._etc", "a b", "a/b", "a&<b>\"", "été"}) {
    PredictedExample example = eigenvectors(1, 1.001, 0.01);
    example.set = set;
    analysis.add(example);
  }
  PredictedExample longest = eigenvectors(1, 1.001, 0.01);
  longest.set = std::string(200, 's');
  analysis.add(longest);
  std::set<std::string> names;
  for (const AnalysisPlot& plot : plots(analysis, {0.05, 0.02})) {
    EXPECT_TRUE(names.insert(plot.file_name).second) << plot.file_name;
    EXPECT_EQ(plot.file_name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos)
        << plot.file_name;
    EXPECT_NE(plot.file_name.front(), '.');
    EXPECT_LT(plot.file_name.size(), 240U);
  }
  EXPECT_EQ(names.size(), 7U * 6);
  EXPECT_TRUE(names.contains("a_b-eigenvectors.d1.svg"));
  EXPECT_TRUE(names.contains("a_b-eigenvectors-2.d1.svg"));
}

TEST(AnalysisPlots, GroupsWithoutNumbers) {
  FailureAnalysis analysis(test::make_named_task);
  analysis.add(not_decodable());
  const std::vector<AnalysisPlot> all = plots(analysis, {0.05});
  ASSERT_EQ(all.size(), 1U);  // there is nothing to draw but the empty histogram
  EXPECT_EQ(all[0].file_name, "valid-eigenvectors.d1.svg");
  EXPECT_NE(all[0].svg.find("1 without a value left out"), std::string::npos);
}

/// Checks that elements close in the order in which they opened and that no text has a bare '<' or '&'.
::testing::AssertionResult well_formed(const std::string& svg) {
  std::stack<std::string> open;
  for (std::size_t at = svg.find('<'); at != svg.npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    if (end == svg.npos) return ::testing::AssertionFailure() << "an element does not end";
    const std::string element = svg.substr(at + 1, end - at - 1);
    const std::string name = element.substr(0, element.find(' '));
    if (element.find('<') != element.npos) return ::testing::AssertionFailure() << element;
    if (name.front() == '?' || element.back() == '/') continue;
    if (name.front() != '/') {
      open.push(name);
    } else if (open.empty() || "/" + open.top() != name) {
      return ::testing::AssertionFailure() << name << " closes what is not open";
    } else {
      open.pop();
    }
  }
  for (std::size_t at = svg.find('&'); at != svg.npos; at = svg.find('&', at + 1)) {
    const std::string reference = svg.substr(at, svg.find(';', at) - at);
    if (reference != "&amp" && reference != "&lt" && reference != "&gt" && reference != "&quot") {
      return ::testing::AssertionFailure() << reference;
    }
  }
  if (!open.empty()) return ::testing::AssertionFailure() << open.top() << " stays open";
  return ::testing::AssertionSuccess();
}

std::vector<AnalysisPlot> plots_of_many() {
  FailureAnalysis analysis = five_predictions();
  for (int i = 1; i < 200; ++i) {
    PredictedExample example = eigenvectors(1 + 0.0003 * i, 1, 0.0005 * i);
    example.set = "a&<b>\" ünï";
    analysis.add(example);
  }
  analysis.add(eigenvectors(0, 1, 1e300));
  analysis.add(eigenvectors(1e200, 1e-200, 1e-300));
  return plots(analysis, {0.05, 0.02, 0.01, 0.005});
}

TEST(AnalysisPlots, AreWellFormed) {
  for (const AnalysisPlot& plot : plots_of_many()) {
    EXPECT_TRUE(well_formed(plot.svg)) << plot.file_name;
    EXPECT_EQ(plot.svg.find("nan"), std::string::npos) << plot.file_name;
    EXPECT_EQ(plot.svg.find("inf"), std::string::npos) << plot.file_name;
  }
}

TEST(AnalysisPlots, AnXmlParserReadsThem) {
  const auto python = find_python({"xml"});
  if (!python) GTEST_SKIP() << "needs Python";
  const TemporaryFolder folder;
  std::string program = "import xml.etree.ElementTree as tree\n";
  int number = 0;
  for (const AnalysisPlot& plot : plots_of_many()) {
    const auto file = folder / (std::to_string(++number) + ".svg");
    write_file(file, plot.svg);
    program += "assert tree.parse('" + file.string() + "').getroot().tag.endswith('svg')\n";
  }
  write_file(folder / "read.py", program);
  EXPECT_TRUE(run_python(*python, folder / "read.py").has_value());
}

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Axis::Tick& tick : axis.ticks) {
    if (!tick.label.empty()) texts.push_back(tick.label);
  }
  return texts;
}

TEST(SvgAxes, RoundTicks) {
  EXPECT_EQ(labels(linear_axis("", 100)), (std::vector<std::string>{"0", "20", "40", "60", "80", "100"}));
  EXPECT_EQ(labels(linear_axis("", 0.23)), (std::vector<std::string>{"0", "0.05", "0.1", "0.15", "0.2", "0.25"}));
  EXPECT_DOUBLE_EQ(linear_axis("", 19).to, 20);
  const Axis one_decade = logarithmic_axis("", 0.02, 0.03, true);
  EXPECT_DOUBLE_EQ(one_decade.from, 0.01);
  EXPECT_DOUBLE_EQ(one_decade.to, 0.1);
  EXPECT_EQ(labels(one_decade), (std::vector<std::string>{"1%", "2%", "5%", "10%"}));
  EXPECT_EQ(labels(logarithmic_axis("", 1, 1e4, false)), (std::vector<std::string>{"1", "10", "100", "1000", "10⁴"}));
  EXPECT_EQ(labels(logarithmic_axis("", 1e-6, 1e12, false)).size(), 7U);
  EXPECT_DOUBLE_EQ(logarithmic_axis("", 1, 1, false).to, 10);
}

TEST(SvgPlots, MapsValuesToTheirPlaces) {
  SvgPlot plot("title", "subtitle", linear_axis("across", 10), linear_axis("up", 10));
  plot.add_line("line", "#123456", {{0, 0}, {10, 10}, {99, -5}}, false);
  const std::string svg = plot.svg();
  EXPECT_TRUE(well_formed(svg));
  // The lower left and upper right corner; what is outside is drawn at the edge.
  EXPECT_NE(svg.find("points=\"74.00,408.00 734.00,112.00 734.00,408.00\""), svg.npos) << svg;
}

}  // namespace
}  // namespace matseq
