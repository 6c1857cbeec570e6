scenario { api = 1, name = "bad input" }
cluster {
  brokers = 3,
  config = { log_segment_byte = 1048576 },
}
