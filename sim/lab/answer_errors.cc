#include "sim/lab/answer_errors.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "broker-model/messages/apis.h"
#include "broker-model/messages/frames.h"
#include "broker-model/types/error_code.h"
#include "sim/lab/events.h"

namespace sim {
namespace {

// A visitor of a message's field list that keeps the error codes in it.
class Collector {
 public:
  template <class Spec, class T>
  void operator()(Spec, std::string_view, T& field) {
    collect(field);
  }
  std::vector<kafka::ErrorCode>& found() { return found_; }

 private:
  void collect(kafka::ErrorCode& code) {
    if (code != kafka::ErrorCode::kNone) found_.push_back(code);
  }
  template <class T>
  void collect(std::vector<T>& list) {
    if constexpr (requires(T& element) { element.fields(*this); }) {
      for (T& element : list) element.fields(*this);
    }
  }
  template <class T>
  void collect(T& field) {
    if constexpr (requires { field.fields(*this); }) field.fields(*this);
  }
  std::vector<kafka::ErrorCode> found_;
};

std::vector<kafka::ErrorCode> errors_of(const Message& response) {
  Collector collector;
  kafka::for_each_type(kafka::ResponseTypes{}, [&]<class M>() {
    if (M::api.key != response.api) return;
    std::int16_t version = response.version;
    if constexpr (M::api.key == kafka::ApiKey::kApiVersions) {
      // KIP-511: a version that the server does not know is answered in version 0.
      version = std::min(version, M::api.highest);
    }
    auto message = kafka::decode_response<M>(response.frame, version);
    if (message.has_value()) message->fields(collector);
  });
  return std::move(collector.found());
}

}  // namespace

AnswerErrors::AnswerErrors(MessageWatch& messages, Reached& reached)
    : messages_(messages),
      reached_(reached),
      watch_(messages.add({.kind = MessageKind::kResponse}, *this)) {}

AnswerErrors::~AnswerErrors() { messages_.remove(watch_); }

bool AnswerErrors::on_message(const Message& message) {
  for (const kafka::ErrorCode code : errors_of(message)) {
    reached_.add(fmt::format("error {} {}", api_name(static_cast<std::int16_t>(message.api)),
                             kafka::name(code)));
  }
  return true;
}

}  // namespace sim
