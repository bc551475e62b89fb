// The movers of every target against loops over single bytes.
#include "generated_targets.h"  // before any Highway header

#include "simd/movers.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "tests/simd/harness.h"

namespace quern::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes RandomBytes(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(n);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes RandomMask(std::size_t n, int one_in, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes mask(n);
  for (auto& byte : mask) byte = one_in != 0 && random() % one_in == 0;
  return mask;
}

// Calls check(table, log2 of size, size, n) for all runnable targets, sizes and lengths.
template <class Check>
void ForAll(const Check& check) {
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if (!CanRun(target)) continue;
    const MoverTable& table = MoversFor(target);
    for (std::size_t log = 0; log < kMoverSizes; ++log) {
      for (std::size_t n = 0; n <= 130; ++n) {
        SCOPED_TRACE(std::string(hwy::TargetName(target)) + " size " + std::to_string(1 << log) +
                     " n " + std::to_string(n));
        check(table, log, std::size_t{1} << log, n);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(MoversTest, PackAndUnpackAnyStride) {
  ForAll([](const MoverTable& table, std::size_t log, std::size_t size, std::size_t n) {
    const auto step = static_cast<std::ptrdiff_t>(size);
    for (std::ptrdiff_t stride : {std::ptrdiff_t{0}, step, -step, 2 * step, -2 * step, 3 * step,
                                  4 * step, 5 * step, step + 1, -3 * step - 1}) {
      // Exactly as much memory as the elements span, so that a sanitizer sees reads outside.
      const std::size_t reach = n == 0 ? 0 : (n - 1) * std::abs(stride);
      const Bytes src = RandomBytes(n == 0 ? 0 : reach + size, n);
      const std::size_t first = stride < 0 ? reach : 0;
      Bytes packed(n * size);
      table.pack[log](src.data() + first, stride, n, packed.data());
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(std::memcmp(packed.data() + i * size, src.data() + first + i * stride, size), 0)
            << "stride " << stride << " element " << i;
      }
      Bytes unpacked = RandomBytes(src.size(), n + 1);
      Bytes expected = unpacked;
      for (std::size_t i = 0; i < n; ++i) {
        std::memcpy(expected.data() + first + i * stride, packed.data() + i * size, size);
      }
      table.unpack[log](packed.data(), n, unpacked.data() + first, stride);
      ASSERT_EQ(unpacked, expected) << "stride " << stride;
    }
  });
}

TEST(MoversTest, CompressAndExpand) {
  ForAll([](const MoverTable& table, std::size_t log, std::size_t size, std::size_t n) {
    for (int one_in : {0, 1, 2, 5}) {
      const Bytes mask = RandomMask(n, one_in, n);
      const Bytes src = RandomBytes(n * size, n);
      const std::size_t count = std::accumulate(mask.begin(), mask.end(), std::size_t{0});
      Bytes kept;
      for (std::size_t i = 0; i < n; ++i) {
        if (mask[i]) kept.insert(kept.end(), &src[i * size], &src[i * size] + size);
      }
      Bytes compressed(n * size);
      ASSERT_EQ(table.compress[log](src.data(), mask.data(), n, compressed.data()), count);
      ASSERT_TRUE(std::equal(kept.begin(), kept.end(), compressed.begin()));

      const Bytes before = RandomBytes(n * size, n + 7);
      Bytes expected = before;
      for (std::size_t i = 0; i < n; ++i) {
        if (mask[i]) std::copy_n(&src[i * size], size, &expected[i * size]);
      }
      Bytes expanded = before;
      ASSERT_EQ(table.expand[log](compressed.data(), mask.data(), n, expanded.data()), count);
      ASSERT_EQ(expanded, expected);
    }
  });
}

TEST(MoversTest, SwapBytes) {
  ForAll([](const MoverTable& table, std::size_t log, std::size_t size, std::size_t n) {
    const Bytes src = RandomBytes(n * size, n);
    Bytes expected = src;
    for (std::size_t i = 0; i < n; ++i) {
      std::reverse(expected.begin() + i * size, expected.begin() + (i + 1) * size);
    }
    Bytes swapped(n * size);
    table.swap[log](src.data(), n, swapped.data());
    ASSERT_EQ(swapped, expected);
    Bytes in_place = src;
    table.swap[log](in_place.data(), n, in_place.data());
    ASSERT_EQ(in_place, expected);
  });
}

TEST(MoversTest, TargetsThatWereNotCompiledGetTheBestBelowThem) {
  VisitTargets<HWY_TARGETS>([]<std::int64_t kTarget>() {
    const std::int64_t better = kTarget - 1;  // than this one, and worse than the next compiled one
    EXPECT_EQ(&MoversFor(better), &MoversFor(kTarget)) << kTarget;
    if (kTarget != HWY_STATIC_TARGET) {
      EXPECT_NE(&MoversFor(kTarget), &MoversFor(HWY_STATIC_TARGET)) << kTarget;
    }
  });
}

}  // namespace
}  // namespace quern::test
