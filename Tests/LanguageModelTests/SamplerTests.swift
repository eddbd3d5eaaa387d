import Autograd
import Foundation
import LanguageModel
import TensorKernels
import Testing
import Tokenization

/// A number in [0, 1) for each sequence and position, by hashing both.
@Sendable private func uniform(_ sequence: Int, _ position: Int) -> Double {
  var generator = SplitMix(state: UInt64(sequence) &* 0x1_0001 &+ UInt64(position) &* 0x5851_F42D)
  return generator.uniform()
}

@Suite struct SamplerTests {
  private let prompts = [[1], [1, 3, 6], [1, 5], [1, 6, 6, 4, 3], [1, 1]]

  @Test func logProbabilitiesAreThoseOfTheFullForwardPass() {
    checkAgainstModel(as: Float.self)
    checkAgainstModel(as: Double.self)
  }

  @Test(arguments: [(heads: 4, keyValueHeads: 2, width: 16), (4, 4, 32), (2, 1, 20)])
  func theyAreInLongSequencesOfAWiderModel(heads: Int, keyValueHeads: Int, width: Int) {
    let model = tinyModel(
      ModelConfiguration(
        layers: 2, hiddenSize: 48, intermediateSize: 80, heads: heads, keyValueHeads: keyValueHeads,
        headDimension: width, vocabularySize: 65, maximumLength: 90), as: Float.self)
    var sampler = Sampler(model, slots: 7, workers: 2)
    let prompts = (0..<20).map { [Int](repeating: 1 + $0 / 4, count: 1 + $0 / 4 * 4) }
    let samples = sampler.sample(
      prompts: prompts, maximumTokens: 70, endToken: 2, uniform: uniform)
    let expected = model.logProbabilities(of: samples.map(\.sequence))
    for (sample, row) in zip(samples, expected) {
      #expect(sample.logProbabilities == row.map { Double($0) })
    }
  }

  @Test func completionsOfOnePromptAreThoseOfEachAlone() {
    let model = tinyModel(as: Float.self)
    // Groups that share a step, that follow in later steps, and prompts that come again much later.
    let prompts = [5, 1, 3, 2, 6, 1].flatMap { [[Int]](repeating: self.prompts[$0 % 5], count: $0) }
    for slots in [1, 2, 3, 8, 64] {
      var sampler = Sampler(model, slots: slots)
      let together = sampler.sample(
        prompts: prompts, maximumTokens: 9, endToken: 2, uniform: uniform)
      for (i, prompt) in prompts.enumerated() {
        let alone = sampler.sample(prompts: [prompt], maximumTokens: 9, endToken: 2) {
          uniform(i + $0, $1)
        }
        #expect(alone[0] == together[i], "completion \(i) with \(slots) slots")
      }
    }
  }

  /// To the bit: PPO takes the sampler's numbers for those of the policy that it trains.
  private func checkAgainstModel<Scalar: TensorScalar>(as scalar: Scalar.Type) {
    for (tiedHead, temperature) in [(true, 1.0), (false, 0.6), (true, 1.7)] {
      let model = tinyModel(tinyConfiguration(tiedHead: tiedHead), as: Scalar.self)
      // Two slots for five prompts: slots are used again, and prompts enter in mid-flight.
      var sampler = Sampler(model, temperature: temperature, slots: 2)
      let samples = sampler.sample(
        prompts: prompts, maximumTokens: 20, endToken: 2, uniform: uniform)
      let expected = model.logProbabilities(
        of: samples.map(\.sequence), temperature: Scalar(temperature))
      #expect(samples.map(\.sequence.prompt) == prompts)
      for (sample, row) in zip(samples, expected) {
        #expect(sample.logProbabilities.count == sample.sequence.completion.count)
        #expect(sample.logProbabilities == row.map { Double($0) })
      }
    }
  }

