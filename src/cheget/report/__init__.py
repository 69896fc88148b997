"""What is told of a house, worked out once: for a terminal, a page and a file alike."""
