#!/usr/bin/env python3
"""SmolLM2 through transformers on the same dequantised weights: the same greedy answers, the same log-probabilities.

    smollm2.py TANDEM MODEL.gguf PAIRS.jsonl

The weights are dequantised by the `gguf` package and the rows of q and k put back as transformers has them; the tokenizer
is built from the tokens and merges inside the file.  Exit code 1 on a difference.
"""
import json, subprocess, sys

import gguf
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

tandem, path, pairs = sys.argv[1:]
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
PROMPTS = ["What is the capital of France?", "Name three fruits.", "Why is the sky blue?"]
# Two float32 implementations of 30 layers; logits are around 20, where a unit in the last place is 2e-6.
TOKENS, TOLERANCE = 32, 1e-4

reader = gguf.GGUFReader(path)
field = lambda key: reader.fields[key].contents()
heads, key_heads = field("llama.attention.head_count"), field("llama.attention.head_count_kv")
tokens = field("tokenizer.ggml.tokens")
config = LlamaConfig(
    vocab_size=len(tokens), hidden_size=field("llama.embedding_length"), intermediate_size=field("llama.feed_forward_length"),
    num_hidden_layers=field("llama.block_count"), num_attention_heads=heads, num_key_value_heads=key_heads,
    max_position_embeddings=field("llama.context_length"), rms_norm_eps=1e-5, tie_word_embeddings=True,
    rope_parameters={"rope_theta": field("llama.rope.freq_base"), "rope_type": "default"})

names = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
         "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
state = {}
for tensor in reader.tensors:
    values = torch.tensor(gguf.quants.dequantize(tensor.data, tensor.tensor_type))
    parts = tensor.name.split(".")
    if parts[0] == "blk":
        name = f"model.layers.{parts[1]}.{names[parts[2]]}.weight"
        count = {"attn_q": heads, "attn_k": key_heads}.get(parts[2])
        if count:  # llama.cpp's `permute`, undone
            values = values.reshape(count, values.shape[0] // count // 2, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
    else:
        name = {"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[parts[0]]
    state[name] = values.reshape(-1) if values.shape[0] == 1 else values
model = LlamaForCausalLM(config).eval()
missing = model.load_state_dict(state, strict=False)
assert missing.missing_keys in ([], ["lm_head.weight"]) and not missing.unexpected_keys, missing

tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)},
                                 merges=[tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False)
                              for t, kind in zip(tokens, field("tokenizer.ggml.token_type")) if kind == 3])
END = field("tokenizer.ggml.eos_token_id")


def turns(text):
    return "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in (("system", SYSTEM), ("user", text))) + "<|im_start|>assistant\n"


def ask(*arguments):
    command = [tandem, *arguments, "--model", path, "--chat", "--system", SYSTEM, "--json"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


failed = False
for prompt in PROMPTS:
    ids = torch.tensor([tokenizer.encode(turns(prompt)).ids])
    with torch.no_grad():
        answer = model.generate(ids, do_sample=False, max_new_tokens=TOKENS, eos_token_id=END, pad_token_id=END)[0, ids.shape[1]:].tolist()
    theirs = tokenizer.decode(answer, skip_special_tokens=True)
    ours = json.loads(ask("sample", "--greedy", "--max-tokens", str(TOKENS), "--prompt", prompt))["completion"]
    failed |= ours != theirs
    print(f"{'ok    ' if ours == theirs else 'FAILED'} {len(answer)} tokens: {ours!r}" + ("" if ours == theirs else f" but transformers: {theirs!r}"))

scores = json.loads(ask("score", "--data", pairs))["rows"]
worst = 0.0
for line, row in zip(open(pairs), scores):
    pair = json.loads(line)
    prompt = tokenizer.encode(turns(pair["prompt"])).ids
    for side in ("chosen", "rejected"):
        completion = tokenizer.encode(pair[side].removeprefix(" ")).ids + [END]
        ids = torch.tensor([prompt + completion])
        with torch.no_grad():
            log = torch.log_softmax(model(ids).logits[0, len(prompt) - 1:-1].double(), -1)
        mean = log.gather(1, torch.tensor(completion)[:, None]).mean().item()
        worst = max(worst, abs(mean - row[side]))
failed |= worst > TOLERANCE
print(f"{'FAILED' if worst > TOLERANCE else 'ok    '} mean log-probabilities of {2 * len(scores)} completions: largest difference {worst:.1e}")
sys.exit(failed)
