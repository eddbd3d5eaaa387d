#!/usr/bin/env python3
"""Checks `tandem explain` against TRL's formulas written down a second time, on random inputs.

    python3 Tests/Fixtures/check_explain.py .build/release/tandem [inputs of each kind, 300] [seed, 1]

It needs numpy, takes about a minute and is not part of `make test`. The formulas are those of TRL 1.16.0
(dpo_trainer.py, reward_trainer.py, kto_trainer.py, rloo_trainer.py, the experimental CPO and ORPO trainers)
and 1.12.0 (experimental/ppo), in float64, with the masks and paddings of the originals. Inputs have what
breaks trainers: ties, one-token completions, log-ratios of ±500, no end token, an end token in the last slot,
rows that begin with padding, padding that is the end token, and every option.

A number must agree within 1e-9 relative to its size. A null must stand exactly where the formula, computed
with as many digits as it takes, leaves the range that the command promises, and be named under `overflows`.
"""
import json
import math
import subprocess
import sys
import tempfile

import numpy as np

FLOAT_MAX = float(np.finfo(np.float32).max)
TOLERANCE = 1e-9
np.seterr(all="ignore")


# ---------------------------------------------------------------- elementary functions

def log_sigmoid(x):
    x = np.asarray(x, float)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def sigmoid(x):
    return np.exp(log_sigmoid(x))


# ---------------------------------------------------------------- DPO, 1.16.0 `_compute_loss`

def scores(log_ratio, kind, alpha):
    if kind == "reverse_kl":
        return log_ratio
    if kind == "forward_kl":
        return 1 - np.exp(-log_ratio)
    if kind == "js_divergence":
        return math.log(2) + log_sigmoid(log_ratio)
    if abs(alpha - 1) < 1e-6:
        return log_ratio
    return (np.exp(np.minimum((alpha - 1) * log_ratio, 80)) - 1) / (alpha - 1)


def dpo_losses(d):
    beta, eps = d.get("beta", 0.1), d.get("label_smoothing", 0.0)
    kind, alpha = d.get("f_divergence_type", "reverse_kl"), d.get("f_alpha_divergence_coef", 0.5)
    tau = d.get("discopop_tau", 0.05)
    c, r, rc, rr = (np.array(d[k], float) for k in (
        "chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps"))
    if d.get("reference_free"):
        rc, rr = np.zeros_like(c), np.zeros_like(r)
    clr, rlr = c - rc, r - rr
    cs, rs = scores(clr, kind, alpha), scores(rlr, kind, alpha)
    delta = cs - rs
    out = {
        "sigmoid": -log_sigmoid(beta * delta),
        "hinge": np.maximum(1 - beta * delta, 0),
        "ipo_sum": (delta - 1 / (2 * beta)) ** 2,
        "robust": (-(1 - eps) * log_sigmoid(beta * delta) + eps * log_sigmoid(-beta * delta)) / (1 - 2 * eps),
        "cdpo": -(1 - eps) * log_sigmoid(beta * delta) - eps * log_sigmoid(-beta * delta),
        "nca_pair": -log_sigmoid(beta * clr) - 0.5 * log_sigmoid(-beta * clr) - 0.5 * log_sigmoid(-beta * rlr),
        "bco_pair": -log_sigmoid(beta * clr) - log_sigmoid(-beta * rlr),
        "sppo_hard": (clr - 0.5 / beta) ** 2 + (rlr + 0.5 / beta) ** 2,
        "apo_zero": (1 - sigmoid(beta * clr)) + sigmoid(beta * rlr),
        "apo_down": sigmoid(beta * clr) + (1 - sigmoid(beta * (clr - rlr))),
    }
    e = eps if eps > 0 else 1e-3
    out["exo_pair"] = (sigmoid(beta * delta) * (log_sigmoid(beta * delta) - math.log1p(-e))
                       + sigmoid(-beta * delta) * (log_sigmoid(-beta * delta) - math.log(e)))
    logits = beta * delta
    # logistic·(1 − m) + exp(−logits)·m with m = σ(logits/τ), the second term as one exponential.
    out["discopop"] = (-log_sigmoid(logits) * sigmoid(-logits / tau)
                       + np.exp(log_sigmoid(logits / tau) - logits))
    paired = np.sort(c - r) - np.sort(rc - rr)
    unpaired = np.sort(clr) - np.sort(rlr)
    for name, x in (("aot", paired), ("aot_unpaired", unpaired)):
        out[name] = -(1 - eps) * log_sigmoid(beta * x) - eps * log_sigmoid(-beta * x)
    if "completion_lens_chosen" in d:
        lc = np.maximum(np.array(d["completion_lens_chosen"], float), 1)
        lr = np.maximum(np.array(d["completion_lens_rejected"], float), 1)
        mean_delta = cs / lc - rs / lr
        out["ipo"] = (mean_delta - 1 / (2 * beta)) ** 2
        out["sigmoid_norm"] = -log_sigmoid(beta * mean_delta)
        out["r_dpo"] = -log_sigmoid(
            beta * delta + d.get("length_penalty", 0.01) * (np.array(d["completion_lens_chosen"], float)
                                                              - np.array(d["completion_lens_rejected"], float)))
    return out


