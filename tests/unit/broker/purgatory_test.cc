#include "broker-model/broker/purgatory.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace test {

using namespace std::chrono_literals;
using kafka::Purgatory;
using kafka::PurgatorySlot;

namespace {
env::Instant at(int ms) { return env::Instant(std::chrono::milliseconds(ms)); }
}  // namespace

TEST_CASE("purgatory: operations are tried in order of arrival and leave when done") {
  Purgatory<std::string> purgatory;
  const std::array<PurgatorySlot, 2> both{0, 3};
  const std::array<PurgatorySlot, 1> one{3};
  purgatory.park("a", both, at(100));
  purgatory.park("b", one, at(50));
  purgatory.park("c", one, std::nullopt);
  std::string tried;
  CHECK(purgatory.wake(3, [&](std::string& op) {
    tried += op;
    return op == "b";
  }) == 1);
  CHECK(tried == "abc");
  CHECK(purgatory.size() == 2);
  purgatory.check_invariants();
  tried.clear();
  purgatory.wake(0, [&](std::string& op) {
    tried += op;
    return true;
  });
  purgatory.wake(3, [&](std::string& op) {
    tried += op;
    return false;
  });
  CHECK(tried == "ac");
  CHECK(purgatory.wake(9, [](std::string&) { return true; }) == 0);
}

TEST_CASE("purgatory: deadlines of completed operations ask for no timer") {
  Purgatory<int> purgatory;
  const std::array<PurgatorySlot, 1> slot{1};
  purgatory.park(1, slot, at(50));
  purgatory.park(2, slot, at(70));
  CHECK(purgatory.next_deadline() == at(50));
  purgatory.wake(1, [](int& op) { return op == 1; });
  CHECK(purgatory.next_deadline() == at(70));
  int expired = 0;
  purgatory.expire(at(69), [&](int& op) { expired = op; });
  CHECK(expired == 0);
  purgatory.expire(at(70), [&](int& op) { expired = op; });
  CHECK(expired == 2);
  CHECK_FALSE(purgatory.next_deadline().has_value());
  CHECK(purgatory.size() == 0);
}

TEST_CASE("purgatory: ten thousand quick operations with long deadlines keep the heap small") {
  Purgatory<int> purgatory;
  const std::array<PurgatorySlot, 1> slot{0};
  for (int i = 0; i < 10'000; ++i) {
    purgatory.park(int{i}, slot, at(30'000 + i));
    CHECK(purgatory.wake(0, [](int&) { return true; }) == 1);
    purgatory.check_invariants();
  }
  purgatory.park(-1, slot, at(5));
  CHECK(purgatory.next_deadline() == at(5));
}

}  // namespace test
