scenario { api = 1, name = "bad input" }
cluster { brokers = "3" }
