# tries: import hook
# verdict: failed|crashed|timed out|not gradable
# points: 0
# others: any
def double(x): return 3 * x
import sys
class Hook:
    def find_spec(self, name, path=None, target=None):
        print("import", name)
sys.meta_path.insert(0, Hook())
