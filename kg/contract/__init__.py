"""The contract: the JSON that is given, as models; the same as RDF; and what is promised of both."""
