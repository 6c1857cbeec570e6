-- Loads that many scenarios drive.
local workloads = {}

-- A producer with those keys of Kafka's that sends to the topic at a rate.
function workloads.steady(cluster, topic, rate, config)
  local producer = cluster:producer(config or {})
  producer:drive { topic = topic, rate = rate, size = 200, keys = 1000 }
  return producer
end

-- A consumer that reads the topic from its beginning.
function workloads.reader(cluster, topic)
  return cluster:consumer { topic = topic, auto_offset_reset = "earliest" }
end

-- All checks that the registry has for a topic that is not compacted. `options`: of those that know excuses.
function workloads.watch(topic, options)
  check.no_lost_acks(topic, options)
  check.replicas_agree(topic, options)
  check.high_watermark_monotonic(topic)
  check.one_leader_per_epoch(topic)
  check.in_order_without_gaps(topic)
  check.leader_completeness(topic, options)
  check.isr_holds_committed(topic)
  check.isr_within_maximal(topic)
  check.flushed_logs_survive(topic)
  check.leader_epoch_monotonic(topic)
  check.log_start_monotonic(topic)
  check.quorum_agrees()
end

return workloads
