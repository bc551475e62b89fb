// Arrays as such: making them, their geometry, handles and access to elements.
#include "arrays.h"

#include <sstream>
#include <utility>

namespace quern {
namespace {

constexpr Index kHuge = std::numeric_limits<Index>::max();

TEST(Array, DefaultIsAnEmptyFloat64Row) {
  const Array array;
  EXPECT_EQ(ShapeOf(array), (Shape{0}));
  EXPECT_EQ(array.dtype(), DType::of<double>());
  EXPECT_EQ(array.size(), 0);
  EXPECT_EQ(array.nbytes(), 0u);
  EXPECT_TRUE(array.c_contiguous());
  EXPECT_TRUE(array.f_contiguous());
  EXPECT_TRUE(array.aligned());
  EXPECT_EQ(array.copy().size(), 0);
  EXPECT_EQ(add(array, array).size(), 0);
}

TEST(Array, StridesFollowTheOrder) {
  const Array rows({2, 3, 4}, DType::of<float>());
  EXPECT_EQ(Shape(rows.strides().begin(), rows.strides().end()), (Shape{48, 16, 4}));
  EXPECT_TRUE(rows.c_contiguous());
  EXPECT_FALSE(rows.f_contiguous());
  const Array columns({2, 3, 4}, DType::of<float>(), Order::F);
  EXPECT_EQ(Shape(columns.strides().begin(), columns.strides().end()), (Shape{4, 8, 24}));
  EXPECT_FALSE(columns.c_contiguous());
  EXPECT_TRUE(columns.f_contiguous());
  const Array row({1, 5}, DType::of<float>());
  EXPECT_TRUE(row.c_contiguous());
  EXPECT_TRUE(row.f_contiguous());
}

TEST(Array, BlocksAreAlignedTo64Bytes) {
  for (Index n : {0, 1, 7, 100, 5000, 400000}) {
    const Array array({n}, DType::of<double>());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 64, 0u) << n;
  }
}

TEST(Array, EveryRankUpTo64) {
  for (std::size_t rank = 0; rank <= kMaxRank; ++rank) {
    Shape shape(rank, 1);
    if (rank > 0) shape.back() = 3;
    if (rank > 2) shape[rank / 2] = 2;
    const Array array = zeros(shape, DType::of<std::int32_t>());
    ASSERT_EQ(array.ndim(), rank);
    ASSERT_EQ(ShapeOf(array), shape);
    const Array copied = array;  // extents of high ranks lie outside the object
    ASSERT_EQ(ShapeOf(copied), shape);
    ASSERT_EQ(ShapeOf(add(array, 5)), shape);
    for (std::int32_t value : Values<std::int32_t>(add(array, 5))) ASSERT_EQ(value, 5);
    ASSERT_EQ(ShapeOf(array.transpose()), Shape(shape.rbegin(), shape.rend()));
  }
}

TEST(Array, Rank65IsRefused) {
  const Shape shape(kMaxRank + 1, 1);
  EXPECT_EQ(MessageOf<ShapeError>([&] { quern::empty(shape); }),
            "empty: 65 axes; at most 64 are possible");
  EXPECT_THROW(Array::from_memory(nullptr, {}, shape, shape, false), ShapeError);
  EXPECT_THROW(Array::scalar(1.0).reshape(shape), ShapeError);
  EXPECT_THROW(Array::scalar(1.0).broadcast_to(shape), ShapeError);
}

TEST(Array, BadExtentsAreRefused) {
  EXPECT_EQ(MessageOf<ShapeError>([] {
              empty({2, -3});
            }),
            "empty: negative extent in shape (2, -3)");
  EXPECT_THROW(empty({kHuge}), ShapeError);
  EXPECT_THROW(empty({kHuge, kHuge}), ShapeError);
  EXPECT_THROW(empty({Index{1} << 32, Index{1} << 32}, DType::of<bool>()), ShapeError);
  EXPECT_THROW(empty({0, kHuge, kHuge}), ShapeError) << "as in NumPy, though nothing would be held";
  EXPECT_THROW(empty({0, -1}), ShapeError);
}

TEST(Array, MoreMemoryThanThereIsFails) {
  EXPECT_THROW(empty({Index{1} << 57}), std::bad_alloc);
  EXPECT_THROW(empty({kHuge / 8}), std::bad_alloc);
  EXPECT_EQ(zeros({3}).size(), 3) << "and leaves everything usable";
}

TEST(Array, EmptyShapesHoldNothing) {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 4}}) {
    const Array array = zeros(shape);
    EXPECT_EQ(array.size(), 0);
    EXPECT_TRUE(array.c_contiguous());
    EXPECT_TRUE(array.f_contiguous());
    EXPECT_EQ(ShapeOf(array.copy()), shape);
    EXPECT_EQ(ShapeOf(array.astype(DType::of<bool>())), shape);
    EXPECT_EQ(Values<double>(array).size(), 0u);
    EXPECT_EQ(array.to_string(), "[]");
  }
}

