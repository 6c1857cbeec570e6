// All message types as one list, so that a new one is tested for no extra work. An API is added in
// broker-model/messages/apis.h, a record or header here.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "broker-model/messages/apis.h"
#include "broker-model/messages/codec.h"
#include "broker-model/messages/control_records.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/messages/request_header.h"
#include "broker-model/messages/response_header.h"

namespace kafka {

using OtherTypes = TypeList<LeaderChangeMessage, SnapshotHeaderRecord, SnapshotFooterRecord,
                            KRaftVersionRecord, VotersRecord, RequestHeader, ResponseHeader>;

template <class... T>
TypeList<T...> types_of(const std::variant<T...>*);
using MetadataRecordTypes = decltype(types_of(static_cast<const MetadataRecord*>(nullptr)));

template <class F>
void for_each_message(F&& f) {
  for_each_type(RequestTypes{}, f);
  for_each_type(ResponseTypes{}, f);
  for_each_type(OtherTypes{}, f);
  for_each_type(MetadataRecordTypes{}, f);
}

template <class T, class... Of>
constexpr bool is_in(TypeList<Of...>) {
  return (std::is_same_v<T, Of> || ...);
}

// "ProduceRequest", "TopicRecord": Kafka's name of the class.
template <class M>
std::string type_name() {
  std::string result(info_of<M>().name);
  if constexpr (is_in<M>(RequestTypes{})) result += "Request";
  if constexpr (is_in<M>(ResponseTypes{})) result += "Response";
  return result;
}

}  // namespace kafka
