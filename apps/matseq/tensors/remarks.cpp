#include "remarks.h"

#include <iostream>

#include "matseq/printable.h"

namespace matseq {

void print_remarks(const std::vector<std::string>& remarks) {
  constexpr std::size_t longest_remark = 1000;
  for (const std::string& remark : remarks) std::cerr << "note: " << printable(remark, longest_remark) << "\n";
}

}  // namespace matseq
