// What the commands encode, decode and score read from standard input. The first byte picks command and encoding.
#include <sstream>

#include "fuzz_input.h"
#include "score_command.h"
#include "token_streams.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace matseq;
  if (size == 0) return 0;
  const fuzz::Encoding& encoding = fuzz::encoding(data[0] / 4U);
  std::istringstream input(std::string(reinterpret_cast<const char*>(data + 1), size - 1));
  std::ostringstream output;
  fuzz::accepted([&] {
    switch (data[0] % 4U) {
      case 0:
        return encode_numbers(input, output, *encoding.encoder);
      case 1:
        return encode_matrices(input, output, encoding.plain, *encoding.vocabulary);
      case 2:
        return decode_matrices(input, output, encoding.plain, *encoding.vocabulary);
      default:
        score_lines(input, output, [](const std::string& plugin, const ParameterTable& table) {
          return fuzz::plugins().make_task(plugin, table);
        });
    }
  });
  return 0;
}
