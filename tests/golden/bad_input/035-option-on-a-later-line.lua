scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:topic("orders", {
  partitions = 3,
  replcas = 2,
})
