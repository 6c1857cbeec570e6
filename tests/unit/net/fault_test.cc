#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

TEST_CASE("kill: the peer is reset one latency later, behind what was sent before") {
  Pair net;
  net.send(net.from_b, "last words");
  net.network.host_killed(net.b.id);
  net.run_until(1s);
  CHECK(net.a.story() == "last words reset");
  CHECK(net.a.when("reset") == 11ms);
  CHECK(net.b.story().empty());
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("kill: unread data is read before the reset is noticed, a write notices it at once") {
  Pair net;
  net.network.set_readable(net.from_a, false);
  net.send(net.from_b, "unread");
  net.network.host_killed(net.b.id);
  net.run_until(1s);
  CHECK(net.a.story().empty());
  SUBCASE("reading") {
    net.network.set_readable(net.from_a, true);
    net.run_until(2s);
    CHECK(net.a.story() == "unread reset");
  }
  SUBCASE("writing") {
    net.send(net.from_a, "x");
    CHECK(net.a.story().empty());
    net.run_until(2s);
    CHECK(net.a.story() == "reset");
  }
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("kill under a partition: silence, then a reset on the next segment after healing") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.network.host_killed(net.b.id);
  net.network.host_up(net.b.id);  // started again: another process, no such socket
  CHECK(net.network.counts(cut).resets_eaten == 1);
  net.run_until(10min);
  CHECK(net.a.story().empty());
  net.network.heal(cut);
  net.run_until(20min);
  CHECK(net.a.story().empty());  // nothing was sent, nothing is learnt
  net.send(net.from_a, "are you there");
  net.run_until(20min + 1s);
  CHECK(net.a.story() == "reset");
  CHECK(net.a.when("reset") == 20min + 2ms);
  CHECK(net.b.story().empty());
}

TEST_CASE("kill under a partition with data held: the retransmission after healing is reset") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.send(net.from_a, "held");  // at 10 ms: retransmitted at 210, 610 and 1410 ms
  net.network.host_killed(net.b.id);
  net.run_until(700ms);
  net.network.heal(cut);
  net.run_until(1409ms);
  CHECK(net.a.story().empty());
  net.run_until(5s);
  CHECK(net.a.story() == "reset");
  CHECK(net.a.when("reset") == 1412ms);
}

TEST_CASE("kill: what is in flight to the dead process is answered by its kernel") {
  Pair net;
  net.cut(Direction::kForward);       // a's segments are cut, so a knows nothing of b's death ...
  net.network.host_killed(net.a.id);  // ... and here b knows nothing of a's
  net.send(net.from_b, "x");          // arrives; the RST in answer is eaten as well
  net.run_until(5s);
  CHECK(net.b.story().empty());
  const RuleCounts& counts = net.network.counts(PartitionHandle(0));
  CHECK(counts.resets_eaten >= 3);  // at the kill, at the arrival, at each retransmission
  net.network.heal(PartitionHandle(0));
  net.run_until(20s);
  CHECK(net.b.story() == "reset");
}

TEST_CASE("partition: data is held and moves at the retransmission after healing, not at once") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.send(net.from_a, "one");  // at 10 ms: retransmissions at 210, 610, 1410, 3010 ms ...
  net.run_until(500ms);
  net.send(net.from_a, "two");  // counted from the first unacknowledged send
  net.run_until(1500ms);
  net.network.heal(cut);
  net.send(net.from_a, "three");
  net.run_until(3009ms);
  CHECK(net.b.story().empty());
  net.run_until(4s);
  CHECK(net.b.story() == "one two three");
  CHECK(net.b.when("one") == 3011ms);
  CHECK(net.a.story().empty());
  CHECK(net.network.counts(cut).frames_held == 2);
  net.send(net.from_a, "four");
  net.run_until(5s);
  CHECK(net.b.when("four") == 4s + 1ms);  // and then as before
}

TEST_CASE("partition: idle connections do not notice one that is healed before they speak") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.run_until(1h);
  net.network.heal(cut);
  net.send(net.from_a, "hello");
  net.run_until(2h);
  CHECK(net.b.story() == "hello");
  CHECK(net.b.when("hello") == 1h + 1ms);
}

TEST_CASE("partition: packets already sent are delivered") {
  Pair net;
  net.send(net.from_a, "under way");
  net.cut();
  net.run_until(1s);
  CHECK(net.b.story() == "under way");
}

