"""Parts that several pages use: forms, tables, inputs, bars."""
