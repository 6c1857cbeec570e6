#include "reports/trace_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "reports/trace.pb.h"
#include "reports/trace_file.h"
#include "reports/trace_text.h"
#include "reports/wrap.h"

namespace reports {
namespace {

namespace trace = titorelli::trace;

constexpr std::size_t kEventsBefore = 5;
constexpr std::size_t kEventsAfter = 5;
constexpr std::size_t kBytesShown = 8;  // of a frame, from the first byte that differs on

struct Seen {
  trace::Event event;
  EventContext context;
};

// One of the two traces, event by event.
class Side {
 public:
  static std::expected<Side, std::string> open(const std::string& path) {
    auto reader = TraceReader::open(path);
    if (!reader.has_value()) return std::unexpected(reader.error());
    Side side(std::move(*reader));
    trace::Record record;
    const auto begun = side.reader_.next(record);
    if (!begun.has_value()) return std::unexpected(begun.error());
    side.text_.begin(record.header());
    return side;
  }

  // Nothing at the end.
  std::expected<std::optional<Seen>, std::string> next() {
    trace::Record record;
    do {  // a second header says nothing
      const auto more = reader_.next(record);
      if (!more.has_value()) return std::unexpected(more.error());
      if (!*more) return std::nullopt;
    } while (!record.has_event());
    Seen seen;
    seen.event.Swap(record.mutable_event());
    seen.context = text_.follow(seen.event);
    return seen;
  }
  std::string line(const Seen& seen) const { return text_.line(seen.event, seen.context); }

 private:
  explicit Side(TraceReader reader) : reader_(std::move(reader)) {}

  TraceReader reader_;
  TraceText text_;
};

std::string hex(std::string_view bytes, std::size_t from) {
  std::string text;
  for (const char c : bytes.substr(from, kBytesShown))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(c));
  if (from + kBytesShown < bytes.size()) text += " ...";
  return text.empty() ? "nothing" : text;
}

// What the two lines do not show, or nothing.
std::string difference(const trace::Event& a, const trace::Event& b, std::string_view name_of_b) {
  if (a.what_case() != b.what_case()) return "";
  if (a.has_frame() && a.frame().payload() != b.frame().payload()) {
    const std::string& left = a.frame().payload();
    const std::string& right = b.frame().payload();
    const auto at = static_cast<std::size_t>(std::ranges::mismatch(left, right).in1 - left.begin());
    return fmt::format("the frames differ from byte {} on: {} and {}", at, hex(left, at),
                       hex(right, at));
  }
  trace::Event moved = b;
  moved.set_time_ns(a.time_ns());
  if (a.time_ns() == b.time_ns() || moved.SerializeAsString() != a.SerializeAsString()) return "";
  const bool is_later = a.time_ns() < b.time_ns();
  const auto apart = static_cast<std::uint64_t>(is_later ? b.time_ns() : a.time_ns()) -
                     static_cast<std::uint64_t>(is_later ? a.time_ns() : b.time_ns());
  return fmt::format("it is the same event, {} ns {} in {}", apart, is_later ? "later" : "earlier",
                     name_of_b);
}

// The event that differs and those that follow; its text.
std::expected<std::string, std::string> rest_of(std::string_view name, Side& side,
                                                std::optional<Seen> first) {
  std::string text = fmt::format("{}\n", name);
  if (!first.has_value()) return text + "  > nothing more: it ends here\n";
  text += wrapped(side.line(*first), "  > ", "      ");
  for (std::size_t i = 0; i < kEventsAfter; ++i) {
    const auto next = side.next();
    if (!next.has_value()) return std::unexpected(next.error());
    if (!next->has_value()) return text + "    it ends here\n";
    text += shortened(side.line(**next), "    ");
  }
  return text;
}

std::string before_text(const Side& side, const std::deque<Seen>& before, std::uint64_t equal) {
  if (equal == 0) return "the very first events differ\n";
  std::string text = fmt::format("{} event{} {} equal; the last of them, and then each trace:\n",
                                 equal, equal == 1 ? "" : "s", equal == 1 ? "is" : "are");
  for (const Seen& seen : before) text += shortened(side.line(seen), "    ");
  return text;
}

}  // namespace

std::expected<TraceDiff, std::string> diff_traces(const NamedTrace& left, const NamedTrace& right) {
  auto a = Side::open(left.path);
  if (!a.has_value()) return std::unexpected(a.error());
  auto b = Side::open(right.path);
  if (!b.has_value()) return std::unexpected(b.error());
  TraceDiff diff;
  std::deque<Seen> before;
  while (true) {
    auto one = a->next();
    if (!one.has_value()) return std::unexpected(one.error());
    auto other = b->next();
    if (!other.has_value()) return std::unexpected(other.error());
    if (!one->has_value() && !other->has_value()) {
      diff.is_equal = true;
      return diff;
    }
    if (one->has_value() && other->has_value() &&
        (*one)->event.SerializeAsString() == (*other)->event.SerializeAsString()) {
      ++diff.equal_events;
      before.push_back(std::move(**one));
      if (before.size() > kEventsBefore) before.pop_front();
      continue;
    }
    diff.text = before_text(*a, before, diff.equal_events);
    const std::string how = one->has_value() && other->has_value()
                                ? difference((*one)->event, (*other)->event, right.name)
                                : "";
    const auto of_left = rest_of(left.name, *a, std::move(*one));
    if (!of_left.has_value()) return std::unexpected(of_left.error());
    const auto of_right = rest_of(right.name, *b, std::move(*other));
    if (!of_right.has_value()) return std::unexpected(of_right.error());
    diff.text += *of_left + *of_right;
    if (!how.empty()) diff.text += wrapped(how, "", "");
    return diff;
  }
}

}  // namespace reports
