scenario { api = 1, name = "to be reached", reaches = { "election", "timout Produce" } }
