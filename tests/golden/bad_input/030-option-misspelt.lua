scenario { api = 1, name = "bad input" }
cluster { broker = 3 }
