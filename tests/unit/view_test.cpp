// Views: subscripts, slices, transposes, reshapes, broadcasts, other dtypes.
#include "arrays.h"

namespace quern {
namespace {

constexpr Index kLowest = std::numeric_limits<Index>::min();
constexpr Index kHighest = std::numeric_limits<Index>::max();

std::vector<std::int64_t> Taken(const Array& array, const Slice& slice) {
  return Values<std::int64_t>(array(slice));
}

// Python's slice.indices, restated: every position the slice visits.
std::vector<std::int64_t> PythonSlice(Index n, const Slice& slice) {
  const Wide step = slice.step.value_or(1);
  const auto clamped = [&](Index position) {
    Wide p = position;
    if (p < 0) p += n;
    if (step > 0) return std::clamp<Wide>(p, 0, n);
    return std::clamp<Wide>(p, -1, n - 1);
  };
  const Wide first = step > 0 ? 0 : n - 1;
  const Wide last = step > 0 ? n : -1;
  Wide at = slice.start ? clamped(*slice.start) : first;
  const Wide stop = slice.stop ? clamped(*slice.stop) : last;
  std::vector<std::int64_t> visited;
  for (; step > 0 ? at < stop : at > stop; at += step) {
    visited.push_back(static_cast<std::int64_t>(at));
  }
  return visited;
}

TEST(Slicing, FollowsPythonForEveryCombination) {
  const std::vector<std::optional<Index>> bounds{
      {}, kLowest, kLowest + 1, -8, -7, -6, -2, -1, 0, 1, 3, 6, 7, 8, kHighest - 1, kHighest};
  const std::vector<std::optional<Index>> steps{
      {}, 1, 2, 3, 6, 7, 100, kHighest, -1, -2, -3, -7, -100, kHighest * -1, kLowest};
  for (Index n : {0, 1, 2, 7}) {
    const Array array = Iota<std::int64_t>({n});
    for (const auto& start : bounds) {
      for (const auto& stop : bounds) {
        for (const auto& step : steps) {
          const Slice slice{start, stop, step};
          ASSERT_EQ(Taken(array, slice), PythonSlice(n, slice))
              << n << ": " << start.value_or(-99) << ':' << stop.value_or(-99) << ':'
              << step.value_or(-99);
        }
      }
    }
  }
}

TEST(Slicing, RefusesAStepOfZero) {
  EXPECT_EQ(MessageOf<ValueError>([] {
              zeros({3})(Slice{{}, {}, 0});
            }),
            "index: slice step cannot be zero");
  EXPECT_THROW(zeros({0})(Slice{{}, {}, 0}), ValueError);
}

TEST(Indexing, TakesPositionsFromBothEnds) {
  const Array array = Iota<std::int64_t>({3, 4});
  EXPECT_EQ(array(1, 2).item<int>(), 6);
  EXPECT_EQ(array(-1, -4).item<int>(), 8);
  EXPECT_EQ(ShapeOf(array(1)), (Shape{4}));
  EXPECT_EQ(Values<std::int64_t>(array(-1)), (std::vector<std::int64_t>{8, 9, 10, 11}));
  EXPECT_EQ(array(1, 2).ndim(), 0u);
  EXPECT_EQ(ShapeOf(array()), (Shape{3, 4})) << "no items: the whole array";
  EXPECT_EQ(Array::scalar(5.0)().item<int>(), 5);
}

TEST(Indexing, RefusesPositionsOutside) {
  const Array array = zeros({3, 4});
  EXPECT_EQ(MessageOf<IndexError>([&] { array(3); }),
            "index 3 is out of bounds for axis 0 with size 3");
  EXPECT_EQ(MessageOf<IndexError>([&] { array(0, -5); }),
            "index -5 is out of bounds for axis 1 with size 4");
  EXPECT_THROW(array(kHighest), IndexError);
  EXPECT_THROW(array(kLowest), IndexError);
  EXPECT_THROW(zeros({0})(0), IndexError);
  EXPECT_EQ(MessageOf<IndexError>([&] { array(0, 0, 0); }),
            "index: too many indices: array is 2-dimensional, but 3 were indexed");
  EXPECT_THROW(Array::scalar(1.0)(0), IndexError);
  EXPECT_THROW(Array::scalar(1.0)(Slice{}), IndexError);
}

TEST(Indexing, EllipsisStandsForTheAxesBetween) {
  const Array array = Iota<std::int64_t>({2, 3, 4, 5});
  EXPECT_EQ(ShapeOf(array(ellipsis)), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(ShapeOf(array(ellipsis, 0)), (Shape{2, 3, 4}));
  EXPECT_EQ(ShapeOf(array(1, ellipsis, 0)), (Shape{3, 4}));
  EXPECT_EQ(ShapeOf(array(0, 0, ellipsis, 0, 0)), (Shape{}));
  EXPECT_EQ(array(1, ellipsis, 2)(0, 1).item<int>(), 67);
  EXPECT_EQ(ShapeOf(Array::scalar(1.0)(ellipsis)), (Shape{}));
  EXPECT_EQ(MessageOf<IndexError>([&] { array(ellipsis, 0, ellipsis); }),
            "index: an index can only have a single ellipsis ('...')");
}

TEST(Indexing, NewAxisAddsAxesAnywhere) {
  const Array array = Iota<std::int64_t>({2, 3});
  EXPECT_EQ(ShapeOf(array(newaxis)), (Shape{1, 2, 3}));
  EXPECT_EQ(ShapeOf(array(ellipsis, newaxis)), (Shape{2, 3, 1}));
  EXPECT_EQ(ShapeOf(array(newaxis, 1, newaxis, Slice{})), (Shape{1, 1, 3}));
  EXPECT_EQ(ShapeOf(Array::scalar(1.0)(newaxis, ellipsis, newaxis)), (Shape{1, 1}));
  EXPECT_TRUE(array(newaxis, ellipsis, newaxis).c_contiguous());
  const std::vector<Subscript> many(kMaxRank, newaxis);
  EXPECT_EQ(Array::scalar(1.0).index(many).ndim(), kMaxRank);
  EXPECT_THROW(array.index(many), IndexError) << "66 axes";
}

TEST(Indexing, SharesMemoryAndTracksNegativeStrides) {
  const Array array = Iota<std::int64_t>({4, 5});
  const Array view = array(Slice{{}, {}, -2}, Slice{{}, {}, -1});
  EXPECT_EQ(view.strides()[0], -80);
  EXPECT_EQ(view.strides()[1], -8);
  EXPECT_EQ(Values<std::int64_t>(view),
            (std::vector<std::int64_t>{19, 18, 17, 16, 15, 9, 8, 7, 6, 5}));
  EXPECT_EQ(Values<std::int64_t>(view(Slice{{}, {}, -1}, Slice{{}, {}, -1})),
            (std::vector<std::int64_t>{5, 6, 7, 8, 9, 15, 16, 17, 18, 19}));
  view.assign(Array::scalar(std::int64_t{-1}));
  EXPECT_EQ(array(3, 0).item<int>(), -1);
  EXPECT_EQ(array(2, 0).item<int>(), 10);
}

TEST(Indexing, EmptyPartsStayInBounds) {
  const Array array = Iota<std::int64_t>({4, 5});
  for (const Array& part :
       {array(Slice{4}), array(Slice{9, 2}), array(Slice{}, Slice{3, 3}), array(Slice{0, 4, -1})}) {
    EXPECT_EQ(part.size(), 0);
    EXPECT_GE(part.data(), array.data());
    EXPECT_LE(part.data(), array.data() + array.nbytes());
    EXPECT_EQ(ShapeOf(add(part, 1)), ShapeOf(part));
  }
}

TEST(Transpose, ReordersAxes) {
  const Array array = Iota<std::int64_t>({2, 3, 4});
  EXPECT_EQ(ShapeOf(array.transpose()), (Shape{4, 3, 2}));
  EXPECT_EQ(array.transpose()(3, 1, 0).item<int>(), 7);
  EXPECT_EQ(ShapeOf(array.transpose({1, 0, 2})), (Shape{3, 2, 4}));
  EXPECT_EQ(ShapeOf(array.transpose({-1, 0, -2})), (Shape{4, 2, 3}));
  EXPECT_EQ(array.transpose({2, 0, 1})(3, 1, 2).item<int>(), 23);
  EXPECT_EQ(Array::scalar(1.0).transpose().ndim(), 0u);
  EXPECT_EQ(zeros({0, 3}).transpose().shape(0), 3);
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  const Array array = zeros({2, 3, 4});
  EXPECT_EQ(MessageOf<ValueError>([&] {
              array.transpose({0, 1});
            }),
            "transpose: 2 axes given for an array of dimension 3");
  EXPECT_EQ(MessageOf<ValueError>([&] {
              array.transpose({0, 1, -2});
            }),
            "transpose: repeated axis -2");
  EXPECT_EQ(MessageOf<AxisError>([&] {
              array.transpose({0, 1, 3});
            }),
            "transpose: axis 3 is out of bounds for array of dimension 3");
  EXPECT_THROW(array.transpose({0, 1, kLowest}), AxisError);
}

TEST(Squeeze, DropsUnitAxes) {
  EXPECT_EQ(ShapeOf(zeros({1, 3, 1, 2, 1}).squeeze()), (Shape{3, 2}));
  EXPECT_EQ(ShapeOf(zeros({1, 1}).squeeze()), (Shape{}));
  EXPECT_EQ(ShapeOf(zeros({1, 0, 1}).squeeze()), (Shape{0}));
}

TEST(BroadcastTo, RepeatsWithoutCopying) {
  const Array array = Iota<std::int64_t>({3, 1});
  const Array wide = array.broadcast_to({2, 3, 4});
  EXPECT_EQ(ShapeOf(wide), (Shape{2, 3, 4}));
  EXPECT_EQ(Shape(wide.strides().begin(), wide.strides().end()), (Shape{0, 8, 0}));
  EXPECT_FALSE(wide.writeable());
  EXPECT_EQ(wide(1, 2, 3).item<int>(), 2);
  EXPECT_EQ(ShapeOf(array.broadcast_to({3, 0})), (Shape{3, 0}));
  EXPECT_EQ(Array::scalar(2.0).broadcast_to({Index{1} << 40}).size(), Index{1} << 40);
}

TEST(BroadcastTo, RefusesWhatDoesNotFit) {
  EXPECT_EQ(MessageOf<ShapeError>([] {
              zeros({2, 3}).broadcast_to({3, 3});
            }),
            "broadcast_to: shape (2, 3) does not broadcast to shape (3, 3)");
  EXPECT_THROW(zeros({2, 3}).broadcast_to({3}), ShapeError) << "fewer axes";
  EXPECT_THROW(zeros({0}).broadcast_to({3}), ShapeError);
  EXPECT_THROW(zeros({1}).broadcast_to({-1}), ShapeError);
  EXPECT_THROW(zeros({1}).broadcast_to({Index{1} << 40, Index{1} << 40}), ShapeError);
}

// ---- reshape ------------------------------------------------------------------------------------

bool IsView(const Array& reshaped, const Array& base) { return reshaped.may_share_memory(base); }

TEST(Reshape, IsAViewWhereStridesAllow) {
  const Array array = Iota<std::int64_t>({4, 6});
  EXPECT_TRUE(IsView(array.reshape({24}), array));
  EXPECT_TRUE(IsView(array.reshape({2, 2, 3, 2}), array));
  EXPECT_TRUE(IsView(array.reshape({1, 4, 1, 6, 1}), array));
  const Array columns = array(Slice{}, Slice{{}, {}, 2});
  EXPECT_TRUE(IsView(columns.reshape({2, 2, 3}), array)) << "rows split, columns stay";
  EXPECT_TRUE(IsView(columns.reshape({12}), array)) << "the last of a row meets the next row";
  EXPECT_FALSE(IsView(array(Slice{}, Slice{0, 3}).reshape({12}), array));
  EXPECT_FALSE(IsView(array.transpose().reshape({24}), array));
  EXPECT_TRUE(IsView(array.transpose().reshape({2, 3, 4}), array));
  const Array backwards = array.reshape({24})(Slice{{}, {}, -1});
  EXPECT_TRUE(IsView(backwards.reshape({4, 6}), array)) << "negative strides merge and split";
  EXPECT_EQ(backwards.reshape({4, 6})(0, 1).item<int>(), 22);
}

TEST(Reshape, KeepsOrderWhetherViewOrCopy) {
  Random random(7);
  for (int round = 0; round < 400; ++round) {
    // An array of 24 or 36 elements seen through a random permutation and random steps.
    const Array base = Iota<std::int64_t>({4, 6, 6});
    std::array<Index, 3> axes{0, 1, 2};
    std::shuffle(axes.begin(), axes.end(), random);
    Array array = base.transpose(axes);
    array = array(Slice{{}, {}, RandomIndex(random, 0, 1) != 0 ? 1 : -1},
                  Slice{{}, {}, RandomIndex(random, 0, 1) != 0 ? 1 : 2}, ellipsis);
    const std::vector<std::int64_t> expected = Values<std::int64_t>(array);
    Shape shape;
    Index rest = array.size();
    while (rest > 1) {
      std::vector<Index> divisors;
      for (Index d = 1; d <= rest; ++d) {
        if (rest % d == 0) divisors.push_back(d);
      }
      shape.push_back(divisors[static_cast<std::size_t>(
          RandomIndex(random, 0, static_cast<Index>(divisors.size()) - 1))]);
      rest /= shape.back();
      if (shape.size() > 8) {
        shape.push_back(rest);
        break;
      }
    }
    const Array reshaped = array.reshape(shape);
    ASSERT_EQ(ShapeOf(reshaped), shape);
    ASSERT_EQ(Values<std::int64_t>(reshaped), expected);
  }
}

TEST(Reshape, FindsOneUnknownExtent) {
  const Array array = Iota<std::int64_t>({4, 6});
  EXPECT_EQ(ShapeOf(array.reshape({-1})), (Shape{24}));
  EXPECT_EQ(ShapeOf(array.reshape({2, -1, 3})), (Shape{2, 4, 3}));
  EXPECT_EQ(ShapeOf(array.reshape({24, -1})), (Shape{24, 1}));
  EXPECT_EQ(ShapeOf(Array::scalar(1.0).reshape({-1})), (Shape{1}));
  EXPECT_EQ(ShapeOf(zeros({0, 3}).reshape({-1, 3})), (Shape{0, 3}));
  EXPECT_EQ(ShapeOf(zeros({0, 3}).reshape({5, 0})), (Shape{5, 0}));
  EXPECT_EQ(ShapeOf(zeros({0}).reshape({-1})), (Shape{0}));
  EXPECT_EQ(ShapeOf(zeros({1, 1, 1}).reshape({})), (Shape{}));
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  const Array array = zeros({4, 6});
  EXPECT_EQ(MessageOf<ShapeError>([&] {
              array.reshape({5, 5});
            }),
            "reshape: cannot reshape array of size 24 into shape (5, 5)");
  EXPECT_EQ(MessageOf<ShapeError>([&] {
              array.reshape({-1, -1});
            }),
            "reshape: can only specify one unknown dimension");
  EXPECT_THROW(array.reshape({-1, 5}), ShapeError);
  EXPECT_THROW(array.reshape({-2, -12}), ShapeError);
  EXPECT_THROW(array.reshape({}), ShapeError);
  EXPECT_THROW(array.reshape({0, -1}), ShapeError);
  EXPECT_THROW(zeros({0}).reshape({0, -1}), ShapeError) << "any number would do";
  EXPECT_THROW(array.reshape({kHighest, kHighest, -1}), ShapeError);
  EXPECT_THROW(array.reshape({Index{1} << 32, Index{1} << 32, 24}), ShapeError);
}

TEST(Reshape, OfAReadonlyArray) {
  const Array locked = Iota<std::int64_t>({4, 6}).readonly();
  EXPECT_FALSE(locked.reshape({24}).writeable());
  EXPECT_TRUE(locked.transpose().reshape({24}).writeable()) << "a copy is the caller's own";
}

TEST(Ravel, FollowsCOrder) {
  const Array array = Iota<std::int64_t>({2, 3});
  EXPECT_TRUE(IsView(array.ravel(), array));
  EXPECT_EQ(Values<std::int64_t>(array.transpose().ravel()),
            (std::vector<std::int64_t>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(ShapeOf(Array::scalar(1.0).ravel()), (Shape{1}));
  EXPECT_EQ(ShapeOf(zeros({3, 0}).ravel()), (Shape{0}));
}

TEST(ViewAs, KeepsTheBytes) {
  const Array array = Array::from_values({1.0f, -2.0f});
  const Array bits = array.view_as(DType::of<std::uint32_t>());
  EXPECT_EQ(Values<std::uint32_t>(bits), (std::vector<std::uint32_t>{0x3f800000u, 0xc0000000u}));
  EXPECT_TRUE(bits.may_share_memory(array));
  const Array swapped = array.view_as(DType::of<float>().with_byte_order(true));
  EXPECT_EQ(Values<std::uint32_t>(swapped.view_as(DType::parse(">u4"))),
            (std::vector<std::uint32_t>{0x803fu, 0xc0u}));
  EXPECT_EQ(MessageOf<TypeError>([&] { array.view_as(DType::of<double>()); }),
            "view_as: float64 has 8-byte elements, the array's float32 has 4");
}

}  // namespace
}  // namespace quern
