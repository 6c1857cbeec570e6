scenario { api = 2, name = "the future" }
