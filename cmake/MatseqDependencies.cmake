# What the framework needs from outside.

find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)

# Boost.DLL is header-only once it uses std::filesystem; BOOST_ROOT may name headers cut out by bcp.
find_path(MATSEQ_BOOST_INCLUDE_DIR boost/dll/shared_library.hpp HINTS "${BOOST_ROOT}" "${BOOST_ROOT}/include"
          PATHS "${PROJECT_SOURCE_DIR}/third_party/boost" REQUIRED)
find_path(MATSEQ_RANDOM123_INCLUDE_DIR Random123/philox.h PATHS "${PROJECT_SOURCE_DIR}/third_party" REQUIRED)

# LAPACK gives eigenvectors and singular vectors the signs that the papers' data have.
find_package(LAPACK)

include(MatseqLibTorch)