TEST_CASE("partition: an unanswered sender gives up after 924.6 s, the idle peer later") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.send(net.from_a, "lost");
  net.run_until(924s);
  CHECK(net.a.story().empty());
  net.run_until(1000s);
  CHECK(net.a.story() == "reset");
  CHECK(net.a.when("reset") == 924'600ms + 10ms);
  CHECK(net.b.story().empty());
  net.network.heal(cut);
  net.send(net.from_b, "hello?");
  net.run_until(1001s);
  CHECK(net.b.story() == "reset");
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("one-way partition: data against it arrives once, its sender retransmits and holds") {
  Pair net;
  const PartitionHandle cut = net.cut(Direction::kForward);  // a's segments do not reach b
  net.send(net.from_b, "one");
  net.run_until(100ms);
  net.send(net.from_b, "two");  // before the first retransmission: still sent
  net.run_until(5s);
  CHECK(net.a.story() == "one two");
  CHECK(net.network.counts(cut).acks_lost == 2);
  net.send(net.from_b, "three");  // the congestion window has fallen to one segment
  net.run_until(6s);
  CHECK(net.a.story() == "one two");
  net.network.heal(cut);
  net.run_until(60s);
  CHECK(net.a.story() == "one two three");
  CHECK(net.a.when("three") == 6211ms);  // at the fifth retransmission of "one"
  CHECK(net.b.story().empty());
}

TEST_CASE("one-way partition: data with it is held") {
  Pair net;
  const PartitionHandle cut = net.cut(Direction::kForward);
  net.send(net.from_a, "held");
  net.run_until(1s);
  CHECK(net.b.story().empty());
  net.network.heal(cut);
  net.run_until(3s);
  CHECK(net.b.story() == "held");
  CHECK(net.b.when("held") == 1411ms);
}

TEST_CASE("one-way partition healed: an answer carries the acks that were lost") {
  Pair net;
  const PartitionHandle cut = net.cut(Direction::kForward);
  net.send(net.from_b, "ask");
  net.run_until(1s);  // retransmissions at 210 and 610 ms; the next at 1410 ms
  net.network.heal(cut);
  net.send(net.from_b, "more");
  net.send(net.from_a, "answer");
  net.run_until(1010ms);
  CHECK(net.b.story() == "answer");
  CHECK(net.a.story() == "ask more");
  CHECK(net.a.when("more") == 1002ms);

  // That was progress: the next loss starts at 200 ms again.
  const PartitionHandle again = net.cut(Direction::kBoth);
  net.send(net.from_b, "again");
  net.run_until(1100ms);
  net.network.heal(again);
  net.run_until(5s);
  CHECK(net.a.when("again") == 1010ms + 200ms + 1ms);
}

TEST_CASE("one-way partition healed: a later frame's ack tells of the earlier ones") {
  Pair net;
  const PartitionHandle cut = net.cut(Direction::kForward);
  net.send(net.from_b, "one");
  net.run_until(100ms);
  net.network.heal(cut);
  net.send(net.from_b, "two");
  net.run_until(10s);
  CHECK(net.a.story() == "one two");
  CHECK(net.network.counts().retransmissions == 0);
  CHECK(net.scheduler.pending() == 0);
}

TEST_CASE("one-way partition: what is in flight arrives, its acks are lost, its sender holds") {
  Pair net;
  net.send(net.from_b, "under way");
  const PartitionHandle cut = net.cut(Direction::kForward);
  CHECK(net.network.counts(cut).acks_lost == 1);
  net.run_until(1s);
  net.send(net.from_b, "held");
  net.run_until(2s);
  CHECK(net.a.story() == "under way");
  CHECK(net.network.counts().retransmissions == 3);  // at 210, 610 and 1410 ms
  net.network.heal(cut);
  net.run_until(4s);
  CHECK(net.a.when("held") == 3011ms);
}

TEST_CASE("one-way partition healed before the data arrives: its acks come, nothing is resent") {
  TestNet net(Topology(exact(500ms)));
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId socket = net.connect(a, "b");
  net.run_until(5s);
  net.send(socket, "slow");
  const PartitionHandle cut = net.network.partition({b.id}, {a.id}, Direction::kForward);
  CHECK(net.network.counts(cut).acks_lost == 1);
  net.run_for(100ms);
  net.network.heal(cut);
  net.run_for(10s);
  CHECK(b.when("slow") == 5500ms);
  CHECK(net.network.counts().retransmissions == 0);
  net.run_for(10s);
  CHECK(net.scheduler.pending() == 0);
}

TEST_CASE("one-way partition healed in loss, data still under way: its ack frees what is held") {
  TestNet net(Topology(exact(500ms)));
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId socket = net.connect(a, "b");
  net.run_until(5s);
  net.send(socket, "slow");
  const PartitionHandle cut = net.network.partition({b.id}, {a.id}, Direction::kForward);
  net.run_for(300ms);  // one retransmission, at 200 ms
  net.send(socket, "held");
  net.network.heal(cut);
  net.run_for(10s);
  CHECK(b.when("slow") == 5500ms);
  CHECK(b.when("held") == 6s + 500ms);  // sent when the ack of "slow" came, at 6 s
  CHECK(net.network.counts().retransmissions == 1);
}

TEST_CASE("one-way partitions: connects are unanswered both ways, and counted once each") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const PartitionHandle cut = net.network.partition({a.id}, {b.id}, Direction::kForward);
  net.connect(a, "b");  // the SYN is lost
  net.connect(b, "a");  // the SYN-ACK is lost
  net.run_until(10s);
  CHECK(a.story().empty());
  CHECK(b.story().empty());
  CHECK(net.network.counts(cut).connects_unanswered == 2);
  CHECK(net.network.counts(cut).affected() == 2);
  net.network.heal(cut);
  net.run_until(20s);  // the SYN at 15 s
  CHECK(a.when("connected") == 15s + 2ms);
  CHECK(b.when("connected") == 15s + 2ms);
}

