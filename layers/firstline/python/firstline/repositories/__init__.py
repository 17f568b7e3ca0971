"""Domain objects kept in the single table; written once, above the Table port."""
