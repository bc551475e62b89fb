// One line for each loop, reduction and accumulation of every ufunc, and for each cast: its name,
// its types and a hash of its results over a fixed corpus. Every target of this machine, layout of
// the operands and number of threads has to give the same bits; where one does not, a line names
// the first element that differs with both results, and the program fails.
//
//   quern_bits [LINE]   with a name as it is listed, "add float64, float64 -> float64", the results
//
// The targets go to standard error. A NaN counts as a NaN, whatever its sign and payload.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/quern.hpp"
#include "tests/bits/corpus.h"

namespace quern::bits {
namespace {

using Bytes = std::vector<unsigned char>;

// Elements one after the other, the lowest byte of each first.
struct Elements {
  std::size_t size;  // bytes of each
  Bytes bytes;

  std::size_t count() const { return bytes.size() / size; }
  bool operator==(const Elements&) const = default;
};

// How many threads calls may use, and how operands lie in memory.
struct Way {
  int threads;
  Index step;
};
constexpr Way kWays[] = {{1, 1}, {1, 2}, {1, -1}, {3, 1}};

// The array's elements, all NaN alike.
Elements Canonical(const Array& array) {
  if (array.dtype().kind() == 'c') {
    const Elements real = Canonical(array.real());
    const Elements imag = Canonical(array.imag());
    Elements both{2 * real.size, {}};
    for (std::size_t i = 0; i < real.bytes.size(); i += real.size) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      const auto size = static_cast<std::ptrdiff_t>(real.size);
      for (const Bytes* part : {&real.bytes, &imag.bytes}) {
        both.bytes.insert(both.bytes.end(), part->begin() + at, part->begin() + at + size);
      }
    }
    return both;
  }
  const Array packed = array.copy();
  const auto* data = reinterpret_cast<const unsigned char*>(packed.data());
  Elements elements{packed.dtype().size(), Bytes(data, data + packed.nbytes())};
  constexpr std::string_view kWhole = "biumM";
  if (kWhole.find(array.dtype().kind()) != std::string_view::npos) return elements;
  const Array nan = Ufunc::find("isnan").call({packed.ravel()});
  const auto* is_nan = reinterpret_cast<const unsigned char*>(nan.data());
  for (std::size_t i = 0; i < elements.count(); ++i) {
    if (is_nan[i] != 0) std::memset(&elements.bytes[i * elements.size], 0xff, elements.size);
  }
  return elements;
}

using Results = std::vector<Elements>;

// FNV-1a of 64 bits.
std::uint64_t Hash(const Results& results) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const Elements& elements : results) {
    for (const unsigned char byte : elements.bytes) hash = (hash ^ byte) * 0x100000001b3u;
  }
  return hash;
}

// The same values at another step through memory.
Array Laid(const Array& array, Index step) {
  if (step == 1 || array.ndim() == 0) return array;
  Shape shape(array.shape().begin(), array.shape().end());
  shape.back() *= 2;
  const Array room(shape, array.dtype());
  const Slice slice =
      step == 2 ? Slice{.step = 2} : Slice{.start = shape.back() / 2 - 1, .step = -1};
  Array view = room.index({ellipsis, slice});
  view.assign(array);
  return view;
}

// What is hashed: results from operands that lie in memory in some way.
struct Subject {
  std::string name;
  std::vector<Array> operands;
  std::function<std::vector<Array>(const std::vector<Array>&)> run;
};

Results ResultsOf(const Subject& subject, Index step) {
  std::vector<Array> laid;
  for (const Array& operand : subject.operands) laid.push_back(Laid(operand, step));
  Results results;
  for (const Array& result : subject.run(laid)) results.push_back(Canonical(result));
  return results;
}

std::string Hexadecimal(const Elements& elements, std::size_t i) {
  std::string text = " ";
  char digits[3];
  for (std::size_t byte = elements.size; byte-- > 0;) {
    std::snprintf(digits, sizeof(digits), "%02x", elements.bytes[i * elements.size + byte]);
    text += digits;
  }
  return text;
}