def cpo_losses(d):
    """CPO trainer: no reference; hinge and ipo have no label smoothing; ipo and simpo read means."""
    beta, eps, gamma = d.get("beta", 0.1), d.get("label_smoothing", 0.0), d.get("simpo_gamma", 0.5)
    c, r = np.array(d["chosen_logps"], float), np.array(d["rejected_logps"], float)
    smooth = lambda x: -(1 - eps) * log_sigmoid(x) - eps * log_sigmoid(-x)
    out = {"sigmoid": smooth(beta * (c - r)), "hinge": np.maximum(1 - beta * (c - r), 0)}
    if "completion_lens_chosen" in d:
        lc = np.maximum(np.array(d["completion_lens_chosen"], float), 1)
        lr = np.maximum(np.array(d["completion_lens_rejected"], float), 1)
        out["ipo"] = (c / lc - r / lr - 1 / (2 * beta)) ** 2
        out["simpo"] = smooth(beta * (c / lc - r / lr - gamma / beta))
    return out


def orpo_terms(d):
    lc = np.maximum(np.array(d["completion_lens_chosen"], float), 1)
    lr = np.maximum(np.array(d["completion_lens_rejected"], float), 1)
    c, r = np.array(d["chosen_logps"], float) / lc, np.array(d["rejected_logps"], float) / lr
    odds = (c - r) - (np.log(-np.expm1(c)) - np.log(-np.expm1(r)))
    return odds, d.get("beta", 0.1) * log_sigmoid(odds)


def dpo_metrics(d):
    beta = d.get("beta", 0.1)
    c, r, rc, rr = (np.array(d[k], float) for k in (
        "chosen_logps", "rejected_logps", "ref_chosen_logps", "ref_rejected_logps"))
    cw, rj = beta * (c - rc), beta * (r - rr)
    return {
        "chosen_rewards": cw, "rejected_rewards": rj, "rewards/chosen": cw.mean(), "rewards/rejected": rj.mean(),
        "rewards/accuracies": (cw > rj).mean(), "rewards/margins": (cw - rj).mean(),
        "logps/chosen": c.mean(), "logps/rejected": r.mean(),
    }


# ---------------------------------------------------------------- PPO, 1.12.0

def first_true(rows):
    width = rows.shape[1]
    index = np.where(rows, np.arange(width), width)
    return index.min(axis=1)


