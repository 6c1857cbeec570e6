#include "sim/lab/interception.h"

#include <fmt/format.h>

#include "broker-model/broker/broker.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/message_values.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

// As the controller knows it; while that is down, as a broker does.
std::optional<kafka::Uuid> topic_id_of(Lab& lab, const std::string& topic) {
  const auto find = [&topic](const kafka::MetadataImage* image) -> std::optional<kafka::Uuid> {
    if (image == nullptr) return std::nullopt;
    const auto found = image->topic_ids().find(topic);
    return found != image->topic_ids().end() ? std::optional(found->second) : std::nullopt;
  };
  if (!lab.has_cluster()) return std::nullopt;
  if (const auto* node = dynamic_cast<kafka::ControllerNode*>(lab.controller().node()))
    if (const auto id = find(node->image()); id.has_value()) return id;
  for (Host* host : lab.brokers()) {
    const auto* node = dynamic_cast<kafka::Broker*>(host->node());
    if (node == nullptr) continue;
    if (const auto id = find(node->image()); id.has_value()) return id;
  }
  return std::nullopt;
}

std::string described(const MessageFilter& filter) {
  return fmt::format("{} {}",
                     filter.api.has_value() ? api_name(static_cast<std::int16_t>(*filter.api))
                                            : std::string_view("all"),
                     !filter.kind.has_value()                ? "messages"
                     : *filter.kind == MessageKind::kRequest ? "requests"
                                                             : "responses");
}

bool is_answered(const kafka::RequestValue& request) {
  if (request.header.request_api_key != static_cast<std::int16_t>(kafka::ApiKey::kProduce))
    return true;
  const kafka::Value* acks = request.body.field("acks");
  return acks == nullptr || *acks->get<std::int64_t>() != 0;
}

}  // namespace

Interception::Interception(Lab& lab)
    : lab_(lab),
      messages_(lab.network(),
                [&lab](const std::string& topic) { return topic_id_of(lab, topic); }),
      hooks_(lab.world(), lab.recorder(), messages_) {}

Interception::~Interception() = default;

// --- captures

CaptureId Interception::capture(CaptureSpec spec) {
  std::string what = described(spec.filter);
  captures_.push_back({.capture = std::make_unique<Capture>(lab_.world(), messages_,
                                                            std::move(spec), [this] { changed(); }),
                       .what = std::move(what)});
  return CaptureId(static_cast<std::uint32_t>(captures_.size() - 1));
}

CaptureId Interception::load(std::vector<CapturedMessage> messages) {
  captures_.push_back(
      {.capture = std::make_unique<Capture>(lab_.world(), messages_, std::move(messages)),
       .what = "loaded messages"});
  return CaptureId(static_cast<std::uint32_t>(captures_.size() - 1));
}

void Interception::begin(CaptureId id, const std::string& verb) {
  Captured& captured = captures_.at(id.value());
  if (captured.fault.has_value()) end(captured);
  captured.touched_before = captured.capture->touched();
  captured.fault = lab_.add_effect(
                           fmt::format("{} {}", verb, captured.what),
                           [capture = captured.capture.get(), before = captured.touched_before] {
                             return capture->touched() - before;
                           },
                           [this, id] { captures_.at(id.value()).capture->release(); })
                       .value();
}

void Interception::end(Captured& captured) {
  const FaultId fault(*captured.fault);
  captured.fault.reset();
  lab_.end_effect(fault, "heal", "");
}

void Interception::hold(CaptureId id) {
  begin(id, "hold");
  capture(id).hold();
}

void Interception::delay(CaptureId id, env::Duration delay) {
  begin(id, fmt::format("delay by {}", human(delay)));
  capture(id).delay(delay);
}

std::size_t Interception::release(CaptureId id) {
  Captured& captured = captures_.at(id.value());
  const std::size_t released = captured.capture->release();
  if (captured.fault.has_value()) end(captured);
  return released;
}

// --- replays

ReplayId Interception::replay(const ReplaySpec& spec) {
  const auto request = kafka::decode_request_value(spec.request);
  TIT_ASSERT(request.has_value(), "a request whose bytes were checked before");
  const Host& target = lab_.world().host(spec.to);
  const bool is_broker = lab_.recorder().member(spec.to).role == Role::kBroker;
  const ReplayId id(static_cast<std::uint32_t>(replays_.size()));
  replays_.push_back(
      {.replay = std::make_unique<Replay>(Replay{
           .name = fmt::format("replay {} to {} ×{}", api_name(request->header.request_api_key),
                               target.name(), spec.times),
           .to = {.host = target.name(),
                  .port = is_broker ? Lab::kBrokerPort : Lab::kControllerPort},
           .request = spec.request,
           .api = static_cast<kafka::ApiKey>(request->header.request_api_key),
           .version = request->header.request_api_version,
           .has_answer = is_answered(*request),
           .times = spec.times})});
  lab_.world().at(lab_.world().now() + spec.after, [this, id] { start(id); });
  return id;
}

void Interception::start(ReplayId id) {
  Replayed& replayed = replays_.at(id.value());
  Replay* replay = replayed.replay.get();
  // Without answers to count: what was sent.
  const auto affected = [replay] {
    return replay->has_answer ? replay->answers.size() : replay->sent;
  };
  replayed.fault = lab_.add_effect(replay->name, affected, [] {}).value();
  lab_.add_replayer([this, id, replay] {
    return std::make_unique<Replayer>(*replay, [this, id] { on_answer(id); });
  });
}

void Interception::on_answer(ReplayId id) {
  if (!replay(id).is_done) return changed();
  // This is the inside of a handler: what follows happens in an event of its own.
  lab_.world().at(lab_.world().now(), [this, id] {
    const Replay& over = replay(id);
    std::string outcome =
        fmt::format("{} answer{}", over.answers.size(), over.answers.size() == 1 ? "" : "s");
    if (!over.error.empty()) outcome += ", " + over.error;
    lab_.end_effect(FaultId(replays_.at(id.value()).fault), "replay", outcome);
    changed();
  });
}

}  // namespace sim
