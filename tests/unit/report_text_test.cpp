#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/figure_text.h"
#include "report/markup.h"
#include "report/sparkline.h"
#include "report/thinning.h"

namespace matseq {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(Markup, EscapesWhatHtmlWouldRead) {
  EXPECT_EQ(html_text("<b a=\"1\" c='2'>&amp;"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
  EXPECT_EQ(html_text("é \x1b[31m \xff"), "é \\x1b[31m \\xff");
  EXPECT_EQ(html_text("\xe2\x80\xae turned"), "\\xe2\\x80\\xae turned");
  EXPECT_EQ(html_text(std::string(500, '<'), 10), "&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;...");
}

TEST(Markup, KeepsLines) {
  EXPECT_EQ(html_lines("one\n<two>\n\nfour", 100), "one\n&lt;two&gt;\n\nfour\n");
  EXPECT_EQ(html_lines("one\ntwo", 5), "one\nt\n...\n");
}

TEST(Markup, KeepsDataWithinItsScript) {
  const std::string hostile = "</script><!--<script> & \xe2\x80\xa8 \xff";
  const std::string text = script_json({{"name", hostile}});
  for (const char* part : {"<", ">", "&", "\xe2\x80\xa8", "\xff"})
    EXPECT_EQ(text.find(part), std::string::npos) << part;
  EXPECT_EQ(nlohmann::json::parse(text)["name"], "</script><!--<script> & \xe2\x80\xa8 \xef\xbf\xbd");
}

TEST(FigureText, NeverRoundsToAllOrNothing) {
  EXPECT_EQ(percent_figure(93.25), "93.2");
  EXPECT_EQ(percent_figure(100), "100.0");
  EXPECT_EQ(percent_figure(0), "0.0");
  EXPECT_EQ(percent_figure(99.97), "99.97");
  EXPECT_EQ(percent_figure(99.9999), "99.99");
  EXPECT_EQ(percent_figure(0.0001), "0.01");
  EXPECT_EQ(percent_figure(none), "–");
}

TEST(FigureText, IsShort) {
  EXPECT_EQ(short_figure(0.00651234), "0.006512");
  EXPECT_EQ(short_figure(std::numeric_limits<double>::infinity()), "–");
  EXPECT_EQ(grouped_figure(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(grouped_figure(-100), "-100");
  EXPECT_EQ(tolerance_text("0.005"), "0.5%");
  EXPECT_EQ(tolerance_text("no number"), "no number");
}

TEST(Thinning, KeepsShortCurvesWhole) {
  EXPECT_EQ(thinned({3, 1, 2}, 4), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(thinned({}, 4).empty());
}

TEST(Thinning, KeepsEndsAndExtremes) {
  std::vector<double> values(10000, 1);
  values[1234] = 50;
  values[5678] = -50;
  const std::vector<std::size_t> places = thinned(values, 100);
  EXPECT_LE(places.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(places));
  EXPECT_EQ(std::ranges::adjacent_find(places), places.end());
  for (const std::size_t place : {0UL, 1234UL, 5678UL, 9999UL}) {
    EXPECT_TRUE(std::ranges::binary_search(places, place)) << place;
  }
}

TEST(Thinning, KeepsGaps) {
  std::vector<double> values(1000, 1);
  for (std::size_t i = 400; i < 600; ++i) values[i] = none;
  const std::vector<std::size_t> places = thinned(values, 50);
  EXPECT_LE(places.size(), 50U);
  EXPECT_TRUE(std::ranges::any_of(places, [&](std::size_t place) { return std::isnan(values[place]); }));
}

TEST(Sparkline, IsOfBlocksOrAscii) {
  EXPECT_EQ(text_sparkline({0, 1, 2, 3, 4, 5, 6, 7}, false, 40, false), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(text_sparkline({0, 1, 2, 3, 4, 5, 6, 7}, false, 40, true), "_.-~=+*#");
  EXPECT_EQ(text_sparkline({1, 10, none, 100}, true, 40, true), "_= #");
  EXPECT_EQ(text_sparkline(std::vector<double>(1000, 1), false, 10, true), "__________");
  EXPECT_EQ(text_sparkline({none, none}, false, 10, true), "");
  EXPECT_EQ(text_sparkline({}, false, 10, true), "");
}

TEST(Sparkline, IsAnImageThatNobodyReadsAloud) {
  const std::string svg = svg_sparkline({4, 2, 1}, true);
  EXPECT_NE(svg.find("aria-hidden"), std::string::npos);
  EXPECT_NE(svg.find("points=\"2,2 48,10 94,18\""), std::string::npos) << svg;
  EXPECT_EQ(svg_sparkline({none, 1}, true).find("nan"), std::string::npos);
  EXPECT_EQ(svg_sparkline({1}, false), "");
}

}  // namespace
}  // namespace matseq