def masked_whiten(values, mask, shift_mean):
    # In units of the largest number where squares are beyond a float64: the ratio is the same.
    n, unit = mask.sum(), max(1.0, np.abs(values[mask]).max()) if np.abs(values[mask]).max() > 1e100 else 1.0
    scaled = values / unit
    mean = scaled[mask].sum() / n
    variance = ((scaled[mask] - mean) ** 2).sum() / n * (n / (n - 1) if n > 1 else np.nan)
    whitened = (scaled - mean) / np.sqrt(variance + 1e-8)
    mean = mean * unit
    return whitened if shift_mean else whitened + mean


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def ppo(d, options):
    o = dict(kl_coef=0.05, kl_estimator="k1", gamma=1.0, lam=0.95, cliprange=0.2, cliprange_value=0.2,
             vf_coef=0.1, whiten_rewards=False, missing_eos_penalty=None)
    o.update({k: v for k, v in options.items() if v is not None})
    pad, eos = d["pad"], d["eos"]
    responses = np.array(d["responses"])
    size, width = responses.shape
    index = np.arange(width)[None, :]
    post = np.where(index > first_true(responses == eos)[:, None], pad, responses)
    seq = first_true(post == pad) - 1
    score = np.array(d["scores_in"], float)
    if o["missing_eos_penalty"] is not None:
        score = score - o["missing_eos_penalty"] * ~(post == eos).any(axis=1)
    mask, mask1 = index > seq[:, None], index > seq[:, None] + 1
    temperature = d.get("temperature", 0.7) + 1e-7

    def log_probabilities(direct, logits):
        if direct in d:
            return np.array(d[direct], float), None
        if logits not in d:
            return None, None
        full = log_softmax(np.array(d[logits], float) / temperature)
        entropy = -(np.exp(full) * full).sum(-1)
        return np.take_along_axis(full, responses[..., None], -1)[..., 0], entropy.mean()

    logp = np.where(mask, 1.0, log_probabilities("logprobs_raw", "policy_logits")[0])
    ref = np.where(mask, 1.0, log_probabilities("ref_logprobs_raw", "ref_logits")[0])
    new, entropy = log_probabilities("new_logprobs", "new_logits")
    new = logp if new is None else np.where(mask, 1.0, new)
    values = np.where(mask1, 0.0, np.array(d["values_in"], float))
    vpred = np.where(mask1, 0.0, np.array(d.get("new_values", d["values_in"]), float))
    logr = ref - logp
    kl = {"k1": -logr, "k2": 0.5 * logr ** 2, "k3": np.exp(logr) - 1 - logr}[o["kl_estimator"]]
    non_score = -o["kl_coef"] * kl
    rewards = non_score.copy()
    end = np.where(seq + 1 < width, seq + 1, seq)
    rewards[np.arange(size), end] += score
    if o["whiten_rewards"]:
        rewards = np.where(mask1, 0.0, masked_whiten(rewards, ~mask1, False))
    advantages, last = np.zeros_like(rewards), np.zeros(size)
    for t in reversed(range(width)):
        following = values[:, t + 1] if t < width - 1 else 0.0
        last = rewards[:, t] + o["gamma"] * following - values[:, t] + o["gamma"] * o["lam"] * last
        advantages[:, t] = last
    returns = advantages + values
    raw = advantages
    advantages = np.where(mask, 0.0, masked_whiten(advantages, ~mask, True))
    clipped = np.clip(vpred, values - o["cliprange_value"], values + o["cliprange_value"])
    v1, v2 = (vpred - returns) ** 2, (clipped - returns) ** 2
    mean1 = lambda x: x[~mask1].sum() / (~mask1).sum()
    mean0 = lambda x: x[~mask].sum() / (~mask).sum()
    ratio = np.exp(new - logp)
    p1, p2 = -advantages * ratio, -advantages * np.clip(ratio, 1 - o["cliprange"], 1 + o["cliprange"])
    vf, pg = 0.5 * mean1(np.maximum(v1, v2)), mean0(np.maximum(p1, p2))
    own = np.where(mask, 0.0, -logp).sum(1)
    return {
        "postprocessed": post, "sequence_lengths": seq, "padding_mask": mask, "padding_mask_p1": mask1,
        "actual_end": end, "logprobs": logp, "ref_logprobs": ref, "kl": kl, "scores": score, "rewards": rewards,
        "values": values, "advantages_unwhitened": raw, "returns": returns, "advantages": advantages,
        "ratio": ratio, "pg_loss": pg, "pg_clipfrac": mean0((p2 > p1).astype(float)), "vf_loss": vf,
        "vf_clipfrac": mean1(np.where(np.isnan(v1 + v2), np.nan, v2 > v1)), "loss": pg + o["vf_coef"] * vf,
        "objective/kl": kl.sum(1).mean(), "objective/non_score_reward": non_score.sum(1).mean(),
        "objective/rlhf_reward": non_score.sum(1).mean() + score.mean(),
        "objective/entropy_masked(1.12)": own.mean(), "objective/entropy_unmasked(<=1.9)": (-logp).sum(1).mean(),
        "approxkl": 0.5 * ((new - logp) ** 2).mean(), "ratio.mean": ratio.mean(), "entropy.mean": entropy,
    }