  @Test func completionsEndAtTheEndTokenOrAtTheLimit() {
    var sampler = Sampler(tinyModel(as: Float.self), slots: 3)
    let many = (0..<40).map { prompts[$0 % prompts.count] }
    let samples = sampler.sample(prompts: many, maximumTokens: 6, endToken: 2, uniform: uniform)
    for sample in samples {
      let completion = sample.sequence.completion
      #expect(sample.ended == (completion.last == 2))
      #expect(!completion.dropLast().contains(2))
      #expect(sample.ended || completion.count == 6)
    }
    #expect(samples.contains { $0.ended } && samples.contains { !$0.ended })
  }

  @Test func aSequenceDependsOnItsOwnUniformsOnly() {
    let model = tinyModel(as: Double.self)
    var sampler = Sampler(model)
    let together = sampler.sample(
      prompts: prompts, maximumTokens: 12, endToken: 2, uniform: uniform)
    for (i, prompt) in prompts.enumerated() {
      let alone = sampler.sample(prompts: [prompt], maximumTokens: 12, endToken: 2) {
        uniform(i + $0, $1)
      }
      #expect(alone[0].sequence == together[i].sequence)
      for (a, b) in zip(alone[0].logProbabilities, together[i].logProbabilities) {
        #expect(abs(a - b) < 1e-12)
      }
    }
  }

  @Test func theSameCallGivesTheSameBits() {
    var sampler = Sampler(tinyModel(as: Float.self), slots: 2)
    let first = sampler.sample(prompts: prompts, maximumTokens: 9, endToken: 2, uniform: uniform)
    let second = sampler.sample(prompts: prompts, maximumTokens: 9, endToken: 2, uniform: uniform)
    #expect(first == second)
  }

  @Test func frequenciesAreProbabilities() {
    // All completions of at most two tokens over a vocabulary of three, 4 standard errors.
    let model = tinyModel(tinyConfiguration(vocabularySize: 3), as: Double.self)
    let draws = 20_000
    var generator = SplitMix(state: 11)
    let uniforms = (0..<2 * draws).map { _ in generator.uniform() }
    var sampler = Sampler(model, temperature: 0.8)
    let samples = sampler.sample(
      prompts: [[Int]](repeating: [1], count: draws), maximumTokens: 2, endToken: 0
    ) { uniforms[2 * $0 + $1] }
    var counts: [[Int]: Int] = [:]
    for sample in samples { counts[sample.sequence.completion, default: 0] += 1 }
    let oracle = NaiveLlama(model)
    for completion in allCompletions(length: 2, endToken: 0, vocabularySize: 3) {
      let p = exp(
        oracle.logProbabilities(prompt: [1], completion: completion, temperature: 0.8)
          .reduce(0, +))
      let frequency = Double(counts[completion, default: 0]) / Double(draws)
      #expect(abs(frequency - p) < 4 * (p * (1 - p) / Double(draws)).squareRoot())
    }
  }

  @Test func aUniformSelectsByTheCumulativeDistribution() {
    // p(0), p(0) + p(1), … are the borders: just below one the token is its left neighbour.
    let model = tinyModel(as: Double.self)
    let oracle = NaiveLlama(model)
    var sampler = Sampler(model)
    var border = 0.0
    for token in 0..<7 {
      let p = exp(oracle.logProbabilities(prompt: [1], completion: [token])[0])
      for (u, expected) in [(border + 1e-9, token), (border + p - 1e-9, token)] {
        let drawn = sampler.sample(prompts: [[1]], maximumTokens: 1, endToken: 2) { _, _ in u }
        #expect(drawn[0].sequence.completion == [expected])
      }
      border += p
    }
  }

  @Test func temperatureZeroTakesTheMostProbableToken() {
    let model = tinyModel(as: Double.self)
    let oracle = NaiveLlama(model)
    var sampler = Sampler(model, temperature: 0)
    let samples = sampler.sample(prompts: prompts, maximumTokens: 8, endToken: 2) { _, _ in 0.99 }
    for sample in samples {
      #expect(sample.logProbabilities.allSatisfy { $0 == 0 })
      var tokens = sample.sequence.prompt
      for token in sample.sequence.completion {
        let logits = oracle.logits(tokens)[tokens.count - 1]
        #expect(logits[token] == logits.max())
        tokens.append(token)
      }
    }
  }

