// Bugs planted for tests of the checkers: each is one deviation in the controller's logic, never in
// an observation. All off unless a test switches one on; a named checker must catch each.
#pragma once

namespace kafka {

struct ControllerMutations {
  // A live replica outside the ISR is preferred and elected as if the election were clean.
  bool elect_outside_isr = false;
  // A new leader keeps the old leader's epoch: two leaders in one epoch.
  bool reuse_leader_epoch = false;
  // AlterPartition of a former leader, with its old epochs, is obeyed, even while it is fenced.
  bool accept_deposed_leader = false;
};

}  // namespace kafka
