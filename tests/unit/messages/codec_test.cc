// What the codec does at its edges: sentences of errors, tags between tags, bytes by reference.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "broker-model/messages/codec_fields.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/metadata.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/messages/produce.h"

namespace kafka {

namespace {

// Leaves gaps between its tags, which no message of Kafka's does yet.
struct GappyMessage {
  static constexpr MessageInfo message{"Gappy", 0, 2, 1};

  std::int32_t plain = 0;
  std::int32_t second = 5;
  std::string tenth = "ten";
  double ratio = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const GappyMessage&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "plain", plain);
    v(since<1> | tagged<2> | ignorable, "second", second);
    v(since<2> | tagged<10>, "tenth", tenth);
    v(until<0>, "ratio", ratio);
  }
};

struct Holder {
  static constexpr MessageInfo message{"Holder", 0, 0, 0};

  env::Bytes blob{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const Holder&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | tagged<0>, "blob", blob);
  }
};

env::Bytes bytes_of(std::vector<std::uint8_t> content) { return env::Bytes::copy_of(content); }

template <class M>
std::string error_of(const env::Rope& bytes, std::int16_t version) {
  const auto result = decode<M>(bytes, version);
  REQUIRE_FALSE(result.has_value());
  return result.error().sentence;
}

template <class M>
std::string refusal_of(const M& message, std::int16_t version) {
  const auto result = encode(message, version);
  REQUIRE_FALSE(result.has_value());
  return result.error().sentence;
}

template <class M>
env::Bytes written(const M& message, std::int16_t version) {
  const auto frame = encode(message, version);
  REQUIRE(frame.has_value());
  return frame->contiguous();
}

env::Bytes batch_body(std::size_t size) {
  env::BytesBuilder builder(size);
  std::fill_n(builder.extend(size), size, std::uint8_t{2});
  return builder.finish();
}

ProduceRequest produce_of(env::Bytes body) {
  Records records;
  records.batches.push_back({.base_offset = 7, .leader_epoch = 3, .body = std::move(body)});
  ProduceRequest request{.acks = -1, .timeout_ms = 30000};
  request.topic_data.push_back({.name = "orders"});
  request.topic_data[0].partition_data.push_back({.index = 2, .records = std::move(records)});
  return request;
}

}  // namespace

TEST_CASE("unknown tags stand between the known ones, in ascending order") {
  GappyMessage message{.plain = 1, .second = 6, .tenth = "x"};
  message.unknown_tagged_fields.add({.tag = 1, .value = bytes_of({0xaa})});
  message.unknown_tagged_fields.add({.tag = 4, .value = {}});
  message.unknown_tagged_fields.add({.tag = 300, .value = bytes_of({1, 2})});
  const env::Bytes expected = bytes_of({0,    0,    0,    1,   5,     //
                                        1,    1,    0xaa,             //
                                        2,    4,    0,    0,   0, 6,  //
                                        4,    0,                      //
                                        10,   2,    2,    'x',        //
                                        0xac, 0x02, 2,    1,   2});
  CHECK(written(message, 2) == expected);
  const auto back = decode<GappyMessage>(expected, 2);
  REQUIRE(back.has_value());
  CHECK(*back == message);
}

TEST_CASE("tagged fields with their default are not written") {
  CHECK(written(GappyMessage{}, 2) == bytes_of({0, 0, 0, 0, 0}));
}

TEST_CASE("unknown tags out of order, doubled or known are refused by the writer") {
  GappyMessage message{.second = 6};
  message.unknown_tagged_fields.add({.tag = 9, .value = {}});
  message.unknown_tagged_fields.add({.tag = 9, .value = {}});
  CHECK(refusal_of(message, 2) == "Gappy v2: unknown tagged fields are not in ascending order");
  message.unknown_tagged_fields = {};
  message.unknown_tagged_fields.add({.tag = 2, .value = {}});
  CHECK(refusal_of(message, 2) == "Gappy v2: unknown tagged fields are not in ascending order");
  CHECK(refusal_of(message, 0) ==
        "Gappy v0: has unknown tagged fields, and this version has no tagged fields");
}

TEST_CASE("a known tag of a later version is refused by the reader, as Kafka does") {
  CHECK(error_of<GappyMessage>(bytes_of({0, 0, 0, 1, 1, 10, 2, 2, 'x'}), 1) ==
        "Gappy v1: tenth: a tagged field that this version does not have, at byte 7");
}

TEST_CASE("a tagged field must be as long as it says") {
  CHECK(error_of<GappyMessage>(bytes_of({0, 0, 0, 1, 1, 2, 5, 0, 0, 0, 6, 0}), 1) ==
        "Gappy v1: a tagged field is not as long as it says, at byte 11");
  CHECK(error_of<GappyMessage>(bytes_of({0, 0, 0, 1, 1, 77, 5, 0}), 1) ==
        "Gappy v1: a tagged field is longer than what is left, at byte 7");
}

TEST_CASE("floats travel as their bits; a field that a later version lacks must be its default") {
  CHECK(written(GappyMessage{.plain = 1, .ratio = 1.5}, 0) ==
        bytes_of({0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}));
  CHECK(refusal_of(GappyMessage{.ratio = 1.5}, 1) ==
        "Gappy v1: ratio: is set, and this version has no such field");
}