# ---------------------------------------------------------------- reward model, KTO, RLOO, 1.16.0

def reward(d):
    c, r = np.array(d["rewards_chosen"], float), np.array(d["rewards_rejected"], float)
    margin = np.array(d.get("margin", np.zeros_like(c)), float)
    coefficient = d.get("center_rewards_coefficient")
    losses = -log_sigmoid(c - r - margin)
    both = np.concatenate([c, r])
    out = {
        "loss_plain": -log_sigmoid(c - r).mean(), "accuracy_strict_gt": (c > r).mean(),
        "accuracy_ties_half": ((c > r) + 0.5 * (c == r)).mean(), "margin_mean": (c - r).mean(),
        "min_reward": both.min(), "mean_reward": both.mean(), "max_reward": both.max(),
        "probabilities": sigmoid(c - r),
    }
    if "margin" in d:
        out["loss_margin"] = losses.mean()
    if coefficient is not None:
        losses = losses + coefficient * (c + r) ** 2
    return {**out, "losses": losses, "loss": losses.mean()}


def rankings(rows):
    plackett, pairs = [], []
    for row in rows:
        x = np.array(row, float)
        tail = [x[k:].max() + math.log(np.exp(x[k:] - x[k:].max()).sum()) for k in range(len(x))]
        plackett.append(-(x - tail).sum())
        pairs.append(np.mean([-log_sigmoid(x[i] - x[j]) for i in range(len(x)) for j in range(i + 1, len(x))]))
    return {"losses_plackett_luce": np.array(plackett), "loss_plackett_luce": np.mean(plackett),
            "losses_all_pairs": np.array(pairs), "loss_all_pairs": np.mean(pairs)}


def kto(d):
    beta = d.get("beta", 0.1)
    get = lambda *names: np.array(next((d[n] for n in names if n in d), []), float)
    clr = get("chosen_logps") - get("ref_chosen", "ref_chosen_logps")
    rlr = get("rejected_logps") - get("ref_rejected", "ref_rejected_logps")
    mismatched = get("KL_logps") - get("ref_KL_logps")
    z = 0.0 if d.get("loss_type") == "apo_zero_unpaired" else max(0.0, mismatched.mean())
    losses = np.concatenate([
        d.get("desirable_weight", 1) * (1 - sigmoid(beta * (clr - z))),
        d.get("undesirable_weight", 1) * (1 - sigmoid(beta * (z - rlr)))])
    mean = lambda x: x.mean() if len(x) else None
    return {
        "kl": z, "kl_before_clamp": mean(mismatched), "losses(des*chosen||und*rejected)": losses, "loss": losses.mean(),
        "chosen_rewards": beta * clr, "rejected_rewards": beta * rlr, "rewards/chosen": mean(beta * clr),
        "rewards/rejected": mean(beta * rlr),
        "rewards/margins": beta * clr.mean() - beta * rlr.mean() if len(clr) and len(rlr) else None,
    }


