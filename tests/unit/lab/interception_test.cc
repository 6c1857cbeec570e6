// Messages watched, held and sent again, and hooks, from C++: what the language does not reach.
#include "sim/lab/interception.h"

#include <doctest/doctest.h>

#include "broker-model/messages/message_values.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

using namespace std::chrono_literals;

env::Instant at(env::Duration since_start) { return env::Instant(since_start); }

// 3 brokers, orders with one partition, a producer of `count` records.
Host& declare_orders(Lab& lab, std::uint64_t count) {
  lab.build_cluster({.brokers = 3});
  lab.declare_topic({.name = "orders", .partitions = 1, .replicas = 3});
  Host& producer = lab.add_producer(kafka::Config(kafka::ConfigDef::producer()));
  lab.drive(producer, {.topic = "orders", .gap = 20ms, .count = count, .size = 100, .keys = 0});
  return producer;
}

// Listens, and holds when told so.
struct Ear final : MessageListener {
  bool on_message(const Message& message) override {
    heard.push_back(message);
    return !is_holding;
  }
  void on_response(const Message& message) override { responses.push_back(message); }
  void on_message_lost(FrameTicket ticket) override { lost.push_back(ticket); }
  std::vector<Message> heard;
  std::vector<Message> responses;
  std::vector<FrameTicket> lost;
  bool is_holding = false;
};

struct Counter final : HookSink {
  void on_occurrence(HookId, const Occurrence& occurrence) override {
    occurrences.push_back(occurrence);
  }
  std::vector<Occurrence> occurrences;
};

}  // namespace

TEST_CASE("watch: requests and their responses go together, in both directions of time") {
  Lab lab({.seed = 1});
  const Host& producer = declare_orders(lab, 20);
  Ear requests;
  Ear responses;
  MessageWatch& watch = lab.interception().messages();
  watch.add(
      {.api = kafka::ApiKey::kProduce, .kind = MessageKind::kRequest, .from = {producer.id()}},
      requests);
  watch.add({.api = kafka::ApiKey::kProduce,
             .kind = MessageKind::kResponse,
             .to = {producer.id()},
             .point = FramePoint::kArrives},
            responses);
  lab.world().run_until(at(5s));
  REQUIRE(requests.heard.size() >= 10);
  REQUIRE(responses.heard.size() == requests.heard.size());
  for (std::size_t i = 0; i < requests.heard.size(); ++i) {
    CHECK(responses.heard[i].correlation_id == requests.heard[i].correlation_id);
    CHECK(responses.heard[i].version == requests.heard[i].version);
    CHECK(responses.heard[i].from == requests.heard[i].to);
    CHECK(responses.heard[i].at > requests.heard[i].at);
    CHECK(kafka::decode_response_value(responses.heard[i].frame, responses.heard[i].api,
                                       responses.heard[i].version)
              .has_value());
  }
}

TEST_CASE("watch: two who hold a message: it goes on when both have let go") {
  Lab lab({.seed = 1});
  const Host& producer = declare_orders(lab, 1);
  Ear one;
  Ear two;
  one.is_holding = two.is_holding = true;
  MessageWatch& watch = lab.interception().messages();
  const MessageFilter filter{.api = kafka::ApiKey::kProduce, .from = {producer.id()}};
  const MessageWatch::WatchId first = watch.add(filter, one);
  watch.add(filter, two);
  lab.world().run_until(at(3s));
  REQUIRE(one.heard.size() == 1);
  const FrameTicket ticket = one.heard[0].ticket;
  const auto end_offset = [&lab] {
    return lab.state()
        .find({"orders", 0})
        ->logs.at(*lab.state().find({"orders", 0})->leader)
        .log_end_offset;
  };
  CHECK(watch.hold(ticket, nullptr));
  CHECK(watch.release(ticket, &one));
  CHECK(watch.release(ticket, nullptr));
  lab.world().run_until(at(4s));
  CHECK(end_offset() == 0);
  CHECK(watch.release(ticket, &two));
  lab.world().run_until(at(5s));
  CHECK(end_offset() == 1);
  CHECK_FALSE(watch.release(ticket, &two));
  CHECK_FALSE(watch.hold(ticket, nullptr));
  watch.remove(first);
  watch.remove(first);
}

TEST_CASE("watch: a held message whose connection dies is told as lost, once") {
  Lab lab({.seed = 1});
  Host& producer = declare_orders(lab, 1);
  Ear ear;
  ear.is_holding = true;
  MessageWatch& watch = lab.interception().messages();
  watch.add({.api = kafka::ApiKey::kProduce, .from = {producer.id()}}, ear);
  lab.world().run_until(at(3s));
  REQUIRE(ear.heard.size() == 1);
  CHECK(producer.kill());
  lab.world().run_until(at(4s));
  REQUIRE(ear.lost.size() == 1);
  CHECK(ear.lost[0] == ear.heard[0].ticket);
  CHECK_FALSE(watch.release(ear.heard[0].ticket, &ear));
}

