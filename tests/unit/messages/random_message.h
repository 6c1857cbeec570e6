// Fills a message with random content that its version can carry, by its field list.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/messages/codec_fields.h"

namespace kafka {

inline env::Bytes random_bytes(env::Rng& rng, std::size_t size) {
  if (size == 0) return {};
  env::BytesBuilder builder(size);
  std::uint8_t* at = builder.extend(size);
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<std::uint8_t>(rng.next());
  return builder.finish();
}

// Mostly short, sometimes long enough for a length of two bytes or for bytes kept by reference.
inline std::size_t random_size(env::Rng& rng) {
  if (rng.chance(1, 12)) return 100 + rng.below(300);
  return rng.below(12);
}

template <class S>
void fill_randomly(S& object, env::Rng& rng, std::int16_t version, bool is_flexible, int depth);

template <class T>
void random_value(T& value, env::Rng& rng, std::int16_t version, bool is_flexible, int depth) {
  if constexpr (std::is_same_v<T, bool>) {
    value = rng.chance(1, 2);
  } else if constexpr (std::is_same_v<T, double>) {
    value = static_cast<double>(rng.between(-1000, 1000)) / 8;
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    const std::uint64_t wide = rng.chance(1, 2) ? rng.below(200) : rng.next();
    value = static_cast<T>(wide);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    value.high = rng.next();
    value.low = rng.next();
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = random_bytes(rng, random_size(rng)).text();
  } else if constexpr (std::is_same_v<T, env::Bytes>) {
    value = random_bytes(rng, random_size(rng));
  } else if constexpr (std::is_same_v<T, Records>) {
    const std::uint64_t count = rng.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      RecordBatch& batch = value.batches.emplace_back();
      batch.base_offset = static_cast<Offset>(rng.next());
      batch.leader_epoch = static_cast<std::int32_t>(rng.next());
      batch.body = random_bytes(rng, kBatchBodyOverhead + rng.below(80));
    }
    value.trailing = random_bytes(rng, rng.below(12));  // too short for a batch
  } else if constexpr (fields::kIsOptional<T>) {
    random_value(value.emplace(), rng, version, is_flexible, depth);
  } else if constexpr (fields::kIsVector<T>) {
    using Element = typename T::value_type;
    const std::uint64_t count =
        fields::Struct<Element> ? rng.below(depth > 2 ? 2 : 4) : random_size(rng);
    value.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      Element element{};
      random_value(element, rng, version, is_flexible, depth + 1);
      value.push_back(std::move(element));
    }
  } else {
    fill_randomly(value, rng, version, is_flexible, depth);
  }
}

struct RandomFiller {
  env::Rng& rng;
  std::int16_t version;
  bool is_flexible;
  int depth;

  template <FieldSpec kSpec, class T>
  void operator()(Field<kSpec>, std::string_view, T& value) {
    if (!kSpec.has(version) || rng.chance(1, 10)) return;  // the default now and then
    if constexpr (fields::kIsOptional<T>) {
      if (version >= kSpec.nullable_from && rng.chance(1, 4)) {
        value.reset();
        return;
      }
      value.reset();
    }
    random_value(value, rng, version, is_flexible, depth);
  }
};

template <class S>
void fill_randomly(S& object, env::Rng& rng, std::int16_t version, bool is_flexible, int depth) {
  RandomFiller filler{rng, version, is_flexible, depth};
  object.fields(filler);
  if (is_flexible && rng.chance(1, 6)) {
    std::uint32_t tag = 20;
    const std::uint64_t count = 1 + rng.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      tag += 1 + static_cast<std::uint32_t>(rng.below(2000));
      object.unknown_tagged_fields.add({.tag = tag, .value = random_bytes(rng, random_size(rng))});
    }
  }
}

template <class M>
M random_message(std::uint64_t seed, std::int16_t version) {
  env::Rng rng(seed);
  M message;
  fill_randomly(message, rng, version, version >= info_of<M>().flexible_from, 0);
  return message;
}

// The same bytes, cut into parts anywhere.
inline env::Rope cut_randomly(const env::Rope& bytes, env::Rng& rng, std::uint64_t part_max) {
  env::Rope result;
  const env::Bytes whole = bytes.contiguous();
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t size = std::min<std::size_t>(1 + rng.below(part_max), whole.size() - at);
    result.append(env::Bytes::copy_of(whole.slice(at, size).span()));
    at += size;
  }
  return result;
}

}  // namespace kafka
