// Fetch sessions as conversations: fetchers with their FetchSessionHandler on one side, a broker's
// FetchManager on the other, over partitions whose offsets the story sets.
#include "broker-model/broker/fetch_session.h"

#include <doctest/doctest.h>

#include <charconv>

#include "broker-model/rpc/fetch_session_handler.h"
#include "tests/datadriven/datadriven.h"

namespace test {
namespace {

using namespace kafka;
using Handler = FetchSessionHandler<TopicPartition>;

struct Truth {
  Offset high_watermark = 0;
  Offset log_start = 0;
  Offset end = 0;  // what lies between a fetch and this is data
  ErrorCode error = ErrorCode::kNone;
};

// "orders-1@7": a partition and, where it matters, an offset.
std::pair<TopicPartition, Offset> parse(std::string word) {
  Offset offset = 0;
  if (const auto at = word.find('@'); at != word.npos) {
    offset = std::stoll(word.substr(at + 1));
    word.resize(at);
  }
  const auto dash = word.rfind('-');
  return {{word.substr(0, dash), std::stoi(word.substr(dash + 1))}, offset};
}

std::string text_of(std::string_view topic, std::int32_t partition) {
  return std::string(topic) + "-" + std::to_string(partition);
}

struct Story {
  FetchManager manager{8};
  env::Rng rng{1};
  std::map<TopicPartition, Truth> truth;
  std::map<std::string, Uuid, std::less<>> ids;
  std::map<Uuid, std::string> names;      // as metadata has them
  std::map<Uuid, std::string> all_names;  // those of topics that are gone, too
  std::map<std::string, Handler> fetchers;
  std::map<std::int32_t, std::string> sessions{{0, "none"}};  // as the story calls them
  std::int64_t now_ms = 1'000'000;
  std::uint64_t next_id = 1;
  struct Open {  // a request that is not answered yet
    FetchContext context;
    std::vector<FetchItem> items;
  };
  Open waiting;

  std::string session_name(std::int32_t id) {
    return sessions.try_emplace(id, "s" + std::to_string(sessions.size())).first->second;
  }
  std::int32_t session_id(std::string_view called) const {
    for (const auto& [id, name] : sessions)
      if (name == called) return id;
    return 77;  // nobody's
  }
  void create(const std::string& topic) {
    if (ids.contains(topic)) names.erase(ids[topic]);
    ids[topic] = Uuid{0, next_id++};
    names[ids[topic]] = topic;
    all_names[ids[topic]] = topic;
  }

  std::string say(const FetchRequest& request) {
    std::string text = "-> session " + session_name(request.session_id) + " epoch " +
                       std::to_string(request.session_epoch);
    for (const auto& topic : request.topics)
      for (const auto& data : topic.partitions)
        text +=
            " " + text_of(topic.topic, data.partition) + "@" + std::to_string(data.fetch_offset);
    for (const auto& topic : request.forgotten_topics_data)
      for (const std::int32_t partition : topic.partitions)
        text += " forget " + text_of(topic.topic, partition);
    return text + "\n";
  }
  std::string say(const FetchResponse& response) {
    std::string text = "<- session " + session_name(response.session_id);
    if (response.error_code != ErrorCode::kNone)
      text += " " + std::string(name(response.error_code));
    for (const auto& topic : response.responses) {
      for (const auto& data : topic.partitions) {
        const std::string known = topic.topic.empty() ? all_names[topic.topic_id] : topic.topic;
        text += " " + text_of(known, data.partition_index);
        if (data.error_code != ErrorCode::kNone) {
          text += ":" + std::string(name(data.error_code));
          continue;
        }
        text += ":hw=" + std::to_string(data.high_watermark);
        if (data.log_start_offset > 0) text += ",start=" + std::to_string(data.log_start_offset);
        if (data.records) text += ",data";
      }
    }
    return text + "\n";
  }

  Open open(std::int16_t version, bool is_follower, const FetchRequest& request) {
    Open op{.context = manager.open(version, is_follower, request, now_ms), .items = {}};
    op.items = FetchManager::items(op.context, request, [this](const Uuid& id) {
      const auto found = names.find(id);
      return found != names.end() ? &found->second : nullptr;
    });
    return op;
  }
  FetchResponse answer(Open& op) {
    std::vector<FetchResult> results;
    for (const FetchItem& item : op.items) {
      FetchResult& result = results.emplace_back();
      const std::string& topic = item.topic.empty() ? all_names[item.key.first] : item.topic;
      const Truth& is = truth[{topic, item.key.second}];
      result.error = item.error != ErrorCode::kNone ? item.error : is.error;
      if (result.error != ErrorCode::kNone) continue;
      result.high_watermark = is.high_watermark;
      result.log_start_offset = is.log_start;
      result.size = std::max<Offset>(is.end - item.fetch_offset, 0);
    }
    FetchResponse response;
    if (manager.begin_answer(op.context, op.items, results, response, now_ms, rng)) {
      for (std::size_t i = 0; i < results.size(); ++i) {
        const FetchItem& item = op.items[i];
        if (!FetchManager::selects(op.context, item, results[i])) continue;
        auto& topic = response.responses.emplace_back();
        topic.topic = item.topic;
        topic.topic_id = op.context.uses_topic_ids ? item.key.first : Uuid{};
        auto& data = topic.partitions.emplace_back();
        data.partition_index = item.key.second;
        data.error_code = results[i].error;
        data.high_watermark = results[i].high_watermark;
        data.log_start_offset = results[i].log_start_offset;
        if (results[i].size > 0) data.records.emplace();
      }
    }
    manager.check_invariants();
    return response;
  }

