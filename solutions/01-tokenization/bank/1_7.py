# Answers to exercise 1.7, the streaming encoder: read as text, never imported.

# %% correct: character_by_character
class StreamingEncoder:
    """Knows no pattern: looks at each character as it comes."""

    def __init__(self, table):
        self.table = table
        self.word = ""

    def _take(self, word):
        return self.table.get(word, list(word.encode("utf-8")))

    def feed(self, text):
        ids = []
        for c in text:
            if not self.word:
                self.word = c
            elif c == " ":
                if self.word.isspace():
                    self.word += c
                else:
                    ids += self._take(self.word)
                    self.word = c
            elif self.word.strip(" "):
                self.word += c
            else:
                if len(self.word) > 1:
                    ids += self._take(self.word[:-1])
                self.word = " " + c
        return ids

    def finish(self):
        word, self.word = self.word, ""
        return self._take(word) if word else []

    def pending(self):
        return len(self.word)

# %% correct: a_list_of_words
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.words = table, []

    def _ids(self, words):
        ids = []
        for word in words:
            ids.extend(self.table.get(word) or word.encode("utf-8"))
        return ids

    def feed(self, text):
        text = "".join(self.words) + text
        self.words = re.findall(r" ?[^ ]+| +(?![^ ])", text)
        ready = self.words[:-1]
        del self.words[:-1]
        return self._ids(ready)

    def finish(self):
        ready, self.words = self.words, []
        return self._ids(ready)

    def pending(self):
        return sum(map(len, self.words))

# %% wrong: each_chunk_by_itself
# why: a chunk is taken for a text of its own
# says: You encoded each chunk by itself
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table = table

    def feed(self, text):
        ids = []
        for word in re.findall(r" ?[^ ]+| +(?![^ ])", text):
            ids += self.table.get(word, word.encode())
        return ids

    def finish(self):
        return []

    def pending(self):
        return 0

# %% wrong: spaces_let_out
# why: a chunk that ends in a space is thought to end between two words
# says: You let spaces out as soon as a chunk ends in them
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting + text)
        self.waiting = ""
        if words and not words[-1].isspace():
            self.waiting = words.pop()
        return self._ids(words)

    def finish(self):
        ready, self.waiting = self.waiting, ""
        return self._ids([ready] if ready else [])

    def pending(self):
        return len(self.waiting)

# %% wrong: ids_beyond_those_given
# why: new text is thought only to add ids, never to change them
# says: gave the ids that were new by their count
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.text, self.n = table, "", 0

    def feed(self, text):
        self.text += text
        ids = []
        for word in re.findall(r" ?[^ ]+| +(?![^ ])", self.text):
            ids += self.table.get(word, word.encode())
        new, self.n = ids[self.n :], len(ids)
        return new

    def finish(self):
        self.text, self.n = "", 0
        return []

    def pending(self):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.text)
        return len(words[-1]) if words else 0

# %% wrong: all_at_the_end
# why: the text is collected and encoded in finish
# says: Everything comes at the end
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.text = table, ""

    def feed(self, text):
        self.text += text
        return []

    def finish(self):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.text)
        self.text = ""
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def pending(self):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.text)
        return len(words[-1]) if words else 0

# %% wrong: two_words_held_back
# why: one word more than needed is kept, to be safe
# says: You hold back two words
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting + text)
        self.waiting = "".join(words[-2:])
        return self._ids(words[:-2])

    def finish(self):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting)
        self.waiting = ""
        return self._ids(words)

    def pending(self):
        return len(self.waiting)

# %% wrong: whole_text_kept
# why: what was encoded already stays in memory
# says: You keep the whole text
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.text, self.given = table, "", 0

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        self.text += text
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.text)
        ready = words[self.given : -1]
        self.given += len(ready)
        return self._ids(ready)

    def finish(self):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.text)[self.given :]
        self.text, self.given = "", 0
        return self._ids(words)

    def pending(self):
        return len(self.text)

# %% wrong: last_word_forgotten
# why: nobody asks for what still waits at the end
# says: The last word never came out
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def feed(self, text):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting + text)
        self.waiting = words.pop() if words else ""
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def finish(self):
        self.waiting = ""
        return []

    def pending(self):
        return len(self.waiting)

# %% wrong: buffer_not_emptied
# why: finish gives what waits and leaves it there
# says: The first text is still there when the second one comes
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting + text)
        self.waiting = words.pop() if words else ""
        return self._ids(words)

    def finish(self):
        return self._ids([self.waiting] if self.waiting else [])

    def pending(self):
        return len(self.waiting)

# %% wrong: buffer_shared_by_all
# why: a list in the class body is thought to belong to each object
# says: Two encoders share what they keep
import re


class StreamingEncoder:
    words = []

    def __init__(self, table):
        self.table = table

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        text = "".join(self.words) + text
        self.words[:] = re.findall(r" ?[^ ]+| +(?![^ ])", text)
        ready = self.words[:-1]
        del self.words[:-1]
        return self._ids(ready)

    def finish(self):
        ready = list(self.words)
        self.words.clear()
        return self._ids(ready)

    def pending(self):
        return sum(map(len, self.words))

# %% wrong: spaces_thrown_away
# why: words are what str.split gives
# says: The spaces are lost
class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        text = self.waiting + text
        *words, self.waiting = text.split(" ")
        return self._ids(w for w in words if w)

    def finish(self):
        ready, self.waiting = self.waiting, ""
        return self._ids([ready] if ready else [])

    def pending(self):
        return len(self.waiting)

# %% wrong: spaces_apart_from_words
# why: a run of spaces is one word, and no word begins with a space
# says: You keep the space and the word after it apart
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        words = re.findall(r" +|[^ ]+", self.waiting + text)
        self.waiting = words.pop() if words else ""
        return self._ids(words)

    def finish(self):
        ready, self.waiting = self.waiting, ""
        return self._ids([ready] if ready else [])

    def pending(self):
        return len(self.waiting)

# %% wrong: bytes_counted
# why: pending counts the bytes of what waits
# says: You count bytes; pending() counts characters
import re


class StreamingEncoder:
    def __init__(self, table):
        self.table, self.waiting = table, ""

    def _ids(self, words):
        return [
            i for w in words for i in self.table.get(w, list(w.encode()))
        ]

    def feed(self, text):
        words = re.findall(r" ?[^ ]+| +(?![^ ])", self.waiting + text)
        self.waiting = words.pop() if words else ""
        return self._ids(words)

    def finish(self):
        ready, self.waiting = self.waiting, ""
        return self._ids([ready] if ready else [])

    def pending(self):
        return len(self.waiting.encode("utf-8"))
