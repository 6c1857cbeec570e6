// Fuzz target of every decoder. First byte: which message; second: which version of it; third: how
// long the parts are that the rest is cut into. What decodes must encode, unless the encoder gives
// a reason, and decode to the same again.
//
// tests/unit/messages/fuzz_replay_test.cc runs it over corpus/ and over damaged vectors. As a real
// fuzzer (package libclang-rt-19-dev), from the root of the repository:
//   clang++-19 -std=c++23 -O1 -g -fsanitize=fuzzer,address,undefined -I. tests/fuzz/decode_fuzz.cc
//     broker-model/{env,types,messages,messages/records}/*.cc -lfmt -lxxhash -o /tmp/decode_fuzz
//   /tmp/decode_fuzz tests/fuzz/corpus
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker-model/messages/frames.h"
#include "tests/unit/messages/message_list.h"

namespace kafka::fuzz {

template <class M>
void decode_one(const env::Rope& bytes, std::int16_t version) {
  const auto message = decode<M>(bytes, version);
  if (!message) {
    TIT_ASSERT(!message.error().sentence.empty(), "an error has a sentence");
    return;
  }
  const auto frame = encode(*message, version);
  if (!frame) return;  // unknown tags that a peer wrote out of order
  const auto again = decode<M>(*frame, version);
  TIT_ASSERT(again.has_value(), "what was encoded is decoded");
  TIT_ASSERT(*again == *message, "a decoded message survives its encoding");
  TIT_ASSERT(!to_text(*message).empty(), "a message has a text");
}

using DecodeOne = void (*)(const env::Rope&, std::int16_t);
struct Target {
  DecodeOne decode;
  std::int16_t lowest;
  std::int16_t highest;
};

inline std::vector<Target> all_targets() {
  std::vector<Target> targets;
  for_each_message([&]<class M>() {
    targets.push_back({&decode_one<M>, info_of<M>().lowest, info_of<M>().highest});
  });
  return targets;
}

}  // namespace kafka::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kafka;
  static const std::vector<fuzz::Target> targets = fuzz::all_targets();
  if (size < 3) return 0;
  const std::size_t part_max = data[2] == 0 ? size : data[2];
  env::Rope bytes;
  for (std::size_t at = 3; at < size; at += part_max) {
    bytes.append(env::Bytes::copy_of({data + at, std::min(part_max, size - at)}));
  }
  (void)decode_request_header(bytes);
  (void)decode_metadata_record(bytes.contiguous());
  const std::size_t which = data[0] % targets.size();
  const fuzz::Target& target = targets[which];
  const int span = target.highest - target.lowest + 1;
  target.decode(bytes, static_cast<std::int16_t>(target.lowest + data[1] % span));
  return 0;
}
