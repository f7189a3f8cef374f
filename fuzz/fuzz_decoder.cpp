// Token sequences as a model may write them, decoded by every encoding, with and without code tokens.
#include <cmath>
#include <cstring>

#include "fuzz_input.h"

namespace matseq {
namespace {

void decode(const fuzz::Encoding& encoding, std::span<const TokenId> tokens) {
  for (const int code : {Example::no_code, 0, 2, 3}) {
    const std::optional<Matrix> matrix = encoding.plain.decode(tokens, code);
    fuzz::require(!matrix || code == Example::no_code, "without code tokens no code is read");
    encoding.coded.decode(tokens, code);
  }
  const std::optional<DecodedMatrix> any = encoding.coded.decode_any(tokens);
  if (any) fuzz::require(any->code >= 0 && any->code < 3, "a code is one of the task's");
  const std::optional<DecodedMatrix> plain = encoding.plain.decode_any(tokens);
  if (!plain) return;
  const Matrix& matrix = plain->matrix;
  fuzz::require(matrix.size() + 2 <= tokens.size(), "a matrix is no larger than its sequence");
  // What was read can be written, and is then read as what it was rounded to: twice is as once.
  std::vector<TokenId> written;
  encoding.plain.encode(matrix, Example::no_code, written);
  fuzz::require(written.size() <= encoding.plain.longest(matrix.rows(), matrix.columns()), "a sequence has its limit");
  const std::optional<Matrix> again = encoding.plain.decode(written, Example::no_code);
  if (!again) return;
  std::vector<TokenId> repeated;
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
  std::vector<TokenId> tokens;
  for (std::size_t at = 1; at + 2 <= size; at += any_number ? 4 : 2) {
    std::int32_t token = 0;
    std::memcpy(&token, data + at, std::min<std::size_t>(any_number ? 4 : 2, size - at));
    tokens.push_back(any_number ? token : token % static_cast<std::int32_t>(encoding.vocabulary->size()));
  }
  decode(encoding, tokens);
  return 0;
}
