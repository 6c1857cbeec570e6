scenario { api = 1, name = "a quorum of seven" }
cluster { brokers = 3, controllers = 7 }
