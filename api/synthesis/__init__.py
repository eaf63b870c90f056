"""The doors of the syntheses: pages, JSON, CSV and drawings, over HTTP and the command line."""
