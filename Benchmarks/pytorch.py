"""The same decoders in PyTorch, taking turns with ours in one run: `make benchmark-pytorch`.

Each workload is measured as SFT, DPO and reward-model steps (forward, backward, clipping, AdamW), as sampling
with transformers' `generate` and with a hand-written KV cache, and as a PPO iteration, on a Llama of the same sizes
with random weights; two threads each.  At size S a PPO iteration and a DPO step of TRL's trainers join in.  A round
runs a few steps of ours, then as many of PyTorch's, so that both meet the same machine; its times are their medians,
and ratios are taken round by round.

The column `unlocked` runs PyTorch with MKL's vendor check lifted (a preloaded one-line library): on processors that
are not Intel's, MKL otherwise takes slower kernels.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SIZES = {  # layers, width, heads, vocabulary, tokens of a sequence, sequences of a batch
    "XS": (2, 64, 4, 64, 32, 64),
    "S": (4, 128, 4, 256, 64, 32),
    "M": (6, 256, 8, 1024, 128, 16),
    "L": (8, 512, 8, 4096, 128, 8),
}
GOALS = {  # least ratios against unlocked PyTorch, by work and size
    "sft": {"XS": 3.5, "S": 1.8, "M": 1.45, "L": 1.2},
    "dpo": {"XS": 3.3, "S": 2.3, "M": 1.75, "L": 1.4},
    "reward": {"XS": 4, "S": 2.5, "M": 1.9, "L": 1.45},
    "generate": {"XS": 12, "S": 6.5, "M": 2.7, "L": 2},
    "cache": {"XS": 5.5, "S": 3.8, "M": 1.9, "L": 1.4},
    "ppo": {"S": 2.1},
    "trl-ppo": {"S": 3.2},
    "trl-dpo": {"S": 3.2},
}
STEPS = {"XS": 9, "S": 3, "M": 1, "L": 1}  # of one turn
PAUSE = 0.1  # seconds between turns, in which OpenMP's waiting threads stop spinning


class Worker:
    """A process that says when it is ready and then answers a workload's name with the seconds of one step."""

    def __init__(self, command, env=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
        self.answer("starting")

    def answer(self, question):
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"no answer to '{question}': the other process ended")
        return answer

    def end(self):
        self.process.kill()

    def turn(self, line, steps):
        """The median of a few steps."""
        time.sleep(PAUSE)
        taken = []
        for _ in range(steps):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            taken.append(float(self.answer(line)))
        return statistics.median(taken)


def serve():
    """Answers lines like `sft S 2` with the seconds of one step, warm."""
    import torch

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what trainers print goes to standard error
    print("ready", file=answers)
    ready = {}
    for line in sys.stdin:
        name, size, threads = line.split()
        torch.set_num_threads(int(threads))
        if line not in ready:
            ready[line] = WORKLOADS[name](size)
            for _ in range(2):
                ready[line]()
        start = time.perf_counter()
        ready[line]()
        print(time.perf_counter() - start, file=answers)


def llama(size, seed=1):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    layers, width, heads, vocabulary, length, _ = SIZES[size]
    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
        num_attention_heads=heads, max_position_embeddings=2 * length, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=None, pad_token_id=0))


def tokens(size, rows, length):
    import torch

    return torch.randint(3, SIZES[size][3], (rows, length))


def optimizer(parameters):
    import torch

    return torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0, fused=True)


def trainer(model, loss):
    """One training step as a function without arguments."""
    import torch

    parameters = list(model.parameters())
    adam = optimizer(parameters)

    def step():
        adam.zero_grad(set_to_none=True)
        loss().backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
    return step


def completion_log_probabilities(model, ids, prompt):
    import torch

    logits = model(ids, use_cache=False).logits[:, prompt - 1:-1]
    return torch.log_softmax(logits, -1).gather(-1, ids[:, prompt:, None])[..., 0]


def sft(size):
    _, _, _, _, length, batch = SIZES[size]
    model, ids = llama(size), tokens(size, batch, length)
    return trainer(model, lambda: -completion_log_probabilities(model, ids, 1).mean())


def dpo(size):
    import torch

    _, _, _, _, length, batch = SIZES[size]
    model, ids, prompt = llama(size), tokens(size, batch, length), length // 4
    with torch.no_grad():
        reference = completion_log_probabilities(model, ids, prompt).sum(1)

    def loss():
        ratios = completion_log_probabilities(model, ids, prompt).sum(1) - reference
        chosen, rejected = ratios.chunk(2)
        return -torch.nn.functional.logsigmoid(0.1 * (chosen - rejected)).mean()
    return trainer(model, loss)


