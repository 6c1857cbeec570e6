// Gives the tests' shared precompiled header a target to be made for; test_main.cc itself must do
// without it, since it holds doctest's implementation.
