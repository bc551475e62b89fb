// Random calls: every ufunc over random shapes, strides, dtypes, byte orders, masks, outputs,
// targets and thread counts equals the same ufunc applied to one element at a time, conditions
// included.
#include "arrays.h"

#include <cstdlib>

namespace quern {
namespace {

// An operand in a random place: axes permuted and turned round, steps, padding, byte order.
class RandomlyPlaced {
 public:
  RandomlyPlaced(Random& random, const Shape& shape, DType dtype) {
    std::vector<Index> axes(shape.size());
    std::iota(axes.begin(), axes.end(), Index{0});
    std::shuffle(axes.begin(), axes.end(), random);
    Shape permuted;
    for (Index axis : axes) permuted.push_back(shape[static_cast<std::size_t>(axis)]);
    const Index last = static_cast<Index>(kLayouts.size()) - 1;
    const auto choice = static_cast<std::size_t>(RandomIndex(random, -3, last));
    layout_ = kLayouts[choice < kLayouts.size() ? choice : 0];  // plain ones more often
    placed_ = std::make_unique<Placed>(layout_, permuted, dtype);
    std::vector<Index> inverse(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) {
      inverse[static_cast<std::size_t>(axes[i])] = static_cast<Index>(i);
    }
    view_ = placed_->array().transpose(inverse);
    std::vector<Subscript> turns;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      turns.push_back(RandomIndex(random, 0, 3) == 0 ? Slice{{}, {}, -1} : Slice{});
    }
    view_ = view_.index(turns);
  }
  const Array& array() const { return view_; }
  bool Untouched() const { return placed_->Untouched(); }
  const char* name() const { return layout_.name; }

 private:
  Layout layout_;
  std::unique_ptr<Placed> placed_;
  Array view_;
};

Shape RandomShape(Random& random, Index most) {
  Shape shape(static_cast<std::size_t>(RandomIndex(random, 0, 5)));
  for (Index& extent : shape) {
    const Index drawn = RandomIndex(random, 0, 19);
    extent = drawn == 0 ? 0 : drawn < 5 ? 1 : RandomIndex(random, 2, 9);
    if (drawn == 19) extent = RandomIndex(random, 10, 300);
    if (extent > most) extent = 1;
    most /= std::max<Index>(extent, 1);
  }
  return shape;
}

// A shape that broadcasts to `shape`.
Shape Narrowed(Random& random, const Shape& shape) {
  Shape narrowed = shape;
  for (Index& extent : narrowed) {
    if (RandomIndex(random, 0, 4) == 0) extent = 1;
  }
  if (RandomIndex(random, 0, 3) == 0) {
    const Index dropped = RandomIndex(random, 0, static_cast<Index>(shape.size()));
    narrowed.erase(narrowed.begin(), narrowed.begin() + dropped);
  }
  return narrowed;
}

// One random call and its restatement by elements.
class RandomCall {
 public:
  RandomCall(std::uint64_t seed, Index most_elements) : random_(seed) {
    ChooseUfunc();
    shape_ = RandomShape(random_, most_elements);
    for (std::size_t i = 0; i < ufunc_->inputs(); ++i) {
      inputs_.emplace_back(random_, Narrowed(random_, shape_), types_[i]);
      FillRandom(random_, inputs_.back().array());
    }
    if (RandomIndex(random_, 0, 2) == 0) MakeMask();
    const DType loop_output = ufunc_->resolve(types_).types[ufunc_->inputs()];
    out_type_ = RandomIndex(random_, 0, 2) != 0 ? loop_output : RandomDType();
    with_out_ = mask_ != nullptr || RandomIndex(random_, 0, 1) == 0;
    if (!with_out_) out_type_ = loop_output;
  }

  void Run() {
    const Shape shape = ResultShape();
    RandomlyPlaced out(random_, shape, out_type_);
    FillRandom(random_, out.array());
    const Array before = out.array().copy();
    int reported = 0;
    const Array result = CallWhole(out.array(), reported);
    ASSERT_EQ(ShapeOf(result), shape);
    int expected_flags = 0;
    ForEachPosition(shape, [&](const Shape& position) {
      if (HasFailed()) return;
      const Element expected = mask_ == nullptr || IsSelected(position)
                                   ? CallOne(position, expected_flags)
                                   : ElementAt(before, position);
      if (!SameElement(ElementAt(result, position), expected, out_type_)) {
        ADD_FAILURE() << Text() << ": " << ElementText(ElementAt(result, position), out_type_)
                      << " instead of " << ElementText(expected, out_type_);
      }
    });
    EXPECT_EQ(reported, expected_flags) << Text();
    EXPECT_TRUE(out.Untouched()) << Text();
    for (const RandomlyPlaced& input : inputs_) EXPECT_TRUE(input.Untouched()) << Text();
  }

  static bool HasFailed() { return ::testing::Test::HasFailure(); }

 private:
  DType RandomDType() {
    const auto last = static_cast<Index>(DType::count()) - 1;
    return DType::from_id(static_cast<std::uint8_t>(RandomIndex(random_, 0, last)));
  }

