# cmake -D FOLDER=... -D FILES=a;b -D OUTPUT=... -P embed_templates.cmake: the files of a folder as one C++ source.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" text)
  string(APPEND entries "    {\"${file}\", R\"~~~~(${text})~~~~\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"plugin_skeleton.h\"

namespace matseq {

const std::map<std::string, std::string>& skeleton_templates() {
  static const std::map<std::string, std::string> templates = {
${entries}  };
  return templates;
}

}  // namespace matseq
")
