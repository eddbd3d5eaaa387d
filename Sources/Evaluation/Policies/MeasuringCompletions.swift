import Datasets
import Tasks
import TensorKernels
import Tokenization

extension PolicyEvaluator {
  /// What can be said of completions alone: rewards, length, EOS rate, win rate and samples.
  ///
  /// They belong to the first prompts, in order, and may be fewer than those.
  func measure(_ sequences: [TokenSequence]) throws -> PolicyEvaluation {
    var evaluation = PolicyEvaluation()
    let golds = sequences.map { task.gold($0) }
    let totals = golds.map(\.total)
    evaluation.prompts = sequences.count
    evaluation.goldReward = mean(of: totals)
    evaluation.goldStandardError = standardError(of: totals)
    for name in task.goldTermNames {
      evaluation.goldTerms[name] = mean(of: golds.map { $0[name] ?? 0 })
    }
    evaluation.goldByGroup = meansByGroup(totals, of: sequences)
    evaluation.proxyReward = try proxy.map { mean(of: try $0.rewards(of: sequences)) }
    evaluation.length = mean(of: sequences.map { Double($0.completion.count) })
    let ended = sequences.count { $0.hasEnded(with: task.tokenizer.endToken) }
    evaluation.eosRate = Double(ended) / Double(sequences.count)
    let wins = zip(totals, referenceGold).reduce(0) { wins, pair in
      wins + (pair.0 > pair.1 ? 1 : pair.0 == pair.1 ? 0.5 : 0)
    }
    evaluation.winRateInterval = wilsonInterval(successes: wins, trials: sequences.count)
    evaluation.winRate = evaluation.winRateInterval.estimate
    evaluation.samples = try samples(of: sequences, count: sampleCount)
    return evaluation
  }

  private func meansByGroup(
    _ values: [Double], of sequences: [TokenSequence]
  ) -> [String: Double] {
    var groups: [String: [Double]] = [:]
    for (value, sequence) in zip(values, sequences) {
      groups[task.group(of: sequence.prompt), default: []].append(value)
    }
    return groups.mapValues { mean(of: $0) }
  }

  /// The first completions as text beside the reference's.
  func samples(of sequences: [TokenSequence], count: Int) throws -> [EvaluationSample] {
    let shown = Array(sequences.prefix(count))
    let proxies = try proxy?.rewards(of: shown)
    let tokenizer = task.tokenizer
    return shown.indices.map { i in
      let gold = task.gold(shown[i])
      return EvaluationSample(
        prompt: tokenizer.decode(shown[i].prompt),
        completion: tokenizer.decode(shown[i].completion), gold: gold.total,
        goldTerms: Dictionary(gold.terms.map { ($0.name, $0.value) }) { $0 + $1 },
        proxyReward: proxies?[i], hasEnded: shown[i].hasEnded(with: tokenizer.endToken),
        referenceCompletion: tokenizer.decode(referenceSequences[i].completion),
        referenceGold: referenceGold[i])
    }
  }
}
