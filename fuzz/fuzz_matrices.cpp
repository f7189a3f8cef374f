// The files of matrices that `matseq predict` reads. The first byte picks the format.
#include <sstream>

#include "fuzz_input.h"
#include "tokens/matrix_json.h"
#include "tokens/matrix_reader.h"

namespace matseq {
namespace {

constexpr std::size_t most_written = 4096;

void check(const ReadMatrix& read) {
  const Matrix& matrix = read.matrix;
  fuzz::require(matrix.size() > 0 && matrix.size() <= MatrixReader::most_entries, "a matrix has a size that is read");
  fuzz::require(read.place.starts_with("in"), "a matrix has a place");
  if (matrix.size() > most_written) return;
  std::string written;
  append_json(matrix, written);
  std::string again;
  append_json(parse_matrix(written), again);
  fuzz::require(again == written, "a matrix that is written is read as the same");
}

}  // namespace
}  // namespace matseq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace matseq;
  if (size == 0) return 0;
  constexpr MatrixFormat formats[] = {MatrixFormat::json, MatrixFormat::csv, MatrixFormat::matrix_market,
                                      MatrixFormat::npy};
  std::istringstream input(std::string(reinterpret_cast<const char*>(data + 1), size - 1));
  fuzz::accepted([&] {
    const std::unique_ptr<MatrixReader> reader = make_matrix_reader(input, "in", formats[data[0] % 4U]);
    ReadMatrix read;
    while (reader->next(read)) check(read);
    fuzz::require(!reader->next(read), "nothing comes after the last matrix");
  });
  return 0;
}
