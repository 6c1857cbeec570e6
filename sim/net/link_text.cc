#include "sim/net/link_text.h"

#include <fmt/format.h>

#include "sim/core/distribution_text.h"
#include "sim/core/quantities.h"

namespace sim {

std::expected<LinkDirection, std::string> parse_link(const LinkText& text) {
  LinkDirection link{.latency = {}, .bytes_per_second = {}};
  if (text.latency.empty()) return std::unexpected("latency is missing");
  auto latency = parse_distribution(text.latency);
  if (!latency.has_value()) return std::unexpected(fmt::format("latency: {}", latency.error()));
  link.latency = std::move(*latency);
  if (!text.bandwidth.empty() && text.bandwidth != "unlimited") {
    const auto rate = parse_bandwidth(text.bandwidth);
    if (!rate.has_value())
      return std::unexpected(
          fmt::format("bandwidth: \"{}\" is no bandwidth; write \"10MB/s\", "
                      "\"1Gbit/s\" or \"unlimited\"",
                      text.bandwidth));
    link.bytes_per_second = static_cast<std::uint64_t>(*rate);
  }
  if (!text.loss.empty()) {
    const auto ratio = parse_ratio(text.loss);
    if (!ratio.has_value() || *ratio > 1'000'000)
      return std::unexpected(
          fmt::format("loss: \"{}\" is no share; write \"0.1%\", at most \"100%\"", text.loss));
    link.loss_ppm = static_cast<std::uint32_t>(*ratio);
  }
  if (!text.cost.empty()) {
    const auto cost = parse_duration(text.cost);
    constexpr std::int64_t kCostMax = 1'000'000'000'000'000;  // so that sums of many fit
    if (!cost.has_value() || *cost > kCostMax)
      return std::unexpected(
          fmt::format("cost: \"{}\" is no duration, such as \"1ms\"", text.cost));
    link.cost = env::Duration(*cost);
  }
  return link;
}

}  // namespace sim
