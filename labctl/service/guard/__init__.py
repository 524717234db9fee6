"""The process that makes outputs safe when their runner dies, freezes or asks."""
