// Transform: applies a body to every element of contiguous operands.
//
// Problem: one loop for all elementwise kernels, such that a result depends on its own inputs alone
// (not on position, vector width or tail) and no lane beyond the data raises a floating-point flag.
// Method: full vectors; the remainder is computed *before* the loop, as the vector that ends at the
// last element, and stored after it. Its inputs are read before an in-place loop overwrites them,
// so the lanes it shares with the loop give the same values twice. Fewer elements than a vector are
// loaded with the first element repeated in the spare lanes: these raise only what a real element
// raises. One vector per iteration: unrolling gained nothing measurable, since the out-of-order
// window overlaps iterations by itself. Vectors that lie across cache lines cost a fifth (30,000
// double additions: 0.256 ns each against 0.213), stores most, so the second vector starts where the
// output is aligned, computing some elements of the first a second time; except in place, where these
// would be gone.
//
// A body is a function object (D d, FlagSet& flags, V0 a, V1 b, ...) -> result. All operands have
// the same number of lanes: that of a full vector of the widest type; narrower operands are partial
// vectors. d is the tag of the first input. The result is a vector of the output's lanes or, for
// Bool outputs, a mask of lanes as wide as the widest input, or a std::bool_constant: the value of
// every element, which is filled in without reading the inputs.
// A body with several results takes a function object after its inputs and calls it once, with a
// vector for each output: vectors of unknown size cannot be members of a class, so nothing could
// hold them together.
// A complex operand is two vectors, of its real and of its imaginary parts, in the body's
// parameters and in its results alike; in memory the parts of each element lie side by side.
#if defined(QUERN_SIMD_TRANSFORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_TRANSFORM_INL_H_
#undef QUERN_SIMD_TRANSFORM_INL_H_
#else
#define QUERN_SIMD_TRANSFORM_INL_H_
#endif

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/bool.h"
#include "core/fp_flags.h"
#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/lane.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Tag for lanes of T, as many as fit a full vector of kBytes-wide lanes.
template <class T, std::size_t kBytes>
using TagBeside = hn::Rebind<Lane<T>, hn::ScalableTag<Unsigned<kBytes>>>;

// n elements (1 <= n < lanes) from p; the other lanes repeat p[0].
template <class D>
HWY_INLINE hn::Vec<D> LoadPadded(D d, const hn::TFromD<D>* p, std::size_t n) {
  return hn::LoadNOr(hn::Set(d, p[0]), d, p, n);
}

// Partial loads and stores of 8 and 16-bit lanes take hundreds of bytes of code where the target
// has no such instruction; through memory they take a call of memcpy. (Sharing one function for
// all kernels is no way out: GCC ends a kernel with a jump to it and leaves the upper halves of the
// registers in use, which costs the baseline code around the kernel hundreds of cycles.)
template <class D>
HWY_INLINE hn::Vec<D> LoadPaddedNarrow(D d, const hn::TFromD<D>* p, std::size_t n) {
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(D())];
  hn::Store(hn::Set(d, p[0]), d, lanes);
  std::memcpy(lanes, p, n * sizeof(lanes[0]));
  return hn::Load(d, lanes);
}
template <class D>
HWY_INLINE void StoreFirstNarrow(hn::Vec<D> v, D d, hn::TFromD<D>* p, std::size_t n) {
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  std::memcpy(p, lanes, n * sizeof(lanes[0]));
}

// The vector that ends at element n, or all n elements if they do not fill one.
template <class D>
HWY_INLINE hn::Vec<D> LoadLast(D d, const hn::TFromD<D>* p, std::size_t n) {
  const std::size_t lanes = hn::Lanes(d);
  if (HWY_LIKELY(n >= lanes)) return hn::LoadU(d, p + (n - lanes));
  if constexpr (sizeof(hn::TFromD<D>) < 4) {
    return LoadPaddedNarrow(d, p, n);
  } else {
    return LoadPadded(d, p, n);
  }
}

// Stores where LoadLast loads from.
template <class D, class V>
HWY_INLINE void StoreLast(V v, D d, hn::TFromD<D>* p, std::size_t n) {
  const std::size_t lanes = hn::Lanes(d);
  if (HWY_LIKELY(n >= lanes)) {
    hn::StoreU(v, d, p + (n - lanes));
  } else if constexpr (sizeof(hn::TFromD<D>) < 4) {
    StoreFirstNarrow(v, d, p, n);
  } else {
    hn::StoreN(v, d, p, n);
  }
}

