#!/usr/bin/env python3
"""Writes trainers_torch.json: ten updates of SFT, reward modelling and DPO by PyTorch and transformers.

    pip install torch transformers && python3 make_trainers.py > trainers_torch.json

The model is transformers' Llama in float64 with the weights and pairs of the formulas below; every
batch is the whole data set, so that no order of batches enters. Not run in CI.
"""
import copy, json, math, sys
import torch, transformers
from torch.nn.functional import logsigmoid
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

torch.set_default_dtype(torch.float64)
PAD, BEGIN, END, BETA, STEPS, WARMUP = 0, 1, 2, 0.3, 10, 3
config = LlamaConfig(
    vocab_size=11, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=4, max_position_embeddings=16,
    rms_norm_eps=1e-5, tie_word_embeddings=True, pad_token_id=PAD, bos_token_id=BEGIN,
    eos_token_id=END, num_labels=1, rope_parameters={"rope_theta": 1e4, "rope_type": "default"})


def completion(index, side):
    """One to four words and the end token; every third rejected completion is cut before its end."""
    words = [3 + (index * 5 + side * 3 + place * (2 + side)) % 8 for place in range(1 + (index + side) % 4)]
    return words + ([] if side == 1 and index % 3 == 0 else [END])


pairs = [([BEGIN, 3 + index % 8], completion(index, 0), completion(index, 1)) for index in range(12)]


def fill(model):
    """Weights 0.4·sin(1.7·i + bytes of the name), gains 1 + a quarter of that, a zero score head."""
    for name, tensor in model.named_parameters():
        phase = sum(name.encode())
        wave = 0.4 * torch.sin(1.7 * torch.arange(tensor.numel()) + phase).reshape(tensor.shape)
        value = 1 + wave / 4 if name.endswith("norm.weight") else wave
        tensor.data = torch.zeros_like(tensor) if name == "score.weight" else value.float().double()
    return model


def padded(sequences):
    width = max(map(len, sequences))
    ids = torch.tensor([s + [PAD] * (width - len(s)) for s in sequences])
    return {"input_ids": ids, "attention_mask": (ids != PAD).long()}


def read(model, prompts, completions):
    """Per completion token: log-probability, entropy, mean logit, and whether it is the argmax."""
    batch = padded([p + c for p, c in zip(prompts, completions)])
    logits = model(**batch).logits[:, :-1]
    targets = batch["input_ids"][:, 1:]
    mask = torch.zeros_like(targets, dtype=torch.bool)
    for row, (p, c) in enumerate(zip(prompts, completions)):
        mask[row, len(p) - 1 : len(p) + len(c) - 1] = True
    logs = logits.log_softmax(-1)
    chosen = logs.gather(-1, targets[..., None])[..., 0]
    return {
        "logps": (chosen * mask).sum(-1), "tokens": chosen[mask],
        "entropy": -(logs.exp() * logs).sum(-1)[mask], "logits": logits.mean(-1)[mask],
        "hits": (logits.argmax(-1) == targets)[mask].double()}


def train(model, loss_and_metrics, optimizer, schedule, rate):
    optimizer = optimizer(model.parameters(), lr=rate)
    schedule = schedule(optimizer, WARMUP, STEPS)
    rows = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss, metrics = loss_and_metrics(model)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        metrics |= {"loss": loss, "grad_norm": norm, "learning_rate": schedule.get_last_lr()[0]}
        optimizer.step()
        schedule.step()
        rows.append({name: float(value) for name, value in sorted(metrics.items())})
    return rows


prompts, chosen, rejected = (list(part) for part in zip(*pairs))
adamw = lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=0)
reference = fill(LlamaForCausalLM(config)).eval()
with torch.no_grad():
    at_reference = [read(reference, prompts, side)["logps"] for side in (chosen, rejected)]


def sft(model):
    tokens = read(model, prompts, chosen)
    return -tokens["tokens"].mean(), {
        "entropy": tokens["entropy"].mean(), "mean_token_accuracy": tokens["hits"].mean()}


def dpo(model):
    better, worse = read(model, prompts, chosen), read(model, prompts, rejected)
    rewards = [BETA * (side["logps"] - ref) for side, ref in zip((better, worse), at_reference)]
    margins = rewards[0] - rewards[1]
    return -logsigmoid(margins).mean(), {
        "rewards/chosen": rewards[0].mean(), "rewards/rejected": rewards[1].mean(),
        "rewards/margins": margins.mean(), "rewards/accuracies": (margins > 0).double().mean(),
        "logps/chosen": better["logps"].mean(), "logps/rejected": worse["logps"].mean(),
        "logits/chosen": better["logits"].mean(), "logits/rejected": worse["logits"].mean(),
        "entropy": torch.cat([better["entropy"], worse["entropy"]]).mean(),
        "mean_token_accuracy": better["hits"].mean()}


def reward(model):
    scores = [model(**padded([p + c for p, c in zip(prompts, side)])).logits[:, 0] for side in (chosen, rejected)]
    margins, both = scores[0] - scores[1], torch.cat(scores)
    return -logsigmoid(margins).mean(), {
        "accuracy": (margins > 0).double().mean(), "margin": margins.mean(), "min_reward": both.min(),
        "mean_reward": both.mean(), "max_reward": both.max()}


json.dump(
    {
        "origin": f"Tests/Fixtures/make_trainers.py with torch {torch.__version__} and transformers {transformers.__version__}, float64",
        "chosen_logps": at_reference[0].tolist(), "rejected_logps": at_reference[1].tolist(),
        "sft": train(copy.deepcopy(reference), sft, adamw, get_cosine_schedule_with_warmup, 3e-3),
        "reward": train(fill(LlamaForSequenceClassification(config)).eval(), reward, adamw, get_linear_schedule_with_warmup, 3e-3),
        "dpo": train(copy.deepcopy(reference), dpo, adamw, get_linear_schedule_with_warmup, 3e-3),
        "dpo_rmsprop": train(copy.deepcopy(reference), dpo, torch.optim.RMSprop, get_linear_schedule_with_warmup, 1e-4),
    }, sys.stdout, indent=1)
print()
