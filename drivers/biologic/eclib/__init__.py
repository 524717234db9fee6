"""EClib, the vendor's library: structs, calls, codes, memory and link."""
