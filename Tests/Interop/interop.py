#!/usr/bin/env python3
"""The other side of InteropTests.swift: transformers reads what we write, and writes what we read.

    interop.py make FOLDER     random strings, models and tokenizers of transformers, and what they answer
    interop.py check FOLDER    load what InteropTests.swift wrote there and compare; exit code 1 on a difference

`make interop` runs both with the Swift test in between.  Any warning of transformers is a failure.
"""
import json, logging, pathlib, random, sys, unicodedata, warnings

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

STRINGS = 10_000
TOLERANCE = 1e-5
folder = pathlib.Path(sys.argv[2])
complaints = []


class Complaints(logging.Handler):
    def emit(self, record):
        complaints.append(record.getMessage())


transformers.logging.get_logger().addHandler(Complaints(logging.WARNING))
transformers.logging.set_verbosity_warning()
warnings.simplefilter("error")


def random_strings():
    draw = random.Random(20260101)
    # Characters assigned since Unicode 13, so that tables of different versions agree on them.
    known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    ascii_ = [chr(c) for c in range(0x20, 0x7F)]
    special = list(" \t\n\r\u00a0\u2003\u3000'0123456789½Ⅷ५") + ["'s", "'re", " the", "e\u0301", "👩‍👩‍👧", "ﬁ", "İ", "ß"]
    pools = [known, ascii_, special, ascii_ + special]
    texts = []
    for _ in range(STRINGS):
        pool = draw.choice(pools)
        texts.append("".join(draw.choice(pool) for _ in range(draw.randrange(0, 24))))
    return texts


def configurations():
    base = dict(max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, rms_norm_eps=1e-5)
    shapes = [
        ("tied", dict(vocab_size=67, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                      num_key_value_heads=4, tie_word_embeddings=True)),
        ("untied-grouped", dict(vocab_size=131, hidden_size=48, intermediate_size=80, num_hidden_layers=3,
                                num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=False)),
        ("odd", dict(vocab_size=101, hidden_size=30, intermediate_size=37, num_hidden_layers=1, num_attention_heads=5,
                     num_key_value_heads=1, head_dim=6, tie_word_embeddings=False)),
        ("wide-heads", dict(vocab_size=67, hidden_size=24, intermediate_size=50, num_hidden_layers=2,
                            num_attention_heads=3, num_key_value_heads=3, head_dim=14, tie_word_embeddings=True)),
    ]
    for index, (name, shape) in enumerate(shapes):
        yield name, LlamaConfig(rope_parameters={"rope_theta": 10_000.0 * (1 + 4 * index), "rope_type": "default"}, **base, **shape)


def widened(model):
    """Random weights large enough that every part of the model matters."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].flatten().tolist()


def make_models():
    for name, config in configurations():
        torch.manual_seed(len(name))
        model = widened(LlamaForCausalLM(config))
        target = folder / "theirs" / name
        model.save_pretrained(target, max_shard_size="20KB" if name == "untied-grouped" else "5GB")
        draw = random.Random(name)
        ids = [draw.randrange(config.vocab_size) for _ in range(17)]
        (target / "expected.json").write_text(json.dumps({"ids": ids, "logits": logits_of(model, ids)}))
        if name == "tied":  # the same model as version 4 wrote it
            four = folder / "theirs" / "version-4"
            model.save_pretrained(four)
            settings = json.loads((four / "config.json").read_text())
            settings["rope_theta"] = settings.pop("rope_parameters")["rope_theta"]
            settings["rope_scaling"] = None
            (four / "config.json").write_text(json.dumps(settings))
            (four / "expected.json").write_text((target / "expected.json").read_text())
        if name == "odd":  # and in 16 bits, whose values both sides round alike
            half = folder / "theirs" / "half"
            model.to(torch.bfloat16).save_pretrained(half)
            wide = AutoModelForCausalLM.from_pretrained(half, dtype=torch.float32).eval()
            (half / "expected.json").write_text(json.dumps({"ids": ids, "logits": logits_of(wide, ids)}))


def make_tokenizers(texts):
    """Byte-level encodings in GPT-2's, SmolLM2's and a composing manner, trained on half of the strings."""
    def byte_level(**settings):
        return pre_tokenizers.ByteLevel(add_prefix_space=False, **settings)
    forms = {
        "gpt-2": (None, byte_level()),
        "smollm2": (None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level()])),
        "digit-runs": (None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), byte_level()])),
        "composing": (normalizers.NFC(), byte_level()),
    }
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    for name, (normalizer, splitter) in forms.items():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer, tokenizer.decoder = splitter, decoders.ByteLevel()
        if normalizer:
            tokenizer.normalizer = normalizer
        trainer = trainers.BpeTrainer(
            vocab_size=1200, special_tokens=special, show_progress=False,
            # SmolLM2 has no token for some bytes; such bytes are dropped.
            initial_alphabet=[] if name == "smollm2" else pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator(texts[::2], trainer)
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
            unk_token="<|endoftext|>")
        target = folder / "theirs-tokenizers" / name
        fast.save_pretrained(target)
        ids = [fast(text, add_special_tokens=False)["input_ids"] for text in texts]
        (target / "expected.json").write_text(json.dumps(ids))


def make():
    folder.mkdir(parents=True, exist_ok=True)
    texts = random_strings()
    (folder / "strings.json").write_text(json.dumps(texts))
    make_models()
    make_tokenizers(texts + ["<|im_start|>user\nHi 12<|im_end|>\n"] * 3)
    print(f"wrote {STRINGS} strings, {len(list((folder / 'theirs').iterdir()))} models and "
          f"{len(list((folder / 'theirs-tokenizers').iterdir()))} tokenizers of transformers {transformers.__version__}")


failures = []


def report(name, what, good):
    print(f"{'ok    ' if good else 'FAILED'} {name}: {what}")
    if not good:
        failures.append(name)


def check_models():
    for target in sorted((folder / "ours").iterdir()):
        expected = json.loads((target / "ours.json").read_text())
        ids = expected["ids"]
        if "scores" in expected:
            model = AutoModelForSequenceClassification.from_pretrained(target).eval()
            with torch.no_grad():
                found = [model(torch.tensor([row])).logits.item() for row in ids]
            wanted = expected["scores"]
        else:
            model = AutoModelForCausalLM.from_pretrained(target).eval()
            found, wanted = logits_of(model, ids), expected["logits"]
        worst = max(abs(a - b) for a, b in zip(found, wanted))
        report(target.name, f"largest difference {worst:.1e} of {len(wanted)} numbers", worst < TOLERANCE and len(found) == len(wanted))


def check_tokenizers():
    texts = json.loads((folder / "strings.json").read_text())
    for target in sorted((folder / "ours-tokenizers").iterdir()):
        ours = json.loads((target / "ours.json").read_text())
        tokenizer = AutoTokenizer.from_pretrained(target)
        words = ours.get("texts", texts)
        pairs = zip(words, ours["ids"])
        wrong = [(text, ids, tokenizer(text)["input_ids"]) for text, ids in pairs if tokenizer(text)["input_ids"] != ids]
        report(target.name, f"{len(wrong)} of {len(words)} texts have other ids", not wrong and len(ours["ids"]) == len(words))
        for text, ids, theirs in wrong[:3]:
            print("      ", repr(text), ids, theirs)
        names = [tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id]
        report(target.name, f"special tokens {names}", names == ours["special"])


def check():
    check_models()
    check_tokenizers()
    report("transformers", f"warnings: {complaints}", not complaints)
    sys.exit(1 if failures else 0)


{"make": make, "check": check}[sys.argv[1]]()
