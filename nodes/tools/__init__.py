"""What a model may use in each stage: rooms of the lab, wrapped as tools."""