// Element i of the results, after those of the operands if there are as many: "12: 3f80 4000 ->
// 4040".
std::string Line(const Subject& subject, const Results& results, std::size_t i) {
  std::string text = std::to_string(i) + ":";
  for (const Array& operand : subject.operands) {
    const Elements elements = Canonical(operand);
    if (elements.count() == results[0].count()) text += Hexadecimal(elements, i);
  }
  text += " ->";
  for (const Elements& elements : results) {
    if (i < elements.count()) text += Hexadecimal(elements, i);
  }
  return text;
}

// The first element in which the results differ.
std::size_t Difference(const Results& a, const Results& b) {
  for (std::size_t i = 0;; ++i) {
    for (std::size_t output = 0; output < a.size(); ++output) {
      if (i >= a[output].count()) continue;
      if (Hexadecimal(a[output], i) != Hexadecimal(b[output], i)) return i;
    }
  }
}

// Whether every target, layout and number of threads gives `expected`; tells the first that does
// not.
bool AllAgree(const Subject& subject, const Results& expected) {
  for (const std::string_view target : supported_targets()) {
    set_target(target);
    for (const Way& way : kWays) {
      const ThreadLimitScope scope(way.threads);
      const Results found = ResultsOf(subject, way.step);
      if (found == expected) continue;
      const std::size_t i = Difference(found, expected);
      std::printf("%s differs on %.*s with %d threads at step %td in element %s, elsewhere %s\n",
                  subject.name.c_str(), static_cast<int>(target.size()), target.data(), way.threads,
                  way.step, Line(subject, found, i).c_str(), Line(subject, expected, i).c_str());
      return false;
    }
  }
  return true;
}

std::string TypesText(const Ufunc& ufunc, const std::vector<DType>& types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i != 0) text += i == ufunc.inputs() ? " -> " : ", ";
    text += types[i].name();
  }
  return text;
}

// Times in loops have no unit; operands count seconds.
DType WithUnit(DType dtype) {
  const char kind = dtype.kind();
  if (kind != 'm' && kind != 'M') return dtype;
  return DType::parse(std::string(dtype.name()) + "[s]");
}

// Operands of a generalised ufunc, "(n?,k),(k,m?)->(n?,m?)": an extent for each of its dimensions.
Shape CoreShape(std::string_view signature, std::size_t operand) {
  for (std::size_t i = 0; i < operand; ++i) signature.remove_prefix(signature.find(')') + 2);
  static const std::map<char, Index> extents = {{'n', 61}, {'k', 131}, {'m', 37}};
  Shape shape;
  for (const char letter : signature.substr(0, signature.find(')'))) {
    if (const auto found = extents.find(letter); found != extents.end()) {
      shape.push_back(found->second);
    }
  }
  return shape;
}

Subject CallOf(const Ufunc& ufunc, const std::vector<DType>& types) {
  Subject subject{std::string(ufunc.name()) + " " + TypesText(ufunc, types), {}, {}};
  for (std::size_t i = 0; i < ufunc.inputs(); ++i) {
    const auto seed = static_cast<unsigned>(i);
    if (ufunc.signature().empty()) {
      subject.operands.push_back(Corpus(WithUnit(types[i]), TuplesOf(ufunc.inputs()), seed));
    } else {
      const Shape shape = CoreShape(ufunc.signature(), i);
      Index size = 1;
      for (const Index extent : shape) size *= extent;
      subject.operands.push_back(Corpus(types[i], {0, size}, seed).reshape(shape));
    }
  }
  subject.run = [&ufunc](const std::vector<Array>& operands) {
    return ufunc.call_all(std::vector<Operand>(operands.begin(), operands.end()));
  };
  return subject;
}