TEST_CASE("overlapping partitions: the way is cut while any of them cuts it") {
  Pair net;
  TestHost& c = net.host("c");
  const PartitionHandle one = net.cut();
  const PartitionHandle two = net.network.partition({net.b.id, c.id}, {net.a.id});
  net.send(net.from_a, "held");
  net.network.heal(one);
  net.run_until(10s);
  CHECK(net.b.story().empty());
  CHECK(net.network.counts(one).frames_held == 1);
  CHECK(net.network.counts(two).frames_held == 1);
  CHECK(net.network.heal(two));
  CHECK_FALSE(net.network.heal(two));
  net.run_until(20s);
  CHECK(net.b.story() == "held");
}

TEST_CASE("partition by sets: hosts of one side still talk") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  TestHost& c = net.host("c");
  net.network.partition({a.id, b.id}, {c.id});
  net.connect(a, "b");
  net.connect(a, "c");
  net.connect(a, "a");
  net.run_until(1s);
  CHECK(a.story() == "connected accepted connected");
  CHECK(b.story() == "accepted");
  CHECK(c.story().empty());
}

TEST_CASE("power loss: silence; once the machine is back, an old segment is answered by a reset") {
  Pair net;
  net.network.host_lost(net.b.id);
  net.run_until(1min);
  CHECK(net.a.story().empty());
  net.send(net.from_a, "x");
  net.run_until(1min + 1s);  // retransmissions at + 0.2, 0.6, 1.4 s
  net.network.host_up(net.b.id);
  net.run_until(2min);
  CHECK(net.a.story() == "reset");
  CHECK(net.a.when("reset") == 1min + 1402ms);
}

TEST_CASE("power loss: what the dead host had sent is delivered, what it had not is gone") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.send(net.from_b, std::string(600, 's'));
  net.send(net.from_b, std::string(600, 'u'));  // does not fit beside the first
  net.network.host_lost(net.b.id);
  net.run_until(1h);
  CHECK(net.a.story() == "ssssssssssssssss");
}

TEST_CASE("power loss of a receiver that did not read: the probes of the sender find out") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.network.set_readable(net.from_b, false);
  net.send(net.from_a, std::string(600, '1'));
  net.send(net.from_a, std::string(600, '2'));
  net.run_until(1min);
  net.network.host_lost(net.b.id);
  net.run_until(1h);
  CHECK(net.a.story() == "reset");
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("pause: the kernel accepts and acknowledges, the process is told on resume, in order") {
  Pair net;
  net.network.host_paused(net.b.id, true);
  net.send(net.from_a, "one");
  const SocketId second = net.connect(net.a, "b");
  net.run_until(20ms);
  CHECK(net.a.story() == "connected");
  net.send(second, "two");
  net.network.close(second);
  net.run_until(30s);
  CHECK(net.b.story().empty());
  CHECK(net.network.counts().retransmissions == 0);
  net.network.host_paused(net.b.id, false);
  net.run_until(31s);
  CHECK(net.b.story() == "one accepted two closed");
  CHECK(net.b.when("one") == 30s);
}

