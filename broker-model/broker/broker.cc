#include "broker-model/broker/broker.h"

#include "broker-model/broker/broker_core.h"

namespace kafka {

Broker::Broker(BrokerOptions options) : options_(std::move(options)) {
  TIT_ASSERT(!options_.controllers.empty(), "a broker needs a controller to register with");
}
Broker::~Broker() = default;

void Broker::on_start(env::Env& env) {
  TIT_ASSERT(!core_, "a broker object starts once");
  core_ = std::make_unique<BrokerCore>(options_, env);
  core_->start();
}

void Broker::on_frame(env::Env&, env::ConnId conn, env::Frame frame) {
  core_->on_frame(conn, std::move(frame));
}
void Broker::on_timer(env::Env&, env::TimerKey key) { core_->on_timer(key); }
void Broker::on_conn(env::Env&, env::ConnId conn, const env::ConnEvent& event) {
  core_->on_conn(conn, event);
}
void Broker::on_disk(env::Env&, env::DiskOpId op, env::DiskResult result) {
  core_->on_disk(op, result);
}
void Broker::on_command(env::Env&, const Command& command) { core_->on_command(command); }

bool Broker::has_stopped() const { return core_ && core_->has_stopped(); }
void Broker::check_invariants() const {
  if (core_) core_->check_invariants();
}

NodeId Broker::id() const { return options_.id; }
BrokerRunState Broker::run_state() const {
  return core_ ? core_->run_state() : BrokerRunState::kNotRunning;
}
const MetadataImage* Broker::image() const { return core_ ? core_->image() : nullptr; }

const Partition* Broker::partition(TopicPartitionView name) const {
  return core_ && core_->replicas() ? core_->replicas()->partition(name) : nullptr;
}
std::vector<const Partition*> Broker::partitions() const {
  if (!core_ || !core_->replicas()) return {};
  return core_->replicas()->partitions();
}

}  // namespace kafka