// The parts of a vector's worth of complex elements, and back. In any order is quicker, where all
// operands are complex: even and odd lanes of two vectors are exchanged with each other only.
template <bool any_order, class D>
HWY_INLINE void LoadPairs(D d, const hn::TFromD<D>* p, hn::Vec<D>& real, hn::Vec<D>& imag) {
  if constexpr (any_order && HWY_TARGET != HWY_SCALAR) {
    const auto first = hn::LoadU(d, p);
    const auto second = hn::LoadU(d, p + hn::Lanes(d));
    real = hn::InterleaveEven(d, first, second);
    imag = hn::InterleaveOdd(d, first, second);
  } else {
    hn::LoadInterleaved2(d, p, real, imag);
  }
}
template <bool any_order, class D>
HWY_INLINE void StorePairs(hn::Vec<D> real, hn::Vec<D> imag, D d, hn::TFromD<D>* p) {
  if constexpr (any_order && HWY_TARGET != HWY_SCALAR) {
    hn::StoreU(hn::InterleaveEven(d, real, imag), d, p);
    hn::StoreU(hn::InterleaveOdd(d, real, imag), d, p + hn::Lanes(d));
  } else {
    hn::StoreInterleaved2(real, imag, d, p);
  }
}

// The parts of the complex elements that end at element n, or of all n if they fill no vector.
template <bool any_order, class D>
HWY_INLINE void LoadLastPairs(D d, const hn::TFromD<D>* p, std::size_t n, hn::Vec<D>& real,
                              hn::Vec<D>& imag) {
  const std::size_t lanes = hn::Lanes(d);
  if (HWY_LIKELY(n >= lanes)) return LoadPairs<any_order>(d, p + 2 * (n - lanes), real, imag);
  HWY_ALIGN hn::TFromD<D> room[2 * hn::MaxLanes(D())];
  hn::StoreInterleaved2(hn::Set(d, p[0]), hn::Set(d, p[1]), d, room);
  std::memcpy(room, p, 2 * n * sizeof(room[0]));
  LoadPairs<any_order>(d, room, real, imag);
}

// Bytes 0 or 1 for the lanes of a mask.
template <class D, class M>
HWY_INLINE hn::Vec<hn::Rebind<std::uint8_t, D>> BytesFromMask(D d, M mask) {
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<std::uint8_t, D> d8;
  const auto ones = hn::IfThenElseZero(hn::RebindMask(du, mask), hn::Set(du, 1));
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return ones;
  } else {
    return hn::TruncateTo(d8, ones);
  }
}

// The masks of two vectors `wide` as one mask with lanes of half the size. Where masks are vectors,
// Highway demotes their lanes with saturation, which takes several times as long from 64 bits;
// lanes of a mask are all zeros or all ones, so dropping the upper halves does.
template <class D, class DWide, class M>
HWY_INLINE hn::Mask<D> NarrowMasks(D d, DWide wide, M lower, M upper) {
  if constexpr (sizeof(hn::TFromD<D>) == 4 && !HWY_HAVE_SCALABLE) {
    if constexpr (sizeof(M) >= 16) {
      return hn::MaskFromVec(
          hn::OrderedTruncate2To(d, hn::VecFromMask(wide, lower), hn::VecFromMask(wide, upper)));
    }
  }
  return hn::OrderedDemote2MasksTo(d, wide, lower, upper);
}

// Whether a body's result is the same for every element.
template <class Result>
inline constexpr bool kIsConstant =
    std::is_same_v<Result, std::true_type> || std::is_same_v<Result, std::false_type>;

// The inputs of a loop that takes as many elements at a time as a vector has lanes of kBytes.
template <std::size_t kBytes, bool kAnyOrder, class... In>
struct TransformInputs {
  using First = std::tuple_element_t<0, std::tuple<In...>>;
  template <class T>
  using Tag = TagBeside<T, kBytes>;
  using Inputs = std::tuple<const Lane<In>*...>;
  using Index = std::index_sequence_for<In...>;

  template <std::size_t... I>
  static HWY_INLINE Inputs Pointers(const void* const* in, std::index_sequence<I...>) {
    return {static_cast<const Lane<In>*>(in[I])...};
  }

  static constexpr bool kAllReal = ((kParts<In> == 1) && ...);