def rloo(d):
    beta, eps, k = d.get("beta", 0.05), d.get("epsilon", 0.2), d["num_generations"]
    mask = np.array(d.get("completion_mask", np.ones_like(d["old_per_token_logps"])), float)
    old, ref = np.array(d["old_per_token_logps"], float), np.array(d["ref_per_token_logps"], float)
    kl = ((old - ref) * mask).sum(1)
    r = np.array(d["rewards"], float) - beta * kl
    groups = r.reshape(-1, k)
    baselines = ((groups.sum(1, keepdims=True) - groups) / (k - 1)).reshape(-1)
    advantages = r - baselines
    if d.get("normalize_advantages"):
        advantages = (advantages - advantages.mean()) / (advantages.std(ddof=1) + 1e-4)
    if "log_ratio" in d:
        log_ratio = np.array(d["log_ratio"], float)
    elif "new_per_token_logps" in d:
        log_ratio = ((np.array(d["new_per_token_logps"], float) - old) * mask).sum(1)
    else:
        log_ratio = np.zeros(len(r))
    ratio = np.exp(log_ratio)
    # The sign of an advantage that is zero up to rounding means nothing.
    advantages = np.where(np.abs(advantages) < 1e-12, 0.0, advantages)
    first, second = -ratio * advantages, -np.clip(ratio, 1 - eps, 1 + eps) * advantages
    return {
        "kl": None if beta == 0 else kl, "rewards": r, "baselines": baselines, "advantages": advantages,
        "std_rewards": groups.std(axis=1, ddof=1), "log_ratio": log_ratio, "ratio": ratio,
        "loss": np.maximum(first, second).mean(),
        **({} if (advantages == 0).any() else {"clipfrac": (second > first).mean()}),
    }


# ---------------------------------------------------------------- random inputs

def log_ratio(g, n):
    kind = g.integers(4)
    if kind == 0:
        return np.zeros(n)
    if kind == 1:
        return g.choice([-500.0, 500.0, 0.0, -80.0, 80.0], n)
    return g.normal(0, [1, 20][kind - 2], n)


def maybe(g, d, key, draw, chance=0.5):
    if g.random() < chance:
        d[key] = draw()


def dpo_input(g):
    n = int(g.integers(1, 7))
    rc, rr = -g.exponential(20, n) - 0.01, -g.exponential(20, n) - 0.01
    if g.random() < 0.3:
        rr = rc.copy()
    c, r = rc + log_ratio(g, n), rr + log_ratio(g, n)
    if g.random() < 0.2:
        c, r = np.round(c), np.round(r)
    if g.random() < 0.5:  # genuine log-probabilities: below zero, so that the odds of ORPO exist
        c, r = np.minimum(c, -1e-3), np.minimum(r, -1e-3)
    d = {"chosen_logps": list(c), "rejected_logps": list(r), "ref_chosen_logps": list(rc), "ref_rejected_logps": list(rr)}
    if g.random() < 0.8:
        top = 2 if g.random() < 0.3 else 40
        d["completion_lens_chosen"] = [int(x) for x in g.integers(1, top, n)]
        d["completion_lens_rejected"] = [int(x) for x in g.integers(1, top, n)]
    maybe(g, d, "beta", lambda: float(g.choice([0.01, 0.1, 0.5, 1, 5])))
    maybe(g, d, "label_smoothing", lambda: float(g.choice([0, 0.05, 0.1, 0.3, 0.49])))
    maybe(g, d, "f_divergence_type",
          lambda: str(g.choice(["reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"])), 0.7)
    maybe(g, d, "f_alpha_divergence_coef", lambda: float(g.choice([0.0, 0.5, 0.9, 1.0, 1.5, 2.0])))
    maybe(g, d, "discopop_tau", lambda: float(g.choice([0.05, 0.5, 1, 3])), 0.3)
    maybe(g, d, "simpo_gamma", lambda: float(g.choice([0, 0.5, 1.5])), 0.3)
    maybe(g, d, "reference_free", lambda: bool(g.random() < 0.5), 0.2)
    maybe(g, d, "length_penalty", lambda: 0.05, 0.2)
    return d


