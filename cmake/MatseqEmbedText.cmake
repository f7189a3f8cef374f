# matseq_embed_texts(TARGET HEADER FILE...) makes a header with the content of text files and adds it to a target:
#   namespace matseq::embedded { inline constexpr std::string_view NAME_EXT = ...; }, NAME_EXT_sha256 beside it in
# hexadecimal digits. The files stay files, to be edited and checked as such; a build, installed or not, needs none.

if(CMAKE_SCRIPT_MODE_FILE)
  set(text "// Made by ${CMAKE_SCRIPT_MODE_FILE}.\n#pragma once\n\n#include <string_view>\n\nnamespace matseq::embedded {\n\n")
  string(REPLACE "|" ";" files "${FILES}")
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME)
    string(MAKE_C_IDENTIFIER "${name}" name)
    file(READ "${file}" content)
    string(FIND "${content}" ")embedded\"" end)
    if(NOT end EQUAL -1)
      message(FATAL_ERROR "${file}: )embedded\" cannot stand in an embedded text")
    endif()
    file(SHA256 "${file}" digest)
    string(APPEND text "inline constexpr std::string_view ${name} = R\"embedded(${content})embedded\";\n"
                       "inline constexpr std::string_view ${name}_sha256 = \"${digest}\";\n\n")
  endforeach()
  file(WRITE "${OUTPUT}" "${text}}  // namespace matseq::embedded\n")
  return()
endif()

set(MATSEQ_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(matseq_embed_texts target header)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/embedded")
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(
    OUTPUT "${folder}/${header}"
    COMMAND "${CMAKE_COMMAND}" -D "FILES=${joined}" -D "OUTPUT=${folder}/${header}" -P "${MATSEQ_EMBED_SCRIPT}"
    DEPENDS ${files} "${MATSEQ_EMBED_SCRIPT}"
    COMMENT "Embedding the texts of ${header}"
    VERBATIM)
  target_sources(${target} PRIVATE "${folder}/${header}")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()