TEST_CASE("pause: a full receive buffer stalls the sender, resuming lets it go on") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.network.host_paused(net.b.id, true);
  for (int i = 0; i < 6; ++i) net.send(net.from_a, std::string(396, static_cast<char>('0' + i)));
  net.run_until(1min);
  net.network.host_paused(net.b.id, false);
  net.run_until(1min);  // what the buffer held, and no more
  CHECK(net.b.log.size() == 2);
  net.run_until(2min);
  REQUIRE(net.b.log.size() == 6);
  CHECK(net.b.log[5].what == "5555555555555555");
  CHECK(net.network.counts().retransmissions == 0);
}

TEST_CASE("kill while paused: the new incarnation is told nothing of the old") {
  Pair net;
  net.network.host_paused(net.b.id, true);
  net.send(net.from_a, "one");
  net.run_until(1s);
  net.network.host_killed(net.b.id);
  net.network.host_up(net.b.id);
  net.run_until(2s);
  CHECK(net.b.story().empty());
  CHECK(net.a.story() == "reset");
}

TEST_CASE("back-pressure: an unread connection fills up, reading opens its window again") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.network.set_readable(net.from_b, false);
  for (int i = 0; i < 5; ++i) net.send(net.from_a, std::string(396, static_cast<char>('0' + i)));
  net.send(net.from_b, "the other way is free");
  net.run_until(1s);
  CHECK(net.a.log.size() == 1);
  CHECK(net.b.log.empty());
  net.network.set_readable(net.from_b, true);
  net.run_until(1s);
  CHECK(net.b.log.size() == 2);  // at once: what the kernel had
  net.run_until(1s + 1500us);
  CHECK(net.b.log.size() == 2);  // the window update and the data take a round trip
  net.run_until(1s + 2ms);
  CHECK(net.b.log.size() > 2);
  net.run_until(2s);
  CHECK(net.b.log.size() == 5);
}

TEST_CASE("back-pressure: a frame larger than the buffer goes alone") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.send(net.from_a, std::string(5000, 'x'));
  net.send(net.from_a, "next");
  net.run_until(1s);
  CHECK(net.b.story() == "xxxxxxxxxxxxxxxx next");
  CHECK(net.b.when("next") == 13ms);  // after the first one's acknowledgement
}

TEST_CASE("back-pressure under a partition: a lost window update is found by the next probe") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.network.set_readable(net.from_b, false);
  net.send(net.from_a, std::string(900, '1'));
  net.send(net.from_a, std::string(900, '2'));
  net.run_until(1s);
  const PartitionHandle cut = net.cut();
  net.network.set_readable(net.from_b, true);
  net.run_until(1100ms);
  net.network.heal(cut);
  net.run_until(1199ms);
  CHECK(net.b.log.size() == 1);
  net.run_until(2s);
  CHECK(net.b.log.size() == 2);
}

TEST_CASE("close under a partition: the FIN is retransmitted and arrives after healing") {
  Pair net;
  const PartitionHandle cut = net.cut();
  net.send(net.from_a, "last");
  net.network.close(net.from_a);
  net.run_until(1s);
  CHECK(net.b.story().empty());
  net.network.heal(cut);
  net.run_until(2s);
  CHECK(net.b.story() == "last closed");
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("close under a lasting partition: the kernel gives the orphan up, the peer never knows") {
  Pair net;
  net.cut();
  net.network.close(net.from_a);
  net.run_until(1h);
  CHECK(net.a.story().empty());
  CHECK(net.b.story().empty());
  CHECK(net.network.open_connections() == 1);  // b's half, as in life
  CHECK(net.scheduler.now() == at(1h));
  CHECK(net.network.counts().retransmissions == 8);  // tcp_orphan_retries
}

TEST_CASE("kill of a process that had closed: its kernel still delivers") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1000});
  net.send(net.from_a, std::string(900, '1'));
  net.send(net.from_a, std::string(900, '2'));
  net.network.close(net.from_a);
  net.network.host_killed(net.a.id);
  net.run_until(1s);
  CHECK(net.b.story() == "1111111111111111 2222222222222222 closed");
}

}  // namespace
}  // namespace sim::net_test
