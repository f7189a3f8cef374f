#include "configuration/encoding_text.h"

#include "configuration/toml_document.h"

namespace matseq {

EncodingSpec read_encoding(const std::string& text, const std::string& option) {
  if (!text.starts_with('{')) return parse_encoding(text, option);
  ParameterTable table = parse_toml("encoding = " + text, option, {}).tables.at("encoding");
  table.prefix.clear();  // it is no table of an experiment
  return parse_encoding(table);
}

}  // namespace matseq
