// tshark, an implementation of Kafka's protocol that is not ours, reads what the clients said.
//
// What it can judge: kafka-protocol versions of 2020 and before, hence client.api.caps=tshark; of
// Kafka on port 9092, the connections of clients. Between brokers, versions are Kafka 4.3's.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "reports/trace.pb.h"
#include "reports/trace_file.h"
#include "tests/unit/reports/scratch.h"

namespace reports {
namespace {

namespace trace = titorelli::trace;

// The output of a command, and whether it succeeded.
struct Output {
  std::string text;
  bool is_ok = false;
};
Output run(const std::string& command) {
  Output output;
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> chunk{};
  for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
    output.text.append(chunk.data(), n);
  output.is_ok = pclose(pipe) == 0;
  return output;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::istringstream in(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// 10.0.0.1 for host 0, as the export gives addresses.
std::string client_filter(const std::string& run_directory) {
  std::string filter;
  const auto read = read_trace(run_directory + "/trace.pb", [&filter](const trace::Record& record) {
    for (const trace::Host& host : record.header().hosts()) {
      const bool is_client = host.name().starts_with("producer") ||
                             host.name().starts_with("consumer") ||
                             host.name().starts_with("admin");
      if (!is_client) continue;
      filter += (filter.empty() ? "ip.addr==10.0.0." : "||ip.addr==10.0.0.") +
                std::to_string(host.id() + 1);
    }
  });
  REQUIRE(read.has_value());
  REQUIRE_FALSE(filter.empty());
  return "(" + filter + ")";
}

// A capture of leader-crash.lua: client connections that open, break and open again.
struct Capture {
  test::Scratch scratch{"tshark"};
  std::string file = scratch / "x.pcapng";
  std::string clients;

  Capture() {
    const std::string program = TITORELLI_BINARY_DIR "/titorelli";
    const std::string scenario = TITORELLI_SOURCE_DIR "/scenarios/tour/leader-crash.lua";
    const std::string directory = scratch / "run";
    REQUIRE(run(program + " run -q --trace all --set client.api.caps=tshark -o " + directory + " " +
                scenario + " 2>&1")
                .is_ok);
    REQUIRE(run(program + " export " + directory + " --to pcapng -o " + file + " 2>&1").is_ok);
    clients = client_filter(directory);
  }
  std::vector<std::string> fields(const std::string& filter, const std::string& names) const {
    const Output output = run("tshark -r " + file + " -Y '" + filter +
                              "' -T fields -E separator=/t" + names + " 2>/dev/null");
    REQUIRE(output.is_ok);
    return split(output.text, '\n');
  }
};

bool has_tshark() { return std::system("command -v tshark >/dev/null 2>&1") == 0; }

void check_clients(const Capture& capture) {
  // 0x600000 is PI_WARN of Wireshark's epan/proto.h; comments, chats and notes are below.
  for (const std::string& line :
       capture.fields(capture.clients + " && _ws.expert.severity >= 0x600000",
                      " -e frame.number -e ip.src -e ip.dst -e _ws.expert.message"))
    FAIL_CHECK(line);
  CHECK(capture.fields(capture.clients + " && _ws.malformed", " -e frame.number").empty());

  // Every API that clients use is there, its requests and its responses.
  const auto count = [&capture](const std::string& field) {
    std::map<std::string, int> frames;
    for (const std::string& keys :
         capture.fields(capture.clients + " && " + field, " -e " + field)) {
      for (const std::string& key : split(keys, ',')) ++frames[key];
    }
    return frames;
  };
  std::map<std::string, int> requests = count("kafka.request_key");
  std::map<std::string, int> responses = count("kafka.response_key");
  struct Api {
    const char* name;
    const char* key;
  };
  for (const Api& api :
       {Api{"Produce", "0"}, Api{"Fetch", "1"}, Api{"ListOffsets", "2"}, Api{"Metadata", "3"},
        Api{"ApiVersions", "18"}, Api{"CreateTopics", "19"}, Api{"InitProducerId", "22"}}) {
    CAPTURE(api.name);
    CHECK(requests[api.key] > 0);
    CHECK(responses[api.key] > 0);
  }
  CHECK(requests["0"] > 1000);
}

// Virtual nanoseconds, that never go back.
void check_times(const Capture& capture) {
  const std::vector<std::string> times = capture.fields("tcp", " -e frame.time_epoch");
  REQUIRE(times.size() > 1000);
  std::string before = "0";
  std::set<std::string> fractions;
  for (const std::string& time : times) {
    REQUIRE(time.size() - time.find('.') == 10);  // nine digits
    const bool is_later =
        time.size() > before.size() || (time.size() == before.size() && time >= before);
    CHECK(is_later);
    before = time;
    fractions.insert(time.substr(time.size() - 3));
  }
  CHECK(times.front().starts_with("0."));
  CHECK(times.back().starts_with("59."));
  CHECK(fractions.size() > 100);  // not rounded
  // A killed broker's connections say so.
  CHECK_FALSE(capture.fields("frame.comment contains \"reset\"", " -e frame.number").empty());
}

}  // namespace

// One test, since a capture takes a while.
TEST_CASE("3 brokers, leader killed: tshark finds nothing wrong with what clients said, and when") {
  if (!has_tshark()) {
    MESSAGE("skipped: tshark is not installed");
    return;
  }
  const Capture capture;
  check_clients(capture);
  check_times(capture);
}

}  // namespace reports
