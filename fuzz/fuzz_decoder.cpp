// Word sequences as a model may write them, decoded by every encoding, with and without code words.
#include <cmath>
#include <cstring>

#include "fuzz_input.h"

namespace matseq {
namespace {

void decode(const fuzz::Encoding& encoding, std::span<const WordId> words) {
  for (const int code : {Example::no_code, 0, 2, 3}) {
    const std::optional<Matrix> matrix = encoding.plain.decode(words, code);
    fuzz::require(!matrix || code == Example::no_code, "without code words no code is read");
    encoding.coded.decode(words, code);
  }
  const std::optional<DecodedMatrix> any = encoding.coded.decode_any(words);
  if (any) fuzz::require(any->code >= 0 && any->code < 3, "a code is one of the task's");
  const std::optional<DecodedMatrix> plain = encoding.plain.decode_any(words);
  if (!plain) return;
  const Matrix& matrix = plain->matrix;
  fuzz::require(matrix.size() + 2 <= words.size(), "a matrix is no larger than its sequence");
  // What was read can be written, and is then read as what it was rounded to: twice is as once.
  std::vector<WordId> written;
  encoding.plain.encode(matrix, Example::no_code, written);
  fuzz::require(written.size() <= encoding.plain.longest(matrix.rows(), matrix.columns()), "a sequence has its limit");
  const std::optional<Matrix> again = encoding.plain.decode(written, Example::no_code);
  if (!again) return;
  std::vector<WordId> repeated;
  encoding.plain.encode(*again, Example::no_code, repeated);
  fuzz::require(repeated == written, "encoding is idempotent");
}

}  // namespace
}  // namespace matseq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace matseq;
  if (size == 0) return 0;
  const fuzz::Encoding& encoding = fuzz::encoding(data[0]);
  const bool any_number = (data[0] & 0x80U) != 0;  // else ids of the vocabulary, in 16 bits each
  std::vector<WordId> words;
  for (std::size_t at = 1; at + 2 <= size; at += any_number ? 4 : 2) {
    std::int32_t word = 0;
    std::memcpy(&word, data + at, std::min<std::size_t>(any_number ? 4 : 2, size - at));
    words.push_back(any_number ? word : word % static_cast<std::int32_t>(encoding.vocabulary->size()));
  }
  decode(encoding, words);
  return 0;
}
