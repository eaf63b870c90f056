"""The doors to what is known: HTTP and the command line."""
