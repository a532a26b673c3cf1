# tries: a coroutine
# verdict: failed|crashed|timed out|not gradable
# points: 0
async def double(x): return 2 * x
