"""What is known: the code that builds, checks and asks the graph, beside its evidence and rules."""