  void ChooseUfunc() {
    const std::vector<const Ufunc*> all = Ufunc::all();
    for (;;) {
      ufunc_ = all[static_cast<std::size_t>(
          RandomIndex(random_, 0, static_cast<Index>(all.size()) - 1))];
      if (MayRefuse(*ufunc_) || !ufunc_->signature().empty()) continue;
      types_.clear();
      const DType first = RandomDType();
      for (std::size_t i = 0; i < ufunc_->inputs(); ++i) {
        types_.push_back(RandomIndex(random_, 0, 1) != 0 ? first : RandomDType());
      }
      try {
        ufunc_->resolve(types_);
        return;
      } catch (const TypeError&) {
      }
    }
  }

  void MakeMask() {
    mask_ = std::make_unique<RandomlyPlaced>(random_, Narrowed(random_, shape_), DType::of<bool>());
    const Index density = RandomIndex(random_, 0, 4);
    ForEachPosition(mask_->array().shape(), [&](const Shape& position) {
      *AddressAt(mask_->array(), position) =
          static_cast<std::byte>(RandomIndex(random_, 1, 4) <= density ? 1 : 0);
    });
  }

  Shape ResultShape() const {
    std::vector<Shape> shapes;
    for (const RandomlyPlaced& input : inputs_) shapes.push_back(ShapeOf(input.array()));
    if (mask_ != nullptr) shapes.push_back(ShapeOf(mask_->array()));
    if (with_out_) shapes.push_back(shape_);
    return broadcast_shapes(shapes);
  }

  Array CallWhole(const Array& out, int& reported) {
    const std::vector<std::string_view> targets = supported_targets();
    target_ = targets[static_cast<std::size_t>(
        RandomIndex(random_, 0, static_cast<Index>(targets.size()) - 1))];
    set_target(target_);
    const ThreadLimitScope threads(static_cast<int>(RandomIndex(random_, 1, 4)));
    std::vector<Operand> operands;
    for (const RandomlyPlaced& input : inputs_) operands.emplace_back(input.array());
    Array given = out;
    CallOptions options{.casting = CastingLevel::unsafe};
    if (with_out_) options.out = &given;
    if (mask_ != nullptr) options.where = &mask_->array();
    ReportedFlags flags;
    const Array result = ufunc_->call(operands, options);
    reported = flags.Take();
    set_target(supported_targets().front());
    return result;
  }

  bool IsSelected(const Shape& position) const {
    return *AddressAt(mask_->array(), position) != std::byte{0};
  }

  // The ufunc on contiguous native arrays of one element.
  Element CallOne(const Shape& position, int& flags) {
    ReportedFlags reported;
    std::vector<Array> ones;
    for (const RandomlyPlaced& input : inputs_) {
      ones.push_back(empty({1}, input.array().dtype().native()));
      WriteElement(ones.back().data(), ones.back().dtype(), ElementAt(input.array(), position));
    }
    const std::vector<Operand> operands(ones.begin(), ones.end());
    Array out({1}, out_type_);
    ufunc_->call(operands, {.out = &out, .casting = CastingLevel::unsafe});
    flags |= reported.Take();
    return ElementAt(out, {0});
  }

  std::string Text() const {
    std::string text(ufunc_->name());
    for (const RandomlyPlaced& input : inputs_) {
      text += ' ' + input.array().dtype().str() + " (" + input.name() + ")";
    }
    return text + " -> " + out_type_.str() + (mask_ != nullptr ? " masked" : "") + " on " + target_;
  }

  Random random_;
  const Ufunc* ufunc_ = nullptr;
  std::vector<DType> types_;
  Shape shape_;
  std::vector<RandomlyPlaced> inputs_;
  std::unique_ptr<RandomlyPlaced> mask_;
  DType out_type_;
  bool with_out_ = false;
  std::string target_;
};

// Runs calls of consecutive seeds; QUERN_SEED in the environment repeats a single one.
void RunCalls(std::uint64_t first_seed, int rounds, Index most_elements) {
  if (const char* seed = std::getenv("QUERN_SEED")) {
    first_seed = std::strtoull(seed, nullptr, 10);
    rounds = 1;
  }
  for (int round = 0; round < rounds && !RandomCall::HasFailed(); ++round) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(round);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomCall(seed, most_elements).Run();
  }
}

TEST(CallProperty, SmallCallsEqualElementByElement) { RunCalls(1000, 4000, 300); }
TEST(CallProperty, MiddlingCallsEqualElementByElement) { RunCalls(20000, 150, 20000); }

// Long enough for threads: whole arrays of each ufunc on contiguous and odd layouts.
TEST(CallProperty, LongCallsEqualElementByElement) {
  Random random(12);
  for (const Layout& layout : {kLayouts[0], kLayouts[5], kLayouts[9]}) {
    const Array a({3, 50021}, DType::of<float>());
    FillRandom(random, a);
    const Array b({50021}, DType::of<std::int16_t>());
    FillRandom(random, b);
    const ErrorStateScope quiet(Ignoring());
    const Array whole = [&] {
      const ThreadLimitScope threads(3);
      return add(Relaid(a, layout).array(), Relaid(b, layout).array());
    }();
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < 50021; j += 97) {
        const Array one = add(a(i, Slice{j, j + 1}), b(Slice{j, j + 1}));
        ASSERT_TRUE(SameElements(whole(i, Slice{j, j + 1}), one)) << layout.name << ' ' << j;
      }
    }
  }
}

}  // namespace
}  // namespace quern
