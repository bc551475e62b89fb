// Suggestions for mistyped names.
#ifndef QUERN_CORE_NEAREST_H_
#define QUERN_CORE_NEAREST_H_

#include <span>
#include <string>
#include <string_view>

namespace quern {

// The candidate that `word` most likely stands for, or an empty view if none is close. Closeness is
// the number of insertions, deletions, replacements and swaps of neighbours, letter case aside, and
// may reach a third of the word's length, at least one; failing that, a candidate that begins with
// the word (three letters or more) is taken. Ties go to the earlier candidate.
std::string_view NearestName(std::string_view word, std::span<const std::string_view> candidates);

// "; did you mean 'add'?", or nothing if no candidate is close: the end of an error message.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace quern

#endif  // QUERN_CORE_NEAREST_H_