def ppo_input(g):
    b, t, v = int(g.integers(1, 6)), int(g.integers(1, 9)), int(g.integers(3, 9))
    eos, pad = (int(x) for x in g.choice(v, 2, replace=False))
    if g.random() < 0.15:
        pad = eos
    others = [x for x in range(v) if x not in (pad, eos)]
    responses = g.choice(others, (b, t))
    for row in responses:
        kind = g.integers(6)
        if kind <= 1:
            row[g.integers(t)] = eos
        elif kind == 2:
            row[t - 1] = eos
        elif kind == 3 and g.random() < 0.3:
            row[g.integers(t)] = pad
    d = {"pad": pad, "eos": eos, "responses": responses.tolist(), "scores_in": g.normal(0, 2, b).tolist(),
         "values_in": g.normal(0, 1, (b, t)).tolist()}
    maybe(g, d, "temperature", lambda: float(g.choice([0.3, 0.7, 1.0, 2.0])))
    extreme = g.random() < 0.15
    if g.random() < 0.5:
        scale = 500 if extreme else 2
        for key in ("policy_logits", "ref_logits"):
            d[key] = g.normal(0, scale, (b, t, v)).tolist()
        maybe(g, d, "new_logits", lambda: (np.array(d["policy_logits"]) + g.normal(0, 0.3, (b, t, v))).tolist(), 0.8)
    else:
        old = -g.exponential(2, (b, t)) - (500 if extreme else 0)
        ref = -g.exponential(2, (b, t))
        d["logprobs_raw"], d["ref_logprobs_raw"] = old.tolist(), ref.tolist()
        if g.random() < 0.2:
            d["ref_logprobs_raw"] = old.tolist()
        shift = g.choice([-500.0, 0, 0.1], (b, t)) if extreme else g.normal(0, 0.3, (b, t))
        maybe(g, d, "new_logprobs", lambda: np.minimum(old + shift, 0).tolist(), 0.8)
    maybe(g, d, "new_values", lambda: (np.array(d["values_in"]) + g.normal(0, 0.4, (b, t))).tolist(), 0.8)
    maybe(g, d, "kl_coef", lambda: float(g.choice([0, 0.05, 0.3])))
    maybe(g, d, "kl_estimator", lambda: str(g.choice(["k1", "k2", "k3"])))
    maybe(g, d, "gamma", lambda: float(g.choice([0, 0.9, 1])))
    maybe(g, d, "lam", lambda: float(g.choice([0, 0.5, 0.95, 1])))
    maybe(g, d, "cliprange", lambda: float(g.choice([0.05, 0.2, 0.5])))
    maybe(g, d, "cliprange_value", lambda: float(g.choice([0.05, 0.2, 1])))
    maybe(g, d, "vf_coef", lambda: float(g.choice([0, 0.1, 1])))
    maybe(g, d, "whiten_rewards", lambda: bool(g.random() < 0.6))
    maybe(g, d, "missing_eos_penalty", lambda: g.choice([None, 1.0, 5.0]))
    return d


def reward_input(g):
    n = int(g.integers(1, 7))
    scale = float(g.choice([1, 5, 500]))
    c, r = g.normal(0, scale, n), g.normal(0, scale, n)
    if g.random() < 0.3:
        r = c.copy()
    if g.random() < 0.3:
        c, r = np.round(c), np.round(r)
    d = {"rewards_chosen": c.tolist(), "rewards_rejected": r.tolist()}
    maybe(g, d, "margin", lambda: g.normal(0, scale, n).tolist())
    maybe(g, d, "center_rewards_coefficient", lambda: float(g.choice([0, 0.01, 0.5])))
    maybe(g, d, "rankings", lambda: [g.normal(0, scale, int(g.integers(2, 6))).tolist() for _ in range(3)])
    return d


