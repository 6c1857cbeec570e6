scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3, network = "lann" }

