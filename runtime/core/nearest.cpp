#include "core/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace quern {
namespace {

// Beyond this length a word is no mistyped name; it also bounds the work on hostile input.
constexpr std::size_t kMaxWord = 64;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Optimal string alignment: edit distance in which a swap of neighbours costs one and no letter is
// edited twice. Three rows of the table are alive at a time.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string_view ByPrefix(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() < 3) return {};
  for (const std::string_view candidate : candidates) {
    if (Lower(candidate).starts_with(word)) return candidate;
  }
  return {};
}

}  // namespace

std::string_view NearestName(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kMaxWord) return {};
  const std::string lower = Lower(word);
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxWord) continue;
    const std::size_t distance = Distance(lower, Lower(candidate));
    // A candidate that shares no letter with the word is no suggestion, however short both are.
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (distance >= least || distance >= longer) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest.empty() ? ByPrefix(lower, candidates) : nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view nearest = NearestName(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

}  // namespace quern
