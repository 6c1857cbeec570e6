// Writes a run's traffic as pcapng with virtual time stamps, one IPv4 address per host (10.0.x.y),
// so that Wireshark and tshark read it as Kafka on TCP. Handshakes, sequence numbers and
// acknowledgements are made up to fit; what a frame held is what was really sent, when its process
// wrote it. A reset connection ends with a FIN that carries a comment (frame.comment contains
// "reset"), since tshark calls every RST a warning.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace reports {

struct PcapngSummary {
  std::uint64_t connections = 0;
  std::uint64_t frames = 0;
  std::uint64_t packets = 0;
};

// Reads RUN/trace.pb, writes `output` (a temporary name first). An error is a sentence.
std::expected<PcapngSummary, std::string> export_pcapng(const std::string& run_directory,
                                                        const std::string& output);

}  // namespace reports
