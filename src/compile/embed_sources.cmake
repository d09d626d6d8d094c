# Writes OUTPUT, a C++ file that holds every device source of ROOT as text:
#   cmake -DROOT=... -DOUTPUT=... -P embed_sources.cmake
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/device/*.h ${ROOT}/device/*.cuh)
list(SORT files)
set(entries "")
foreach(name IN LISTS files)
  file(READ ${ROOT}/${name} text)
  string(APPEND entries "    {\"${name}\", R\"mla_source(${text})mla_source\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"compile/embedded_sources.h\"

namespace mla::compile {
namespace {

constexpr SourceFile kFiles[] = {
${entries}};

}  // namespace

std::span<const SourceFile> embedded_sources() { return kFiles; }

}  // namespace mla::compile
")
