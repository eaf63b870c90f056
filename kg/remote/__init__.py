"""The remote engine: any SPARQL 1.1 endpoint as a store, read only, and what it is loaded with.

What is asked is read here first, in a process that can be ended; what comes back is checked,
made the same whatever the engine, and written again by us. Needs the extra ``remote``.
"""

from osteokg.kg.remote.endpoint import Endpoint, Login, check_address
from osteokg.kg.remote.loading import Addresses, load_version
from osteokg.kg.remote.store import RemoteStore

__all__ = ["Addresses", "Endpoint", "Login", "RemoteStore", "check_address", "load_version"]
