// Named random streams: one per purpose ("net/1-2", "disk/3", "node/3", "workload/p1"), each made
// of (seed, name) alone. A new stream, or a further draw of one, moves no other.
//
// A World owns one Streams. References stay valid as long as it lives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/env/rng.h"
#include "sim/core/decisions.h"
#include "sim/core/digest.h"

namespace sim {

// Told of draws as they are made.
class DrawWatch {
 public:
  virtual ~DrawWatch() = default;
  virtual bool watches(std::string_view stream) = 0;  // asked once a stream, when it is made
  virtual void on_draw(std::string_view stream, std::uint64_t index, std::uint64_t value) = 0;
};

class Streams {
 public:
  // `watch` may be null; it outlives this.
  explicit Streams(std::uint64_t seed, Decisions decisions = {}, DrawWatch* watch = nullptr)
      : seed_(seed), decisions_(std::move(decisions)), watch_(watch) {}
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  std::uint64_t seed() const { return seed_; }

  // The stream of that name, made at the first call.
  env::Rng& stream(std::string_view name);

  // In order of names, so that the order in which streams were made does not show.
  template <class Visit>  // void(std::string_view name, std::uint64_t draws)
  void for_each(Visit visit) const {
    for (const auto& [name, stream] : streams_) visit(std::string_view(name), stream.rng.draws());
  }

  // Names and draws of all streams that were drawn from.
  void add_to(Digest& digest) const;

  // Decisions that came to nothing so far, a sentence each: no such stream, or not so many draws.
  std::vector<std::string> unused_decisions() const;

 private:
  // A stream, and what is decided of it.
  class Stream final : public env::DrawControl {
   public:
    explicit Stream(std::uint64_t seed) : rng(seed) {}
    void control(std::string_view its_name, const Decisions::Draws* draws, DrawWatch* its_watch);
    env::Rng rng;

   private:
    std::uint64_t on_draw(env::Rng&, std::uint64_t index, std::uint64_t value) override;
    void control_next(std::uint64_t from);
    std::string_view name_;
    const Decisions::Draws* decided_ = nullptr;
    DrawWatch* watch_ = nullptr;
  };

  std::uint64_t seed_;
  Decisions decisions_;
  DrawWatch* watch_;
  std::map<std::string, Stream, std::less<>> streams_;  // nodes do not move
};

}  // namespace sim