def kto_input(g):
    n, m, q = int(g.integers(0, 5)), int(g.integers(0, 5)), int(g.integers(1, 5))
    n = max(n, 1) if m == 0 else n
    d = {}
    for own, other, count in (("chosen_logps", "ref_chosen", n), ("rejected_logps", "ref_rejected", m),
                              ("KL_logps", "ref_KL_logps", q)):
        base = -g.exponential(20, count)
        if count or g.random() < 0.5:
            d[own], d[other if g.random() < 0.5 or "KL" in other else other + "_logps"] = (
                (base + log_ratio(g, count)).tolist(), base.tolist())
    maybe(g, d, "beta", lambda: float(g.choice([0.01, 0.1, 1, 5])))
    maybe(g, d, "desirable_weight", lambda: float(g.choice([0, 1, 1.5])))
    maybe(g, d, "undesirable_weight", lambda: float(g.choice([0, 1, 0.7])))
    maybe(g, d, "loss_type", lambda: str(g.choice(["kto", "apo_zero_unpaired"])))
    return d


def rloo_input(g):
    k, groups, t = int(g.integers(2, 5)), int(g.integers(1, 4)), int(g.integers(1, 7))
    n = k * groups
    rewards = g.normal(0, 2, n)
    if g.random() < 0.3:
        rewards[:k] = 2.0
    old = -g.exponential(2, (n, t))
    d = {"rewards": rewards.tolist(), "num_generations": k, "old_per_token_logps": old.tolist(),
         "ref_per_token_logps": (-g.exponential(2, (n, t))).tolist()}
    maybe(g, d, "completion_mask", lambda: (np.arange(t)[None] < g.integers(0, t + 1, n)[:, None]).astype(int).tolist())
    if g.random() < 0.5:
        maybe(g, d, "log_ratio", lambda: g.choice([-500.0, -1, 0, 0.1, 0.5], n).tolist())
    else:
        maybe(g, d, "new_per_token_logps", lambda: (old + g.normal(0, 0.2, (n, t))).tolist())
    maybe(g, d, "beta", lambda: float(g.choice([0, 0.05, 0.5])))
    maybe(g, d, "epsilon", lambda: float(g.choice([0.05, 0.2, 0.5])))
    maybe(g, d, "normalize_advantages", lambda: bool(g.random() < 0.6))
    return d


# ---------------------------------------------------------------- the comparison

class Check:
    def __init__(self, tandem):
        self.tandem, self.failures, self.numbers, self.nulls, self.worst = tandem, [], 0, 0, 0.0

    def explain(self, command, document):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(document, file)
            file.flush()
            run = subprocess.run([self.tandem, "explain", command, "--input", file.name, "--json"],
                                 capture_output=True, text=True)
        if run.returncode != 0:
            self.fail(command, document, f"exit code {run.returncode}: {run.stderr.strip()[:500]}")
            return None
        return json.loads(run.stdout)

    def fail(self, command, document, what):
        self.failures.append((command, document, what))

    def compare(self, command, document, name, ours, theirs, limit=math.inf, named=""):
        """A number for a number; null where theirs is None, or beyond the limit and named so."""
        if theirs is None:
            if ours is not None:
                self.fail(command, document, f"{name} is {ours}, and there is none")
            return
        if ours is None and np.ndim(theirs):
            return self.fail(command, document, f"{name} is missing or null")
        ours_flat = [ours] if np.ndim(theirs) == 0 else flat(ours)
        theirs_flat = np.asarray(theirs, float).reshape(-1)
        if len(ours_flat) != len(theirs_flat):
            return self.fail(command, document, f"{name} has {len(ours_flat)} values, not {len(theirs_flat)}")
        for i, (a, b) in enumerate(zip(ours_flat, theirs_flat)):
            if a is None:
                self.nulls += 1
                if abs(b) <= limit:
                    self.fail(command, document, f"{name}[{i}] is null where the formula gives {b}")
                elif not named:
                    self.fail(command, document, f"{name}[{i}] is null without a named overflow")
                continue
            self.numbers += 1
            error = abs(float(a) - b) / max(1, abs(b)) if math.isfinite(b) else math.inf
            if error > TOLERANCE and not (math.isnan(b) and named):
                self.fail(command, document, f"{name}[{i}] is {a}, the formula gives {b}")
            elif math.isfinite(error):
                self.worst = max(self.worst, error)


