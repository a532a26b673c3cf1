"""How the stream to a container's first process is cut; see relay.py.

It imports nothing of ours: relay.py takes it along into a container.
"""

import struct

HEAD = struct.Struct(">cI")  # kind and size of what follows
MESSAGE, BYTES = b"m", b"b"
PIECE = 1 << 16  # bytes, as large as the sender makes one
