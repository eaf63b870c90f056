"""The contract: the JSON that is given, as models and as RDF, and what is promised of it."""
