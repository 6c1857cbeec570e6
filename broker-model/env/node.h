// Node: the volatile part of a process. Made at each start over the same disk, destroyed by a kill.
// Each handler runs to completion; what it asks of Env takes effect after it.
#pragma once

#include "broker-model/env/env.h"

namespace env {

class Node {
 public:
  virtual ~Node() = default;

  virtual void on_start(Env&) = 0;
  virtual void on_frame(Env&, ConnId, Frame) = 0;
  virtual void on_timer(Env&, TimerKey) = 0;
  virtual void on_conn(Env&, ConnId, const ConnEvent&) = 0;
  virtual void on_disk(Env&, DiskOpId, DiskResult) = 0;
  virtual void on_command(Env&,
                          const kafka::Command&) = 0;  // orders from outside: shut down, send, seek

  // True once a shutdown command has been carried out: the host then ends the incarnation in order.
  virtual bool has_stopped() const = 0;

  virtual void check_invariants() const = 0;  // asserts; may run after every event
};

}  // namespace env
