scenario { api = 1, name = "bad" }
local c = cluster {
  brokers = 3,
  network = { default = "500us", links = { { "broker-1", "broker-9", latency = "20ms" } } },
}