def reward(size):
    import torch

    _, width, _, _, length, batch = SIZES[size]
    model, ids = llama(size), tokens(size, batch, length)
    head = torch.nn.Linear(width, 1, bias=False)
    trained = torch.nn.ModuleList([model.model, head])

    def loss():
        scores = head(model.model(ids, use_cache=False).last_hidden_state[:, -1])[:, 0]
        chosen, rejected = scores.chunk(2)
        return -torch.nn.functional.logsigmoid(chosen - rejected).mean()
    return trainer(trained, loss)


def generate(size):
    import torch

    length = SIZES[size][4]
    model = llama(size).eval()
    prompts = torch.ones((64, 1), dtype=torch.long)

    def run():
        with torch.no_grad():
            model.generate(
                prompts, attention_mask=torch.ones_like(prompts), do_sample=True, top_k=0, temperature=1.0,
                min_new_tokens=length, max_new_tokens=length)
    return run


def cache(size):
    """A Llama decoder on plain tensors with a preallocated cache: what one writes by hand for speed."""
    import torch

    layers, width, heads, _, length, _ = SIZES[size]
    model = llama(size).eval()
    d = width // heads
    angles = torch.outer(torch.arange(2 * length).float(), 1e4 ** (-torch.arange(0, d, 2).float() / d))
    cos, sin = (torch.cat([f(angles)] * 2, -1) for f in (torch.cos, torch.sin))

    def turn(x, t):
        half = torch.cat([-x[..., d // 2:], x[..., :d // 2]], -1)
        return x * cos[t] + half * sin[t]

    weights = []
    for layer in model.model.layers:
        a, m = layer.self_attn, layer.mlp
        weights.append((
            layer.input_layernorm.weight, torch.cat([a.q_proj.weight, a.k_proj.weight, a.v_proj.weight]).T.contiguous(),
            a.o_proj.weight.T.contiguous(), layer.post_attention_layernorm.weight,
            torch.cat([m.gate_proj.weight, m.up_proj.weight]).T.contiguous(), m.down_proj.weight.T.contiguous()))
    final, embedding = model.model.norm.weight, model.model.embed_tokens.weight

    def norm(x, gain):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * gain

    def run():
        keys = torch.zeros(layers, 64, heads, length, d)
        values = torch.zeros_like(keys)
        token = torch.ones(64, dtype=torch.long)
        with torch.no_grad():
            for t in range(length):
                x = embedding[token]
                for i, (n1, qkv, o, n2, up, down) in enumerate(weights):
                    q, k, v = (norm(x, n1) @ qkv).view(64, 3, heads, d).unbind(1)
                    keys[i, :, :, t], values[i, :, :, t] = turn(k, t), v
                    mixed = torch.nn.functional.scaled_dot_product_attention(
                        turn(q, t)[:, :, None], keys[i, :, :, :t + 1], values[i, :, :, :t + 1])
                    x = x + mixed.reshape(64, width) @ o
                    gate, lift = (norm(x, n2) @ up).chunk(2, -1)
                    x = x + (torch.nn.functional.silu(gate) * lift) @ down
                logits = norm(x, final) @ embedding.T
                token = torch.multinomial(torch.softmax(logits, -1), 1)[:, 0]
    return run


def ppo(size):
    """One PPO iteration as a plain loop: 64 rollouts of 16 + 48 tokens, 4 epochs of 4 minibatches, two models."""
    import torch

    policy, value = llama(size), llama(size)
    head = torch.nn.Linear(SIZES[size][1], 1, bias=False)
    parameters = [*policy.parameters(), *value.model.parameters(), *head.parameters()]
    adam, prompts = optimizer(parameters), tokens(size, 64, 16)
    reference = llama(size).eval()

    def values(ids):
        return head(value.model(ids, use_cache=False).last_hidden_state[:, 15:-1])[..., 0]

    def run():
        with torch.no_grad():
            ids = policy.generate(
                prompts, attention_mask=torch.ones_like(prompts), do_sample=True, top_k=0, temperature=1.0,
                min_new_tokens=48, max_new_tokens=48)
            old = completion_log_probabilities(policy, ids, 16)
            base = completion_log_probabilities(reference, ids, 16)
            old_values = values(ids)
            rewards = -0.1 * (old - base)
            rewards[:, -1] += (ids[:, -1] % 3).float()
            advantages, last = torch.zeros_like(rewards), torch.zeros(64)
            for t in reversed(range(48)):
                following = old_values[:, t + 1] if t < 47 else torch.zeros(64)
                last = rewards[:, t] + following - old_values[:, t] + 0.95 * last
                advantages[:, t] = last
            returns = advantages + old_values
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        for _ in range(4):
            for rows in torch.randperm(64).chunk(4):
                ratio = (completion_log_probabilities(policy, ids[rows], 16) - old[rows]).exp()
                a = advantages[rows]
                loss = -torch.min(ratio * a, ratio.clamp(0.8, 1.2) * a).mean()
                v = values(ids[rows])
                clipped = old_values[rows] + (v - old_values[rows]).clamp(-0.2, 0.2)
                loss = loss + 0.05 * torch.max((v - returns[rows]) ** 2, (clipped - returns[rows]) ** 2).mean()
                adam.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                adam.step()
    return run


class StepByStep:
    """A transformers Trainer in a thread of its own that goes on by a step whenever one is asked for."""

    def __init__(self, trainer):
        import torch
        from transformers import TrainerCallback

        self.permission, self.done = threading.Semaphore(0), threading.Semaphore(0)
        gate, threads = self, torch.get_num_threads()

        class Gate(TrainerCallback):
            def on_step_end(self, *_, **__):
                gate.done.release()
                gate.permission.acquire()

        def train():
            torch.set_num_threads(threads)  # counts for the calling thread alone
            self.permission.acquire()
            trainer.train()

        trainer.add_callback(Gate())
        threading.Thread(target=train, daemon=True).start()

    def __call__(self):
        self.permission.release()
        if not self.done.acquire(timeout=120):
            sys.exit("TRL's trainer makes no step")


def trainer_settings(batch):
    return dict(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=batch, learning_rate=1e-4, report_to="none",
        logging_steps=100_000, save_strategy="no", disable_tqdm=True, use_cpu=True, bf16=False,
        gradient_checkpointing=False, dataloader_pin_memory=False)


def words(size, pad=0):
    """A tokenizer of one token a word: pad, BOS, EOS, and w3, w4, …"""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"<pad>": pad, "<s>": 1, "</s>": 2} | {f"w{i}": i for i in range(3, SIZES[size][3])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def trl_dpo(size):
    """TRL's DPOTrainer in float32 and without checkpointing; by its default the reference reads every batch again."""
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    _, _, _, _, length, batch = SIZES[size]
    prompt = length // 4

    def text(count):  # with the blank that ends it, so that every word is a token
        return ["".join(f"w{t} " for t in row) for row in tokens(size, batch, count).tolist()]
    pairs = Dataset.from_dict({  # the trainer ends completions with EOS, which is their last token
        "prompt": text(prompt), "chosen": text(length - prompt - 1), "rejected": text(length - prompt - 1)})
    settings = DPOConfig(**trainer_settings(batch // 2), max_steps=100_000, beta=0.1)
    return StepByStep(DPOTrainer(
        model=llama(size), ref_model=llama(size), args=settings, train_dataset=pairs, processing_class=words(size)))


def trl_ppo(size):
    """TRL's PPOTrainer: the iteration of `ppo`, with a reward model of next to no size."""
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForSequenceClassification
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    settings = PPOConfig(
        **trainer_settings(64), total_episodes=6_400_000, num_ppo_epochs=4, num_mini_batches=4, response_length=48,
        temperature=1.0, num_sample_generations=0, kl_coef=0.1)

    def scalar(config):
        config.num_labels = 1
        return LlamaForSequenceClassification(config)
    policy = llama(size)
    small = LlamaConfig(
        vocab_size=SIZES[size][3], hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        pad_token_id=0)
    prompts = Dataset.from_dict({"input_ids": tokens(size, 64, 16).tolist()})
    return StepByStep(PPOTrainer(
        # A padding that can be sampled would cut completions and cost attention its fast path.
        args=settings, processing_class=words(size, pad=SIZES[size][3]), model=policy, ref_model=llama(size), reward_model=scalar(small),
        value_model=scalar(llama(size).config), train_dataset=prompts, eval_dataset=prompts))


WORKLOADS = {
    "sft": sft, "dpo": dpo, "reward": reward, "generate": generate, "cache": cache, "ppo": ppo, "trl-dpo": trl_dpo,
    "trl-ppo": trl_ppo}


def spread(values):
    return {"median": statistics.median(values), "minimum": min(values), "maximum": max(values), "count": len(values)}


def columns(unlock):
    """A process for each column of the table."""
    command = [sys.executable, __file__, "serve"]
    columns = {"stock": Worker(command)}
    if unlock:
        columns["unlocked"] = Worker(command, {"LD_PRELOAD": unlock})
    return columns


def rounds(arguments, size, mine, other, ours, theirs):
    """Rounds of one workload: prints and returns a row of the table for each column."""
    taken = {name: [] for name in ("ours", *theirs)}
    steps = 1 if mine == "ppo" else STEPS[size]
    for _ in range(arguments.rounds):
        taken["ours"].append(ours.turn(f"{mine} {size} 2", steps))
        for name, worker in theirs.items():
            taken[name].append(worker.turn(f"{other} {size} 2", steps))
    for name in theirs:
        ratios = [b / a for a, b in zip(taken["ours"], taken[name])]
        goal = GOALS[other].get(size) if name == "unlocked" else None
        row = {"work": mine, "other": other, "column": name, "size": size, "ours": spread(taken["ours"]),
               "theirs": spread(taken[name]), "ratio": spread(ratios), "goal": goal}
        r = row["ratio"]
        print(f"{mine:10}{size:5}{other + ', ' + name:18}{1e3 * row['ours']['median']:10.2f}"
              f"{1e3 * row['theirs']['median']:10.2f}{r['median']:8.2f}"
              f"{r['minimum']:7.2f}–{r['maximum']:.2f}{goal or '':>7}", flush=True)
        yield row


def compare(arguments):
    """Rounds of ours and theirs for every workload; prints and writes the table of ratios."""
    ours, theirs = Worker([arguments.ours, "serve"]), columns(arguments.unlock)
    rows = []
    print(f"{'work':10}{'size':5}{'other':18}{'ours ms':>10}{'other ms':>10}{'ratio':>8}{'range':>14}{'goal':>7}")
    for size in arguments.sizes:
        pairs = [("sft", "sft"), ("dpo", "dpo"), ("reward", "reward"), ("sample", "generate"), ("sample", "cache")]
        if size == "S":
            pairs += [("ppo", "ppo"), ("dpo", "trl-dpo"), ("ppo", "trl-ppo")]
        for mine, other in pairs:
            # OpenMP keeps threads for every thread that calls it, and slows down where they exceed the cores: a
            # trainer gets a process of its own.
            own = columns(arguments.unlock) if other.startswith("trl-") else theirs
            rows += rounds(arguments, size, mine, other, ours, own)
            if own is not theirs:
                for worker in own.values():
                    worker.end()
            write(arguments, rows)


def write(arguments, rows):
    """Writes what has been measured so far, as JSON and as a page."""
    import torch
    import transformers
    import trl

    result = {
        "schema": "tandem.benchmark-pytorch/1", "threads": 2, "rounds": arguments.rounds,
        "machine": arguments.machine or platform.processor(), "torch": torch.__version__,
        "transformers": transformers.__version__, "trl": trl.__version__,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(), "rows": rows}
    path = pathlib.Path(arguments.json)
    path.write_text(json.dumps(result, indent=1) + "\n")
    path.with_suffix(".md").write_text(page(result))


TITLES = {
    "sft": "SFT step", "dpo": "DPO step", "reward": "reward model's step", "generate": "sampling, `generate`",
    "cache": "sampling, hand-written cache", "ppo": "PPO iteration, plain loop",
    "trl-dpo": "DPO step, TRL's `DPOTrainer` (reads the reference at every step)",
    "trl-ppo": "PPO iteration, TRL's `PPOTrainer`"}


def page(result):
    """The table as a page: a line for each workload, a pair of columns for each way MKL runs."""
    cells = {}
    for row in result["rows"]:
        cells.setdefault((row["size"], row["other"]), {})[row["column"]] = row
    names = list(dict.fromkeys(row["column"] for row in result["rows"]))
    lines = [
        "# Against PyTorch and TRL", "",
        f"Written by `make benchmark-pytorch`: {result['rounds']} interleaved rounds, {result['threads']} threads each, on {result['machine']}; "
        f"PyTorch {result['torch']} ({result['cpu_capability']}), transformers {result['transformers']}, TRL {result['trl']}. Times are medians of the rounds; "
        "ratios, theirs by ours, are medians, with the least and the largest of the rounds; goals in brackets.", "",
        "| size | work | ours, ms | " + " | ".join(f"{name}, ms | ratio" for name in names) + " |",
        "|---|---|---|" + "---|---|" * len(names)]
    for (size, other), columns in cells.items():
        line = [size, TITLES[other], f"{1e3 * next(iter(columns.values()))['ours']['median']:.1f}"]
        for name in names:
            row = columns[name]
            ratio, goal = row["ratio"], f" [{row['goal']}]" if row["goal"] else ""
            line += [
                f"{1e3 * row['theirs']['median']:.1f}",
                f"**{ratio['median']:.2f}** ({ratio['minimum']:.2f}–{ratio['maximum']:.2f}){goal}"]
        lines.append("| " + " | ".join(line) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=["serve", "compare"])
    parser.add_argument("--ours", default=".build/release/tandem-benchmarks")
    parser.add_argument("--unlock", help="library that answers MKL's vendor check")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES))
    parser.add_argument("--machine")
    parser.add_argument("--json", default="pytorch.json")
    arguments = parser.parse_args()
    serve() if arguments.mode == "serve" else compare(arguments)


if __name__ == "__main__":
    main()
