"""Named tensors in safetensors files: whole, in shards, or as int8.

The `safetensors` library reads and writes them; it never runs code from a
file, as a pickle does, and refuses most damage. What it lets pass is refused
here: a name that occurs twice, other types than floating point, an index that
leads out of its folder. What the tensors mean is left to `weights`.

int8 is the course's own way to halve a checkpoint once more: see
`quantize_rows`. Other programs cannot read it.
"""

import json
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_JSON_BYTES = 2**24
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
SCALE = ".scale"
INT8_MAX = 127


class StoredTensor(NamedTuple):
    """Shape and type (as F32, BF16, I8) of a tensor that is still on disk."""

    shape: tuple[int, ...]
    type: str


# --- JSON that is not trusted ----------------------------------------------


def unique(pairs):
    """A dict of `pairs`. Raises ValueError when a name occurs twice.

    >>> unique([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    found = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} occurs twice")
        found[name] = value
    return found


def read_json(path):
    """The object in a JSON file.

    Raises ValueError, with the file's name, when it is missing, too large,
    damaged, or something else than an object.
    """
    try:
        if (size := path.stat().st_size) > MAX_JSON_BYTES:
            raise ValueError(f"{size} bytes, over {MAX_JSON_BYTES}")
        text = path.read_text(encoding="utf-8")
        content = json.loads(text, object_pairs_hook=unique)
        if not isinstance(content, dict):
            raise ValueError(f"an object was expected, got {content!r:.40}")
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be used: {error}") from error
    return content


# --- int8 ------------------------------------------------------------------


def quantize_rows(matrix):
    """Round each row to 255 levels: symmetric int8, one scale a row.

    matrix: (rows, columns), finite
    returns: int8 of the same shape and the scales (rows,), float32

    The largest size in a row becomes 127, so nothing is off by more than
    half a scale; a row of zeros has the scale 0. Raises ValueError for
    numbers that are not finite.

    >>> levels, scale = quantize_rows(torch.tensor([[1.27, -0.013, 0.5]]))
    >>> levels
    tensor([[127,  -1,  50]], dtype=torch.int8)
    """
    if not matrix.isfinite().all():
        raise ValueError(
            f"a matrix of shape {tuple(matrix.shape)} has infinite or "
            "undefined numbers and cannot be rounded to int8"
        )
    scale = matrix.float().abs().amax(dim=1) / INT8_MAX  # (rows,)
    levels = (matrix / scale.clamp_min(1e-38)[:, None]).round()
    return levels.clamp(-INT8_MAX, INT8_MAX).to(torch.int8), scale


def restore_rows(levels, scale):
    """What `quantize_rows` made, as float32: (rows, columns)."""
    return levels.float() * scale[:, None]


# --- reading ---------------------------------------------------------------


def read_index(folder):
    """{tensor: file} of the index; each file is directly in the folder."""
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(f"{folder / INDEX} has no weight_map of names")
    for file in weight_map.values():
        plain = isinstance(file, str) and file.endswith(".safetensors")
        if not plain or set(file) & set("/\\:\0") or file[0] == ".":
            raise ValueError(
                f"{folder / INDEX} names the file {file!r}; expected the "
                "plain name of a .safetensors file in the same folder"
            )
        if not (folder / file).is_file():
            raise ValueError(
                f"{folder} lacks {file}, which its index names; "
                "fetch all shards"
            )
    return weight_map


def refuse_pickles(path):
    """Raises ValueError when `path` is, or the folder has, a pickle."""
    names = [path] if path.is_file() else sorted(path.glob("*"))
    for name in names:
        if any(name.match(pattern) for pattern in PICKLES):
            raise ValueError(
                f"{name} is a pickle: reading it can run any program that "
                "its author put there. Ask for safetensors, or convert it "
                "where nothing can be harmed: transformers reads it there, "
                "and save_pretrained writes safetensors"
            )


def check_header(path):
    """Refuse names that occur twice, of which the library takes the last."""
    with path.open("rb") as file:
        n_bytes = int.from_bytes(file.read(8), "little")
        json.loads(file.read(n_bytes), object_pairs_hook=unique)


def open_file(path):
    """The library's handle of one file. Raises ValueError for a bad one."""
    try:
        handle = safe_open(path, framework="pt")  # checks sizes and offsets
        check_header(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(
            f"{path} is not a sound safetensors file: {error}"
        ) from error
    return handle


class TensorFiles:
    """The tensors in safetensors files; each is read when it is asked for.

    paths: the files
    int8: matrices may be stored as `quantize_rows` leaves them, the scales
        of `name` as `name.scale`; `read` puts the two together
    tensors: {name: StoredTensor}
    file_names: {name: the file that holds it}

    Raises ValueError for a damaged file, for a name that occurs twice, and
    for int8 without its scales.
    """

    def __init__(self, paths, int8=False):
        self.tensors, self.file_names = {}, {}
        self._handles, self._scales = {}, {}
        for path in paths:
            self._add(path)
        if int8:
            self._join_scales()

    def _add(self, path):
        handle = open_file(path)
        for name in handle.keys():  # noqa: SIM118 (it is not iterable)
            if name in self.tensors:
                raise ValueError(f"{path} repeats the tensor {name!r}")
            entry = handle.get_slice(name)
            shape = tuple(entry.get_shape())
            self.tensors[name] = StoredTensor(shape, entry.get_dtype())
            self.file_names[name] = path.name
            self._handles[name] = handle

    def _join_scales(self):
        """Hide the scales: to the outside, int8 matrices are float32."""
        for name, stored in list(self.tensors.items()):
            if stored.type != "I8":
                continue
            scale = self.tensors.pop(name + SCALE, None)
            if len(stored.shape) != 2 or scale != (stored.shape[:1], "F32"):
                raise ValueError(
                    f"{name!r} is {stored} and its scales are {scale}; "
                    "expected an int8 matrix and one F32 scale a row"
                )
            self._scales[name] = name + SCALE
            self.tensors[name] = StoredTensor(stored.shape, "F32")

    def read(self, name):
        """One tensor, as it is stored; int8 with scales as float32.

        It is a copy in memory: what becomes of the file does not matter.
        """
        tensor = self._handles[name].get_tensor(name)
        if scale := self._scales.get(name):
            scales = self._handles[scale].get_tensor(scale)
            return restore_rows(tensor, scales)
        return tensor.clone()


def open_tensors(path, int8=False):
    """The TensorFiles of a file or a folder.

    A folder holds `model.safetensors`, or shards and their index, which must
    list exactly the tensors that the shards hold. Raises ValueError when it
    does not, when there are only pickles, and as TensorFiles does.
    """
    if path.is_file():
        refuse_pickles(path)
        return TensorFiles([path], int8)
    if (path / SINGLE).is_file():
        return TensorFiles([path / SINGLE], int8)
    if not (path / INDEX).is_file():
        refuse_pickles(path)
        raise ValueError(
            f"{path} has neither {SINGLE} nor {INDEX}; is it the folder of "
            "a model?"
        )
    index = read_index(path)
    files = TensorFiles(
        sorted(path / name for name in {*index.values()}), int8
    )
    if wrong := index.items() ^ files.file_names.items():
        raise ValueError(
            f"{path / INDEX} and the shards disagree about {min(wrong)[0]!r}; "
            "fetch index and shards again, from one version"
        )
    return files


# --- writing ---------------------------------------------------------------


def write_tensors(path, tensors, dtype=torch.float32):
    """Write {name: tensor} to one file, which is replaced as a whole.

    dtype: torch.float32, torch.bfloat16, or torch.int8 for matrices in int8
        (`quantize_rows`) and everything else in float32. Raises ValueError
        for another.
    """
    if dtype not in (torch.float32, torch.bfloat16, torch.int8):
        raise ValueError(
            f"dtype={dtype}; choose torch.float32, torch.bfloat16 or "
            "torch.int8"
        )
    stored = {}
    for name, tensor in tensors.items():
        if dtype == torch.int8 and tensor.dim() == 2:
            stored[name], stored[name + SCALE] = quantize_rows(tensor)
        else:
            plain = torch.float32 if dtype == torch.int8 else dtype
            stored[name] = tensor.to(plain)
    stored = {name: tensor.contiguous() for name, tensor in stored.items()}
    unfinished = path.with_name(path.name + ".part")
    save_file(stored, unfinished, metadata={"format": "pt"})
    unfinished.replace(path)
