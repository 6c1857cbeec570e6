scenario { api = 1, name = "bad input" }
scenario { api = 1, name = "again" }
