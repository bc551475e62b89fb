// Fuzz target for load_npy: any bytes either load or are refused with FormatError, and what loads
// is no larger than the bytes and survives being saved and loaded again.
//
// With clang it is a libFuzzer program: `quern_npy_fuzz CORPUS -dict=npy.dict -max_total_time=60`,
// guided by coverage where the library too is compiled with -fsanitize=fuzzer-no-link. With other
// compilers it runs once on each file named on its command line.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

#include "quern/errors.hpp"
#include "quern/io.hpp"

namespace {

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "npy_fuzz: %s\n", what);
  std::abort();
}

void CheckRoundTrip(const quern::Array& array) {
  const std::vector<std::byte> saved = quern::save_npy(array);
  const quern::Array again = quern::load_npy(saved);
  Check(again.dtype() == array.dtype(), "the dtype changed");
  Check(std::ranges::equal(again.shape(), array.shape()), "the shape changed");
  Check(array.nbytes() == 0 || std::memcmp(again.data(), array.data(), array.nbytes()) == 0,
        "the data changed");
}

}  // namespace

// libFuzzer finds it by this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const quern::Array array = quern::load_npy(std::as_bytes(std::span(data, size)));
    Check(array.nbytes() <= size, "more data than bytes");
    CheckRoundTrip(array);
  } catch (const quern::FormatError&) {
    return 0;
  }
  return 0;
}

#ifdef QUERN_FUZZ_STANDALONE
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("npy_fuzz: %d files\n", argc - 1);
  return 0;
}
#endif