def flat(value):
    return [x for element in value for x in flat(element)] if isinstance(value, list) else [value]


def check_dpo(check, d):
    out = check.explain("dpo", d)
    if out is None:
        return
    named = [o["loss"] for o in out["overflows"]]
    for name, values in dpo_losses(d).items():
        check.compare("dpo", d, name, out["losses"].get(name), values, FLOAT_MAX, name if name in named else "")
        if np.isfinite(values).all() and abs(values.mean()) <= FLOAT_MAX and name in out["loss"]:
            check.compare("dpo", d, "mean " + name, out["loss"][name], values.mean(), FLOAT_MAX, name)
    for name, values in cpo_losses(d).items():
        check.compare("dpo", d, "cpo " + name, out["cpo"].get(name), values, FLOAT_MAX,
                      "cpo" if "cpo " + name in named else "")
    for name, value in dpo_metrics(d).items():
        check.compare("dpo", d, name, out[name], value)
    if "completion_lens_chosen" in d and max(d["chosen_logps"] + d["rejected_logps"]) < 0:
        odds, terms = orpo_terms(d)
        check.compare("dpo", d, "orpo", out["losses(beta*logsigmoid(log_odds))"], terms)
        check.compare("dpo", d, "log_odds_chosen", out["log_odds_chosen"], odds.mean())
        check.compare("dpo", d, "log_odds_ratio", out["log_odds_ratio"], log_sigmoid(odds).mean())
    again = check.explain("dpo", out)
    if again is not None and again != out:
        check.fail("dpo", d, "a document explained again differs")


def check_ppo(check, d):
    if all(row[0] == d["pad"] for row in np.where(
            np.arange(len(d["responses"][0])) > first_true(np.array(d["responses"]) == d["eos"])[:, None],
            d["pad"], np.array(d["responses"]))):
        return  # no completion has a token, which is refused
    out = check.explain("ppo", d)
    if out is None:
        return
    options = {k: v for k, v in d.items() if k in (
        "kl_coef", "kl_estimator", "gamma", "lam", "cliprange", "cliprange_value", "vf_coef", "whiten_rewards",
        "missing_eos_penalty")}
    for name, value in ppo(d, options).items():
        check.compare("ppo", d, name, out.get(name), value, 0 if out["overflows"] else math.inf,
                      " ".join(out["overflows"]))


def check_plain(command, formula):
    def check_one(check, d):
        out = check.explain(command, d)
        if out is None:
            return
        expected = formula(d)
        if command == "reward" and "rankings" in d:
            expected.update(rankings(d["rankings"]))
        for name, value in expected.items():
            check.compare(command, d, name, out.get(name), value)
        if command in ("reward", "kto"):
            again = check.explain(command, out)
            if again is not None and again != out:
                check.fail(command, d, "a document explained again differs")
    return check_one


def main():
    tandem = sys.argv[1] if len(sys.argv) > 1 else ".build/release/tandem"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    generator = np.random.default_rng(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    failed = False
    for command, draw, one in (
        ("dpo", dpo_input, check_dpo), ("ppo", ppo_input, check_ppo),
        ("reward", reward_input, check_plain("reward", reward)), ("kto", kto_input, check_plain("kto", kto)),
        ("rloo", rloo_input, check_plain("rloo", rloo)),
    ):
        check = Check(tandem)
        for _ in range(count):
            one(check, draw(generator))
        print(f"{command}: {count} inputs, {check.numbers} numbers, {check.nulls} nulls, "
              f"largest relative difference {check.worst:.1e}, {len(check.failures)} failures")
        for failure in check.failures[:8]:
            print("  ", failure[2], "\n      ", json.dumps(failure[1])[:1500])
        failed = failed or bool(check.failures)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