TEST_CASE("watch: removing a watch from inside another's listener") {
  struct Remover final : MessageListener {
    bool on_message(const Message&) override {
      watch->remove(victim);
      return true;
    }
    MessageWatch* watch = nullptr;
    MessageWatch::WatchId victim = 0;
  };
  Lab lab({.seed = 1});
  declare_orders(lab, 5);
  Ear ear;
  Remover remover;
  remover.watch = &lab.interception().messages();
  remover.watch->add({.api = kafka::ApiKey::kProduce}, remover);
  remover.victim = remover.watch->add({.api = kafka::ApiKey::kProduce}, ear);
  lab.world().run_until(at(3s));
  CHECK(ear.heard.empty());
}

TEST_CASE("hooks: elections are told against the state before, the first leader is none") {
  Lab lab({.seed = 1});
  declare_orders(lab, 100);
  Counter elections;
  Counter first;
  Hooks& hooks = lab.interception().hooks();
  const HookId all = hooks.add(EventType::kElection, {}, elections);
  const HookId once = hooks.add(EventType::kElection, {.once = true}, first);
  lab.world().run_until(at(3s));
  CHECK(elections.occurrences.empty());
  Host& leader = lab.broker(*lab.state().find({"orders", 0})->leader);
  CHECK(leader.kill());
  lab.world().run_until(at(30s));
  lab.start(leader);
  lab.world().run_until(at(60s));
  CHECK(hooks.count(all) == elections.occurrences.size());
  CHECK(elections.occurrences.size() >= 1);
  CHECK(hooks.count(once) == 1);
  CHECK_FALSE(hooks.cancel(once));
  CHECK(hooks.cancel(all));
  CHECK_FALSE(hooks.cancel(all));
}

TEST_CASE("every kind of event is in the table, in order, under one name, with filters it has") {
  std::size_t index = 0;
  for (const EventInfo& event : event_kinds()) {
    CHECK(static_cast<std::size_t>(event.type) == index++);
    CHECK(find_event(event.name) == &event);
    CHECK_FALSE(event.doc.empty());
    CHECK_FALSE(words_of(event.filters).empty());
    CHECK_FALSE(words_of(event.fields).empty());
  }
  CHECK(index == kEventTypes);
  CHECK(find_event("rebalance") == nullptr);
  CHECK(find_api_by_name("Produce") == kafka::ApiKey::kProduce);
  CHECK_FALSE(find_api_by_name("produce").has_value());
}

TEST_CASE(
    "replay: the bytes as they were, from a host of its own, on the record with its answers") {
  Lab lab({.seed = 1});
  const Host& producer = declare_orders(lab, 20);
  Interception& hand = lab.interception();
  int changes = 0;
  hand.set_on_change([&changes] { ++changes; });
  const CaptureId id = hand.capture({.filter = {.api = kafka::ApiKey::kProduce,
                                                .kind = MessageKind::kRequest,
                                                .from = {producer.id()}},
                                     .limit = 50});
  lab.world().run_until(at(3s));
  const auto& captured = hand.capture(id).messages();
  REQUIRE(captured.size() >= 3);
  const CapturedMessage& last = captured.back();
  REQUIRE(last.response.has_value());
  CHECK(changes == 2 * static_cast<int>(captured.size()));
  Ear ear;
  hand.messages().add({.api = kafka::ApiKey::kProduce, .kind = MessageKind::kRequest}, ear);
  const ReplayId replay =
      hand.replay({.to = last.message.to, .request = last.message.frame, .times = 2});
  lab.world().run_until(at(4s));
  REQUIRE(ear.heard.size() == 2);
  CHECK(ear.heard[0].frame == last.message.frame);
  CHECK(ear.heard[0].connection != last.message.connection);
  CHECK(lab.world().host(ear.heard[0].from).name() == "replay-1");
  CHECK(hand.replay(replay).is_done);
  // The producer was idempotent: both are answered as the original was, bytes and all.
  REQUIRE(hand.replay(replay).answers.size() == 2);
  CHECK(hand.replay(replay).answers[0] == *last.response);
  CHECK(hand.replay(replay).answers[1] == *last.response);
  REQUIRE(lab.faults().size() == 1);
  CHECK(lab.faults().records()[0].affected == 2);
}

TEST_CASE("capture files: there and back, the same bytes") {
  Lab lab({.seed = 1});
  declare_orders(lab, 5);
  Interception& hand = lab.interception();
  const CaptureId id = hand.capture({.filter = {}, .limit = 500});
  lab.world().run_until(at(3s));
  const std::string bytes = write_capture(hand.capture(id));
  const auto messages = read_capture(bytes);
  REQUIRE(messages.has_value());
  CHECK(messages->size() > 200);
  const CaptureId loaded = hand.load(*messages);
  CHECK(write_capture(hand.capture(loaded)) == bytes);
  CHECK(hand.capture(loaded).is_loaded());
}

}  // namespace sim