  // Calls `call` with the vectors of all inputs. `load` brings one vector, or the two of a complex
  // input in its further arguments.
  template <std::size_t kInput = 0, class Load, class Call, class... V>
  static HWY_INLINE auto WithInputs(const Inputs& in, const Load& load, const Call& call,
                                    V... vectors) {
    if constexpr (kInput == sizeof...(In)) {
      return call(vectors...);
    } else {
      using T = std::tuple_element_t<kInput, std::tuple<In...>>;
      const Lane<T>* const p = std::get<kInput>(in);
      if constexpr (kParts<T> == 1) {
        return WithInputs<kInput + 1>(in, load, call, vectors..., load(Tag<T>(), p));
      } else {
        hn::Vec<Tag<T>> real;
        hn::Vec<Tag<T>> imag;
        load(Tag<T>(), p, real, imag);
        return WithInputs<kInput + 1>(in, load, call, vectors..., real, imag);
      }
    }
  }

  // The body on the full vector that starts at element i. `store` takes several results.
  template <class Body, std::size_t... I, class... Store>
  static HWY_INLINE auto At(const Body& body, FlagSet& flags, const Inputs& in, std::size_t i,
                            std::index_sequence<I...>, const Store&... store) {
    if constexpr (kAllReal) {
      return body(Tag<First>(), flags, hn::LoadU(Tag<In>(), std::get<I>(in) + i)..., store...);
    } else {
      const auto load = [i](auto d, const auto* p, auto&... parts) HWY_ATTR {
        if constexpr (sizeof...(parts) == 0) {
          return hn::LoadU(d, p + i);
        } else {
          LoadPairs<kAnyOrder>(d, p + 2 * i, parts...);
        }
      };
      return WithInputs(in, load, [&](auto... vectors) HWY_ATTR {
        return body(Tag<First>(), flags, vectors..., store...);
      });
    }
  }

  // The body on the vector that ends at element n (see LoadLast).
  template <class Body, std::size_t... I, class... Store>
  static HWY_INLINE auto Last(const Body& body, FlagSet& flags, const Inputs& in, std::size_t n,
                              std::index_sequence<I...>, const Store&... store) {
    if constexpr (kAllReal) {
      return body(Tag<First>(), flags, LoadLast(Tag<In>(), std::get<I>(in), n)..., store...);
    } else {
      const auto load = [n](auto d, const auto* p, auto&... parts) HWY_ATTR {
        if constexpr (sizeof...(parts) == 0) {
          return LoadLast(d, p, n);
        } else {
          LoadLastPairs<kAnyOrder>(d, p, n, parts...);
        }
      };
      return WithInputs(in, load, [&](auto... vectors) HWY_ATTR {
        return body(Tag<First>(), flags, vectors..., store...);
      });
    }
  }
};

template <class Signature>
struct TransformLoop;

// A Bool output takes no part in the width of a step: masks are narrowed after the body.
template <class Out, class... In>
inline constexpr std::size_t kStepBytes =
    std::is_same_v<Out, Bool> ? kWidest<In...> : kWidest<Out, In...>;

template <class Out, class... In>
struct TransformLoop<Out(In...)> : TransformInputs<kStepBytes<Out, In...>, false, In...> {
  static constexpr bool kToBool = std::is_same_v<Out, Bool>;
  static constexpr std::size_t kBytes = kStepBytes<Out, In...>;
  using Base = TransformInputs<kBytes, false, In...>;
  using typename Base::Index;
  using typename Base::Inputs;
  using Base::At;
  using Base::Last;
  using Base::Pointers;
  template <class T>
  using Tag = typename Base::template Tag<T>;

  // Where the vector after the first starts: where the output is aligned if that is worth it, else at
  // `lanes`.
  template <std::size_t... I>
  static HWY_INLINE std::size_t SecondVector(const Inputs& in, const Lane<Out>* out, std::size_t n,
                                             std::size_t lanes, std::index_sequence<I...>) {
    const void* const place = out;
    const bool in_place = ((static_cast<const void*>(std::get<I>(in)) == place) || ...);
    if (in_place || n < 16 * lanes) return lanes;
    return lanes - reinterpret_cast<std::uintptr_t>(out) / sizeof(Lane<Out>) % lanes;
  }

