// Writes trace.pb (reports/trace.proto) while a run goes on: every frame that a process sent,
// connections, observations, faults. Into a file that is complete only after close(). A run without
// one pays nothing; a run with one takes the same path.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "broker-model/types/observation.h"
#include "sim/net/tap.h"

namespace titorelli::trace {
class Event;
class Record;
}  // namespace titorelli::trace

namespace sim {

class TraceWriter final : public NetworkTap {
 public:
  static std::expected<std::unique_ptr<TraceWriter>, std::string> create(
      const std::string& path, const std::string& scenario, std::uint64_t seed);
  ~TraceWriter() override;

  void add_host(env::Instant at, HostId id, const std::string& name);
  void add_observation(env::Instant at, const std::string& node,
                       const kafka::Observation& observation);
  void add_fault(env::Instant at, const std::string& name, bool begins);

  void on_connection_opened(env::Instant asked, env::Instant opened,
                            const ConnectionName&) override;
  void on_frame_sent(env::Instant, const ConnectionName&, TappedFrame, const env::Frame&) override;
  void on_frame_delivered(env::Instant, const ConnectionName&, TappedFrame,
                          const env::Frame&) override {}
  void on_connection_ended(env::Instant, const ConnectionName&, bool is_from_client,
                           bool is_reset) override;

  // False when something could not be written.
  bool close();

 private:
  TraceWriter(std::FILE* file, std::string scenario, std::uint64_t seed);
  void write(const titorelli::trace::Record& record);
  void write_header_once();
  titorelli::trace::Event& event(env::Instant at);

  std::FILE* file_;
  std::string scenario_;
  std::uint64_t seed_;
  bool has_failed_ = false;
  std::unique_ptr<titorelli::trace::Record> record_;  // used again and again
  std::vector<std::pair<HostId, std::string>> hosts_;
  bool is_header_written_ = false;
};

}  // namespace sim
