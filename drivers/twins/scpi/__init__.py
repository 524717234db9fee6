"""What instrument messages mean: IEEE 488.2, SCPI-99, Lake Shore's words, Lua."""
