// Outputs that share memory with inputs: the result is as if the inputs had been copied first.
#include "call/overlap.h"

#include "arrays.h"

namespace quern {
namespace {

// Calls `ufunc` with operands that are views of one buffer, made by `views` (inputs, then output),
// and compares with a call on copies.
template <class T, class Views>
void ExpectAsIfCopied(const Ufunc& ufunc, Index n, const Views& views) {
  const Array buffer = Iota<T>({n});
  std::vector<Array> operands = views(buffer);
  Array out = operands.back();
  operands.pop_back();
  std::vector<Array> copies;
  for (const Array& operand : operands) copies.push_back(operand.copy());
  const std::vector<Operand> apart(copies.begin(), copies.end());
  const Array expected = ufunc.call(apart).astype(out.dtype());
  const std::vector<Operand> inputs(operands.begin(), operands.end());
  ufunc.call(inputs, {.out = &out, .casting = CastingLevel::unsafe});
  ASSERT_TRUE(SameElements(out, expected)) << ufunc.name() << ", n = " << n;
}

Slice From(Index start) { return {start, {}, {}}; }
Slice To(Index stop) { return {{}, stop, {}}; }
Slice Every(Index step) { return {{}, {}, step}; }

// Lengths around vectors, tiles and threads' shares.
const std::vector<Index> kLengths{2, 3, 9, 63, 64, 65, 511, 513, 1025, 4097, 30001, 140001};

TEST(Overlap, ShiftedByOne) {
  for (Index n : kLengths) {
    ExpectAsIfCopied<double>(ufuncs::add(), n, [](const Array& a) {
      return std::vector<Array>{a(To(-1)), a(To(-1)), a(From(1))};
    });
    ExpectAsIfCopied<double>(ufuncs::add(), n, [](const Array& a) {
      return std::vector<Array>{a(From(1)), a(From(1)), a(To(-1))};
    });
    ExpectAsIfCopied<double>(ufuncs::add(), n, [](const Array& a) {
      return std::vector<Array>{a(From(1)), a(To(-1)), a(To(-1))};
    });
  }
}

TEST(Overlap, ShiftsOfEveryDTypeAndDistance) {
  for (Index shift = 1; shift <= 70; shift += 3) {
    const auto views = [&](const Array& a) {
      return std::vector<Array>{a(To(-shift)), a(From(shift))};
    };
    ExpectAsIfCopied<std::int8_t>(ufuncs::negative(), 1000, views);
    ExpectAsIfCopied<std::int16_t>(ufuncs::negative(), 1000, views);
    ExpectAsIfCopied<float>(ufuncs::square(), 1000, views);
  }
}

TEST(Overlap, Reversed) {
  for (Index n : kLengths) {
    ExpectAsIfCopied<double>(ufuncs::add(), n, [](const Array& a) {
      return std::vector<Array>{a(Every(-1)), a, a};
    });
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a(Every(-1)), a};
    });
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a, a(Every(-1))};
    });
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a(Every(-1)), a(Every(-1))};
    });
  }
}

TEST(Overlap, Interleaved) {
  for (Index n : {10, 64, 1000, 30000}) {
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a(Every(2)), a(Slice{1, {}, 2})};
    });
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a(Every(2)), a(To(a.size() / 2))};
    });
    ExpectAsIfCopied<double>(ufuncs::negative(), n, [](const Array& a) {
      return std::vector<Array>{a(To(a.size() / 2)), a(Every(2))};
    });
  }
}

TEST(Overlap, TransposedSquare) {
  for (Index side : {2, 9, 33, 70}) {
    const auto square = [&](const Array& a) {
      return a.reshape({side, side});
    };
    ExpectAsIfCopied<double>(ufuncs::add(), side * side, [&](const Array& a) {
      return std::vector<Array>{square(a), square(a).transpose(), square(a)};
    });
    ExpectAsIfCopied<double>(ufuncs::add(), side * side, [&](const Array& a) {
      return std::vector<Array>{square(a)(0), square(a), square(a)};
    });
    ExpectAsIfCopied<double>(ufuncs::add(), side * side, [&](const Array& a) {
      return std::vector<Array>{square(a)(Slice{}, Slice{0, 1}), square(a), square(a)};
    });
  }
}

TEST(Overlap, OtherElementSizes) {
  const auto narrowed = [](const Array& a, std::ptrdiff_t offset) {
    const Index shape[] = {a.size()};
    const Index strides[] = {4};
    return Array::from_memory(a.data() + offset, DType::of<float>(), shape, strides, true, [a] {});
  };
  for (Index n : {8, 100, 5000}) {
    for (std::ptrdiff_t offset : {0, 4, 8, 16, 2}) {
      ExpectAsIfCopied<double>(ufuncs::negative(), n, [&](const Array& a) {
        return std::vector<Array>{a, narrowed(a, std::min<std::ptrdiff_t>(offset, 4 * n))};
      });
      ExpectAsIfCopied<double>(ufuncs::negative(), n, [&](const Array& a) {
        return std::vector<Array>{narrowed(a, offset), a};
      });
    }
  }
}

