import Autograd
import LanguageModel
import TensorKernels
import TestSupport
import Testing
import Tokenization

@Suite struct TransformerTests {
  @Test(arguments: [true, false])
  func logProbabilitiesAreThoseOfAPlainImplementation(tiedHead: Bool) {
    let model = tinyModel(tinyConfiguration(tiedHead: tiedHead), as: Double.self)
    let oracle = NaiveLlama(model)
    for temperature in [1, 0.7] {
      let rows = model.logProbabilities(of: exampleSequences, temperature: temperature)
      for (sequence, row) in zip(exampleSequences, rows) {
        let expected = oracle.logProbabilities(
          prompt: sequence.prompt, completion: sequence.completion, temperature: temperature)
        #expect(row.count == expected.count)
        for (a, b) in zip(row, expected) { #expect(abs(a - b) < 1e-12) }
      }
    }
  }

  @Test func hiddenStatesAreThoseOfAPlainImplementation() {
    let model = tinyModel(as: Double.self)
    let (tape, batch) = (Tape<Double>(), SequenceBatch(exampleSequences))
    let hidden = model.hiddenStates(batch, tape.record(model.parameters), on: tape)
    let expected = exampleSequences.flatMap { NaiveLlama(model).hiddenStates($0.tokens) }
    #expect(hidden.shape == Shape(rows: batch.tokens.count, columns: 8))
    for (a, b) in zip(hidden.values, expected.joined()) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func singlePrecisionFollowsDoublePrecision() {
    let model = tinyModel(as: Float.self)
    let precise = tinyModel(as: Double.self).logProbabilities(of: exampleSequences)
    for (row, exact) in zip(model.logProbabilities(of: exampleSequences), precise) {
      for (a, b) in zip(row, exact) { #expect(abs(Double(a) - b) < 1e-5) }
    }
  }

  @Test(arguments: [true, false])
  func gradientOfTheWholeModelIsTheFiniteDifference(tiedHead: Bool) {
    let model = tinyModel(tinyConfiguration(tiedHead: tiedHead), as: Double.self)
    let batch = SequenceBatch(exampleSequences)
    let weights = batch.targets.indices.map { 0.3 + 0.1 * Double($0) }
    let error = gradientCheckError(model.parameters) { recorded, tape in
      model.tokenLogProbabilities(batch, recorded, on: tape, temperature: 0.8)
        .logProbabilities.weightedSum(weights)
    }
    #expect(error < 1e-7)
  }

  @Test func theLastTokenOfASequenceDoesNotReachAnyLogProbability() {
    // The last token is a target and no input: its embedding gets a gradient from the head alone.
    let model = tinyModel(tinyConfiguration(tiedHead: false), as: Double.self)
    let sequence = TokenSequence(prompt: [1, 3], completion: [4, 5])
    let gradient = embeddingGradient(of: model, sequence)
    #expect(gradient[5].allSatisfy { $0 == 0 })
    #expect(gradient[4].contains { $0 != 0 })
  }

  @Test func lossesHaveNoGradientFromPromptTargets() {
    // With an untied head, a token's row of the head gets its gradient from targets through
    // 1[v = y] − p(v) and from nothing else: prompt tokens never count as y.
    let model = tinyModel(tinyConfiguration(tiedHead: false), as: Double.self)
    let sequence = TokenSequence(prompt: [1, 3, 6, 3], completion: [4])
    let (tape, batch) = (Tape<Double>(), SequenceBatch([sequence]))
    let recorded = tape.record(model.parameters)
    let hidden = model.hiddenStates(batch, recorded, on: tape).values
    let result = model.tokenLogProbabilities(batch, recorded, on: tape)
    tape.backward(from: result.logProbabilities.sum())
    let gradient = tape.gradient(of: recorded["lm_head.weight"])
    let last = hidden[3 * 8..<4 * 8]
    let probabilities = (0..<7).map { probability(of: $0, after: sequence.prompt, model) }
    for token in 0..<7 {
      let residual = (token == 4 ? 1 : 0) - probabilities[token]
      for (d, h) in last.enumerated() {
        #expect(abs(gradient[token * 8 + d] - residual * h) < 1e-12)
      }
    }
  }

  @Test func aSequenceDoesNotNoticeItsNeighbours() {
    let model = tinyModel(as: Float.self)
    let together = model.logProbabilities(of: exampleSequences)
    for (sequence, row) in zip(exampleSequences, together) {
      let alone = model.logProbabilities(of: [sequence])[0]
      for (a, b) in zip(row, alone) { #expect(abs(a - b) < 1e-6) }
    }
  }

  @Test func longListsGiveTheSameAnswersAsTheirParts() {
    let model = tinyModel(as: Double.self)
    let many = (0..<400).map { exampleSequences[$0 % 3] }
    let sums = model.completionLogProbabilities(of: many)
    let few = model.logProbabilities(of: exampleSequences).map { $0.reduce(0, +) }
    #expect(sums.count == 400)
    for (i, sum) in sums.enumerated() { #expect(abs(sum - few[i % 3]) < 1e-12) }
    #expect(model.completionLogProbabilities(of: []).isEmpty)
  }

  @Test func theSameListGivesTheSameBits() {
    let model = tinyModel(as: Float.self)
    let many = (0..<400).map { exampleSequences[$0 % 3] }
    #expect(model.logProbabilities(of: many) == model.logProbabilities(of: many))
  }

  @Test func emptyCompletionsHaveProbabilityOne() {
    let model = tinyModel(as: Float.self)
    let empty = TokenSequence(prompt: [1, 3], completion: [])
    #expect(model.logProbabilities(of: [empty]) == [[]])
    let mixed = model.logProbabilities(of: [empty, exampleSequences[1], empty])
    #expect(mixed.map(\.count) == [0, 1, 0])
    #expect(model.completionLogProbabilities(of: [empty, empty]) == [0, 0])
  }

  @Test func temperatureDividesTheLogitsOfEveryStatistic() {
    // At a high temperature every distribution is uniform: entropy log V, log-probability −log V.
    let model = tinyModel(as: Double.self)
    let (tape, batch) = (Tape<Double>(), SequenceBatch(exampleSequences))
    let recorded = tape.record(model.parameters)
    let hot = model.tokenLogProbabilities(batch, recorded, on: tape, temperature: 1e9)
    for value in hot.logProbabilities.values { #expect(abs(value + .logarithm(7)) < 1e-6) }
    for entropy in hot.entropies { #expect(abs(entropy - .logarithm(7)) < 1e-6) }
    let cold = model.tokenLogProbabilities(batch, recorded, on: tape, temperature: 1e-4)
    for (value, isPredicted) in zip(cold.logProbabilities.values, cold.arePredicted) {
      #expect(isPredicted ? value > -1e-3 : value < -1)
    }
  }

  @Test func aResetTapeGivesTheSameGradientBits() {
    let model = tinyModel(as: Float.self)
    let (tape, batch) = (Tape<Float>(), SequenceBatch(exampleSequences))
    let gradients = (0..<2).map { _ in
      let recorded = tape.record(model.parameters)
      let result = model.tokenLogProbabilities(batch, recorded, on: tape)
      tape.backward(from: result.logProbabilities.mean())
      defer { tape.reset() }
      return recorded.gradient().values
    }
    #expect(gradients[0] == gradients[1])
  }

  @Test func descentMakesTheExamplesLikely() {
    var model = tinyModel(as: Float.self)
    let (tape, batch) = (Tape<Float>(), SequenceBatch(exampleSequences))
    var losses: [Float] = []
    for _ in 0..<200 {
      let recorded = tape.record(model.parameters)
      let loss = -model.tokenLogProbabilities(batch, recorded, on: tape).logProbabilities.mean()
      tape.backward(from: loss)
      losses.append(loss.item)
      for (p, gradient) in recorded.gradient().values.enumerated() {
        for i in gradient.indices { model.parameters.values[p][i] -= 0.1 * gradient[i] }
      }
      tape.reset()
    }
    // Three examples of eleven tokens can be learnt by heart: perplexity falls below two.
    #expect(losses[199] < 0.69 && losses[0] > 1.5)
  }

  @Test func probabilitiesOfAllCompletionsSumToOne() {
    // Three tokens, of which 0 ends, and three steps: eₓ = 1 + 2 + 4 + 8 completions minus the
    // unfinished ones that are no leaves; every leaf is listed once.
    let model = tinyModel(tinyConfiguration(vocabularySize: 3), as: Double.self)
    let completions = allCompletions(length: 3, endToken: 0, vocabularySize: 3)
    #expect(completions.count == 1 + 2 + 4 * 3)
    let sequences = completions.map { TokenSequence(prompt: [1], completion: $0) }
    let total = model.completionLogProbabilities(of: sequences).reduce(0) { $0 + .exponential($1) }
    #expect(abs(total - 1) < 1e-12)
  }

  private func probability(
    of token: Int, after prompt: [Int], _ model: Transformer<Double>
  ) -> Double {
    let sequence = TokenSequence(prompt: prompt, completion: [token])
    return .exponential(model.completionLogProbabilities(of: [sequence])[0])
  }

  private func embeddingGradient(
    of model: Transformer<Double>, _ sequence: TokenSequence
  ) -> [[Double]] {
    let tape = Tape<Double>()
    let recorded = tape.record(model.parameters)
    let result = model.tokenLogProbabilities(SequenceBatch([sequence]), recorded, on: tape)
    tape.backward(from: result.logProbabilities.sum())
    let gradient = tape.gradient(of: recorded["model.embed_tokens.weight"])
    return (0..<7).map { Array(gradient[$0 * 8..<($0 + 1) * 8]) }
  }
}

/// Every completion of at most `length` tokens; only the longest ones may lack the end token.
func allCompletions(length: Int, endToken: Int, vocabularySize: Int) -> [[Int]] {
  guard length > 0 else { return [[]] }
  return (0..<vocabularySize).flatMap { token -> [[Int]] in
    guard token != endToken else { return [[token]] }
    return allCompletions(length: length - 1, endToken: endToken, vocabularySize: vocabularySize)
      .map { [token] + $0 }
  }
}