  @Test func laterUpdatesOfTheModelDoNotReachASampler() {
    var model = tinyModel(as: Float.self)
    var sampler = Sampler(model)
    let before = sampler.sample(prompts: prompts, maximumTokens: 5, endToken: 2, uniform: uniform)
    model.parameters["model.norm.weight"] = [Float](repeating: 0, count: 8)
    let after = sampler.sample(prompts: prompts, maximumTokens: 5, endToken: 2, uniform: uniform)
    #expect(before == after)
  }

  @Test(arguments: [1, 2, 3, 128], [1, 2, 4])
  func theNumbersOfSlotsAndWorkersChangeNoBit(slots: Int, workers: Int) {
    let model = tinyModel(as: Float.self)
    let many = (0..<30).map { prompts[$0 % prompts.count] }
    var few = Sampler(model, slots: slots, workers: workers)
    var all = Sampler(model, slots: 30)
    let a = few.sample(prompts: many, maximumTokens: 10, endToken: 2, uniform: uniform)
    let b = all.sample(prompts: many, maximumTokens: 10, endToken: 2, uniform: uniform)
    #expect(a == b)
  }

  @Test func aSamplerGrowsWithItsPrompts() {
    let model = tinyModel(as: Double.self)
    var used = Sampler(model)
    var fresh = Sampler(model)
    _ = used.sample(prompts: [[1]], maximumTokens: 2, endToken: 2, uniform: uniform)
    let long = [[Int](repeating: 4, count: 20), [1, 3]]
    let a = used.sample(prompts: long, maximumTokens: 12, endToken: 2, uniform: uniform)
    let b = fresh.sample(prompts: long, maximumTokens: 12, endToken: 2, uniform: uniform)
    #expect(a == b)
  }

  @Test func noUniformDrawsATokenOfProbabilityZero() {
    // Tokens 0 and 6 lie so far below the others that their weights underflow to zero.
    var model = tinyModel(tinyConfiguration(tiedHead: false), as: Double.self)
    let hidden = NaiveLlama(model).hiddenStates([1])[0]
    for token in [0, 6] {
      for d in 0..<8 { model.parameters["lm_head.weight"][token * 8 + d] = -1e4 * hidden[d] }
    }
    var sampler = Sampler(model)
    for (u, expected) in [(0.0, 1), (1 - 0x1p-53, 5)] {
      let drawn = sampler.sample(prompts: [[1]], maximumTokens: 1, endToken: 2) { _, _ in u }
      #expect(drawn[0].sequence.completion == [expected])
    }
  }

  @Test func meanLogProbabilityOfSamplesIsMinusTheEntropy() {
    // E[log π(y)] = −H(π): exact by enumeration over all completions of three tokens.
    let model = tinyModel(tinyConfiguration(vocabularySize: 3), as: Double.self)
    let completions = allCompletions(length: 3, endToken: 0, vocabularySize: 3)
    let logs = model.completionLogProbabilities(
      of: completions.map { TokenSequence(prompt: [1], completion: $0) })
    let mean = logs.reduce(0) { $0 + exp($1) * $1 }
    let variance = logs.reduce(0) { $0 + exp($1) * ($1 - mean) * ($1 - mean) }
    let draws = 10_000
    var generator = SplitMix(state: 12)
    let uniforms = (0..<3 * draws).map { _ in generator.uniform() }
    var sampler = Sampler(model)
    let samples = sampler.sample(
      prompts: [[Int]](repeating: [1], count: draws), maximumTokens: 3, endToken: 0
    ) { uniforms[3 * $0 + $1] }
    let total = samples.reduce(0) { $0 + $1.logProbabilities.reduce(0, +) }
    #expect(abs(total / Double(draws) - mean) < 4 * (variance / Double(draws)).squareRoot())
  }

  @Test func noPromptsGiveNoSamples() {
    var sampler = Sampler(tinyModel(as: Float.self))
    #expect(
      sampler.sample(prompts: [], maximumTokens: 5, endToken: 2, uniform: uniform).isEmpty)
  }
}