TEST_CASE("an error names the path of the field and the position") {
  FetchResponse response;
  response.responses.push_back({.topic = "a"});
  response.responses.push_back({.topic = "b"});
  response.responses[1].partitions.emplace_back().partition_index = 4;
  const env::Bytes whole = written(response, 4);
  CHECK(error_of<FetchResponse>(whole.slice(0, whole.size() - 2), 4) ==
        "Fetch v4: responses[1].partitions[0].records: 4 more bytes expected, 2 are left, at byte "
        "48");

  ProduceRequest request = produce_of(batch_body(100));
  request.topic_data[0].name = std::string(40000, 'x');
  CHECK(refusal_of(request, 9) ==
        "Produce v9: topic_data[0].name: is a string of 40000 bytes, at most 32767 go");
}

TEST_CASE("null goes only where the version knows it") {
  MetadataRequest request{.topics = std::nullopt};
  CHECK(refusal_of(request, 0) == "Metadata v0: topics: is null, which this version does not know");
  CHECK(written(request, 1) == bytes_of({0xff, 0xff, 0xff, 0xff}));
  CHECK(error_of<MetadataRequest>(bytes_of({0xff, 0xff, 0xff, 0xff}), 0) ==
        "Metadata v0: topics: null where this version expects a value, at byte 4");
}

TEST_CASE("lengths are believed only as far as there are bytes") {
  CHECK(error_of<MetadataRequest>(bytes_of({0x7f, 0xff, 0xff, 0xff, 0, 0}), 1) ==
        "Metadata v1: topics: 2147483647 more bytes expected, 2 are left, at byte 4");
  CHECK(error_of<MetadataRequest>(bytes_of({0xff, 0xff, 0xff, 0xfe}), 1) ==
        "Metadata v1: topics: a length of -2, at byte 4");
  CHECK(error_of<MetadataRequest>(bytes_of({0xff, 0xff, 0xff, 0xff, 0x1f}), 9) ==
        "Metadata v9: topics: an unsigned varint of more than 32 bits, at byte 5");
  CHECK(error_of<MetadataRequest>({}, 0) ==
        "Metadata v0: topics: 4 more bytes expected, 0 are left, at byte 0");
}

TEST_CASE("bytes after the message and versions that do not exist are errors") {
  CHECK(error_of<MetadataRequest>(bytes_of({0, 0, 0, 0, 9}), 0) ==
        "Metadata v0: the message has ended here, more bytes follow, at byte 4");
  CHECK(error_of<ProduceRequest>(bytes_of({0}), 2) ==
        "Produce v2: no such version, there are 3 to 13");
  CHECK(refusal_of(ProduceRequest{}, 14) == "Produce v14: no such version, there are 3 to 13");
}

TEST_CASE("a batch's body is never copied: writer, frame and reader share one block") {
  const env::Bytes body = batch_body(500);
  body.set_memo(env::BlockMemo::kGood);
  const auto frame = encode(produce_of(body), 9);
  REQUIRE(frame.has_value());
  REQUIRE(frame->part_count() == 3);
  CHECK(frame->part(1).data() == body.data());

  const auto back = decode<ProduceRequest>(*frame, 9);
  REQUIRE(back.has_value());
  const RecordBatch& batch = back->topic_data[0].partition_data[0].records->batches[0];
  CHECK(batch.body.data() == body.data());
  CHECK(batch.body.memo() == env::BlockMemo::kGood);
  CHECK(batch.base_offset == 7);
  CHECK(batch.leader_epoch == 3);
}

TEST_CASE("long bytes inside a tagged field are counted in its size") {
  const Holder holder{.blob = batch_body(1000)};
  const auto frame = encode(holder, 0);
  REQUIRE(frame.has_value());
  CHECK(frame->part_count() > 1);
  const auto back = decode<Holder>(*frame, 0);
  REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().sentence));
  CHECK(*back == holder);
}

TEST_CASE("text of a message") {
  CHECK(to_text(produce_of(batch_body(100))) ==
        "Produce{transactional_id=null, acks=-1, timeout_ms=30000, topic_data=[{name=\"orders\", "
        "topic_id=AAAAAAAAAAAAAAAAAAAAAA, partition_data=[{index=2, records=1 batch of 116 bytes "
        "from offset 7}]}]}");
  GappyMessage message{.tenth = "a\n"};
  message.unknown_tagged_fields.add({.tag = 4, .value = bytes_of({0xab})});
  CHECK(to_text(message) == "Gappy{plain=0, tenth=\"a\\x0a\", ratio=0.000000, tag 4=0xab}");
}

TEST_CASE("metadata records: frame, type and version in front; anything else is an error") {
  const env::Bytes value = encode_metadata_record(FenceBrokerRecord{.id = 3, .epoch = 9}, 0);
  CHECK(value == bytes_of({1, 7, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9, 0}));
  const auto sentence = [](std::vector<std::uint8_t> content) {
    const auto result = decode_metadata_record(bytes_of(std::move(content)));
    REQUIRE_FALSE(result.has_value());
    return result.error().sentence;
  };
  CHECK(sentence({0, 7, 0}) == "metadata record v0: frame version 0, expected 1, at byte 1");
  CHECK(sentence({1, 99, 0}) == "metadata record v0: no such record type: 99, at byte 3");
  CHECK(sentence({1, 7, 1}) == "FenceBrokerRecord v1: no such version, there are 0 to 0");
  CHECK(sentence({1, 20, 0, 0, 5}) ==
        "NoOpRecord v0: the record has ended here, more bytes follow, at byte 4");
  CHECK(sentence({}).starts_with("metadata record v0: "));
}

}  // namespace kafka
