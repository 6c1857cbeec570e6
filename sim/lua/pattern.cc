#include "sim/lua/pattern.h"

#include <cstring>

namespace sim {
namespace {

// The C locale's classes, spelt out: the process's locale has no say.
bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool is_alpha(unsigned char c) { return is_lower(c) || is_upper(c); }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_cntrl(unsigned char c) { return c < 32 || c == 127; }
bool is_graph(unsigned char c) { return c > 32 && c < 127; }
bool is_punct(unsigned char c) { return is_graph(c) && !is_alpha(c) && !is_digit(c); }
bool is_xdigit(unsigned char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool in_class(unsigned char c, unsigned char letter) {
  bool result = false;
  switch (letter | 0x20) {
    case 'a': result = is_alpha(c); break;
    case 'c': result = is_cntrl(c); break;
    case 'd': result = is_digit(c); break;
    case 'g': result = is_graph(c); break;
    case 'l': result = is_lower(c); break;
    case 'p': result = is_punct(c); break;
    case 's': result = is_space(c); break;
    case 'u': result = is_upper(c); break;
    case 'w': result = is_alpha(c) || is_digit(c); break;
    case 'x': result = is_xdigit(c); break;
    case 'z': result = c == 0; break;
    default: return letter == c;  // an escaped character stands for itself
  }
  return is_upper(letter) ? !result : result;
}

}  // namespace

std::size_t Pattern::fail(Error error, std::string_view complaint) {
  if (error_ == Error::kNone) {
    error_ = error;
    complaint_ = complaint;
  }
  return kNoMatch;
}

std::optional<Pattern::Match> Pattern::find(std::size_t from) {
  const std::size_t p = is_anchored() ? 1 : 0;
  for (std::size_t s = from; s <= subject_.size(); ++s) {
    now_ = Match{};
    depth_ = 0;
    const std::size_t end = match(s, p);
    if (error_ != Error::kNone) return std::nullopt;
    if (end != kNoMatch) {
      now_.start = s;
      now_.end = end;
      return now_;
    }
    if (p == 1) break;
  }
  return std::nullopt;
}

std::size_t Pattern::match(std::size_t s, std::size_t p) {
  if (steps_left_ == 0) return fail(Error::kSteps);
  --steps_left_;
  if (++depth_ > kDepthMax) return fail(Error::kTooComplex);
  std::size_t result = s;
  if (p < pattern_.size()) {
    switch (pattern_[p]) {
      case '(': {
        const bool is_position = p + 1 < pattern_.size() && pattern_[p + 1] == ')';
        result = start_capture(s, p + (is_position ? 2 : 1), is_position);
        break;
      }
      case ')': result = end_capture(s, p + 1); break;
      case '$':
        if (p + 1 == pattern_.size()) {
          result = s == subject_.size() ? s : kNoMatch;
          break;
        }
        result = match_item(s, p, end_of_item(p));
        break;
      case '%': result = match_special(s, p); break;
      default: result = match_item(s, p, end_of_item(p)); break;
    }
  }
  --depth_;
  return result;
}

std::size_t Pattern::match_special(std::size_t s, std::size_t p) {
  const char next = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
  if (next == 'b') {
    const std::size_t after = match_balance(s, p + 2);
    return after == kNoMatch ? kNoMatch : match(after, p + 4);
  }
  if (next == 'f') {
    const std::size_t set = p + 2;
    if (set >= pattern_.size() || pattern_[set] != '[') {
      return fail(Error::kMalformed, "missing '[' after '%f' in pattern");
    }
    const std::size_t set_end = end_of_item(set);
    if (set_end == kNoMatch) return kNoMatch;
    const auto before = static_cast<unsigned char>(s == 0 ? '\0' : subject_[s - 1]);
    const auto after = static_cast<unsigned char>(s < subject_.size() ? subject_[s] : '\0');
    if (in_set(before, set, set_end - 1) || !in_set(after, set, set_end - 1)) return kNoMatch;
    return match(s, set_end);
  }
  if (is_digit(static_cast<unsigned char>(next))) {
    const std::size_t after = match_back_reference(s, p + 1);
    return after == kNoMatch ? kNoMatch : match(after, p + 2);
  }
  return match_item(s, p, end_of_item(p));
}

std::size_t Pattern::match_item(std::size_t s, std::size_t p, std::size_t item_end) {
  if (item_end == kNoMatch) return kNoMatch;
  const char suffix = item_end < pattern_.size() ? pattern_[item_end] : '\0';
  switch (suffix) {
    case '?': {
      if (matches_one(s, p, item_end)) {
        const std::size_t taken = match(s + 1, item_end + 1);
        if (taken != kNoMatch || error_ != Error::kNone) return taken;
      }
      return match(s, item_end + 1);
    }
    case '+': return matches_one(s, p, item_end) ? expand_most(s + 1, p, item_end) : kNoMatch;
    case '*': return expand_most(s, p, item_end);
    case '-': return expand_least(s, p, item_end);
    default: return matches_one(s, p, item_end) ? match(s + 1, item_end) : kNoMatch;
  }
}

std::size_t Pattern::expand_most(std::size_t s, std::size_t p, std::size_t item_end) {
  std::size_t count = 0;
  while (matches_one(s + count, p, item_end)) ++count;
  while (true) {
    const std::size_t end = match(s + count, item_end + 1);
    if (end != kNoMatch || error_ != Error::kNone) return end;
    if (count == 0) return kNoMatch;
    --count;
  }
}

std::size_t Pattern::expand_least(std::size_t s, std::size_t p, std::size_t item_end) {
  while (true) {
    const std::size_t end = match(s, item_end + 1);
    if (end != kNoMatch || error_ != Error::kNone) return end;
    if (!matches_one(s, p, item_end)) return kNoMatch;
    ++s;
  }
}

std::size_t Pattern::start_capture(std::size_t s, std::size_t p, bool is_position) {
  if (now_.capture_count >= kCapturesMax) return fail(Error::kMalformed, "too many captures");
  const int index = now_.capture_count++;
  now_.captures[static_cast<std::size_t>(index)] = {
      .start = s, .size = 0, .is_position = is_position, .is_open = !is_position};
  const std::size_t end = match(s, p);
  if (end == kNoMatch) --now_.capture_count;
  return end;
}

std::size_t Pattern::end_capture(std::size_t s, std::size_t p) {
  int index = now_.capture_count - 1;
  while (index >= 0 && !now_.captures[static_cast<std::size_t>(index)].is_open) --index;
  if (index < 0) return fail(Error::kMalformed, "invalid pattern capture");
  Capture& capture = now_.captures[static_cast<std::size_t>(index)];
  capture.size = s - capture.start;
  capture.is_open = false;
  const std::size_t end = match(s, p);
  if (end == kNoMatch) capture.is_open = true;
  return end;
}

std::size_t Pattern::match_back_reference(std::size_t s, std::size_t p) {
  const int index = pattern_[p] - '1';
  if (index < 0 || index >= now_.capture_count ||
      now_.captures[static_cast<std::size_t>(index)].is_open) {
    return fail(Error::kMalformed, "invalid capture index in pattern");
  }
  const Capture& capture = now_.captures[static_cast<std::size_t>(index)];
  if (capture.is_position) return kNoMatch;  // it has no text to be equal to
  if (subject_.size() - s < capture.size) return kNoMatch;
  if (std::memcmp(subject_.data() + s, subject_.data() + capture.start, capture.size) != 0)
    return kNoMatch;
  return s + capture.size;
}

std::size_t Pattern::match_balance(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) return fail(Error::kMalformed, "missing arguments to '%b'");
  if (s >= subject_.size() || subject_[s] != pattern_[p]) return kNoMatch;
  int open = 1;
  for (std::size_t i = s + 1; i < subject_.size(); ++i) {
    if (subject_[i] == pattern_[p + 1]) {
      if (--open == 0) return i + 1;
    } else if (subject_[i] == pattern_[p]) {
      ++open;
    }
  }
  return kNoMatch;
}

std::size_t Pattern::end_of_item(std::size_t p) {
  if (pattern_[p] == '%') {
    if (p + 1 >= pattern_.size())
      return fail(Error::kMalformed, "malformed pattern (ends with '%')");
    return p + 2;
  }
  if (pattern_[p] != '[') return p + 1;
  ++p;
  if (p < pattern_.size() && pattern_[p] == '^') ++p;
  do {  // a ']' in first place is one of the set
    if (p >= pattern_.size()) return fail(Error::kMalformed, "malformed pattern (missing ']')");
    p += pattern_[p] == '%' ? 2 : 1;
  } while (p >= pattern_.size() || pattern_[p] != ']');
  return p + 1;
}

bool Pattern::matches_one(std::size_t s, std::size_t p, std::size_t item_end) {
  if (s >= subject_.size()) return false;
  if (steps_left_ == 0) {
    fail(Error::kSteps);
    return false;
  }
  --steps_left_;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.': return true;
    case '%': return in_class(c, static_cast<unsigned char>(pattern_[p + 1]));
    case '[': return in_set(c, p, item_end - 1);
    default: return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

bool Pattern::in_set(unsigned char c, std::size_t p, std::size_t closing) const {
  bool positive = true;
  ++p;
  if (pattern_[p] == '^') {
    positive = false;
    ++p;
  }
  for (; p < closing; ++p) {
    if (pattern_[p] == '%') {
      ++p;
      if (in_class(c, static_cast<unsigned char>(pattern_[p]))) return positive;
    } else if (p + 2 < closing && pattern_[p + 1] == '-') {
      const auto low = static_cast<unsigned char>(pattern_[p]);
      const auto high = static_cast<unsigned char>(pattern_[p + 2]);
      p += 2;
      if (low <= c && c <= high) return positive;
    } else if (static_cast<unsigned char>(pattern_[p]) == c) {
      return positive;
    }
  }
  return !positive;
}

}  // namespace sim
