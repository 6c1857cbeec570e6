// Messages as trees of values: nothing gets lost on the way there and back, and edits that make no
// sense are refused with the place and the nearest names.
#include "broker-model/messages/value.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "broker-model/messages/message_values.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/value_fields.h"
#include "tests/unit/messages/message_list.h"
#include "tests/unit/messages/random_message.h"

namespace kafka {
namespace {

template <class M>
void check_there_and_back(std::uint64_t seed, std::int16_t version) {
  const M message = random_message<M>(seed, version);
  const auto bytes = encode(message, version);
  if (!bytes) RC_FAIL(bytes.error().sentence);
  const auto decoded = decode<M>(*bytes, version);
  RC_ASSERT(decoded.has_value());
  const auto back = from_value<M>(to_value(*decoded, version), version);
  if (!back) RC_FAIL(back.error().sentence);
  const auto again = encode(*back, version);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *bytes);
}

RecordBatch batch_of(std::int32_t base_sequence) {
  BatchBuilder builder(
      {.producer = {
           .id = ProducerId(7), .epoch = ProducerEpoch(0), .base_sequence = base_sequence}});
  const std::uint8_t value[] = {'v'};
  builder.append({.timestamp = kNoTimestamp, .key = {}, .value = value, .headers = {}});
  return builder.close();
}

env::Frame produce_frame() {
  ProduceRequest request{.acks = -1, .timeout_ms = 30'000};
  request.topic_data.push_back({.name = "orders"});
  request.topic_data[0].partition_data.push_back({.index = 2});
  request.topic_data[0].partition_data[0].records.emplace().batches.push_back(batch_of(4));
  return *encode_request({.correlation_id = 9, .client_id = "p"}, request, 9);
}

// What an edit of the request comes to: "" when it is done and encodes, else the sentence.
std::string edited(std::string_view path, Value value) {
  auto request = decode_request_value(produce_frame());
  REQUIRE(request.has_value());
  const auto done = set_value(request->body, split_path(path), std::move(value));
  if (!done) {
    std::string text = done.error().sentence;
    for (const std::string& name : done.error().nearest) text += " | " + name;
    return text;
  }
  const auto frame = encode_request_value(request->header, request->body);
  return frame ? "" : frame.error().sentence;
}

Value number(std::int64_t n) { return {n}; }
Value text(std::string s) { return {std::move(s)}; }

}  // namespace

TEST_CASE("every message in every version: as a value and back it has the same bytes") {
  int checked = 0;
  for_each_message([&]<class M>() {
    for (std::int16_t v = info_of<M>().lowest; v <= info_of<M>().highest; ++v) {
      CAPTURE(type_name<M>());
      CAPTURE(v);
      CHECK(rc::check([v](std::uint64_t seed) { check_there_and_back<M>(seed, v); }));
      ++checked;
    }
  });
  CHECK(checked >= 300);
}

TEST_CASE("a request frame as a value: named fields in wire order, and the same frame again") {
  const env::Frame frame = produce_frame();
  const auto request = decode_request_value(frame);
  REQUIRE(request.has_value());
  CHECK(request->header.correlation_id == 9);
  const ValueStruct* fields = request->body.get<ValueStruct>();
  REQUIRE(fields != nullptr);
  REQUIRE(fields->members.size() == 4);
  CHECK(fields->members[0].name == "transactional_id");
  CHECK(fields->members[0].value.get<std::monostate>() != nullptr);
  REQUIRE(request->body.field("acks") != nullptr);
  CHECK(*request->body.field("acks")->get<std::int64_t>() == -1);
  CHECK(request->body.field("ack") == nullptr);
  const auto again = encode_request_value(request->header, request->body);
  REQUIRE(again.has_value());
  CHECK(*again == frame);
}

TEST_CASE("a response as a value: by API and version, errors for what is none") {
  ProduceResponse response;
  response.responses.push_back({.name = "orders"});
  response.responses[0].partition_responses.push_back(
      {.index = 0, .error_code = ErrorCode::kOutOfOrderSequenceNumber, .base_offset = -1});
  const auto frame = encode_response(9, response, 9);
  REQUIRE(frame.has_value());
  const auto value = decode_response_value(*frame, ApiKey::kProduce, 9);
  REQUIRE(value.has_value());
  const Value& topic = value->field("responses")->get<Value::List>()->at(0);
  const Value& partition = topic.field("partition_responses")->get<Value::List>()->at(0);
  CHECK(*partition.field("error_code")->get<ErrorCode>() == ErrorCode::kOutOfOrderSequenceNumber);
  CHECK_FALSE(decode_response_value(*frame, ApiKey::kFetch, 9).has_value());
  CHECK_FALSE(decode_response_value(*frame, static_cast<ApiKey>(99), 9).has_value());
  CHECK_FALSE(decode_request_value(env::Bytes::copy_of("no request at all")).has_value());
}

TEST_CASE("edits: fields by path, elements from 1, batches by their head") {
  auto request = decode_request_value(produce_frame());
  REQUIRE(request.has_value());
  CHECK(set_value(request->body, split_path("acks"), number(1)).has_value());
  CHECK(set_value(request->body, split_path("transactional_id"), text("t")).has_value());
  CHECK(set_value(request->body, split_path("topic_data.1.name"), text("pay")).has_value());
  const std::string head = "topic_data[1].partition_data[1].records[1].";
  CHECK(set_value(request->body, split_path(head + "base_sequence"), number(77)).has_value());
  CHECK(set_value(request->body, split_path(head + "producer_id"), number(8)).has_value());
  const auto frame = encode_request_value(request->header, request->body);
  REQUIRE(frame.has_value());
  const auto header = decode_request_header(*frame);
  const auto message = decode<ProduceRequest>(header->body, 9);
  REQUIRE(message.has_value());
  CHECK(message->acks == 1);
  CHECK(message->transactional_id == "t");
  CHECK(message->topic_data[0].name == "pay");
  const RecordBatch& batch = message->topic_data[0].partition_data[0].records->batches[0];
  CHECK(batch.base_sequence() == 77);
  CHECK(batch.producer_id() == ProducerId(8));
  CHECK(batch.is_crc_good());
}

TEST_CASE("edits that make no sense: each with its place") {
  CHECK(edited("acks", number(0)).empty());
  CHECK(edited("ackz", number(0)) == "the message has no field \"ackz\" | acks");
  CHECK(edited("acks", number(70'000)) ==
        "Produce v9: acks: expects a number from -32768 to 32767, got 70000");
  CHECK(edited("acks", text("all")) == "Produce v9: acks: expects a whole number, got a string");
  CHECK(edited("topic_data", number(1)) == "topic_data is a list: name the element, from 1 to 1");
  CHECK(edited("topic_data[2].name", text("x")) ==
        "topic_data has 1 element, counted from 1: there is no \"2\"");
  CHECK(edited("topic_data[0].name", text("x")).find("there is no \"0\"") != std::string::npos);
  CHECK(edited("topic_data[1]", text("x")) ==
        "topic_data[1] has fields of its own: name the one to set");
  CHECK(edited("acks.high", number(1)) == "acks is a whole number: it has no \"high\"");
  CHECK(edited("topic_data[1].nam", text("x")) == "topic_data[1] has no field \"nam\" | name");
  CHECK(edited("topic_data[1].partition_data[1].records", text("x")).find("holds record batches") !=
        std::string::npos);
  CHECK(edited("topic_data[1].partition_data[1].records[1].producer", number(1))
            .find("has no field \"producer\"") != std::string::npos);
  CHECK(edited("topic_data[1].partition_data[1].records[1].base_sequence", text("x"))
            .find("expects a whole number that fits, got a string") != std::string::npos);
  // Ids have no topic in version 9: the field is not there to be set.
  CHECK(edited("topic_data[1].topic_id", text("x")).find("has no field") != std::string::npos);
}

TEST_CASE("ids and error codes are read from the text that shows them") {
  env::Rng rng(5);
  for (int i = 0; i < 100; ++i) {
    const Uuid id{.high = rng.next(), .low = rng.next()};
    CHECK(parse_uuid(to_string(id)) == id);
  }
  CHECK_FALSE(parse_uuid("short").has_value());
  CHECK_FALSE(parse_uuid("AAAAAAAAAAAAAAAAAAAAA!").has_value());
  CHECK(parse_error_code("NOT_LEADER_OR_FOLLOWER") == ErrorCode::kNotLeaderOrFollower);
  CHECK_FALSE(parse_error_code("NOT_LEADER").has_value());
}

}  // namespace kafka
