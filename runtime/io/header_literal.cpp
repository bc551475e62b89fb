#include "io/header_literal.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "quern/errors.hpp"

namespace quern::io {
namespace {

class Parser {
 public:
  Parser(std::string_view text, bool python2_longs, std::string_view where)
      : text_(text), python2_longs_(python2_longs), where_(where) {}

  HeaderLiteral Parse() {
    Expect('{', "a dictionary");
    while (!Accept('}')) {
      Entry();
      if (Accept(',')) continue;
      Expect('}', "',' or '}'");
      break;
    }
    SkipSpace();
    if (position_ != text_.size()) Fail("something follows the dictionary");
    RequireKeys();
    return result_;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw FormatError(std::string(where_) + ": the header is not valid: " + what + " at byte " +
                      std::to_string(position_) + " of the header");
  }

  void SkipSpace() {
    while (position_ < text_.size() &&
           std::string_view(" \t\n\r\f").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }
  bool Peek(char c) {
    SkipSpace();
    return position_ < text_.size() && text_[position_] == c;
  }
  bool Accept(char c) {
    if (!Peek(c)) return false;
    ++position_;
    return true;
  }
  void Expect(char c, const char* what) {
    if (!Accept(c)) Fail("expected " + std::string(what));
  }
  bool AcceptWord(std::string_view word) {
    SkipSpace();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  void Entry() {
    SkipSpace();
    const std::size_t key_position = position_;
    const std::string key = String("a key in quotes");
    Expect(':', "':'");
    bool* const seen = SeenOf(key);
    if (seen == nullptr || *seen) {
      position_ = key_position;
      Fail(seen != nullptr ? "a second '" + key + "'"
                           : "a key other than descr, fortran_order and shape");
    }
    *seen = true;
    if (seen == &has_descr_) Descr();
    if (seen == &has_order_) FortranOrder();
    if (seen == &has_shape_) ShapeTuple();
  }
  bool* SeenOf(std::string_view key) {
    if (key == "descr") return &has_descr_;
    if (key == "fortran_order") return &has_order_;
    return key == "shape" ? &has_shape_ : nullptr;
  }
  void RequireKeys() const {
    if (!has_descr_) Fail("no 'descr'");
    if (!has_order_) Fail("no 'fortran_order'");
    if (!has_shape_) Fail("no 'shape'");
  }

  // Escapes are refused: no accepted key or descriptor needs one.
  std::string String(const char* what) {
    SkipSpace();
    const char quote = Peek('"') ? '"' : '\'';
    Expect(quote, what);
    const std::size_t begin = position_;
    while (position_ < text_.size() && text_[position_] != quote) {
      const char c = text_[position_];
      if (c == '\\' || c < ' ' || c > '~') Fail("a character that is not allowed in a string");
      ++position_;
    }
    if (position_ == text_.size()) Fail("a string without an end");
    return std::string(text_.substr(begin, position_++ - begin));
  }

  void Descr() {
    if (Peek('[') || Peek('(')) {
      throw FormatError(std::string(where_) +
                        ": holds a structured or subarray dtype; a plain dtype is accepted");
    }
    result_.descr = String("a dtype descriptor in quotes");
  }

  void FortranOrder() {
    if (AcceptWord("True")) {
      result_.fortran_order = true;
    } else if (!AcceptWord("False")) {
      Fail("expected True or False for fortran_order");
    }
  }

  // In Python, (5) is a number and (5,) a tuple.
  void ShapeTuple() {
    Expect('(', "a tuple for shape");
    bool comma = true;
    while (!Accept(')')) {
      if (!comma) Fail("expected ',' or ')' in shape");
      if (result_.shape.size() == kMaxRank) {
        Fail("shape has more than " + std::to_string(kMaxRank) + " axes");
      }
      result_.shape.push_back(Extent());
      comma = Accept(',');
    }
    if (result_.shape.size() == 1 && !comma) Fail("shape is a number, not a tuple");
  }

  Index Extent() {
    SkipSpace();
    Index value = 0;
    const char* const begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) Fail("an extent of shape that is too large");
    if (error != std::errc()) Fail("expected an integer in shape");
    position_ += static_cast<std::size_t>(end - begin);
    if (python2_longs_ && position_ < text_.size() && text_[position_] == 'L') ++position_;
    return value;
  }

  std::string_view text_;
  bool python2_longs_;
  std::string_view where_;
  std::size_t position_ = 0;
  HeaderLiteral result_;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

}  // namespace

HeaderLiteral ParseHeaderLiteral(std::string_view text, bool python2_longs,
                                 std::string_view where) {
  return Parser(text, python2_longs, where).Parse();
}

}  // namespace quern::io
