#include "broker-model/types/observation.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace kafka {
namespace {

// Folds fields into 64 bits. Every value has one canonical integer or byte form.
class Hasher {
 public:
  explicit Hasher(std::size_t kind) : state_(kind + 1) {}

  void operator()(std::string_view, std::int64_t value) { mix(static_cast<std::uint64_t>(value)); }
  void operator()(std::string_view, std::uint64_t value) { mix(value); }
  void operator()(std::string_view, std::int32_t value) { mix(static_cast<std::uint64_t>(value)); }
  void operator()(std::string_view, std::int16_t value) { mix(static_cast<std::uint64_t>(value)); }
  void operator()(std::string_view, bool value) { mix(value ? 1 : 2); }
  void operator()(std::string_view, std::string_view text) {
    mix(XXH3_64bits(text.data(), text.size()));
  }
  void operator()(std::string_view, const env::Bytes& bytes) {
    mix(XXH3_64bits(bytes.data(), bytes.size()));
  }
  void operator()(std::string_view, TopicPartitionView tp) {
    mix(XXH3_64bits(tp.topic.data(), tp.topic.size()));
    mix(static_cast<std::uint64_t>(tp.partition));
  }
  void operator()(std::string_view, Instant time) {
    mix(static_cast<std::uint64_t>(env::nanos(time)));
  }
  void operator()(std::string_view, WallTime time) {
    mix(static_cast<std::uint64_t>(env::millis(time)));
  }
  void operator()(std::string_view, Duration time) {
    mix(static_cast<std::uint64_t>(time.count()));
  }
  template <class Tag, class Rep>
  void operator()(std::string_view, env::Strong<Tag, Rep> id) {
    mix(static_cast<std::uint64_t>(id.value()));
  }
  template <class E>
    requires std::is_enum_v<E>
  void operator()(std::string_view, E value) {
    mix(static_cast<std::uint64_t>(value));
  }
  void operator()(std::string_view, std::span<const NodeId> ids) {
    mix(ids.size());
    for (NodeId id : ids) mix(static_cast<std::uint64_t>(id.value()));
  }
  void operator()(std::string_view, std::span<const Offset> offsets) {
    mix(offsets.size());
    for (const Offset offset : offsets) mix(static_cast<std::uint64_t>(offset));
  }
  template <class T>
  void operator()(std::string_view field, const std::optional<T>& value) {
    mix(value.has_value() ? 1 : 2);
    if (value.has_value()) (*this)(field, *value);
  }

  std::uint64_t result() const { return state_; }

 private:
  void mix(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 29;
  }
  std::uint64_t state_;
};

class Printer {
 public:
  explicit Printer(std::string_view kind) : text_(kind) {}

  template <class T>
  void operator()(std::string_view field, const T& value) {
    text_ += fmt::format(" {}={}", field, form(value));
  }
  std::string take() { return std::move(text_); }

 private:
  template <class T>
    requires std::is_integral_v<T>
  static std::string form(T value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
    return fmt::format("{}", value);
  }
  static std::string form(std::string_view text) { return fmt::format("\"{}\"", text); }
  static std::string form(const env::Bytes& bytes) { return fmt::format("{}B", bytes.size()); }
  static std::string form(TopicPartitionView tp) {
    return fmt::format("{}-{}", tp.topic, tp.partition);
  }
  static std::string form(Instant time) { return fmt::format("{}ns", env::nanos(time)); }
  static std::string form(WallTime time) { return fmt::format("{}ms", env::millis(time)); }
  static std::string form(Duration time) { return fmt::format("{}ns", time.count()); }
  template <class Tag, class Rep>
  static std::string form(env::Strong<Tag, Rep> id) {
    return fmt::format("{}", id.value());
  }
  template <class E>
    requires std::is_enum_v<E>
  static std::string form(E value) {
    return std::string(name(value));
  }
  static std::string form(std::span<const NodeId> ids) {
    std::string list = "[";
    for (NodeId id : ids) list += fmt::format("{}{}", list.size() > 1 ? "," : "", id.value());
    return list + "]";
  }
  static std::string form(std::span<const Offset> offsets) {
    return fmt::format("{} offsets", offsets.size());
  }
  template <class T>
  static std::string form(const std::optional<T>& value) {
    return value.has_value() ? form(*value) : "none";
  }

  std::string text_;
};

}  // namespace

std::string_view name(BrokerState state) {
  switch (state) {
    case BrokerState::kRegistered: return "registered";
    case BrokerState::kFenced: return "fenced";
    case BrokerState::kUnfenced: return "unfenced";
    case BrokerState::kInControlledShutdown: return "in-controlled-shutdown";
    case BrokerState::kUnregistered: return "unregistered";
  }
  return "?";
}

std::string_view name(PositionReason reason) {
  switch (reason) {
    case PositionReason::kAssigned: return "assigned";
    case PositionReason::kSeek: return "seek";
    case PositionReason::kReset: return "reset";
    case PositionReason::kTruncated: return "truncated";
  }
  return "?";
}

std::uint64_t content_hash(std::optional<std::span<const std::uint8_t>> key,
                           std::span<const std::uint8_t> value) {
  const std::uint64_t seed = key.has_value() ? XXH3_64bits(key->data(), key->size()) : 0x6b6579u;
  return XXH3_64bits_withSeed(value.data(), value.size(), seed);
}

std::string to_string(const Observation& observation) {
  return std::visit(
      [](const auto& what) {
        Printer printer(what.kName);
        what.fields(printer);
        return printer.take();
      },
      observation.what);
}

std::uint64_t hash(const Observation& observation) {
  Hasher hasher(observation.what.index());
  std::visit([&hasher](const auto& what) { what.fields(hasher); }, observation.what);
  return hasher.result();
}

}  // namespace kafka
