// Every message in every version, with random content: what is written is read back, however the
// bytes are cut; damaged bytes are answered with a value or an error.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/messages/message_list.h"
#include "tests/unit/messages/random_message.h"

namespace kafka {

namespace {

template <class F>
void for_each_message_and_version(F&& f) {
  for_each_message([&]<class M>() {
    for (std::int16_t v = info_of<M>().lowest; v <= info_of<M>().highest; ++v) {
      CAPTURE(type_name<M>());
      CAPTURE(v);
      f.template operator()<M>(v);
    }
  });
}

std::string sentence(const CodecError& error) { return error.sentence; }

template <class M>
void check_round_trip(std::uint64_t seed, std::int16_t version) {
  const M message = random_message<M>(seed, version);
  const auto frame = encode(message, version);
  if (!frame) RC_FAIL(sentence(frame.error()));
  const auto back = decode<M>(*frame, version);
  if (!back) RC_FAIL(sentence(back.error()));
  if (!(*back == message)) RC_FAIL(to_text(message) + " came back as " + to_text(*back));

  env::Rng rng(seed + 1);
  const auto from_pieces = decode<M>(cut_randomly(*frame, rng, 1 + seed % 9), version);
  if (!from_pieces) RC_FAIL("cut into parts: " + sentence(from_pieces.error()));
  RC_ASSERT(*from_pieces == message);
  const auto again = encode(*from_pieces, version);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *frame);
}

template <class M>
void decode_damaged(const env::Bytes& bytes, std::int16_t version) {
  const auto result = decode<M>(bytes, version);
  if (!result) {
    CHECK(!result.error().sentence.empty());
  } else if (const auto frame = encode(*result, version)) {
    const auto again = decode<M>(*frame, version);
    REQUIRE(again.has_value());
    CHECK(*again == *result);
  }
}

}  // namespace

TEST_CASE("every message in every version: random content comes back, from one part or many") {
  int checked = 0;
  for_each_message_and_version([&]<class M>(std::int16_t v) {
    CHECK(rc::check([v](std::uint64_t seed) { check_round_trip<M>(seed, v); }));
    ++checked;
  });
  CHECK(checked >= 300);
}

TEST_CASE("every message in every version: each prefix of a frame is an error") {
  for_each_message_and_version([]<class M>(std::int16_t v) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const auto frame = encode(random_message<M>(seed, v), v);
      REQUIRE(frame.has_value());
      const env::Bytes whole = frame->contiguous();
      for (std::size_t size = 0; size < whole.size(); size += 1 + size / 64) {
        const auto result = decode<M>(whole.slice(0, size), v);
        CHECK_FALSE(result.has_value());
      }
    }
  });
}

TEST_CASE("every message in every version: flipped bytes end in a value or an error") {
  for_each_message_and_version([]<class M>(std::int16_t v) {
    env::Rng rng(static_cast<std::uint64_t>(v) + 77);
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto frame = encode(random_message<M>(seed, v), v);
      REQUIRE(frame.has_value());
      const env::Bytes whole = frame->contiguous();
      if (whole.empty()) continue;
      for (int round = 0; round < 40; ++round) {
        std::vector<std::uint8_t> bytes(whole.span().begin(), whole.span().end());
        const std::uint64_t flips = 1 + rng.below(3);
        for (std::uint64_t i = 0; i < flips; ++i) {
          const std::uint64_t at = rng.below(bytes.size());
          bytes[at] = static_cast<std::uint8_t>(rng.chance(1, 3) ? 0xff : rng.next());
        }
        decode_damaged<M>(env::Bytes::copy_of(bytes), v);
      }
    }
  });
}

TEST_CASE("every message tells its fields as text") {
  for_each_message_and_version([]<class M>(std::int16_t v) {
    const std::string text = to_text(random_message<M>(7, v));
    CHECK(text.starts_with(std::string(info_of<M>().name) + "{"));
    CHECK(text.ends_with("}"));
  });
}

}  // namespace kafka