TEST(Overlap, ByBytesOnly) {
  const auto moved = [](const Array& a, std::ptrdiff_t offset) {
    const Index shape[] = {a.size() - 1};
    const Index strides[] = {8};
    return Array::from_memory(a.data() + offset, a.dtype(), shape, strides, true, [a] {});
  };
  for (Index n : {5, 100, 3000}) {
    for (std::ptrdiff_t offset = 0; offset <= 8; ++offset) {
      ExpectAsIfCopied<std::int64_t>(ufuncs::invert(), n, [&](const Array& a) {
        return std::vector<Array>{moved(a, 0), moved(a, offset)};
      });
      ExpectAsIfCopied<std::int64_t>(ufuncs::invert(), n, [&](const Array& a) {
        return std::vector<Array>{moved(a, offset), moved(a, 0)};
      });
    }
  }
}

TEST(Overlap, WithTheMask) {
  for (Index n : {10, 1000, 9000}) {
    const Array buffer({n}, DType::of<bool>());
    for (Index i = 0; i < n; ++i) buffer(i).assign(Array::scalar(i % 3 == 0));
    Array out = buffer(From(1));
    const Array mask = buffer(To(-1));
    const Array expected = out.copy();
    Array apart = expected;
    const Array mask_copy = mask.copy();
    logical_not(out.copy(), {.out = &apart, .where = &mask_copy});
    logical_not(out, {.out = &out, .where = &mask});
    ASSERT_TRUE(SameElements(out, expected)) << n;
  }
}

// Random windows, steps and directions for two inputs and the output.
TEST(Overlap, RandomViews) {
  Random random(8);
  for (int round = 0; round < 3000; ++round) {
    const Index count = RandomIndex(random, 1, 40);
    const Index room = 130;
    const auto window = [&](const Array& a) {
      const Index step = RandomIndex(random, 1, 3);
      const Index reach = (count - 1) * step + 1;
      const Index start = RandomIndex(random, 0, room - reach);
      const Array view = a(Slice{start, start + reach, step});
      return RandomIndex(random, 0, 1) != 0 ? view : view(Every(-1));
    };
    ExpectAsIfCopied<std::int64_t>(ufuncs::subtract(), room, [&](const Array& a) {
      const Array first = window(a);
      const Array second = window(a);
      return std::vector<Array>{first, second, window(a)};
    });
    if (HasFatalFailure()) return;
  }
}

TEST(WritesClash, KnowsDisjointInterleaving) {
  const Array a = Iota<double>({100});
  EXPECT_FALSE(WritesClash(a(Every(2)), a(Slice{1, {}, 2}))) << "no byte is shared";
  EXPECT_FALSE(WritesClash(a.reshape({10, 10})(Slice{}, 3), a.reshape({10, 10})(Slice{}, 4)));
  EXPECT_FALSE(WritesClash(a, a)) << "the same geometry: each element is read first";
  EXPECT_FALSE(WritesClash(a(To(50)), a(From(50))));
  EXPECT_TRUE(WritesClash(a(From(1)), a(To(-1))));
  EXPECT_TRUE(WritesClash(a, a(Every(-1))));
  EXPECT_FALSE(WritesClash(a(From(100)), a)) << "nothing is written";
  EXPECT_TRUE(WritesClash(a(Every(2)), a(Every(4))));
}

// WritesClash may be wrong in one direction only.
TEST(WritesClash, NeverMissesASharedByte) {
  Random random(9);
  const Array memory = zeros({200}, DType::of<std::uint8_t>());
  const auto view = [&] {
    const Index itemsize = Index{1} << RandomIndex(random, 0, 3);
    const Shape shape{RandomIndex(random, 1, 4), RandomIndex(random, 1, 4)};
    const Shape strides{RandomIndex(random, -9, 9), RandomIndex(random, -9, 9)};
    const DType dtype = itemsize == 1   ? DType::of<std::uint8_t>()
                        : itemsize == 2 ? DType::of<std::uint16_t>()
                        : itemsize == 4 ? DType::of<float>()
                                        : DType::of<double>();
    return Array::from_memory(memory.data() + 100 + RandomIndex(random, -20, 20), dtype, shape,
                              strides, true);
  };
  const auto bytes = [&](const Array& a) {
    std::vector<bool> reached(400, false);
    ForEachPosition(a.shape(), [&](const Shape& position) {
      const std::ptrdiff_t at = AddressAt(a, position) - memory.data() + 100;
      for (std::size_t i = 0; i < a.itemsize(); ++i)
        reached[static_cast<std::size_t>(at) + i] = true;
    });
    return reached;
  };
  int clashes = 0;
  for (int round = 0; round < 20000; ++round) {
    const Array a = view();
    const Array b = view();
    if (WritesClash(a, b)) {
      ++clashes;
      continue;
    }
    const std::vector<bool> mine = bytes(a);
    const std::vector<bool> theirs = bytes(b);
    const bool same = a.data() == b.data() && std::ranges::equal(a.strides(), b.strides());
    for (std::size_t i = 0; i < mine.size() && !same; ++i) {
      ASSERT_FALSE(mine[i] && theirs[i]) << "round " << round;
    }
  }
  EXPECT_GT(clashes, 1000);
  EXPECT_LT(clashes, 19000);
}

}  // namespace
}  // namespace quern
