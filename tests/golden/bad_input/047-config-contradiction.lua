scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:producer { enable_idempotence = true, acks = 1 }
