// MessageWatch: the network's frames as Kafka's requests and responses, for captures and hooks. It
// looks at the first bytes of each frame, tells listeners of the messages that match their filters,
// and holds what they want held. A Lab has one, always installed: whoever asks about a response
// later must know then which request it answers.
//
// Sparse: a frame of an API that no listener asks about costs a few loads; a message is decoded
// only for filters that name a topic.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/ids.h"
#include "sim/net/network.h"

namespace sim {

enum class MessageKind : std::uint8_t { kRequest, kResponse };

// A message that was seen. The frame shares its bytes with the network.
struct Message {
  env::Instant at;
  FrameTicket ticket;
  FramePoint point = FramePoint::kLeaves;
  MessageKind kind = MessageKind::kRequest;
  kafka::ApiKey api = kafka::ApiKey::kProduce;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::uint64_t connection = 0;
  HostId from;
  HostId to;
  env::Frame frame;
};

// What is not set matches anything.
struct MessageFilter {
  std::optional<kafka::ApiKey> api{};
  std::optional<MessageKind> kind{};
  std::vector<HostId> from{};  // one of these
  std::vector<HostId> to{};
  std::vector<HostId> between{};  // both ends are of these
  std::string topic{};            // is named in the message, by name or id
  std::optional<std::int32_t> partition{};
  FramePoint point = FramePoint::kLeaves;
};

class MessageListener {
 public:
  virtual ~MessageListener() = default;
  // Called from inside an event: it notes what it wants and returns. False: hold it; whoever
  // answers so calls MessageWatch::release() once.
  virtual bool on_message(const Message&) = 0;
  // The response that expect_response() asked for.
  virtual void on_response(const Message&) {}
  // The connection of a message that this listener holds died.
  virtual void on_message_lost(FrameTicket) {}
};

class MessageWatch final : public FrameFilter {
 public:
  using WatchId = std::uint32_t;
  // `topic_id`: of a topic by its name, nothing while nobody knows it.
  MessageWatch(StreamNetwork& network,
               std::function<std::optional<kafka::Uuid>(const std::string&)> topic_id);
  ~MessageWatch() override;

  WatchId add(MessageFilter filter, MessageListener& listener);
  void remove(WatchId id);  // also from inside on_message
  // Tells the listener, once, of the response to that request, when it leaves.
  void expect_response(const Message& request, MessageListener& listener);

  // Another reason to hold a message that is held; false: it is not held (any more).
  bool hold(FrameTicket ticket, MessageListener* listener);
  // One reason less; without one left it goes on. False: it is not held (its connection died).
  bool release(FrameTicket ticket, MessageListener* listener);

  bool on_frame(env::Instant, FramePoint, FrameTicket, const ConnectionName&, bool is_from_client,
                const env::Frame&) override;
  void on_frame_lost(FrameTicket) override;
  void on_connection_gone(std::uint64_t connection_id) override;

 private:
  static constexpr std::size_t kApis = 128;  // keys from 0 on: more than Kafka has
  static constexpr std::size_t kSlots = 4 * kApis;
  // Requests of a connection that a response may still answer. Clients have five in flight unless
  // told otherwise; a response to an older request than these is nobody's.
  static constexpr std::uint32_t kRemembered = 64;

  struct Request {
    std::int32_t correlation_id = 0;
    std::int16_t api_key = 0;
    std::int16_t version = 0;
  };
  struct Connection {
    std::uint32_t written = 0;
    std::array<Request, kRemembered> requests{};
  };
  struct Watch {
    MessageFilter filter;
    MessageListener* listener = nullptr;  // null: removed
    std::optional<kafka::Uuid> topic_id{};
  };
  struct Expectation {
    std::uint64_t connection = 0;
    std::int32_t correlation_id = 0;
    friend auto operator<=>(const Expectation&, const Expectation&) = default;
  };

  static std::size_t slot(FramePoint point, MessageKind kind, std::int16_t api_key) {
    return (static_cast<std::size_t>(point) * 2 + static_cast<std::size_t>(kind)) * kApis +
           static_cast<std::size_t>(api_key);
  }
  Connection& connection(std::uint64_t id);
  const Request* request_of(std::uint64_t connection_id, std::int32_t correlation_id);
  bool tell(Message message);
  void tell_expectant(const Message& response);
  bool matches(Watch& watch, const Message& message);
  bool names_topic(Watch& watch, const Message& message);
  template <class Do>
  void for_each_slot(const MessageFilter& filter, Do act);

  StreamNetwork& network_;
  std::function<std::optional<kafka::Uuid>(const std::string&)> topic_id_;
  std::vector<std::unique_ptr<Watch>> watches_;         // by id; null: removed
  std::array<std::vector<WatchId>, kSlots> by_slot_{};  // in order of their making
  std::array<std::uint32_t, 4> watched_{};  // by point and kind: how many slots have watches
  std::map<Expectation, std::vector<MessageListener*>> expected_;
  std::map<FrameTicket, std::vector<MessageListener*>> held_;  // who holds it; null: nobody to tell
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::array<std::pair<std::uint64_t, Connection*>, 256> recent_{};  // in front of connections_
};

}  // namespace sim