TEST(Array, MovedFromIsEmpty) {
  Array source = Iota<double>({2, 3});
  const Array taken = std::move(source);
  EXPECT_EQ(taken.size(), 6);
  EXPECT_EQ(ShapeOf(source), (Shape{0}));  // NOLINT(bugprone-use-after-move): that is the test
  EXPECT_EQ(source.size(), 0);
  source = taken;
  EXPECT_EQ(source.size(), 6);
  Array& itself = source;
  source = itself;
  source = std::move(itself);
  EXPECT_EQ(source.size(), 6);
}

TEST(Array, MovesAcrossRanksBothWays) {
  Array low = Iota<double>({2, 3});
  Array high = Iota<double>({1, 2, 1, 3, 1, 2});
  std::swap(low, high);
  EXPECT_EQ(ShapeOf(low), (Shape{1, 2, 1, 3, 1, 2}));
  EXPECT_EQ(ShapeOf(high), (Shape{2, 3}));
  low = high;
  EXPECT_EQ(ShapeOf(low), (Shape{2, 3}));
  EXPECT_EQ(Values<double>(low), (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

TEST(Array, HandlesShareElements) {
  const Array array = zeros({3});
  const Array handle = array;
  handle.view<double>()(1) = 7.0;
  EXPECT_EQ(array.view<double>()(1), 7.0);
  EXPECT_TRUE(array.may_share_memory(handle));
  const Array separate = array.copy();
  separate.view<double>()(1) = 8.0;
  EXPECT_EQ(array.view<double>()(1), 7.0);
  EXPECT_FALSE(array.may_share_memory(separate));
}

TEST(Array, ViewsKeepTheBufferAlive) {
  int released = 0;
  std::vector<double> memory{1, 2, 3, 4};
  Array view;
  {
    const Index shape[] = {4};
    const Index strides[] = {8};
    const Array array = Array::from_memory(memory.data(), DType::of<double>(), shape, strides, true,
                                           [&] { ++released; });
    view = array(Slice{1, 3})(Slice{}).reshape({2, 1}).transpose();
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ(Values<double>(view), (std::vector<double>{2, 3}));
  view = Array();
  EXPECT_EQ(released, 1);
}

TEST(Array, FromMemoryNeedsAStridePerAxis) {
  double memory[4] = {};
  const Index shape[] = {2, 2};
  const Index strides[] = {8};
  EXPECT_EQ(MessageOf<ShapeError>(
                [&] { Array::from_memory(memory, DType::of<double>(), shape, strides, true); }),
            "from_memory: 1 strides for 2 axes");
}

TEST(Array, ReadonlyHandlesRefuseWrites) {
  const Array array = zeros({3});
  Array locked = array.readonly();
  EXPECT_TRUE(array.writeable());
  EXPECT_FALSE(locked.writeable());
  EXPECT_FALSE(locked(Slice{}).writeable()) << "views inherit the protection";
  EXPECT_FALSE(locked.transpose().writeable());
  EXPECT_FALSE(locked.reshape({3, 1}).writeable());
  EXPECT_TRUE(locked.copy().writeable());
  EXPECT_THROW(locked.assign(ones({3})), ReadOnlyError);
  EXPECT_EQ(MessageOf<ReadOnlyError>([&] { add(array, 1.0, {.out = &locked}); }),
            "add: output array is read-only");
  EXPECT_THROW(ufuncs::add().at(locked, Array::from_values({std::int64_t{0}}), nullptr),
               ReadOnlyError);
  EXPECT_EQ(Values<double>(array), (std::vector<double>{0, 0, 0}));
}

TEST(Array, AlignmentCountsStridesOfAxesThatMove) {
  alignas(8) std::byte memory[64] = {};
  const auto over = [&](std::ptrdiff_t offset, Shape shape, Shape strides) {
    return Array::from_memory(memory + offset, DType::of<double>(), shape, strides, true);
  };
  EXPECT_TRUE(over(0, {4}, {8}).aligned());
  EXPECT_FALSE(over(1, {4}, {8}).aligned());
  EXPECT_FALSE(over(0, {4}, {9}).aligned());
  EXPECT_TRUE(over(0, {1}, {9}).aligned());
  EXPECT_TRUE(over(1, {0}, {8}).aligned());
}

TEST(Array, ContiguityIgnoresUnitAxes) {
  std::byte memory[64];
  const auto over = [&](Shape shape, Shape strides) {
    return Array::from_memory(memory, DType::of<float>(), shape, strides, true);
  };
  EXPECT_TRUE(over({1, 3}, {999, 4}).c_contiguous());
  EXPECT_TRUE(over({1, 3}, {999, 4}).f_contiguous());
  EXPECT_FALSE(over({2, 3}, {999, 4}).c_contiguous());
  EXPECT_FALSE(over({3}, {-4}).c_contiguous());
  EXPECT_FALSE(over({3}, {0}).c_contiguous());
  EXPECT_TRUE(over({}, {}).c_contiguous());
}

TEST(Array, MayShareMemoryComparesBounds) {
  const Array array = Iota<double>({10});
  EXPECT_TRUE(array(Slice{0, 6}).may_share_memory(array(Slice{5, 10})));
  EXPECT_FALSE(array(Slice{0, 5}).may_share_memory(array(Slice{5, 10})));
  EXPECT_TRUE(array(Slice{{}, {}, 2}).may_share_memory(array(Slice{1, {}, 2})))
      << "bounds overlap though no element does";
  const Array backwards = array(Slice{{}, {}, -1});
  EXPECT_TRUE(backwards.may_share_memory(array(Slice{0, 1})));
  EXPECT_FALSE(array(Slice{0, 0}).may_share_memory(array));
}

TEST(TypedView, NeedsDTypeByteOrderAndAlignment) {
  const Array array = zeros({2, 2});
  EXPECT_NO_THROW(array.view<double>());
  EXPECT_THROW(array.view<float>(), TypeError);
  EXPECT_THROW(array.view<std::int64_t>(), TypeError);
  EXPECT_THROW(Placed(kLayouts[7], array.shape(), array.dtype()).array().view<double>(), TypeError);
  EXPECT_THROW(Placed(kLayouts[6], array.shape(), array.dtype()).array().view<double>(), TypeError);
}

TEST(TypedView, ReachesElementsOfStridedArrays) {
  const Array array = Iota<double>({4, 6})(Slice{{}, {}, -1}, Slice{1, {}, 2});
  const View<double> view = array.view<double>();
  EXPECT_EQ(view.size(), 12);
  EXPECT_EQ(view.shape(1), 3);
  EXPECT_EQ(view(0, 0), 19.0);
  EXPECT_EQ(view(3, 2), 5.0);
  view(3, 2) = -1.0;
  EXPECT_EQ(array(3, 2).item<double>(), -1.0);
}

TEST(Array, ItemNeedsOneElement) {
  EXPECT_EQ(Array::scalar(2.5).item<double>(), 2.5);
  EXPECT_EQ(full({1, 1}, 2.5).item<int>(), 2);
  EXPECT_TRUE(Array::scalar(2.5).item<bool>());
  EXPECT_EQ(MessageOf<ValueError>([] { zeros({2}).item<double>(); }),
            "item: the array has 2 elements; exactly one is needed");
  EXPECT_THROW(zeros({0}).item<double>(), ValueError);
}

TEST(Array, ToVectorConvertsInCOrder) {
  const Array array = Iota<std::int16_t>({2, 3}).transpose();
  EXPECT_EQ(array.to_vector<double>(), (std::vector<double>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(array.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0, 3, 1, 4, 2, 5}));
}

// ---- Creation -----------------------------------------------------------------------------------

TEST(Creation, FillsEveryDType) {
  for (DType dtype : AllDTypes()) {
    SCOPED_TRACE(std::string(dtype.name()));
    EXPECT_EQ(Values<double>(zeros({2, 2}, dtype)), (std::vector<double>{0, 0, 0, 0}));
    EXPECT_EQ(Values<double>(ones({3}, dtype)), (std::vector<double>{1, 1, 1}));
    EXPECT_EQ(full({2}, 1.0, dtype).dtype(), dtype);
    EXPECT_EQ(zeros({2}, dtype.with_byte_order(true)).dtype(), dtype.with_byte_order(true));
    EXPECT_EQ(Values<double>(ones({2}, dtype.with_byte_order(true))), (std::vector<double>{1, 1}));
    EXPECT_EQ(ones({0}, dtype).size(), 0);
    EXPECT_EQ(ones({}, dtype).item<double>(), 1.0);
  }
}

TEST(Creation, ArangeCountsByCeiling) {
  EXPECT_EQ(Values<double>(arange(4)), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(Values<double>(arange(2, 5)), (std::vector<double>{2, 3, 4}));
  EXPECT_EQ(arange(0, 1, 0.3).size(), 4);
  EXPECT_EQ(arange(0, 0.9, 0.3).size(), 3);
  EXPECT_EQ(Values<double>(arange(5, 0, -2)), (std::vector<double>{5, 3, 1}));
  EXPECT_EQ(arange(5, 0).size(), 0);
  EXPECT_EQ(arange(0).size(), 0);
  const Array bytes = arange(0, 300, 1, DType::of<std::int16_t>());
  EXPECT_EQ(bytes.dtype(), DType::of<std::int16_t>());
  EXPECT_EQ(bytes(-1).item<int>(), 299);
}

TEST(Creation, ArangeRefusesWhatHasNoLength) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_THROW(arange(0, 1, 0), ValueError);
  EXPECT_THROW(arange(0, kInf), ValueError);
  EXPECT_THROW(arange(0, 1, std::numeric_limits<double>::quiet_NaN()), ValueError);
  EXPECT_THROW(arange(0, 1e300), ValueError);
}

TEST(Creation, FromValuesCopies) {
  std::vector<float> values{1, 2, 3};
  const Array array = Array::from_values(std::span<const float>(values));
  values[0] = 9;
  EXPECT_EQ(Values<float>(array), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(Array::from_values<float>({}).size(), 0);
  EXPECT_EQ(Array::from_values({true, false}).dtype(), DType::of<bool>());
  EXPECT_EQ(Array::scalar(std::uint16_t{7}).ndim(), 0u);
}

TEST(Creation, BroadcastShapesJoins) {
  const std::vector<Shape> fitting{{3, 1}, {4}, {}, {1, 1, 1}};
  EXPECT_EQ(broadcast_shapes(fitting), (Shape{1, 3, 4}));
  EXPECT_EQ(broadcast_shapes(std::vector<Shape>{{0}, {1}}), (Shape{0}));
  EXPECT_EQ(broadcast_shapes({}), Shape{});
  EXPECT_EQ(MessageOf<ShapeError>([] {
              broadcast_shapes(std::vector<Shape>{{2, 3}, {2}});
            }),
            "broadcast_shapes: operands could not be broadcast together with shapes (2, 3) (2,)");
  EXPECT_THROW(broadcast_shapes(std::vector<Shape>{{0}, {2}}), ShapeError);
  EXPECT_THROW(broadcast_shapes(std::vector<Shape>{{-1}}), ShapeError);
  EXPECT_THROW(broadcast_shapes(std::vector<Shape>{Shape(65, 1)}), ShapeError);
  EXPECT_THROW(broadcast_shapes(std::vector<Shape>{{Index{1} << 40, 1}, {Index{1} << 40}}),
               ShapeError);
}

TEST(Array, StreamsAsItPrints) {
  std::ostringstream stream;
  stream << Iota<std::int32_t>({3});
  EXPECT_EQ(stream.str(), "[0 1 2]");
}

}  // namespace
}  // namespace quern