  // Outputs that are vectors.
  template <class Body>
  static HWY_INLINE void Vectors(const Body& body, FlagSet& flags, const Inputs& in, Lane<Out>* out,
                                 std::size_t n) {
    const Tag<Out> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t next = SecondVector(in, out, n, lanes, Index());
    const bool partial = (n - next) % lanes != 0;  // lanes is a power of two: n may be less
    auto last = hn::Zero(d);
    if (partial) last = Last(body, flags, in, n, Index());
    if (n >= lanes) {
      const std::size_t end = n - lanes;
      for (std::size_t i = 0; i <= end; i = next, next += lanes) {
        hn::StoreU(At(body, flags, in, i, Index()), d, out + i);
      }
    }
    if (partial) StoreLast(last, d, out, n);
  }

  // The mask of as many lanes of kLane bytes as a vector holds, from element i on: the body itself
  // for the widest lanes, else two wider masks narrowed into one.
  template <std::size_t kLane, class Body>
  static HWY_INLINE auto Mask(const Body& body, FlagSet& flags, const Inputs& in, std::size_t i) {
    const hn::ScalableTag<Unsigned<kLane>> d;
    if constexpr (kLane == kBytes) {
      return hn::RebindMask(d, At(body, flags, in, i, Index()));
    } else {
      const hn::ScalableTag<Unsigned<2 * kLane>> wide;
      const auto lower = Mask<2 * kLane>(body, flags, in, i);
      const auto upper = Mask<2 * kLane>(body, flags, in, i + hn::Lanes(wide));
      return NarrowMasks(d, wide, lower, upper);
    }
  }

  // Bool outputs from masks: a full vector of bytes at a time, then single vectors of the inputs.
  template <class Body>
  static HWY_INLINE void Masks(const Body& body, FlagSet& flags, const Inputs& in,
                               std::uint8_t* out, std::size_t n) {
    [[maybe_unused]] const hn::ScalableTag<std::uint8_t> d8;
    const hn::ScalableTag<Unsigned<kBytes>> d;
    const hn::Rebind<std::uint8_t, decltype(d)> d_out;
    [[maybe_unused]] const std::size_t bytes = hn::Lanes(d8);
    const std::size_t lanes = hn::Lanes(d);
    const bool partial = n % lanes != 0;
    auto last = hn::Zero(d_out);
    if (partial) last = BytesFromMask(d, hn::RebindMask(d, Last(body, flags, in, n, Index())));
    std::size_t i = 0;
    // Bodies over complex numbers are large, and the narrowing is a small part of the work.
    if constexpr (Base::kAllReal) {
      for (; i + bytes <= n; i += bytes) {
        hn::StoreU(BytesFromMask(d8, Mask<1>(body, flags, in, i)), d8, out + i);
      }
    }
    if constexpr (kBytes > 1) {
      for (; i + lanes <= n; i += lanes) {
        const auto mask = hn::RebindMask(d, At(body, flags, in, i, Index()));
        hn::StoreU(BytesFromMask(d, mask), d_out, out + i);
      }
    }
    if (partial) StoreLast(last, d_out, out, n);
  }

  template <class Body>
  static HWY_INLINE FpFlags Run(const Body& body, const void* const* in, void* const* out,
                                std::size_t n) {
    using Result = decltype(At(body, std::declval<FlagSet&>(), std::declval<Inputs>(), 0, Index()));
    FlagSet flags;
    const Inputs inputs = Pointers(in, Index());
    Lane<Out>* const output = static_cast<Lane<Out>*>(out[0]);
    if constexpr (kIsConstant<Result>) {
      if (n != 0) std::memset(output, Result::value, n);
    } else if constexpr (kToBool && !std::is_same_v<Result, hn::Vec<Tag<Out>>>) {
      Masks(body, flags, inputs, output, n);
    } else {
      Vectors(body, flags, inputs, output, n);
    }
    return flags.bits();
  }
};

// Several outputs, or one that is several vectors.
template <class... T>
inline constexpr bool kAllComplex = ((kParts<T> == 2) && ...);

