/// \file
/// What the command line does with tokens, line by line (see `answer_lines`). Errors name the line.
#pragma once

#include <istream>
#include <ostream>

#include "matseq/encoder.h"
#include "tokens/sequence_codec.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// Numbers as C writes doubles, one a line, to their tokens separated by blanks.
void encode_numbers(std::istream& input, std::ostream& output, const Encoder& encoder);

/// Matrices as JSON arrays of rows, one a line, to their tokens separated by blanks. The codec has no codes.
void encode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary);

/// Token sequences of matrices, one a line, to JSON arrays of rows, or `null` where the decoding fails. Tokens that are
/// not in the vocabulary are tokens that cannot be read. The codec has no codes.
void decode_matrices(std::istream& input, std::ostream& output, const SequenceCodec& codec,
                     const Vocabulary& vocabulary);

/// All tokens in id order, one a line.
void print_vocabulary(std::ostream& output, const Vocabulary& vocabulary);

}  // namespace matseq
