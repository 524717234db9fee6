"""The Battery Data Format as others and labctl write it: words, tables, records."""