  // fetch by=f2 [follower] [lost] [version=18] [unanswered] orders-0@5 ...
  std::string fetch(const DatadrivenCommand& command) {
    Handler& handler = fetchers[command.get("by")];
    const auto version = static_cast<std::int16_t>(command.get_int("version", 18));
    FetchRequest request;
    handler.begin();
    for (const std::string& word : command.words) {
      if (word.find('@') == word.npos) continue;
      const auto [partition, offset] = parse(word);
      if (!ids.contains(partition.topic)) create(partition.topic);
      handler.add(partition, partition.topic, version >= 13 ? ids[partition.topic] : Uuid{},
                  {.partition = partition.partition, .fetch_offset = offset});
    }
    const bool is_closing = handler.next().epoch == kFinalEpoch;
    if (handler.finish(request).is_empty && !is_closing) return "nothing to send\n";
    std::string text = say(request);
    waiting = open(version, command.has("follower"), request);
    if (command.has("unanswered")) return text;
    return text + finish(command, handler, version);
  }
  std::string finish(const DatadrivenCommand& command, Handler& handler, std::int16_t version) {
    const FetchResponse response = answer(waiting);
    std::string text = say(response);
    if (command.has("lost")) {
      handler.handle_error();
      return text + "lost on the way\n";
    }
    const auto key_of = [&](const FetchResponse::FetchableTopicResponse& topic,
                            std::int32_t index) -> std::optional<TopicPartition> {
      if (version < 13) return TopicPartition{topic.topic, index};
      const auto known = all_names.find(topic.topic_id);
      if (known == all_names.end()) return std::nullopt;
      return TopicPartition{known->second, index};
    };
    if (!handler.handle_response(response, key_of)) text += "of no use\n";
    return text;
  }
  // A request that no handler of ours would make.
  std::string raw(const DatadrivenCommand& command) {
    FetchRequest request;
    request.session_id = session_id(command.get("session", "none"));
    request.session_epoch = static_cast<std::int32_t>(command.get_int("epoch"));
    for (const std::string& word : command.words) {
      if (word.find('@') == word.npos) continue;
      const auto [partition, offset] = parse(word);
      auto& topic = request.topics.emplace_back();
      topic.topic = partition.topic;
      topic.topic_id = ids[partition.topic];
      topic.partitions.push_back({.partition = partition.partition, .fetch_offset = offset});
    }
    if (command.has("forget")) {
      const TopicPartition gone = parse(command.get("forget")).first;
      request.forgotten_topics_data.push_back(
          {.topic = gone.topic, .topic_id = ids[gone.topic], .partitions = {gone.partition}});
    }
    Open op = open(static_cast<std::int16_t>(command.get_int("version", 18)),
                   command.has("follower"), request);
    return say(answer(op));
  }

  std::string run(const DatadrivenCommand& command) {
    if (command.name == "broker") {
      manager = FetchManager(command.get_int("slots", 8));
      fetchers.clear();
    } else if (command.name == "partition") {
      Truth& is = truth[parse(command.words.at(0)).first];
      is.high_watermark = command.get_int("hw", is.high_watermark);
      is.end = command.get_int("end", std::max(is.end, is.high_watermark));
      is.log_start = command.get_int("start", is.log_start);
      is.error = command.has("fails") ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kNone;
    } else if (command.name == "recreate") {
      create(command.words.at(0));
    } else if (command.name == "delete") {
      names.erase(ids[command.words.at(0)]);
    } else if (command.name == "advance") {
      now_ms += command.get_int("ms");
    } else if (command.name == "close") {
      fetchers[command.get("by")].notify_close();
    } else if (command.name == "sessions") {
      return std::to_string(manager.session_count()) + "\n";
    } else if (command.name == "answer") {
      return finish(command, fetchers[command.get("by")], 18);
    } else if (command.name == "raw") {
      return raw(command);
    } else {
      return fetch(command);
    }
    return "ok\n";
  }
};

}  // namespace

TEST_CASE("a fetch session: what changed goes out, what is new comes back") {
  Story story;
  run_datadriven("fetch/sessions.txt", [&](const DatadrivenCommand& c) { return story.run(c); });
}

TEST_CASE("fetch sessions that have to go, and those that nobody knows") {
  Story story;
  run_datadriven("fetch/eviction.txt", [&](const DatadrivenCommand& c) { return story.run(c); });
}

}  // namespace test
