# matseq_embed_texts(TARGET HEADER FOLDER FILE...) makes a header with the content of text files and adds it to a target:
#   namespace matseq::embedded { inline constexpr std::string_view name_ext = ...; }, name_ext_sha256 beside it in
# hexadecimal digits, and HEADER's name as an array of all, {"NAME.EXT", name_ext}. The files, named by their paths in
# FOLDER, stay files, to be edited and checked as such; a build, installed or not, needs none.

if(CMAKE_SCRIPT_MODE_FILE)
  set(texts "")
  set(entries "")
  string(REPLACE "|" ";" files "${FILES}")
  foreach(file IN LISTS files)
    string(MAKE_C_IDENTIFIER "${file}" name)
    string(TOLOWER "${name}" name)
    file(READ "${FOLDER}/${file}" content)
    string(FIND "${content}" ")embedded\"" end)
    if(NOT end EQUAL -1)
      message(FATAL_ERROR "${file}: )embedded\" cannot stand in an embedded text")
    endif()
    file(SHA256 "${FOLDER}/${file}" digest)
    string(APPEND texts "inline constexpr std::string_view ${name} = R\"embedded(${content})embedded\";\n"
                        "inline constexpr std::string_view ${name}_sha256 = \"${digest}\";\n\n")
    string(APPEND entries "    {\"${file}\", ${name}},\n")
  endforeach()
  list(LENGTH files count)
  get_filename_component(all "${OUTPUT}" NAME_WE)
  file(WRITE "${OUTPUT}" "// Made by ${CMAKE_SCRIPT_MODE_FILE}.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace matseq::embedded {

${texts}inline constexpr std::array<std::pair<std::string_view, std::string_view>, ${count}> ${all} = {{
${entries}}};

}  // namespace matseq::embedded
")
  return()
endif()

set(MATSEQ_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(matseq_embed_texts target header folder)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded")
  get_filename_component(folder "${folder}" ABSOLUTE)
  list(TRANSFORM ARGN PREPEND "${folder}/" OUTPUT_VARIABLE paths)
  string(REPLACE ";" "|" joined "${ARGN}")
  add_custom_command(
    OUTPUT "${output}/${header}"
    COMMAND "${CMAKE_COMMAND}" -D "FOLDER=${folder}" -D "FILES=${joined}" -D "OUTPUT=${output}/${header}"
            -P "${MATSEQ_EMBED_SCRIPT}"
    DEPENDS ${paths} "${MATSEQ_EMBED_SCRIPT}"
    COMMENT "Embedding the texts of ${header}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}/${header}")
  target_include_directories(${target} PRIVATE "${output}")
endfunction()
