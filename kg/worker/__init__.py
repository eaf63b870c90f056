"""What runs in processes of its own: the loader, the workers it forks, and what these do.

Nothing here knows the event loop: a worker is spawned faster without it.
"""