template <class... Out, class... In>
struct TransformLoop<Results<Out...>(In...)>
    : TransformInputs<kWidest<Out..., In...>, kAllComplex<Out..., In...>, In...> {
  static constexpr bool kAnyOrder = kAllComplex<Out..., In...>;
  using Base = TransformInputs<kWidest<Out..., In...>, kAnyOrder, In...>;
  using typename Base::Index;
  using typename Base::Inputs;
  using Outputs = std::tuple<Lane<Out>*...>;
  template <class T>
  using Tag = typename Base::template Tag<T>;

  template <std::size_t... O>
  static HWY_INLINE Outputs OutputPointers(void* const* out, std::index_sequence<O...>) {
    return {static_cast<Lane<Out>*>(out[O])...};
  }

  // Stores the results at element i: a vector for each output, two for a complex one.
  template <std::size_t kOutput = 0>
  static HWY_INLINE void Store(const Outputs& /*out*/, std::size_t /*i*/) {}
  template <std::size_t kOutput = 0, class V, class... Rest>
  static HWY_INLINE void Store(const Outputs& out, std::size_t i, V result, Rest... rest) {
    using T = std::tuple_element_t<kOutput, std::tuple<Out...>>;
    if constexpr (kParts<T> == 1) {
      hn::StoreU(result, Tag<T>(), std::get<kOutput>(out) + i);
      Store<kOutput + 1>(out, i, rest...);
    } else {
      StoreComplex<kOutput>(out, i, result, rest...);
    }
  }
  template <std::size_t kOutput, class V, class... Rest>
  static HWY_INLINE void StoreComplex(const Outputs& out, std::size_t i, V real, V imag,
                                      Rest... rest) {
    using T = std::tuple_element_t<kOutput, std::tuple<Out...>>;
    StorePairs<kAnyOrder>(real, imag, Tag<T>(), std::get<kOutput>(out) + 2 * i);
    Store<kOutput + 1>(out, i, rest...);
  }

  // Copies the last `count` of the elements that `last` holds to the end of n elements.
  template <std::size_t... O>
  static HWY_INLINE void CopyLast(const Outputs& last, std::size_t count, const Outputs& out,
                                  std::size_t n, std::index_sequence<O...>) {
    (std::memcpy(std::get<O>(out) + kParts<Out> * (n - count), std::get<O>(last),
                 count * sizeof(Out)),
     ...);
  }

  // Room for a vector's worth of an output.
  template <class T>
  struct Room {
    HWY_ALIGN Lane<T> lanes[kParts<T> * hn::MaxLanes(Tag<T>())];
  };

  template <class Body>
  static HWY_INLINE FpFlags Run(const Body& body, const void* const* in, void* const* out,
                                std::size_t n) {
    constexpr std::index_sequence_for<Out...> kOutputs;
    const std::size_t lanes = hn::Lanes(Tag<typename Base::First>());
    const Inputs inputs = Base::Pointers(in, Index());
    const Outputs outputs = OutputPointers(out, kOutputs);
    FlagSet flags;
    std::tuple<Room<Out>...> rooms;
    const Outputs last = std::apply([](auto&... room) { return Outputs{room.lanes...}; }, rooms);
    const bool partial = n % lanes != 0;
    if (partial) {
      Base::Last(body, flags, inputs, n, Index(),
                 [&](auto... results) HWY_ATTR { Store(last, 0, results...); });
    }
    for (std::size_t i = 0; i + lanes <= n; i += lanes) {
      Base::At(body, flags, inputs, i, Index(),
               [&](auto... results) HWY_ATTR { Store(outputs, i, results...); });
    }
    if (partial) CopyLast(last, std::min(n, lanes), outputs, n, kOutputs);
    return flags.bits();
  }
};

template <class Part, class... In>
struct TransformLoop<std::complex<Part>(In...)>
    : TransformLoop<Results<std::complex<Part>>(In...)> {};

// out[0][i] = body(in[0][i], in[1][i], ...) for i in [0, n). Signature is Out(In...) in storage
// types, or Results<Out...>(In...) for several outputs. The output may coincide exactly with an
// input of the same element size, else overlaps nothing. Returns the flags that the body raised.
template <class Signature, class Body>
HWY_INLINE FpFlags Transform(const Body& body, const void* const* in, void* const* out,
                             std::size_t n) {
  return TransformLoop<Signature>::Run(body, in, out, n);
}

// The same for complex operands whose parts do not meet: the body is that of either part, and n
// elements are 2 n real ones.
template <class Signature>
struct PartsOf;
template <class Out, class... In>
struct PartsOf<Out(In...)> {
  using type = Lane<Out>(Lane<In>...);
};
template <class Signature, class Body>
HWY_INLINE FpFlags TransformParts(const Body& body, const void* const* in, void* const* out,
                                  std::size_t n) {
  return Transform<typename PartsOf<Signature>::type>(body, in, out, 2 * n);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_TRANSFORM_INL_H_
