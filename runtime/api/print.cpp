// Printing arrays as NumPy does by default: eight digits of precision, columns aligned, long axes
// shortened.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "quern/array.hpp"

namespace quern {
namespace {

constexpr int kPrecision = 8;

std::string Digits(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer;
  const auto end =
      precision < 0 ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr
                    : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format,
                                    precision)
                          .ptr;
  return {buffer.data(), end};
}

// Digits after the point of the shortest text that reads back as the value, at most kPrecision.
std::size_t FractionDigits(double value, bool is_float32, std::chars_format format) {
  std::array<char, 400> buffer;
  char* const last = buffer.data() + buffer.size();
  const auto end = is_float32
                       ? std::to_chars(buffer.data(), last, static_cast<float>(value), format).ptr
                       : std::to_chars(buffer.data(), last, value, format).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  text = text.substr(0, text.find('e'));
  const std::size_t point = text.find('.');
  const std::size_t digits = point == std::string_view::npos ? 0 : text.size() - point - 1;
  if (digits <= kPrecision) return digits;
  // Cut to the precision, then without trailing zeros.
  std::string cut = Digits(value, format, kPrecision);
  cut = cut.substr(0, cut.find('e'));
  const std::size_t kept = cut.find_last_not_of('0') - cut.find('.');
  return kept;
}

// One notation for all elements: scientific if they span more than three orders of magnitude or are
// very large or small, with the digits that the longest needs.
std::vector<std::string> FloatTexts(const std::vector<double>& values, bool is_float32) {
  double largest = 0.0;
  double smallest = INFINITY;
  for (double value : values) {
    if (!std::isfinite(value) || value == 0.0) continue;
    largest = std::max(largest, std::abs(value));
    smallest = std::min(smallest, std::abs(value));
  }
  const bool scientific =
      largest > 0.0 && (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000.0);
  const std::chars_format format =
      scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::size_t digits = 0;
  for (double value : values) {
    if (std::isfinite(value)) digits = std::max(digits, FractionDigits(value, is_float32, format));
  }
  std::vector<std::string> texts;
  for (double value : values) {
    if (!std::isfinite(value)) {
      texts.push_back(std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
      continue;
    }
    std::string text = Digits(value, format, static_cast<int>(digits));
    if (digits == 0) {
      const std::size_t exponent = std::min(text.find('e'), text.size());
      text.insert(exponent, ".");
    }
    // Numbers in one column end alike: fixed notation drops zeros that only others need.
    if (!scientific && digits > 0) {
      const std::size_t own = FractionDigits(value, is_float32, format);
      text.resize(text.size() - (digits - own));
      text.append(digits - own, ' ');
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> Texts(const Array& elements) {
  std::vector<std::string> texts;
  switch (elements.dtype().kind()) {
    case 'b':
      for (unsigned char value : elements.to_vector<unsigned char>()) {
        texts.push_back(value != 0 ? "True" : "False");
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
    default:
      return FloatTexts(elements.to_vector<double>(), elements.itemsize() < sizeof(double));
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

class Printer {
 public:
  Printer(const Array& array, std::size_t edge, std::size_t threshold)
      : array_(array),
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
    if (part.ndim() == 0) {
      const std::string& element = texts_[next_++];
      if (array_.ndim() == 0) {
        text += element.substr(0, element.find(' '));
        return;
      }
      text += std::string(width_ - element.size(), ' ') + element;
      return;
    }
    text += '[';
    bool first = true;
    for (Index i : Positions(part.shape()[0], edge_, shorten_)) {
      if (!first) Separate(part.ndim(), depth, text);
      first = false;
      if (i < 0) {
        text += "...";
      } else {
        Write(part(i), depth + 1, text);
      }
    }
    text += ']';
  }

  // A space between numbers; line breaks, one per axis closed, and the brackets' indent otherwise.
  static void Separate(std::size_t ndim, std::size_t depth, std::string& text) {
    if (ndim == 1) {
      text += ' ';
      return;
    }
    text += std::string(ndim - 1, '\n') + std::string(depth + 1, ' ');
  }

  const Array& array_;
  std::size_t edge_;
  bool shorten_;
  std::vector<Array> shown_;
  std::vector<std::string> texts_;
  std::size_t width_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

std::string Array::to_string(std::size_t edge, std::size_t threshold) const {
  return Printer(*this, edge, threshold).Print();
}

std::ostream& operator<<(std::ostream& stream, const Array& array) {
  return stream << array.to_string();
}

}  // namespace quern
