"""The file that the book's page runs: what is in it, for which models it is
made, and what is refused. How the page reads it: tests/site/test_explorer."""

import gzip
import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from scratchlm import web
from scratchlm.gpt2_files import load_gpt2, save_gpt2
from scratchlm.llama import LlamaConfig, LlamaModel
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.tensor_files import TensorFiles
from scratchlm.tokenizer import BPETokenizer
from scratchlm.weights import load_pretrained, shipped_folder

CONFIG = GPTConfig(300, 12, 20, 5, 3)


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train("the sea, the sand and the sky " * 3, 280)


def make_model(seed=0, **changes):
    """A tiny GPT whose weights all matter."""
    torch.manual_seed(seed)
    model = GPTModel(replace(CONFIG, **changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    return model


def about(path):
    """Our part of the header, and the names of the tensors."""
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["scratchlm"]), set(file.keys())


# --- what is in it ----------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{}, {"tie_head": False}, {"qkv_bias": False}, {"n_heads": 1}],
    ids=str,
)
def test_it_holds_the_model_as_int8_makes_it(tmp_path, tokenizer, changes):
    model, path = make_model(**changes), tmp_path / "m.safetensors"
    web.export_web(model, tokenizer, path)
    save_gpt2(model, tmp_path / "folder", tokenizer, torch.int8)
    saved = TensorFiles([tmp_path / "folder" / "model.safetensors"], int8=True)
    found = TensorFiles([path], int8=True)
    assert found.tensors == saved.tensors
    for name in saved.tensors:
        assert torch.equal(found.read(name), saved.read(name))


def test_sizes_and_tokenizer_are_in_the_header(tmp_path, tokenizer):
    path = tmp_path / "mine.safetensors"
    web.export_web(make_model(), tokenizer, path)
    found, _ = about(path)
    sizes = found["config"]
    assert sizes == {size: getattr(CONFIG, size) for size in web.SIZES}
    (tmp_path / "tokenizer.json").write_text(json.dumps(found["tokenizer"]))
    again = BPETokenizer.load(tmp_path / "tokenizer.json")
    assert again.merges == tokenizer.merges
    assert found["name"] == "mine"


@pytest.mark.parametrize("changes", [{}, {"tie_head": False}], ids=str)
def test_the_reference_is_of_the_rounded_model(tmp_path, tokenizer, changes):
    model, path = make_model(**changes), tmp_path / "m.safetensors"
    web.export_web(model, tokenizer, path, prompt="the sea")
    reference = about(path)[0]["reference"]
    assert reference["token_ids"] == tokenizer.encode("the sea")
    save_gpt2(model, tmp_path / "folder", dtype=torch.int8)
    ids = torch.tensor([reference["token_ids"]])
    with torch.no_grad():
        exact = model(ids)[0, -1]
        rounded = load_gpt2(tmp_path / "folder")(ids)[0, -1]
    found = torch.tensor(reference["logits"])
    assert (found - rounded).abs().max() < 1e-5
    assert (found - exact).abs().max() > 1e-3


def test_a_long_prompt_is_cut_to_the_context(tmp_path, tokenizer):
    path = tmp_path / "m.safetensors"
    web.export_web(make_model(), tokenizer, path, prompt="xyz" * 20)
    assert len(about(path)[0]["reference"]["token_ids"]) == 12


def test_a_large_vocabulary_keeps_some_logits(tmp_path):
    model = make_model(vocab_size=50257)
    path = tmp_path / "m.safetensors"
    web.export_web(model, BPETokenizer.gpt2(), path)
    reference = about(path)[0]["reference"]
    assert reference["every"] == 50
    assert len(reference["logits"]) == len(range(0, 50257, 50))


def test_tensors_begin_where_32_bits_can_be_read(tmp_path, tokenizer):
    for name in ("m", "mine", "longer", "longest-name"):
        path = tmp_path / f"{name}.safetensors"
        web.export_web(make_model(), tokenizer, path)
        assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


def test_compressed_is_the_same_file_and_the_same_bytes(tmp_path, tokenizer):
    contents = []
    for name in ("m.safetensors", "m.safetensors.gz", "again/m.st.gz"):
        web.export_web(make_model(), tokenizer, tmp_path / name, name="m")
        contents.append((tmp_path / name).read_bytes())
    plain, packed, again = contents
    assert gzip.decompress(packed) == plain
    assert again == packed


def test_the_stories_take_at_most_two_megabytes(tmp_path):
    for source in ("stories", shipped_folder("stories") / "step-100"):
        model, tokenizer, _ = load_pretrained(source)
        path = tmp_path / "stories.safetensors.gz"
        assert web.export_web(model, tokenizer, path) <= 2_000_000
        assert path.stat().st_size <= 2_000_000


# --- what is refused --------------------------------------------------------


def test_other_models_are_refused(tmp_path, tokenizer):
    config = LlamaConfig(300, 12, 20, 5, 5, 2, 40)
    with pytest.raises(ValueError, match="LlamaModel has no place in GPT-2"):
        web.export_web(LlamaModel(config), tokenizer, tmp_path / "m")


def test_other_tokenizers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="runs a BPETokenizer, not a list"):
        web.export_web(make_model(), ["a", "b"], tmp_path / "m")


def test_a_tokenizer_of_another_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="50257 ids, the model only 300"):
        web.export_web(make_model(), BPETokenizer.gpt2(), tmp_path / "m")


def test_an_empty_prompt_is_refused(tmp_path, tokenizer):
    with pytest.raises(ValueError, match="prompt is empty"):
        web.export_web(make_model(), tokenizer, tmp_path / "m", prompt="")


def test_a_model_too_large_leaves_the_old_file(
    tmp_path, tokenizer, monkeypatch
):
    path = tmp_path / "m.safetensors"
    path.write_text("older")
    monkeypatch.setattr(web, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match=r"takes \d\d,\d{3} bytes.* 1,000"):
        web.export_web(make_model(), tokenizer, path)
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]
    assert path.read_text() == "older"


# --- the command ------------------------------------------------------------


def test_the_command_writes_a_learners_checkpoint(tmp_path, tokenizer, capsys):
    model, out = make_model(), tmp_path / "mine.safetensors.gz"
    save_gpt2(model, tmp_path / "run", tokenizer)
    assert web.main([str(tmp_path / "run"), str(out)]) == 0
    said = capsys.readouterr().out
    assert f"{model.n_parameters():,} parameters" in said
    assert gzip.decompress(out.read_bytes())[8:9] == b"{"


def test_the_command_says_in_words_what_is_wrong(tmp_path, capsys):
    status = web.main([str(tmp_path / "nothing here"), str(tmp_path / "m")])
    assert status == 1
    assert "no weights are called" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