// Folds of long rows, of columns and of short rows, and running results.
std::vector<Subject> FoldsOf(const Ufunc& ufunc, const std::vector<DType>& types) {
  const DType dtype = WithUnit(types[0]);
  const Array row = Corpus(dtype, {0, 40'005}, 0);
  const std::string name(ufunc.name());
  const std::string text = " " + TypesText(ufunc, types);
  std::vector<Subject> subjects;
  const auto add = [&](const char* method, Array operand, auto run) {
    subjects.push_back({name + method + text, {std::move(operand)}, run});
  };
  const auto reduce = [&ufunc, dtype](const std::vector<Array>& operands) {
    return std::vector<Array>{ufunc.reduce(operands[0], {.axis = -1, .dtype = dtype}),
                              ufunc.reduce(operands[0], {.axis = 0, .dtype = dtype})};
  };
  const auto accumulate = [&ufunc, dtype](const std::vector<Array>& operands) {
    return std::vector<Array>{ufunc.accumulate(operands[0], {.dtype = dtype})};
  };
  add(".reduce(long)", row, reduce);
  add(".reduce(table)", row.reshape({635, 63}), reduce);
  add(".reduce(columns)", row.reshape({13'335, 3}), reduce);
  add(".accumulate", row, accumulate);
  return subjects;
}

Subject CastOf(DType from, DType to) {
  const DType wanted = WithUnit(to);
  Subject subject{"cast " + std::string(from.name()) + " -> " + std::string(to.name()), {}, {}};
  subject.operands.push_back(Corpus(WithUnit(from), TuplesOf(1), 0));
  subject.run = [wanted](const std::vector<Array>& operands) {
    Array result(operands[0].shape(), wanted);
    result.assign(operands[0], CastingLevel::unsafe);
    return std::vector<Array>{result};
  };
  return subject;
}

bool Folds(const Ufunc& ufunc, const std::vector<DType>& types) {
  return ufunc.signature().empty() && ufunc.inputs() == 2 && ufunc.outputs() == 1 &&
         types[0] == types[1] && types[1] == types[2];
}

// Whether the results could be had: some loops refuse some values, whatever the machine.
bool Runs(Subject& subject, Results& results) {
  try {
    results = ResultsOf(subject, 1);
    return true;
  } catch (const ValueError&) {
    // Whole numbers have no powers with negative exponents: those become 0.
    Array& last = subject.operands.back();
    if (subject.operands.size() < 2) return false;
    last = Ufunc::find("maximum").call({last, 0});
    results = ResultsOf(subject, 1);
    return true;
  }
}

class Program {
 public:
  explicit Program(std::string_view wanted) : wanted_(wanted) {}

  int Run() {
    ErrorState quiet;
    quiet.divide = quiet.over = quiet.invalid = ErrorAction::ignore;
    const ErrorStateScope scope(quiet);
    for (const std::string_view target : supported_targets()) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(target.size()), target.data());
    }
    const ReproducibleProductsScope reproducible(true);
    for (const Ufunc* ufunc : Ufunc::all()) {
      for (const std::vector<DType>& types : ufunc->loops()) {
        Enter(CallOf(*ufunc, types));
        if (!Folds(*ufunc, types)) continue;
        for (Subject& subject : FoldsOf(*ufunc, types)) Enter(std::move(subject));
      }
    }
    for (std::size_t from = 0; from < DType::count(); ++from) {
      for (std::size_t to = 0; to < DType::count(); ++to) {
        Enter(CastOf(DType::from_id(static_cast<std::uint8_t>(from)),
                     DType::from_id(static_cast<std::uint8_t>(to))));
      }
    }
    return failed_ ? 1 : 0;
  }

 private:
  void Enter(Subject subject) {
    if (!wanted_.empty() && subject.name != wanted_) return;
    set_target(supported_targets().front());
    Results results;
    try {
      if (!Runs(subject, results)) return;
    } catch (const TypeError&) {
      return;  // a method that the ufunc does not have, a cast that there is not
    }
    if (wanted_.empty()) {
      std::printf("%s: %016llx\n", subject.name.c_str(),
                  static_cast<unsigned long long>(Hash(results)));
    } else {
      for (std::size_t i = 0; i < results[0].count(); ++i) {
        std::printf("%s\n", Line(subject, results, i).c_str());
      }
    }
    failed_ = !AllAgree(subject, results) || failed_;
  }

  std::string_view wanted_;
  bool failed_ = false;
};

}  // namespace
}  // namespace quern::bits

int main(int argc, char** argv) {
  try {
    return quern::bits::Program(argc > 1 ? argv[1] : "").Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quern_bits: %s\n", error.what());
    return 2;
  }
}
