// Headers around messages, the table of APIs, and how client and broker agree on a version.
#include <doctest/doctest.h>

#include <optional>

#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/apis.h"
#include "broker-model/messages/frames.h"

namespace kafka {

TEST_CASE("a request frame: header and body in every API and version") {
  for_each_type(RequestTypes{}, []<class M>() {
    for (std::int16_t v = M::api.lowest; v <= M::api.highest; ++v) {
      CAPTURE(M::api.name);
      CAPTURE(v);
      const RequestHeader header{.correlation_id = 77, .client_id = "producer-1"};
      const auto frame = encode_request(header, M{}, v);
      REQUIRE(frame.has_value());
      const auto split = decode_request_header(*frame);
      REQUIRE(split.has_value());
      CHECK(split->header.request_api_key == static_cast<std::int16_t>(M::api.key));
      CHECK(split->header.request_api_version == v);
      CHECK(split->header.correlation_id == 77);
      CHECK(split->header.client_id == "producer-1");
      REQUIRE(split->api != nullptr);
      CHECK(split->api->key == M::api.key);
      const auto back = decode<M>(split->body, v);
      REQUIRE(back.has_value());
      CHECK(*back == M{});
    }
  });
}

TEST_CASE("a response frame: header and body in every API and version") {
  for_each_type(ResponseTypes{}, []<class M>() {
    for (std::int16_t v = M::api.lowest; v <= M::api.highest; ++v) {
      CAPTURE(M::api.name);
      CAPTURE(v);
      const auto frame = encode_response(-5, M{}, v);
      REQUIRE(frame.has_value());
      CHECK(peek_correlation_id(*frame) == -5);
      const auto back = decode_response<M>(*frame, v);
      REQUIRE(back.has_value());
      CHECK(*back == M{});
    }
  });
}

TEST_CASE("a request with no client id, and one of an API that does not exist") {
  const auto frame =
      encode_request({.correlation_id = 1, .client_id = std::nullopt}, MetadataRequest{}, 4);
  REQUIRE(frame.has_value());
  CHECK(decode_request_header(*frame)->header.client_id == std::nullopt);

  const std::uint8_t unknown[] = {0x03, 0xe7, 0, 1, 0, 0, 0, 9, 0, 1, 'c', 0xde, 0xad};
  const auto split = decode_request_header(env::Bytes::copy_of(unknown));
  REQUIRE(split.has_value());
  CHECK(split->api == nullptr);
  CHECK(split->header.request_api_key == 999);
  CHECK(split->header.correlation_id == 9);
  CHECK(split->body.size() == 2);
}

TEST_CASE("an ApiVersions request of a version to come is still split at its header") {
  const std::uint8_t future[] = {0, 18, 0, 99, 0, 0, 0, 9, 0, 1, 'c', 0, 0xde, 0xad};
  const auto split = decode_request_header(env::Bytes::copy_of(future));
  REQUIRE(split.has_value());
  CHECK(split->header.request_api_version == 99);
  CHECK(split->body.size() == 2);
}

TEST_CASE("headers that are cut short are errors with a sentence") {
  const std::uint8_t cut[] = {0, 3, 0, 1, 0, 0};
  const auto request = decode_request_header(env::Bytes::copy_of(cut));
  REQUIRE_FALSE(request.has_value());
  CHECK(request.error().sentence ==
        "RequestHeader v1: correlation_id: 4 more bytes expected, 2 are left, at byte 4");
  CHECK_FALSE(decode_request_header({}).has_value());
  CHECK_FALSE(peek_correlation_id(env::Bytes::copy_of("abc")).has_value());
  CHECK_FALSE(decode_response<FetchResponse>(env::Bytes::copy_of("abc"), 4).has_value());
}

TEST_CASE("listeners offer what Kafka's schemas say; Produce is advertised from 0, served from 3") {
  const auto broker = advertised_versions(ListenerType::kBroker);
  REQUIRE(broker.size() == 19);
  CHECK(broker[0].api_key == 0);
  CHECK(broker[0].min_version == 0);
  CHECK(broker[0].max_version == 13);
  CHECK(offer_of(ApiKey::kProduce).served() == ApiVersionRange{3, 13});
  CHECK(advertised_versions(ListenerType::kController).size() == 25);
  CHECK(served_apis().size() == 30);
  CHECK(find_api(999) == nullptr);
  CHECK(offer_of(ApiKey::kFetch).on(ListenerType::kController));
  CHECK_FALSE(offer_of(ApiKey::kMetadata).on(ListenerType::kController));
}

TEST_CASE("an API that nobody serves has messages, and no listener offers it") {
  const OfferedApi* nobody = find_api(static_cast<std::int16_t>(ApiKey::kAssignReplicasToDirs));
  REQUIRE(nobody != nullptr);
  CHECK(nobody->api.name == "AssignReplicasToDirs");
  CHECK_FALSE(nobody->is_served());
  CHECK_FALSE(nobody->on(ListenerType::kController));
  for (const ListenerType listener : {ListenerType::kBroker, ListenerType::kController}) {
    for (const auto& offered : advertised_versions(listener)) {
      CHECK(offer_of(static_cast<ApiKey>(offered.api_key)).on(listener));
    }
  }
}

TEST_CASE("the highest version both know is used; none when the ranges do not meet") {
  CHECK(negotiate({3, 13}, {0, 11}) == 11);
  CHECK(negotiate({3, 8}, {0, 13}) == 8);
  CHECK(negotiate({3, 13}, {0, 2}) == std::nullopt);
  CHECK(negotiate({0, 0}, {1, 4}) == std::nullopt);
}

TEST_CASE("client.api.caps=tshark: every client API is capped to what tshark 4.0 dissects") {
  CHECK(client_versions(ApiKey::kProduce, ClientApiCaps::kNone) == ApiVersionRange{3, 13});
  CHECK(client_versions(ApiKey::kProduce, ClientApiCaps::kTshark) == ApiVersionRange{3, 8});
  CHECK(client_versions(ApiKey::kFetch, ClientApiCaps::kTshark) == ApiVersionRange{4, 11});
  CHECK(client_versions(ApiKey::kListOffsets, ClientApiCaps::kTshark).highest == 5);
  CHECK(client_versions(ApiKey::kMetadata, ClientApiCaps::kTshark).highest == 9);
  CHECK(client_versions(ApiKey::kApiVersions, ClientApiCaps::kTshark).highest == 3);
  CHECK(client_versions(ApiKey::kCreateTopics, ClientApiCaps::kTshark).highest == 5);
  CHECK(client_versions(ApiKey::kInitProducerId, ClientApiCaps::kTshark).highest == 3);
  CHECK(client_versions(ApiKey::kAlterPartition, ClientApiCaps::kTshark).highest == 3);
}

}  // namespace kafka
