// Text that someone else wrote must not control the terminal.
#include "matseq/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace matseq {
namespace {

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("a \"b\" ~"), "a \"b\" ~");
  EXPECT_EQ(printable("\u00e9 \u4e2d \U0001F600"), "\u00e9 \u4e2d \U0001F600");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesWhatControlsATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n\t\r"), "a\\x1b[31mb\\n\\t\\r");
  EXPECT_EQ(printable(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\u009b31m"), "\\xc2\\x9b31m");       // the control sequence introducer beyond ASCII
  EXPECT_EQ(printable("\u202etxt"), "\\xe2\\x80\\xaetxt");  // right to left
  EXPECT_EQ(printable("\xff\xc0\x80\xed\xa0\x80\xe4"), "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xe4");  // no UTF-8
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("ab\u00e9", 3), "ab...");
  EXPECT_EQ(printable(std::string(10'000'000, 'x')).size(), 203U);
}

}  // namespace
}  // namespace matseq
