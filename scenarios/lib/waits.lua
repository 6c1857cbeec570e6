-- Waits that many scenarios need. Each is for an actor (the main chunk, or a function given to at, after,
-- every or spawn) and is a failure of liveness when it is not over in time.
local waits = {}

-- All partitions of a topic have leaders.
function waits.led(topic, within)
  wait_until(function()
    for p = 0, topic:partitions() - 1 do
      if not topic:leader(p) then return false end
    end
    return true
  end, { within = within or "30s" })
end

-- The in-sync replicas of a partition are so many.
function waits.isr(topic, partition, size, within)
  wait_until(function() return #topic:isr(partition) == size end, { within = within or "60s" })
end

-- Another broker than this one leads the partition; answers it.
function waits.new_leader(topic, partition, old, within)
  wait_until(function()
    local leader = topic:leader(partition)
    return leader ~= nil and leader ~= old
  end, { within = within or "30s" })
  return topic:leader(partition)
end

-- The controller has a broker in service again.
function waits.unfenced(broker, within)
  wait_until(function() return broker:state() == "unfenced" end, { within = within or "60s" })
end

-- The controller knows another process of a broker than the one of that epoch, and has it in service.
function waits.registered_anew(broker, epoch, within)
  local function is_back() return broker:epoch() ~= epoch and broker:state() == "unfenced" end
  wait_until(is_back, { within = within or "60s" })
end

-- Every record by hand has an outcome.
function waits.done(sends, within)
  wait_until(function()
    for _, send in ipairs(sends) do
      if not send:is_done() then return false end
    end
    return true
  end, { within = within or "150s" })
end

return waits
