#include "plugins/elf_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "matseq/error.h"

/// This library's own first bytes, which the linker names.
extern "C" __attribute__((visibility("hidden")))
const ElfW(Ehdr) __ehdr_start;  // NOLINT(readability-identifier-naming): the linker's name

namespace matseq {
namespace {

using FileHeader = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);
using DynamicEntry = ElfW(Dyn);

[[noreturn]] void refuse(const std::string& reason) { throw Error("it is truncated or damaged: " + reason); }

/// A library in parts, each found to lie within the file before it is read.
class ElfFile {
 public:
  explicit ElfFile(const ByteSource& file) : file_(file) {
    read_header();
    segments_ = read_table<Segment>(header_.e_phoff, header_.e_phnum, header_.e_phentsize, "segments");
    sections_ = read_table<Section>(header_.e_shoff, header_.e_shnum, header_.e_shentsize, "sections");
    check_segments();
    for (const Section& section : sections_) {
      if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL) {
        require_within(section.sh_offset, section.sh_size, "a section");
      }
    }
    check_dynamic_entries();
  }

  std::optional<Symbol> find(std::string_view name) const {
    const auto table = std::ranges::find(sections_, SHT_DYNSYM, &Section::sh_type);
    if (table == sections_.end() || table->sh_link >= sections_.size()) refuse("it has no table of symbols");
    const Section& texts = sections_[table->sh_link];
    const auto letters = read<char>(texts.sh_offset, texts.sh_size);
    for (const Symbol& symbol : read<Symbol>(table->sh_offset, table->sh_size / sizeof(Symbol))) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= letters.size()) continue;
      const std::string_view rest(letters.data() + symbol.st_name, letters.size() - symbol.st_name);
      if (rest.substr(0, rest.find('\0')) == name) return symbol;
    }
    return std::nullopt;
  }

  std::vector<std::byte> content(const Symbol& symbol, std::size_t most) const {
    const std::uint64_t size = std::min<std::uint64_t>(symbol.st_size, most);
    for (const Segment& segment : segments_) {
      if (segment.p_type != PT_LOAD || symbol.st_value < segment.p_vaddr) continue;
      const std::uint64_t offset = symbol.st_value - segment.p_vaddr;
      if (offset > segment.p_filesz || size > segment.p_filesz - offset) continue;
      return read<std::byte>(segment.p_offset + offset, size);
    }
    refuse("a symbol lies outside of it");
  }

 private:
  void read_header() {
    if (file_.size() < sizeof(FileHeader)) throw Error("it is not a shared library");
    header_ = read<FileHeader>(0, 1).front();
    const auto same = [&](int index) { return header_.e_ident[index] == __ehdr_start.e_ident[index]; };
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) throw Error("it is not a shared library");
    if (!same(EI_CLASS) || !same(EI_DATA) || header_.e_machine != __ehdr_start.e_machine) {
      throw Error("it is for another kind of machine");
    }
    if (header_.e_type != ET_DYN) throw Error("it is not a shared library");
  }

  void check_segments() const {
    bool loads = false;
    for (const Segment& segment : segments_) {
      if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
      require_within(segment.p_offset, segment.p_filesz, "a segment");
      if (segment.p_filesz > segment.p_memsz) refuse("a segment is larger in the file than in memory");
      loads = loads || segment.p_type == PT_LOAD;
    }
    if (!loads) refuse("it has nothing to load");
  }

  /// The addresses from which the dynamic loader reads tables without a further look.
  void check_dynamic_entries() const {
    const auto dynamic = std::ranges::find(segments_, PT_DYNAMIC, &Segment::p_type);
    if (dynamic == segments_.end()) refuse("it is not linked dynamically");
    bool has_symbols = false;
    for (const DynamicEntry& entry : read<DynamicEntry>(dynamic->p_offset, dynamic->p_filesz / sizeof(DynamicEntry))) {
      if (entry.d_tag == DT_NULL) break;
      constexpr std::array<std::int64_t, 14> addresses = {
          DT_STRTAB, DT_SYMTAB,     DT_RELA,       DT_REL,  DT_JMPREL, DT_HASH,   DT_GNU_HASH,
          DT_PLTGOT, DT_INIT_ARRAY, DT_FINI_ARRAY, DT_INIT, DT_FINI,   DT_VERSYM, DT_VERNEED};
      if (std::ranges::count(addresses, static_cast<std::int64_t>(entry.d_tag)) == 0) continue;
      if (!is_loaded(entry.d_un.d_ptr)) refuse("a table of its dynamic section lies outside of it");
      has_symbols = has_symbols || entry.d_tag == DT_SYMTAB;
    }
    if (!has_symbols) refuse("its dynamic section has no table of symbols");
  }

  bool is_loaded(std::uint64_t address) const {
    return std::ranges::any_of(segments_, [address](const Segment& segment) {
      return segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_memsz;
    });
  }

  template <typename Entry>
  std::vector<Entry> read_table(std::uint64_t offset, std::uint64_t count, std::uint64_t entry_size,
                                const char* what) const {
    if (count == 0 || entry_size != sizeof(Entry)) refuse(fmt::format("it has no table of {}", what));
    return read<Entry>(offset, count);
  }

  template <typename Entry>
  std::vector<Entry> read(std::uint64_t offset, std::uint64_t count) const {
    if (count > file_.size() / sizeof(Entry)) refuse("a table reaches beyond its end");
    require_within(offset, count * sizeof(Entry), "a table");
    std::vector<Entry> entries(count);
    file_.read(offset, std::as_writable_bytes(std::span(entries)));
    return entries;
  }

  void require_within(std::uint64_t offset, std::uint64_t size, const char* what) const {
    if (offset > file_.size() || size > file_.size() - offset) {
      refuse(fmt::format("{} reaches beyond its end at {} bytes", what, file_.size()));
    }
  }

  const ByteSource& file_;
  FileHeader header_{};
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
};

}  // namespace

std::optional<std::vector<std::byte>> read_exported_object(const ByteSource& file, std::string_view symbol,
                                                           std::size_t most) {
  const ElfFile library(file);
  const std::optional<Symbol> found = library.find(symbol);
  if (!found) return std::nullopt;
  return library.content(*found, most);
}

}  // namespace matseq
