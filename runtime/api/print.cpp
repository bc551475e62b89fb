// Printing arrays as NumPy does by default: eight digits of precision, columns aligned, long axes
// shortened.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.h"
#include "core/registry.h"
#include "quern/array.hpp"

namespace quern {
namespace {

constexpr std::size_t kPrecision = 8;
constexpr std::size_t kLineWidth = 75;

// Shortest text that reads back as the value (precision < 0), or a given number of digits after the
// point. Float is the value's own type: its shortest text has fewer digits than that of a double.
template <class Float>
std::string Digits(Float value, std::chars_format format, int precision = -1) {
  std::array<char, 400> buffer;
  char* const first = buffer.data();
  char* const last = first + buffer.size();
  const auto result = precision < 0 ? std::to_chars(first, last, value, format)
                                    : std::to_chars(first, last, value, format, precision);
  return {first, result.ptr};
}

std::size_t FractionLength(std::string_view text) {
  text = text.substr(0, text.find('e'));
  const std::size_t point = text.find('.');
  return point == std::string_view::npos ? 0 : text.size() - point - 1;
}

// Digits after the point that a value needs: those of its shortest text, at most kPrecision, without
// trailing zeros.
template <class Float>
std::size_t NeededDigits(Float value, std::chars_format format) {
  const std::size_t shortest = FractionLength(Digits(value, format));
  if (shortest <= kPrecision) return shortest;
  std::string cut = Digits(value, format, kPrecision);
  cut = cut.substr(0, cut.find('e'));
  return cut.find_last_not_of('0') - cut.find('.');
}

template <class Float>
std::string NonFiniteText(Float value) {
  return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

// Widens the exponent of "1.5e+00" to `digits` digits.
void PadExponent(std::string& text, std::size_t digits) {
  const std::size_t first = text.find('e') + 2;
  text.insert(first, digits - std::min(digits, text.size() - first), '0');
}

// A number as the dtype would hold it.
double Rounded(double value, DType dtype) {
  const Registry& registry = Registry::Get();
  const DTypeId wide = DType::of<double>().id();
  if (dtype.id() == wide) return value;
  alignas(16) std::byte stored[16];
  registry.cast_kernel(wide, dtype.id())(&value, stored, 1);
  registry.cast_kernel(dtype.id(), wide)(stored, &value, 1);
  return value;
}

double Parsed(const std::string& text) {
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The number with the fewest digits that becomes `value`, of the dtype, when it is rounded to it.
// Its own shortest text has just these digits. Above a power of two, numbers lie farther apart than
// below it: there the next number up may do where the nearest one does not.
double Shortened(double value, DType dtype) {
  if (!std::isfinite(value) || value == 0) return value;
  for (int digits = 0;; ++digits) {
    const std::string text = Digits(value, std::chars_format::scientific, digits);
    const double nearest = Parsed(text);
    if (Rounded(nearest, dtype) == value) return nearest;
    const double unit = Parsed("1" + text.substr(text.find('e'))) / std::pow(10.0, digits);
    const double away = nearest + std::copysign(unit, value);
    const double next = Parsed(Digits(away, std::chars_format::scientific, digits));
    if (Rounded(next, dtype) == value) return next;
  }
}

// Decimal digits that every number of the dtype keeps, but at least three.
int KeptDigits(DType dtype) {
  int bits = 0;
  while (Rounded(1.0 + std::ldexp(1.0, -bits - 1), dtype) != 1.0 && bits < 52) ++bits;
  return std::max(3, static_cast<int>(bits * std::log10(2.0)));
}

// True if numbers are written with exponents: they span more than three orders of magnitude, or some
// are very small or too large for their digits. Decided in their own dtype, as NumPy does.
template <class Float>
bool NeedsExponents(const std::vector<Float>& values, DType dtype) {
  double largest = 0.0;
  double smallest = std::numeric_limits<double>::infinity();
  for (double value : values) {
    if (!std::isfinite(value) || value == 0) continue;
    largest = std::max(largest, std::abs(value));
    smallest = std::min(smallest, std::abs(value));
  }
  if (largest == 0.0) return false;
  const double most = std::pow(10.0, std::min(KeptDigits(dtype), static_cast<int>(kPrecision)));
  return largest >= most || smallest < Rounded(0.0001, dtype) ||
         Rounded(largest / smallest, dtype) > 1000.0;
}

// One notation for all elements, with the digits that the longest needs. `shortest` holds, for each
// value, the number whose shortest text is the value's; a value with fewer digits than its neighbours
// is continued with those of its own.
template <class Float>
std::vector<std::string> FloatTexts(const std::vector<Float>& values,
                                    const std::vector<Float>& shortest, DType dtype) {
  const bool scientific = NeedsExponents(values, dtype);
  const std::chars_format format =
      scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::size_t digits = 0;
  std::size_t exponent = 0;
  for (Float value : shortest) {
    if (!std::isfinite(value)) continue;
    digits = std::max(digits, NeededDigits(value, format));
    const std::string text = Digits(value, format);
    if (scientific) exponent = std::max(exponent, text.size() - text.find('e') - 2);
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      texts.push_back(NonFiniteText(values[i]));
      continue;
    }
    // Scientific numbers share their digits; others end in blanks where only their neighbours need
    // digits.
    const std::size_t needed = NeededDigits(shortest[i], format);
    const std::size_t own = scientific ? digits : needed;
    std::string text =
        Digits(own == needed ? shortest[i] : values[i], format, static_cast<int>(own));
    if (own == 0) text.insert(std::min(text.find('e'), text.size()), ".");
    if (scientific) PadExponent(text, exponent);
    text.append(digits - own, ' ');
    texts.push_back(std::move(text));
  }
  return texts;
}

// A lone number, as NumPy writes its scalars: all its digits, scientific below 1e-4 and, as Python
// writes a float, from 1e16; in narrower dtypes from where their digits end.
template <class Float>
std::string LoneFloat(Float value, DType dtype) {
  if (!std::isfinite(value)) return NonFiniteText(value);
  const double size = std::abs(static_cast<double>(value));
  const double most = dtype.size() < sizeof(double) ? std::pow(10.0, KeptDigits(dtype)) : 1e16;
  if (size != 0.0 && (size >= most || size < 1e-4)) {
    return Digits(value, std::chars_format::scientific);
  }
  std::string text = Digits(value, std::chars_format::fixed);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

// The numbers of an array of a dtype that C++ can print, and of one that it cannot.
template <class Float>
std::vector<std::string> ElementTexts(const Array& elements) {
  const std::vector<Float> values = elements.to_vector<Float>();
  return FloatTexts(values, values, elements.dtype());
}
std::vector<std::string> SmallFloatTexts(const Array& elements) {
  const std::vector<double> values = elements.to_vector<double>();
  std::vector<double> shortest = values;
  for (double& value : shortest) value = Shortened(value, elements.dtype());
  return FloatTexts(values, shortest, elements.dtype());
}

// Blanks before the shorter texts.
void AlignRight(std::vector<std::string>& texts) {
  std::size_t width = 0;
  for (const std::string& text : texts) width = std::max(width, text.size());
  for (std::string& text : texts) text.insert(0, width - text.size(), ' ');
}

// Real and imaginary parts in a notation of their own each, the latter with their sign; the j
// stands before blanks at the end.
template <class Float>
std::vector<std::string> ComplexTexts(const std::vector<std::complex<Float>>& values) {
  std::vector<Float> parts[2];
  for (const std::complex<Float>& value : values) {
    parts[0].push_back(value.real());
    parts[1].push_back(value.imag());
  }
  const DType dtype = DType::of<Float>();
  std::vector<std::string> texts = FloatTexts(parts[0], parts[0], dtype);
  std::vector<std::string> imaginary = FloatTexts(parts[1], parts[1], dtype);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (imaginary[i].front() != '-') imaginary[i].insert(0, 1, '+');
    imaginary[i].insert(imaginary[i].find_last_not_of(' ') + 1, 1, 'j');
  }
  AlignRight(texts);
  AlignRight(imaginary);
  for (std::size_t i = 0; i < values.size(); ++i) texts[i] += imaginary[i];
  return texts;
}

// A lone complex number, as Python writes it: (1+2j), and 2j where the real part is +0.
template <class Float>
std::string LoneComplex(std::complex<Float> value) {
  const DType dtype = DType::of<Float>();
  std::array<std::string, 2> parts{LoneFloat(value.real(), dtype), LoneFloat(value.imag(), dtype)};
  for (std::string& part : parts) {
    if (part.ends_with(".0")) part.resize(part.size() - 2);
  }
  if (value.real() == 0 && !std::signbit(value.real())) return parts[1] + "j";
  if (parts[1].front() != '-') parts[1].insert(0, 1, '+');
  return "(" + parts[0] + parts[1] + "j)";
}

// Points in time in quotes; spans as numbers, but for NaT, which has quotes, too.
std::string QuotedTime(std::int64_t count, DType dtype) {
  if (dtype.kind() == 'm' && count != not_a_time) return std::to_string(count);
  return "'" + DatetimeText(count, dtype.unit()) + "'";
}

// A lone time; a span with its unit in words, a multiple of which counts as that many of them.
std::string LoneTime(std::int64_t count, DType dtype) {
  constexpr std::array<std::string_view, 14> kWords{"generic time units",
                                                    "years",
                                                    "months",
                                                    "weeks",
                                                    "days",
                                                    "hours",
                                                    "minutes",
                                                    "seconds",
                                                    "milliseconds",
                                                    "microseconds",
                                                    "nanoseconds",
                                                    "picoseconds",
                                                    "femtoseconds",
                                                    "attoseconds"};
  if (dtype.kind() == 'M' || count == not_a_time) return DatetimeText(count, dtype.unit());
  const TimeUnit unit = dtype.unit();
  __extension__ using Wide = __int128;
  const auto shown = static_cast<std::int64_t>(Wide{count} * unit.multiple);
  return std::to_string(shown) + " " + std::string(kWords[static_cast<std::size_t>(unit.base)]);
}

std::vector<std::string> Texts(const Array& elements) {
  std::vector<std::string> texts;
  switch (elements.dtype().kind()) {
    case 'm':
    case 'M':
      for (std::int64_t count : elements.to_vector<std::int64_t>()) {
        texts.push_back(QuotedTime(count, elements.dtype()));
      }
      return texts;
    case 'b':
      for (unsigned char value : elements.to_vector<unsigned char>()) {
        texts.push_back(value != 0 ? " True" : "False");
      }
      return texts;
    case 'u':
      for (std::uint64_t value : elements.to_vector<std::uint64_t>()) {
        texts.push_back(std::to_string(value));
      }
      return texts;
    case 'i':
      for (std::int64_t value : elements.to_vector<std::int64_t>()) {
        texts.push_back(std::to_string(value));
      }
      return texts;
    case 'c':
      return elements.itemsize() < 2 * sizeof(double)
                 ? ComplexTexts(elements.to_vector<std::complex<float>>())
                 : ComplexTexts(elements.to_vector<std::complex<double>>());
    default:
      if (elements.itemsize() < sizeof(float)) return SmallFloatTexts(elements);
      if (elements.itemsize() < sizeof(double)) return ElementTexts<float>(elements);
      return ElementTexts<double>(elements);
  }
}

// The positions printed along an axis; -1 stands for the dots between the two ends.
std::vector<Index> Positions(Index extent, std::size_t edge, bool shorten) {
  std::vector<Index> positions;
  const Index kept = static_cast<Index>(edge);
  for (Index i = 0; i < extent; ++i) {
    if (shorten && extent > 2 * kept && i == kept) {
      positions.push_back(-1);
      i = extent - kept;
      if (kept == 0) break;
    }
    positions.push_back(i);
  }
  return positions;
}

// How elements are set: what stands between them, and the room that the text around them takes.
struct Setting {
  std::string_view separator;
  std::size_t indent;  // columns before the first bracket
  std::size_t suffix;  // columns after the last
};

class Printer {
 public:
  Printer(const Array& array, std::size_t edge, std::size_t threshold, const Setting& setting)
      : array_(array),
        setting_(setting),
        edge_(edge),
        shorten_(static_cast<std::size_t>(array.size()) > threshold) {
    Collect(array);
    if (!shown_.empty()) {
      const Array all = Gather();
      texts_ = Texts(all);
      for (const std::string& text : texts_) width_ = std::max(width_, text.size());
    }
  }

  std::string Print() {
    if (array_.size() == 0) return "[]";
    std::string text;
    Write(array_, 0, text);
    return text;
  }

  // The only element of a 0-d array, which has no neighbours to stand in line with.
  std::string Lone() const { return texts_.front().substr(texts_.front().find_first_not_of(' ')); }

 private:
  void Collect(const Array& part) {
    if (part.ndim() == 0) {
      shown_.push_back(part);
      return;
    }
    for (Index i : Positions(part.shape()[0], edge_, shorten_)) {
      if (i >= 0) Collect(part(i));
    }
  }

  Array Gather() const {
    const Array all({static_cast<Index>(shown_.size())}, array_.dtype().native());
    for (std::size_t i = 0; i < shown_.size(); ++i) all(i).assign(shown_[i]);
    return all;
  }

  void Write(const Array& part, std::size_t depth, std::string& text) {
    text += '[';
    if (part.ndim() == 1) {
      WriteLines(part, depth, text);
    } else {
      WriteRows(part, depth, text);
    }
    text += ']';
  }

  // Rows, with as many line breaks between them as axes end there.
  void WriteRows(const Array& part, std::size_t depth, std::string& text) {
    const std::string_view mark = setting_.separator.substr(0, setting_.separator.find(' '));
    const std::string gap = std::string(mark) + std::string(part.ndim() - 1, '\n') +
                            std::string(setting_.indent + depth + 1, ' ');
    bool first = true;
    for (Index i : Positions(part.shape()[0], edge_, shorten_)) {
      if (!first) text += gap;
      first = false;
      if (i < 0) {
        text += "...";
      } else {
        Write(part(i), depth + 1, text);
      }
    }
  }

  // Elements of the last axis, on a new line where the line would leave no room for all closing
  // brackets or the separator.
  void WriteLines(const Array& part, std::size_t depth, std::string& text) {
    const std::size_t width = kLineWidth - setting_.suffix - depth - 1;
    const std::size_t start = setting_.indent + depth + 1;
    std::size_t column = start;
    bool first = true;
    for (Index i : Positions(part.shape()[0], edge_, shorten_)) {
      const std::string item = i < 0 ? "..." : NextText();
      if (!first) {
        text += setting_.separator;
        column += setting_.separator.size();
      }
      first = false;
      if (column > start && column + item.size() > width) {
        text.resize(text.find_last_not_of(' ') + 1);
        text += '\n' + std::string(start, ' ');
        column = start;
      }
      text += item;
      column += item.size();
    }
  }

  std::string NextText() {
    const std::string& element = texts_[next_++];
    return std::string(width_ - element.size(), ' ') + element;
  }

  const Array& array_;
  const Setting setting_;
  std::size_t edge_;
  bool shorten_;
  std::vector<Array> shown_;
  std::vector<std::string> texts_;
  std::size_t width_ = 0;
  std::size_t next_ = 0;
};

constexpr std::size_t kEdge = 3;
constexpr std::size_t kThreshold = 1000;

}  // namespace

std::string Array::to_string(std::size_t edge, std::size_t threshold) const {
  if (ndim() == 0 && dtype().kind() == 'f') {
    const DType native = dtype().native();
    if (itemsize() < sizeof(float)) return LoneFloat(Shortened(item<double>(), native), native);
    return itemsize() < sizeof(double) ? LoneFloat(item<float>(), native)
                                       : LoneFloat(item<double>(), native);
  }
  if (ndim() == 0 && dtype().kind() == 'c') {
    return itemsize() < 2 * sizeof(double) ? LoneComplex(item<std::complex<float>>())
                                           : LoneComplex(item<std::complex<double>>());
  }
  if (ndim() == 0 && dtype().has_unit()) return LoneTime(item<std::int64_t>(), dtype());
  Printer printer(*this, edge, threshold, {" ", 0, 0});
  return ndim() == 0 ? printer.Lone() : printer.Print();
}

std::string Array::to_literal(std::size_t indent) const {
  Printer printer(*this, kEdge, kThreshold, {", ", indent, 1});
  return ndim() == 0 ? printer.Lone() : printer.Print();
}

std::ostream& operator<<(std::ostream& stream, const Array& array) {
  return stream << array.to_string();
}

}  // namespace quern
